//! LIKE: `%` and `_`, with an escape only where one is given.

use arrow::array::ArrayRef;

use super::columns::{Reader, Text, rows};
use crate::error::{Fault, Result};
use crate::eval::Args;

/// `value LIKE pattern [ESCAPE escape]`
pub(crate) fn like(args: &Args<'_>) -> Result<ArrayRef> {
    let (value, pattern) = (Reader::<Text>::new(&args.values[0])?, Reader::<Text>::new(&args.values[1])?);
    let escape = args.values.get(2).map(Reader::<Text>::new).transpose()?;
    let mut compiled: Option<(String, Option<String>, Vec<Part>)> = None;
    rows(args, |row| {
        let escape = match &escape {
            Some(escape) => match escape.get(row) {
                Some(escape) => Some(escape),
                None => return Ok(None),
            },
            None => None,
        };
        let (Some(value), Some(pattern)) = (value.get(row), pattern.get(row)) else { return Ok(None) };
        let fresh = !matches!(&compiled, Some((p, e, _)) if p == pattern && e.as_deref() == escape);
        if fresh {
            compiled = Some((pattern.to_owned(), escape.map(str::to_owned), compile(pattern, escape)?));
        }
        let (_, _, parts) = compiled.as_ref().expect("compiled above");
        let characters: Vec<char> = value.chars().collect();
        Ok::<_, Fault>(Some(matches(&characters, parts)))
    })
}

/// Whether one text is like a pattern.
pub(crate) fn is_like(text: &str, pattern: &str, escape: Option<&str>) -> Result<bool> {
    Ok(matches(&text.chars().collect::<Vec<_>>(), &compile(pattern, escape)?))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Exactly(char),
}

fn compile(pattern: &str, escape: Option<&str>) -> Result<Vec<Part>> {
    let escape = match escape {
        None => None,
        Some(text) => {
            let mut characters = text.chars();
            match (characters.next(), characters.next()) {
                (Some(only), None) => Some(only),
                _ => return Err(Fault::data("Escape string must be a single character")),
            }
        }
    };
    let mut parts = vec![];
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        parts.push(match c {
            c if Some(c) == escape => match characters.next() {
                Some(next) if next == '%' || next == '_' || Some(next) == escape => Part::Exactly(next),
                _ => {
                    return Err(Fault::data(
                        "Escape character must be followed by '%', '_' or the escape character itself",
                    ));
                }
            },
            '%' => Part::Any,
            '_' => Part::One,
            c => Part::Exactly(c),
        });
    }
    Ok(parts)
}

/// Greedy match with one step back to the last `%`.
fn matches(text: &[char], parts: &[Part]) -> bool {
    let (mut at, mut part) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                back = Some((part, at));
                part += 1;
                continue;
            }
            Some(Part::One) => {}
            Some(Part::Exactly(c)) if *c == text[at] => {}
            _ => match back {
                Some((any, from)) => {
                    back = Some((any, from + 1));
                    (part, at) = (any + 1, from + 1);
                    continue;
                }
                None => return false,
            },
        }
        at += 1;
        part += 1;
    }
    parts[part..].iter().all(|part| *part == Part::Any)
}
