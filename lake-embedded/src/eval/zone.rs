//! The zone of a timestamp with time zone, known when a plan is made.
//!
//! Arrow holds the instant alone. Table columns are in UTC, literals and AT TIME ZONE name their zone, so the zone of
//! nearly every expression is known without looking at a row. Where it is not (a zone that is itself a column), only
//! what does not depend on it may follow: comparing, storing, subtracting. All else is refused before anything runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use lake_sql::bound::{ColumnId, Expr, ExprKind, Literal};
use lake_sql::types::Type;

use crate::error::{Fault, Result};
use crate::functions::{datetime, format};
use crate::types::UTC;

/// Zone of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Zone {
    /// Every value has this zone.
    Known(Arc<str>),
    /// It differs from row to row.
    Mixed,
}

impl Zone {
    /// The zone of everything that is stored.
    pub fn utc() -> Self {
        Zone::Known(UTC.into())
    }

    /// Its name, or a refusal of what needs it.
    pub fn name(&self) -> Result<&str> {
        match self {
            Zone::Known(name) => Ok(name),
            Zone::Mixed => Err(Fault::unsupported("a timestamp whose time zone differs from row to row")
                .help("write `at time zone 'UTC'` (or another fixed zone) around it")),
        }
    }

    fn merge(self, other: Zone) -> Zone {
        if self == other { self } else { Zone::Mixed }
    }
}

/// Zones of columns; a column that is absent is in UTC.
pub(crate) type Zones = BTreeMap<ColumnId, Zone>;

/// The zone of an expression. UTC for types without one.
pub(crate) fn of(expr: &Expr, zones: &Zones) -> Zone {
    if !matches!(expr.ty, Type::TimestampTz(_)) {
        return Zone::utc();
    }
    match &expr.kind {
        ExprKind::Column(id) => zones.get(id).cloned().unwrap_or_else(Zone::utc),
        ExprKind::Literal(Literal::TimestampTz(_, _, zone)) => Zone::Known(zone.clone()),
        ExprKind::Cast { expr: inner, .. } if matches!(inner.ty, Type::TimestampTz(_)) => of(inner, zones),
        ExprKind::Cast { expr: inner, .. } if crate::types::is_text(&inner.ty) => {
            zone_of_text(inner, |text| format::parse_timestamp(text).map(|(_, zone)| zone.unwrap_or(UTC)))
        }
        ExprKind::Try(inner) => of(inner, zones),
        ExprKind::Case { branches, otherwise } => {
            merge(branches.iter().map(|(_, result)| result).chain(otherwise.as_deref()), zones)
        }
        ExprKind::Coalesce(parts) => merge(parts.iter(), zones),
        ExprKind::NullIf { value, .. } => of(value, zones),
        ExprKind::AtTimeZone { zone, .. } => constant_zone(zone),
        ExprKind::Call { function, args } => of_call(function, args, zones),
        _ => Zone::utc(),
    }
}

fn of_call(function: &str, args: &[Expr], zones: &Zones) -> Zone {
    match function {
        "at_timezone" | "with_timezone" | "from_unixtime" if args.len() == 2 => constant_zone(&args[1]),
        "from_unixtime" if args.len() == 3 => constant_offset(&args[1], &args[2]),
        "from_iso8601_timestamp" => zone_of_text(&args[0], datetime::iso_zone),
        "parse_datetime" => zone_of_text(&args[1], |pattern| datetime::without_zone(pattern).then_some(UTC)),
        "greatest" | "least" => merge(args.iter(), zones),
        _ => {
            let mut with_zone = args.iter().filter(|arg| matches!(arg.ty, Type::TimestampTz(_)));
            with_zone.next().map_or_else(Zone::utc, |arg| of(arg, zones))
        }
    }
}

/// The common zone; bare nulls have none and do not count.
fn merge<'a>(parts: impl Iterator<Item = &'a Expr>, zones: &Zones) -> Zone {
    let not_null = parts.filter(|part| !is_null(part));
    not_null.map(|part| of(part, zones)).reduce(Zone::merge).unwrap_or_else(Zone::utc)
}

fn is_null(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => true,
        ExprKind::Cast { expr, .. } => is_null(expr),
        _ => false,
    }
}

/// The zone that a constant text names.
fn zone_of_text(expr: &Expr, read: impl Fn(&str) -> Option<&str>) -> Zone {
    match constant_zone(expr) {
        Zone::Known(text) => read(&text).map_or(Zone::Mixed, |zone| Zone::Known(zone.into())),
        Zone::Mixed => Zone::Mixed,
    }
}

/// A zone of hours and minutes.
fn constant_offset(hours: &Expr, minutes: &Expr) -> Zone {
    match (constant_integer(hours), constant_integer(minutes)) {
        (Some(hours), Some(minutes)) => Zone::Known(datetime::offset_name(60 * hours + minutes).into()),
        _ => Zone::Mixed,
    }
}

fn constant_integer(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Integer(value)) => Some(*value),
        ExprKind::Cast { expr, .. } => constant_integer(expr),
        ExprKind::Call { function: "negate", args } => constant_integer(&args[0]).map(|value| -value),
        _ => None,
    }
}

fn constant_zone(expr: &Expr) -> Zone {
    match &expr.kind {
        ExprKind::Literal(Literal::Text(name)) => Zone::Known(name.clone()),
        ExprKind::Cast { expr, .. } => constant_zone(expr),
        _ => Zone::Mixed,
    }
}
