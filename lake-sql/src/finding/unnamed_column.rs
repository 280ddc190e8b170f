//! An output column without a name, where it needs one.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unnamed-column",
    text: "The columns of a table, view or model have names. An expression is named with `as`.",
    wrong: Example::Model { columns: &[("orders", "bigint", false)], sql: "select count(*) from {orders}" },
    right: Example::Model { columns: &[("orders", "bigint", false)], sql: "select count(*) as orders from {orders}" },
};

/// The column at a position from 0; `meant`: a column that is declared and missing.
pub fn new(position: usize, meant: Option<&str>, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("output column {} has no name", position + 1))
        .label("unnamed")
        .help(format!("name it: … as {}", meant.unwrap_or("name")))
}
