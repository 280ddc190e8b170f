//! SELECT DISTINCT ordered by something that it does not put out.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "distinct-order-by",
    text: "After DISTINCT, one row stands for many, so a column that is not put out has no single value to order by.",
    wrong: Example::Query("select distinct customer_id from {orders} order by amount"),
    right: Example::Query("select distinct customer_id, amount from {orders} order by amount"),
};

/// The key.
pub fn new(span: Span) -> Finding {
    Finding::error(DOC.id, span, "SELECT DISTINCT is ordered by something that is not in its select list")
        .label("not in the select list")
}

/// ORDER BY inside of an aggregate.
pub fn argument(span: Span) -> Finding {
    Finding::error(DOC.id, span, "an aggregate of DISTINCT values is ordered by something else")
        .label("not one of its arguments")
}
