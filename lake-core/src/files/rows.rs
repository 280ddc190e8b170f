//! Rows of files as texts that statements can carry: one JSON array a row, every value in a form that a cast reads back
//! exactly.
//!
//! Truth values, integers and texts are JSON's own; any other value is a string that SQL casts, so that no digit goes
//! through a double. [`carried`] says which type a cast from JSON gives each value before that.

use std::fmt::Write;

use ::arrow::array::{Array, ArrayRef, AsArray};
use ::arrow::datatypes::{
    Date32Type, Decimal128Type, DecimalType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use lake_sql::types::{Field, Type};

use super::Files;
use crate::engine::FileRelation;
use crate::values::error::{Result, ValueError};

/// The type that JSON gives a value of `ty`; where it is another one a cast follows.
pub fn carried(ty: &Type) -> Type {
    match ty {
        Type::Boolean | Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt => ty.clone(),
        Type::Array(element) => Type::Array(Box::new(carried(element))),
        Type::Map(_, value) => Type::Map(Box::new(Type::Varchar(None)), Box::new(carried(value))),
        Type::Row(fields) => {
            let field = |field: &Field| Field { name: field.name.clone(), ty: carried(&field.ty) };
            Type::Row(fields.iter().map(field).collect())
        }
        _ => Type::Varchar(None),
    }
}

/// Reads the rows of a relation of files; `accept` is given each of them and may refuse to go on.
pub fn read<E: From<ValueError>>(
    relation: &FileRelation,
    mut accept: impl FnMut(String) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let columns = relation.row_columns();
    let types: Vec<&Type> = columns.iter().map(|column| &column.ty).collect();
    for batch in Files::new(relation)? {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            accept(text(batch.columns(), &types, row)?)?;
        }
    }
    Ok(())
}

/// One row of arrays of these types.
pub fn text(arrays: &[ArrayRef], types: &[&Type], row: usize) -> Result<String> {
    let mut text = String::new();
    list(&mut text, arrays.iter().zip(types), |out, (array, ty)| value(out, array, row, ty))?;
    Ok(text)
}

fn list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut String, T) -> Result<()>,
) -> Result<()> {
    out.push('[');
    for (at, each) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        item(out, each)?;
    }
    out.push(']');
    Ok(())
}

fn value(out: &mut String, array: &ArrayRef, row: usize, ty: &Type) -> Result<()> {
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match ty {
        Type::Array(element) => {
            let items = array.as_list::<i32>().value(row);
            list(out, 0..items.len(), |out, at| value(out, &items, at, element))
        }
        Type::Row(fields) => {
            let parts = array.as_struct().columns().iter().zip(fields);
            list(out, parts, |out, (part, field)| value(out, part, row, &field.ty))
        }
        Type::Map(key, of) => {
            let pairs = array.as_map().value(row);
            out.push('{');
            for at in 0..pairs.len() {
                if at > 0 {
                    out.push(',');
                }
                string(out, &scalar(pairs.column(0), at, key)?);
                out.push(':');
                value(out, pairs.column(1), at, of)?;
            }
            out.push('}');
            Ok(())
        }
        Type::Boolean | Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt => {
            out.push_str(&scalar(array, row, ty)?);
            Ok(())
        }
        _ => {
            string(out, &scalar(array, row, ty)?);
            Ok(())
        }
    }
}

/// A string of JSON. What is no plain text is escaped, so that a statement holds no invisible characters.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a string cannot fail");
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The text from which a cast to `ty` gives the value.
fn scalar(array: &ArrayRef, row: usize, ty: &Type) -> Result<String> {
    Ok(match ty {
        Type::Boolean => array.as_boolean().value(row).to_string(),
        Type::TinyInt => array.as_primitive::<Int8Type>().value(row).to_string(),
        Type::SmallInt => array.as_primitive::<Int16Type>().value(row).to_string(),
        Type::Integer => array.as_primitive::<Int32Type>().value(row).to_string(),
        Type::BigInt => array.as_primitive::<Int64Type>().value(row).to_string(),
        Type::Real => double(array.as_primitive::<Float32Type>().value(row)),
        Type::Double => double(array.as_primitive::<Float64Type>().value(row)),
        Type::Decimal { precision, scale } => {
            Decimal128Type::format_decimal(array.as_primitive::<Decimal128Type>().value(row), *precision, *scale as i8)
        }
        Type::Varchar(_) | Type::Char(_) | Type::Json => array.as_string::<i32>().value(row).to_owned(),
        Type::Date => day(array.as_primitive::<Date32Type>().value(row).into())?.to_string(),
        Type::Time(_) => clock(array.as_primitive::<Time64MicrosecondType>().value(row))?,
        Type::Timestamp(_) => moment(array.as_primitive::<TimestampMicrosecondType>().value(row))?,
        Type::TimestampTz(_) => format!("{} UTC", moment(array.as_primitive::<TimestampMicrosecondType>().value(row))?),
        Type::Uuid => {
            let bytes = array.as_fixed_size_binary().value(row);
            uuid::Uuid::from_slice(bytes).map_err(|error| ValueError::internal(error.to_string()))?.to_string()
        }
        other => return Err(ValueError::statement(format!("values of type {other} cannot be sent in a statement"))),
    })
}

/// The shortest digits that are read back as the same number.
fn double(value: impl Into<f64> + std::fmt::LowerExp + Copy) -> String {
    match value.into() {
        wide if wide.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ => format!("{value:e}"),
    }
}

fn day(days: i64) -> Result<NaiveDate> {
    let (step, epoch) = (Days::new(days.unsigned_abs()), NaiveDate::default());
    let day = if days < 0 { epoch.checked_sub_days(step) } else { epoch.checked_add_days(step) };
    day.ok_or_else(|| ValueError::data("a day beyond the year 262142"))
}

fn clock(micros: i64) -> Result<String> {
    let seconds = u32::try_from(micros.div_euclid(1_000_000)).ok();
    let time = seconds.and_then(|s| {
        NaiveTime::from_num_seconds_from_midnight_opt(s, u32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1000)
    });
    Ok(time.ok_or_else(|| ValueError::data("a time of day beyond 24 hours"))?.format("%H:%M:%S%.6f").to_string())
}

fn moment(micros: i64) -> Result<String> {
    let moment = DateTime::from_timestamp_micros(micros);
    let moment = moment.ok_or_else(|| ValueError::data("a moment beyond the year 262142"))?;
    Ok(moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}
