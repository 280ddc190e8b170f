//! The proleptic Gregorian calendar on days and microseconds since 1970.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, Timelike};

use crate::error::{Fault, Result};

pub(crate) const MICROS_IN_SECOND: i64 = 1_000_000;
pub(crate) const MICROS_IN_DAY: i64 = 86_400 * MICROS_IN_SECOND;

fn out_of_range() -> Fault {
    Fault::data("date or timestamp out of range")
}

/// The day as a date.
pub(crate) fn date(days: i32) -> Result<NaiveDate> {
    NaiveDate::from_epoch_days(days).ok_or_else(out_of_range)
}

/// Days since 1970.
pub(crate) fn days(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

/// The moment as date and time, in no zone.
pub(crate) fn datetime(micros: i64) -> Result<NaiveDateTime> {
    chrono::DateTime::from_timestamp_micros(micros).map(|moment| moment.naive_utc()).ok_or_else(out_of_range)
}

/// Microseconds since 1970.
pub(crate) fn micros(moment: NaiveDateTime) -> i64 {
    moment.and_utc().timestamp_micros()
}

/// Day of a moment.
pub(crate) fn day_of(micros: i64) -> i32 {
    micros.div_euclid(MICROS_IN_DAY) as i32
}

fn shift_months(date: NaiveDate, months: i64) -> Result<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).map_err(|_| out_of_range())?);
    let shifted = if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) };
    shifted.ok_or_else(out_of_range)
}

/// A day some months later; the last day of the month if that month is too short.
pub(crate) fn add_months_to_days(days_since: i32, months: i64) -> Result<i32> {
    Ok(days(shift_months(date(days_since)?, months)?))
}

/// A moment some months later.
pub(crate) fn add_months(moment: i64, months: i64) -> Result<i64> {
    let moment = datetime(moment)?;
    Ok(micros(shift_months(moment.date(), months)?.and_time(moment.time())))
}

/// Parts of dates and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// By name in any case, as `date_trunc` takes it.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "millisecond" => Unit::Millisecond,
            "second" => Unit::Second,
            "minute" => Unit::Minute,
            "hour" => Unit::Hour,
            "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            "quarter" => Unit::Quarter,
            "year" => Unit::Year,
            _ => return None,
        })
    }

    /// Length, if it is always the same.
    pub fn micros(self) -> Option<i64> {
        Some(match self {
            Unit::Millisecond => 1000,
            Unit::Second => MICROS_IN_SECOND,
            Unit::Minute => 60 * MICROS_IN_SECOND,
            Unit::Hour => 3600 * MICROS_IN_SECOND,
            Unit::Day => MICROS_IN_DAY,
            Unit::Week => 7 * MICROS_IN_DAY,
            Unit::Month | Unit::Quarter | Unit::Year => return None,
        })
    }

    /// Length in months, if it is not a fixed time.
    pub fn months(self) -> i64 {
        match self {
            Unit::Quarter => 3,
            Unit::Year => 12,
            _ => 1,
        }
    }
}

/// The start of the unit that a moment is in. Weeks start on Monday.
pub(crate) fn truncate(unit: Unit, moment: i64) -> Result<i64> {
    let at = datetime(moment)?;
    let date = at.date();
    let start = match unit {
        Unit::Week => date - Days::new(u64::from(date.weekday().num_days_from_monday())),
        Unit::Month => date.with_day(1).ok_or_else(out_of_range)?,
        Unit::Quarter => {
            NaiveDate::from_ymd_opt(date.year(), (date.month0() / 3) * 3 + 1, 1).ok_or_else(out_of_range)?
        }
        Unit::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1).ok_or_else(out_of_range)?,
        _ => {
            let length = unit.micros().expect("a unit below weeks has a length");
            return Ok(moment - moment.rem_euclid(length));
        }
    };
    Ok(i64::from(days(start)) * MICROS_IN_DAY)
}

/// A moment some units later.
pub(crate) fn add(unit: Unit, count: i64, moment: i64) -> Result<i64> {
    match unit.micros() {
        Some(length) => {
            let span = count.checked_mul(length).ok_or_else(out_of_range)?;
            moment.checked_add(span).ok_or_else(out_of_range)
        }
        None => add_months(moment, count.checked_mul(unit.months()).ok_or_else(out_of_range)?),
    }
}

/// How many whole units lie between two moments; negative if the second is earlier.
pub(crate) fn difference(unit: Unit, from: i64, to: i64) -> Result<i64> {
    if let Some(length) = unit.micros() {
        return Ok((to - from) / length);
    }
    let (a, b) = (datetime(from)?, datetime(to)?);
    let count = |at: NaiveDateTime| i64::from(at.year()) * 12 + i64::from(at.month0());
    let mut months = count(b) - count(a);
    // A month that is not complete does not count. The last day of a short month completes it only from a later day.
    while months > 0 && add_months(from, months)? > to {
        months -= 1;
    }
    while months < 0 && add_months(from, months)? < to {
        months += 1;
    }
    Ok(months / unit.months())
}

/// A field of a moment as `extract` gives it.
pub(crate) fn field(name: &str, moment: i64) -> Result<Option<i64>> {
    let at = datetime(moment)?;
    let date = at.date();
    Ok(Some(match name {
        "year" => i64::from(date.year()),
        "quarter" => i64::from(date.month0() / 3 + 1),
        "month" => i64::from(date.month()),
        "week" | "week_of_year" => i64::from(date.iso_week().week()),
        "day" | "day_of_month" => i64::from(date.day()),
        "day_of_week" | "dow" => i64::from(date.weekday().number_from_monday()),
        "day_of_year" | "doy" => i64::from(date.ordinal()),
        "year_of_week" | "yow" => i64::from(date.iso_week().year()),
        "hour" => i64::from(at.hour()),
        "minute" => i64::from(at.minute()),
        "second" => i64::from(at.second()),
        "millisecond" => i64::from(at.and_utc().timestamp_subsec_millis()),
        _ => return Ok(None),
    }))
}
