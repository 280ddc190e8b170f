//! A join that multiplies rows on both sides.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "join-fan-out",
    text: "Neither side is unique in the columns that are compared, though both have keys: each row meets several of the \
           other side, and sums over the result count rows more than once.",
    wrong: Example::Query(
        "select o.order_id, p.amount from {orders} o join {orders} p on p.customer_id = o.customer_id",
    ),
    right: Example::Query(
        "select o.order_id, c.name from {orders} o join {customers} c on c.customer_id = o.customer_id",
    ),
};

/// The join; `left` and `right` are keys that the sides are known to have.
pub fn new((left, right): (&str, &str), span: Span) -> Finding {
    Finding::lint(DOC.id, span, "the join multiplies rows: neither side is unique in the columns that are compared")
        .label("many to many")
        .note(format!("the left side is unique in ({left}), the right one in ({right})"))
        .help("compare a whole key of one side, or group one side by the compared columns first")
}
