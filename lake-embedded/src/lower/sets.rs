//! UNION, INTERSECT and EXCEPT, with ALL as bags.

use datafusion::common::NullEquality;
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder};
use lake_sql::bound::{ColumnId, Rel, RelKind, SetOp};
use lake_sql::types::Type;

use super::expr::{column, column_name};
use super::{Lowering, tail, window};
use crate::error::{Fault, Result};
use crate::eval::zone::Zone;

impl Lowering<'_> {
    pub(super) fn set_op(&mut self, rel: &Rel) -> Result<LogicalPlan> {
        let RelKind::SetOp { op, all, left, left_columns, right, right_columns, columns } = &rel.kind else {
            return Err(Fault::internal("a set operation was expected"));
        };
        let ids: Vec<ColumnId> = columns.iter().map(|column| column.id).collect();
        let left_plan = self.rel(left)?;
        let right_plan = self.rel(right)?;
        for (position, id) in ids.iter().enumerate() {
            self.merge_zones(*id, left_columns[position], right_columns[position]);
        }
        let left_plan = self.renamed(left_plan, left_columns, &ids)?;
        if *op == SetOp::Union {
            let right_plan = self.renamed(right_plan, right_columns, &ids)?;
            let plan = LogicalPlanBuilder::from(left_plan).union(right_plan)?.build()?;
            // The union may show its columns under a qualifier of a side.
            let plan = self.positional(plan, &ids)?;
            if *all {
                return Ok(plan);
            }
            let plan = self.canonical(plan, &ids)?;
            return Ok(LogicalPlanBuilder::from(plan).distinct()?.build()?);
        }
        let others: Vec<ColumnId> = columns.iter().map(|column| self.columns.fresh(&column.ty)).collect();
        let right_plan = self.renamed(right_plan, right_columns, &others)?;
        let left_plan = self.canonical(left_plan, &ids)?;
        let right_plan = self.canonical(right_plan, &others)?;
        self.matching(*op, *all, (left_plan, ids), (right_plan, others))
    }

    /// Left rows that have an equal right row (INTERSECT) or none (EXCEPT).
    fn matching(
        &mut self,
        op: SetOp,
        all: bool,
        (left, ids): (LogicalPlan, Vec<ColumnId>),
        (right, others): (LogicalPlan, Vec<ColumnId>),
    ) -> Result<LogicalPlan> {
        let (left, right, mut keys, mut other_keys) = if all {
            // The nth of equal rows matches the nth on the other side.
            let (left, number) = self.numbered(left, &ids)?;
            let (right, other) = self.numbered(right, &others)?;
            (left, right, vec![number], vec![other])
        } else {
            (LogicalPlanBuilder::from(left).distinct()?.build()?, right, vec![], vec![])
        };
        keys.extend(&ids);
        other_keys.extend(&others);
        let names = |ids: &[ColumnId]| ids.iter().map(|id| column_name(*id)).map(unqualified).collect::<Vec<_>>();
        let kind = if op == SetOp::Intersect { JoinType::LeftSemi } else { JoinType::LeftAnti };
        let plan = LogicalPlanBuilder::from(left)
            .join_detailed(right, kind, (names(&keys), names(&other_keys)), None, NullEquality::NullEqualsNull)?
            .build()?;
        self.only(plan, &ids)
    }

    /// The rows with a count over equal ones.
    fn numbered(&mut self, plan: LogicalPlan, ids: &[ColumnId]) -> Result<(LogicalPlan, ColumnId)> {
        let number = self.columns.fresh(&Type::BigInt);
        let partition = ids.iter().map(|id| column(*id)).collect();
        let plan = LogicalPlanBuilder::from(plan).window([window::row_number(partition, vec![])])?.build()?;
        let counted = tail(&plan, 1).swap_remove(0);
        let mut exprs: Vec<Expr> = ids.iter().map(|id| column(*id)).collect();
        exprs.push(counted.alias(column_name(number)));
        Ok((LogicalPlanBuilder::from(plan).project(exprs)?.build()?, number))
    }

    /// A plan's columns by position under these names.
    fn positional(&self, plan: LogicalPlan, ids: &[ColumnId]) -> Result<LogicalPlan> {
        let columns = plan.schema().columns();
        let exprs: Vec<Expr> =
            columns.into_iter().zip(ids).map(|(from, id)| Expr::Column(from).alias(column_name(*id))).collect();
        Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
    }

    fn merge_zones(&mut self, id: ColumnId, left: ColumnId, right: ColumnId) {
        let of = |id: ColumnId| self.zones.get(&id).cloned().unwrap_or_else(Zone::utc);
        let zone = if of(left) == of(right) { of(left) } else { Zone::Mixed };
        if zone != Zone::utc() {
            self.zones.insert(id, zone);
        }
    }
}

fn unqualified(name: String) -> datafusion::common::Column {
    datafusion::common::Column::new_unqualified(name)
}
