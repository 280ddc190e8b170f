//! Dates and times as text, and arithmetic on the calendar.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};

use crate::error::{Result, data, unsupported};

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub const DAY: i64 = 86_400 * SECOND;
/// Picoseconds of a microsecond.
pub const PICOS: i64 = 1_000_000;

/// The calendar's date of a day number.
pub fn civil(days: i32) -> Result<NaiveDate> {
    NaiveDate::from_epoch_days(days).ok_or_else(|| data("INVALID_FUNCTION_ARGUMENT: date out of range"))
}

/// The day number of a date.
pub fn day_number(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

/// The calendar's moment of a timestamp.
pub fn moment(micros: i64) -> Result<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros)
        .map(|moment| moment.naive_utc())
        .ok_or_else(|| data("INVALID_FUNCTION_ARGUMENT: timestamp out of range"))
}

/// The timestamp of a calendar's moment.
pub fn micros(moment: NaiveDateTime) -> i64 {
    moment.and_utc().timestamp_micros()
}

/// Adds months; a day behind the end of the month becomes its last one.
pub fn add_months(date: NaiveDate, months: i32) -> Result<NaiveDate> {
    let step = chrono::Months::new(months.unsigned_abs());
    let moved = if months < 0 { date.checked_sub_months(step) } else { date.checked_add_months(step) };
    moved.ok_or_else(|| data("INVALID_FUNCTION_ARGUMENT: date out of range"))
}

/// Rounds microseconds to a number of digits of the second, half up.
pub fn round_micros(micros: i64, precision: u8) -> i64 {
    let unit = 10i64.pow(u32::from(6u8.saturating_sub(precision)));
    micros.saturating_add(unit / 2).div_euclid(unit) * unit
}

/// Seconds east of UTC. Zones with daylight saving need a database that this engine does not carry.
pub fn offset(zone: &str) -> Result<i64> {
    if ["utc", "z", "gmt", "etc/utc"].contains(&zone.to_ascii_lowercase().as_str()) {
        return Ok(0);
    }
    let fixed = || {
        let (sign, rest) = match zone.as_bytes().first()? {
            b'+' => (1, &zone[1..]),
            b'-' => (-1, &zone[1..]),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
        Some(sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60))
    };
    fixed().ok_or_else(|| unsupported(format!("time zone {zone}")))
}

/// Writes a date.
pub fn display_date(days: i32) -> Result<String> {
    let date = civil(days)?;
    Ok(format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()))
}

/// Writes a timestamp with that many digits of the second.
pub fn display_timestamp(micros: i64, precision: u8) -> Result<String> {
    let at = moment(micros)?;
    Ok(format!("{} {}", display_date(day_number(at.date()))?, display_time(clock_picos(at), precision)))
}

/// Writes a time of day with that many digits of the second.
pub fn display_time(picos: i64, precision: u8) -> String {
    let seconds = picos / (SECOND * PICOS);
    let fraction = format!("{:012}", picos % (SECOND * PICOS));
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if precision == 0 { clock } else { format!("{clock}.{}", &fraction[..usize::from(precision.min(12))]) }
}

/// Picoseconds since midnight.
pub fn clock_picos(at: NaiveDateTime) -> i64 {
    i64::from(at.num_seconds_from_midnight()) * SECOND * PICOS + i64::from(at.nanosecond() % 1_000_000_000) * 1000
}

/// Reads `2022-03-01`.
pub fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.trim().splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    NaiveDate::from_ymd_opt(year, month, day).map(day_number)
}

/// Reads `10:00`, `10:00:00` or `10:00:00.123456`, as picoseconds since midnight.
pub fn parse_time(text: &str) -> Option<i64> {
    let mut parts = text.trim().splitn(3, ':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let seconds = parts.next().unwrap_or("0");
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let second: i64 = second.parse().ok()?;
    if hour > 23 || minute > 59 || second > 59 || fraction.len() > 12 || !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<12}").parse().ok()?;
    Some((hour * 3600 + minute * 60 + second) * SECOND * PICOS + fraction)
}

/// Reads `2022-03-01`, `2022-03-01 10:00:00.123` or the same with a zone behind it; microseconds (rounded) and zone.
pub fn parse_timestamp(text: &str) -> Option<(i64, Option<String>)> {
    let text = text.trim();
    let (date, rest) = match text.find([' ', 'T']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let zone_at = rest.find(|c: char| c.is_ascii_alphabetic() || c == '+' || c == '-');
    let (time, zone) = match zone_at {
        Some(at) if &rest[at..] == "Z" => (rest[..at].trim(), Some("UTC".to_owned())),
        Some(at) => (rest[..at].trim(), Some(rest[at..].to_owned())),
        None => (rest, None),
    };
    let days = i64::from(parse_date(date)?);
    let picos = if time.is_empty() { 0 } else { parse_time(time)? };
    Some((days * DAY + (picos + PICOS / 2).div_euclid(PICOS), zone))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!(parse_date("2023-02-30"), None);
        let (at, zone) = parse_timestamp("2022-03-01 10:00:00.1234567 +02:00").unwrap();
        assert_eq!(display_timestamp(at, 6).unwrap(), "2022-03-01 10:00:00.123457");
        assert_eq!(zone.as_deref(), Some("+02:00"));
        assert_eq!(parse_timestamp("2022-03-01").unwrap().0, i64::from(parse_date("2022-03-01").unwrap()) * DAY);
        assert_eq!(display_time(parse_time("23:59:59.5").unwrap(), 3), "23:59:59.500");
    }

    #[test]
    fn rounding_goes_up_at_half_also_before_the_epoch() {
        assert_eq!(round_micros(1_500, 3), 2_000);
        assert_eq!(round_micros(-1_500, 3), -1_000);
        assert_eq!(round_micros(1_499, 3), 1_000);
    }

    #[test]
    fn months_end_early() {
        let date = civil(parse_date("2024-01-31").unwrap()).unwrap();
        assert_eq!(display_date(day_number(add_months(date, 1).unwrap())).unwrap(), "2024-02-29");
    }

    #[test]
    fn zones_are_utc_or_fixed() {
        assert_eq!(offset("UTC").unwrap(), 0);
        assert_eq!(offset("-05:30").unwrap(), -(5 * 3600 + 30 * 60));
        assert!(offset("Europe/Berlin").unwrap_err().message.contains("Europe/Berlin"));
    }
}
