//! Text to tokens.

use super::Templates;
use super::token::{Keyword, Kind, Symbol, Token};
use crate::finding::{Finding, syntax};
use crate::span::Span;

/// Splits `text`; what cannot be a token is reported and becomes [`Kind::Bad`]. The last token is [`Kind::End`].
pub(super) fn tokens(text: &str, templates: Templates) -> (Vec<Token>, Vec<Finding>) {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, templates, findings: vec![] };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 1);
    loop {
        lexer.skip_blanks();
        let start = lexer.at;
        let kind = lexer.next();
        if kind == Kind::End {
            // Directly behind the last token, where people look.
            let end = tokens.last().map_or(0, |token: &Token| token.span.end);
            tokens.push(Token { kind, span: Span::new(end, end) });
            return (tokens, lexer.findings);
        }
        tokens.push(Token { kind, span: Span::new(start, lexer.at) });
    }
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    templates: Templates,
    findings: Vec<Finding>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'-' if self.peek(1) == b'-' => {
                    let rest = &self.bytes[self.at..];
                    self.at += rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
                }
                b'/' if self.peek(1) == b'*' => match self.text[self.at + 2..].find("*/") {
                    Some(length) => self.at += length + 4,
                    None => return,
                },
                _ => return,
            }
        }
    }

    fn next(&mut self) -> Kind {
        if self.at >= self.bytes.len() {
            return Kind::End;
        }
        match self.peek(0) {
            b'u' | b'U' if self.peek(1) == b'&' && self.peek(2) == b'\'' => self.quoted(2, Kind::Unicode),
            b'x' | b'X' if self.peek(1) == b'\'' => self.quoted(1, Kind::Binary),
            b'\'' => self.quoted(0, Kind::Text),
            b'"' => self.quoted(0, Kind::Quoted),
            b'`' => self.quoted(0, Kind::Backquoted),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            b'/' if self.peek(1) == b'*' => {
                self.findings.push(syntax::unterminated_comment(Span::new(self.at, self.at + 2)));
                self.at = self.bytes.len();
                Kind::Bad
            }
            b'{' if self.templates == Templates::Yes && matches!(self.peek(1), b'%' | b'#') => self.jinja(),
            b'{' | b'}' => self.brace(),
            _ => self.symbol(),
        }
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        self.at += run(&self.bytes[start..], is_word);
        if self.peek(0) >= 0x80 && self.rest().starts_with(char::is_alphanumeric) {
            return self.foreign_word(start);
        }
        Kind::Word(Keyword::of(&self.text[start..self.at]))
    }

    /// The longest of the readings that the grammar's number tokens allow; the earlier one wins.
    fn number(&mut self) -> Kind {
        let bytes = &self.bytes[self.at..];
        let digits = run(bytes, |b| b.is_ascii_digit());
        let whole = decimal_integer(bytes);
        let mut best = (prefixed_integer(bytes).unwrap_or(whole), Kind::Integer);
        let mut consider = |length: usize, kind: Kind| {
            if length > best.0 {
                best = (length, kind);
            }
        };
        if bytes.get(whole) == Some(&b'.') {
            consider(whole + 1 + decimal_integer(&bytes[whole + 1..]), Kind::Decimal);
        }
        let fraction = match bytes.get(digits) {
            Some(b'.') => 1 + run(&bytes[digits + 1..], |b| b.is_ascii_digit()),
            _ => 0,
        };
        if let Some(exponent) = exponent(&bytes[digits + fraction..]) {
            consider(digits + fraction + exponent, Kind::Double);
        }
        if digits > 0 {
            consider(run(bytes, is_word), Kind::DigitName);
        }
        self.at += best.0;
        best.1
    }

    fn quoted(&mut self, prefix: usize, kind: Kind) -> Kind {
        let start = self.at;
        let quote = self.peek(prefix);
        self.at += prefix + 1;
        let body = self.at;
        loop {
            match self.bytes.get(self.at) {
                None => return self.unterminated(start, quote),
                Some(b) if *b != quote => self.at += 1,
                Some(_) if kind != Kind::Binary && self.peek(1) == quote => self.at += 2,
                Some(_) => break,
            }
        }
        self.at += 1;
        if self.templates == Templates::Yes {
            self.check_braces(body);
        }
        kind
    }

    fn unterminated(&mut self, start: usize, quote: u8) -> Kind {
        let line = self.text[start..].lines().next().map_or(0, str::len);
        self.findings.push(syntax::unterminated(Span::new(start, start + line.max(1)), char::from(quote)));
        Kind::Bad
    }

    /// Inside quotes of a template a single brace would be a reference to the Rust compiler.
    fn check_braces(&mut self, body: usize) {
        let quoted = &self.bytes[body..self.at - 1];
        let mut at = 0;
        while let Some(brace) = quoted[at..].iter().position(|b| matches!(b, b'{' | b'}')) {
            let start = at + brace;
            if quoted.get(start + 1) == Some(&quoted[start]) {
                at = start + 2;
                continue;
            }
            let close = quoted[start..].iter().position(|b| *b == b'}').unwrap_or(0);
            at = start + close + 1;
            self.findings.push(syntax::brace_in_quotes(Span::new(body + start, body + at), self.text));
        }
    }

    fn brace(&mut self) -> Kind {
        let open = self.peek(0) == b'{';
        let doubled = self.peek(1) == self.peek(0);
        let symbol = match (self.templates, doubled, open) {
            (Templates::Yes, false, true) => Symbol::PlaceholderOpen,
            (Templates::Yes, false, false) => Symbol::PlaceholderClose,
            (_, _, true) => Symbol::LeftBrace,
            (_, _, false) => Symbol::RightBrace,
        };
        self.at += if self.templates == Templates::Yes && doubled { 2 } else { 1 };
        Kind::Symbol(symbol)
    }

    fn jinja(&mut self) -> Kind {
        let start = self.at;
        self.at = jinja_end(self.text, start).unwrap_or(start + 2);
        self.findings.push(syntax::jinja(Span::new(start, self.at), self.text));
        Kind::Bad
    }

    fn symbol(&mut self) -> Kind {
        let (length, symbol) = match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'<', b'=', b'>') => (3, Symbol::NullSafeEqual),
            (b'-', b'>', b'>') => (3, Symbol::LongArrow),
            (b'|', b'|', _) => (2, Symbol::Concat),
            (b'<', b'>', _) => (2, Symbol::NotEqual),
            (b'!', b'=', _) => (2, Symbol::NotEqual),
            (b'<', b'=', _) => (2, Symbol::LessOrEqual),
            (b'>', b'=', _) => (2, Symbol::GreaterOrEqual),
            (b'-', b'>', _) => (2, Symbol::Arrow),
            (b'=', b'>', _) => (2, Symbol::FatArrow),
            (b':', b':', _) => (2, Symbol::DoubleColon),
            (b'=', b'=', _) => (2, Symbol::DoubleEqual),
            (b'&', b'&', _) => (2, Symbol::DoubleAmpersand),
            (b'(', _, _) => (1, Symbol::LeftParen),
            (b')', _, _) => (1, Symbol::RightParen),
            (b',', _, _) => (1, Symbol::Comma),
            (b'.', _, _) => (1, Symbol::Dot),
            (b'=', _, _) => (1, Symbol::Equal),
            (b'*', _, _) => (1, Symbol::Star),
            (b'[', _, _) => (1, Symbol::LeftBracket),
            (b']', _, _) => (1, Symbol::RightBracket),
            (b';', _, _) => (1, Symbol::Semicolon),
            (b'?', _, _) => (1, Symbol::Question),
            (b':', _, _) => (1, Symbol::Colon),
            (b'+', _, _) => (1, Symbol::Plus),
            (b'-', _, _) => (1, Symbol::Minus),
            (b'/', _, _) => (1, Symbol::Slash),
            (b'%', _, _) => (1, Symbol::Percent),
            (b'<', _, _) => (1, Symbol::Less),
            (b'>', _, _) => (1, Symbol::Greater),
            (b'|', _, _) => (1, Symbol::Pipe),
            (b'^', _, _) => (1, Symbol::Caret),
            (b'$', _, _) => (1, Symbol::Dollar),
            (b'!', _, _) => (1, Symbol::Bang),
            (b'&', _, _) => (1, Symbol::Ampersand),
            (b'~', _, _) => (1, Symbol::Tilde),
            (b'@', _, _) => (1, Symbol::At),
            (b'#', _, _) => (1, Symbol::Hash),
            (b'\\', _, _) => (1, Symbol::Backslash),
            _ => return self.foreign(),
        };
        self.at += length;
        Kind::Symbol(symbol)
    }

    fn foreign(&mut self) -> Kind {
        let start = self.at;
        let first = self.rest().chars().next().expect("not at the end");
        if first.is_alphanumeric() {
            return self.foreign_word(start);
        }
        self.at += first.len_utf8();
        self.findings.push(syntax::foreign_character(Span::new(start, self.at), first));
        Kind::Bad
    }

    fn foreign_word(&mut self, start: usize) -> Kind {
        let word = &self.text[start..];
        let length = word.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(word.len());
        self.at = start + length;
        self.findings.push(syntax::foreign_letters(Span::new(start, self.at), &word[..length]));
        Kind::Bad
    }
}

/// Where the `{{ … }}`, `{% … %}` or `{# … #}` that starts at `start` ends, if that is near enough.
pub(super) fn jinja_end(text: &str, start: usize) -> Option<usize> {
    const FAR: usize = 4_000;
    let near = &text[start..text.floor_char_boundary(start + FAR)];
    let end = match near.as_bytes().get(..2)? {
        b"{{" => "}}",
        b"{%" => "%}",
        b"{#" => "#}",
        _ => return None,
    };
    near.find(end).map(|length| start + length + end.len())
}

fn run(bytes: &[u8], accept: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|b| !accept(*b)).unwrap_or(bytes.len())
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// Length of `1_000`: single underscores between digits.
fn decimal_integer(bytes: &[u8]) -> usize {
    grouped_digits(bytes, |b| b.is_ascii_digit(), false)
}

/// Length of `0xFF`, `0o17`, `0b11`.
fn prefixed_integer(bytes: &[u8]) -> Option<usize> {
    let accept: fn(u8) -> bool = match bytes.get(..2)? {
        b"0x" | b"0X" => |b| b.is_ascii_hexdigit(),
        b"0o" | b"0O" => |b| matches!(b, b'0'..=b'7'),
        b"0b" | b"0B" => |b| matches!(b, b'0' | b'1'),
        _ => return None,
    };
    let length = grouped_digits(&bytes[2..], accept, true);
    (length > 0).then_some(length + 2)
}

fn grouped_digits(bytes: &[u8], accept: impl Fn(u8) -> bool, leading_underscore: bool) -> usize {
    let mut length = 0;
    loop {
        let gap = usize::from(bytes.get(length) == Some(&b'_') && (length > 0 || leading_underscore));
        match bytes.get(length + gap) {
            Some(b) if accept(*b) => length += gap + 1,
            _ => return length,
        }
    }
}

/// Length of `e10`, `E-3`.
fn exponent(bytes: &[u8]) -> Option<usize> {
    if !matches!(bytes.first()?, b'e' | b'E') {
        return None;
    }
    let sign = usize::from(matches!(bytes.get(1), Some(b'+' | b'-')));
    let digits = run(&bytes[1 + sign..], |b| b.is_ascii_digit());
    (digits > 0).then_some(1 + sign + digits)
}
