//! Trino's types as Arrow holds them.
//!
//! Lengths of varchar and precisions below microseconds are the binder's knowledge; an array does not show them. A
//! timestamp with time zone is its instant; its zone is known when a plan is made (`eval::zone`).

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};
use lake_sql::types::Type;

use crate::error::{Fault, Result};

/// Name of the element of each list; equality of list types includes it.
pub(crate) const ITEM: &str = "item";

/// The zone under which instants are held.
pub(crate) const UTC: &str = "UTC";

/// The Arrow type that holds values of a type, or a refusal that names it.
pub(crate) fn arrow(ty: &Type) -> Result<DataType> {
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
        other => return Err(Fault::unsupported(format!("type {other}"))),
    })
}

/// The element field of a list.
pub(crate) fn item(element: DataType) -> FieldRef {
    Arc::new(Field::new(ITEM, element, true))
}

/// A row; its fields are named by position, because equality of struct types includes their names.
pub(crate) fn row(types: Vec<DataType>) -> DataType {
    let field = |(position, ty): (usize, DataType)| Field::new(format!("f{position}"), ty, true);
    DataType::Struct(types.into_iter().enumerate().map(field).collect())
}

/// A map.
pub(crate) fn map(key: DataType, value: DataType) -> DataType {
    let entries = Fields::from(vec![Field::new("key", key, false), Field::new("value", value, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

/// Whether DataFusion and Arrow compare, group and join values of this type as Trino does.
///
/// Not so: doubles (NaN equals itself, -0.0 differs from 0.0), rows and arrays (null inside), maps (no order at all).
pub(crate) fn natively_comparable(ty: &Type) -> bool {
    !matches!(ty, Type::Real | Type::Double | Type::Array(_) | Type::Row(_) | Type::Map(..) | Type::Unknown)
}

/// Whether a type is one of the integers.
pub(crate) fn is_integer(ty: &Type) -> bool {
    matches!(ty, Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt)
}

/// Whether a type holds text.
pub(crate) fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Varchar(_) | Type::Char(_))
}

/// Whether a timestamp with time zone is anywhere inside a type.
pub(crate) fn has_zone(ty: &Type) -> bool {
    match ty {
        Type::TimestampTz(_) => true,
        Type::Array(element) => has_zone(element),
        Type::Map(key, value) => has_zone(key) || has_zone(value),
        Type::Row(fields) => fields.iter().any(|field| has_zone(&field.ty)),
        _ => false,
    }
}
