//! Texts for people and from people: amounts, sizes, durations, sounds, check digits.

use lake_sql::types::Type;

use super::columns::{Double, Int, Text, map1};
use crate::error::{Fault, Result};
use crate::eval::Kernel;
use crate::types::is_integer;

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types) {
        ("format_number", [ty]) if is_integer(ty) => |args| map1::<Int, _>(args, format_number),
        ("format_number", [Type::Double | Type::Real]) => {
            |args| map1::<Double, _>(args, |v: f64| format_number(v as i64))
        }
        ("human_readable_seconds", [_]) => |args| map1::<Double, _>(args, human_readable_seconds),
        ("parse_data_size" | "parse_presto_data_size", [_]) => |args| map1::<Text, _>(args, parse_data_size),
        ("parse_duration", [_]) => |args| map1::<Text, _>(args, parse_duration),
        ("soundex", [_]) => |args| map1::<Text, _>(args, soundex),
        ("luhn_check", [_]) => |args| map1::<Text, _>(args, luhn_check),
        _ => return None,
    })
}

/// Three digits and a letter: `1.23K`.
fn format_number(value: i64) -> String {
    const LETTERS: [&str; 6] = ["", "K", "M", "B", "T", "Q"];
    let (mut size, mut letter) = (value.unsigned_abs() as f64, 0);
    while size >= 1000.0 && letter + 1 < LETTERS.len() {
        size /= 1000.0;
        letter += 1;
    }
    // Every negative number is below ten, and gets two digits.
    let digits = match size {
        _ if letter == 0 => 0,
        _ if value < 0 || size < 10.0 => 2,
        _ if size < 100.0 => 1,
        _ => 0,
    };
    let shown = half_up(size, digits);
    let shown = if digits > 0 { shown.trim_end_matches('0').trim_end_matches('.') } else { &shown };
    format!("{}{shown}{}", if value < 0 { "-" } else { "" }, LETTERS[letter])
}

/// A positive number with so many digits behind the point; exact halves are rounded up.
fn half_up(value: f64, digits: usize) -> String {
    // A double of this size has no more digits than these.
    let exact = format!("{value:.60}");
    let point = exact.find('.').unwrap_or(exact.len());
    let is_half = exact[point + 1 + digits..].trim_end_matches('0') == "5";
    match is_half {
        true => format!("{:.digits$}", value + 0.1_f64.powi(digits as i32 + 2)),
        false => format!("{value:.digits$}"),
    }
}

fn human_readable_seconds(seconds: f64) -> Result<String> {
    const UNITS: [(&str, i64); 5] = [("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)];
    if !seconds.is_finite() {
        let shown =
            if seconds.is_nan() { "NaN".into() } else { format!("{}Infinity", if seconds < 0.0 { "-" } else { "" }) };
        return Err(Fault::data(format!("Invalid argument found: {shown}")));
    }
    let mut rest = (seconds.abs() + 0.5).floor() as i64;
    let mut parts = vec![];
    for (name, length) in UNITS {
        let count = rest / length;
        rest %= length;
        match count {
            0 => {}
            1 => parts.push(format!("1 {name}")),
            count => parts.push(format!("{count} {name}s")),
        }
    }
    Ok(if parts.is_empty() { "0 seconds".into() } else { parts.join(", ") })
}

/// A number and the unit behind it.
fn amount(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    let plain = !number.starts_with('.') && !number.ends_with('.');
    Some((number.parse().ok().filter(|_| plain)?, unit))
}

fn parse_data_size(text: &str) -> Result<i128> {
    const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    let found = amount(text).and_then(|(number, unit)| Some((number, UNITS.iter().position(|known| *known == unit)?)));
    let (number, power) = found.ok_or_else(|| Fault::data(format!("Invalid data size: '{text}'")))?;
    let bytes = number * 1024_f64.powi(power as i32);
    Ok(bytes as i128)
}

/// Milliseconds.
fn parse_duration(text: &str) -> Result<i64> {
    const UNITS: [(&str, f64); 7] =
        [("ns", 1e-6), ("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 60e3), ("h", 3600e3), ("d", 86_400e3)];
    let invalid = || Fault::data(format!("duration is not a valid data duration string: {text}"));
    let (number, unit) = amount(text.trim()).ok_or_else(invalid)?;
    let unit = unit.trim();
    let length = UNITS.iter().find(|(known, _)| *known == unit);
    let (_, length) = length.ok_or_else(|| Fault::data(format!("Unknown time unit: {unit}")))?;
    Ok((number * length).round() as i64)
}

/// The American Soundex of a text's letters.
fn soundex(text: &str) -> Result<String> {
    const CODES: &[u8; 26] = b"01230120022455012623010202";
    let code = |letter: u8| CODES[usize::from(letter - b'A')];
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).flat_map(char::to_uppercase);
    let known = |letter: char| {
        let letter = u8::try_from(letter).ok().filter(u8::is_ascii_uppercase).ok_or(letter);
        letter.map_err(|letter| Fault::data(format!("The character is not mapped: {letter}")))
    };
    let letters: Vec<u8> = letters.map(known).collect::<Result<_>>()?;
    let Some(first) = letters.first() else { return Ok(String::new()) };
    let mut out = char::from(*first).to_string();
    let mut last = code(*first);
    for letter in &letters[1..] {
        let code = code(*letter);
        // H and W stand between equal sounds without parting them; vowels part them.
        if matches!(letter, b'H' | b'W') {
            continue;
        }
        if code != b'0' && code != last && out.len() < 4 {
            out.push(char::from(code));
        }
        last = code;
    }
    Ok(format!("{out:0<4}"))
}

fn luhn_check(text: &str) -> Result<Option<bool>> {
    if text.is_empty() {
        return Ok(Some(false));
    }
    let digits: Option<Vec<u32>> = text.chars().rev().map(|letter| letter.to_digit(10)).collect();
    let digits = digits.ok_or_else(|| Fault::data("Input contains non-digit character"))?;
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 =
        digits.iter().enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    Ok(Some(sum.is_multiple_of(10)))
}
