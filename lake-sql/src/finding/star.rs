//! A star that stands for no columns.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::syntax::tree::Ident;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "star",
    text: "A star stands for the columns of FROM, of one relation (`o.*`), or for the fields of a row.",
    wrong: Example::Query("select amount.* from {orders}"),
    right: Example::Query("select o.* from {orders} o"),
};

/// A star without FROM.
pub fn without_from(span: Span) -> Finding {
    Finding::error(DOC.id, span, "a star needs a FROM").label("no columns here")
}

/// A star behind something that is neither a relation nor a row.
pub fn base(ty: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("a star stands behind a relation or a row, found {ty}")).label(ty.to_string())
}

/// A name before the star that is no relation.
pub fn relation(path: &[Ident]) -> Finding {
    let written: Vec<&str> = path.iter().map(|part| part.value.as_str()).collect();
    let span = path[0].span.to(path[path.len() - 1].span);
    let written = written.join(".");
    Finding::error(DOC.id, span, format!("`{written}` is no relation of this query"))
        .label("not a relation")
        .help(format!("a column of rows is spread with its relation in front: `relation.{written}.*`"))
}
