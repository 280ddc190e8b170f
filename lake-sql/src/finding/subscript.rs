//! Brackets behind something that has no such element.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "subscript",
    text: "Brackets read an element of an array by its position from 1, a value of a map by its key, or a field of a \
           row by a constant position from 1.",
    wrong: Example::Query("select tags['first'] as tag from {orders}"),
    right: Example::Query("select tags[1] as tag from {orders}"),
};

/// A value that has no elements.
pub fn base(ty: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{ty} has no elements; brackets take an array, a map or a row"))
        .label(ty.to_string())
}

/// An index of the wrong type.
pub fn index(base: &Type, expected: &Type, found: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("an element of {base} is read by {expected}, found {found}"))
        .label(found.to_string())
}

/// A row's field by something else than one of its positions.
pub fn field(fields: usize, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("a field of this row is read by a constant from 1 to {fields}"))
        .label("no such position")
        .help("write the field's name behind a point, if it has one")
}
