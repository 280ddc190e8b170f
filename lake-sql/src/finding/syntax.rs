//! Texts that do not follow Trino's grammar, or nest more than can be followed.
//!
//! One mistake gives one finding: the parser goes on behind it. Each constructor knows one thing that people mean.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints of mistakes in the grammar.
pub const DOC: FindingDoc = FindingDoc {
    id: "syntax-error",
    text: "The text does not follow Trino's grammar. The message says what was expected and what was found; where \
           another database's spelling is recognised, the help says how Trino spells it.",
    wrong: Example::Query("select order_id from {orders} where order_id == 1"),
    right: Example::Query("select order_id from {orders} where order_id = 1"),
};

/// What `explain` prints of texts that nest too deeply.
pub const TOO_DEEP: FindingDoc = FindingDoc {
    id: "too-deep",
    text: "The query nests more than 60 levels, or chains more than 300 operators. Everything that reads a query \
           walks it recursively; the limit keeps that safe.",
    wrong: Example::Query(
        "select ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((\
         1\
         )))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))) as one",
    ),
    right: Example::Query("select 1 as one"),
};

/// Something else stands where `expected` should be; `found` describes it as in "`from`" or "the end of the query".
pub fn expected(span: Span, expected: &str, found: &str) -> Finding {
    Finding::error(DOC.id, span, format!("expected {expected}, found {found}")).label(format!("expected {expected}"))
}

/// Any mistake that is told in a message of its own.
pub fn mistake(span: Span, message: impl Into<String>) -> Finding {
    Finding::error(DOC.id, span, message)
}

/// Nested too deeply.
pub fn too_deep(span: Span) -> Finding {
    Finding::error(TOO_DEEP.id, span, "this query nests too deeply to be checked")
        .label("the limit is reached here")
        .help("name inner parts in `with`, or write `a in (…)` for a long chain of `or`")
}

/// A comment without end.
pub fn unterminated_comment(span: Span) -> Finding {
    mistake(span, "this comment is never closed").label("starts here").help("close it with `*/`")
}

/// A string or name without end.
pub fn unterminated(span: Span, quote: char) -> Finding {
    let what = if quote == '\'' { "string" } else { "quoted name" };
    let finding = mistake(span, format!("this {what} is never closed")).label("starts here");
    match quote {
        '\'' => finding.help("close it with `'`; an apostrophe inside a string is written twice: `'it''s'`"),
        _ => finding.help(format!("close it with `{quote}`")),
    }
}

/// `'{orders}'` in a template.
pub fn brace_in_quotes(span: Span, text: &str) -> Finding {
    let written = span.text(text);
    mistake(span, "a reference cannot stand inside quotes")
        .label("would be a reference")
        .help(format!("for the braces themselves write `{}`", written.replace('{', "{{").replace('}', "}}")))
}

/// `{% if %}`, `{# comment #}`, `{{ ref('orders') }}`.
pub fn jinja(span: Span, text: &str) -> Finding {
    let written = span.text(text);
    let finding = mistake(span, "this is Jinja, not SQL").label("no template language here");
    if written.starts_with("{#") {
        return finding.help("write a comment as `-- …`");
    }
    if written.starts_with("{%") {
        return finding.help("branch in SQL: `where {first_run} or …`; loop in Rust: `for_each!`");
    }
    let inner = written.trim_matches(|c: char| matches!(c, '{' | '}') || c.is_whitespace());
    let quoted: Vec<&str> = inner.split('\'').skip(1).step_by(2).collect();
    match (inner.split('(').next(), quoted.last()) {
        (Some("ref" | "source"), Some(name)) => {
            finding.help(format!("take it as a parameter, `{name}: Ref<{name}>`, and write `{{{name}}}`"))
        }
        (Some("this"), _) => finding.help("take `this: This` as a parameter and write `{this}`"),
        _ => finding.help("a reference has single braces: `{orders}`"),
    }
}

/// A character that no SQL has.
pub fn foreign_character(span: Span, character: char) -> Finding {
    let finding = |name: &str| mistake(span, format!("{name} `{character}` is not SQL")).label("not SQL");
    match character {
        '\u{2018}' | '\u{2019}' | '\u{b4}' => finding("the typographic quote").help("write strings as `'text'`"),
        '\u{201c}' | '\u{201d}' | '\u{201e}' => finding("the typographic quote").help("write names as `\"name\"`"),
        '\u{a0}' | '\u{feff}' | '\u{200b}' => {
            mistake(span, format!("invisible character U+{:04X}", u32::from(character)))
                .label("looks like a blank, but is none")
                .help("replace it by a blank")
                .suggest(span, " ")
        }
        '\u{2013}' | '\u{2014}' | '\u{2212}' => finding("the dash").help("minus is `-`, a comment starts with `--`"),
        '\u{2264}' => finding("the sign").help("write `<=`").suggest(span, "<="),
        '\u{2265}' => finding("the sign").help("write `>=`").suggest(span, ">="),
        '\u{2260}' => finding("the sign").help("write `<>`").suggest(span, "<>"),
        _ => finding("the character"),
    }
}

/// A name with letters beyond a to z.
pub fn foreign_letters(span: Span, word: &str) -> Finding {
    mistake(span, format!("the name `{word}` needs double quotes"))
        .label("letters beyond a to z")
        .help(format!("write `\"{word}\"`"))
        .suggest(span, format!("\"{word}\""))
}

/// A reserved word as a name.
pub fn reserved(span: Span, word: &str) -> Finding {
    mistake(span, format!("`{word}` is a reserved word, so it cannot be a name as it stands"))
        .label("expected a name")
        .help(format!("as a name it needs double quotes: `\"{word}\"`"))
}

/// `` `name` ``
pub fn backquoted(span: Span, name: &str) -> Finding {
    mistake(span, "names are quoted with double quotes, not with back-ticks")
        .label("back-ticks")
        .help(format!("write `\"{name}\"`"))
        .suggest(span, format!("\"{name}\""))
}

/// `1a`
pub fn digit_name(span: Span, name: &str) -> Finding {
    mistake(span, format!("the name `{name}` starts with a digit, so it needs double quotes"))
        .label("starts with a digit")
        .help(format!("write `\"{name}\"`"))
        .suggest(span, format!("\"{name}\""))
}

/// `a, )` or `a, from`
pub fn trailing_comma(comma: Span, found: &str) -> Finding {
    mistake(comma, format!("trailing comma: nothing follows it but {found}"))
        .label("remove this comma")
        .suggest(comma, "")
}

/// A parenthesis or bracket, opened at `open`, that is not closed where it should be.
pub fn unclosed(span: Span, open: Span, close: &str, found: &str) -> Finding {
    mistake(span, format!("expected `{close}`, found {found}"))
        .label(format!("expected `{close}`"))
        .context(open, "opened here")
}

/// An operator of another language or database.
pub fn foreign_operator(span: Span, written: &str, instead: &str) -> Finding {
    mistake(span, format!("Trino has no operator `{written}`")).label("unknown operator").help(instead)
}

/// `==`
pub fn double_equal(span: Span) -> Finding {
    foreign_operator(span, "==", "equality is a single `=`").suggest(span, "=")
}

/// `!a`
pub fn bang(span: Span) -> Finding {
    foreign_operator(span, "!", "write `not`; unequal is `<>` or `!=`").suggest(span, "not ")
}

/// `a::type`
pub fn double_colon(span: Span, operand: &str, ty: &str) -> Finding {
    let cast = format!("cast({operand} as {ty})");
    foreign_operator(span, "::", &format!("write `{cast}`"))
}

/// `ilike`, `rlike`, …
pub fn foreign_like(span: Span, word: &str) -> Finding {
    let help = match word {
        "ilike" => "write `lower(a) like lower(b)`",
        "similar" | "rlike" | "regexp" => "write `regexp_like(text, pattern)`",
        _ => "write `like`, with `%` and `_`",
    };
    foreign_operator(span, word, help)
}

/// `limit 1, 2`
pub fn limit_with_comma(span: Span, offset: &str, count: &str) -> Finding {
    mistake(span, "`limit` takes one number")
        .label("two numbers")
        .help(format!("to skip {offset} rows and take {count} write `offset {offset} limit {count}`"))
}

/// `distinct on (…)`
pub fn distinct_on(span: Span) -> Finding {
    mistake(span, "Trino has no `distinct on`")
        .label("not in Trino")
        .help("number the rows with `row_number() over (partition by … order by …)` and keep number 1, or use `max_by`")
}

/// `qualify`
pub fn qualify(span: Span) -> Finding {
    mistake(span, "Trino has no `qualify`")
        .label("not in Trino")
        .help("compute the window function in a subquery and filter it with `where` outside")
}

/// `select top 10`
pub fn top(span: Span, count: &str) -> Finding {
    mistake(span, "Trino has no `top`").label("not in Trino").help(format!("write `limit {count}` at the end"))
}

/// `;`
pub fn semicolon(span: Span, last: bool) -> Finding {
    let finding = if last {
        mistake(span, "a query has no semicolon at its end").label("remove it")
    } else {
        mistake(span, "one query only: a semicolon stands in its middle").label("the query ends here")
    };
    finding.suggest(span, "")
}

/// `interval 1 day`
pub fn interval_without_quotes(span: Span, number: &str, field: &str) -> Finding {
    mistake(span, "the number of an interval stands in quotes")
        .label("needs quotes")
        .help(format!("write `interval '{number}' {field}`"))
        .suggest(span, format!("'{number}'"))
}

/// `lag(x ignore nulls)`
pub fn nulls_inside(span: Span) -> Finding {
    mistake(span, "`ignore nulls` stands behind the parenthesis")
        .label("inside the parentheses")
        .help("write `lag(x) ignore nulls over (…)`")
}

/// `b not null`
pub fn not_null(span: Span) -> Finding {
    mistake(span, "`is` is missing").label("not a condition").help("write `is not null`").suggest(span, "is not null")
}

/// `= select …`
pub fn subquery_without_parens(span: Span, found: &str) -> Finding {
    expected(span, "`(`", found).help("a subquery stands in parentheses: `(select …)`")
}

/// `finding` follows from a word that is nearly a keyword.
pub fn misspelt(finding: Finding, span: Span, written: &str, meant: &str) -> Finding {
    finding.help(format!("is `{written}` meant to be `{meant}`?")).suggest(span, meant)
}
