//! A full extract that leaves rows out.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "filtered-extract",
    text: "A history from full extracts takes a key that is missing for a deleted one. A filter makes keys miss: all rows \
           that it holds back are closed.",
    wrong: Example::FullExtract("select order_id, note from {orders} where amount > 10"),
    right: Example::FullExtract("select order_id, note from {orders}"),
};

/// The condition, or the limit.
pub fn new(what: &str, span: Span) -> Finding {
    Finding::lint(DOC.id, span, format!("{what} leaves rows out of a full extract, and their keys count as deleted"))
        .label("keys that are left out are closed")
        .help("keep every key and filter where the history is read; if the rest shall count as deleted, allow the lint")
}
