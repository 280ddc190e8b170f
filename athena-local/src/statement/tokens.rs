//! Words, quoted names, strings and signs of a text: what both parsers have in common.

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A word or a number.
    Word,
    /// A name between these quotes.
    Quoted(char),
    /// A string.
    Text,
    Symbol(char),
}

impl Token {
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }

    /// What a name or a string means.
    pub fn value(&self, text: &str) -> String {
        let written = self.text(text);
        let quote = match self.kind {
            TokenKind::Quoted(quote) => quote,
            TokenKind::Text => '\'',
            TokenKind::Word | TokenKind::Symbol(_) => return written.to_lowercase(),
        };
        let inner = written.trim_start_matches(quote).trim_end_matches(quote);
        let doubled: String = [quote, quote].iter().collect();
        inner.replace(&doubled, &quote.to_string())
    }
}

/// The tokens, and whether there is a comment between `/*` and `*/`.
pub(super) fn tokens(text: &str) -> (Vec<Token>, bool) {
    let bytes = text.as_bytes();
    let (mut tokens, mut block, mut at) = (vec![], false, 0);
    while at < bytes.len() {
        let rest = &text[at..];
        let c = rest.chars().next().unwrap_or(' ');
        let (kind, length) = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if rest.starts_with("/*") {
            block = true;
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            continue;
        } else if matches!(c, '\'' | '"' | '`') {
            let kind = if c == '\'' { TokenKind::Text } else { TokenKind::Quoted(c) };
            (kind, quoted(rest, c))
        } else if c.is_alphanumeric() || matches!(c, '_' | '$' | '@') {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '@');
            (TokenKind::Word, rest.find(|c| !word(c)).unwrap_or(rest.len()))
        } else {
            (TokenKind::Symbol(c), c.len_utf8())
        };
        tokens.push(Token { kind, start: at, end: at + length });
        at += length;
    }
    (tokens, block)
}

/// Length of what stands in quotes; a doubled quote does not end it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => {
                    chars.next();
                }
                _ => return at + 1,
            }
        }
    }
    rest.len()
}

/// `line 2:6`, counted from 1.
pub(super) fn position(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}:{column}")
}

/// Whether a CREATE TABLE holds a query: AS outside of parentheses.
pub(super) fn is_create_as(text: &str, tokens: &[Token]) -> bool {
    let mut depth = 0;
    tokens.iter().any(|token| {
        match token.kind {
            TokenKind::Symbol('(') => depth += 1,
            TokenKind::Symbol(')') => depth -= 1,
            _ => {}
        }
        depth == 0 && token.kind == TokenKind::Word && token.text(text).eq_ignore_ascii_case("as")
    })
}
