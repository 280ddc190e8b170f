//! A window function without OVER.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "missing-over",
    text: "The function looks at the rows around a row, so it needs a window.",
    wrong: Example::Query("select row_number() as n from {orders}"),
    right: Example::Query("select row_number() over (order by order_id) as n from {orders}"),
};

/// The function.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` needs a window"))
        .label("no OVER behind it")
        .help(format!("write {name}(…) over (partition by … order by …)"))
}
