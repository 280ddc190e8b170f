//! Text. Positions and lengths count code points, from 1.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use lake_sql::types::Type;

use super::array::span;
use super::columns::{Bytes, Int, Reader, Text, map1, map2, map3, rows};
use super::nested::list_of_texts;
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::types::is_text;

pub(super) fn find(name: &str, types: &[Type], ty: &Type) -> Option<Kernel> {
    let text = types.first().is_some_and(is_text);
    let bytes = types.first() == Some(&Type::Varbinary);
    let char = matches!(types.first(), Some(Type::Char(_)));
    Some(match (name, types.len()) {
        ("concat", 1) if text || bytes => |_| Err(Fault::data("There must be two or more concatenation arguments")),
        ("concat", _) if char => |args| padded(args, concat),
        ("reverse", 1) if char => |args| padded(args, |args| map1::<Text, _>(args, reversed)),
        ("substr" | "substring", 2) if char => {
            |args| padded(args, |args| map2::<Text, Int, _>(args, |s, from| substring(s, from, None)))
        }
        ("substr" | "substring", 3) if char => |args| {
            padded(args, |args| map3::<Text, Int, Int, _>(args, |s, from, length| substring(s, from, Some(length))))
        },
        ("concat", _) if is_text(ty) => concat,
        ("concat", _) if *ty == Type::Varbinary => concat_bytes,
        ("length", 1) if char => |args| padded(args, |args| map1::<Text, _>(args, |s| s.chars().count() as i64)),
        ("length", 1) if text => |args| map1::<Text, _>(args, |s| s.chars().count() as i64),
        ("length", 1) if bytes => |args| map1::<Bytes, _>(args, |b| b.len() as i64),
        ("lower", 1) if text => |args| map1::<Text, _>(args, |s| by_letter(s, char::to_lowercase)),
        ("upper", 1) if text => |args| map1::<Text, _>(args, |s| by_letter(s, char::to_uppercase)),
        ("reverse", 1) if text => |args| map1::<Text, _>(args, reversed),
        ("reverse", 1) if bytes => |args| map1::<Bytes, _>(args, |b| b.iter().rev().copied().collect::<Vec<u8>>()),
        ("trim" | "ltrim" | "rtrim", 1) if text => trim_blanks(name),
        ("trim" | "ltrim" | "rtrim", 2) if text => trim_characters(name),
        ("replace", 2) if text => |args| map2::<Text, Text, _>(args, |s, from| replace(s, from, "")),
        ("replace", 3) if text => |args| map3::<Text, Text, Text, _>(args, replace),
        ("substr" | "substring", 2) if text => |args| map2::<Text, Int, _>(args, |s, from| substring(s, from, None)),
        ("substr" | "substring", 3) if text => {
            |args| map3::<Text, Int, Int, _>(args, |s, from, length| substring(s, from, Some(length)))
        }
        ("strpos", 2) => |args| map2::<Text, Text, _>(args, |s, what| position(s, what, 1)),
        ("strpos", 3) => |args| map3::<Text, Text, Int, _>(args, nth_position),
        ("starts_with", 2) => |args| map2::<Text, Text, _>(args, |s, what| s.starts_with(what)),
        ("ends_with", 2) => |args| map2::<Text, Text, _>(args, |s, what| s.ends_with(what)),
        ("split_part", 3) => |args| map3::<Text, Text, Int, _>(args, split_part),
        ("split", 2 | 3) => split,
        ("lpad", 3) if char => {
            |args| padded(args, |args| map3::<Text, Int, Text, _>(args, |s, size, with| pad(s, size, with, true)))
        }
        ("lpad", 3) if text => |args| map3::<Text, Int, Text, _>(args, |s, size, with| pad(s, size, with, true)),
        ("rpad", 3) if text => |args| map3::<Text, Int, Text, _>(args, |s, size, with| pad(s, size, with, false)),
        ("concat_ws", _) if types.iter().all(is_text) => concat_ws,
        ("concat_ws", 2) => concat_ws_of_array,
        ("translate", 3) => |args| map3::<Text, Text, Text, _>(args, translate),
        ("chr", 1) => |args| map1::<Int, _>(args, chr),
        ("codepoint", 1) => |args| map1::<Text, _>(args, codepoint),
        ("levenshtein_distance", 2) => |args| map2::<Text, Text, _>(args, levenshtein),
        ("hamming_distance", 2) => |args| map2::<Text, Text, _>(args, hamming),
        ("title_case", 1) => |args| map1::<Text, _>(args, title_case),
        ("typeof", 1) => typeof_kernel,
        // There is one user, who is in none.
        ("current_groups", 0) => |args| list_of_texts(args, |_| Ok(Some(vec![]))),
        ("normalize", 2) => |args| map2::<Text, Text, _>(args, normalize),
        _ => return None,
    })
}

/// The binder has checked that the form is one of the four.
fn normalize(text: &str, form: &str) -> Result<String> {
    let normal = match form {
        "NFC" => ComposingNormalizerBorrowed::new_nfc().normalize(text),
        "NFKC" => ComposingNormalizerBorrowed::new_nfkc().normalize(text),
        "NFD" => DecomposingNormalizerBorrowed::new_nfd().normalize(text),
        "NFKD" => DecomposingNormalizerBorrowed::new_nfkd().normalize(text),
        other => {
            return Err(Fault::data(format!(
                "Normalization form must be one of [NFD, NFC, NFKD, NFKC], found {other}"
            )));
        }
    };
    Ok(normal.into_owned())
}

fn typeof_kernel(args: &Args<'_>) -> Result<ArrayRef> {
    let name = crate::types::named(&args.types[0]);
    rows(args, |_| name.clone())
}

/// Functions that see the blanks of char(n), which are not stored.
fn padded(args: &Args<'_>, kernel: Kernel) -> Result<ArrayRef> {
    let mut values = args.values.to_vec();
    for (value, ty) in values.iter_mut().zip(args.types) {
        if let Type::Char(length) = ty {
            let width = *length as usize;
            let text = value.as_string::<i32>().iter().map(|text| text.map(|text| format!("{text:<width$}")));
            *value = Arc::new(StringArray::from_iter(text));
        }
    }
    let result = kernel(&Args { values: &values, ..*args })?;
    if !matches!(args.ty, Type::Char(_)) {
        return Ok(result);
    }
    let trimmed = result.as_string::<i32>().iter().map(|text| text.map(|text| text.trim_end_matches(' ')));
    Ok(Arc::new(StringArray::from_iter(trimmed)))
}

fn reversed(s: &str) -> String {
    s.chars().rev().collect()
}

/// Case letter by letter, as Java changes code points: `ß` stays as it is, since its upper case is two letters.
fn by_letter<I: Iterator<Item = char>>(s: &str, change: impl Fn(char) -> I) -> String {
    s.chars()
        .map(|letter| {
            let mut changed = change(letter);
            match (changed.next(), changed.next()) {
                (Some(only), None) => only,
                _ => short_form(letter),
            }
        })
        .collect()
}

/// The other case of a letter that has one as a single letter and a longer one beside it.
fn short_form(letter: char) -> char {
    let capital = match letter {
        'İ' => return 'i',
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => u32::from(letter) + 8,
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => u32::from(letter) + 9,
        _ => return letter,
    };
    char::from_u32(capital).unwrap_or(letter)
}

fn concat(args: &Args<'_>) -> Result<ArrayRef> {
    let parts = args.values.iter().map(Reader::<Text>::new).collect::<Result<Vec<_>>>()?;
    rows(args, |row| parts.iter().map(|part| part.get(row)).collect::<Option<String>>())
}

fn concat_bytes(args: &Args<'_>) -> Result<ArrayRef> {
    let parts = args.values.iter().map(Reader::<Bytes>::new).collect::<Result<Vec<_>>>()?;
    rows(args, |row| Some(parts.iter().map(|part| part.get(row)).collect::<Option<Vec<_>>>()?.concat()))
}

/// Nulls among the values are left out.
fn concat_ws(args: &Args<'_>) -> Result<ArrayRef> {
    let parts = args.values.iter().map(Reader::<Text>::new).collect::<Result<Vec<_>>>()?;
    rows(args, |row| {
        let separator = parts[0].get(row)?;
        Some(parts[1..].iter().filter_map(|part| part.get(row)).collect::<Vec<_>>().join(separator))
    })
}

fn concat_ws_of_array(args: &Args<'_>) -> Result<ArrayRef> {
    let separator = Reader::<Text>::new(&args.values[0])?;
    let list = args.values[1].as_list::<i32>();
    let texts = list.values().as_string::<i32>();
    rows(args, |row| {
        let (separator, span) = (separator.get(row)?, span(list, row)?);
        let parts: Vec<&str> = span.filter(|at| texts.is_valid(*at)).map(|at| texts.value(at)).collect();
        Some(parts.join(separator))
    })
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

fn trim_blanks(name: &str) -> Kernel {
    match name {
        "trim" => |args| map1::<Text, _>(args, |s| s.trim_matches(is_blank).to_owned()),
        "ltrim" => |args| map1::<Text, _>(args, |s| s.trim_start_matches(is_blank).to_owned()),
        _ => |args| map1::<Text, _>(args, |s| s.trim_end_matches(is_blank).to_owned()),
    }
}

fn trim_characters(name: &str) -> Kernel {
    match name {
        "trim" => |args| map2::<Text, Text, _>(args, |s, set| s.trim_matches(|c| set.contains(c)).to_owned()),
        "ltrim" => |args| map2::<Text, Text, _>(args, |s, set| s.trim_start_matches(|c| set.contains(c)).to_owned()),
        _ => |args| map2::<Text, Text, _>(args, |s, set| s.trim_end_matches(|c| set.contains(c)).to_owned()),
    }
}

/// An empty pattern matches between all characters.
fn replace(s: &str, from: &str, to: &str) -> String {
    s.replace(from, to)
}

fn substring(s: &str, from: i64, length: Option<i64>) -> String {
    let count = s.chars().count() as i64;
    if from == 0 || from > count || from < -count || length.is_some_and(|length| length <= 0) {
        return String::new();
    }
    let start = if from > 0 { from - 1 } else { count + from };
    let length = length.unwrap_or(count).min(count - start);
    s.chars().skip(start as usize).take(length as usize).collect()
}

/// Position of the nth occurrence, 0 if there is none.
fn position(s: &str, what: &str, occurrence: usize) -> i64 {
    if what.is_empty() {
        return 1;
    }
    let found = s.char_indices().enumerate().filter(|(_, (at, _))| s[*at..].starts_with(what)).nth(occurrence - 1);
    found.map_or(0, |(position, _)| position as i64 + 1)
}

fn nth_position(s: &str, what: &str, occurrence: i64) -> Result<i64> {
    match occurrence {
        0 => Err(Fault::data("'instance' must not be a positive or negative number.")),
        n if n > 0 => Ok(position(s, what, n as usize)),
        n => {
            let (count, length) = (s.chars().count() as i64, what.chars().count() as i64);
            let reversed: String = s.chars().rev().collect();
            let wanted: String = what.chars().rev().collect();
            let found = position(&reversed, &wanted, n.unsigned_abs() as usize);
            Ok(if found == 0 { 0 } else { count - found - length + 2 })
        }
    }
}

fn split_part(s: &str, delimiter: &str, index: i64) -> Result<Option<String>> {
    if index <= 0 {
        return Err(Fault::data("Index must be greater than zero"));
    }
    if delimiter.is_empty() && index > i32::MAX.into() {
        return Err(Fault::data("integer overflow"));
    }
    let index = index as usize - 1;
    if delimiter.is_empty() {
        return Ok(s.chars().nth(index).map(String::from));
    }
    Ok(s.split(delimiter).nth(index).map(str::to_owned))
}

fn split(args: &Args<'_>) -> Result<ArrayRef> {
    let (s, delimiter) = (Reader::<Text>::new(&args.values[0])?, Reader::<Text>::new(&args.values[1])?);
    let limit = args.values.get(2).map(Reader::<Int>::new).transpose()?;
    list_of_texts(args, |row| {
        let limit = limit.as_ref().map_or(Some(i32::MAX.into()), |limit| limit.get(row));
        let (Some(s), Some(delimiter), Some(limit)) = (s.get(row), delimiter.get(row), limit) else {
            return Ok(None);
        };
        match limit {
            _ if limit <= 0 => Err(Fault::data("Limit must be positive")),
            _ if limit > i32::MAX.into() => Err(Fault::data("Limit is too large")),
            _ if delimiter.is_empty() => Err(Fault::data("The delimiter may not be the empty string")),
            _ => Ok(Some(s.splitn(limit as usize, delimiter).map(str::to_owned).collect())),
        }
    })
}

fn pad(s: &str, size: i64, with: &str, left: bool) -> Result<String> {
    if !(0..=i64::from(i32::MAX)).contains(&size) {
        return Err(Fault::data(format!("Target length must be in the range [0..{}]", i32::MAX)));
    }
    if with.is_empty() {
        return Err(Fault::data("Padding string must not be empty"));
    }
    let (size, length) = (size as usize, s.chars().count());
    if length >= size {
        return Ok(s.chars().take(size).collect());
    }
    let padding: String = with.chars().cycle().take(size - length).collect();
    Ok(if left { padding + s } else { s.to_owned() + &padding })
}

fn translate(s: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    s.chars()
        .filter_map(|c| match from.chars().position(|f| f == c) {
            Some(at) => to.get(at).copied(),
            None => Some(c),
        })
        .collect()
}

fn chr(code: i64) -> Result<String> {
    let letter = u32::try_from(code).ok().and_then(char::from_u32);
    letter.map(String::from).ok_or_else(|| Fault::data(format!("Not a valid Unicode code point: {code}")))
}

fn codepoint(s: &str) -> Result<i64> {
    let mut letters = s.chars();
    match (letters.next(), letters.next()) {
        (Some(only), None) => Ok(i64::from(u32::from(only))),
        _ => Err(Fault::data("Input string must be a single character string")),
    }
}

fn levenshtein(a: &str, b: &str) -> i64 {
    let b: Vec<char> = b.chars().collect();
    let mut costs: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = costs[0];
        costs[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let next = (diagonal + usize::from(left != *right)).min(costs[j] + 1).min(costs[j + 1] + 1);
            diagonal = costs[j + 1];
            costs[j + 1] = next;
        }
    }
    costs[b.len()] as i64
}

fn hamming(a: &str, b: &str) -> Result<i64> {
    if a.chars().count() != b.chars().count() {
        return Err(Fault::data("The input strings to hamming_distance function must have the same length"));
    }
    Ok(a.chars().zip(b.chars()).filter(|(a, b)| a != b).count() as i64)
}

fn title_case(s: &str) -> String {
    let mut start = true;
    s.chars()
        .map(|c| {
            let (mut upper, mut lower) = (c.to_uppercase(), c.to_lowercase());
            // A letter that would become several stays as it is.
            let letter = match if start { (upper.next(), upper.next()) } else { (lower.next(), lower.next()) } {
                (Some(only), None) => only,
                _ => c,
            };
            start = c.is_whitespace();
            letter
        })
        .collect()
}
