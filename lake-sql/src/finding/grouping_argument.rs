//! `grouping` of something that is no key.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "grouping-argument",
    text: "The arguments of grouping are columns of GROUP BY.",
    wrong: Example::Query("select grouping(note) as g from {orders} group by rollup (customer_id)"),
    right: Example::Query("select grouping(customer_id) as g from {orders} group by rollup (customer_id)"),
};

/// A set of anything but columns.
pub fn not_a_column(span: Span) -> Finding {
    Finding::error(DOC.id, span, "GROUPING SETS, CUBE and ROLLUP take columns of the input")
        .label("not a column")
        .help("compute it in a subquery, and group that by its column")
}

/// Where the call is.
pub fn new(span: Span) -> Finding {
    Finding::error(DOC.id, span, "an argument of grouping is not grouped by").label("takes columns of GROUP BY")
}
