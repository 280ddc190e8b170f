//! An assignment that may change values.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "lossy-assignment",
    text: "INSERT, UPDATE and MERGE fit values to their columns in silence: 2.7 becomes 3 in an integer column, 1.239 \
           becomes 1.24 with two digits, a timestamp loses its time in a date.",
    wrong: Example::Statement("update orders set amount = amount * decimal '1.075' where order_id = 1"),
    right: Example::Statement(
        "update orders set amount = cast(amount * decimal '1.075' as decimal(12,2)) where order_id = 1",
    ),
};

/// A value of `from` in a column of `to`; `loss` says what may happen.
pub fn new(column: &str, from: &Type, to: &Type, loss: &str, span: Span) -> Finding {
    Finding::lint(DOC.id, span, format!("{from} is written to `{column}` of type {to}: {loss}"))
        .label(from.to_string())
        .help(format!("say that it is meant: cast(… as {to})"))
}
