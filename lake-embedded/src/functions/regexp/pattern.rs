//! Patterns in Java's syntax, as Trino's engine reads them, for Rust's engine.
//!
//! Both know mostly the same syntax, but `\w`, `\d` and `\s` are ASCII's in Trino, and classes such as `[:alpha:]` are
//! Unicode's. What only one engine has, or each has in its own way, is refused by name.

use regex::Regex;

use crate::error::{Fault, Result};

/// A pattern that is understood.
pub(super) struct Pattern {
    pub regex: Regex,
    /// Whether it has a `$` for the end of the text, which Trino also finds in front of a last line break.
    has_end: bool,
}

impl Pattern {
    /// Fails as data fails only where Trino's engine would fail too: TRY must not make null of a match.
    pub fn new(pattern: &str) -> Result<Self> {
        let (plain, escaped) = parts(pattern);
        let unsupported = |part: &str| Fault::unsupported(format!("`{part}` in the regular expression {pattern}"));
        // Understood by both engines, each in its own way: repeats without a way back, and flags.
        if let Some(part) = ["*+", "++", "?+", "}+", "(?U", "(?R", "(?-"].iter().find(|part| plain.contains(**part)) {
            return Err(unsupported(part));
        }
        if let Some(letter) = escaped.iter().find(|letter| matches!(letter, '<' | '>' | '1'..='9' | 'k')) {
            return Err(unsupported(&format!("\\{letter}")));
        }
        if let Some(part) = ["(?=", "(?!", "(?<=", "(?<!", "(?>"].iter().find(|part| plain.contains(**part)) {
            return Err(unsupported(part));
        }
        let lines = plain
            .split("(?")
            .skip(1)
            .any(|rest| rest.chars().take_while(char::is_ascii_alphabetic).any(|flag| flag == 'm'));
        let translated = translated(pattern)?;
        let regex = Regex::new(&translated)
            .map_err(|error| Fault::data(format!("regular expression {pattern} is not understood: {error}")))?;
        Ok(Self { regex, has_end: plain.contains('$') && !lines })
    }

    /// Whether the text has a match, its end at either place.
    pub fn is_match(&self, text: &str) -> bool {
        let before_break = text.strip_suffix('\n').filter(|_| self.has_end);
        self.regex.is_match(text) || before_break.is_some_and(|text| self.regex.is_match(text))
    }

    /// Refuses a text whose end Trino finds at two places.
    pub fn check(&self, text: &str) -> Result<()> {
        match self.has_end && text.ends_with('\n') {
            true => Err(Fault::unsupported("`$` in a regular expression over a text that ends with a line break")
                .help("write `\\z` for the end of the text, or take the line break off with `rtrim`")),
            false => Ok(()),
        }
    }
}

/// A pattern without its escapes and classes of characters, and the letters that are escaped outside of classes.
fn parts(pattern: &str) -> (String, Vec<char>) {
    let (mut plain, mut escaped, mut depth) = (String::new(), vec![], 0_usize);
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let next = letters.next().filter(|_| depth == 0);
                escaped.extend(next);
                plain.extend(next.map(|_| ' '));
            }
            '[' => {
                depth += 1;
                plain.extend((depth == 1).then_some(' '));
            }
            ']' => depth = depth.saturating_sub(1),
            letter if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    (plain, escaped)
}

/// The pattern with its classes of characters spelt out.
fn translated(pattern: &str) -> Result<String> {
    let (mut out, mut depth, mut rest) = (String::with_capacity(pattern.len()), 0_usize, pattern);
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '\\' => {
                let Some(escaped) = rest.chars().next() else {
                    out.push('\\');
                    break;
                };
                rest = &rest[escaped.len_utf8()..];
                match ascii(escaped, depth > 0) {
                    Some(class) => out.push_str(&class),
                    None => out.extend(['\\', escaped]),
                }
            }
            '[' if depth > 0 && rest.starts_with(':') => {
                let name = rest[1..].split(":]").next().unwrap_or_default();
                out.push_str(
                    named(name).ok_or_else(|| {
                        Fault::unsupported(format!("`[:{name}:]` in the regular expression {pattern}"))
                    })?,
                );
                rest = &rest[(name.len() + 3).min(rest.len())..];
            }
            '[' => {
                depth += 1;
                out.push('[');
                // A bracket that comes first is one of the characters.
                let negated = rest.starts_with('^');
                if negated {
                    out.push('^');
                    rest = &rest[1..];
                }
                if rest.starts_with(']') {
                    out.push_str("\\]");
                    rest = &rest[1..];
                }
            }
            ']' => {
                depth = depth.saturating_sub(1);
                out.push(']');
            }
            other => out.push(other),
        }
    }
    Ok(out)
}

/// What `\w` and its kin are, inside of a class or on their own.
fn ascii(letter: char, inside: bool) -> Option<String> {
    let class = match letter.to_ascii_lowercase() {
        'w' => "0-9A-Za-z_",
        'd' => "0-9",
        's' => "\\t\\n\\x0B\\x0C\\r\\x20",
        _ => return None,
    };
    Some(match (letter.is_ascii_uppercase(), inside) {
        (true, _) => format!("[^{class}]"),
        (false, true) => class.to_owned(),
        (false, false) => format!("[{class}]"),
    })
}

/// A class that has a name, for the inside of a class.
fn named(name: &str) -> Option<&'static str> {
    Some(match name {
        "alpha" => "\\p{Alphabetic}",
        "digit" => "\\p{Nd}",
        "alnum" => "\\p{Alphabetic}\\p{Nd}",
        "upper" => "\\p{Uppercase}",
        "lower" => "\\p{Lowercase}",
        "space" => "\\p{White_Space}",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}
