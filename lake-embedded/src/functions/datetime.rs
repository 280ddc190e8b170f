//! Dates and times.

mod pattern;

use arrow::array::ArrayRef;
use chrono::{MappedLocalTime, Offset, TimeZone};
use chrono_tz::Tz;
use lake_sql::types::Type;

use super::calendar::{self, MICROS_IN_DAY, MICROS_IN_SECOND, Unit};
use super::columns::{Days, Double, Int, Text, map1, map2, map3};
use super::{cast, format};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::types::UTC;

pub(crate) use pattern::without_zone;

/// A time zone by name or offset.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Zone {
    Named(Tz),
    /// Seconds east of Greenwich.
    Fixed(i32),
}

/// Finds a zone: `UTC`, `Europe/Paris`, `+02:00`.
pub(crate) fn zone(name: &str) -> Result<Zone> {
    if let Some(seconds) = offset(name) {
        return Ok(Zone::Fixed(seconds));
    }
    if name.eq_ignore_ascii_case("utc") || name == "Z" {
        return Ok(Zone::Fixed(0));
    }
    name.parse().map(Zone::Named).map_err(|_| Fault::data(format!("'{name}' is not a valid time zone")))
}

fn offset(name: &str) -> Option<i32> {
    let (sign, rest) = match name.as_bytes().first()? {
        b'+' => (1, &name[1..]),
        b'-' => (-1, &name[1..]),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    Some(sign * (hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60))
}

impl Zone {
    /// The clock on the wall at an instant.
    pub fn local(self, instant: i64) -> Result<i64> {
        Ok(instant + self.offset_at(instant)?)
    }

    /// Microseconds east of Greenwich at an instant.
    pub fn offset_at(self, instant: i64) -> Result<i64> {
        Ok(MICROS_IN_SECOND
            * match self {
                Zone::Fixed(seconds) => i64::from(seconds),
                Zone::Named(tz) => {
                    i64::from(tz.offset_from_utc_datetime(&calendar::datetime(instant)?).fix().local_minus_utc())
                }
            })
    }

    /// The instant of a clock on the wall; the earlier one if it was shown twice.
    pub fn instant(self, local: i64) -> Result<i64> {
        match self {
            Zone::Fixed(seconds) => Ok(local - i64::from(seconds) * MICROS_IN_SECOND),
            Zone::Named(tz) => match tz.from_local_datetime(&calendar::datetime(local)?) {
                MappedLocalTime::Single(moment) | MappedLocalTime::Ambiguous(moment, _) => {
                    Ok(moment.timestamp_micros())
                }
                // In a gap the clock is read as if it had not jumped yet.
                MappedLocalTime::None => {
                    let hour = 3600 * MICROS_IN_SECOND;
                    Ok(local - self.offset_at(self.instant(local - hour)?)?)
                }
            },
        }
    }

    /// Changes the local time of an instant.
    pub fn in_local(self, instant: i64, change: impl FnOnce(i64) -> Result<i64>) -> Result<i64> {
        self.instant(change(self.local(instant)?)?)
    }
}

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    let last = types.last()?;
    Some(match (name, types.len()) {
        ("date_trunc", 2) => match last {
            Type::Date => truncate_date,
            Type::Time(_) => |args| map2::<Text, Int, _>(args, |name, v| calendar::truncate(time_unit(name)?, v)),
            Type::Timestamp(_) | Type::TimestampTz(_) => truncate_moment,
            _ => return None,
        },
        ("date_add", 3) => match last {
            Type::Date => add_to_date,
            Type::Time(_) => |args| {
                map3::<Text, Int, Int, _>(args, |name, count, v| {
                    let length = time_unit(name)?.micros().unwrap_or(MICROS_IN_DAY);
                    let shift = i128::from(count) * i128::from(length);
                    Ok::<_, Fault>((i128::from(v) + shift).rem_euclid(i128::from(MICROS_IN_DAY)) as i64)
                })
            },
            Type::Timestamp(_) | Type::TimestampTz(_) => add_to_moment,
            _ => return None,
        },
        ("date_diff", 3) => match last {
            Type::Date => difference_of_dates,
            Type::Time(_) => {
                |args| map3::<Text, Int, Int, _>(args, |name, a, b| calendar::difference(time_unit(name)?, a, b))
            }
            Type::Timestamp(_) | Type::TimestampTz(_) => difference_of_moments,
            _ => return None,
        },
        ("to_milliseconds", 1) => |args| map1::<Int, _>(args, |millis: i64| millis),
        ("last_day_of_month", 1) => last_day_of_month,
        ("date", 1) => cast::cast,
        ("from_unixtime", 1) => |args| map1::<Double, _>(args, from_unixtime),
        ("from_unixtime", 2) if crate::types::is_text(last) => {
            |args| map2::<Double, Text, _>(args, |seconds, _| from_unixtime(seconds))
        }
        ("to_unixtime", 1) => |args| map1::<Int, _>(args, |micros| micros as f64 / 1e6),
        ("from_unixtime", 3) => |args| {
            map3::<Double, Int, Int, _>(args, |seconds, hours, minutes| {
                let offset = hours.saturating_mul(60).saturating_add(minutes);
                match offset.unsigned_abs() <= 14 * 60 {
                    true => Ok(from_unixtime(seconds)),
                    false => Err(Fault::data(format!("Invalid offset minutes {offset}"))),
                }
            })
        },
        ("with_timezone", 2) => with_timezone,
        ("parse_datetime", 2) => pattern::parse_datetime,
        ("timezone", 1) if matches!(last, Type::TimestampTz(_)) => |args| {
            let name = args.zone.name()?;
            map1::<Int, _>(args, |_| name.to_owned())
        },
        ("at_timezone", 2) if matches!(types[0], Type::TimestampTz(_)) => |args| Ok(args.values[0].clone()),
        ("date_format" | "format_datetime", 2) => return pattern::write(name, types),
        ("date_parse", 2) => pattern::date_parse,
        ("to_iso8601", 1) => to_iso8601(last)?,
        ("from_iso8601_date", 1) => |args| map1::<Text, _>(args, iso_date),
        ("from_iso8601_timestamp", 1) => |args| map1::<Text, _>(args, iso_timestamp),
        (
            "year" | "quarter" | "month" | "week" | "week_of_year" | "day" | "day_of_month" | "day_of_week" | "dow",
            1,
        )
        | ("day_of_year" | "doy" | "year_of_week" | "yow" | "hour" | "minute" | "second" | "millisecond", 1) => {
            return part(name, last);
        }
        ("timezone_hour", 1) => |args| zone_part(args, 3600),
        ("timezone_minute", 1) => |args| zone_part(args, 60),
        _ => return None,
    })
}

fn unit(name: &str, what: &str) -> Result<Unit> {
    let unit = Unit::parse(name).filter(|unit| what != "DATE" || unit.micros().is_none_or(|m| m >= MICROS_IN_DAY));
    unit.ok_or_else(|| Fault::data(format!("'{}' is not a valid {what} field", name)))
}

/// The units below a day.
fn time_unit(name: &str) -> Result<Unit> {
    let unit = Unit::parse(name).filter(|unit| unit.micros().is_some_and(|length| length < MICROS_IN_DAY));
    unit.ok_or_else(|| Fault::data(format!("'{}' is not a valid TIME field", name.to_lowercase())))
}

fn truncate_date(args: &Args<'_>) -> Result<ArrayRef> {
    map2::<Text, Days, _>(args, |name, days| {
        Ok::<_, Fault>(calendar::day_of(calendar::truncate(unit(name, "DATE")?, i64::from(days) * MICROS_IN_DAY)?))
    })
}

fn truncate_moment(args: &Args<'_>) -> Result<ArrayRef> {
    let zone = zone_of(args)?;
    map2::<Text, Int, _>(args, |name, micros| {
        let unit = unit(name, "TIMESTAMP")?;
        zone.in_local(micros, |local| calendar::truncate(unit, local))
    })
}

/// The zone in which fields of the argument are read; plain timestamps are read as they are.
fn zone_of(args: &Args<'_>) -> Result<Zone> {
    zone(args.zone.name()?)
}

fn add_to_date(args: &Args<'_>) -> Result<ArrayRef> {
    map3::<Text, Int, Days, _>(args, |name, count, days| {
        let sum = calendar::add(unit(name, "DATE")?, count, i64::from(days) * MICROS_IN_DAY)?;
        Ok::<_, Fault>(calendar::day_of(sum))
    })
}

fn add_to_moment(args: &Args<'_>) -> Result<ArrayRef> {
    let zone = zone_of(args)?;
    map3::<Text, Int, Int, _>(args, |name, count, micros| {
        let unit = unit(name, "TIMESTAMP")?;
        // Hours and less are a time that passes; days and more move the clock on the wall.
        if unit.micros().is_some_and(|length| length < MICROS_IN_DAY) {
            // Milliseconds may be finer than the timestamp.
            return calendar::add(unit, count, micros).map(|sum| cast::round(sum, cast::precision(args.ty)));
        }
        zone.in_local(micros, |local| calendar::add(unit, count, local))
    })
}

fn difference_of_dates(args: &Args<'_>) -> Result<ArrayRef> {
    map3::<Text, Days, Days, _>(args, |name, a, b| {
        calendar::difference(unit(name, "DATE")?, i64::from(a) * MICROS_IN_DAY, i64::from(b) * MICROS_IN_DAY)
    })
}

fn difference_of_moments(args: &Args<'_>) -> Result<ArrayRef> {
    let zone = zone_of(args)?;
    // Trino keeps milliseconds here.
    let cut = |micros: i64| micros.div_euclid(1000) * 1000;
    map3::<Text, Int, Int, _>(args, |name, a, b| {
        let (unit, a, b) = (unit(name, "TIMESTAMP")?, cut(a), cut(b));
        if unit.micros().is_some_and(|length| length < MICROS_IN_DAY) {
            return calendar::difference(unit, a, b);
        }
        calendar::difference(unit, zone.local(a)?, zone.local(b)?)
    })
}

fn last_day_of_month(args: &Args<'_>) -> Result<ArrayRef> {
    let last = |days: i32| {
        let first = calendar::truncate(Unit::Month, i64::from(days) * MICROS_IN_DAY)?;
        Ok::<_, Fault>(calendar::day_of(calendar::add_months(first, 1)?) - 1)
    };
    match args.types[0] {
        Type::Date => map1::<Days, _>(args, last),
        _ => {
            let zone = zone_of(args)?;
            map1::<Int, _>(args, |micros| last(calendar::day_of(zone.local(micros)?)))
        }
    }
}

/// Trino keeps milliseconds here.
fn from_unixtime(seconds: f64) -> i64 {
    (seconds * 1000.0 + 0.5).floor() as i64 * 1000
}

/// Reads the clock of a timestamp in the zone that the result has.
fn with_timezone(args: &Args<'_>) -> Result<ArrayRef> {
    map2::<Int, Text, _>(args, |local, name| zone(name)?.instant(local))
}

fn part(name: &str, ty: &Type) -> Option<Kernel> {
    macro_rules! kernels {
        ($($field:literal),*) => {
            match name {
                $($field => match ty {
                    Type::Date => |args| map1::<Days, _>(args, |v| calendar::field($field, i64::from(v) * MICROS_IN_DAY)),
                    Type::Timestamp(_) => |args| map1::<Int, _>(args, |v| calendar::field($field, v)),
                    Type::Time(_) => |args| map1::<Int, _>(args, |v| calendar::field($field, v)),
                    Type::TimestampTz(_) => |args| {
                        let zone = zone_of(args)?;
                        map1::<Int, _>(args, |v| calendar::field($field, zone.local(v)?))
                    },
                    Type::IntervalDayToSecond => |args| map1::<Int, _>(args, |v| span_field($field, v)),
                    Type::IntervalYearToMonth => |args| map1::<Int, _>(args, |v| month_field($field, v)),
                    _ => return None,
                },)*
                _ => return None,
            }
        };
    }
    Some(kernels!(
        "year",
        "quarter",
        "month",
        "week",
        "week_of_year",
        "day",
        "day_of_month",
        "day_of_week",
        "dow",
        "day_of_year",
        "doy",
        "year_of_week",
        "yow",
        "hour",
        "minute",
        "second",
        "millisecond"
    ))
}

fn span_field(name: &str, millis: i64) -> Option<i64> {
    Some(match name {
        "day" | "day_of_month" => millis / 86_400_000,
        "hour" => millis / 3_600_000 % 24,
        "minute" => millis / 60_000 % 60,
        "second" => millis / 1000 % 60,
        "millisecond" => millis % 1000,
        _ => return None,
    })
}

fn month_field(name: &str, months: i64) -> Option<i64> {
    match name {
        "year" => Some(months / 12),
        "month" => Some(months % 12),
        _ => None,
    }
}

fn zone_part(args: &Args<'_>, unit: i64) -> Result<ArrayRef> {
    let zone = zone_of(args)?;
    map1::<Int, _>(args, |instant| {
        let seconds = zone.offset_at(instant)? / MICROS_IN_SECOND;
        Ok::<_, Fault>(if unit == 3600 { seconds / 3600 } else { seconds % 3600 / 60 })
    })
}

fn to_iso8601(ty: &Type) -> Option<Kernel> {
    Some(match ty {
        Type::Date => |args| map1::<Days, _>(args, format::date),
        Type::Timestamp(_) => |args| {
            let digits = digits(&args.types[0]);
            map1::<Int, _>(args, |v| Ok::<_, Fault>(format::timestamp(v, digits)?.replacen(' ', "T", 1)))
        },
        Type::TimestampTz(_) => |args| {
            let (zone, digits) = (zone_of(args)?, digits(&args.types[0]));
            map1::<Int, _>(args, |v| {
                let text = format::timestamp(zone.local(v)?, digits)?.replacen(' ', "T", 1);
                Ok::<_, Fault>(text + &offset_text(zone.offset_at(v)? / MICROS_IN_SECOND))
            })
        },
        _ => return None,
    })
}

fn digits(ty: &Type) -> u8 {
    match ty {
        Type::Timestamp(p) | Type::TimestampTz(p) => *p,
        _ => 6,
    }
}

fn offset_text(seconds: i64) -> String {
    if seconds == 0 { "Z".into() } else { offset_name(seconds / 60) }
}

fn invalid(text: &str) -> Fault {
    Fault::data(format!("Invalid format: \"{text}\""))
}

fn iso_date(text: &str) -> Result<i32> {
    format::parse_date(text).ok_or_else(|| invalid(text))
}

/// The zone at the end of a timestamp in ISO 8601; the session's if there is none.
pub(crate) fn iso_zone(text: &str) -> Option<&str> {
    let (_, clock) = text.split_once('T').unwrap_or((text, ""));
    let zone = &clock[clock.find(['Z', '+', '-']).unwrap_or(clock.len())..];
    Some(if matches!(zone, "" | "Z") { UTC } else { zone })
}

/// `+05:30` for so many minutes east of Greenwich.
pub(crate) fn offset_name(minutes: i64) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// `2024-01-31T12:34:56.789+02:00`, rounded to milliseconds as Trino keeps them.
fn iso_timestamp(text: &str) -> Result<i64> {
    let (day, clock) = text.split_once('T').unwrap_or((text, ""));
    let days = format::parse_date(day).ok_or_else(|| invalid(text))?;
    let end = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone_name) = clock.split_at(end);
    let micros = match clock {
        "" => 0,
        _ => format::parse_time(clock).ok_or_else(|| invalid(text))?,
    };
    let zone = if zone_name.is_empty() { Zone::Fixed(0) } else { zone(zone_name).map_err(|_| invalid(text))? };
    let instant = zone.instant(i64::from(days) * MICROS_IN_DAY + micros)?;
    Ok(instant.div_euclid(1000) * 1000)
}
