//! An aggregate of an aggregate.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "nested-aggregate",
    text: "The rows of a group are gone once they are aggregated. Aggregate the groups of a subquery, or use a window.",
    wrong: Example::Query("select max(count(*)) as most from {orders} group by customer_id"),
    right: Example::Query("select max(n) as most from (select count(*) as n from {orders} group by customer_id) t"),
};

/// The inner aggregate.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` inside of another aggregate"))
        .label("already aggregated")
        .help("aggregate in a subquery first: select max(n) from (select count(*) as n … group by …) t")
}
