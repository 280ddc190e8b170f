//! UNION and its kin over different numbers of columns.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "set-operation-width",
    text: "UNION, INTERSECT and EXCEPT put columns together by their position, so both sides have equally many.",
    wrong: Example::Query("select order_id from {orders} union all select customer_id, name from {customers}"),
    right: Example::Query("select order_id from {orders} union all select customer_id from {customers}"),
};

/// The sides have that many columns.
pub fn new(name: &str, (left, right): (usize, usize), span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{name} of {left} and {right} columns"))
        .label(format!("columns: {left} before it, {right} behind it"))
        .help("select equally many columns on both sides, in the same order")
}
