//! To varchar and char, to and from uuid and varbinary.

use arrow::array::{Array, ArrayRef, AsArray};
use lake_sql::types::Type;

use super::{Convert, parse};
use crate::error::{Fault, Result};
use crate::eval::Args;
use crate::functions::columns::{Bool, Bytes, Cell, Days, Decimal, Double, Int, Read, Text, map1, rows};
use crate::functions::{datetime, format};
use crate::types::{is_integer, is_text};

pub(super) fn find(from: &Type, to: &Type) -> Option<Convert> {
    if *to == Type::Uuid {
        return match from {
            Type::Varbinary => Some(bytes_to_uuid),
            text => is_text(text).then_some(text_to_uuid as Convert),
        };
    }
    if *to == Type::Varbinary {
        return match from {
            Type::Uuid => Some(uuid_to_bytes),
            text => is_text(text).then_some(text_to_bytes as Convert),
        };
    }
    if !is_text(to) {
        return None;
    }
    Some(match from {
        a if is_text(a) => text_to_text,
        Type::Boolean => |args| write::<Bool>(args, |v, _| Ok(v.to_string())),
        a if is_integer(a) => |args| write::<Int>(args, |v, _| Ok(v.to_string())),
        Type::Double => |args| write::<Double>(args, |v, _| Ok(format::scientific_double(v))),
        Type::Real => |args| write::<Double>(args, |v, _| Ok(format::scientific_real(v as f32))),
        Type::Decimal { .. } => |args| write::<Decimal>(args, |v, args| Ok(format::decimal(v, scale(args)))),
        Type::Date => |args| write::<Days>(args, |v, _| format::date(v)),
        Type::Timestamp(_) => |args| write::<Int>(args, |v, args| format::timestamp(v, digits(args))),
        Type::Time(_) => |args| write::<Int>(args, |v, args| Ok(format::time(v, digits(args)))),
        Type::TimestampTz(_) => instant_to_text,
        Type::IntervalDayToSecond => |args| write::<Int>(args, |v, _| Ok(format::day_interval(v))),
        Type::IntervalYearToMonth => |args| write::<Int>(args, |v, _| Ok(format::month_interval(v))),
        Type::Uuid => uuid_to_text,
        _ => return None,
    })
}

fn scale(args: &Args<'_>) -> u8 {
    match args.types[0] {
        Type::Decimal { scale, .. } => scale,
        _ => 0,
    }
}

/// Digits of a second that the source shows.
fn digits(args: &Args<'_>) -> u8 {
    match args.types[0] {
        Type::Time(p) | Type::Timestamp(p) | Type::TimestampTz(p) => p,
        _ => 6,
    }
}

/// The bytes of a text; a char's blanks are some of them.
fn text_to_bytes(args: &Args<'_>) -> Result<ArrayRef> {
    let width = match args.types[0] {
        Type::Char(width) => width as usize,
        _ => 0,
    };
    map1::<Text, _>(args, |text| format!("{text:<width$}").into_bytes())
}

fn bytes_to_uuid(args: &Args<'_>) -> Result<ArrayRef> {
    map1::<Bytes, _>(args, |bytes| match bytes.len() {
        16 => Ok(bytes.to_vec()),
        length => Err(Fault::data(format!("Invalid UUID binary length: {length}"))),
    })
}

fn limit(ty: &Type) -> Option<usize> {
    match ty {
        Type::Varchar(length) => length.map(|n| n as usize),
        Type::Char(length) => Some(*length as usize),
        _ => None,
    }
}

/// Text is cut to its new length; that of other values must fit.
fn write<K: Read>(args: &Args<'_>, f: fn(K::Value<'_>, &Args<'_>) -> Result<String>) -> Result<ArrayRef> {
    let limit = limit(args.ty);
    map1::<K, _>(args, |value| {
        let text = f(value, args)?;
        match limit {
            Some(limit) if text.chars().count() > limit => Err(too_long(&text, args)),
            _ => Ok(text),
        }
    })
}

fn too_long(text: &str, args: &Args<'_>) -> Fault {
    let ty = args.ty;
    Fault::data(match &args.types[0] {
        from if is_integer(from)
            || matches!(from, Type::Boolean | Type::Double | Type::Real | Type::Decimal { .. }) =>
        {
            format!("Value {text} cannot be represented as {ty}")
        }
        _ => format!("Cannot cast '{text}' to {ty}"),
    })
}

fn text_to_text(args: &Args<'_>) -> Result<ArrayRef> {
    let fixed = matches!(args.ty, Type::Char(_));
    let Some(limit) = limit(args.ty) else { return Ok(args.values[0].clone()) };
    map1::<Text, _>(args, |text| {
        let cut = text.char_indices().nth(limit).map_or(text, |(end, _)| &text[..end]);
        if fixed { cut.trim_end_matches(' ').to_owned() } else { cut.to_owned() }
    })
}

fn instant_to_text(args: &Args<'_>) -> Result<ArrayRef> {
    let name = args.zone.name()?;
    let zone = datetime::zone(name)?;
    let limit = limit(args.ty);
    map1::<Int, _>(args, |instant| {
        let text = format!("{} {name}", format::timestamp(zone.local(instant)?, digits(args))?);
        match limit {
            Some(limit) if text.len() > limit => Err(too_long(&text, args)),
            _ => Ok(text),
        }
    })
}

fn text_to_uuid(args: &Args<'_>) -> Result<ArrayRef> {
    parse(args, |text| {
        let parsed = (text.len() == 36).then(|| uuid::Uuid::parse_str(text).ok()).flatten();
        parsed
            .map(|value| value.as_bytes().to_vec())
            .ok_or_else(|| Fault::data(format!("Cannot cast value to UUID: {text}")))
    })
}

fn uuid_at(args: &Args<'_>, row: usize) -> Option<uuid::Uuid> {
    let array = args.values[0].as_fixed_size_binary();
    if array.is_null(row) { None } else { uuid::Uuid::from_slice(array.value(row)).ok() }
}

fn uuid_to_text(args: &Args<'_>) -> Result<ArrayRef> {
    let limit = limit(args.ty);
    rows(args, |row| match uuid_at(args, row).map(|id| id.to_string()) {
        Some(text) if limit.is_some_and(|limit| text.len() > limit) => Err(too_long(&text, args)),
        text => text.cell(),
    })
}

fn uuid_to_bytes(args: &Args<'_>) -> Result<ArrayRef> {
    rows(args, |row| uuid_at(args, row).map(|id| id.as_bytes().to_vec()))
}
