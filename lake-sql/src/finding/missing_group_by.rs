//! A column beside an aggregate, without GROUP BY.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "missing-group-by",
    text: "An aggregate without GROUP BY makes one row of all rows, in which a plain column has no single value.",
    wrong: Example::Query("select customer_id, count(*) as n from {orders}"),
    right: Example::Query("select customer_id, count(*) as n from {orders} group by customer_id"),
};

/// `text`: the column as written.
pub fn new(text: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{text}` stands beside an aggregate, but there is no GROUP BY"))
        .label("has many values")
        .help(format!("add `group by {text}`, or aggregate it: max({text})"))
}
