//! `f(*)` of something else than count.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "star-argument",
    text: "Only count takes a star: it counts rows.",
    wrong: Example::Query("select sum(*) as n from {orders}"),
    right: Example::Query("select count(*) as n from {orders}"),
};

/// The function.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` does not take a star")).label("only count(*) exists")
}
