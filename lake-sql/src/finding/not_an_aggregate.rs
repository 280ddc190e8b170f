//! A clause of aggregates behind a function that is none.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-an-aggregate",
    text: "DISTINCT, FILTER, ORDER BY and OVER belong to functions over many rows.",
    wrong: Example::Query("select lower(note) filter (where amount > 0) as n from {orders}"),
    right: Example::Query("select max(note) filter (where amount > 0) as n from {orders}"),
};

/// IGNORE NULLS or RESPECT NULLS.
pub fn null_treatment(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` does not take IGNORE NULLS or RESPECT NULLS"))
        .label("for lag, lead, first_value, last_value and nth_value")
}

/// `what`: the clause.
pub fn new(name: &str, what: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` does not take {what}"))
        .label(format!("{what} is for functions over many rows"))
}
