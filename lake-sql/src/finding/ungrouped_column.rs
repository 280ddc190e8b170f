//! A column that is neither grouped nor aggregated.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "ungrouped-column",
    text: "A group has many rows, so a column that is not a key of the group has no single value: group by it, or \
           aggregate it.",
    wrong: Example::Query("select customer_id, note, count(*) as n from {orders} group by customer_id"),
    right: Example::Query("select customer_id, max(note) as note, count(*) as n from {orders} group by customer_id"),
};

/// `text`: the column as written; `keys`: what is grouped by.
pub fn new(text: &str, keys: &[String], span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, format!("`{text}` is neither grouped nor aggregated"))
        .label("has many values in a group");
    let found = if keys.is_empty() { found } else { found.note(format!("grouped by {}", keys.join(", "))) };
    found.help(format!("add `{text}` to GROUP BY, or aggregate it: max({text}), array_agg({text})"))
}

/// A subquery that uses such a column.
pub fn subquery(keys: &[String], span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, "this subquery uses a column that is neither grouped nor aggregated")
        .label("has many values in a group");
    if keys.is_empty() { found } else { found.note(format!("grouped by {}", keys.join(", "))) }
}
