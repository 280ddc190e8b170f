//! A window function before its rows exist.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "misplaced-window",
    text: "Window functions look at the rows that WHERE, GROUP BY and HAVING left over, so they stand only in the \
           select list and in ORDER BY. Filter on them in an outer query.",
    wrong: Example::Query("select order_id from {orders} where row_number() over (order by order_id) = 1"),
    right: Example::Query(
        "select order_id from (select order_id, row_number() over (order by order_id) as n from {orders}) t where n = 1",
    ),
};

/// `place`: where it stands.
pub fn new(name: &str, place: &str, span: Span) -> Finding {
    let found = Finding::error(DOC.id, span, format!("the window function `{name}` cannot stand in {place}"))
        .label("windows are computed later");
    if matches!(place, "WHERE" | "HAVING") {
        found
            .help("name it in a subquery and filter outside: select … from (select …, f() over (…) as n …) t where n …")
    } else {
        found
    }
}
