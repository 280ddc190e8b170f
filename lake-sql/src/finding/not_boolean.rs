//! A condition that is not boolean.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-boolean",
    text: "A condition is boolean. Trino does not read numbers or text as truth values.",
    wrong: Example::Query("select order_id from {orders} where amount"),
    right: Example::Query("select order_id from {orders} where amount <> 0"),
};

/// `place`: what takes the condition.
pub fn new(place: &str, ty: &Type, span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, format!("{place} takes a boolean, found {ty}")).label(ty.to_string());
    if ty.is_numeric() { found.help("compare it: … <> 0") } else { found }
}
