//! Whether a text is a JSON document, for literals such as `json '{"a": 1}'`.

/// Deepest nesting that is read; what nests deeper is left to the engine, which reads the text again.
const DEEPEST: usize = 128;

/// Whether the text is certainly no JSON document.
pub(super) fn is_broken(text: &str) -> bool {
    let mut reader = Reader { rest: text, too_deep: false };
    let read = reader.value(0) && reader.blank().is_empty();
    !read && !reader.too_deep
}

struct Reader<'t> {
    rest: &'t str,
    too_deep: bool,
}

impl<'t> Reader<'t> {
    /// What follows behind blanks.
    fn blank(&mut self) -> &'t str {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.rest
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.blank().strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn value(&mut self, depth: usize) -> bool {
        self.too_deep |= depth > DEEPEST;
        if self.too_deep {
            return false;
        }
        match self.blank().chars().next() {
            Some('{') => self.members("{", "}", |reader| reader.string() && reader.eat(":") && reader.value(depth + 1)),
            Some('[') => self.members("[", "]", |reader| reader.value(depth + 1)),
            Some('"') => self.string(),
            Some('-' | '0'..='9') => self.number(),
            _ => ["true", "false", "null"].iter().any(|word| self.eat(word)),
        }
    }

    fn members(&mut self, open: &str, close: &str, member: impl Fn(&mut Self) -> bool) -> bool {
        self.eat(open);
        if self.eat(close) {
            return true;
        }
        while member(self) {
            if self.eat(close) {
                return true;
            }
            if !self.eat(",") {
                return false;
            }
        }
        false
    }

    fn string(&mut self) -> bool {
        if !self.eat("\"") {
            return false;
        }
        let mut chars = self.rest.char_indices();
        while let Some((index, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[index + 1..];
                    return true;
                }
                '\\' => match chars.next() {
                    Some((_, 'u')) if (0..4).all(|_| chars.next().is_some_and(|(_, c)| c.is_ascii_hexdigit())) => {}
                    Some((_, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {}
                    _ => return false,
                },
                c if c < ' ' => return false,
                _ => {}
            }
        }
        false
    }

    fn number(&mut self) -> bool {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        let digits = number.trim_start_matches('-');
        let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
        digits.starts_with(|c: char| c.is_ascii_digit()) && !leading_zero && number.parse::<f64>().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::is_broken;

    #[test]
    fn documents_pass_and_others_do_not() {
        for text in ["{}", " [1, -2.5e3, \"a\\u00e9\\n\", null, true] ", "{\"a\": {\"b\": []}}", "3", "\"x\""] {
            assert!(!is_broken(text), "{text}");
        }
        for text in ["", "{bad", "{\"a\" 1}", "[1,]", "01", "\"open", "nul", "{} {}", "-", "\"\\x\""] {
            assert!(is_broken(text), "{text}");
        }
        assert!(!is_broken(&"[".repeat(5_000)));
    }
}
