//! A decimal literal, which Athena reads as a double.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "double-literal",
    text: "`1.5` is a decimal to Trino and a double to Athena. In a model it is sent as a decimal; in plain SQL, say which.",
    wrong: Example::Portable("select order_id from {orders} where amount > 1.5"),
    right: Example::Portable("select order_id from {orders} where amount > decimal '1.5'"),
};

/// The literal as written.
pub fn new(text: &str, span: Span) -> Finding {
    Finding::lint(DOC.id, span, format!("`{text}` is a decimal to Trino and a double to Athena"))
        .label("two meanings")
        .help(format!("write decimal '{text}', or {text}e0 for a double"))
        .suggest(span, format!("decimal '{text}'"))
}
