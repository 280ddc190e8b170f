//! A comparison with null.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "null-comparison",
    text: "Nothing equals null, and nothing differs from it: the comparison is null for every row, and keeps none.",
    wrong: Example::Query("select order_id from {orders} where note <> null"),
    right: Example::Query("select order_id from {orders} where note is not null"),
};

/// The comparison.
pub fn new(span: Span) -> Finding {
    Finding::lint(DOC.id, span, "a comparison with null is never true")
        .label("always null")
        .help("write `… is null` or `… is not null`; `is distinct from` compares values that may be null")
}
