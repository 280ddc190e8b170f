//! Text of date, time and timestamp literals → values.

use std::sync::Arc;

use crate::bound::Literal;
use crate::types::Type;

const PICOS_PER_SECOND: i64 = 1_000_000_000_000;

/// A timestamp literal.
pub(super) enum Moment {
    /// Its value is known here.
    Known(Literal, Type),
    /// Its zone is a region, whose rules only an engine has.
    NamedZone(Type),
}

/// `2024-01-31` → days since 1970-01-01.
pub(super) fn date(text: &str) -> Option<i32> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = digits.split('-');
    let year: i32 = number(parts.next()?)?;
    let month: u32 = number(parts.next()?)?;
    let day: u32 = number(parts.next()?)?;
    if parts.next().is_some() {
        return None;
    }
    days(if negative { -year } else { year }, month, day)
}

/// `01:02:03.123`, with or without an offset.
pub(super) fn time(text: &str) -> Option<(Literal, Type)> {
    let (clock, zone) = split_zone(text.trim());
    let (picos, precision) = clock_picos(clock)?;
    match zone {
        None => Some((Literal::Time(picos), Type::Time(precision))),
        Some(zone) => Some((Literal::TimeTz(picos, offset_minutes(zone)?), Type::TimeTz(precision))),
    }
}

/// `2024-01-31`, `2024-01-31 01:02:03.123`, with or without a zone.
pub(super) fn timestamp(text: &str) -> Option<Moment> {
    let text = text.trim();
    let (day, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (clock, zone) = split_zone(rest.trim());
    let (picos, precision) = if clock.is_empty() { (0, 0) } else { clock_picos(clock)? };
    let micros = i64::from(date(day)?).checked_mul(86_400_000_000)?.checked_add(picos / 1_000_000)?;
    let within = u32::try_from(picos % 1_000_000).ok()?;
    let Some(zone) = zone else {
        return Some(Moment::Known(Literal::Timestamp(micros, within), Type::Timestamp(precision)));
    };
    let ty = Type::TimestampTz(precision);
    Some(match offset_minutes(zone) {
        Some(offset) => {
            let utc = micros - i64::from(offset) * 60_000_000;
            Moment::Known(Literal::TimestampTz(utc, within, Arc::from(zone)), ty)
        }
        None if zone.starts_with(|c: char| c.is_ascii_alphabetic()) => Moment::NamedZone(ty),
        None => return None,
    })
}

/// The clock and what stands behind it: `+02:00`, `UTC`, `Europe/Berlin`.
fn split_zone(text: &str) -> (&str, Option<&str>) {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let zone = zone.trim();
    (clock, (!zone.is_empty()).then_some(zone))
}

/// Picoseconds since midnight, and the digits of the fraction.
fn clock_picos(text: &str) -> Option<(i64, u8)> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let hour: i64 = number(parts.next()?)?;
    let minute: i64 = number(parts.next()?)?;
    let second: i64 = parts.next().map_or(Some(0), number)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || fraction.len() > 12 {
        return None;
    }
    let picos: i64 = if fraction.is_empty() { 0 } else { number(&format!("{fraction:0<12}"))? };
    let seconds = hour * 3600 + minute * 60 + second;
    Some((seconds * PICOS_PER_SECOND + picos, u8::try_from(fraction.len()).ok()?))
}

/// Minutes east of UTC; None for regions.
fn offset_minutes(zone: &str) -> Option<i32> {
    if matches!(zone.to_ascii_uppercase().as_str(), "UTC" | "Z" | "GMT") {
        return Some(0);
    }
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let (hours, minutes): (i32, i32) = (number(hours)?, number(minutes)?);
    (hours <= 14 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn days(year: i32, month: u32, day: u32) -> Option<i32> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    // Years start in March, so that the leap day is the last one: 153 days in every five months.
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let months = i64::from((month + 9) % 12);
    let of_year = (153 * months + 2) / 5 + i64::from(day) - 1;
    let total = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    i32::try_from(total).ok()
}
