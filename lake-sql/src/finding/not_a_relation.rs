//! A placeholder in FROM that is no relation.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-a-relation",
    text: "FROM takes relations. `{now}`, `{first_run}` and helpers are values.",
    wrong: Example::Query("select * from {now}"),
    right: Example::Query("select order_id from {orders} where ordered_at < {now}"),
};

/// The placeholder's name.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{{{name}}}` is a value, not a relation"))
        .label("a relation is expected here")
}
