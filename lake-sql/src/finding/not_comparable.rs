//! A type without an equality where one is needed.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-comparable",
    text: "The type has no equality, so its values cannot be grouped, joined or made distinct.",
    wrong: Example::Query("select distinct approx_set(order_id) as s from {orders}"),
    right: Example::Query("select approx_set(order_id) as s from {orders}"),
};

/// `what` needs an equality.
pub fn new(what: &str, ty: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{what} needs an equality, and {ty} has none")).label(ty.to_string())
}
