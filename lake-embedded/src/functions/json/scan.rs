//! JSON text → values, with the digits of numbers as they are written.
//!
//! The scanner goes from value to value, so that what stands behind a value that was asked for is never looked at.

use std::borrow::Cow;

/// Arrays and objects inside of each other at most, as in Trino's parser.
const DEPTH: usize = 1000;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    /// As it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    /// Entries in the order of the text; a name may occur twice.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// The text is not JSON.
#[derive(Debug, PartialEq)]
pub(super) struct Broken;

type Result<T> = std::result::Result<T, Broken>;

/// Reads one value; nothing but white space may follow.
pub(super) fn parse(text: &str) -> Result<Value<'_>> {
    let mut scanner = Scanner::new(text);
    let value = scanner.value()?;
    match scanner.peek() {
        None => Ok(value),
        Some(_) => Err(Broken),
    }
}

/// A place in a text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// The first byte of what comes next.
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Steps over a byte if it comes next.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.take(byte) { Ok(()) } else { Err(Broken) }
    }

    /// Steps to the next member of an array or object, of which `first` says whether there was none before; false at
    /// its end.
    pub fn next(&mut self, first: bool, end: u8) -> Result<bool> {
        if self.take(end) {
            return Ok(false);
        }
        if !first {
            self.expect(b',')?;
            // A comma is not followed by the end.
            if self.peek() == Some(end) {
                return Err(Broken);
            }
        }
        Ok(true)
    }

    /// The name of an entry of an object.
    pub fn name(&mut self) -> Result<Cow<'a, str>> {
        self.expect(b'"')?;
        let name = self.string()?;
        self.expect(b':')?;
        Ok(name)
    }

    pub fn value(&mut self) -> Result<Value<'a>> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => {
                self.at += 1;
                Ok(Value::Text(self.string()?))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(Broken),
        }
    }

    fn nested(&mut self, inside: fn(&mut Self) -> Result<Value<'a>>) -> Result<Value<'a>> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Broken);
        }
        self.at += 1;
        let value = inside(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Result<Value<'a>> {
        let mut items = vec![];
        while self.next(items.is_empty(), b']')? {
            items.push(self.value()?);
        }
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Result<Value<'a>> {
        let mut entries = vec![];
        while self.next(entries.is_empty(), b'}')? {
            entries.push((self.name()?, self.value()?));
        }
        Ok(Value::Object(entries))
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>> {
        let rest = self.text[self.at..].strip_prefix(word).ok_or(Broken)?;
        self.at += word.len();
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') { Err(Broken) } else { Ok(value) }
    }

    fn number(&mut self) -> Result<Value<'a>> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += usize::from(bytes[start] == b'-');
        let leading_zero = bytes.get(self.at) == Some(&b'0');
        let digits = self.digits()?;
        if leading_zero && digits > 1 {
            return Err(Broken);
        }
        if bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        match bytes.get(self.at) {
            None | Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}') => {
                Ok(Value::Number(&self.text[start..self.at]))
            }
            Some(_) => Err(Broken),
        }
    }

    fn digits(&mut self) -> Result<usize> {
        let count = self.text.as_bytes()[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(Broken) } else { Ok(count) }
    }

    /// The rest of a string behind its first quote.
    fn string(&mut self) -> Result<Cow<'a, str>> {
        let mut decoded = String::new();
        loop {
            let rest = &self.text[self.at..];
            let length = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').ok_or(Broken)?;
            let plain = &rest[..length];
            self.at += length + 1;
            match rest.as_bytes()[length] {
                b'"' if decoded.is_empty() => return Ok(Cow::Borrowed(plain)),
                b'"' => return Ok(Cow::Owned(decoded + plain)),
                b'\\' => {
                    decoded.push_str(plain);
                    decoded.push(self.escape()?);
                }
                _ => return Err(Broken),
            }
        }
    }

    /// The rest of an escape behind its backslash.
    fn escape(&mut self) -> Result<char> {
        let letter = self.text.as_bytes().get(self.at).copied().ok_or(Broken)?;
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(Broken),
        })
    }

    fn code_point(&mut self) -> Result<char> {
        let code = match self.hex4()? {
            high @ 0xD800..0xDC00 => {
                if !self.text[self.at..].starts_with("\\u") {
                    return Err(Broken);
                }
                self.at += 2;
                let low = self.hex4()?.checked_sub(0xDC00).filter(|low| *low < 0x400).ok_or(Broken)?;
                0x10000 + ((high - 0xD800) << 10) + low
            }
            code => code,
        };
        char::from_u32(code).ok_or(Broken)
    }

    fn hex4(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = u32::from_str_radix(digits.ok_or(Broken)?, 16).map_err(|_| Broken)?;
        self.at += 4;
        Ok(code)
    }
}
