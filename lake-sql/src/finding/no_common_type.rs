//! Values that must have one type, but have none in common.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "no-common-type",
    text: "The results of a CASE, the arguments of coalesce, the members of an array and the rows of VALUES have one \
           type. Numbers widen to each other, dates to timestamps; nothing becomes text by itself.",
    wrong: Example::Query("select coalesce(note, 0) as note from {orders}"),
    right: Example::Query("select coalesce(note, '') as note from {orders}"),
};

/// `what`: the values, as a plural noun.
pub fn new(what: &str, types: &(Type, Type), span: Span) -> Finding {
    let (left, right) = types;
    Finding::error(DOC.id, span, format!("{what} have no common type: {left} and {right}"))
        .label(format!("{left} and {right}"))
        .help("cast one of them")
}
