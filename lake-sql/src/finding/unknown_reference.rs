//! A placeholder that stands for nothing.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::nearest;
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-reference",
    text: "Braces name a parameter of the model: an upstream, `now`, `first_run`, `this`, or a helper.",
    wrong: Example::Query("select order_id from {ordrs}"),
    right: Example::Query("select order_id from {orders}"),
};

/// `known`: what braces may hold.
pub fn new(name: &str, span: Span, known: &[String]) -> Finding {
    let found = Finding::error(DOC.id, span, format!("`{{{name}}}` is not a parameter of this model"))
        .label("unknown reference");
    let found = if known.is_empty() {
        found
    } else {
        let braced: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
        found.note(format!("known here: {}", braced.join(", ")))
    };
    match nearest(name, known) {
        Some(near) => found.help(format!("did you mean {{{near}}}?")).suggest(span, format!("{{{near}}}")),
        None => found.help("add it to the model's parameters"),
    }
}
