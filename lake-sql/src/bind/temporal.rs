//! Text of date, time and timestamp literals → values.

use std::sync::Arc;

use super::zone::{self, Zone};
use crate::bound::Literal;
use crate::types::Type;

const PICOS_PER_SECOND: i64 = 1_000_000_000_000;

/// A timestamp literal.
pub(super) enum Moment {
    /// Its value is known here.
    Known(Literal, Type),
    /// Its zone is a region, whose rules only an engine has.
    NamedZone(Type),
    /// Its zone is none.
    UnknownZone(String),
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
    let month: u32 = two_digits(parts.next()?)?;
    let day: u32 = two_digits(parts.next()?)?;
    if parts.next().is_some() {
        return None;
    }
    days(if negative { -year } else { year }, month, day)
}

/// `01:02:03.123`, with or without an offset.
pub(super) fn time(text: &str) -> Option<(Literal, Type)> {
    let (clock, zone) = split_zone(text.trim_end());
    let (picos, precision) = clock_picos(clock)?;
    match zone {
        None => Some((Literal::Time(picos), Type::Time(precision))),
        Some(offset) => Some((Literal::TimeTz(picos, zone::of_time(offset)?), Type::TimeTz(precision))),
    }
}

/// `2024-01-31`, `2024-01-31 01:02:03.123`, with or without a zone.
pub(super) fn timestamp(text: &str) -> Option<Moment> {
    let (day, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (clock, zone) = split_zone(rest);
    let (picos, precision) = if clock.is_empty() { (0, 0) } else { clock_picos(clock)? };
    let year = day.trim_start_matches(['-', '+']).split('-').next()?;
    let day = date(day).filter(|_| year.len() > 3)?;
    let micros = i64::from(day).checked_mul(86_400_000_000)?.checked_add(picos / 1_000_000)?;
    let within = u32::try_from(picos % 1_000_000).ok()?;
    let Some(zone) = zone else {
        return Some(Moment::Known(Literal::Timestamp(micros, within), Type::Timestamp(precision)));
    };
    let ty = Type::TimestampTz(precision);
    Some(match zone::of_timestamp(zone) {
        Zone::Offset(offset) => {
            let utc = micros.checked_sub(i64::from(offset) * 60_000_000)?;
            Moment::Known(Literal::TimestampTz(utc, within, Arc::from(zone::written(offset))), ty)
        }
        Zone::Named => Moment::NamedZone(ty),
        Zone::Unknown => Moment::UnknownZone(zone.to_owned()),
    })
}

/// The clock and what stands behind it: `+02:00`, `UTC`, `Europe/Berlin`.
fn split_zone(text: &str) -> (&str, Option<&str>) {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let zone = zone.trim_start();
    (clock, (!zone.is_empty()).then_some(zone))
}

/// Picoseconds since midnight, and the digits of the fraction.
fn clock_picos(text: &str) -> Option<(i64, u8)> {
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':');
    let hour: i64 = two_digits(parts.next()?)?;
    let minute: i64 = two_digits(parts.next()?)?;
    let seconds = parts.next();
    let second: i64 = seconds.map_or(Some(0), two_digits)?;
    let is_fraction = fraction.is_none_or(|digits| seconds.is_some() && (1..=12).contains(&digits.len()));
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || !is_fraction {
        return None;
    }
    let fraction = fraction.unwrap_or_default();
    let picos: i64 = if fraction.is_empty() { 0 } else { number(&format!("{fraction:0<12}"))? };
    let seconds = hour * 3600 + minute * 60 + second;
    Some((seconds * PICOS_PER_SECOND + picos, u8::try_from(fraction.len()).ok()?))
}

/// A number of one or two digits.
fn two_digits<T: std::str::FromStr>(digits: &str) -> Option<T> {
    number(digits).filter(|_| digits.len() <= 2)
}

fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
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
