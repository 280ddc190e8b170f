//! Rows of the protocol → Arrow, digit by digit.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use lake_core::engine::{EngineError, ErrorKind};
use lake_core::values::json::{Node, Value};
use lake_core::values::{Builder, ValueError, types};
use lake_sql::types::Type;

use crate::error;
use crate::page::Columns;

/// The rows of one answer.
pub(crate) fn batch(columns: &Columns, data: &[Node<'_>]) -> Result<RecordBatch, EngineError> {
    let mut builders = columns.iter().map(|(_, ty)| Builder::new(&held(ty))).collect::<Result<Vec<_>, _>>()?;
    for row in data {
        let Value::Array(values) = &row.value else {
            return Err(error::plain(ErrorKind::Internal, "a row of the server is no array"));
        };
        for (((name, ty), builder), value) in columns.iter().zip(&mut builders).zip(values) {
            append(builder, ty, value).map_err(|found| {
                let message = format!("the server's value for `{name}` is not {ty}: {found}");
                error::plain(ErrorKind::Internal, message)
            })?;
        }
    }
    let field = |(name, ty): &(String, Type)| Ok(Field::new(name, types::arrow(&held(ty))?, true));
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Result<Vec<_>, ValueError>>()?));
    let arrays = builders.iter_mut().map(Builder::finish).collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(data.len()));
    RecordBatch::try_new_with_options(schema, arrays, &options)
        .map_err(|error| error::plain(ErrorKind::Internal, error.to_string()))
}

/// The type under which a value is held: as text, if no array holds it otherwise.
fn held(ty: &Type) -> Type {
    match Builder::new(ty) {
        Ok(_) => ty.clone(),
        Err(_) => Type::Varchar(None),
    }
}

/// Appends a value; a text says what does not fit.
fn append(builder: &mut Builder, ty: &Type, node: &Node<'_>) -> Result<(), String> {
    let fits = match (ty, &node.value) {
        (_, Value::Null) => {
            builder.append_null();
            true
        }
        (Type::Array(element), Value::Array(items)) => return list(builder, items, element),
        (Type::Map(key, value), Value::Object(entries)) => return map(builder, entries, key, value),
        (Type::Row(fields), Value::Array(items)) => {
            let nested = builder.nested().ok_or("a row")?;
            for ((field, part), item) in fields.iter().zip(&mut nested.parts).zip(items) {
                append(part, &field.ty, item)?;
            }
            nested.end(true);
            true
        }
        (_, Value::Bool(value)) => builder.append_bool(*value),
        (_, Value::Number(digits)) => builder.append_number(digits),
        (_, Value::Text(text)) => scalar(builder, ty, text),
        (_, other) => {
            let mut text = String::new();
            other.write(&mut text);
            builder.append_text(&text)
        }
    };
    if fits { Ok(()) } else { Err(node.value.describe()) }
}

/// A value that the protocol writes as a string, or a key of a map.
fn scalar(builder: &mut Builder, ty: &Type, text: &str) -> bool {
    match ty {
        Type::Boolean => matches!(text, "true" | "false") && builder.append_bool(text == "true"),
        Type::Opaque(name) if name == "color" => builder.append_text(text),
        Type::Varbinary | Type::Opaque(_) => STANDARD.decode(text).is_ok_and(|bytes| builder.append_bytes(&bytes)),
        ty if ty.is_numeric() => builder.append_number(text),
        Type::TimestampTz(_) => {
            in_utc(text).is_some_and(|text| builder.append_text(&text)) || builder.append_text(text)
        }
        _ => builder.append_text(text),
    }
}

/// `2022-03-01 01:00:00.000 Europe/Berlin` in UTC; None where the zone is an offset.
fn in_utc(text: &str) -> Option<String> {
    let (local, zone) = text.rsplit_once(' ')?;
    let zone: Tz = zone.parse().ok()?;
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    let moment = zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc);
    Some(moment.format("%Y-%m-%d %H:%M:%S%.6f UTC").to_string())
}

fn list(builder: &mut Builder, items: &[Node<'_>], element: &Type) -> Result<(), String> {
    let nested = builder.nested().ok_or("an array")?;
    for item in items {
        append(&mut nested.parts[0], element, item)?;
    }
    nested.end_list(items.len()).map_err(|error| error.message)
}

fn map(
    builder: &mut Builder,
    entries: &[(std::borrow::Cow<'_, str>, Node<'_>)],
    key_type: &Type,
    value_type: &Type,
) -> Result<(), String> {
    let nested = builder.nested().ok_or("a map")?;
    let [keys, values] = &mut nested.parts[..] else { return Err("a map".into()) };
    for (key, value) in entries {
        if !scalar(keys, key_type, key) {
            return Err(format!("the key {key:?}"));
        }
        append(values, value_type, value)?;
    }
    nested.end_list(entries.len()).map_err(|error| error.message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Decimal128Type, Float64Type, TimestampMicrosecondType};
    use lake_core::values::json;

    use super::*;

    #[test]
    fn values_keep_their_digits() {
        let types = [
            "decimal(38, 2)",
            "double",
            "varbinary",
            "timestamp(6) with time zone",
            "map(integer, varchar)",
            "row(x bigint, y array(double))",
            "interval day to second",
        ];
        let columns: Columns = types.iter().map(|ty| (ty.to_string(), ty.parse().unwrap())).collect();
        let text = r#"[["123456789012345678901234567890123456.78", 0.1, "aGk=", "2022-03-01 01:00:00.000000 Europe/Berlin",
            {"1": "a"}, [7, ["NaN", 1e-7]], "0 00:00:01.000"], [null, null, null, "2022-03-01 01:00:00.5 +01:00", null, null, null]]"#;
        let Value::Array(data) = json::parse(text).unwrap().value else { panic!() };
        let batch = batch(&columns, &data).unwrap();
        assert_eq!(
            batch.column(0).as_primitive::<Decimal128Type>().value(0),
            12_345_678_901_234_567_890_123_456_789_012_345_678
        );
        assert_eq!(batch.column(1).as_primitive::<Float64Type>().value(0), 0.1);
        assert_eq!(batch.column(2).as_binary::<i32>().value(0), b"hi");
        let moments = batch.column(3).as_primitive::<TimestampMicrosecondType>();
        assert_eq!((moments.value(0), moments.value(1)), (1_646_092_800_000_000, 1_646_092_800_500_000));
        assert_eq!(batch.column(4).as_map().value(0).len(), 1);
        assert!(batch.column(5).is_null(1));
        assert_eq!(batch.column(6).as_string::<i32>().value(0), "0 00:00:01.000");
    }
}
