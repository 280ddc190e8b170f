//! An operand of a type that its form does not take.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "operand-type",
    text: "The operator or clause takes operands of certain types, and nothing is converted to them silently.",
    wrong: Example::Query("select order_id from {orders} where amount like '1%'"),
    right: Example::Query("select order_id from {orders} where note like '1%'"),
};

/// `what` takes `expected`, but a value of type `found` was given.
pub fn new(what: &str, expected: &str, found: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{what} takes {expected}, found {found}")).label(found.to_string())
}

/// A constant outside of what fits.
pub fn range(what: &str, expected: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{what} takes {expected}")).label("out of range")
}
