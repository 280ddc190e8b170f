//! A comment that allows a lint, and is wrong itself.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::nearest;
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "allow",
    text: "A lint that is meant is allowed in the text itself, with a reason for the next reader: \
           `-- lake: allow(integer-division) buckets of a thousand`. Errors cannot be allowed.",
    wrong: Example::Query("-- lake: allow(integer-division)\nselect order_id / 1000 as bucket from {orders}"),
    right: Example::Query(
        "-- lake: allow(integer-division) buckets of a thousand\nselect order_id / 1000 as bucket from {orders}",
    ),
};

/// No reason is given.
pub fn no_reason(id: &str, span: Span) -> Finding {
    Finding::lint(DOC.id, span, format!("`{id}` is allowed without a reason"))
        .label("why?")
        .help(format!("write the reason behind it: -- lake: allow({id}) because …"))
}

/// There is no such lint.
pub fn unknown(id: &str, lints: &[&str], span: Span) -> Finding {
    let found = Finding::lint(DOC.id, span, format!("there is no lint `{id}`")).label("unknown lint");
    match nearest(id, lints) {
        Some(near) => found.help(format!("write `{near}`")).suggest(span, near),
        None => found.note(format!("lints: {}", lints.join(", "))),
    }
}

/// The text gives no such lint.
pub fn unused(id: &str, span: Span) -> Finding {
    Finding::lint(DOC.id, span, format!("`{id}` is allowed, but nothing here gives it"))
        .label("allows nothing")
        .help("remove the comment")
}
