//! Two relations of one name in a join.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "duplicate-relation",
    text: "Two relations of one FROM have the same name, so none of their columns can be told apart.",
    wrong: Example::Query("select 1 as one from {orders} join {orders} on true"),
    right: Example::Query("select 1 as one from {orders} a join {orders} b on true"),
};

/// The name and the join.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("two relations are called `{name}`"))
        .label("in this join")
        .help("give one of them an alias")
}
