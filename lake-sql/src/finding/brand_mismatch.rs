//! Columns of different newtypes, compared.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "brand-mismatch",
    text: "Both columns have the same SQL type, but their declarations give them different newtypes: a key of one \
           thing is compared with a key of another. If that is meant, write an expression: `a.x + 0 = b.y`.",
    wrong: Example::Query("select c.name from {orders} o join {customers} c on o.order_id = c.customer_id"),
    right: Example::Query("select c.name from {orders} o join {customers} c on o.customer_id = c.customer_id"),
};

/// The two newtypes.
pub fn new(left: &str, right: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("cannot compare {left} with {right}"))
        .label(format!("{left} on one side, {right} on the other"))
}

/// A column of one newtype where the row declares another.
pub fn assigned(found: &str, expected: &str, name: &str, row: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("column `{name}` is {found}, but `{row}.{name}` is declared {expected}"))
        .label(found.to_owned())
}
