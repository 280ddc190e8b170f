//! `x.column` where FROM has no `x`.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::{listed_names, nearest};
use crate::span::Span;
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "unknown-qualifier",
    text: "What stands before the point is neither a relation of FROM nor a column. A relation that has an alias is \
           known by the alias alone.",
    wrong: Example::Query("select orders.amount from {orders} o"),
    right: Example::Query("select o.amount from {orders} o"),
};

/// `sources`: the relations that are visible.
pub fn new(name: &Ident, span: Span, sources: &[String]) -> Finding {
    let found =
        Finding::error(DOC.id, span, format!("no relation or column `{}` here", name.value)).label("unknown relation");
    let found = if sources.is_empty() { found } else { found.note(format!("relations: {}", listed_names(sources))) };
    match (nearest(&name.value, sources), sources) {
        (Some(near), _) => {
            found.help(format!("a relation with a similar name exists: `{near}`")).suggest(name.span, near)
        }
        (None, [only]) => found.help(format!("did you mean `{only}`?")),
        _ => found,
    }
}

/// A relation to the left of a subquery in FROM.
pub fn sibling(name: &Ident, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("a subquery in FROM does not see `{}` beside it", name.value))
        .label("not visible here")
        .help("write LATERAL in front of the subquery, or join on the column outside of it")
}
