//! A column that does not exist.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::{listed_names, nearest};
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-column",
    text: "No relation of FROM has a column of this name. Text stands in single quotes: in SQL, double quotes are for \
           names.",
    wrong: Example::Query("select custmer_id from {orders}"),
    right: Example::Query("select customer_id from {orders}"),
};

/// `relation`: where it was looked for, if that is one place; `columns`: those that are visible.
pub fn new(name: &Ident, relation: Option<&str>, columns: &[String]) -> Finding {
    let message = match relation {
        Some(relation) => format!("no column `{}` in `{relation}`", name.value),
        None => format!("no column `{}` here", name.value),
    };
    let mut found = Finding::error(DOC.id, name.span, message).label("unknown column");
    if !columns.is_empty() {
        found = found.note(format!("columns: {}", listed_names(columns)));
    }
    match nearest(&name.value, columns) {
        Some(near) => found.help(format!("a column with a similar name exists: `{near}`")).suggest(name.span, near),
        None if name.quoted => {
            let text = format!("'{}'", name.value.replace('\'', "''"));
            found.help(format!("text stands in single quotes: {text}")).suggest(name.span, text)
        }
        None => found,
    }
}

/// A column that a USING joined, under the name of one side.
pub fn joined(name: &Ident, relation: &Ident) -> Finding {
    Finding::error(DOC.id, relation.span.to(name.span), format!("`{}` was joined by USING", name.value))
        .label(format!("the column belongs to neither side, also not to `{}`", relation.value))
        .help(format!("write `{}` alone", name.value))
        .suggest(relation.span.to(name.span), name.value.clone())
}
