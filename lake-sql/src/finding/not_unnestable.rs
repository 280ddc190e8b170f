//! UNNEST of something that has no elements.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-unnestable",
    text: "UNNEST takes arrays and maps.",
    wrong: Example::Query("select t.x from {orders} cross join unnest(note) t (x)"),
    right: Example::Query("select t.x from {orders} cross join unnest(tags) t (x)"),
};

/// The type of the argument.
pub fn new(ty: &Type, span: Span) -> Finding {
    let found =
        Finding::error(DOC.id, span, format!("UNNEST takes an array or a map, found {ty}")).label(ty.to_string());
    match ty {
        Type::Varchar(_) => found.help("split it first: unnest(split(…, ','))"),
        Type::Json => found.help("convert it first: unnest(cast(… as array(json)))"),
        _ => found,
    }
}
