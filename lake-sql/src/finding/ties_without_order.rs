//! WITH TIES without an order.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "ties-without-order",
    text: "WITH TIES keeps the rows that are equal to the last one in the order: there must be one.",
    wrong: Example::Query("select order_id from {orders} fetch first 2 rows with ties"),
    right: Example::Query("select order_id from {orders} order by order_id fetch first 2 rows with ties"),
};

/// Where FETCH stands.
pub fn new(span: Span) -> Finding {
    Finding::error(DOC.id, span, "FETCH FIRST … WITH TIES needs an ORDER BY").label("no order")
}
