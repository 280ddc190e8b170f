//! A string literal of the user: its text, and where each byte of that text stands in the source.

use lake_sql::finding::Finding;
use lake_sql::finding::report::Source;
use lake_sql::span::Span as TextSpan;
use proc_macro2::TokenStream;
use syn::{Error, LitStr};

use crate::place;

/// A literal with SQL.
pub(crate) struct SqlLiteral {
    literal: LitStr,
    pub(crate) text: String,
}

/// The text of a literal. Most have no escapes, and then it stands there as it is.
pub(crate) fn text(literal: &LitStr) -> String {
    let source = literal.token().to_string();
    let (opening, inside) = split(&source);
    if opening.starts_with('r') || !inside.contains('\\') { inside.to_owned() } else { literal.value() }
}

impl SqlLiteral {
    pub(crate) fn new(literal: LitStr) -> Self {
        let text = text(&literal);
        Self { literal, text }
    }

    /// The finding as an error at the literal's start, since a place inside it cannot be named; the rendered text shows
    /// the place itself.
    pub(crate) fn error(&self, finding: &Finding) -> TokenStream {
        let (file, line, column) = place::of(self.literal.span());
        let source = self.literal.token().to_string();
        let (opening, inside) = split(&source);
        let column = column as usize + opening.chars().count();
        let rendered = Source::new(inside, &file, line as usize, column).compile_error(&in_source(&source, finding));
        Error::new(place::start(self.literal.span()), rendered).to_compile_error()
    }
}

/// The literal's opening, such as `r#"`, and what stands between it and the closing.
fn split(source: &str) -> (&str, &str) {
    let (opening, rest) = source.split_at(source.find('"').map_or(0, |quote| quote + 1));
    let closing = rest.rfind('"').unwrap_or(rest.len());
    (opening, &rest[..closing])
}

/// The finding with its places in the source instead of the text.
fn in_source(source: &str, finding: &Finding) -> Finding {
    let raw = source.starts_with('r');
    let (_, inside) = split(source);
    let moved = |span: TextSpan| {
        if raw { span } else { TextSpan::new(unescaped(inside, span.start), unescaped(inside, span.end)) }
    };
    let mut finding = finding.clone();
    finding.span = moved(finding.span);
    finding.context.iter_mut().for_each(|(span, _)| *span = moved(*span));
    if let Some(suggestion) = &mut finding.suggestion {
        suggestion.span = moved(suggestion.span);
    }
    finding
}

/// The offset in a literal with escapes that gives the byte at an offset of its text.
fn unescaped(inside: &str, offset: usize) -> usize {
    let (mut at, mut reached) = (0, 0);
    while reached < offset && at < inside.len() {
        let rest = &inside[at..];
        let (source, text) = if rest.starts_with('\\') { escape(rest) } else { plain(rest) };
        at += source;
        reached += text;
    }
    at
}

/// Bytes in the source and in the text of the first character.
fn plain(rest: &str) -> (usize, usize) {
    let length = rest.chars().next().map_or(1, char::len_utf8);
    (length, length)
}

/// Bytes in the source and in the text of an escape.
fn escape(rest: &str) -> (usize, usize) {
    match rest[1..].chars().next() {
        Some('x') => (4, 1),
        Some('u') => {
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            let digits = rest.get(3..end - 1).unwrap_or_default();
            let letter = u32::from_str_radix(&digits.replace('_', ""), 16).ok().and_then(char::from_u32);
            (end, letter.map_or(1, char::len_utf8))
        }
        Some('\n') => (2 + rest[2..].len() - rest[2..].trim_start().len(), 0),
        _ => (2, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: &str, offset: usize) -> &str {
        let (_, inside) = split(source);
        &inside[unescaped(inside, offset)..]
    }

    #[test]
    fn offsets_of_the_text_are_found_in_the_source() {
        assert_eq!(at(r#""select a""#, 7), "a");
        assert_eq!(at(r#""a\tb\"c""#, 4), "c");
        assert_eq!(at(r#""\u{e9}x""#, 2), "x");
        assert_eq!(at("\"a \\\n   b\"", 2), "\\\n   b");
        assert_eq!(at("\"a \\\n   bc\"", 3), "c");
        assert_eq!(split("r##\"a\"b\"##"), ("r##\"", "a\"b"));
    }
}
