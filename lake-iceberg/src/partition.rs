//! How a table is partitioned, as it is written in a table's properties: `month(ts)`, `bucket(id, 16)`, `country`.

use std::fmt;

use iceberg::spec::{
    PrimitiveType, Schema, TableMetadata, Transform, Type, UnboundPartitionField, UnboundPartitionSpec,
};

use crate::error::{Error, Result};

/// One partition field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionBy {
    /// The column it is made from.
    pub column: String,
    /// How.
    pub transform: Transform,
}

impl PartitionBy {
    /// Reads Trino's notation: `column`, `year(column)`, `month(..)`, `day(..)`, `hour(..)`, `bucket(column, n)`,
    /// `truncate(column, n)`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let Some((function, arguments)) = text.split_once('(') else {
            return Ok(Self { column: unquoted(text), transform: Transform::Identity });
        };
        let arguments = arguments.strip_suffix(')').ok_or_else(|| malformed(text))?;
        let (column, number) = match arguments.rsplit_once(',') {
            Some((column, number)) => (column, Some(number.trim().parse::<u32>().map_err(|_| malformed(text))?)),
            None => (arguments, None),
        };
        let transform = match (function.trim().to_ascii_lowercase().as_str(), number) {
            ("year", None) => Transform::Year,
            ("month", None) => Transform::Month,
            ("day", None) => Transform::Day,
            ("hour", None) => Transform::Hour,
            ("bucket", Some(buckets @ 1..)) => Transform::Bucket(buckets),
            ("truncate", Some(width @ 1..)) => Transform::Truncate(width),
            _ => return Err(malformed(text)),
        };
        Ok(Self { column: unquoted(column), transform })
    }

    /// Name of the partition field, as Trino names it.
    fn field_name(&self) -> String {
        match self.transform {
            Transform::Identity => self.column.clone(),
            Transform::Truncate(_) => format!("{}_trunc", self.column),
            Transform::Bucket(_) => format!("{}_bucket", self.column),
            transform => format!("{}_{transform}", self.column),
        }
    }
}

/// Trino's notation.
impl fmt::Display for PartitionBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = quoted(&self.column);
        match self.transform {
            Transform::Identity => f.write_str(&column),
            Transform::Bucket(number) => write!(f, "bucket({column}, {number})"),
            Transform::Truncate(number) => write!(f, "truncate({column}, {number})"),
            transform => write!(f, "{transform}({column})"),
        }
    }
}

fn malformed(text: &str) -> Error {
    Error::Invalid(format!(
        "partitioning {text} is unknown, expected a column, or one of \
         year(c), month(c), day(c), hour(c), bucket(c, n), truncate(c, n)"
    ))
}

/// A column as notations have it: in quotes unless it is a plain word.
pub(crate) fn quoted(column: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match column.chars().all(plain) && !column.starts_with(|c: char| c.is_ascii_digit()) && !column.is_empty() {
        true => column.to_owned(),
        false => format!("\"{}\"", column.replace('"', "\"\"")),
    }
}

pub(crate) fn unquoted(column: &str) -> String {
    let column = column.trim();
    match column.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => column.to_ascii_lowercase(),
    }
}

/// The partition spec for a new table, with what cannot be written refused.
pub(crate) fn unbound_spec(schema: &Schema, fields: &[PartitionBy]) -> Result<UnboundPartitionSpec> {
    let mut spec = UnboundPartitionSpec::builder();
    for field in fields {
        let source = schema
            .field_by_name(&field.column)
            .ok_or_else(|| Error::Invalid(format!("partitioning by {}: there is no such column", field.column)))?;
        // The iceberg crate cannot write such a value into a manifest.
        let uuid = Type::Primitive(PrimitiveType::Uuid);
        if *source.field_type == uuid && field.transform == Transform::Identity {
            return Err(Error::Invalid(format!(
                "partitioning by {0}: a uuid cannot be a partition value, write bucket({0}, n)",
                field.column
            )));
        }
        field.transform.result_type(&source.field_type).map_err(|_| {
            Error::Invalid(format!(
                "partitioning by {}({}): not possible for a column of type {}",
                field.transform, field.column, source.field_type
            ))
        })?;
        spec = spec.add_partition_field(source.id, field.field_name(), field.transform)?;
    }
    Ok(spec.build())
}

/// How a table is partitioned now.
pub(crate) fn partitioning(metadata: &TableMetadata) -> Vec<PartitionBy> {
    let column = |id| metadata.current_schema().name_by_field_id(id).unwrap_or_default().to_owned();
    let fields = metadata.default_partition_spec().fields().iter();
    fields.map(|field| PartitionBy { column: column(field.source_id), transform: field.transform }).collect()
}

/// The spec of a table that is partitioned anew. A field that some spec of the table had before keeps its id and name,
/// so that readers see one field.
pub(crate) fn evolved_spec(
    metadata: &TableMetadata,
    schema: &Schema,
    fields: &[PartitionBy],
) -> Result<UnboundPartitionSpec> {
    let wanted = unbound_spec(schema, fields)?;
    let known = |field: &UnboundPartitionField| {
        let mut all = metadata.partition_specs_iter().flat_map(|spec| spec.fields());
        all.find(|old| old.source_id == field.source_id && old.transform == field.transform).cloned()
    };
    let fields = wanted.fields().iter().map(|field| match known(field) {
        Some(old) => UnboundPartitionField { field_id: Some(old.field_id), name: old.name, ..field.clone() },
        None => field.clone(),
    });
    Ok(UnboundPartitionSpec::builder().add_partition_fields(fields.collect::<Vec<_>>())?.build())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn notation() {
        let parsed = |text| PartitionBy::parse(text).map(|by| (by.column.clone(), by.transform, by.field_name()));
        assert_eq!(parsed("Country").unwrap(), ("country".into(), Transform::Identity, "country".into()));
        assert_eq!(parsed("month(ts)").unwrap(), ("ts".into(), Transform::Month, "ts_month".into()));
        assert_eq!(parsed("bucket(id, 16)").unwrap(), ("id".into(), Transform::Bucket(16), "id_bucket".into()));
        assert_eq!(parsed("truncate(\"a b\", 4)").unwrap(), ("a b".into(), Transform::Truncate(4), "a b_trunc".into()));
        for text in ["week(ts)", "bucket(id)", "bucket(id, 0)", "month(ts, 2)", "month(ts"] {
            assert!(parsed(text).unwrap_err().to_string().starts_with(&format!("partitioning {text} is unknown")));
        }
    }
}
