//! Regular expressions. Patterns are Java's; those that Rust's engine reads otherwise or not at all are refused.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringBuilder, UInt32Array};
use lake_sql::types::Type;
use regex::{Captures, Regex};

use super::columns::{Int, Reader, Text, map2, rows};
use super::nested::list_of_texts;
use crate::error::{Fault, Result};
use crate::eval::{Args, BoundLambda, HigherKernel, Kernel};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    if matches!(types.last(), Some(Type::Function(..))) {
        return None;
    }
    Some(match (name, types.len()) {
        ("regexp_like", 2) => |args| map2::<Text, Text, _>(args, |s, p| with(p, |regex| Ok(regex.is_match(s)))),
        ("regexp_count", 2) => {
            |args| map2::<Text, Text, _>(args, |s, p| with(p, |regex| Ok(matches(regex, s).len() as i64)))
        }
        ("regexp_position", 2) => |args| map2::<Text, Text, _>(args, |s, p| with(p, |regex| Ok(position(s, regex)))),
        ("regexp_extract", 2 | 3) => extract,
        ("regexp_extract_all", 2 | 3) => extract_all,
        ("regexp_replace", 2 | 3) => replace,
        ("regexp_split", 2) => split,
        _ => return None,
    })
}

/// The compiled pattern; the last one is kept, since it is mostly a constant.
fn with<T>(pattern: &str, f: impl FnOnce(&Regex) -> Result<T>) -> Result<T> {
    thread_local!(static LAST: RefCell<Option<(String, Regex)>> = const { RefCell::new(None) });
    LAST.with(|last| {
        let mut last = last.borrow_mut();
        match &*last {
            Some((known, regex)) if known == pattern => f(regex),
            _ => {
                let regex = compiled(pattern)?;
                let result = f(&regex);
                *last = Some((pattern.to_owned(), regex));
                result
            }
        }
    })
}

/// Fails as data fails only where Java's engine would fail too: TRY must not make null of a match.
fn compiled(pattern: &str) -> Result<Regex> {
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
    Regex::new(pattern).map_err(|error| Fault::data(format!("regular expression {pattern} is not understood: {error}")))
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
        with(pattern, |regex| {
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
        with(pattern, |regex| {
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
        with(pattern, |regex| {
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
        with(pattern, |regex| {
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
        with(pattern, |regex| {
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
