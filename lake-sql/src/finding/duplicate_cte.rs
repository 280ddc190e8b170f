//! Two queries of one name in WITH.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "duplicate-cte",
    text: "The queries of one WITH have different names.",
    wrong: Example::Query("with a as (select 1 as x), a as (select 2 as x) select x from a"),
    right: Example::Query("with a as (select 1 as x), b as (select x + 1 as x from a) select x from b"),
};

/// The second one.
pub fn new(name: &Ident) -> Finding {
    Finding::error(DOC.id, name.span, format!("WITH names `{}` twice", name.value)).label("second time")
}
