//! Types as text, in Trino's spelling.

use std::fmt::{Display, Formatter, Result};

use super::{Field, Type};

/// As Trino's messages spell types; with `{:#}` as its REST protocol does: `decimal(10, 2)`, `INTERVAL DAY TO SECOND`.
impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Type::Decimal { precision, scale } if f.alternate() => write!(f, "decimal({precision}, {scale})"),
            Type::IntervalYearToMonth if f.alternate() => f.write_str("INTERVAL YEAR TO MONTH"),
            Type::IntervalDayToSecond if f.alternate() => f.write_str("INTERVAL DAY TO SECOND"),
            Type::Boolean => f.write_str("boolean"),
            Type::TinyInt => f.write_str("tinyint"),
            Type::SmallInt => f.write_str("smallint"),
            Type::Integer => f.write_str("integer"),
            Type::BigInt => f.write_str("bigint"),
            Type::Real => f.write_str("real"),
            Type::Double => f.write_str("double"),
            Type::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Type::Varchar(None) => f.write_str("varchar"),
            Type::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Type::Char(length) => write!(f, "char({length})"),
            Type::Varbinary => f.write_str("varbinary"),
            Type::Json => f.write_str("json"),
            Type::Date => f.write_str("date"),
            Type::Time(precision) => write!(f, "time({precision})"),
            Type::TimeTz(precision) => write!(f, "time({precision}) with time zone"),
            Type::Timestamp(precision) => write!(f, "timestamp({precision})"),
            Type::TimestampTz(precision) => write!(f, "timestamp({precision}) with time zone"),
            Type::IntervalYearToMonth => f.write_str("interval year to month"),
            Type::IntervalDayToSecond => f.write_str("interval day to second"),
            Type::Uuid => f.write_str("uuid"),
            Type::IpAddress => f.write_str("ipaddress"),
            Type::Array(element) => list(f, "array", [element]),
            Type::Map(key, value) => list(f, "map", [key, value]),
            Type::Row(fields) => list(f, "row", fields),
            Type::Function(arguments, result) => list(f, "function", arguments.iter().chain([&**result])),
            Type::Opaque(name) => f.write_str(match name.as_str() {
                "hyperloglog" if f.alternate() => "HyperLogLog",
                "p4hyperloglog" if f.alternate() => "P4HyperLogLog",
                "setdigest" if f.alternate() => "SetDigest",
                name => name,
            }),
            Type::Unknown => f.write_str("unknown"),
            Type::Error => f.write_str("?"),
        }
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.name {
            Some(name) if is_plain(name) => write!(f, "{name} ")?,
            Some(name) => write!(f, "\"{}\" ", name.replace('"', "\"\""))?,
            None => {}
        }
        self.ty.fmt(f)
    }
}

fn list(f: &mut Formatter<'_>, name: &str, items: impl IntoIterator<Item = impl Display>) -> Result {
    write!(f, "{name}(")?;
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    f.write_str(")")
}

/// Whether a field's name reads as a name without quotes: `interval` or `double` would begin a type.
fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["double", "interval", "time", "timestamp"].iter().any(|word| word.eq_ignore_ascii_case(name))
}
