//! A written type that does not exist.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::ParseTypeError;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "invalid-type",
    text: "Trino has no type of that name, or the type does not take these parameters: a decimal has at most 38 digits, \
           a timestamp at most 12 behind the second.",
    wrong: Example::Query("select cast(amount as numeric(10, 2)) as amount from {orders}"),
    right: Example::Query("select cast(amount as decimal(10, 2)) as amount from {orders}"),
};

/// The type as written; `whole` says that nothing but its name stands there, so that a name can replace it.
pub fn new(error: &ParseTypeError, whole: bool, span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, &error.message).label("not a type");
    match error.instead {
        Some(instead) if whole => found.help(format!("write {instead}")).suggest(span, instead),
        Some(instead) => found.help(format!("write {instead}")),
        None => found,
    }
}

/// The type of null, which nothing can be cast to.
pub fn unknown(span: Span) -> Finding {
    Finding::error(DOC.id, span, "unknown is the type of null, nothing is cast to it").label("not a type to cast to")
}
