//! A field of something that has none.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::syntax::tree::Ident;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-a-row",
    text: "Only rows have fields. An element of an array or map is read with brackets, a part of JSON with \
           json_extract.",
    wrong: Example::Query("select amount.currency from {orders}"),
    right: Example::Query("select address.city from {orders}"),
};

/// A field `name` of a value of type `ty`.
pub fn new(name: &Ident, ty: &Type, span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, format!("no field `{}`: this is {ty}, not a row", name.value))
        .label(ty.to_string());
    match ty {
        Type::Json => found.help(format!("write json_extract_scalar(…, '$.{}')", name.value)),
        Type::Map(..) => found.help(format!("write …['{}']", name.value)),
        _ => found,
    }
}
