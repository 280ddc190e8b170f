//! A conversion that does not exist.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "invalid-cast",
    text: "There is no conversion between these types.",
    wrong: Example::Query("select cast(ordered_at as bigint) as seconds from {orders}"),
    right: Example::Query("select to_unixtime(ordered_at) as seconds from {orders}"),
};

/// A text in which no value of the type has room.
pub fn too_short(from: &Type, to: &Type, least: u32, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("no {from} fits into {to}"))
        .label(format!("each is {least} characters or longer"))
        .help(format!("write varchar, or at least varchar({least})"))
}

/// A cast from one type to another.
pub fn new(from: &Type, to: &Type, span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, format!("no cast from {from} to {to}")).label(format!("from {from}"));
    match (from, to) {
        (Type::Timestamp(_) | Type::TimestampTz(_) | Type::Date, to) if to.is_numeric() => {
            found.help("write to_unixtime(…) for seconds, or date_diff('day', date '1970-01-01', …)")
        }
        (from, Type::Timestamp(_) | Type::TimestampTz(_)) if from.is_numeric() => found.help("write from_unixtime(…)"),
        _ => found,
    }
}
