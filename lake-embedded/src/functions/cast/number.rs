//! Numbers among themselves, to and from boolean, and from text.

use arrow::array::ArrayRef;
use lake_sql::types::Type;

use super::{Convert, parse, plain};
use crate::error::{Fault, Result};
use crate::eval::Args;
use crate::functions::arithmetic::rescale;
use crate::functions::columns::{Bool, Decimal, Double, Int, map1};
use crate::functions::format;
use crate::types::{is_integer, is_text};

pub(super) fn find(from: &Type, to: &Type) -> Option<Convert> {
    use Type::{Boolean, Decimal as Dec, Double as Dbl, Real};
    Some(match (from, to) {
        (a, b) if is_integer(a) && is_integer(b) => integer_to_integer,
        (a, Dec { .. }) if is_integer(a) => integer_to_decimal,
        (a, Dbl | Real) if is_integer(a) => plain,
        (a, Boolean) if is_integer(a) => |args| map1::<Int, _>(args, |v: i64| v != 0),
        (Dbl, Real) | (Real, Dbl) => plain,
        (Dbl | Real, b) if is_integer(b) => double_to_integer,
        (Dbl | Real, Dec { .. }) => double_to_decimal,
        (Dbl | Real, Boolean) => |args| map1::<Double, _>(args, |v: f64| v != 0.0),
        (Dec { .. }, Dec { .. }) => decimal_to_decimal,
        (Dec { .. }, b) if is_integer(b) => decimal_to_integer,
        (Dec { .. }, Dbl | Real) => decimal_to_double,
        (Dec { .. }, Boolean) => |args| map1::<Decimal, _>(args, |v: i128| v != 0),
        (Boolean, b) if is_integer(b) => |args| map1::<Bool, _>(args, i64::from),
        (Boolean, Dbl | Real) => |args| map1::<Bool, _>(args, |v| if v { 1.0 } else { 0.0 }),
        (Boolean, Dec { .. }) => boolean_to_decimal,
        (a, b) if is_text(a) && is_integer(b) => text_to_integer,
        (a, Dbl | Real) if is_text(a) => text_to_double,
        (a, Dec { .. }) if is_text(a) => text_to_decimal,
        (a, Boolean) if is_text(a) => text_to_boolean,
        _ => return None,
    })
}

/// Name of a type in messages of casts from text.
fn short(ty: &Type) -> String {
    match ty {
        Type::Integer => "INT".into(),
        other => other.to_string().to_uppercase(),
    }
}

fn precision_and_scale(ty: &Type) -> (u8, u8) {
    match ty {
        Type::Decimal { precision, scale } => (*precision, *scale),
        _ => (38, 0),
    }
}

fn in_range(value: i128, ty: &Type) -> Option<i64> {
    let bits = match ty {
        Type::TinyInt => 8,
        Type::SmallInt => 16,
        Type::Integer => 32,
        _ => 64,
    };
    let limit = 1_i128 << (bits - 1);
    (-limit..limit).contains(&value).then_some(value as i64)
}

fn integer_to_integer(args: &Args<'_>) -> Result<ArrayRef> {
    map1::<Int, _>(args, |v: i64| {
        in_range(i128::from(v), args.ty).ok_or_else(|| Fault::data(format!("Out of range for {}: {v}", args.ty)))
    })
}

fn integer_to_decimal(args: &Args<'_>) -> Result<ArrayRef> {
    let (precision, scale) = precision_and_scale(args.ty);
    map1::<Int, _>(args, |v: i64| {
        rescale(i128::from(v), 0, precision, scale).ok_or_else(|| {
            let from = args.types[0].to_string().to_uppercase();
            Fault::data(format!("Cannot cast {from} '{v}' to DECIMAL({precision}, {scale})"))
        })
    })
}

fn double_to_integer(args: &Args<'_>) -> Result<ArrayRef> {
    let from = &args.types[0];
    map1::<Double, _>(args, |v: f64| {
        if v.is_nan() {
            return Err(Fault::data(format!("Cannot cast {from} NaN to {}", args.ty)));
        }
        let rounded = v.round();
        let out_of_range = || Fault::data(format!("Out of range for {}: {}", args.ty, format::double(v)));
        if rounded.abs() > 1e19 {
            return Err(out_of_range());
        }
        in_range(rounded as i128, args.ty).ok_or_else(out_of_range)
    })
}

fn double_to_decimal(args: &Args<'_>) -> Result<ArrayRef> {
    let (precision, scale) = precision_and_scale(args.ty);
    let real = args.types[0] == Type::Real;
    map1::<Double, _>(args, |v: f64| {
        let text = if real { format::real(v as f32) } else { format::double(v) };
        let exact = if v.is_finite() { format::parse_decimal(&text) } else { None };
        exact.and_then(|(digits, from)| shrink(digits, from, precision, scale)).ok_or_else(|| {
            let from = args.types[0].to_string().to_uppercase();
            Fault::data(format!("Cannot cast {from} '{text}' to DECIMAL({precision}, {scale})"))
        })
    })
}

/// Digits at any scale to the wanted one, rounded half up.
fn shrink(digits: i128, from: i32, precision: u8, scale: u8) -> Option<i128> {
    if let Ok(from) = u8::try_from(from) {
        if from <= 76 {
            return rescale(digits, from, precision, scale);
        }
        return Some(0);
    }
    let factor = 10_i128.checked_pow(u32::try_from(-from).ok()?)?;
    rescale(digits.checked_mul(factor)?, 0, precision, scale)
}

fn decimal_to_decimal(args: &Args<'_>) -> Result<ArrayRef> {
    let (_, from) = precision_and_scale(&args.types[0]);
    let (precision, scale) = precision_and_scale(args.ty);
    map1::<Decimal, _>(args, |v| {
        rescale(v, from, precision, scale).ok_or_else(|| {
            let value = format::decimal(v, from);
            Fault::data(format!("Cannot cast DECIMAL '{value}' to DECIMAL({precision}, {scale})"))
        })
    })
}

fn decimal_to_integer(args: &Args<'_>) -> Result<ArrayRef> {
    let (_, from) = precision_and_scale(&args.types[0]);
    map1::<Decimal, _>(args, |v| {
        let whole = rescale(v, from, 38, 0).and_then(|whole| in_range(whole, args.ty));
        let to = short(args.ty).replace("INT", "INTEGER").replace("BIGINTEGER", "BIGINT");
        whole.ok_or_else(|| Fault::data(format!("Cannot cast '{}' to {to}", format::decimal(v, from))))
    })
}

fn decimal_to_double(args: &Args<'_>) -> Result<ArrayRef> {
    let (_, from) = precision_and_scale(&args.types[0]);
    map1::<Decimal, _>(args, |v| {
        let text = format::decimal(v, from);
        text.parse::<f64>().map_err(|_| Fault::internal(format!("the decimal {text} is no number")))
    })
}

fn boolean_to_decimal(args: &Args<'_>) -> Result<ArrayRef> {
    let (precision, scale) = precision_and_scale(args.ty);
    map1::<Bool, _>(args, |v| {
        rescale(i128::from(v), 0, precision, scale)
            .ok_or_else(|| Fault::data(format!("Cannot cast BOOLEAN '{v}' to DECIMAL({precision}, {scale})")))
    })
}

fn not_cast(text: &str, ty: &Type) -> Fault {
    Fault::data(format!("Cannot cast '{text}' to {}", short(ty)))
}

fn text_to_integer(args: &Args<'_>) -> Result<ArrayRef> {
    parse(args, |text| {
        let value = text.trim().parse::<i64>().ok().and_then(|v| in_range(i128::from(v), args.ty));
        value.ok_or_else(|| not_cast(text, args.ty))
    })
}

fn text_to_double(args: &Args<'_>) -> Result<ArrayRef> {
    parse(args, |text| {
        let trimmed = text.trim();
        let spelt = trimmed.trim_start_matches(['+', '-']);
        // Rust reads `inf` and `nan` in any case; Java knows these two spellings alone.
        let word = spelt.starts_with(|c: char| c.is_alphabetic());
        if word && !matches!(spelt, "NaN" | "Infinity") {
            return Err(not_cast(text, args.ty));
        }
        if *args.ty == Type::Real {
            return trimmed.parse::<f32>().map(f64::from).map_err(|_| not_cast(text, args.ty));
        }
        trimmed.parse::<f64>().map_err(|_| not_cast(text, args.ty))
    })
}

fn text_to_decimal(args: &Args<'_>) -> Result<ArrayRef> {
    let (precision, scale) = precision_and_scale(args.ty);
    parse(args, |text| {
        let what = format!("Cannot cast VARCHAR '{text}' to DECIMAL({precision}, {scale}).");
        let (digits, from) =
            format::parse_decimal(text.trim()).ok_or_else(|| Fault::data(format!("{what} Value is not a number.")))?;
        shrink(digits, from, precision, scale).ok_or_else(|| Fault::data(format!("{what} Value too large.")))
    })
}

fn text_to_boolean(args: &Args<'_>) -> Result<ArrayRef> {
    parse(args, |text| match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Ok(true),
        "f" | "false" | "0" => Ok(false),
        _ => Err(not_cast(text, args.ty)),
    })
}
