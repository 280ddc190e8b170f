//! CAST between all types, and the looser assignment of values to columns.

use lake_sql::types::{Field, Type};

use crate::datetime::{self, DAY, PICOS, SECOND};
use crate::error::{Result, data, unsupported};
use crate::value::Value;
use crate::{decimal, json};

/// CAST.
pub fn cast(value: &Value, from: &Type, to: &Type) -> Result<Value> {
    if value.is_null() || from == to {
        return Ok(value.clone());
    }
    if *from == Type::Json {
        return json::decode(value, to);
    }
    match to {
        Type::Boolean => to_boolean(value, from, to),
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt => {
            to_integer(value, from, to).map(Value::Integer)
        }
        Type::Double => to_double(value, from, to).map(Value::Double),
        Type::Real => to_double(value, from, to).map(|number| Value::Double(f64::from(number as f32))),
        Type::Decimal { precision, scale } => to_decimal(value, from, *precision, *scale),
        Type::Varchar(length) => to_varchar(value, from, *length),
        Type::Char(length) => to_char(value, from, *length),
        Type::Date => to_date(value, from),
        Type::Time(precision) => to_time(value, from, *precision),
        Type::Timestamp(precision) => to_timestamp(value, from, *precision),
        Type::TimestampTz(precision) => to_timestamp_tz(value, from, *precision),
        Type::Json => json::encode(value, from),
        Type::Varbinary => match value {
            Value::Bytes(_) => Ok(value.clone()),
            Value::Text(text) => Ok(Value::Bytes(text.as_bytes().into())),
            _ => Err(refused(value, from, to)),
        },
        Type::Uuid => to_uuid(value, from),
        Type::Array(to_element) => to_array(value, from, to, to_element),
        Type::Map(to_key, to_value) => to_map(value, from, to, to_key, to_value),
        Type::Row(fields) => to_row(value, from, to, fields),
        _ => Err(unsupported(format!("a cast from {from:?} to {to:?}"))),
    }
}

/// What INSERT, UPDATE and MERGE do between a value and a column: casts, but no lost characters.
pub fn assign(value: &Value, from: &Type, to: &Type) -> Result<Value> {
    if let (Value::Text(text), Type::Varchar(Some(length)) | Type::Char(length)) = (value, to) {
        let kept = text.trim_end_matches(' ').chars().count();
        if kept > *length as usize {
            return Err(data(format!(
                "INVALID_CAST_ARGUMENT: Cannot truncate non-space characters when casting from {from:?} to {to:?} on INSERT"
            )));
        }
    }
    cast(value, from, to)
}

fn refused(value: &Value, from: &Type, to: &Type) -> lake_core::engine::EngineError {
    let shown = display(value, from).unwrap_or_default();
    data(format!("INVALID_CAST_ARGUMENT: Cannot cast '{shown}' to {to:?}"))
}

fn to_boolean(value: &Value, from: &Type, to: &Type) -> Result<Value> {
    Ok(Value::Boolean(match value {
        Value::Boolean(truth) => *truth,
        Value::Integer(number) => *number != 0,
        Value::Decimal(number, _) => *number != 0,
        Value::Double(number) => *number != 0.0,
        Value::Text(text) if ["t", "true", "1"].contains(&text.to_lowercase().as_str()) => true,
        Value::Text(text) if ["f", "false", "0"].contains(&text.to_lowercase().as_str()) => false,
        _ => return Err(refused(value, from, to)),
    }))
}

/// The smallest and largest value of an integer type.
pub fn integer_range(ty: &Type) -> (i64, i64) {
    match ty {
        Type::TinyInt => (i64::from(i8::MIN), i64::from(i8::MAX)),
        Type::SmallInt => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Type::Integer => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn to_integer(value: &Value, from: &Type, to: &Type) -> Result<i64> {
    let out_of_range = || data(format!("INVALID_CAST_ARGUMENT: {value:?} is out of range for {to:?}"));
    let number = match value {
        Value::Boolean(truth) => i64::from(*truth),
        Value::Integer(number) => *number,
        Value::Decimal(number, scale) => {
            let whole = decimal::rescale(*number, *scale, 0, 38).ok_or_else(out_of_range)?;
            i64::try_from(whole).map_err(|_| out_of_range())?
        }
        Value::Double(number) => {
            let rounded = number.round();
            if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
                return Err(out_of_range());
            }
            rounded as i64
        }
        Value::Text(text) => text.trim().parse().map_err(|_| refused(value, from, to))?,
        _ => return Err(refused(value, from, to)),
    };
    let (least, most) = integer_range(to);
    if (least..=most).contains(&number) { Ok(number) } else { Err(out_of_range()) }
}

fn to_double(value: &Value, from: &Type, to: &Type) -> Result<f64> {
    Ok(match value {
        Value::Boolean(truth) => f64::from(u8::from(*truth)),
        Value::Integer(number) => *number as f64,
        Value::Decimal(number, scale) => {
            decimal::display(*number, *scale).parse().expect("a decimal is written as a number")
        }
        Value::Double(number) => *number,
        Value::Text(text) => parse_double(text).ok_or_else(|| refused(value, from, to))?,
        _ => return Err(refused(value, from, to)),
    })
}

fn parse_double(text: &str) -> Option<f64> {
    match text.trim() {
        "Infinity" | "+Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        other if other.contains(|c: char| c.is_alphabetic() && c != 'e' && c != 'E') => None,
        other => other.parse().ok(),
    }
}

fn to_decimal(value: &Value, from: &Type, precision: u8, scale: u8) -> Result<Value> {
    let to = Type::Decimal { precision, scale };
    let too_large = || data(format!("INVALID_CAST_ARGUMENT: Cannot cast {value:?} to decimal({precision}, {scale})"));
    let digits = match value {
        Value::Boolean(truth) => decimal::rescale(i128::from(*truth), 0, scale, precision),
        Value::Integer(number) => decimal::rescale(i128::from(*number), 0, scale, precision),
        Value::Decimal(number, from) => decimal::rescale(*number, *from, scale, precision),
        Value::Double(number) => decimal::parse(&format!("{number:e}")).and_then(|d| decimal::fit(d, precision, scale)),
        Value::Text(text) => {
            let parsed = decimal::parse(text.trim()).ok_or_else(|| refused(value, from, &to))?;
            decimal::fit(parsed, precision, scale)
        }
        _ => return Err(refused(value, from, &to)),
    };
    digits.map(|digits| Value::Decimal(digits, scale)).ok_or_else(too_large)
}

fn to_varchar(value: &Value, from: &Type, length: Option<u32>) -> Result<Value> {
    let text = match (value, from) {
        // Trino's new rules drop a char's blanks here; the old ones turn the varchar into a char instead.
        (Value::Text(text), Type::Char(_)) => text.to_string(),
        _ => display(value, from)?,
    };
    match length {
        Some(length) if text.chars().count() > length as usize => match from {
            Type::Varchar(_) | Type::Char(_) => Ok(Value::text(text.chars().take(length as usize).collect::<String>())),
            _ => Err(data(format!("INVALID_CAST_ARGUMENT: Value {text} cannot be represented as varchar({length})"))),
        },
        _ => Ok(Value::text(text)),
    }
}

fn to_char(value: &Value, from: &Type, length: u32) -> Result<Value> {
    let text: String = display(value, from)?.chars().take(length as usize).collect();
    Ok(Value::text(text.trim_end_matches(' ')))
}

fn to_uuid(value: &Value, from: &Type) -> Result<Value> {
    let parsed = match value {
        Value::Text(text) if text.len() == 36 => uuid::Uuid::parse_str(text).ok(),
        Value::Bytes(bytes) => uuid::Uuid::from_slice(bytes).ok(),
        _ => None,
    };
    parsed.map(|uuid| Value::text(uuid.to_string())).ok_or_else(|| refused(value, from, &Type::Uuid))
}

fn to_date(value: &Value, from: &Type) -> Result<Value> {
    let micros = match value {
        Value::Date(_) => return Ok(value.clone()),
        Value::Text(text) => {
            return datetime::parse_date(text).map(Value::Date).ok_or_else(|| refused(value, from, &Type::Date));
        }
        _ => local_micros(value, from, &Type::Date)?,
    };
    let days = i32::try_from(micros.div_euclid(DAY)).map_err(|_| refused(value, from, &Type::Date))?;
    Ok(Value::Date(days))
}

/// The clock's reading of a moment, in its own zone.
fn local_micros(value: &Value, from: &Type, to: &Type) -> Result<i64> {
    match value {
        Value::Date(days) => Ok(i64::from(*days) * DAY),
        Value::Timestamp(micros) => Ok(*micros),
        Value::TimestampTz(micros, zone) => Ok(micros + datetime::offset(zone)? * SECOND),
        Value::Text(text) => {
            datetime::parse_timestamp(text).map(|(micros, _)| micros).ok_or_else(|| refused(value, from, to))
        }
        _ => Err(refused(value, from, to)),
    }
}

fn to_time(value: &Value, from: &Type, precision: u8) -> Result<Value> {
    let to = Type::Time(precision);
    let picos = match value {
        Value::Time(picos) => *picos,
        Value::Text(text) => datetime::parse_time(text).ok_or_else(|| refused(value, from, &to))?,
        _ => local_micros(value, from, &to)?.rem_euclid(DAY) * PICOS,
    };
    let unit = 10i64.pow(u32::from(12 - precision.min(12)));
    Ok(Value::Time((picos + unit / 2) / unit * unit % (DAY * PICOS)))
}

fn to_timestamp(value: &Value, from: &Type, precision: u8) -> Result<Value> {
    let micros = local_micros(value, from, &Type::Timestamp(precision))?;
    Ok(Value::Timestamp(datetime::round_micros(micros, precision)))
}

fn to_timestamp_tz(value: &Value, from: &Type, precision: u8) -> Result<Value> {
    let (micros, zone) = match value {
        Value::TimestampTz(micros, zone) => (*micros, zone.clone()),
        Value::Text(text) => {
            let to = Type::TimestampTz(precision);
            let (local, zone) = datetime::parse_timestamp(text).ok_or_else(|| refused(value, from, &to))?;
            let zone = zone.unwrap_or_else(|| "UTC".into());
            (local - datetime::offset(&zone)? * SECOND, zone.into())
        }
        _ => (local_micros(value, from, &Type::TimestampTz(precision))?, "UTC".into()),
    };
    Ok(Value::TimestampTz(datetime::round_micros(micros, precision), zone))
}

fn to_array(value: &Value, from: &Type, to: &Type, to_element: &Type) -> Result<Value> {
    let (Value::Array(elements), Type::Array(from_element)) = (value, from) else {
        return Err(refused(value, from, to));
    };
    elements.iter().map(|element| cast(element, from_element, to_element)).collect::<Result<_>>().map(Value::Array)
}

fn to_map(value: &Value, from: &Type, to: &Type, to_key: &Type, to_value: &Type) -> Result<Value> {
    let (Value::Map(entries), Type::Map(from_key, from_value)) = (value, from) else {
        return Err(refused(value, from, to));
    };
    let entry = |(k, v): &(Value, Value)| Ok((cast(k, from_key, to_key)?, cast(v, from_value, to_value)?));
    entries.iter().map(entry).collect::<Result<_>>().map(Value::Map)
}

fn to_row(value: &Value, from: &Type, to: &Type, fields: &[Field]) -> Result<Value> {
    let (Value::Row(values), Type::Row(from_fields)) = (value, from) else {
        return Err(refused(value, from, to));
    };
    let field = |((value, from), to): ((&Value, &Field), &Field)| cast(value, &from.ty, &to.ty);
    values.iter().zip(from_fields).zip(fields).map(field).collect::<Result<_>>().map(Value::Row)
}

/// A value as a cast to varchar writes it.
pub fn display(value: &Value, ty: &Type) -> Result<String> {
    Ok(match (value, ty) {
        (Value::Null, _) => "null".into(),
        (Value::Boolean(truth), _) => truth.to_string(),
        (Value::Integer(number), _) => number.to_string(),
        (Value::Decimal(number, scale), _) => decimal::display(*number, *scale),
        (Value::Double(number), Type::Real) => display_double(&format!("{:e}", *number as f32), *number),
        (Value::Double(number), _) => display_double(&format!("{number:e}"), *number),
        (Value::Text(text), Type::Char(length)) => format!("{text:<width$}", width = *length as usize),
        (Value::Text(text), _) => text.to_string(),
        (Value::Date(days), _) => datetime::display_date(*days)?,
        (Value::Time(picos), Type::Time(precision)) => datetime::display_time(*picos, *precision),
        (Value::Timestamp(micros), Type::Timestamp(precision)) => datetime::display_timestamp(*micros, *precision)?,
        (Value::TimestampTz(micros, zone), Type::TimestampTz(precision)) => {
            let local = micros + datetime::offset(zone)? * SECOND;
            format!("{} {zone}", datetime::display_timestamp(local, *precision)?)
        }
        (Value::Months(months), _) => {
            let sign = if *months < 0 { "-" } else { "" };
            format!("{sign}{}-{}", months.unsigned_abs() / 12, months.unsigned_abs() % 12)
        }
        (Value::Millis(millis), _) => display_interval(*millis),
        _ => return Err(unsupported(format!("a cast from {ty:?} to varchar"))),
    })
}

fn display_interval(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let all = millis.unsigned_abs();
    let (days, rest) = (all / 86_400_000, all % 86_400_000);
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{sign}{days} {hours:02}:{minutes:02}:{seconds:02}.{:03}", rest % 1000)
}

/// Trino writes doubles as `1.5E0`.
fn display_double(scientific: &str, number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let (mantissa, exponent) = scientific.split_once('e').expect("the format writes an exponent");
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{exponent}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const BARE: Type = Type::Varchar(None);

    fn check(value: Value, from: Type, to: Type, expected: &str) {
        let result = cast(&value, &from, &to).and_then(|value| display(&value, &to));
        assert_eq!(result.unwrap_or_else(|error| error.message), expected);
    }

    #[test]
    fn numbers() {
        let money = Type::Decimal { precision: 5, scale: 2 };
        check(Value::Double(2.5), Type::Double, Type::Integer, "3");
        check(Value::Double(-2.5), Type::Double, Type::Integer, "-3");
        check(Value::Decimal(-250, 2), Type::Decimal { precision: 5, scale: 2 }, Type::BigInt, "-3");
        check(Value::Double(1.005), Type::Double, money.clone(), "1.01");
        check(Value::text("1.239"), BARE, money.clone(), "1.24");
        assert!(cast(&Value::Integer(1000), &Type::Integer, &money).is_err());
        assert!(cast(&Value::Integer(300), &Type::Integer, &Type::TinyInt).is_err());
        assert!(cast(&Value::text("x"), &BARE, &Type::Integer).is_err());
    }

    #[test]
    fn text() {
        check(Value::Double(1.0), Type::Double, BARE, "1.0E0");
        check(Value::Double(0.00012), Type::Double, BARE, "1.2E-4");
        check(Value::text("abc"), BARE, Type::Varchar(Some(2)), "ab");
        check(Value::text("ab"), BARE, Type::Char(4), "ab  ");
        check(
            Value::Integer(123),
            Type::Integer,
            Type::Varchar(Some(2)),
            "INVALID_CAST_ARGUMENT: Value 123 cannot be represented as varchar(2)",
        );
    }

    #[test]
    fn moments() {
        check(Value::text("2022-03-01 10:00:00.5"), BARE, Type::Timestamp(3), "2022-03-01 10:00:00.500");
        check(Value::Date(0), Type::Date, Type::TimestampTz(0), "1970-01-01 00:00:00 UTC");
        check(Value::TimestampTz(0, "+02:00".into()), Type::TimestampTz(6), Type::Timestamp(0), "1970-01-01 02:00:00");
        check(Value::Timestamp(-1), Type::Timestamp(6), Type::Date, "1969-12-31");
    }

    #[test]
    fn assignment_loses_no_characters() {
        assert!(assign(&Value::text("abc"), &BARE, &Type::Varchar(Some(2))).is_err());
        assert!(assign(&Value::text("ab  "), &BARE, &Type::Varchar(Some(2))).is_ok());
    }
}
