//! A type or value that depends on the engine's rules.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "engine-dependent-type",
    text: "Trino changed its arithmetic of decimals and its rules for char. Athena has the older ones, so the same text \
           gives another type, or other digits. In a model the cast is added when the query is sent.",
    wrong: Example::Portable("select amount / 3 as third from {orders}"),
    right: Example::Portable("select amount + 3 as more from {orders}"),
};

/// The expression at `span`, written as `text`, needs a cast to `ty` to mean the same everywhere.
pub fn new(ty: &Type, text: &str, span: Span) -> Finding {
    Finding::lint(DOC.id, span, "Athena's older rules give another type or other digits here")
        .label(format!("{ty} by the newest rules"))
        .help("with a cast it means the same everywhere")
        .suggest(span, format!("cast({text} as {ty})"))
}
