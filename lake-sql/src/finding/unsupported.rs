//! A form that is understood but not bound.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unsupported",
    text: "The syntax is known, but its meaning is not checked here, so the query is refused rather than passed on.",
    wrong: Example::Query("select order_id from {orders} natural join {customers}"),
    right: Example::Query("select order_id from {orders} join {customers} using (customer_id)"),
};

/// `what`: the form, as a noun.
pub fn new(what: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{what} is not supported")).label("not supported")
}
