//! A lambda that is no argument.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "misplaced-lambda",
    text: "A lambda is not a value: it stands only as an argument of a function that takes one, such as transform.",
    wrong: Example::Query("select coalesce(x -> x + 1, null) as y from {orders}"),
    right: Example::Query("select transform(tags, x -> lower(x)) as y from {orders}"),
};

/// A lambda with that many parameters.
pub fn new(span: Span, parameters: usize) -> Finding {
    let what = if parameters == 1 { "one parameter".to_owned() } else { format!("{parameters} parameters") };
    Finding::error(DOC.id, span, format!("a lambda with {what} is not a value"))
        .label("only functions such as transform, filter or reduce take a lambda")
}
