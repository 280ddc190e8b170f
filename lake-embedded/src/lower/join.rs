//! Joins: what DataFusion can use as keys is given to it as such.

use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Operator};
use datafusion::prelude::lit;
use lake_sql::bound::{self, CompareOp, ExprKind, JoinKind, Rel};
use lake_sql::types::Type;

use super::expr::binary;
use super::{Lowering, conjunction, conjuncts};
use crate::error::Result;
use crate::eval::can_fail;
use crate::functions::nested::FILLED;
use crate::types::natively_comparable;

impl Lowering<'_> {
    pub(super) fn join(
        &mut self,
        kind: JoinKind,
        left: &Rel,
        right: &Rel,
        on: Option<&bound::Expr>,
    ) -> Result<LogicalPlan> {
        let (left_plan, right_plan) = (self.rel(left)?, self.rel(right)?);
        let Some(on) = on else {
            return match kind {
                JoinKind::Inner => Ok(LogicalPlanBuilder::from(left_plan).cross_join(right_plan)?.build()?),
                _ => Ok(LogicalPlanBuilder::from(left_plan)
                    .join_on(right_plan, join_type(kind), [lit(true)])?
                    .build()?),
            };
        };
        let (failing, safe): (Vec<_>, Vec<_>) = conjuncts(on).into_iter().partition(|part| can_fail(part));
        let mut conditions: Vec<Expr> = vec![];
        for part in &safe {
            conditions.extend(self.condition(part)?);
        }
        let inner = kind == JoinKind::Inner;
        if !failing.is_empty() && !inner {
            // Behind the keys, in one expression of both sides: so it stays in the join and sees matching pairs only.
            let guarded = safe.iter().chain(&failing).map(|part| (*part).clone()).collect();
            conditions.push(self.lower(&conjunction(guarded))?);
        }
        let plan = match (inner, conditions.is_empty()) {
            (true, true) => LogicalPlanBuilder::from(left_plan).cross_join(right_plan)?.build()?,
            _ => LogicalPlanBuilder::from(left_plan).join_on(right_plan, join_type(kind), conditions)?.build()?,
        };
        if inner && !failing.is_empty() {
            let kept = [left.output(), right.output()].concat();
            return self.filter(plan, &conjunction(failing.into_iter().cloned().collect()), &kept);
        }
        Ok(plan)
    }

    /// The rows that have a partner, or have none.
    pub(super) fn semi(
        &mut self,
        plan: LogicalPlan,
        rows: &Rel,
        on: &bound::Expr,
        kind: JoinType,
    ) -> Result<LogicalPlan> {
        let rows = self.rel(rows)?;
        let mut conditions = vec![];
        for part in conjuncts(on) {
            conditions.extend(self.condition(part)?);
        }
        Ok(LogicalPlanBuilder::from(plan).join_on(rows, kind, conditions)?.build()?)
    }

    /// A condition, and for an equation of doubles, rows or arrays also one that serves as a key.
    fn condition(&mut self, part: &bound::Expr) -> Result<Vec<Expr>> {
        if let ExprKind::Compare { op: CompareOp::NotDistinct, left, right } = &part.kind
            && let (Ok(left), Ok(right)) = (self.key((**left).clone()), self.key((**right).clone()))
        {
            return self.null_safe(&left, &right);
        }
        let mut found = vec![];
        if let ExprKind::Compare { op: CompareOp::Equal, left, right } = &part.kind
            && !natively_comparable(&left.ty)
            && left.ty != Type::Unknown
            && let (Ok(left), Ok(right)) = (self.key((**left).clone()), self.key((**right).clone()))
        {
            let (left, right) = (self.lower(&left)?, self.lower(&right)?);
            found.push(binary(left, Operator::Eq, right));
        }
        found.push(self.lower(part)?);
        Ok(found)
    }
}

impl Lowering<'_> {
    /// `left IS NOT DISTINCT FROM right` as plain equations. DataFusion compares all keys of a join null-safely as soon
    /// as one is, and also those that it later finds in a filter above.
    fn null_safe(&self, left: &bound::Expr, right: &bound::Expr) -> Result<Vec<Expr>> {
        let both = |f: &dyn Fn(&bound::Expr) -> bound::Expr| {
            Ok::<_, crate::error::Fault>(binary(self.lower(&f(left))?, Operator::Eq, self.lower(&f(right))?))
        };
        let with = |expr: &bound::Expr, kind, ty| bound::Expr { kind, ty, nullable: false, span: expr.span };
        Ok(vec![
            both(&|expr| {
                let call = ExprKind::Call { function: FILLED, args: vec![expr.clone()] };
                with(expr, call, expr.ty.clone())
            })?,
            both(&|expr| with(expr, ExprKind::IsNull(Box::new(expr.clone())), Type::Boolean))?,
        ])
    }
}

pub(super) fn join_type(kind: JoinKind) -> JoinType {
    match kind {
        JoinKind::Inner => JoinType::Inner,
        JoinKind::Left => JoinType::Left,
        JoinKind::Right => JoinType::Right,
        JoinKind::Full => JoinType::Full,
    }
}
