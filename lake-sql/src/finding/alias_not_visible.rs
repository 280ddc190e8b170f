//! An alias of the select list where it is not visible.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "alias-not-visible",
    text: "An alias of the select list exists only for ORDER BY. WHERE, GROUP BY, HAVING and other items of the list \
           come before it: repeat the expression there, or name it in a subquery.",
    wrong: Example::Query("select amount * 2 as doubled from {orders} where doubled > 10"),
    right: Example::Query("select amount * 2 as doubled from {orders} where amount * 2 > 10"),
};

/// `clause`: where it was used.
pub fn new(alias: &str, span: Span, clause: &str) -> Finding {
    Finding::error(DOC.id, span, format!("`{alias}` is an alias of the select list, which {clause} does not see"))
        .label("not visible here")
        .help("repeat its expression here, or name it in a subquery: select … from (select … as alias from …)")
}
