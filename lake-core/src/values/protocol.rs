//! Values as Trino's REST protocol writes them: decimals, dates and times as text, varbinary as base64, rows and arrays as
//! lists, maps as objects.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, Time64MicrosecondType, TimestampMicrosecondType,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::DateTime;
use lake_sql::types::Type;
use serde_json::{Value, json};

use super::error::{Result, ValueError};

/// The value of a column of Trino's type `ty` in a row, as arrays of [`super::arrow`]'s types hold it.
///
/// # Errors
/// If no array can hold values of that type.
pub fn json(array: &dyn Array, row: usize, ty: &Type) -> Result<Value> {
    if array.is_null(row) || *ty == Type::Unknown {
        return Ok(Value::Null);
    }
    Ok(match ty {
        Type::Boolean => json!(array.as_boolean().value(row)),
        Type::TinyInt => json!(array.as_primitive::<Int8Type>().value(row)),
        Type::SmallInt => json!(array.as_primitive::<Int16Type>().value(row)),
        Type::Integer => json!(array.as_primitive::<Int32Type>().value(row)),
        Type::BigInt => json!(array.as_primitive::<Int64Type>().value(row)),
        Type::Real => {
            let value = array.as_primitive::<Float32Type>().value(row);
            // Its own shortest digits, not those of the double next to it.
            double(value.to_string().parse().unwrap_or(f64::from(value)))
        }
        Type::Double => double(array.as_primitive::<Float64Type>().value(row)),
        Type::Decimal { .. } => json!(array.as_primitive::<Decimal128Type>().value_as_string(row)),
        Type::Char(length) => {
            json!(format!("{:<width$}", array.as_string::<i32>().value(row), width = *length as usize))
        }
        Type::Opaque(name) if name == "color" => json!(array.as_string::<i32>().value(row)),
        Type::Varchar(_) | Type::Json => json!(array.as_string::<i32>().value(row)),
        Type::Varbinary | Type::Opaque(_) => json!(BASE64_STANDARD.encode(array.as_binary::<i32>().value(row))),
        Type::Uuid => {
            let bytes = array.as_fixed_size_binary().value(row);
            json!(uuid::Uuid::from_slice(bytes).map_err(|error| ValueError::internal(error.to_string()))?.to_string())
        }
        Type::Array(element) => list(array.as_list::<i32>().value(row).as_ref(), element)?,
        Type::Row(fields) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            Value::Array(columns.map(|(column, field)| json(column.as_ref(), row, &field.ty)).collect::<Result<_>>()?)
        }
        Type::Map(key, value) => {
            let entries = array.as_map().value(row);
            let pair = |at| {
                let key = name(&json(entries.column(0).as_ref(), at, key)?, key);
                Ok((key, json(entries.column(1).as_ref(), at, value)?))
            };
            Value::Object((0..entries.len()).map(pair).collect::<Result<_>>()?)
        }
        _ => json!(time(array, row, ty)?),
    })
}

fn list(elements: &dyn Array, ty: &Type) -> Result<Value> {
    (0..elements.len()).map(|at| json(elements, at, ty)).collect::<Result<Vec<_>>>().map(Value::Array)
}

/// A key of a map, which is text in JSON; floating point numbers as Java writes them, `1.0E18`.
fn name(key: &Value, ty: &Type) -> String {
    match (ty, key.as_f64()) {
        (Type::Double | Type::Real, Some(value)) => {
            let size = value.abs();
            if value == 0.0 || (1e-3..1e7).contains(&size) {
                return format!("{value:?}");
            }
            let shortest = format!("{value:e}");
            let (digits, power) = shortest.split_once('e').unwrap_or((&shortest, "0"));
            let point = if digits.contains('.') { "" } else { ".0" };
            format!("{digits}{point}E{power}")
        }
        _ => key.as_str().map_or_else(|| key.to_string(), str::to_owned),
    }
}

/// JSON has no NaN and no infinity.
fn double(value: f64) -> Value {
    match value {
        v if v.is_nan() => json!("NaN"),
        v if v.is_infinite() => json!(if v > 0.0 { "Infinity" } else { "-Infinity" }),
        v => json!(v),
    }
}

/// Dates, times and intervals as text.
fn time(array: &dyn Array, row: usize, ty: &Type) -> Result<String> {
    let range = |what: &str| ValueError::data(format!("a {what} is out of range"));
    Ok(match ty {
        Type::Date => {
            let date = array.as_primitive::<Date32Type>().value_as_date(row);
            date.ok_or_else(|| range("date"))?.to_string()
        }
        Type::Timestamp(digits) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            moment(micros, *digits).ok_or_else(|| range("timestamp"))?
        }
        Type::TimestampTz(digits) => {
            let instants = array.as_primitive::<TimestampMicrosecondType>();
            let zone = instants.timezone().unwrap_or("UTC");
            let parsed = zone.parse().map_err(|_| ValueError::internal(format!("unknown time zone {zone}")))?;
            let local = instants.value_as_datetime_with_tz(row, parsed).ok_or_else(|| range("timestamp"))?;
            let micros = local.naive_local().and_utc().timestamp_micros();
            format!("{} {zone}", moment(micros, *digits).ok_or_else(|| range("timestamp"))?)
        }
        Type::Time(digits) => clock(array.as_primitive::<Time64MicrosecondType>().value(row), *digits)?,
        Type::IntervalDayToSecond => {
            const DAY: u64 = 86_400_000;
            let millis = array.as_primitive::<DurationMillisecondType>().value(row);
            let (sign, rest) = (if millis < 0 { "-" } else { "" }, millis.unsigned_abs());
            format!("{sign}{} {}", rest / DAY, clock((rest % DAY * 1000).cast_signed(), 3)?)
        }
        Type::IntervalYearToMonth => {
            let months = array.as_primitive::<IntervalYearMonthType>().value(row);
            let (sign, rest) = (if months < 0 { "-" } else { "" }, months.unsigned_abs());
            format!("{sign}{}-{}", rest / 12, rest % 12)
        }
        other => return Err(ValueError::statement(format!("no values of {other} can be written"))),
    })
}

/// Microseconds of a day as `10:00:00.123`.
fn clock(micros: i64, digits: u8) -> Result<String> {
    let text = moment(micros, digits).ok_or_else(|| ValueError::data("a time is out of range"))?;
    Ok(text.split_once(' ').map_or(text.clone(), |(_, clock)| clock.to_owned()))
}

/// Microseconds since 1970 as `2024-02-29 10:00:00.123`; further digits are cut.
fn moment(micros: i64, digits: u8) -> Option<String> {
    let at = DateTime::from_timestamp_micros(micros)?.naive_utc();
    let fraction = format!("{:06}", micros.rem_euclid(1_000_000));
    let fraction = &fraction[..usize::from(digits.min(6))];
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{}{point}{fraction}", at.format("%Y-%m-%d %H:%M:%S")))
}
