//! An output column that is null and nothing else.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-type",
    text: "A bare null has no type, so no column can be made of it.",
    wrong: Example::Statement("create table t as select null as note from orders"),
    right: Example::Statement("create table t as select cast(null as varchar) as note from orders"),
};

/// The column.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("column `{name}` has no type: it is a bare null"))
        .label("null")
        .help("give it a type: cast(null as varchar)")
}
