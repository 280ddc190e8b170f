//! A query of WITH that nothing reads.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unused-cte",
    text: "A query of WITH that nothing reads is checked, but never runs.",
    wrong: Example::Query(
        "with large as (select order_id from {orders} where amount > 1000) select order_id from {orders}",
    ),
    right: Example::Query(
        "with large as (select order_id from {orders} where amount > 1000) select order_id from large",
    ),
};

/// The query of that name.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::lint(DOC.id, span, format!("nothing reads `{name}`")).label("unused").help("remove it, or read from it")
}
