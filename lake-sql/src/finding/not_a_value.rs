//! A relation's placeholder where a value is expected.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-a-value",
    text: "A relation stands in FROM. A value of it is read by a subquery.",
    wrong: Example::Query("select order_id from {orders} where customer_id in ({customers})"),
    right: Example::Query("select order_id from {orders} where customer_id in (select customer_id from {customers})"),
};

/// The placeholder's name.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{{{name}}}` is a relation, not a value"))
        .label("a value is expected here")
        .help(format!("read a column of it: (select … from {{{name}}})"))
}
