//! Text to tree: lexer, tree and a recursive-descent parser for Trino's grammar.
//!
//! Every node has its exact span. The tree keeps what the user wrote; nothing downstream prints SQL that it can quote.
//! A mistake becomes a finding and the parser goes on behind it, so one run reports them all.

mod lexer;
mod parser;
mod token;
pub mod tree;

use crate::finding::Finding;
use crate::span::Span;
use parser::Parser;
use token::{Kind, Symbol};

/// Whether a text is a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Templates {
    /// `{orders}`, `{now}`, `{helper(a, b)}` are placeholders and `{{` is a brace, as in Rust's format strings.
    Yes,
    /// Plain SQL.
    No,
}

/// What parsing gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<T> {
    /// The tree; with findings it may be missing, or hold nodes of kind `Error`.
    pub tree: Option<T>,
    /// The mistakes in order of their place, at most a hundred.
    pub findings: Vec<Finding>,
}

/// Parses a query.
pub fn parse_query(text: &str, templates: Templates) -> Parsed<tree::Query> {
    Parser::new(text, templates).run(Parser::query)
}

#[cfg(feature = "query")]
/// Parses a statement, which may end in a semicolon.
pub fn parse_statement(text: &str) -> Parsed<tree::Statement> {
    Parser::new(text, Templates::No).run(Parser::statement)
}

#[cfg(feature = "query")]
/// Parses statements with semicolons between them. The tree is always there; it lacks the statements that could not be
/// read at all.
pub fn parse_script(text: &str) -> Parsed<Vec<tree::Statement>> {
    Parser::new(text, Templates::No).script()
}

#[cfg(feature = "query")]
/// Parses statements that declare tables: these may have `primary key (a)` and `unique (b)`, which Trino does not know.
pub fn parse_declarations(text: &str) -> Parsed<Vec<tree::Statement>> {
    Parser::new(text, Templates::No).with_keys().script()
}

/// Parses a type, such as `array(decimal(10, 2))`.
pub fn parse_type(text: &str) -> Parsed<tree::TypeName> {
    Parser::new(text, Templates::No).run(Parser::type_name)
}

/// Parses an expression, such as the body of a helper.
pub fn parse_expression(text: &str, templates: Templates) -> Parsed<tree::Expr> {
    Parser::new(text, templates).run(Parser::try_expr)
}

/// Where the placeholders of a template are, in order; those in comments and inside other placeholders are left out.
pub fn placeholder_spans(text: &str) -> Vec<Span> {
    let (tokens, _) = lexer::tokens(text, Templates::Yes);
    let mut open = vec![];
    let mut spans = vec![];
    for token in tokens {
        match token.kind {
            Kind::Symbol(Symbol::PlaceholderOpen) => open.push(token.span),
            Kind::Symbol(Symbol::PlaceholderClose) => {
                let span = open.pop().map(|start: Span| start.to(token.span));
                spans.extend(span.filter(|_| open.is_empty()));
            }
            _ => {}
        }
    }
    spans
}

/// The text without layout and comments: its tokens with blanks between them, unquoted words in lower case.
pub fn without_layout(text: &str, templates: Templates) -> String {
    let (tokens, _) = lexer::tokens(text, templates);
    let mut spelt = String::with_capacity(text.len());
    for token in tokens.iter().filter(|token| token.kind != Kind::End) {
        if !spelt.is_empty() {
            spelt.push(' ');
        }
        let start = spelt.len();
        spelt.push_str(token.span.text(text));
        match token.kind {
            Kind::Word(_) if spelt[start..].is_ascii() => spelt[start..].make_ascii_lowercase(),
            Kind::Word(_) => {
                let lower = spelt[start..].to_lowercase();
                spelt.replace_range(start.., &lower);
            }
            _ => {}
        }
    }
    spelt
}

/// Where the comments are, in order.
pub fn comments(text: &str) -> Vec<Span> {
    let (tokens, _) = lexer::tokens(text, Templates::Yes);
    let mut comments = vec![];
    let mut end = 0;
    for token in tokens {
        comments.extend(comments_between(text, Span::new(end, token.span.start)));
        end = token.span.end;
    }
    comments
}

/// The comments of a gap between tokens, which holds nothing else but blanks.
fn comments_between(text: &str, gap: Span) -> Vec<Span> {
    let mut comments = vec![];
    let mut at = gap.start;
    while at < gap.end {
        let rest = &text[at..gap.end];
        let length = match rest.as_bytes() {
            [b'-', b'-', ..] => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            }
        };
        comments.push(Span::new(at, at + length));
        at += length;
    }
    comments
}

/// Where the tokens are, in order: what is neither blank nor comment. Unterminated text reaches to the end.
pub fn token_spans(text: &str) -> Vec<Span> {
    let (tokens, _) = lexer::tokens(text, Templates::No);
    tokens.iter().filter(|token| token.kind != Kind::End).map(|token| token.span).collect()
}

/// The statements of a script by its semicolons alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// Where the statements are, without their semicolons; empty ones are left out.
    pub statements: Vec<Span>,
    /// Whether nothing follows the last semicolon.
    pub ended: bool,
}

/// Splits a script where its semicolons are; those in text, quoted names and comments do not count.
pub fn pieces(text: &str) -> Pieces {
    let mut statements = vec![];
    let mut open: Option<Span> = None;
    for span in token_spans(text) {
        match span.text(text) {
            ";" => statements.extend(open.take()),
            _ => open = Some(open.map_or(span, |start| start.to(span))),
        }
    }
    let ended = open.is_none();
    statements.extend(open);
    Pieces { statements, ended }
}

/// Whether a word of any case can be a name only in double quotes.
pub fn is_reserved(word: &str) -> bool {
    token::Keyword::of(word).is_reserved()
}

/// The words of the grammar in lower case, sorted.
pub fn keywords() -> impl Iterator<Item = &'static str> {
    token::words()
}

/// Where the decimal literals such as `1.5` are, in order.
pub fn decimal_spans(text: &str) -> Vec<Span> {
    let (tokens, _) = lexer::tokens(text, Templates::Yes);
    tokens.iter().filter(|token| token.kind == Kind::Decimal).map(|token| token.span).collect()
}

/// The operator between two operands, such as `between`, `in` or `union`: the first word or sign of the gap, but for
/// parentheses that close and NOT.
pub fn operator_span(text: &str, gap: Span) -> Option<Span> {
    let part = gap.text(text);
    let (tokens, _) = lexer::tokens(part, Templates::Yes);
    let skipped = |token: &&token::Token| {
        let word = token.span.text(part);
        word != ")" && !word.eq_ignore_ascii_case("not")
    };
    let operator = tokens.iter().filter(|token| token.kind != Kind::End).find(skipped)?.span;
    Some(Span::new(gap.start + operator.start, gap.start + operator.end))
}

/// Whether `text` ends in a line comment without a line break, so that nothing can follow on its last line.
pub fn trailing_line_comment(text: &str, templates: Templates) -> bool {
    if !last_line(text).contains("--") {
        return false;
    }
    let (tokens, _) = lexer::tokens(text, templates);
    let code = tokens.iter().rev().find(|token| token.kind != Kind::End).map_or(0, |token| token.span.end);
    last_line(&text[code..]).contains("--")
}

fn last_line(text: &str) -> &str {
    text.rsplit(['\n', '\r']).next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, statements: &[&str], ended: bool) {
        let pieces = pieces(text);
        let found: Vec<&str> = pieces.statements.iter().map(|span| span.text(text)).collect();
        assert_eq!((found.as_slice(), pieces.ended), (statements, ended), "{text}");
    }

    #[test]
    fn semicolons_divide_a_script() {
        check("", &[], true);
        check(" -- nothing\n;; ", &[], true);
        check("select 1", &["select 1"], false);
        check("select 1; -- one\nselect 2 ;", &["select 1", "select 2"], true);
        check("select ';', \";\" -- ;\n /* ; */ from t; x", &["select ';', \";\" -- ;\n /* ; */ from t", "x"], false);
        check("select 'a;\nb;", &["select 'a;\nb;"], false);
        check("select 1 /* a;", &["select 1 /* a;"], false);
    }
}
