//! Regular expressions.

mod pattern;

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringBuilder, UInt32Array};
use lake_sql::types::Type;
use regex::{Captures, Regex};

use self::pattern::Pattern;
use super::columns::{Int, Reader, Text, map2, rows};
use super::nested::list_of_texts;
use crate::error::{Fault, Result};
use crate::eval::{Args, BoundLambda, HigherKernel, Kernel};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    if matches!(types.last(), Some(Type::Function(..))) {
        return None;
    }
    Some(match (name, types.len()) {
        ("regexp_like", 2) => |args| map2::<Text, Text, _>(args, |s, p| compiled(p, |pattern| Ok(pattern.is_match(s)))),
        ("regexp_count", 2) => {
            |args| map2::<Text, Text, _>(args, |s, p| with(p, s, |regex| Ok(matches(regex, s).len() as i64)))
        }
        ("regexp_position", 2) => |args| map2::<Text, Text, _>(args, |s, p| with(p, s, |regex| Ok(position(s, regex)))),
        ("regexp_extract", 2 | 3) => extract,
        ("regexp_extract_all", 2 | 3) => extract_all,
        ("regexp_replace", 2 | 3) => replace,
        ("regexp_split", 2) => split,
        _ => return None,
    })
}

/// The compiled pattern for the places of its matches in a text.
fn with<T>(pattern: &str, text: &str, f: impl FnOnce(&Regex) -> Result<T>) -> Result<T> {
    compiled(pattern, |pattern| {
        pattern.check(text)?;
        f(&pattern.regex)
    })
}

/// The compiled pattern; the last one is kept, since it is mostly a constant.
fn compiled<T>(pattern: &str, f: impl FnOnce(&Pattern) -> Result<T>) -> Result<T> {
    thread_local!(static LAST: RefCell<Option<(String, Pattern)>> = const { RefCell::new(None) });
    LAST.with(|last| {
        let mut last = last.borrow_mut();
        if !matches!(&*last, Some((known, _)) if known == pattern) {
            *last = Some((pattern.to_owned(), Pattern::new(pattern)?));
        }
        let (_, compiled) = last.as_ref().ok_or_else(|| Fault::internal("a pattern was just kept"))?;
        f(compiled)
    })
}

/// Every match, as Java finds them: one of nothing may follow right behind another.
fn matches<'t>(regex: &Regex, s: &'t str) -> Vec<Captures<'t>> {
    let (mut found, mut from) = (vec![], 0);
    while from <= s.len()
        && let Some(captures) = regex.captures_at(s, from)
    {
        let whole = captures.get_match();
        let next = s[whole.end()..].chars().next().map_or(1, char::len_utf8);
        from = if whole.is_empty() { whole.end() + next } else { whole.end() };
        found.push(captures);
    }
    found
}

fn position(s: &str, regex: &Regex) -> i64 {
    regex.find(s).map_or(-1, |found| s[..found.start()].chars().count() as i64 + 1)
}

/// The group that the third argument names; the whole match without one.
fn group(args: &Args<'_>) -> Result<impl Fn(usize) -> Option<i64>> {
    let group = args.values.get(2).map(Reader::<Int>::new).transpose()?;
    Ok(move |row| group.as_ref().map_or(Some(0), |group| group.get(row)))
}

fn checked(group: i64, regex: &Regex) -> Result<usize> {
    match usize::try_from(group) {
        Ok(number) if number < regex.captures_len() => Ok(number),
        Ok(_) => {
            Err(Fault::data(format!("Pattern has {} groups. Cannot access group {group}", regex.captures_len() - 1)))
        }
        Err(_) => Err(Fault::data("Group cannot be negative")),
    }
}

fn extract(args: &Args<'_>) -> Result<ArrayRef> {
    let (s, pattern, group) =
        (Reader::<Text>::new(&args.values[0])?, Reader::<Text>::new(&args.values[1])?, group(args)?);
    rows(args, |row| {
        let (Some(s), Some(pattern), Some(group)) = (s.get(row), pattern.get(row), group(row)) else { return Ok(None) };
        with(pattern, s, |regex| {
            let group = checked(group, regex)?;
            Ok(regex.captures(s).and_then(|found| found.get(group)).map(|found| found.as_str().to_owned()))
        })
    })
}

fn extract_all(args: &Args<'_>) -> Result<ArrayRef> {
    let (s, pattern, group) =
        (Reader::<Text>::new(&args.values[0])?, Reader::<Text>::new(&args.values[1])?, group(args)?);
    list_of_texts(args, |row| {
        let (Some(s), Some(pattern), Some(group)) = (s.get(row), pattern.get(row), group(row)) else { return Ok(None) };
        with(pattern, s, |regex| {
            let group = checked(group, regex)?;
            let found = matches(regex, s).into_iter();
            Ok(Some(found.map(|found| found.get(group).map_or("", |part| part.as_str()).to_owned()).collect()))
        })
    })
}

fn split(args: &Args<'_>) -> Result<ArrayRef> {
    let (s, pattern) = (Reader::<Text>::new(&args.values[0])?, Reader::<Text>::new(&args.values[1])?);
    list_of_texts(args, |row| {
        let (Some(s), Some(pattern)) = (s.get(row), pattern.get(row)) else { return Ok(None) };
        with(pattern, s, |regex| {
            let found = matches(regex, s).into_iter().map(|found| found.get_match().range());
            Ok(Some(around(s, found).into_iter().map(str::to_owned).collect()))
        })
    })
}

fn replace(args: &Args<'_>) -> Result<ArrayRef> {
    let (s, pattern) = (Reader::<Text>::new(&args.values[0])?, Reader::<Text>::new(&args.values[1])?);
    let replacement = args.values.get(2).map(Reader::<Text>::new).transpose()?;
    rows(args, |row| {
        let to = match &replacement {
            None => "",
            Some(replacement) => match replacement.get(row) {
                None => return Ok(None),
                Some(to) => to,
            },
        };
        let (Some(s), Some(pattern)) = (s.get(row), pattern.get(row)) else { return Ok(None) };
        with(pattern, s, |regex| {
            let parts = template(to, regex)?;
            let found = matches(regex, s);
            let between = around(s, found.iter().map(|found| found.get_match().range()));
            let replaced: Vec<String> = found.iter().map(|found| filled(&parts, found)).collect();
            Ok(Some(woven(&between, &replaced)))
        })
    })
}

/// The parts of a text around its matches.
fn around(s: &str, matches: impl Iterator<Item = Range<usize>>) -> Vec<&str> {
    let (mut parts, mut from) = (vec![], 0);
    for found in matches {
        parts.push(&s[from..found.start]);
        from = found.end;
    }
    parts.push(&s[from..]);
    parts
}

/// The parts around matches with what stands in their place.
fn woven(between: &[&str], replaced: &[impl AsRef<str>]) -> String {
    let mut text = String::new();
    for (at, part) in between.iter().enumerate() {
        text.push_str(part);
        text.push_str(replaced.get(at).map_or("", AsRef::as_ref));
    }
    text
}

/// The form of `regexp_replace` whose lambda is given the groups of each match.
pub(super) fn higher(name: &str, types: &[Type]) -> Option<HigherKernel> {
    (name == "regexp_replace" && matches!(types.last(), Some(Type::Function(..)))).then_some(replace_by as HigherKernel)
}

fn replace_by(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let (s, pattern) = (Reader::<Text>::new(&args.values[0])?, Reader::<Text>::new(&args.values[1])?);
    let (mut groups, mut owners) = (ListBuilder::new(StringBuilder::new()), vec![]);
    // The parts around the matches of each row.
    let mut texts: Vec<Option<Vec<&str>>> = vec![];
    for row in 0..args.rows {
        let (Some(s), Some(pattern)) = (s.get(row), pattern.get(row)) else {
            texts.push(None);
            continue;
        };
        with(pattern, s, |regex| {
            let found = matches(regex, s);
            for captures in &found {
                let parts = captures.iter().skip(1).map(|part| part.map(|part| part.as_str()));
                groups.append_value(parts);
                owners.push(row as u32);
            }
            texts.push(Some(around(s, found.iter().map(|found| found.get_match().range()))));
            Ok(())
        })?;
    }
    let replaced = lambdas[0].call(&[Arc::new(groups.finish())], &UInt32Array::from(owners))?;
    let (replaced, mut next) = (Reader::<Text>::new(&replaced)?, 0);
    rows(args, |row| {
        let between = texts[row].as_ref()?;
        let from = next;
        next += between.len() - 1;
        // One null makes null of the whole text.
        let replaced: Option<Vec<&str>> = (from..next).map(|at| replaced.get(at)).collect();
        replaced.map(|replaced| woven(between, &replaced))
    })
}

/// A piece of a replacement.
enum Piece {
    Text(String),
    Group(usize),
}

/// Java's replacements: `$1`, `${name}`, and a backslash before a plain character.
fn template(text: &str, regex: &Regex) -> Result<Vec<Piece>> {
    let mut pieces = vec![];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let plain = letters
                    .next()
                    .ok_or_else(|| Fault::data("Illegal replacement sequence: character to be escaped is missing"))?;
                pieces.push(Piece::Text(plain.to_string()));
            }
            '$' if letters.peek() == Some(&'{') => {
                letters.next();
                let name: String = letters.by_ref().take_while(|c| *c != '}').collect();
                let number = regex.capture_names().position(|known| known == Some(name.as_str()));
                pieces.push(Piece::Group(number.ok_or_else(|| {
                    Fault::data(format!("Illegal replacement sequence: unknown group {{ {name} }}"))
                })?));
            }
            '$' => {
                let digit = letters.next().and_then(|c| c.to_digit(10));
                let mut number =
                    digit.ok_or_else(|| Fault::data("Illegal replacement sequence: group name is missing"))? as usize;
                if number >= regex.captures_len() {
                    return Err(Fault::data(format!("Illegal replacement sequence: unknown group {number}")));
                }
                while let Some(next) = letters.peek().and_then(|c| c.to_digit(10)) {
                    if number * 10 + next as usize >= regex.captures_len() {
                        break;
                    }
                    number = number * 10 + next as usize;
                    letters.next();
                }
                pieces.push(Piece::Group(number));
            }
            plain => pieces.push(Piece::Text(plain.to_string())),
        }
    }
    Ok(pieces)
}

fn filled(pieces: &[Piece], found: &Captures<'_>) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Group(number) => found.get(*number).map_or("", |part| part.as_str()),
        })
        .collect()
}
