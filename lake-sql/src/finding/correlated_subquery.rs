//! A subquery that uses outer columns where Trino cannot plan it.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "correlated-subquery",
    text: "Trino turns a subquery that uses columns of the query around it into a join, and refuses where it cannot. It \
           can where the outer columns stand in conditions of its WHERE, also below one aggregate.",
    wrong: Example::Query(
        "select c.name, (select max(o.amount + c.customer_id) from {orders} o) as most from {customers} c",
    ),
    right: Example::Query(
        "select c.name, (select max(o.amount) from {orders} o) + c.customer_id as most from {customers} c",
    ),
};

/// `what`: the form that the outer columns are used in, at `span`; `start` is where the subquery starts.
pub fn new(what: &str, span: Span, start: Span) -> Finding {
    Finding::error(DOC.id, span, format!("Trino cannot plan a subquery that uses outer columns in {what}"))
        .label("uses outer columns")
        .context(start, "this subquery")
        .help(help(what))
}

fn help(what: &str) -> &'static str {
    if what.contains("without an ORDER BY") {
        "add an ORDER BY that says which row is the first, or take min, max or any_value"
    } else if what.contains("LIMIT") {
        "number the rows of a join with row_number(), and keep the first ones"
    } else {
        "compare with outer columns in the WHERE of the subquery alone, or write a join"
    }
}
