//! A name that several relations have.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "ambiguous-column",
    text: "Several relations of FROM have a column of this name. Say which one is meant by writing its relation first.",
    wrong: Example::Query("select customer_id from {orders} o join {customers} c on o.customer_id = c.customer_id"),
    right: Example::Query("select o.customer_id from {orders} o join {customers} c on o.customer_id = c.customer_id"),
};

/// `candidates`: the relations that have the column, by the names that qualify it.
pub fn new(name: &Ident, span: Span, candidates: &[String]) -> Finding {
    let choices: Vec<String> = candidates.iter().map(|relation| format!("`{relation}.{}`", name.value)).collect();
    let found = Finding::error(DOC.id, span, format!("column `{}` is ambiguous", name.value));
    match &choices[..] {
        [] | [_] => found.label("several columns have this name").help("give the columns different names"),
        _ => found
            .label(format!("in {}", super::text::listed(candidates, "and")))
            .help(format!("write {}", choices.join(" or "))),
    }
}
