//! EXTRACT of something that is no field.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::nearest;
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-extract-field",
    text: "EXTRACT knows year, quarter, month, week, day, day_of_month, day_of_week, dow, day_of_year, doy, \
           year_of_week, yow, hour, minute, second, timezone_hour and timezone_minute.",
    wrong: Example::Query("select extract(yaer from ordered_at) as y from {orders}"),
    right: Example::Query("select extract(year from ordered_at) as y from {orders}"),
};

const FIELDS: &[&str] = &[
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "day_of_month",
    "day_of_week",
    "dow",
    "day_of_year",
    "doy",
    "year_of_week",
    "yow",
    "hour",
    "minute",
    "second",
    "timezone_hour",
    "timezone_minute",
];

/// The field as written.
pub fn new(field: &Ident) -> Finding {
    let found = Finding::error(DOC.id, field.span, format!("EXTRACT knows no field `{}`", field.value))
        .label("unknown field")
        .note(format!("fields: {}", FIELDS.join(", ")));
    match nearest(&field.value, FIELDS) {
        Some(near) => found.help(format!("did you mean `{near}`?")).suggest(field.span, near),
        None => found,
    }
}
