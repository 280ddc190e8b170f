//! Arithmetic and mathematics.

use lake_sql::types::Type;

use super::{Answer, Call, invalid};
use crate::cast::integer_range;
use crate::datetime::{self, DAY, PICOS};
use crate::error::{Result, data, unsupported};
use crate::value::Value;
use crate::{cast, decimal};

pub(super) fn call(call: &Call<'_>) -> Answer {
    let args = call.args;
    Ok(Some(match call.function {
        "add" | "subtract" | "multiply" | "divide" | "modulus" => {
            arithmetic(call.function, &args[0], &args[1], call.ty)?
        }
        "mod" => arithmetic("modulus", &args[0], &args[1], call.ty)?,
        "negate" => negate(&args[0], call.ty)?,
        "abs" if is_negative(&args[0]) => negate(&args[0], call.ty)?,
        "abs" => args[0].clone(),
        "sign" => sign(&args[0], call.ty),
        "greatest" => args.iter().max().expect("greatest has an argument").clone(),
        "least" => args.iter().min().expect("least has an argument").clone(),
        "round" | "truncate" => round(call)?,
        "floor" | "ceil" | "ceiling" => whole(call)?,
        "bitwise_and" => Value::Integer(call.integer(0)? & call.integer(1)?),
        "bitwise_or" => Value::Integer(call.integer(0)? | call.integer(1)?),
        "bitwise_xor" => Value::Integer(call.integer(0)? ^ call.integer(1)?),
        "bitwise_not" => Value::Integer(!call.integer(0)?),
        "is_nan" => Value::Boolean(call.double(0)?.is_nan()),
        "is_finite" => Value::Boolean(call.double(0)?.is_finite()),
        "is_infinite" => Value::Boolean(call.double(0)?.is_infinite()),
        _ => match of_doubles(call)? {
            Some(number) => real(number, call.ty),
            None => return Ok(None),
        },
    }))
}

fn of_doubles(call: &Call<'_>) -> Result<Option<f64>> {
    let x = || call.double(0);
    Ok(Some(match (call.function, call.args.len()) {
        ("ln", 1) => x()?.ln(),
        ("log", 2) => call.double(1)?.ln() / x()?.ln(),
        ("log2", 1) => x()?.log2(),
        ("log10", 1) => x()?.log10(),
        ("exp", 1) => x()?.exp(),
        ("sqrt", 1) => x()?.sqrt(),
        ("cbrt", 1) => x()?.cbrt(),
        ("power" | "pow", 2) => x()?.powf(call.double(1)?),
        ("sin", 1) => x()?.sin(),
        ("cos", 1) => x()?.cos(),
        ("tan", 1) => x()?.tan(),
        ("asin", 1) => x()?.asin(),
        ("acos", 1) => x()?.acos(),
        ("atan", 1) => x()?.atan(),
        ("atan2", 2) => x()?.atan2(call.double(1)?),
        ("sinh", 1) => x()?.sinh(),
        ("cosh", 1) => x()?.cosh(),
        ("tanh", 1) => x()?.tanh(),
        ("degrees", 1) => x()?.to_degrees(),
        ("radians", 1) => x()?.to_radians(),
        ("pi", 0) => std::f64::consts::PI,
        ("e", 0) => std::f64::consts::E,
        ("nan", 0) => f64::NAN,
        ("infinity", 0) => f64::INFINITY,
        _ => return Ok(None),
    }))
}

/// A double, rounded to a real if that is the type.
pub fn real(number: f64, ty: &Type) -> Value {
    Value::Double(if *ty == Type::Real { f64::from(number as f32) } else { number })
}

/// `+ - * / %` on numbers, dates, times and intervals, to a result type.
pub fn arithmetic(function: &str, a: &Value, b: &Value, ty: &Type) -> Result<Value> {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Integer(a), Value::Integer(b)) => integers(function, *a, *b, ty),
        (Value::Double(a), Value::Double(b)) => Ok(real(doubles(function, *a, *b), ty)),
        (Value::Decimal(a, s), Value::Decimal(b, t)) => match ty {
            Type::Decimal { precision, scale } => {
                decimal::arithmetic(function, (*a, *s), (*b, *t), *precision, *scale).map(|d| Value::Decimal(d, *scale))
            }
            _ => Err(unsupported(format!("{function} of decimals to {ty:?}"))),
        },
        _ => moments(function, a, b),
    }
}

fn integers(function: &str, a: i64, b: i64, ty: &Type) -> Result<Value> {
    if b == 0 && matches!(function, "divide" | "modulus") {
        return Err(data("DIVISION_BY_ZERO: Division by zero"));
    }
    let result = match function {
        "add" => a.checked_add(b),
        "subtract" => a.checked_sub(b),
        "multiply" => a.checked_mul(b),
        "divide" => a.checked_div(b),
        _ => Some(a.wrapping_rem(b)),
    };
    in_range(result, ty, || format!("{function} of {a} and {b}"))
}

fn in_range(number: Option<i64>, ty: &Type, what: impl Fn() -> String) -> Result<Value> {
    let (least, most) = integer_range(ty);
    let number = number.filter(|number| (least..=most).contains(number));
    let number = number.ok_or_else(|| data(format!("NUMERIC_VALUE_OUT_OF_RANGE: {ty:?} overflow: {}", what())))?;
    Ok(Value::Integer(number))
}

fn doubles(function: &str, a: f64, b: f64) -> f64 {
    match function {
        "add" => a + b,
        "subtract" => a - b,
        "multiply" => a * b,
        "divide" => a / b,
        _ => a % b,
    }
}

fn moments(function: &str, a: &Value, b: &Value) -> Result<Value> {
    let unknown = || unsupported(format!("{function} of {a:?} and {b:?}"));
    let sign = match function {
        "add" => 1,
        "subtract" => -1,
        _ => return scaled(function, a, b).ok_or_else(unknown),
    };
    Ok(match (a, b) {
        (
            Value::Months(_) | Value::Millis(_),
            Value::Date(_) | Value::Time(_) | Value::Timestamp(_) | Value::TimestampTz(..),
        ) if sign == 1 => {
            return moments(function, b, a);
        }
        (Value::Months(a), Value::Months(b)) => Value::Months(a + sign as i32 * b),
        (Value::Millis(a), Value::Millis(b)) => Value::Millis(a + sign * b),
        (Value::Date(days), Value::Months(months)) => {
            Value::Date(datetime::day_number(datetime::add_months(datetime::civil(*days)?, sign as i32 * months)?))
        }
        (Value::Date(days), Value::Millis(millis)) => {
            if millis % 86_400_000 != 0 {
                return Err(invalid("Cannot add hours, minutes or seconds to a date"));
            }
            Value::Date(days + (sign * millis / 86_400_000) as i32)
        }
        (Value::Timestamp(at), Value::Months(months)) => Value::Timestamp(months_later(*at, sign as i32 * months)?),
        (Value::TimestampTz(at, zone), Value::Months(months)) => {
            Value::TimestampTz(months_later(*at, sign as i32 * months)?, zone.clone())
        }
        (Value::Timestamp(at), Value::Millis(millis)) => Value::Timestamp(at + sign * millis * 1000),
        (Value::TimestampTz(at, zone), Value::Millis(millis)) => {
            Value::TimestampTz(at + sign * millis * 1000, zone.clone())
        }
        (Value::Time(at), Value::Millis(millis)) => {
            Value::Time((at + sign * (millis % 86_400_000) * 1000 * PICOS).rem_euclid(DAY * PICOS))
        }
        (Value::Date(a), Value::Date(b)) if sign == -1 => Value::Millis((i64::from(*a) - i64::from(*b)) * 86_400_000),
        (Value::Timestamp(a), Value::Timestamp(b)) | (Value::TimestampTz(a, _), Value::TimestampTz(b, _))
            if sign == -1 =>
        {
            Value::Millis((a - b).div_euclid(1000))
        }
        (Value::Time(a), Value::Time(b)) if sign == -1 => Value::Millis((a - b) / (1000 * PICOS)),
        _ => return Err(unknown()),
    })
}

/// The same clock, months later.
pub(super) fn months_later(micros: i64, months: i32) -> Result<i64> {
    let at = datetime::moment(micros)?;
    Ok(datetime::micros(datetime::add_months(at.date(), months)?.and_time(at.time())))
}

/// Intervals times and by numbers.
fn scaled(function: &str, a: &Value, b: &Value) -> Option<Value> {
    let factor = |value: &Value| match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        _ => None,
    };
    let (interval, factor) = match (factor(a), factor(b)) {
        (None, Some(number)) if function == "multiply" => (a, number),
        (Some(number), None) if function == "multiply" => (b, number),
        (None, Some(number)) if function == "divide" => (a, 1.0 / number),
        _ => return None,
    };
    match interval {
        Value::Months(months) => Some(Value::Months((f64::from(*months) * factor) as i32)),
        Value::Millis(millis) => Some(Value::Millis((*millis as f64 * factor) as i64)),
        _ => None,
    }
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Integer(number) => *number < 0,
        Value::Decimal(number, _) => *number < 0,
        Value::Double(number) => number.is_sign_negative(),
        _ => false,
    }
}

fn negate(value: &Value, ty: &Type) -> Result<Value> {
    Ok(match value {
        Value::Integer(number) => return in_range(number.checked_neg(), ty, || format!("-({number})")),
        Value::Decimal(number, scale) => Value::Decimal(-number, *scale),
        Value::Double(number) => Value::Double(-number),
        Value::Months(months) => Value::Months(-months),
        Value::Millis(millis) => Value::Millis(-millis),
        other => return Err(unsupported(format!("the negative of {other:?}"))),
    })
}

fn sign(value: &Value, ty: &Type) -> Value {
    match value {
        Value::Decimal(number, _) => Value::Decimal(number.signum(), 0),
        Value::Double(number) if *number == 0.0 || number.is_nan() => value.clone(),
        Value::Double(number) => real(number.signum(), ty),
        Value::Integer(number) => Value::Integer(number.signum()),
        other => other.clone(),
    }
}

/// ROUND and TRUNCATE, with or without a number of digits.
fn round(call: &Call<'_>) -> Result<Value> {
    let digits = if call.args.len() > 1 { call.integer(1)? } else { 0 };
    let cut = call.function == "truncate";
    match (&call.args[0], call.ty) {
        (Value::Double(number), _) if !number.is_finite() => Ok(call.args[0].clone()),
        (Value::Double(number), ty) => {
            let factor = 10f64.powi(digits as i32);
            let scaled = number * factor;
            Ok(real(if cut { scaled.trunc() } else { scaled.round() } / factor, ty))
        }
        (Value::Integer(number), ty) if digits < 0 => {
            let unit = 10i128.checked_pow(digits.unsigned_abs() as u32).unwrap_or(i128::MAX);
            let number = i128::from(*number);
            let up = if cut { 0 } else { number.signum() * (unit / 2) };
            in_range(i64::try_from((number + up) / unit * unit).ok(), ty, || format!("round({number})"))
        }
        (Value::Integer(_), _) => Ok(call.args[0].clone()),
        (Value::Decimal(number, scale), Type::Decimal { precision, scale: to }) => {
            let kept = digits.clamp(0, i64::from(*scale)) as u8;
            let unit = decimal::power_of_ten(scale - kept);
            let cut_off = number / unit * unit;
            let rounded = if cut {
                Some(cut_off)
            } else {
                decimal::rescale(*number, *scale, kept, 38).map(|digits| digits * unit)
            };
            let fitted = rounded.and_then(|digits| decimal::rescale(digits, *scale, *to, *precision));
            fitted
                .map(|digits| Value::Decimal(digits, *to))
                .ok_or_else(|| data("NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow"))
        }
        (other, _) => Err(unsupported(format!("{} of {other:?}", call.function))),
    }
}

fn whole(call: &Call<'_>) -> Result<Value> {
    let down = call.function == "floor";
    match (&call.args[0], call.ty) {
        (Value::Double(number), ty) => Ok(real(if down { number.floor() } else { number.ceil() }, ty)),
        (Value::Decimal(number, scale), Type::Decimal { scale: to, .. }) => {
            let unit = decimal::power_of_ten(*scale);
            let floor = number.div_euclid(unit);
            let up = !down && number.rem_euclid(unit) != 0;
            Ok(Value::Decimal((floor + i128::from(up)) * decimal::power_of_ten(*to), *to))
        }
        (Value::Integer(_), _) => Ok(call.args[0].clone()),
        (other, ty) => cast::cast(other, call.types[0], ty),
    }
}
