//! Numbers.

use std::cell::Cell;

use arrow::array::{ArrayRef, AsArray};
use arrow::compute;
use arrow::datatypes::{DataType, Float64Type};
use lake_sql::types::Type;

use super::arithmetic::rescale;
use super::array::span;
use super::columns::{Decimal, Double, Int, Reader, Text, map1, map2, rows};
use super::compare;
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::types::is_integer;

pub(super) fn find(name: &str, types: &[Type], ty: &Type) -> Option<Kernel> {
    let first = types.first();
    let integer = first.is_some_and(is_integer);
    let double = matches!(first, Some(Type::Double | Type::Real));
    let decimal = matches!(first, Some(Type::Decimal { .. }));
    Some(match (name, types.len()) {
        ("abs", 1) if integer => absolute,
        ("abs", 1) if double => |args| map1::<Double, _>(args, f64::abs),
        ("abs", 1) if decimal => |args| map1::<Decimal, _>(args, i128::abs),
        ("sign", 1) if integer => |args| map1::<Int, _>(args, |v: i64| v.signum()),
        ("sign", 1) if double => |args| map1::<Double, _>(args, sign),
        ("sign", 1) if decimal => |args| map1::<Decimal, _>(args, |v: i128| v.signum()),
        ("ceil" | "ceiling" | "floor", 1) if integer => |args| Ok(args.values[0].clone()),
        ("round" | "truncate", 1) if integer => |args| Ok(args.values[0].clone()),
        ("ceil" | "ceiling", 1) if double => |args| map1::<Double, _>(args, f64::ceil),
        ("floor", 1) if double => |args| map1::<Double, _>(args, f64::floor),
        ("round", 1) if double => |args| map1::<Double, _>(args, f64::round),
        ("truncate", 1) if double => |args| map1::<Double, _>(args, f64::trunc),
        ("ceil" | "ceiling", 1) if decimal => |args| whole(args, Rounding::Up),
        ("floor", 1) if decimal => |args| whole(args, Rounding::Down),
        ("round", 1) if decimal => |args| whole(args, Rounding::HalfUp),
        ("truncate", 1) if decimal => |args| whole(args, Rounding::Zero),
        ("round", 2) if double => |args| map2::<Double, Int, _>(args, round_double),
        ("round", 2) if integer => |args| map2::<Int, Int, _>(args, round_integer),
        ("round", 2) if decimal => |args| at_digits(args, Rounding::HalfUp),
        ("truncate", 2) if decimal => |args| at_digits(args, Rounding::Zero),
        ("mod", 2) => return super::arithmetic::find("modulus", types, ty),
        ("pow" | "power", 2) => |args| map2::<Double, Double, _>(args, power),
        ("log", 2) => |args| map2::<Double, Double, _>(args, |base: f64, v: f64| v.ln() / base.ln()),
        ("atan2", 2) => |args| map2::<Double, Double, _>(args, f64::atan2),
        ("greatest", _) => |args| extreme(args, std::cmp::Ordering::Greater),
        ("least", _) => |args| extreme(args, std::cmp::Ordering::Less),
        ("pi", 0) => |args| rows(args, |_| std::f64::consts::PI),
        ("e", 0) => |args| rows(args, |_| std::f64::consts::E),
        ("nan", 0) => |args| rows(args, |_| f64::NAN),
        ("infinity", 0) => |args| rows(args, |_| f64::INFINITY),
        ("is_nan", 1) => |args| map1::<Double, _>(args, f64::is_nan),
        ("is_finite", 1) => |args| map1::<Double, _>(args, f64::is_finite),
        ("is_infinite", 1) => |args| map1::<Double, _>(args, f64::is_infinite),
        ("width_bucket", 4) if double => width_bucket,
        ("width_bucket", 2) if double => width_bucket_of_bins,
        ("to_base", 2) => |args| map2::<Int, Int, _>(args, to_base),
        ("from_base", 2) => |args| map2::<Text, Int, _>(args, from_base),
        _ => return of_double(name, types.len()),
    })
}

/// Functions of one double.
fn of_double(name: &str, arguments: usize) -> Option<Kernel> {
    if arguments != 1 {
        return None;
    }
    Some(match name {
        "sqrt" => |args| map1::<Double, _>(args, f64::sqrt),
        "cbrt" => |args| map1::<Double, _>(args, f64::cbrt),
        "exp" => |args| map1::<Double, _>(args, f64::exp),
        "ln" => |args| map1::<Double, _>(args, f64::ln),
        "log2" => |args| map1::<Double, _>(args, f64::log2),
        "log10" => |args| map1::<Double, _>(args, f64::log10),
        "sin" => |args| map1::<Double, _>(args, f64::sin),
        "cos" => |args| map1::<Double, _>(args, f64::cos),
        "tan" => |args| map1::<Double, _>(args, f64::tan),
        "asin" => |args| map1::<Double, _>(args, f64::asin),
        "acos" => |args| map1::<Double, _>(args, f64::acos),
        "atan" => |args| map1::<Double, _>(args, f64::atan),
        "sinh" => |args| map1::<Double, _>(args, f64::sinh),
        "cosh" => |args| map1::<Double, _>(args, f64::cosh),
        "tanh" => |args| map1::<Double, _>(args, f64::tanh),
        "degrees" => |args| map1::<Double, _>(args, f64::to_degrees),
        "radians" => |args| map1::<Double, _>(args, f64::to_radians),
        _ => return None,
    })
}

/// Functions that give another value each time.
pub(super) fn volatile(name: &str, types: &[Type]) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("random" | "rand", 0) => |args| rows(args, |_| random()),
        ("random" | "rand", 1) if is_integer(&types[0]) => |args| map1::<Int, _>(args, |n| below(0, n)),
        ("random" | "rand", 2) if is_integer(&types[0]) => |args| map2::<Int, Int, _>(args, below),
        ("uuid", 0) => |args| rows(args, |_| uuid::Uuid::new_v4().as_bytes().to_vec()),
        _ => return None,
    })
}

/// A double in [0, 1), from a generator of the thread that a random id seeded.
pub(super) fn random() -> f64 {
    thread_local!(static STATE: Cell<u64> = Cell::new(uuid::Uuid::new_v4().as_u64_pair().0 | 1));
    STATE.with(|state| {
        // xorshift64*
        let mut x = state.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state.set(x);
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    })
}

fn below(low: i64, high: i64) -> Result<i64> {
    if low >= high {
        return Err(Fault::data("bound must be positive"));
    }
    Ok(low + (random() * (high - low) as f64) as i64)
}

fn absolute(args: &Args<'_>) -> Result<ArrayRef> {
    map1::<Int, _>(args, |v: i64| {
        let least = match args.types[0] {
            Type::TinyInt => i64::from(i8::MIN),
            Type::SmallInt => i64::from(i16::MIN),
            Type::Integer => i64::from(i32::MIN),
            _ => i64::MIN,
        };
        match v == least {
            true => Err(Fault::data(format!("Value {v} is out of range for abs({})", args.types[0]))),
            false => Ok(v.abs()),
        }
    })
}

fn sign(v: f64) -> f64 {
    if v == 0.0 || v.is_nan() { v } else { v.signum() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    Up,
    Down,
    HalfUp,
    Zero,
}

fn shape(ty: &Type) -> (u8, u8) {
    match ty {
        Type::Decimal { precision, scale } => (*precision, *scale),
        _ => (38, 0),
    }
}

/// A value divided by a unit, rounded.
fn divided(value: i128, unit: i128, rounding: Rounding) -> i128 {
    let (quotient, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    match rounding {
        Rounding::Down => quotient,
        Rounding::Up => quotient + i128::from(rest > 0),
        Rounding::Zero => value / unit,
        Rounding::HalfUp => {
            let magnitude = (value.unsigned_abs() + unit.unsigned_abs() / 2) / unit.unsigned_abs();
            if value < 0 { -(magnitude as i128) } else { magnitude as i128 }
        }
    }
}

fn whole(args: &Args<'_>, rounding: Rounding) -> Result<ArrayRef> {
    let (_, scale) = shape(&args.types[0]);
    let unit = 10_i128.pow(u32::from(scale));
    map1::<Decimal, _>(args, |v| divided(v, unit, rounding))
}

/// Rounds to so many digits behind the point, or before it if negative; the scale stays.
fn at_digits(args: &Args<'_>, rounding: Rounding) -> Result<ArrayRef> {
    let (_, scale) = shape(&args.types[0]);
    let (precision, wanted) = shape(args.ty);
    map2::<Decimal, Int, _>(args, |v, digits: i64| {
        let away = i64::from(scale) - digits;
        let rounded = match away {
            n if n <= 0 => v,
            n if n > 38 => 0,
            n => {
                let unit = 10_i128.checked_pow(n as u32).unwrap_or(i128::MAX);
                divided(v, unit, rounding).checked_mul(unit).ok_or_else(|| Fault::data("Decimal overflow"))?
            }
        };
        rescale(rounded, scale, precision, wanted).ok_or_else(|| Fault::data("Decimal overflow"))
    })
}

fn round_double(v: f64, digits: i64) -> f64 {
    if !v.is_finite() {
        return v;
    }
    let factor = 10_f64.powi(digits.clamp(-400, 400) as i32);
    let scaled = v * factor;
    if scaled.is_finite() && factor > 0.0 {
        scaled.round() / factor
    } else if factor == 0.0 {
        0.0
    } else {
        v
    }
}

fn round_integer(v: i64, digits: i64) -> Result<i64> {
    if digits >= 0 {
        return Ok(v);
    }
    let Some(unit) = 10_i128.checked_pow(digits.unsigned_abs().min(38) as u32) else { return Ok(0) };
    let rounded = divided(i128::from(v), unit, Rounding::HalfUp) * unit;
    i64::try_from(rounded).map_err(|_| Fault::data(format!("Out of range for bigint: {rounded}")))
}

fn extreme(args: &Args<'_>, wanted: std::cmp::Ordering) -> Result<ArrayRef> {
    use arrow::array::Array;
    let mut places = Vec::with_capacity(args.rows);
    let null = arrow::array::new_null_array(args.out, 1);
    for row in 0..args.rows {
        if args.values.iter().any(|value| value.is_null(row)) {
            places.push((0, 0));
            continue;
        }
        let mut best = 0;
        for other in 1..args.values.len() {
            if compare::order(&args.values[other], row, &args.values[best], row, args.ty)? == wanted {
                best = other;
            }
        }
        places.push((best + 1, row));
    }
    let mut sources: Vec<&dyn Array> = vec![null.as_ref()];
    sources.extend(args.values.iter().map(|value| value.as_ref()));
    Ok(arrow::compute::interleave(&sources, &places)?)
}

/// How many of the bins, which are in order, are not above the value. Only bins that are looked at are checked.
fn width_bucket_of_bins(args: &Args<'_>) -> Result<ArrayRef> {
    let value = Reader::<Double>::new(&args.values[0])?;
    let list = args.values[1].as_list::<i32>();
    let bins = compute::cast(list.values(), &DataType::Float64)?;
    let bins = bins.as_primitive::<Float64Type>();
    rows(args, |row| -> Result<Option<i64>> {
        let (Some(value), Some(span)) = (value.get(row), span(list, row)) else { return Ok(None) };
        let first = span.start;
        if span.is_empty() {
            return Err(Fault::data("Bins cannot be an empty array"));
        }
        if value.is_nan() {
            return Err(Fault::data("Operand cannot be NaN"));
        }
        let (mut low, mut high) = (0, span.len());
        while low < high {
            let [least, bin, greatest] = [low, (low + high) / 2, high - 1].map(|at| bins.value(first + at));
            if least > greatest {
                return Err(Fault::data("Bin values are not sorted in ascending order"));
            }
            if !bin.is_finite() {
                return Err(Fault::data(format!("Bin value must be finite, got {}", super::format::double(bin))));
            }
            if value < bin {
                high = (low + high) / 2;
            } else {
                low = (low + high) / 2 + 1;
            }
        }
        Ok(Some(low as i64))
    })
}

fn width_bucket(args: &Args<'_>) -> Result<ArrayRef> {
    let reader = |at: usize| Reader::<Double>::new(&args.values[at]);
    let (x, low, high) = (reader(0)?, reader(1)?, reader(2)?);
    let count = Reader::<Int>::new(&args.values[3])?;
    rows(args, |row| {
        let (Some(x), Some(low), Some(high), Some(count)) = (x.get(row), low.get(row), high.get(row), count.get(row))
        else {
            return Ok(None);
        };
        if count <= 0 {
            return Err(Fault::data("bucketCount must be greater than 0"));
        }
        if x.is_nan() {
            return Err(Fault::data("operand must not be NaN"));
        }
        for (bound, name) in [(low, "first"), (high, "second")] {
            if !bound.is_finite() {
                return Err(Fault::data(format!("{name} bound must be finite")));
            }
        }
        if low == high {
            return Err(Fault::data("bounds cannot equal each other"));
        }
        let (lower, upper) = (low.min(high), low.max(high));
        let bucket = if x < lower {
            0
        } else if x >= upper {
            count + 1
        } else {
            (count as f64 * (x - lower) / (upper - lower)) as i64 + 1
        };
        Ok(Some(if low > high { count - bucket + 1 } else { bucket }))
    })
}

/// As Java has it: no power of one to what is no number, nor of one to infinity.
fn power(base: f64, exponent: f64) -> f64 {
    let undefined = exponent.is_nan() || exponent.is_infinite() && base.abs() == 1.0;
    if undefined { f64::NAN } else { base.powf(exponent) }
}

fn radix(radix: i64) -> Result<u32> {
    if !(2..=36).contains(&radix) {
        return Err(Fault::data("Radix must be between 2 and 36"));
    }
    Ok(radix as u32)
}

fn to_base(value: i64, base: i64) -> Result<String> {
    let base = radix(base)?;
    let mut digits = vec![];
    let mut rest = value.unsigned_abs();
    loop {
        digits.push(char::from_digit((rest % u64::from(base)) as u32, base).expect("a digit below its base"));
        rest /= u64::from(base);
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        digits.push('-');
    }
    Ok(digits.into_iter().rev().collect())
}

fn from_base(text: &str, base: i64) -> Result<i64> {
    let radix = radix(base)?;
    i64::from_str_radix(text, radix).map_err(|_| Fault::data(format!("Not a valid base-{base} number: {text}")))
}
