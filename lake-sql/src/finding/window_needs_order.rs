//! A window function that has no meaning without an order.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "window-needs-order",
    text: "lag and lead look at the row before or behind: the window needs an ORDER BY.",
    wrong: Example::Query("select lag(amount) over (partition by customer_id) as before from {orders}"),
    right: Example::Query(
        "select lag(amount) over (partition by customer_id order by ordered_at) as before from {orders}",
    ),
};

/// The function.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` needs a window with ORDER BY")).label("no order")
}
