//! A division of integers.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "integer-division",
    text: "The quotient of two integers is an integer: the fraction is dropped, 7 / 2 is 3.",
    wrong: Example::Query("select order_id / 1000 as bucket from {orders}"),
    right: Example::Query("select order_id / decimal '1000' as share from {orders}"),
};

/// The quotient of `left` and `right`, both as written.
pub fn new(left: &str, span: Span) -> Finding {
    Finding::lint(DOC.id, span, "integers are divided, and the fraction is dropped")
        .label("7 / 2 is 3")
        .help(format!("to keep the fraction, divide a decimal or a double: cast({left} as double) / …"))
}
