//! Values as text and text as values, spelt as Trino spells them.

use chrono::{Datelike, NaiveDate};

use super::calendar::{self, MICROS_IN_DAY, MICROS_IN_SECOND};
use crate::error::Result;

/// A double as a cast to varchar writes it: always with an exponent.
pub(crate) fn scientific_double(value: f64) -> String {
    with_exponent(value, &format!("{value:e}"))
}

/// A real as a cast to varchar writes it.
pub(crate) fn scientific_real(value: f32) -> String {
    with_exponent(f64::from(value), &format!("{value:e}"))
}

fn with_exponent(value: f64, scientific: &str) -> String {
    if !value.is_finite() {
        return java(value, scientific);
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0E0".into() } else { "0E0".into() };
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{exponent}")
}

/// A double as Java writes it: shortest digits, an exponent below 1e-3 and from 1e7.
pub(crate) fn double(value: f64) -> String {
    java(value, &format!("{value:e}"))
}

/// A real as Java writes it.
pub(crate) fn real(value: f32) -> String {
    java(f64::from(value), &format!("{value:e}"))
}

/// `scientific` is the shortest form as Rust writes it: `1.25e-7`.
fn java(value: f64, scientific: &str) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-Infinity".into() } else { "Infinity".into() };
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if value == 0.0 {
        return format!("{sign}0.0");
    }
    if !(-3..7).contains(&exponent) {
        let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
        return format!("{sign}{}.{rest}E{exponent}", &digits[..1]);
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let point = exponent as usize + 1;
    if digits.len() <= point {
        return format!("{sign}{digits}{}.0", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

/// A decimal from its digits and scale.
pub(crate) fn decimal(value: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// Digits and scale of a number in text; the scale is negative for `1e5`. Digits past what an i128 holds are refused.
pub(crate) fn parse_decimal(text: &str) -> Option<(i128, i32)> {
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, number) = match number.as_bytes().first()? {
        b'-' => (true, &number[1..]),
        b'+' => (false, &number[1..]),
        _ => (false, number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || !(whole.to_owned() + fraction).bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let value = if digits.is_empty() { 0 } else { digits.parse::<i128>().ok()? };
    Some((if negative { -value } else { value }, fraction.len() as i32 - exponent))
}

/// `2024-01-31`
pub(crate) fn date(days: i32) -> Result<String> {
    let date = calendar::date(days)?;
    let year = date.year();
    let sign = if year < 0 { "-" } else { "" };
    Ok(format!("{sign}{:04}-{:02}-{:02}", year.unsigned_abs(), date.month(), date.day()))
}

/// `12:34:56.789`
pub(crate) fn time(micros: i64, digits: u8) -> String {
    let seconds = micros / MICROS_IN_SECOND;
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if digits > 0 {
        let fraction = format!("{:06}", micros % MICROS_IN_SECOND);
        text.push('.');
        text.push_str(&fraction[..usize::from(digits.min(6))]);
    }
    text
}

/// `2024-01-31 12:34:56.789`
pub(crate) fn timestamp(micros: i64, digits: u8) -> Result<String> {
    let day = date(calendar::day_of(micros))?;
    Ok(format!("{day} {}", time(micros.rem_euclid(MICROS_IN_DAY), digits)))
}

/// `1 02:03:04.005`
pub(crate) fn day_interval(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let millis = millis.unsigned_abs();
    let (seconds, rest) = (millis / 1000, millis % 1000);
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    format!("{sign}{days} {:02}:{:02}:{:02}.{rest:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `1-2`: years and months
pub(crate) fn month_interval(months: i64) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    format!("{sign}{}-{}", months / 12, months % 12)
}

/// Days since 1970 of `2024-1-31`.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let mut parts = rest.split('-');
    let year = parts.next()?;
    let (month, day) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() || year.len() < 4 {
        return None;
    }
    let year = number(year, 7)? as i32 * sign;
    Some(calendar::days(NaiveDate::from_ymd_opt(year, month, day)?))
}

fn number(text: &str, longest: usize) -> Option<u32> {
    let plain = !text.is_empty() && text.len() <= longest && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Microseconds since midnight of `12:34[:56[.789]]`.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = match parts.next() {
        Some(second) => number(second, 2)?,
        None if fraction.is_empty() => 0,
        None => return None,
    };
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if text.contains('.') && (fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some(seconds * MICROS_IN_SECOND + fraction_micros(fraction))
}

/// Digits behind the point in microseconds, rounded half up.
fn fraction_micros(fraction: &str) -> i64 {
    let digit = |at: usize| fraction.as_bytes().get(at).map_or(0, |b| i64::from(b - b'0'));
    let micros = (0..6).fold(0, |micros, at| micros * 10 + digit(at));
    micros + i64::from(digit(6) >= 5)
}

/// Local microseconds since 1970, and the zone if one is written: `2024-01-31 12:34:56.789 Europe/Paris`.
pub(crate) fn parse_timestamp(text: &str) -> Option<(i64, Option<&str>)> {
    let (day, rest) = text.split_once(' ').unwrap_or((text, ""));
    let days = i64::from(parse_date(day)?) * MICROS_IN_DAY;
    let rest = rest.trim();
    if rest.is_empty() {
        return Some((days, None));
    }
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
    let (clock, zone) = (&rest[..end], rest[end..].trim());
    let micros = if clock.is_empty() { 0 } else { parse_time(clock)? };
    Some((days + micros, (!zone.is_empty()).then_some(zone)))
}
