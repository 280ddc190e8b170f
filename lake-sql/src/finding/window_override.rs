//! A window that repeats a part of the window it extends.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "window-override",
    text: "A window that extends a named one may add ORDER BY and a frame if the named one has none; it never changes \
           the partitions.",
    wrong: Example::Query(
        "select sum(amount) over (w partition by note) as s from {orders} window w as (partition by customer_id)",
    ),
    right: Example::Query(
        "select sum(amount) over (w order by order_id) as s from {orders} window w as (partition by customer_id)",
    ),
};

/// A name that another window of the clause has.
pub fn duplicate(name: &Ident) -> Finding {
    Finding::error(DOC.id, name.span, format!("two windows are called `{}`", name.value)).label("again")
}

/// `what`: the part.
pub fn new(what: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("a window that extends another one cannot have {what}"))
        .label(format!("{what} comes from the named window"))
}
