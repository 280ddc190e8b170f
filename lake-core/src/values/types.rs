//! Trino's types as Arrow holds them.
//!
//! Lengths of varchar and precisions below microseconds are the binder's knowledge; an array does not show them. A
//! timestamp with time zone is its instant, held under the zone UTC. A sketch is its bytes, a colour what it is called.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};
use lake_sql::types::Type;

use super::error::{Result, ValueError};

/// Name of the element of each list; equality of list types includes it.
pub const ITEM: &str = "item";

/// The zone under which instants are held.
pub const UTC: &str = "UTC";

/// The Arrow type that holds values of a type.
pub fn arrow(ty: &Type) -> Result<DataType> {
    Ok(match ty {
        Type::Boolean => DataType::Boolean,
        Type::TinyInt => DataType::Int8,
        Type::SmallInt => DataType::Int16,
        Type::Integer => DataType::Int32,
        Type::BigInt => DataType::Int64,
        Type::Real => DataType::Float32,
        Type::Double => DataType::Float64,
        Type::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale as i8),
        Type::Varchar(_) | Type::Char(_) | Type::Json => DataType::Utf8,
        Type::Varbinary => DataType::Binary,
        Type::Opaque(name) if is_sketch(name) => DataType::Binary,
        Type::Opaque(name) if name == "color" => DataType::Utf8,
        Type::Date => DataType::Date32,
        Type::Time(p) if *p <= 6 => DataType::Time64(TimeUnit::Microsecond),
        Type::Timestamp(p) if *p <= 6 => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TimestampTz(p) if *p <= 6 => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        Type::IntervalYearToMonth => DataType::Interval(IntervalUnit::YearMonth),
        Type::IntervalDayToSecond => DataType::Duration(TimeUnit::Millisecond),
        Type::Uuid => DataType::FixedSizeBinary(16),
        Type::Array(element) => DataType::List(item(arrow(element)?)),
        Type::Map(key, value) => map(arrow(key)?, arrow(value)?),
        Type::Row(fields) => {
            let types = fields.iter().map(|field| arrow(&field.ty)).collect::<Result<Vec<_>>>()?;
            row(types)
        }
        Type::Unknown => DataType::Null,
        other => return Err(ValueError::statement(format!("values of type {other} cannot be read"))),
    })
}

/// Whether values of a type that is only carried are summaries, held as their bytes.
fn is_sketch(name: &str) -> bool {
    matches!(name, "hyperloglog" | "p4hyperloglog" | "setdigest" | "tdigest") || name.starts_with("qdigest(")
}

/// The element field of a list.
pub fn item(element: DataType) -> FieldRef {
    Arc::new(Field::new(ITEM, element, true))
}

/// A row; its fields are named by position, because equality of struct types includes their names.
pub fn row(types: Vec<DataType>) -> DataType {
    let field = |(position, ty): (usize, DataType)| Field::new(format!("f{position}"), ty, true);
    DataType::Struct(types.into_iter().enumerate().map(field).collect())
}

/// A map.
pub fn map(key: DataType, value: DataType) -> DataType {
    let entries = Fields::from(vec![Field::new("key", key, false), Field::new("value", value, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}
