//! Paths of `json_extract`: `$`, names, and positions.

use super::scan::{Broken, Scanner, Value};
use crate::error::{Fault, Result};

/// A path: a step is the name of an entry, or the position in an array if it is a number.
pub(super) struct Path(Vec<String>);

impl Path {
    pub fn parse(text: &str) -> Result<Self> {
        let steps = text.strip_prefix('$').and_then(steps);
        steps.map(Self).ok_or_else(|| Fault::data(format!("Invalid JSON path: '{text}'")))
    }

    /// The value at the path. None where there is none, and where the text is broken before its end.
    pub fn find<'a>(&self, text: &'a str) -> Option<Value<'a>> {
        let mut scanner = Scanner::new(text);
        self.0.iter().try_fold((), |(), step| enter(&mut scanner, step).ok()?.then_some(()))?;
        scanner.value().ok()
    }
}

/// Goes to the value of a step; false if there is none.
fn enter(scanner: &mut Scanner<'_>, step: &str) -> std::result::Result<bool, Broken> {
    let mut place = 0;
    if scanner.take(b'{') {
        while scanner.next(place == 0, b'}')? {
            if scanner.name()? == step {
                return Ok(true);
            }
            scanner.value()?;
            place += 1;
        }
        return Ok(false);
    }
    if !scanner.take(b'[') {
        return Ok(false);
    }
    let wanted = step.parse::<i32>().ok();
    while scanner.next(place == 0, b']')? {
        if wanted == Some(place) {
            return Ok(true);
        }
        scanner.value()?;
        place += 1;
    }
    Ok(false)
}

fn steps(mut rest: &str) -> Option<Vec<String>> {
    let plain = |c: char| c == '_' || c.is_alphanumeric();
    let mut steps = vec![];
    while !rest.is_empty() {
        let step;
        if let Some(name) = rest.strip_prefix('.') {
            (step, rest) = word(name, |c| c == ':' || plain(c))?;
        } else if let Some(quoted) = rest.strip_prefix("[\"") {
            let (name, behind) = quoted_name(quoted)?;
            (step, rest) = (name, behind.strip_prefix(']')?);
        } else {
            let (name, behind) = word(rest.strip_prefix('[')?, plain)?;
            (step, rest) = (name, behind.strip_prefix(']')?);
        }
        steps.push(step);
    }
    Some(steps)
}

/// Letters of a step and what follows them; there must be one.
fn word(text: &str, belongs: impl Fn(char) -> bool) -> Option<(String, &str)> {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

/// A name up to its closing quote, and what follows.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((name, &text[at + 1..])),
            '\\' => name.push(letters.next().map(|(_, escaped)| escaped).filter(|c| matches!(c, '"' | '\\'))?),
            plain => name.push(plain),
        }
    }
    None
}
