//! A subquery with several columns where one is needed.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "subquery-columns",
    text: "A subquery that is compared, or used as a value, gives one column.",
    wrong: Example::Query(
        "select order_id from {orders} where customer_id in (select customer_id, name from {customers})",
    ),
    right: Example::Query("select order_id from {orders} where customer_id in (select customer_id from {customers})"),
};

/// `what` takes one column.
pub fn new(what: &str, count: usize, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{what} takes one column, found {count}"))
        .label(format!("{count} columns"))
        .help("select one column, or write EXISTS with a condition")
}
