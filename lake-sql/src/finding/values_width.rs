//! Rows of VALUES with different numbers of columns.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "values-width",
    text: "All rows of VALUES have the same number of columns.",
    wrong: Example::Query("select 1 as one from (values (1, 2), (3)) t"),
    right: Example::Query("select 1 as one from (values (1, 2), (3, 4)) t"),
};

/// The first row has `expected` columns, this one `found`.
pub fn new(expected: usize, found: usize, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("this row has {found} columns, the first one has {expected}"))
        .label(format!("{found} columns"))
}
