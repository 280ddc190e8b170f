//! A frame that no window can have.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "frame",
    text: "A frame starts before it ends; RANGE with a distance needs one ORDER BY key of a type that has distances.",
    wrong: Example::Query(
        "select sum(amount) over (order by order_id rows between current row and 1 preceding) as s from {orders}",
    ),
    right: Example::Query(
        "select sum(amount) over (order by order_id rows between 1 preceding and current row) as s from {orders}",
    ),
};

/// A frame behind a function that looks at one row.
pub fn not_allowed(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` takes no frame")).label("it looks at one row by its distance")
}

/// The end comes before the start.
pub fn impossible(span: Span) -> Finding {
    Finding::error(DOC.id, span, "the frame ends before it starts").label("no row can be in it")
}

/// GROUPS without an order.
pub fn groups_need_order(span: Span) -> Finding {
    Finding::error(DOC.id, span, "a GROUPS frame needs an ORDER BY").label("no order")
}

/// A distance in rows or groups that is no integer.
pub fn offset_type(ty: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("a distance in rows is an integer, found {ty}")).label(ty.to_string())
}

/// A distance below zero.
pub fn negative(span: Span) -> Finding {
    Finding::error(DOC.id, span, "the distance of a frame is not negative")
        .label("negative")
        .help("the direction is said by PRECEDING or FOLLOWING")
}

/// RANGE with a distance, but not one key.
pub fn range_needs_one_key(keys: usize, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("a RANGE frame with a distance needs one ORDER BY key, found {keys}"))
        .label("distance")
        .help("write ROWS, or order by one key")
}

/// RANGE with a distance over a key whose type has none.
pub fn range_key(key: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("a RANGE frame with a distance is ordered by numbers or moments, found {key}"))
        .label(key.to_string())
        .help("write ROWS, or order by a number, a date or a timestamp")
}

/// RANGE over a key from which the distance cannot be subtracted.
pub fn range_type(key: &Type, offset: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("a RANGE frame over {key} cannot have a distance of {offset}"))
        .label(offset.to_string())
}
