//! A table function that does not exist, or is called wrongly.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::nearest;
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "table-function",
    text: "The table functions are `sequence(start, stop, step)` and `exclude_columns(input, columns)`; Iceberg catalogs \
           have `table_changes` in their schema `system`. Arguments are given all by position or all by name.",
    wrong: Example::Query("select * from table(sequence(start => 1, until => 10))"),
    right: Example::Query("select sequential_number from table(sequence(start => 1, stop => 10))"),
};

/// No function of that name.
pub fn unknown(name: &str, known: &[&str], span: Span) -> Finding {
    let finding =
        Finding::error(DOC.id, span, format!("there is no table function `{name}`")).label("unknown function");
    match nearest(name, known) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    }
}

/// Arguments that do not fit.
pub fn argument(message: impl Into<String>, span: Span) -> Finding {
    Finding::error(DOC.id, span, message).label("this argument")
}

/// No argument of that name.
pub fn unknown_argument(name: &str, known: &[&str], span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("the function has no argument `{name}`"))
        .label("unknown argument")
        .note(format!("the arguments are {}", known.join(", ")))
}
