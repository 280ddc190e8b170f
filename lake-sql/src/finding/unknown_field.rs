//! A field that a row does not have.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::{listed_names, nearest};
use crate::syntax::tree::Ident;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-field",
    text: "The row has no field of this name, or several.",
    wrong: Example::Query("select address.town from {orders}"),
    right: Example::Query("select address.city from {orders}"),
};

/// A field `name` of a row of type `ty` with these fields.
pub fn new(name: &Ident, ty: &Type, fields: &[String]) -> Finding {
    let found =
        Finding::error(DOC.id, name.span, format!("no single field `{}` in {ty}", name.value)).label("unknown field");
    let found = if fields.is_empty() { found } else { found.note(format!("fields: {}", listed_names(fields))) };
    match nearest(&name.value, fields) {
        Some(near) => found.help(format!("a field with a similar name exists: `{near}`")).suggest(name.span, near),
        None => found,
    }
}
