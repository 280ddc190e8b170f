//! NOT IN over something that may be null.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-in-null",
    text: "A single null among the values makes NOT IN null for every row that does not match, so no row at all is kept.",
    wrong: Example::Query("select order_id from {orders} where 'UK' not in (select country from {customers})"),
    right: Example::Query(
        "select order_id from {orders} where 'UK' not in (select country from {customers} where country is not null)",
    ),
};

/// NOT IN (query) whose column may be null.
pub fn query(span: Span) -> Finding {
    found(span).help("add `where … is not null` to the subquery, or write `not exists (…)`")
}

/// NOT IN (a, b, null).
pub fn list(span: Span) -> Finding {
    found(span).help("leave nulls out of the list, or wrap them: coalesce(…, …)")
}

fn found(span: Span) -> Finding {
    Finding::lint(DOC.id, span, "NOT IN over values that may be null keeps no row as soon as one is")
        .label("may hold a null")
}
