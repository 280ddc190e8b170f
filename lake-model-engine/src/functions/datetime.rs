//! Dates and times. Fields of a moment with a zone are those of its own clock.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use lake_sql::types::Type;

use super::math::months_later;
use super::{Answer, Call, invalid};
use crate::cast;
use crate::datetime::{self, DAY, PICOS, SECOND};
use crate::error::{Result, unsupported};
use crate::value::Value;

pub(super) fn call(call: &Call<'_>) -> Answer {
    if let Some(value) = clock(call)? {
        return Ok(Some(value));
    }
    if call.args.len() == 1
        && let Some(number) = field(call.function, &call.args[0])?
    {
        return Ok(Some(Value::Integer(number)));
    }
    Ok(Some(match call.function {
        "date_trunc" | "date_add" | "date_diff"
            if is_clock_unit(call.text(0)?) && matches!(call.args.last(), Some(Value::Date(_))) =>
        {
            return Err(invalid(format!("'{}' is not a valid DATE field", call.text(0)?)));
        }
        "date_trunc" => truncate(call.text(0)?, &call.args[1])?,
        "date_add" => add(call.text(0)?, call.integer(1)?, &call.args[2])?,
        "date_diff" => Value::Integer(difference(call.text(0)?, &call.args[1], &call.args[2])?),
        "last_day_of_month" => {
            let first = local(&call.args[0])?.date().with_day(1).expect("each month has a first day");
            let next = datetime::add_months(first, 1)?;
            Value::Date(datetime::day_number(next) - 1)
        }
        "date" => cast::cast(&call.args[0], call.types[0], &Type::Date)?,
        "from_unixtime" if call.args.len() == 1 => Value::utc((call.double(0)? * SECOND as f64).round() as i64),
        "to_unixtime" => Value::Double(cast_micros(&call.args[0])? as f64 / SECOND as f64),
        "to_milliseconds" => match call.args[0] {
            Value::Millis(millis) => Value::Integer(millis),
            ref other => return Err(call.bad(other)),
        },
        "from_iso8601_date" => cast::cast(&call.args[0], &Type::Varchar(None), &Type::Date)?,
        "from_iso8601_timestamp" => cast::cast(&call.args[0], &Type::Varchar(None), &Type::TimestampTz(3))?,
        "to_iso8601" => iso(call)?,
        "with_timezone" => match (&call.args[0], &call.args[1]) {
            (Value::Timestamp(micros), Value::Text(zone)) => {
                Value::TimestampTz(micros - datetime::offset(zone)? * SECOND, zone.clone())
            }
            (other, _) => return Err(call.bad(other)),
        },
        "at_timezone" => at_timezone(&call.args[0], &call.args[1])?,
        "date_format" => Value::text(format(local(&call.args[0])?, call.text(1)?)?),
        _ => return Ok(None),
    }))
}

/// The time of the statement. Every call in a statement has the same answer.
fn clock(call: &Call<'_>) -> Answer {
    if !call.args.is_empty() && !matches!(call.types, [Type::Integer | Type::BigInt]) {
        return Ok(None);
    }
    let now = Value::utc(call.now);
    let named = matches!(
        call.function,
        "now" | "current_timestamp" | "localtimestamp" | "current_date" | "current_time" | "localtime"
    );
    if named { cast::cast(&now, &Type::TimestampTz(6), call.ty).map(Some) } else { Ok(None) }
}

/// What the clock of a value shows.
fn local(value: &Value) -> Result<NaiveDateTime> {
    match value {
        Value::Date(days) => datetime::moment(i64::from(*days) * DAY),
        Value::Timestamp(micros) => datetime::moment(*micros),
        Value::TimestampTz(micros, zone) => datetime::moment(micros + datetime::offset(zone)? * SECOND),
        Value::Time(picos) => datetime::moment(picos / PICOS),
        other => Err(unsupported(format!("a field of {other:?}"))),
    }
}

fn cast_micros(value: &Value) -> Result<i64> {
    match value {
        Value::TimestampTz(micros, _) => Ok(*micros),
        other => local(other).map(datetime::micros),
    }
}

fn field(name: &str, value: &Value) -> Result<Option<i64>> {
    if let Some(number) = interval_field(name, value) {
        return Ok(Some(number));
    }
    if !matches!(value, Value::Date(_) | Value::Timestamp(_) | Value::TimestampTz(..) | Value::Time(_)) {
        return Ok(None);
    }
    let at = local(value)?;
    Ok(Some(match name {
        "year" => i64::from(at.year()),
        "quarter" => i64::from(at.month0() / 3 + 1),
        "month" => i64::from(at.month()),
        "week" | "week_of_year" => i64::from(at.iso_week().week()),
        "year_of_week" | "yow" => i64::from(at.iso_week().year()),
        "day" | "day_of_month" => i64::from(at.day()),
        "day_of_week" | "dow" => i64::from(at.weekday().number_from_monday()),
        "day_of_year" | "doy" => i64::from(at.ordinal()),
        "hour" => i64::from(at.hour()),
        "minute" => i64::from(at.minute()),
        "second" => i64::from(at.second()),
        "millisecond" => i64::from(at.nanosecond() / 1_000_000),
        _ => return Ok(None),
    }))
}

fn interval_field(name: &str, value: &Value) -> Option<i64> {
    match (name, value) {
        ("year", Value::Months(months)) => Some(i64::from(months / 12)),
        ("month", Value::Months(months)) => Some(i64::from(months % 12)),
        ("day", Value::Millis(millis)) => Some(millis / 86_400_000),
        ("hour", Value::Millis(millis)) => Some(millis / 3_600_000 % 24),
        ("minute", Value::Millis(millis)) => Some(millis / 60_000 % 60),
        ("second", Value::Millis(millis)) => Some(millis / 1000 % 60),
        ("millisecond", Value::Millis(millis)) => Some(millis % 1000),
        _ => None,
    }
}

/// The value with another clock reading, of the same type.
fn with_local(value: &Value, at: NaiveDateTime) -> Result<Value> {
    Ok(match value {
        Value::Date(_) => Value::Date(datetime::day_number(at.date())),
        Value::Timestamp(_) => Value::Timestamp(datetime::micros(at)),
        Value::TimestampTz(_, zone) => {
            Value::TimestampTz(datetime::micros(at) - datetime::offset(zone)? * SECOND, zone.clone())
        }
        Value::Time(_) => Value::Time(datetime::clock_picos(at)),
        other => return Err(unsupported(format!("date arithmetic on {other:?}"))),
    })
}

fn truncate(unit: &str, value: &Value) -> Result<Value> {
    let at = local(value)?;
    let date = at.date();
    let midnight = |date: NaiveDate| date.and_hms_opt(0, 0, 0).expect("midnight exists");
    let ymd = |year, month| NaiveDate::from_ymd_opt(year, month, 1).expect("each month has a first day");
    let micros = datetime::micros(at);
    let down = |size: i64| datetime::moment(micros.div_euclid(size) * size);
    let cut = match unit.to_ascii_lowercase().as_str() {
        "millisecond" => down(1000)?,
        "second" => down(SECOND)?,
        "minute" => down(60 * SECOND)?,
        "hour" => down(3600 * SECOND)?,
        "day" => midnight(date),
        "week" => midnight(date - chrono::Days::new(u64::from(date.weekday().num_days_from_monday()))),
        "month" => midnight(ymd(date.year(), date.month())),
        "quarter" => midnight(ymd(date.year(), date.month0() / 3 * 3 + 1)),
        "year" => midnight(ymd(date.year(), 1)),
        other => return Err(invalid(format!("'{other}' is not a valid DATE field"))),
    };
    with_local(value, cut)
}

fn is_clock_unit(name: &str) -> bool {
    matches!(unit(name), Ok(Unit::Micros(size)) if size < DAY)
}

/// Microseconds of units of fixed length, months of the others.
enum Unit {
    Micros(i64),
    Months(i32),
}

fn unit(name: &str) -> Result<Unit> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "millisecond" => Unit::Micros(1000),
        "second" => Unit::Micros(SECOND),
        "minute" => Unit::Micros(60 * SECOND),
        "hour" => Unit::Micros(3600 * SECOND),
        "day" => Unit::Micros(DAY),
        "week" => Unit::Micros(7 * DAY),
        "month" => Unit::Months(1),
        "quarter" => Unit::Months(3),
        "year" => Unit::Months(12),
        other => return Err(invalid(format!("'{other}' is not a valid DATE field"))),
    })
}

fn add(name: &str, count: i64, value: &Value) -> Result<Value> {
    let micros = datetime::micros(local(value)?);
    let later = match unit(name)? {
        Unit::Micros(size) => count.checked_mul(size).and_then(|step| micros.checked_add(step)),
        Unit::Months(size) => {
            let months = i32::try_from(count).ok().and_then(|count| count.checked_mul(size));
            months.map(|months| months_later(micros, months)).transpose()?
        }
    };
    with_local(value, datetime::moment(later.ok_or_else(|| invalid("date out of range"))?)?)
}

/// Whole units from the first to the second.
fn difference(name: &str, from: &Value, to: &Value) -> Result<i64> {
    let (from, to) = (cast_micros(from)?, cast_micros(to)?);
    match unit(name)? {
        Unit::Micros(size) => Ok((to - from) / size),
        Unit::Months(size) => {
            let (a, b) = (datetime::moment(from)?, datetime::moment(to)?);
            let mut months = (b.year() - a.year()) * 12 + b.month() as i32 - a.month() as i32;
            if months > 0 && months_later(from, months)? > to {
                months -= 1;
            }
            if months < 0 && months_later(from, months)? < to {
                months += 1;
            }
            Ok(i64::from(months / size))
        }
    }
}

/// AT TIME ZONE.
pub fn at_timezone(value: &Value, zone: &Value) -> Result<Value> {
    let zone = match zone {
        Value::Null => return Ok(Value::Null),
        Value::Text(zone) => zone.clone(),
        Value::Millis(millis) => {
            let (sign, minutes) = (if *millis < 0 { '-' } else { '+' }, millis.unsigned_abs() / 60_000);
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60).into()
        }
        other => return Err(unsupported(format!("{other:?} as a time zone"))),
    };
    datetime::offset(&zone)?;
    match value {
        Value::Null => Ok(Value::Null),
        Value::TimestampTz(micros, _) | Value::Timestamp(micros) => Ok(Value::TimestampTz(*micros, zone)),
        other => Err(unsupported(format!("{other:?} at a time zone"))),
    }
}

fn iso(call: &Call<'_>) -> Result<Value> {
    let shown = cast::display(&call.args[0], call.types[0])?;
    Ok(Value::text(shown.replacen(' ', "T", 1).replace(" UTC", "Z").replace(' ', "")))
}

/// The formats of MySQL, as `date_format` has them.
fn format(at: NaiveDateTime, pattern: &str) -> Result<String> {
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let letter = chars.next().ok_or_else(|| invalid("a date format ends in %"))?;
        text += &match letter {
            'Y' => format!("{:04}", at.year()),
            'y' => format!("{:02}", at.year() % 100),
            'm' => format!("{:02}", at.month()),
            'c' => at.month().to_string(),
            'd' => format!("{:02}", at.day()),
            'e' => at.day().to_string(),
            'H' => format!("{:02}", at.hour()),
            'i' => format!("{:02}", at.minute()),
            's' | 'S' => format!("{:02}", at.second()),
            'f' => format!("{:06}", at.nanosecond() / 1000),
            'j' => format!("{:03}", at.ordinal()),
            'T' => at.format("%H:%M:%S").to_string(),
            'M' => at.format("%B").to_string(),
            'b' => at.format("%b").to_string(),
            'W' => at.format("%A").to_string(),
            'a' => at.format("%a").to_string(),
            '%' => "%".into(),
            other => return Err(unsupported(format!("date format %{other}"))),
        };
    }
    Ok(text)
}
