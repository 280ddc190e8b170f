//! The moment of a statement: `now()` and its kin are constants of it.

use lake_sql::bound::{BoundQuery, Expr, ExprKind, Literal, Rel};
use lake_sql::types::Type;

use crate::functions::calendar::{MICROS_IN_DAY, day_of};
use crate::rewrite::walk;
use crate::types::UTC;

/// Replaces the functions of the clock by the moment, in microseconds since 1970.
pub(super) fn fix(query: &mut BoundQuery, now: i64) {
    for cte in &mut query.ctes {
        fix_rel(&mut cte.rel, now);
        if let Some(arm) = &mut cte.recursive {
            fix_rel(&mut arm.rel, now);
        }
    }
    fix_rel(&mut query.root, now);
}

fn fix_rel(rel: &mut Rel, now: i64) {
    for input in walk::inputs_mut(rel) {
        fix_rel(input, now);
    }
    for expr in walk::exprs_mut(rel) {
        fix_expr(expr, now);
    }
}

pub(crate) fn fix_expr(expr: &mut Expr, now: i64) {
    if let Some(query) = walk::subquery_mut(expr) {
        fix_rel(&mut query.rel, now);
    }
    if let ExprKind::Call { function, args } = &expr.kind
        && args.is_empty()
        && let Some(literal) = value(function, &expr.ty, now)
    {
        expr.kind = ExprKind::Literal(literal);
    }
    expr.children_mut().into_iter().for_each(|child| fix_expr(child, now));
}

fn value(function: &str, ty: &Type, now: i64) -> Option<Literal> {
    let cut = |precision: u8| {
        let unit = 10_i64.pow(u32::from(6 - precision.min(6)));
        now.div_euclid(unit) * unit
    };
    match (function, ty) {
        ("now" | "current_timestamp", Type::TimestampTz(p)) => Some(Literal::TimestampTz(cut(*p), 0, UTC.into())),
        ("localtimestamp", Type::Timestamp(p)) => Some(Literal::Timestamp(cut(*p), 0)),
        ("localtime", Type::Time(p)) => Some(Literal::Time(cut(*p).rem_euclid(MICROS_IN_DAY) * 1_000_000)),
        ("current_date", Type::Date) => Some(Literal::Date(day_of(now))),
        ("current_timezone", _) => Some(Literal::Text(UTC.into())),
        _ => None,
    }
}
