//! A row pattern that cannot be matched.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::nearest;
use crate::span::Span;
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "row-pattern",
    text: "The variables of a row pattern are those that PATTERN names, and SUBSET unites; DEFINE, MEASURES and SKIP TO \
           refer to no others. Columns are written alone or behind a variable, and one call is about the rows of one \
           variable.",
    wrong: Example::Query(
        "select m.low from {orders} match_recognize (order by ordered_at measures b.amount as low pattern (a b+) \
         define c as c.amount < prev(c.amount)) m",
    ),
    right: Example::Query(
        "select m.low from {orders} match_recognize (order by ordered_at measures b.amount as low pattern (a b+) \
         define b as b.amount < prev(b.amount)) m",
    ),
};

fn new(span: Span, message: impl Into<String>) -> Finding {
    Finding::error(DOC.id, span, message)
}

/// Two columns of the input share a name.
pub fn ambiguous(name: &str, span: Span) -> Finding {
    new(span, format!("two columns of the input are called `{name}`"))
        .label("in a pattern columns have no other names")
        .help("match over a subquery that renames one of them")
}

/// A key that is no column of the input.
pub fn not_a_column(span: Span) -> Finding {
    new(span, "PARTITION BY and ORDER BY of a row pattern take columns of its input")
        .label("not one of its columns")
        .help("compute it in a subquery, and match over that")
}

/// INITIAL or SEEK.
pub fn search(span: Span) -> Finding {
    new(span, "INITIAL and SEEK belong into windows").label("not in MATCH_RECOGNIZE").help("leave it out")
}

/// `{- … -}` with unmatched rows.
pub fn exclusion(span: Span) -> Finding {
    new(span, "`{- … -}` leaves rows out, WITH UNMATCHED ROWS keeps all").label("not together")
}

/// `^` or `$` in a window.
pub fn anchor(span: Span) -> Finding {
    new(span, "`^` and `$` have no meaning in a window").label("not in a window")
}

/// Neither keys nor measures are put out.
pub fn no_columns(span: Span) -> Finding {
    new(span, "the match has no columns").label("nothing is put out").help("add `measures`, or `all rows per match`")
}

/// A variable or subset has its name already.
pub fn declared_twice(name: &Ident) -> Finding {
    new(name.span, format!("`{}` is declared twice", name.value)).label("again")
}

/// A name that is no variable of the pattern.
pub fn unknown_variable(name: &Ident, known: &[String]) -> Finding {
    let finding = new(name.span, format!("`{}` is no variable of the pattern", name.value)).label("not in PATTERN");
    match nearest(&name.value.to_uppercase(), known) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    }
}

/// A qualifier that is no variable.
pub fn qualifier(name: &Ident, span: Span, known: &[String]) -> Finding {
    new(span, format!("`{}` is no variable of the pattern", name.value))
        .label("only a variable stands in front of a column here")
        .note(format!("the variables are {}", known.join(", ")))
        .help("leave out the name of the relation")
}

/// Bounds of `{n, m}` that cannot be.
pub fn quantifier(span: Span) -> Finding {
    new(span, "no number of rows fits these bounds").label("`{low, high}` with low ≤ high, high ≥ 1")
}

/// FINAL in DEFINE.
pub fn final_in_define(span: Span) -> Finding {
    new(span, "a condition of DEFINE sees the match so far").label("FINAL is for MEASURES")
}

/// RUNNING or FINAL without a pattern.
pub fn semantics_outside(span: Span) -> Finding {
    new(span, "RUNNING and FINAL belong into the measures of a row pattern").label("there is no pattern here")
}

/// RUNNING or FINAL before another function.
pub fn semantics(name: &str, span: Span) -> Finding {
    new(span, format!("`{name}` takes neither RUNNING nor FINAL")).label("for FIRST, LAST and aggregates")
}

/// MATCH_NUMBER in a window.
pub fn match_number(span: Span) -> Finding {
    new(span, "MATCH_NUMBER has no meaning in a window").label("not in a window")
}

/// MATCH_NUMBER with arguments.
pub fn no_arguments(span: Span) -> Finding {
    new(span, "MATCH_NUMBER takes no arguments").label("write `match_number()`")
}

/// CLASSIFIER of anything but a variable.
pub fn classifier(span: Span) -> Finding {
    new(span, "CLASSIFIER takes one variable of the pattern, or nothing").label("not a variable")
}

/// FIRST and the like without or with too many arguments.
pub fn navigation_arguments(name: &str, span: Span) -> Finding {
    new(span, format!("{} takes a value and perhaps a distance in rows", name.to_uppercase())).label("arguments")
}

/// A distance that is no constant.
pub fn distance(name: &str, span: Span) -> Finding {
    new(span, format!("the distance of {} is an integer of 0 or more, written out", name.to_uppercase()))
        .label("not a number")
}

/// A navigation or aggregate where none can stand.
pub fn nesting(name: &str, inner: Span) -> Finding {
    new(inner, format!("this call cannot stand inside of {}", name.to_uppercase()))
        .label("nested")
        .note("only FIRST and LAST can be nested, directly in PREV or NEXT")
}

/// A navigation that names no row.
pub fn no_row(name: &str, span: Span) -> Finding {
    new(span, format!("{} looks at another row, but its value is of none", name.to_uppercase()))
        .label("names no column")
}

/// A call over rows of several variables.
pub fn labels(name: &str, span: Span) -> Finding {
    new(span, format!("`{name}` is about the rows of several variables")).label("one variable a call")
}

/// OVER, FILTER, ORDER BY or DISTINCT.
pub fn extra(name: &str, what: &str, span: Span) -> Finding {
    new(span, format!("`{name}` takes no {what} in a row pattern")).label(format!("{what} is not possible here"))
}

/// `sum(A.*)`
pub fn star(name: &str, span: Span) -> Finding {
    new(span, format!("`{name}` takes a value")).label("only `count` takes `variable.*`")
}

/// A pattern without DEFINE in a window.
pub fn no_definitions(span: Span) -> Finding {
    new(span, "a row pattern needs DEFINE").label("without the condition of any variable")
}

/// A frame that a pattern cannot cut.
pub fn frame(span: Span) -> Finding {
    new(span, "a row pattern needs a frame of ROWS from the current row on")
        .label("not such a frame")
        .help("write `rows between current row and …`")
}

/// Measures and the like without PATTERN.
pub fn no_pattern(what: &str, span: Span) -> Finding {
    new(span, format!("{what} needs a PATTERN")).label("a frame without a pattern")
}

/// A measure that the window does not have.
pub fn unknown_measure(name: &Ident, known: &[String]) -> Finding {
    let finding = new(name.span, format!("the window has no measure `{}`", name.value)).label("not among its MEASURES");
    match nearest(&name.value, known) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    }
}
