//! A position beyond the select list.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "ordinal-out-of-range",
    text: "An integer in ORDER BY or GROUP BY is the position of an item of the select list, from 1.",
    wrong: Example::Query("select order_id from {orders} order by 2"),
    right: Example::Query("select order_id from {orders} order by 1"),
};

/// Position `position` of a list of `count` items.
pub fn new(clause: &str, position: i64, count: usize, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{clause} {position}, but the select list has {count} items"))
        .label("no such position")
}
