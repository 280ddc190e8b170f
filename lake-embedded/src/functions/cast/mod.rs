//! CAST with Trino's rules: checked numbers, rounding half up, strict text.

mod nested;
mod number;
mod temporal;
mod text;

use arrow::array::ArrayRef;
use arrow::compute;
use lake_sql::types::Type;

use super::columns::{Text, map1};
use crate::error::{Fault, Result};
use crate::eval::Args;
use crate::types;

pub(super) use temporal::{precision, round};

/// One conversion of a whole column.
pub(super) type Convert = fn(&Args<'_>) -> Result<ArrayRef>;

/// The kernel: converts its only argument to the type of the result.
pub(crate) fn cast(args: &Args<'_>) -> Result<ArrayRef> {
    let (from, to) = (&args.types[0], args.ty);
    match find(from, to) {
        Some(convert) => convert(args),
        None => Err(refused(from, to)),
    }
}

/// Refuses conversions that are not known.
pub(crate) fn check(from: &Type, to: &Type) -> Result<()> {
    types::arrow(to)?;
    match (from, to) {
        (Type::Array(a), Type::Array(b)) => check(a, b),
        (Type::Map(a, b), Type::Map(c, d)) => check(a, c).and_then(|()| check(b, d)),
        (Type::Row(a), Type::Row(b)) => a.iter().zip(b).try_for_each(|(a, b)| check(&a.ty, &b.ty)),
        _ if find(from, to).is_some() => Ok(()),
        _ => Err(refused(from, to)),
    }
}

fn refused(from: &Type, to: &Type) -> Fault {
    Fault::unsupported(format!("a cast from {from} to {to}"))
}

/// Whether a conversion may fail on some value.
pub(crate) fn can_fail(from: &Type, to: &Type) -> bool {
    use Type::{Date, Decimal, Double, Integer, Real, SmallInt, Timestamp, TimestampTz, TinyInt, Varchar};
    let digits = |ty: &Type| match ty {
        TinyInt => 3,
        SmallInt => 5,
        Integer => 10,
        _ => 19,
    };
    match (from, to) {
        (Type::Unknown, _) => false,
        (Type::Opaque(_), Type::Varbinary) => false,
        (a, b) if a == b => false,
        (a, b) if types::is_integer(a) && types::is_integer(b) => digits(a) > digits(b),
        (a, Decimal { precision, scale }) if types::is_integer(a) => digits(a) + scale > *precision,
        (Decimal { precision: p, scale: s }, Decimal { precision: q, scale: t }) => s > t || p - s > q - t,
        (a, Real | Double) => types::is_text(a) || *a == Type::Json,
        (_, Varchar(None)) => *from == Type::Json,
        (a, Varchar(Some(_)) | Type::Char(_)) => !types::is_text(a),
        (Date | Timestamp(_) | TimestampTz(_), Date | Timestamp(_) | TimestampTz(_)) => false,
        (Type::Array(a), Type::Array(b)) => can_fail(a, b),
        (Type::Map(a, b), Type::Map(c, d)) => can_fail(a, c) || can_fail(b, d),
        (Type::Row(a), Type::Row(b)) => a.iter().zip(b).any(|(a, b)| can_fail(&a.ty, &b.ty)),
        _ => true,
    }
}

fn find(from: &Type, to: &Type) -> Option<Convert> {
    if from == to {
        return Some(|args| Ok(args.values[0].clone()));
    }
    match (from, to) {
        (Type::Unknown, _) => Some(|args| Ok(arrow::array::new_null_array(args.out, args.rows))),
        (Type::Opaque(_), _) | (_, Type::Opaque(_)) => super::sketch::cast(from, to),
        (_, Type::Json) => super::json::to_json(from),
        (Type::Json, _) => super::json::from_json(to),
        (Type::Array(_), Type::Array(_)) => Some(nested::array),
        (Type::Map(..), Type::Map(..)) => Some(nested::map),
        (Type::Row(a), Type::Row(b)) if a.len() == b.len() => Some(nested::row),
        _ => number::find(from, to).or_else(|| temporal::find(from, to)).or_else(|| text::find(from, to)),
    }
}

/// A conversion of one value inside another conversion.
pub(super) fn inner(array: &ArrayRef, from: &Type, to: &Type, args: &Args<'_>) -> Result<ArrayRef> {
    let out = types::arrow(to)?;
    let values = [array.clone()];
    let types = [from.clone()];
    cast(&Args { values: &values, rows: array.len(), types: &types, ty: to, out: &out, zone: args.zone })
}

/// Arrow's own conversion, where it is exact and cannot fail.
fn plain(args: &Args<'_>) -> Result<ArrayRef> {
    Ok(compute::cast(&args.values[0], args.out)?)
}

/// Text to a value by a parser; what it refuses is an error.
fn parse<C: super::columns::Cell>(args: &Args<'_>, parse: impl Fn(&str) -> C) -> Result<ArrayRef> {
    map1::<Text, _>(args, parse)
}
