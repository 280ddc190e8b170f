//! Text → one value of a type, exactly or not at all.

use chrono::{NaiveDate, NaiveTime, Timelike};
use lake_sql::types::Type;

/// Whether values of a type can be read from a text.
pub fn is_scalar(ty: &Type) -> bool {
    match ty {
        Type::Boolean | Type::Real | Type::Double | Type::Varchar(_) | Type::Char(_) | Type::Json => true,
        Type::Decimal { .. } | Type::Date | Type::Uuid => true,
        Type::Time(p) | Type::Timestamp(p) | Type::TimestampTz(p) => *p <= 6,
        ty => ty.is_integer(),
    }
}

/// Whether values of a type can be read from JSON or Parquet.
pub fn is_readable(ty: &Type) -> bool {
    match ty {
        Type::Array(element) => is_readable(element),
        Type::Map(key, value) => is_scalar(key) && is_readable(value),
        Type::Row(fields) => fields.iter().all(|field| field.name.is_some() && is_readable(&field.ty)),
        ty => is_scalar(ty),
    }
}

/// A number in digits: `-12.50e3`.
struct Number<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Number<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], unsigned[at + 1..].parse().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let some = !(whole.is_empty() && fraction.is_empty());
        (some && digits(whole) && digits(fraction)).then_some(Self { negative, whole, fraction, exponent })
    }

    /// The number times ten to the `scale`, if that is whole and fits.
    fn scaled(&self, scale: i64) -> Option<i128> {
        let shift = self.exponent.checked_add(scale)?.checked_sub(self.fraction.len() as i64)?;
        let mut value: i128 = 0;
        let digits: Vec<u8> = self.whole.bytes().chain(self.fraction.bytes()).map(|byte| byte - b'0').collect();
        let significant = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
        // Zeros at the end may fall behind the point.
        let shift = shift.checked_add((digits.len() - significant) as i64)?;
        if significant == 0 {
            return Some(0);
        }
        for digit in &digits[..significant] {
            value = value.checked_mul(10)?.checked_add(i128::from(*digit))?;
        }
        let factor = 10i128.checked_pow(u32::try_from(shift).ok()?)?;
        let value = value.checked_mul(factor)?;
        Some(if self.negative { -value } else { value })
    }
}

/// A whole number that fits between `low` and `high`. `1.0` and `1e2` are whole.
pub fn integer(text: &str, low: i64, high: i64) -> Option<i64> {
    let value = i64::try_from(Number::parse(text)?.scaled(0)?).ok()?;
    (low..=high).contains(&value).then_some(value)
}

/// The unscaled value of a decimal. More digits behind the point than the type holds are refused, not rounded.
pub fn decimal(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let value = Number::parse(text)?.scaled(i64::from(scale))?;
    (value.unsigned_abs() < 10u128.pow(u32::from(precision))).then_some(value)
}

/// A double, as it is written; too large a number is refused, not made infinite.
pub fn double(text: &str) -> Option<f64> {
    match text {
        "NaN" => return Some(f64::NAN),
        "Infinity" | "+Infinity" => return Some(f64::INFINITY),
        "-Infinity" => return Some(f64::NEG_INFINITY),
        _ => Number::parse(text)?,
    };
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Days since 1970 of `2022-03-01`.
pub fn date(text: &str) -> Option<i32> {
    let day = parse_date(text)?;
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = split3(text, '-')?;
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn split3(text: &str, separator: char) -> Option<[&str; 3]> {
    let mut parts = text.split(separator);
    let found = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(found)
}

/// Microseconds since midnight of `12:30`, `12:30:00`, `12:30:00.5`: at most `precision` digits of a second.
pub fn time(text: &str, precision: u8) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let clock = NaiveTime::parse_from_str(clock, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(clock, "%H:%M"));
    let seconds = i64::from(clock.ok()?.num_seconds_from_midnight());
    let significant = fraction.trim_end_matches('0');
    let digits = significant.bytes().all(|byte| byte.is_ascii_digit()) && !text.ends_with('.');
    if !digits || significant.len() > usize::from(precision.min(6)) {
        return None;
    }
    let micros: i64 = format!("{significant:0<6}").parse().ok()?;
    Some(seconds * 1_000_000 + micros)
}

/// Microseconds since 1970 of `2022-03-01 12:30:00` or `2022-03-01T12:30:00`; a day alone is its midnight.
pub fn timestamp(text: &str, precision: u8) -> Option<i64> {
    let (day, clock) = match text.split_once(['T', ' ']) {
        Some((day, clock)) => (day, time(clock, precision)?),
        None => (text, 0),
    };
    Some(i64::from(date(day)?) * 86_400_000_000 + clock)
}

/// Microseconds since 1970, in UTC, of a moment with its offset: `2022-03-01T12:30:00Z`, `2022-03-01 12:30:00 +01:00`.
pub fn instant(text: &str, precision: u8) -> Option<i64> {
    if let Some(local) = text.strip_suffix('Z').or_else(|| text.strip_suffix("UTC")) {
        return timestamp(local.trim_end(), precision);
    }
    // The signs of the day come first.
    let at = text.rfind(['+', '-']).filter(|at| *at > 10)?;
    let (sign, offset) = (if text[at..].starts_with('-') { -1 } else { 1 }, &text[at + 1..]);
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset.get(..2)?, offset.get(2..)?));
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Some(timestamp(text[..at].trim_end(), precision)? - sign * (hours * 60 + minutes) * 60_000_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn decimals_by_their_digits() {
        assert_eq!(decimal("1.1162", 18, 6), Some(1_116_200));
        assert_eq!(decimal("-0.000001", 18, 6), Some(-1));
        assert_eq!(decimal("1.10000000", 18, 6), Some(1_100_000));
        assert_eq!(decimal("12e-1", 3, 1), Some(12));
        assert_eq!(decimal("1e3", 4, 0), Some(1000));
        assert_eq!(decimal("0e99", 1, 0), Some(0));
        assert_eq!(decimal("99999999999999999999999999999999999999", 38, 0), Some(10i128.pow(38) - 1));
        for text in ["1.1234567", "1000000000000", "", ".", "1.2.3", "abc", "1e", "--1", "1e999999999999"] {
            assert_eq!(decimal(text, 18, 6), None, "{text}");
        }
    }

    #[test]
    fn integers_within_their_range() {
        assert_eq!(integer("9223372036854775807", i64::MIN, i64::MAX), Some(i64::MAX));
        assert_eq!(integer("-9223372036854775808", i64::MIN, i64::MAX), Some(i64::MIN));
        assert_eq!(integer("1.0", -128, 127), Some(1));
        assert_eq!(integer("9223372036854775808", i64::MIN, i64::MAX), None);
        assert_eq!(integer("128", -128, 127), None);
        assert_eq!(integer("1.5", -128, 127), None);
    }

    #[test]
    fn doubles() {
        assert_eq!(double("0.1"), Some(0.1));
        assert_eq!(double("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(double("NaN").unwrap().is_nan());
        for text in ["1e400", "inf", "nan", "0x1", ""] {
            assert_eq!(double(text), None, "{text}");
        }
    }

    #[test]
    fn days_and_moments() {
        assert_eq!((date("1970-01-02"), date("1969-12-31"), date("0001-01-01")), (Some(1), Some(-1), Some(-719_162)));
        assert_eq!((date("2022-02-30"), date("2022-3-1"), date("01.03.2022")), (None, None, None));
        assert_eq!(time("12:30", 6), Some(45_000_000_000));
        assert_eq!((time("00:00:00.5", 6), time("00:00:00.1234567", 6)), (Some(500_000), None));
        assert_eq!((time("00:00:00.123", 2), time("00:00:00.120", 2)), (None, Some(120_000)));
        assert_eq!((time("24:00", 6), time("1:2:", 6), time("00:00:00.", 6)), (None, None, None));
        assert_eq!(timestamp("1969-12-31T23:59:59.5", 6), Some(-500_000));
        assert_eq!(timestamp("1970-01-02", 6), Some(86_400_000_000));
        assert_eq!(instant("1970-01-01 01:00:00+01:00", 6), Some(0));
        assert_eq!(instant("1969-12-31T22:30:00.000001 -0130", 6), Some(1));
        assert_eq!((instant("1970-01-01T00:00:00Z", 6), instant("1970-01-01 00:00:00 UTC", 6)), (Some(0), Some(0)));
        for text in ["1970-01-01 00:00:00", "1970-01-01", "1970-01-01T00:00:00+1", "1970-01-01T00:00:00+15:00"] {
            assert_eq!(instant(text, 6), None, "{text}");
        }
    }
}
