//! JSON_TABLE whose names or plan do not fit together.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "json-table",
    text: "Columns and paths of JSON_TABLE have different names, and a PLAN names each of its paths once.",
    wrong: Example::Query(
        "select j.b from json_table('[1]', 'lax $[*]' columns (a integer path 'lax $', b varchar path 'lax $', a for ordinality)) j",
    ),
    right: Example::Query(
        "select j.b from json_table('[1]', 'lax $[*]' columns (a integer path 'lax $', b varchar path 'lax $', n for ordinality)) j",
    ),
};

/// A name of a column or a path that is taken.
pub fn duplicate(name: &Ident) -> Finding {
    Finding::error(DOC.id, name.span, format!("another column or path is called `{}`", name.value)).label("again")
}

/// A path without the name that a plan needs.
pub fn unnamed_path(span: Span) -> Finding {
    Finding::error(DOC.id, span, "a PLAN needs names for its paths")
        .label("this path has none")
        .help("write `'path' as name`")
}

/// A plan that is not made of the paths there are.
pub fn plan(message: String, span: Span) -> Finding {
    Finding::error(DOC.id, span, message).label("does not fit the columns")
}
