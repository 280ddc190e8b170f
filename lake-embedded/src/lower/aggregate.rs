//! GROUP BY and aggregates.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::functions_aggregate::{count, min_max};
use datafusion::logical_expr::expr::{AggregateFunction, ScalarFunction};
use datafusion::logical_expr::{AggregateUDF, Expr, GroupingSet, LogicalPlan, LogicalPlanBuilder, ScalarUDF};
use datafusion::prelude::{cast, lit};
use lake_sql::bound::{self, AggregateCall, ColumnId, ExprKind, Rel, RelKind};
use lake_sql::types::Type;

use super::expr::{column, column_name};
use super::{Lowering, has_map, tail};
use crate::aggregates::{Aggregate, Constants, Order};
use crate::error::{Fault, Result};
use crate::eval::can_fail;
use crate::eval::zone::{self, Zone};
use crate::functions::grouping::GroupingBits;
use crate::types::{self, natively_comparable};

/// What the plan below an aggregate has to compute.
#[derive(Default)]
struct Below {
    columns: Vec<(ColumnId, bound::Expr)>,
}

impl Below {
    fn add(&mut self, lowering: &mut Lowering<'_>, expr: bound::Expr) -> ColumnId {
        let id = lowering.columns.fresh(&expr.ty);
        self.columns.push((id, expr));
        id
    }
}

impl Lowering<'_> {
    pub(super) fn aggregate(&mut self, rel: &Rel) -> Result<LogicalPlan> {
        let RelKind::Aggregate { input, groups, sets, aggregates, groupings } = &rel.kind else {
            return Err(Fault::internal("an aggregate was expected"));
        };
        let plan = self.rel(input)?;
        let mut below = Below::default();
        for (id, expr) in groups {
            let key = self.key(expr.clone())?;
            below.columns.push((*id, key));
        }
        let mut calls = vec![];
        for (id, call) in aggregates {
            self.aggregate_zone(*id, call);
            calls.push(self.call(call, &mut below)?.alias(column_name(*id)));
        }
        let plan = self.with(plan, &[], &below.columns)?;
        let keys: Vec<Expr> = groups.iter().map(|(id, _)| column(*id)).collect();
        let every: Vec<usize> = (0..groups.len()).collect();
        if let [only] = sets.as_slice()
            && *only == every
            && !(keys.is_empty() && calls.is_empty())
        {
            let plan = LogicalPlanBuilder::from(plan).aggregate(keys, calls)?.build()?;
            return self.above(plan, groups, aggregates, groupings, None);
        }
        if keys.is_empty() {
            return self.global(plan, calls, sets.len());
        }
        let sets = sets.iter().map(|set| set.iter().map(|at| keys[*at].clone()).collect()).collect();
        let grouping = Expr::GroupingSet(GroupingSet::GroupingSets(sets));
        let plan = LogicalPlanBuilder::from(plan).aggregate([grouping], calls)?.build()?;
        let id = plan.schema().columns().into_iter().find(|c| c.name == "__grouping_id").map(Expr::Column);
        self.above(plan, groups, aggregates, groupings, id)
    }

    /// No keys: one row whatever the input.
    fn global(&mut self, plan: LogicalPlan, calls: Vec<Expr>, sets: usize) -> Result<LogicalPlan> {
        if sets != 1 {
            return Err(Fault::unsupported("several empty grouping sets"));
        }
        if calls.is_empty() {
            return Ok(LogicalPlanBuilder::empty(true).build()?);
        }
        Ok(LogicalPlanBuilder::from(plan).aggregate(Vec::<Expr>::new(), calls)?.build()?)
    }

    /// The columns of the relation over the aggregate's own.
    fn above(
        &mut self,
        plan: LogicalPlan,
        groups: &[(ColumnId, bound::Expr)],
        aggregates: &[(ColumnId, AggregateCall)],
        groupings: &[(ColumnId, Vec<usize>)],
        grouping_id: Option<Expr>,
    ) -> Result<LogicalPlan> {
        let mut exprs: Vec<Expr> = groups.iter().map(|(id, _)| column(*id)).collect();
        for ((id, call), found) in aggregates.iter().zip(tail(&plan, aggregates.len())) {
            let wanted = types::arrow(&call.ty)?;
            let ty = plan.schema().field_with_unqualified_name(&column_name(*id))?.data_type().clone();
            if ty != wanted {
                return Err(Fault::internal(format!(
                    "{} gives {ty} in the plan, but {} in the query",
                    call.function, call.ty
                )));
            }
            exprs.push(found.alias(column_name(*id)));
        }
        for (id, positions) in groupings {
            let bits = match &grouping_id {
                None => lit(0_i64),
                Some(found) => {
                    let function = GroupingBits::new(positions.clone(), groups.len());
                    let function = Arc::new(ScalarUDF::new_from_impl(function));
                    let args = vec![cast(found.clone(), DataType::Int64)];
                    Expr::ScalarFunction(ScalarFunction::new_udf(function, args))
                }
            };
            exprs.push(bits.alias(column_name(*id)));
        }
        if exprs.is_empty() {
            return Ok(plan);
        }
        Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
    }

    fn aggregate_zone(&mut self, id: ColumnId, call: &AggregateCall) {
        let zone = call.args.first().map_or_else(Zone::utc, |arg| zone::of(arg, &self.zones));
        if matches!(call.ty, Type::TimestampTz(_)) && zone != Zone::utc() {
            self.zones.insert(id, zone);
        }
    }

    fn call(&mut self, call: &AggregateCall, below: &mut Below) -> Result<Expr> {
        let filter = call.filter.as_ref().map(|filter| column(below.add(self, filter.clone())));
        let guard = |arg: &bound::Expr| match &call.filter {
            // The filter alone does not keep the argument from being computed for all rows.
            Some(filter) if can_fail(arg) => guarded(filter, arg),
            _ => arg.clone(),
        };
        if let Some(native) = native(call) {
            let args = match call.args.as_slice() {
                [] => vec![lit(1_i64)],
                args => args.iter().map(|arg| column(below.add(self, guard(arg)))).collect(),
            };
            return Ok(Expr::AggregateFunction(AggregateFunction::new_udf(
                native,
                args,
                call.distinct,
                filter.map(Box::new),
                vec![],
                None,
            )));
        }
        if call.distinct && call.args.iter().any(|arg| has_map(&arg.ty)) {
            return Err(Fault::unsupported(format!("{}(distinct ..) of maps", call.function)));
        }
        if call.function == "listagg" && call.args.len() > 2 {
            return Err(Fault::unsupported("LISTAGG … ON OVERFLOW TRUNCATE"));
        }
        let (mut args, mut constants) = (vec![], Constants::default());
        for (position, arg) in call.args.iter().enumerate() {
            if !constants.take(call.function, position, arg)? {
                args.push(column(below.add(self, guard(arg))));
            }
        }
        let mut order = vec![];
        for key in &call.order_by {
            let expr = self.key(key.expr.clone())?;
            args.push(column(below.add(self, guard(&expr))));
            order.push(Order { descending: key.descending, nulls_first: key.nulls_first });
        }
        if args.is_empty() {
            args.push(lit(true));
        }
        let types = call.args.iter().map(|arg| arg.ty.clone()).collect();
        let made = Aggregate::new(call.function, types, &call.ty, constants, call.distinct, order)?;
        let function = Arc::new(AggregateUDF::new_from_impl(made));
        Ok(Expr::AggregateFunction(AggregateFunction::new_udf(
            function,
            args,
            false,
            filter.map(Box::new),
            vec![],
            None,
        )))
    }
}

/// An argument that is computed only where the filter holds.
pub(super) fn guarded(filter: &bound::Expr, arg: &bound::Expr) -> bound::Expr {
    let kind = ExprKind::Case { branches: vec![(filter.clone(), arg.clone())], otherwise: None };
    bound::Expr { kind, ty: arg.ty.clone(), nullable: true, span: arg.span }
}

/// DataFusion's own function, where it means the same.
fn native(call: &AggregateCall) -> Option<Arc<AggregateUDF>> {
    let comparable = call.args.iter().all(|arg| natively_comparable(&arg.ty));
    match (call.function, call.args.len()) {
        ("count", 0) => Some(count::count_udaf()),
        ("count", 1) if !call.distinct && call.args[0].ty != Type::Unknown => Some(count::count_udaf()),
        ("count", 1) if comparable => Some(count::count_udaf()),
        ("min", 1) if comparable => Some(min_max::min_udaf()),
        ("max", 1) if comparable => Some(min_max::max_udaf()),
        _ => None,
    }
}
