//! What this engine must know of Trino's types beyond how Arrow holds them.

use arrow::datatypes::DataType;
pub(crate) use lake_core::values::types::{UTC, item, row};
use lake_sql::types::Type;

use crate::error::{Fault, Result};

/// The Arrow type that holds values of a type, or a refusal that names it.
///
/// A timestamp with time zone is its instant; its zone is known when a plan is made (`eval::zone`).
pub(crate) fn arrow(ty: &Type) -> Result<DataType> {
    lake_core::values::types::arrow(ty).map_err(|_| Fault::unsupported(format!("type {ty}")))
}

/// Whether DataFusion and Arrow compare, group and join values of this type as Trino does.
///
/// Not so: doubles (NaN equals itself, -0.0 differs from 0.0), rows and arrays (null inside), maps (no order at all).
pub(crate) fn natively_comparable(ty: &Type) -> bool {
    !matches!(ty, Type::Real | Type::Double | Type::Array(_) | Type::Row(_) | Type::Map(..) | Type::Unknown)
}

/// A type as Trino names it to people: the names of fields in quotes.
pub(crate) fn named(ty: &Type) -> String {
    match ty {
        Type::Array(element) => format!("array({})", named(element)),
        Type::Map(key, value) => format!("map({}, {})", named(key), named(value)),
        Type::Row(fields) => {
            let field = |field: &lake_sql::types::Field| match &field.name {
                Some(name) => format!("\"{}\" {}", name.replace('"', "\"\""), named(&field.ty)),
                None => named(&field.ty),
            };
            format!("row({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Type::Opaque(_) => format!("{ty:#}"),
        other => other.to_string(),
    }
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
