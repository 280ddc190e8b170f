//! An aggregate where there are no groups.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "misplaced-aggregate",
    text: "WHERE, ON and GROUP BY decide which rows are in a group, before anything is aggregated. Conditions on \
           groups stand in HAVING.",
    wrong: Example::Query("select customer_id from {orders} where count(*) > 1 group by customer_id"),
    right: Example::Query("select customer_id from {orders} group by customer_id having count(*) > 1"),
};

/// `place`: where it stands.
pub fn new(name: &str, place: &str, span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, format!("the aggregate `{name}` cannot stand in {place}"))
        .label("rows are not grouped yet here");
    if place == "WHERE" { found.help("move the condition to HAVING") } else { found }
}

/// GROUP BY 2, where the second item is an aggregate.
pub fn ordinal(position: i64, span: Span, item: Span) -> Finding {
    Finding::error(DOC.id, span, format!("GROUP BY {position} is an item that holds an aggregate or a window function"))
        .label("rows are not grouped yet here")
        .context(item, "the item")
}
