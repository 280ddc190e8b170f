//! `+ - * / %` and negation: integers checked, decimals exact and rounded half up, dates with intervals.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Decimal128Type, Int64Type, i256};
use lake_sql::types::Type;

use super::calendar;
use super::columns::{Days, Decimal, Double, Int, map1, map2};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::types::is_integer;

/// The kernel of an operator for its argument types.
pub(super) fn find(name: &str, types: &[Type], ty: &Type) -> Option<Kernel> {
    Some(match (name, types) {
        ("negate", [a]) if is_integer(a) => negate_integer,
        ("negate", [Type::Decimal { .. }]) => |args| map1::<Decimal, _>(args, |a| -a),
        ("negate", [Type::Real | Type::Double]) => |args| map1::<Double, _>(args, |a| -a),
        ("negate", [Type::IntervalDayToSecond | Type::IntervalYearToMonth]) => |args| map1::<Int, _>(args, |a: i64| -a),
        (_, [a, b]) if is_integer(a) && is_integer(b) && is_integer(ty) => integers(name)?,
        (_, [a, b]) if is_float(a) && is_float(b) => floats(name, ty)?,
        (_, [Type::Decimal { .. }, Type::Decimal { .. }]) => decimals(name)?,
        (_, [_, _]) => temporal(name, types)?,
        _ => return None,
    })
}

fn is_float(ty: &Type) -> bool {
    matches!(ty, Type::Real | Type::Double)
}

fn name_of(out: &DataType) -> &'static str {
    match out {
        DataType::Int8 => "tinyint",
        DataType::Int16 => "smallint",
        DataType::Int32 => "integer",
        _ => "bigint",
    }
}

/// Whether a wide result fits the type of a column.
fn fits(value: i128, out: &DataType) -> Option<i64> {
    let bits = match out {
        DataType::Int8 => 8,
        DataType::Int16 => 16,
        DataType::Int32 => 32,
        _ => 64,
    };
    let limit = 1_i128 << (bits - 1);
    (-limit..limit).contains(&value).then_some(value as i64)
}

fn negate_integer(args: &Args<'_>) -> Result<ArrayRef> {
    map1::<Int, _>(args, |a| {
        fits(-i128::from(a), args.out)
            .ok_or_else(|| Fault::data(format!("{} negation overflow: {a}", name_of(args.out))))
    })
}

fn integers(name: &str) -> Option<Kernel> {
    Some(match name {
        "add" => |args| quick(args, i64::checked_add, |args| checked(args, "addition", '+', |a, b| a + b)),
        "subtract" => |args| quick(args, i64::checked_sub, |args| checked(args, "subtraction", '-', |a, b| a - b)),
        "multiply" => |args| quick(args, i64::checked_mul, |args| checked(args, "multiplication", '*', |a, b| a * b)),
        "divide" => |args| {
            refuse_zero(args)?;
            checked(args, "division", '/', |a, b| a / b)
        },
        "modulus" | "mod" => |args| {
            refuse_zero(args)?;
            checked(args, "modulus", '%', |a, b| a % b)
        },
        _ => return None,
    })
}

/// Fails if a row divides by zero.
fn refuse_zero(args: &Args<'_>) -> Result<()> {
    let (a, b) = (super::columns::integers(&args.values[0])?, super::columns::integers(&args.values[1])?);
    let b = b.as_primitive::<Int64Type>();
    match (0..b.len()).any(|row| !a.is_null(row) && !b.is_null(row) && b.value(row) == 0) {
        true => Err(division_by_zero()),
        false => Ok(()),
    }
}

fn division_by_zero() -> Fault {
    Fault::data("Division by zero")
}

/// An operation on bigints, as long as every row has a result; else, and for other integers, what says which has none.
fn quick(args: &Args<'_>, op: fn(i64, i64) -> Option<i64>, else_: Kernel) -> Result<ArrayRef> {
    let columns = (args.values[0].as_primitive_opt::<Int64Type>(), args.values[1].as_primitive_opt::<Int64Type>());
    let (Some(a), Some(b), DataType::Int64) = (columns.0, columns.1, args.out) else { return else_(args) };
    let nulls = NullBuffer::union(a.nulls(), b.nulls());
    let is_null = |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let value = |(row, (a, b)): (usize, (&i64, &i64))| if is_null(row) { Some(0) } else { op(*a, *b) };
    match a.values().iter().zip(b.values()).enumerate().map(value).collect::<Option<Vec<_>>>() {
        Some(values) => Ok(Arc::new(Int64Array::new(values.into(), nulls))),
        None => else_(args),
    }
}

fn checked(args: &Args<'_>, what: &str, sign: char, op: fn(i128, i128) -> i128) -> Result<ArrayRef> {
    map2::<Int, Int, _>(args, |a, b| {
        fits(op(i128::from(a), i128::from(b)), args.out)
            .ok_or_else(|| Fault::data(format!("{} {what} overflow: {a} {sign} {b}", name_of(args.out))))
    })
}

fn floats(name: &str, ty: &Type) -> Option<Kernel> {
    if *ty == Type::Real {
        return Some(match name {
            "add" => |args| map2::<Double, Double, _>(args, |a, b| f64::from(a as f32 + b as f32)),
            "subtract" => |args| map2::<Double, Double, _>(args, |a, b| f64::from(a as f32 - b as f32)),
            "multiply" => |args| map2::<Double, Double, _>(args, |a, b| f64::from(a as f32 * b as f32)),
            "divide" => |args| map2::<Double, Double, _>(args, |a, b| f64::from(a as f32 / b as f32)),
            "modulus" | "mod" => |args| map2::<Double, Double, _>(args, |a, b| f64::from(a as f32 % b as f32)),
            _ => return None,
        });
    }
    Some(match name {
        "add" => |args| map2::<Double, Double, _>(args, |a, b| a + b),
        "subtract" => |args| map2::<Double, Double, _>(args, |a, b| a - b),
        "multiply" => |args| map2::<Double, Double, _>(args, |a, b| a * b),
        "divide" => |args| map2::<Double, Double, _>(args, |a, b| a / b),
        "modulus" | "mod" => |args| map2::<Double, Double, _>(args, |a, b| a % b),
        _ => return None,
    })
}

fn decimals(name: &str) -> Option<Kernel> {
    Some(match name {
        "add" => |args| aligned(args, i128::checked_add, |a, b| in_38_digits(a, b, a.wrapping_add(b))),
        "subtract" => |args| aligned(args, i128::checked_sub, |a, b| in_38_digits(a, b, a.wrapping_sub(b))),
        "multiply" => multiply,
        "divide" => divide,
        "modulus" | "mod" => |args| {
            aligned(args, i128::checked_rem, |a, b| match b == i256::ZERO {
                true => Err(division_by_zero()),
                false => Ok(a.wrapping_rem(b)),
            })
        },
        _ => return None,
    })
}

/// Precision and scale.
fn shape(ty: &Type) -> (u8, u8) {
    match ty {
        Type::Decimal { precision, scale } => (*precision, *scale),
        _ => (38, 0),
    }
}

/// Decimals row by row: `quick` says None where 128 bits are not enough on the way, or the result does not fit, and
/// `exact` settles that.
fn decimal_rows(
    args: &Args<'_>,
    quick: impl Fn(i128, i128) -> Option<i128>,
    exact: impl Fn(i128, i128) -> Result<i128>,
) -> Result<ArrayRef> {
    let (a, b) = (args.values[0].as_primitive::<Decimal128Type>(), args.values[1].as_primitive::<Decimal128Type>());
    let nulls = NullBuffer::union(a.nulls(), b.nulls());
    let is_null = |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let mut values = Vec::with_capacity(args.rows);
    for (row, (a, b)) in a.values().iter().zip(b.values()).enumerate() {
        values.push(match quick(*a, *b) {
            _ if is_null(row) => 0,
            Some(value) => value,
            None => exact(*a, *b)?,
        });
    }
    Ok(Arc::new(Decimal128Array::new(values.into(), nulls).with_data_type(args.out.clone())))
}

/// 10^38: what a decimal is less than.
const DIGITS_38: i128 = 10_i128.pow(38);

fn within(value: i128, limit: i128) -> Option<i128> {
    (-limit < value && value < limit).then_some(value)
}

/// A product where both factors have 64 bits, as most have.
fn short_product(a: i128, b: i128) -> Option<i128> {
    let short = |value: i128| i64::try_from(value).ok();
    Some(i128::from(short(a)?) * i128::from(short(b)?))
}

/// An operation on both operands at the larger scale. `quick` is the same where it fits 128 bits.
fn aligned(
    args: &Args<'_>,
    quick: fn(i128, i128) -> Option<i128>,
    op: fn(i256, i256) -> Result<i256>,
) -> Result<ArrayRef> {
    let (_, left) = shape(&args.types[0]);
    let (_, right) = shape(&args.types[1]);
    let (precision, scale) = shape(args.ty);
    let common = left.max(right);
    let factor = |digits: u8| 10_i128.pow(u32::from(digits.min(38)));
    let (up_left, up_right, limit) = (factor(common - left), factor(common - right), factor(precision));
    let same_scale = scale == common;
    decimal_rows(
        args,
        |a, b| {
            let a = if up_left == 1 { a } else { within(short_product(a, up_left)?, DIGITS_38)? };
            let b = if up_right == 1 { b } else { within(short_product(b, up_right)?, DIGITS_38)? };
            within(quick(a, b).filter(|_| same_scale)?, limit)
        },
        |a, b| {
            let a = scaled_up(a, common - left)?;
            let b = scaled_up(b, common - right)?;
            let value = op(a, b)?;
            finish(value, common, precision, scale)
        },
    )
}

/// Trino adds in 38 digits at the larger scale, also where the result has fewer behind the point.
fn in_38_digits(a: i256, b: i256, sum: i256) -> Result<i256> {
    narrow(a, 38).and_then(|_| narrow(b, 38)).and_then(|_| narrow(sum, 38)).map(|_| sum)
}

fn multiply(args: &Args<'_>) -> Result<ArrayRef> {
    let scale = shape(&args.types[0]).1 + shape(&args.types[1]).1;
    let (precision, wanted) = shape(args.ty);
    let limit = 10_i128.pow(u32::from(precision));
    decimal_rows(
        args,
        |a, b| within(short_product(a, b).filter(|_| wanted == scale)?, limit),
        |a, b| {
            let product = i256::from_i128(a).wrapping_mul(i256::from_i128(b));
            // Trino's product has 128 bits before it is rounded.
            product.to_i128().ok_or_else(overflow)?;
            finish(product, scale, precision, wanted)
        },
    )
}

fn divide(args: &Args<'_>) -> Result<ArrayRef> {
    let (_, left) = shape(&args.types[0]);
    let (_, right) = shape(&args.types[1]);
    let (precision, scale) = shape(args.ty);
    let limit = 10_i128.pow(u32::from(precision));
    // value = a / 10^left : b / 10^right; digits wanted behind the point: scale.
    let up = i16::from(scale) + i16::from(right) - i16::from(left);
    let factor = power(up.unsigned_abs().min(76) as u8);
    let short_factor = u32::try_from(up).ok().and_then(|up| 10_i128.checked_pow(up));
    decimal_rows(
        args,
        |a, b| {
            let top = a.checked_mul(short_factor?)?;
            let (quotient, rest) = (top.checked_div(b)?, top.checked_rem(b)?);
            let up = rest.unsigned_abs() >= b.unsigned_abs() - rest.unsigned_abs();
            let away = if (top < 0) == (b < 0) { 1 } else { -1 };
            within(if up { quotient + away } else { quotient }, limit)
        },
        |a, b| {
            if b == 0 {
                return Err(division_by_zero());
            }
            if up > 38 {
                return Err(overflow());
            }
            let (mut top, mut bottom) = (i256::from_i128(a), i256::from_i128(b));
            let target = if up >= 0 { &mut top } else { &mut bottom };
            *target = target.checked_mul(factor.clone()?).ok_or_else(overflow)?;
            narrow(divide_half_up(top, bottom), precision)
        },
    )
}

/// 10^exponent.
fn power(exponent: u8) -> Result<i256> {
    i256::from_i128(10).checked_pow(u32::from(exponent)).ok_or_else(overflow)
}

fn overflow() -> Fault {
    Fault::data("Decimal overflow")
}

fn scaled_up(value: i128, by: u8) -> Result<i256> {
    i256::from_i128(value).checked_mul(power(by)?).ok_or_else(overflow)
}

/// A quotient rounded half away from zero.
fn divide_half_up(top: i256, bottom: i256) -> i256 {
    let (quotient, rest) = (top.wrapping_div(bottom), top.wrapping_rem(bottom));
    let twice = rest.wrapping_abs().wrapping_add(rest.wrapping_abs());
    if twice < bottom.wrapping_abs() {
        return quotient;
    }
    let negative = (top < i256::ZERO) != (bottom < i256::ZERO);
    if negative { quotient.wrapping_sub(i256::ONE) } else { quotient.wrapping_add(i256::ONE) }
}

/// A result at one scale as digits at the wanted one, rounded half up and checked.
fn finish(value: i256, scale: u8, precision: u8, wanted: u8) -> Result<i128> {
    let value = if wanted >= scale {
        value.checked_mul(power(wanted - scale)?).ok_or_else(overflow)?
    } else {
        divide_half_up(value, power(scale - wanted)?)
    };
    narrow(value, precision)
}

fn narrow(value: i256, precision: u8) -> Result<i128> {
    let limit = 10_i128.pow(u32::from(precision));
    value.to_i128().filter(|v| -limit < *v && *v < limit).ok_or_else(overflow)
}

/// Digits at one scale as digits at another, rounded half up; None if they do not fit.
pub(crate) fn rescale(value: i128, scale: u8, precision: u8, wanted: u8) -> Option<i128> {
    finish(i256::from_i128(value), scale, precision, wanted).ok()
}

const MICROS_IN_MILLI: i64 = 1000;
const MILLIS_IN_DAY: i64 = 86_400_000;
const MICROS_IN_DAY: i64 = 86_400_000_000;

/// Dates, times, timestamps and intervals.
fn temporal(name: &str, types: &[Type]) -> Option<Kernel> {
    use Type::{Date, IntervalDayToSecond as Span, IntervalYearToMonth as Months, Time, Timestamp, TimestampTz};
    Some(match (name, &types[0], &types[1]) {
        ("add", Date, Months) => |args| map2::<Days, Int, _>(args, calendar::add_months_to_days),
        ("add", Months, Date) => |args| map2::<Int, Days, _>(args, |a, b| calendar::add_months_to_days(b, a)),
        ("subtract", Date, Months) => |args| map2::<Days, Int, _>(args, |a, b| calendar::add_months_to_days(a, -b)),
        ("add", Date, Span) => |args| map2::<Days, Int, _>(args, days_and_span),
        ("add", Span, Date) => |args| map2::<Int, Days, _>(args, |a, b| days_and_span(b, a)),
        ("subtract", Date, Span) => |args| map2::<Days, Int, _>(args, |a, b| days_and_span(a, -b)),
        ("subtract", Date, Date) => {
            |args| map2::<Days, Days, _>(args, |a, b| (i64::from(a) - i64::from(b)) * MILLIS_IN_DAY)
        }
        ("add", Timestamp(_), Months) => |args| map2::<Int, Int, _>(args, calendar::add_months),
        ("add", Months, Timestamp(_)) => |args| map2::<Int, Int, _>(args, |a, b| calendar::add_months(b, a)),
        ("subtract", Timestamp(_), Months) => |args| map2::<Int, Int, _>(args, |a, b| calendar::add_months(a, -b)),
        ("add", TimestampTz(_), Months) => |args| zoned_months(args, 0, 1),
        ("add", Months, TimestampTz(_)) => |args| zoned_months(args, 1, 1),
        ("subtract", TimestampTz(_), Months) => |args| zoned_months(args, 0, -1),
        ("add", Timestamp(_) | TimestampTz(_), Span) => {
            |args| map2::<Int, Int, _>(args, |a, b| a + b * MICROS_IN_MILLI)
        }
        ("add", Span, Timestamp(_) | TimestampTz(_)) => {
            |args| map2::<Int, Int, _>(args, |a, b| b + a * MICROS_IN_MILLI)
        }
        ("subtract", Timestamp(_) | TimestampTz(_), Span) => {
            |args| map2::<Int, Int, _>(args, |a, b| a - b * MICROS_IN_MILLI)
        }
        ("subtract", Timestamp(_) | TimestampTz(_), Timestamp(_) | TimestampTz(_)) => |args| {
            map2::<Int, Int, _>(args, |a: i64, b: i64| a.div_euclid(MICROS_IN_MILLI) - b.div_euclid(MICROS_IN_MILLI))
        },
        ("add", Time(_), Span) => |args| map2::<Int, Int, _>(args, time_and_span),
        ("add", Span, Time(_)) => |args| map2::<Int, Int, _>(args, |a, b| time_and_span(b, a)),
        ("subtract", Time(_), Span) => |args| map2::<Int, Int, _>(args, |a, b| time_and_span(a, -b)),
        ("subtract", Time(_), Time(_)) => |args| map2::<Int, Int, _>(args, |a, b| (a - b) / MICROS_IN_MILLI),
        ("add", Span, Span) | ("add", Months, Months) => |args| map2::<Int, Int, _>(args, |a, b| a + b),
        ("subtract", Span, Span) | ("subtract", Months, Months) => |args| map2::<Int, Int, _>(args, |a, b| a - b),
        ("multiply", Span | Months, b) if is_integer(b) => |args| map2::<Int, Int, _>(args, |a, b| a * b),
        ("multiply", a, Span | Months) if is_integer(a) => |args| map2::<Int, Int, _>(args, |a, b| a * b),
        ("multiply", Span | Months, Type::Double) => |args| map2::<Int, Double, _>(args, |a, b| (a as f64 * b) as i64),
        ("multiply", Type::Double, Span | Months) => |args| map2::<Double, Int, _>(args, |a, b| (a * b as f64) as i64),
        ("divide", Span | Months, Type::Double) => |args| map2::<Int, Double, _>(args, |a, b| (a as f64 / b) as i64),
        ("divide", Span | Months, b) if is_integer(b) => {
            |args| map2::<Int, Int, _>(args, |a: i64, b| a.checked_div(b).ok_or_else(division_by_zero))
        }
        _ => return None,
    })
}

fn days_and_span(days: i32, millis: i64) -> Result<i32> {
    if millis % MILLIS_IN_DAY != 0 {
        return Err(Fault::data("Cannot add hour, minutes or seconds to a date"));
    }
    i32::try_from(i64::from(days) + millis / MILLIS_IN_DAY).map_err(|_| Fault::data("date out of range"))
}

fn time_and_span(micros: i64, millis: i64) -> i64 {
    (micros + millis % MILLIS_IN_DAY * MICROS_IN_MILLI).rem_euclid(MICROS_IN_DAY)
}

/// Adds months to the local time of each instant; `at` is the position of the timestamp.
fn zoned_months(args: &Args<'_>, at: usize, sign: i64) -> Result<ArrayRef> {
    let zone = super::datetime::zone(args.zone.name()?)?;
    let add = |micros: i64, months: i64| zone.in_local(micros, |local| calendar::add_months(local, sign * months));
    match at {
        0 => map2::<Int, Int, _>(args, add),
        _ => map2::<Int, Int, _>(args, |months, micros| add(micros, months)),
    }
}

/// A sum divided by a count, rounded half up; None if it does not fit.
pub(crate) fn rescale_wide(sum: i256, count: i64, precision: u8) -> Option<i128> {
    narrow(divide_half_up(sum, i256::from_i128(i128::from(count))), precision).ok()
}
