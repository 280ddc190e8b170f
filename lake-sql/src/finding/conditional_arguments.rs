//! COALESCE, NULLIF, IF or TRY with too few or too many arguments.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "conditional-arguments",
    text: "coalesce takes two or more arguments, nullif two, if two or three, try one.",
    wrong: Example::Query("select coalesce(note) as note from {orders}"),
    right: Example::Query("select coalesce(note, '') as note from {orders}"),
};

/// A call with `count` arguments.
pub fn new(name: &str, count: usize, span: Span) -> Finding {
    let expected = match name {
        "coalesce" => "two or more arguments",
        "nullif" => "two arguments",
        "if" => "two or three arguments",
        _ => "one argument",
    };
    Finding::error(DOC.id, span, format!("`{name}` takes {expected}, found {count}")).label(format!("{count} given"))
}
