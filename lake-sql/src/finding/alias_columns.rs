//! A column list that does not fit its relation.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "alias-columns",
    text: "A list of column names behind an alias names every column of the relation.",
    wrong: Example::Query("select a from (values (1, 2)) t (a)"),
    right: Example::Query("select a from (values (1, 2)) t (a, b)"),
};

/// `names` were given to a relation of `count` columns.
pub fn new(alias: &str, names: &[Ident], count: usize) -> Finding {
    let span = names.iter().map(|name| name.span).reduce(|one, next| one.to(next)).unwrap_or_default();
    Finding::error(DOC.id, span, format!("`{alias}` has {count} columns, but {} names are given", names.len()))
        .label(format!("{} names", names.len()))
}
