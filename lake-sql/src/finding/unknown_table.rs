//! A table that does not exist.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::{listed_names, nearest};
use crate::syntax::tree::Name;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-table",
    text: "A model reads its upstreams through its parameters, in braces. A plain name is a query of WITH.",
    wrong: Example::Query("select order_id from orders"),
    right: Example::Query("select order_id from {orders}"),
};

/// `ctes`: queries of WITH; `references`: placeholders, or tables; `has_tables`: whether plain names mean tables at all.
pub fn new(name: &Name, parts: &[String], ctes: &[String], references: &[String], has_tables: bool) -> Finding {
    let written = parts.join(".");
    let found = Finding::error(DOC.id, name.span, format!("no table `{written}`")).label("unknown table");
    let found = if ctes.is_empty() { found } else { found.note(format!("queries of WITH: {}", listed_names(ctes))) };
    let last = parts.last().map_or("", String::as_str);
    if let Some(near) = nearest(&written, ctes) {
        return found.help(format!("a query of WITH with a similar name exists: `{near}`")).suggest(name.span, near);
    }
    let near = nearest(&written, references).or_else(|| nearest(last, references));
    if has_tables {
        return match near {
            Some(near) => found.help(format!("a table with a similar name exists: `{near}`")).suggest(name.span, near),
            None => found,
        };
    }
    let braces = near.map_or_else(|| format!("{{{last}}}"), |near| format!("{{{near}}}"));
    found.help(format!("write {braces}: a model reads its upstreams through its parameters")).suggest(name.span, braces)
}
