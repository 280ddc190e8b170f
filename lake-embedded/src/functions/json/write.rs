//! Values → JSON text, spelt as Trino spells it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::scan::Value;
use crate::functions::format;

/// How the entries of an object are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Entries {
    /// As they stand.
    AsTheyStand,
    /// By name; of equal names the last one.
    Sorted,
}

/// The text of a value.
pub(super) fn written(value: &Value<'_>, entries: Entries) -> String {
    let mut out = String::new();
    write(value, entries, &mut out);
    out
}

fn write(value: &Value<'_>, order: Entries, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(digits) => number(digits, out),
        Value::Text(value) => text(value, out),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                separate(place, out);
                write(item, order, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (place, (name, value)) in ordered(entries, order).into_iter().enumerate() {
                separate(place, out);
                text(name, out);
                out.push(':');
                write(value, order, out);
            }
            out.push('}');
        }
    }
}

/// The comma before all members but the first.
pub(super) fn separate(place: usize, out: &mut String) {
    if place > 0 {
        out.push(',');
    }
}

type Entry<'a> = (Cow<'a, str>, Value<'a>);

fn ordered<'e, 'a>(entries: &'e [Entry<'a>], order: Entries) -> Vec<&'e Entry<'a>> {
    if order == Entries::AsTheyStand {
        return entries.iter().collect();
    }
    let mut sorted: Vec<(Vec<u16>, &Entry<'a>)> = entries.iter().map(|entry| (java_order(&entry.0), entry)).collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut kept: Vec<(Vec<u16>, &Entry<'a>)> = vec![];
    for (key, entry) in sorted {
        match kept.last_mut() {
            Some(last) if last.0 == key => last.1 = entry,
            _ => kept.push((key, entry)),
        }
    }
    kept.into_iter().map(|(_, entry)| entry).collect()
}

/// Java compares texts by units of UTF-16.
pub(super) fn java_order(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Whole numbers keep their digits, others are doubles.
fn number(digits: &str, out: &mut String) {
    match digits {
        "-0" => out.push('0'),
        _ if is_whole(digits) => out.push_str(digits),
        _ => double(digits.parse().unwrap_or(f64::NAN), out),
    }
}

/// Whether a number is written without fraction and exponent.
pub(super) fn is_whole(digits: &str) -> bool {
    !digits.contains(['.', 'e', 'E'])
}

/// A double; what JSON has no number for is a string.
pub(super) fn double(value: f64, out: &mut String) {
    quoted_if(!value.is_finite(), &format::double(value), out);
}

/// A real.
pub(super) fn real(value: f32, out: &mut String) {
    quoted_if(!value.is_finite(), &format::real(value), out);
}

fn quoted_if(quoted: bool, text: &str, out: &mut String) {
    let quote = if quoted { "\"" } else { "" };
    out.push_str(quote);
    out.push_str(text);
    out.push_str(quote);
}

/// A decimal as Java's `BigDecimal` writes it: with an exponent where more than five zeros would follow the point.
pub(super) fn decimal(value: i128, scale: u8, out: &mut String) {
    let digits = value.unsigned_abs().to_string();
    let exponent = digits.len() as i32 - 1 - i32::from(scale);
    if exponent >= -6 {
        out.push_str(&format::decimal(value, scale));
        return;
    }
    out.push_str(if value < 0 { "-" } else { "" });
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    write!(out, "E{exponent}").expect("writing to a string cannot fail");
}

/// A string in quotes.
pub(super) fn text(value: &str, out: &mut String) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => write!(out, "\\u{:04X}", u32::from(c)).expect("writing to a string cannot fail"),
            c => out.push(c),
        }
    }
    out.push('"');
}
