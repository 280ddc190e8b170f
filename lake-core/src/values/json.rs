//! JSON text → a tree that keeps the place of each value and the digits of each number.

use std::borrow::Cow;

/// Arrays and objects inside of each other at most, so that damaged input cannot exhaust the stack.
const DEPTH: usize = 128;

/// A value and where it begins.
#[derive(Debug, PartialEq)]
pub struct Node<'a> {
    /// Offset in bytes.
    pub at: usize,
    /// The value.
    pub value: Value<'a>,
}

/// A value of JSON.
#[derive(Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As it is written.
    Number(&'a str),
    /// A string, without its escapes.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object, in the order of its names.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// What is wrong, and at which byte.
#[derive(Debug, PartialEq)]
pub struct Damage {
    /// Offset in bytes.
    pub at: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// Reads one value; nothing but white space may follow.
pub fn parse(text: &str) -> Result<Node<'_>, Damage> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let node = parser.value()?;
    parser.white_space();
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.unexpected("the end of the document")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn damage(&self, at: usize, message: impl Into<String>) -> Damage {
        Damage { at, message: message.into() }
    }

    fn unexpected(&self, expected: &str) -> Damage {
        let found = match self.text[self.at..].chars().next() {
            None => "the end of the document".to_owned(),
            Some('"') => "a string".to_owned(),
            Some(c) => format!("{c:?}"),
        };
        self.damage(self.at, format!("expected {expected}, found {found}"))
    }

    fn value(&mut self) -> Result<Node<'a>, Damage> {
        self.white_space();
        let at = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { at, value })
    }

    fn nested(&mut self, inside: impl Fn(&mut Self) -> Result<Value<'a>, Damage>) -> Result<Value<'a>, Damage> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.damage(self.at, format!("more than {DEPTH} arrays and objects inside of each other")));
        }
        self.at += 1;
        let value = inside(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Damage> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.unexpected("a value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self) -> Result<Value<'a>, Damage> {
        let mut items = Vec::new();
        self.white_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            self.white_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("`,` or `]`")),
            }
        }
        self.at += 1;
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Result<Value<'a>, Damage> {
        let mut entries: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        self.white_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(entries));
        }
        loop {
            self.white_space();
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in quotes"));
            }
            let name = self.string()?;
            if !seen.insert(name.clone()) {
                return Err(self.damage(at, format!("the name {name:?} stands twice in one object")));
            }
            self.white_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("`:`"));
            }
            self.at += 1;
            entries.push((name, self.value()?));
            self.white_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("`,` or `}`")),
            }
        }
        self.at += 1;
        Ok(Value::Object(entries))
    }

    fn number(&mut self) -> Result<&'a str, Damage> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.at;
        self.digits()?;
        if self.at - first > 1 && self.text.as_bytes()[first] == b'0' {
            return Err(self.damage(start, "a number cannot begin with a zero"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), Damage> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Damage> {
        let open = self.at;
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        loop {
            let rest = &self.text[self.at..];
            let stop = rest.find(|c: char| c == '"' || c == '\\' || c < ' ');
            let Some(length) = stop else {
                return Err(self.damage(open, "the string has no closing quote"));
            };
            if let Some(owned) = &mut owned {
                owned.push_str(&rest[..length]);
            }
            self.at += length;
            match self.text.as_bytes()[self.at] {
                b'"' => {
                    let end = self.at;
                    self.at += 1;
                    return Ok(owned.map_or(Cow::Borrowed(&self.text[start..end]), Cow::Owned));
                }
                b'\\' => {
                    let so_far = owned.get_or_insert_with(|| self.text[start..self.at].to_owned());
                    let mut decoded = std::mem::take(so_far);
                    decoded.push(self.escape()?);
                    owned = Some(decoded);
                }
                _ => return Err(self.damage(self.at, "a control character must be escaped in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Damage> {
        let at = self.at;
        let letter = self.text.as_bytes().get(at + 1).copied();
        self.at += 2;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(at),
            _ => return Err(self.damage(at, "unknown escape in a string")),
        })
    }

    /// A `\uXXXX` whose digits come next, or a pair of them.
    fn code_point(&mut self, at: usize) -> Result<char, Damage> {
        let unpaired = |parser: &Self| parser.damage(at, "an escape is half of a surrogate pair");
        let first = self.hex4(at)?;
        let code = match first {
            0xD800..0xDC00 => {
                if !self.text[self.at..].starts_with("\\u") {
                    return Err(unpaired(self));
                }
                self.at += 2;
                let second = self.hex4(at)?;
                if !(0xDC00..0xE000).contains(&second) {
                    return Err(unpaired(self));
                }
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            other => other,
        };
        char::from_u32(code).ok_or_else(|| unpaired(self))
    }

    fn hex4(&mut self, at: usize) -> Result<u32, Damage> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        code.ok_or_else(|| self.damage(at, "`\\u` needs four hexadecimal digits"))
    }
}

impl Value<'_> {
    /// What it is, in words.
    pub fn describe(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(digits) => format!("the number {digits}"),
            Value::Text(text) if text.chars().count() <= 40 => format!("the string {text:?}"),
            Value::Text(text) => format!("the string {:?}…", text.chars().take(40).collect::<String>()),
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        }
    }

    /// Its JSON without white space.
    pub fn write(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(digits) => out.push_str(digits),
            Value::Text(text) => write_text(text, out),
            Value::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.value.write(out);
                }
                out.push(']');
            }
            Value::Object(entries) => {
                out.push('{');
                for (at, (name, item)) in entries.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    item.value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn compact(text: &str) -> String {
        let mut out = String::new();
        parse(text).unwrap().value.write(&mut out);
        out
    }

    fn damage(text: &str) -> (usize, String) {
        let damage = parse(text).unwrap_err();
        (damage.at, damage.message)
    }

    #[test]
    fn what_is_written_comes_back() {
        let text =
            " {\"a\" : [1, -0.50e+3, true, null], \"\\u00e4\\ud83d\\ude00\\n\" : \"x\\\"y\" , \"o\":{}, \"e\": []} ";
        assert_eq!(compact(text), "{\"a\":[1,-0.50e+3,true,null],\"ä😀\\n\":\"x\\\"y\",\"o\":{},\"e\":[]}");
        assert_eq!(compact("0.1000000000000000055511151231257827"), "0.1000000000000000055511151231257827");
    }

    #[test]
    fn damage_has_a_place() {
        for (text, at, message) in [
            ("", 0, "expected a value, found the end of the document"),
            ("{\"a\":1", 6, "expected `,` or `}`, found the end of the document"),
            ("{\"a\":1,}", 7, "expected a name in quotes, found '}'"),
            ("{a:1}", 1, "expected a name in quotes, found 'a'"),
            ("{\"a\" 1}", 5, "expected `:`, found '1'"),
            ("[1 2]", 3, "expected `,` or `]`, found '2'"),
            ("{} {}", 3, "expected the end of the document, found '{'"),
            ("\"abc", 0, "the string has no closing quote"),
            ("\"a\nb\"", 2, "a control character must be escaped in a string"),
            ("\"\\x\"", 1, "unknown escape in a string"),
            ("\"\\ud800\"", 1, "an escape is half of a surrogate pair"),
            ("\"\\u00zz\"", 1, "`\\u` needs four hexadecimal digits"),
            ("01", 0, "a number cannot begin with a zero"),
            ("1.", 2, "expected a digit, found the end of the document"),
            ("nul", 0, "expected a value, found 'n'"),
            ("{\"a\":1,\"a\":2}", 7, "the name \"a\" stands twice in one object"),
        ] {
            assert_eq!(damage(text), (at, message.to_owned()), "{text}");
        }
        assert_eq!(damage(&"[".repeat(200)).1, "more than 128 arrays and objects inside of each other");
        assert!(damage("\"\\ud800\\u").1.contains("hexadecimal"));
    }
}
