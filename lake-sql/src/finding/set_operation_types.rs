//! UNION and its kin over columns without a common type.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::bound::OutputColumn;
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "set-operation-types",
    text: "UNION, INTERSECT and EXCEPT put columns together by their position; each pair needs a common type.",
    wrong: Example::Query("select amount from {orders} union all select name from {customers}"),
    right: Example::Query("select cast(amount as varchar) as t from {orders} union all select name from {customers}"),
};

/// The columns at a position from 0; `span` is the word between the queries.
pub fn new(name: &str, position: usize, left: &OutputColumn, right: &OutputColumn, span: Span) -> Finding {
    let called = left.name.as_deref().map(|name| format!(" (`{name}`)")).unwrap_or_default();
    Finding::error(
        DOC.id,
        span,
        format!("column {}{called} of {name} is {} on the left and {} on the right", position + 1, left.ty, right.ty),
    )
    .label("no common type")
    .context(left.span, left.ty.to_string())
    .context(right.span, right.ty.to_string())
    .help("columns go together by position, not by name; cast one side if the order is right")
}
