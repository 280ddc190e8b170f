//! A number of rows that is no constant.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "row-count",
    text: "LIMIT, OFFSET and FETCH FIRST take a whole number that is written out.",
    wrong: Example::Query("select order_id from {orders} fetch first 99999999999999999999 rows only"),
    right: Example::Query("select order_id from {orders} fetch first 10 rows only"),
};

/// `clause`: which of them.
pub fn new(clause: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{clause} takes a whole number")).label("not a whole number")
}
