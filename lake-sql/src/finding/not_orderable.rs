//! A type without an order where one is needed.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-orderable",
    text: "Maps and JSON have no order.",
    wrong: Example::Query("select order_id from {orders} order by map(array[1], array[2])"),
    right: Example::Query("select order_id from {orders} order by order_id"),
};

/// `what` needs an order.
pub fn new(what: &str, ty: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{what} needs an order, and {ty} has none")).label(ty.to_string())
}
