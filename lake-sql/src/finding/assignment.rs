//! Values that do not fit the columns they are written to.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "assignment",
    text: "INSERT, UPDATE and MERGE convert numbers to numbers and dates to timestamps, but never text to anything else; \
           there is one value for each column.",
    wrong: Example::Statement("update orders set amount = 'none' where order_id = 1"),
    right: Example::Statement("update orders set amount = 0 where order_id = 1"),
};

/// A value of the wrong type.
pub fn mismatch(column: &str, expected: &Type, found: &Type, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("column `{column}` is {expected}, found {found}"))
        .label(found.to_string())
        .help(format!("convert it: cast(… as {expected})"))
}

/// More or fewer values than columns.
pub fn count(what: &str, (columns, values): (usize, usize), span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("{what} names {columns} columns, but gives {values} values"))
        .label(format!("{values} values"))
}

/// A column that is assigned twice.
pub fn twice(column: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("column `{column}` is assigned twice")).label("second time")
}
