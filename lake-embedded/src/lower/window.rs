//! Window functions: ranks are DataFusion's, everything else is evaluated by our own aggregates over the frame's rows.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::functions_window::{cume_dist, ntile, rank, row_number as row_numbers};
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, SortExpr, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowFunctionDefinition, WindowUDF,
};
use datafusion::prelude::cast;
use lake_sql::bound::{self, ColumnId, FrameBound, FrameUnit, Rel, WindowCall};
use lake_sql::types::Type;

use super::expr::{column, column_name};
use super::{Lowering, tail};
use crate::aggregates::windowed::{Shift, Windowed};
use crate::aggregates::{self, Aggregate, Constants};
use crate::error::{Fault, Result};
use crate::eval::Program;
use crate::eval::zone::{self, Zone};
use crate::types;

/// A call with its keys as columns.
struct Prepared<'a> {
    id: ColumnId,
    call: &'a WindowCall,
    args: Vec<Expr>,
    /// FILTER, as the last argument.
    filtered: bool,
    partition: Vec<ColumnId>,
    order: Vec<(ColumnId, bool, bool)>,
}

impl Lowering<'_> {
    pub(super) fn window(&mut self, input: &Rel, calls: &[(ColumnId, WindowCall)]) -> Result<LogicalPlan> {
        let mut kept = input.output();
        let plan = self.rel(input)?;
        let mut below: Vec<(ColumnId, bound::Expr)> = vec![];
        let mut prepared = vec![];
        for (id, call) in calls {
            prepared.push(self.prepare(*id, call, &mut below)?);
        }
        let mut all = kept.clone();
        all.extend(below.iter().map(|(id, _)| *id));
        let mut plan = self.with(plan, &kept, &below)?;
        // One node for each partition and order.
        while let Some(first) = prepared.first() {
            let (partition, order) = (first.partition.clone(), first.order.clone());
            let (same, rest): (Vec<_>, Vec<_>) =
                prepared.into_iter().partition(|p| p.partition == partition && p.order == order);
            prepared = rest;
            plan = self.window_node(plan, &same, &all)?;
            let made = same.iter().map(|p| p.id);
            all.extend(made);
        }
        kept.extend(calls.iter().map(|(id, _)| *id));
        self.only(plan, &kept)
    }

    fn prepare<'a>(
        &mut self,
        id: ColumnId,
        call: &'a WindowCall,
        below: &mut Vec<(ColumnId, bound::Expr)>,
    ) -> Result<Prepared<'a>> {
        if !call.argument_order.is_empty() {
            return Err(Fault::unsupported("ORDER BY inside of a window function"));
        }
        if call.frame.as_ref().is_some_and(|frame| !frame.pattern.is_empty()) {
            return Err(Fault::unsupported("a row pattern in a window"));
        }
        if matches!(call.ty, Type::TimestampTz(_))
            && let Some(zone) = call.args.first().map(|arg| zone::of(arg, &self.zones))
            && zone != Zone::utc()
        {
            self.zones.insert(id, zone);
        }
        let mut add = |lowering: &mut Self, expr: bound::Expr| match expr.kind {
            bound::ExprKind::Column(id) => id,
            _ => match below.iter().find(|(_, known)| known.kind == expr.kind) {
                Some((id, _)) => *id,
                None => {
                    let id = lowering.columns.fresh(&expr.ty);
                    below.push((id, expr));
                    id
                }
            },
        };
        let mut args = vec![];
        for (position, arg) in call.args.iter().enumerate() {
            if !aggregates::is_constant(call.function, position, arg) {
                let arg = match &call.filter {
                    Some(filter) if crate::eval::can_fail(arg) => super::aggregate::guarded(filter, arg),
                    _ => arg.clone(),
                };
                args.push(column(add(self, arg)));
            }
        }
        if let Some(filter) = &call.filter {
            args.push(column(add(self, filter.clone())));
        }
        let mut partition = vec![];
        for expr in &call.partition_by {
            let key = self.key(expr.clone())?;
            partition.push(add(self, key));
        }
        let mut order = vec![];
        for key in &call.order_by {
            let expr = self.key(key.expr.clone())?;
            order.push((add(self, expr), !key.descending, key.nulls_first));
        }
        Ok(Prepared { id, call, args, filtered: call.filter.is_some(), partition, order })
    }

    fn window_node(&mut self, plan: LogicalPlan, calls: &[Prepared<'_>], below: &[ColumnId]) -> Result<LogicalPlan> {
        let exprs = calls.iter().map(|call| self.window_expr(call)).collect::<Result<Vec<_>>>()?;
        let plan = LogicalPlanBuilder::from(plan).window(exprs)?.build()?;
        let mut columns: Vec<Expr> = below.iter().map(|id| column(*id)).collect();
        for (call, found) in calls.iter().zip(tail(&plan, calls.len())) {
            let ranked = ranking(call.call.function).is_some();
            let found = if ranked { cast(found, types::arrow(&call.call.ty)?) } else { found };
            columns.push(found.alias(column_name(call.id)));
        }
        Ok(LogicalPlanBuilder::from(plan).project(columns)?.build()?)
    }

    fn window_expr(&mut self, prepared: &Prepared<'_>) -> Result<Expr> {
        let call = prepared.call;
        let order: Vec<SortExpr> =
            prepared.order.iter().map(|(id, asc, nulls_first)| column(*id).sort(*asc, *nulls_first)).collect();
        let (function, args) = match ranking(call.function) {
            Some(function) => {
                let args = match (call.function, call.args.as_slice()) {
                    ("ntile", [buckets]) => vec![Expr::Literal(self.buckets(buckets)?, None)],
                    _ => vec![],
                };
                (function, args)
            }
            None => (Arc::new(WindowUDF::new_from_impl(self.windowed(prepared)?)), prepared.args.clone()),
        };
        let params = WindowFunctionParams {
            args,
            partition_by: prepared.partition.iter().map(|id| column(*id)).collect(),
            window_frame: self.frame(prepared)?,
            order_by: order,
            filter: None,
            null_treatment: None,
            distinct: false,
        };
        Ok(Expr::WindowFunction(Box::new(WindowFunction {
            fun: WindowFunctionDefinition::WindowUDF(function),
            params,
        })))
    }

    fn buckets(&self, expr: &bound::Expr) -> Result<ScalarValue> {
        let value = ScalarValue::try_from_array(&Program::constant(expr)?, 0)?;
        match value {
            ScalarValue::Int64(Some(count)) if count > 0 => Ok(value),
            _ => Err(Fault::data("Buckets must be greater than 0")),
        }
    }

    fn windowed(&mut self, prepared: &Prepared<'_>) -> Result<Windowed> {
        let call = prepared.call;
        let name = self.name();
        let out = types::arrow(&call.ty)?;
        if let Some(shift) = Shift::parse(call.function) {
            return Ok(Windowed::shift(
                name,
                shift,
                call.ignore_nulls,
                out,
                call.args.iter().map(|a| a.ty.clone()).collect(),
            ));
        }
        let (mut types, mut constants) = (vec![], Constants::default());
        for (position, arg) in call.args.iter().enumerate() {
            constants.take(call.function, position, arg)?;
            types.push(arg.ty.clone());
        }
        let aggregate = Aggregate::new(call.function, types, &call.ty, constants, call.distinct, vec![])?;
        Ok(Windowed::aggregate(name, aggregate, prepared.filtered, prepared.args.len()))
    }

    fn frame(&mut self, prepared: &Prepared<'_>) -> Result<WindowFrame> {
        let unbounded = || WindowFrameBound::Preceding(ScalarValue::UInt64(None));
        let Some(frame) = &prepared.call.frame else {
            return Ok(match prepared.order.is_empty() {
                true => WindowFrame::new_bounds(
                    WindowFrameUnits::Rows,
                    unbounded(),
                    WindowFrameBound::Following(ScalarValue::UInt64(None)),
                ),
                false => WindowFrame::new_bounds(
                    WindowFrameUnits::Range,
                    range_start(self, prepared)?,
                    WindowFrameBound::CurrentRow,
                ),
            });
        };
        let units = match frame.unit {
            FrameUnit::Rows => WindowFrameUnits::Rows,
            FrameUnit::Range => WindowFrameUnits::Range,
            FrameUnit::Groups => WindowFrameUnits::Groups,
        };
        let start = self.bound(&frame.start, frame.unit, prepared)?;
        let end = self.bound(&frame.end, frame.unit, prepared)?;
        Ok(WindowFrame::new_bounds(units, start, end))
    }

    fn bound(&mut self, bound: &FrameBound, unit: FrameUnit, prepared: &Prepared<'_>) -> Result<WindowFrameBound> {
        let none = match unit {
            FrameUnit::Range => self.no_bound(prepared)?,
            _ => ScalarValue::UInt64(None),
        };
        Ok(match bound {
            FrameBound::UnboundedPreceding => WindowFrameBound::Preceding(none),
            FrameBound::UnboundedFollowing => WindowFrameBound::Following(none),
            FrameBound::CurrentRow => WindowFrameBound::CurrentRow,
            FrameBound::Preceding(expr) => WindowFrameBound::Preceding(self.offset(expr, unit, prepared)?),
            FrameBound::Following(expr) => WindowFrameBound::Following(self.offset(expr, unit, prepared)?),
        })
    }

    /// The open bound of a RANGE frame: a null of the order key's type.
    fn no_bound(&self, prepared: &Prepared<'_>) -> Result<ScalarValue> {
        match prepared.order.first() {
            Some((id, ..)) => Ok(ScalarValue::try_from(&types::arrow(self.columns.ty(*id))?)?),
            None => Ok(ScalarValue::UInt64(None)),
        }
    }

    fn offset(&self, expr: &bound::Expr, unit: FrameUnit, prepared: &Prepared<'_>) -> Result<ScalarValue> {
        let value = ScalarValue::try_from_array(&Program::constant(expr)?, 0)?;
        if value.is_null() {
            return Err(Fault::data("Window frame offset value must not be negative or null"));
        }
        if unit != FrameUnit::Range {
            let count = match value {
                ScalarValue::Int64(Some(count)) => count,
                ScalarValue::Int32(Some(count)) => i64::from(count),
                ScalarValue::Int16(Some(count)) => i64::from(count),
                ScalarValue::Int8(Some(count)) => i64::from(count),
                other => return Err(Fault::unsupported(format!("a frame offset of {}", other.data_type()))),
            };
            let count = u64::try_from(count);
            return Ok(ScalarValue::UInt64(Some(
                count.map_err(|_| Fault::data("Window frame offset value must not be negative or null"))?,
            )));
        }
        let key = prepared.order.first().ok_or_else(|| Fault::internal("RANGE without an order"))?.0;
        let key = self.columns.ty(key);
        Ok(match (value, key) {
            (
                ScalarValue::DurationMillisecond(Some(millis)),
                Type::Date | Type::Timestamp(_) | Type::TimestampTz(_),
            ) => ScalarValue::new_interval_mdn(0, (millis / 86_400_000) as i32, millis % 86_400_000 * 1_000_000),
            (ScalarValue::IntervalYearMonth(Some(months)), Type::Date | Type::Timestamp(_) | Type::TimestampTz(_)) => {
                ScalarValue::new_interval_mdn(months, 0, 0)
            }
            (value, _) => value.cast_to(&types::arrow(key)?)?,
        })
    }

    pub(super) fn limit_with_ties(&mut self, input: &Rel, offset: u64, limit: Option<u64>) -> Result<LogicalPlan> {
        let bound::RelKind::Sort { input: sorted, keys } = &input.kind else {
            return Err(Fault::internal("WITH TIES without an order"));
        };
        let kept = sorted.output();
        let plan = self.rel(sorted)?;
        let (plan, order) = self.sort_columns(plan, &kept, keys)?;
        let calls = [row_number(vec![], order.clone()), ranked(rank::rank_udwf(), vec![], order.clone())];
        let mut plan = LogicalPlanBuilder::from(plan).window(calls)?.build()?;
        let mut made = tail(&plan, 2);
        let (rank, number) = (made.pop(), made.pop());
        let (Some(rank), Some(number)) = (rank, number) else {
            return Err(Fault::internal("two ranks were asked for"));
        };
        plan = LogicalPlanBuilder::from(plan).filter(number.gt(datafusion::prelude::lit(offset)))?.build()?;
        if let Some(limit) = limit {
            plan =
                LogicalPlanBuilder::from(plan).filter(rank.lt_eq(datafusion::prelude::lit(offset + limit)))?.build()?;
        }
        plan = LogicalPlanBuilder::from(plan).sort(order)?.build()?;
        self.only(plan, &kept)
    }
}

fn range_start(lowering: &Lowering<'_>, prepared: &Prepared<'_>) -> Result<WindowFrameBound> {
    Ok(WindowFrameBound::Preceding(lowering.no_bound(prepared)?))
}

/// DataFusion's ranking function of that name.
fn ranking(name: &str) -> Option<Arc<WindowUDF>> {
    Some(match name {
        "row_number" => row_numbers::row_number_udwf(),
        "rank" => rank::rank_udwf(),
        "dense_rank" => rank::dense_rank_udwf(),
        "percent_rank" => rank::percent_rank_udwf(),
        "cume_dist" => cume_dist::cume_dist_udwf(),
        "ntile" => ntile::ntile_udwf(),
        _ => return None,
    })
}

/// `row_number()` over a window.
pub(super) fn row_number(partition: Vec<Expr>, order: Vec<SortExpr>) -> Expr {
    ranked(row_numbers::row_number_udwf(), partition, order)
}

fn ranked(function: Arc<WindowUDF>, partition_by: Vec<Expr>, order_by: Vec<SortExpr>) -> Expr {
    let params = WindowFunctionParams {
        args: vec![],
        partition_by,
        window_frame: WindowFrame::new(if order_by.is_empty() { None } else { Some(false) }),
        order_by,
        filter: None,
        null_treatment: None,
        distinct: false,
    };
    Expr::WindowFunction(Box::new(WindowFunction { fun: WindowFunctionDefinition::WindowUDF(function), params }))
}
