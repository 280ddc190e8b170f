//! A JSON path that is none.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "json-path",
    text: "A JSON path begins with `lax` or `strict`, and every variable in it is passed by PASSING. Names in paths keep \
           their case, and names in PASSING are upper case unless they are quoted.",
    wrong: Example::Query("select json_value(note, '$.name') as name from {orders}"),
    right: Example::Query("select json_value(note, 'lax $.name') as name from {orders}"),
};

/// The text breaks off at byte `at` of the path.
pub fn syntax(expected: &str, path: &str, at: usize, span: Span) -> Finding {
    let rest: String = path.get(at..).unwrap_or_default().chars().take(20).collect();
    let found = if rest.is_empty() { "the end of the path".to_owned() } else { format!("`{rest}`") };
    let finding = Finding::error(DOC.id, span, format!("this is no JSON path: expected {expected}, found {found}"))
        .label("not a JSON path");
    match path.trim_start().starts_with('$') {
        true => finding.help("write `lax $…`; `strict` raises an error where a member is missing"),
        false => finding,
    }
}

/// A variable that nobody passes.
pub fn variable(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("no value is passed for `${name}`"))
        .label("names a variable")
        .help(format!("write `passing value as \"{name}\"` behind the path"))
}
