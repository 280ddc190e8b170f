//! Spelling of types: in a cast, in a table.

use super::dialect::Dialect;
use crate::types::{Field, Type};

impl Dialect {
    /// The type as CAST takes it.
    pub fn cast_type(&self, ty: &Type) -> String {
        ty.to_string()
    }

    /// `cast(sql as type)`
    pub fn cast(&self, sql: &str, ty: &Type) -> String {
        format!("cast({sql} as {})", self.cast_type(ty))
    }

    /// The type that an Iceberg table keeps a column of type `ty` in; None if it cannot.
    ///
    /// Small integers widen, character types lose their length, and the precision of times is the table's.
    pub fn stored_type(&self, ty: &Type) -> Option<Type> {
        let precision = self.timestamp_precision;
        Some(match ty {
            Type::TinyInt | Type::SmallInt => Type::Integer,
            Type::Varchar(_) | Type::Char(_) => Type::Varchar(None),
            Type::Time(_) => Type::Time(precision),
            Type::Timestamp(_) => Type::Timestamp(precision),
            Type::TimestampTz(_) => Type::TimestampTz(precision),
            Type::Array(element) => Type::Array(Box::new(self.stored_type(element)?)),
            Type::Map(key, value) => Type::Map(Box::new(self.stored_type(key)?), Box::new(self.stored_type(value)?)),
            Type::Row(fields) => Type::Row(fields.iter().map(|field| self.stored_field(field)).collect::<Option<_>>()?),
            Type::Boolean | Type::Integer | Type::BigInt | Type::Real | Type::Double | Type::Decimal { .. } => {
                ty.clone()
            }
            Type::Varbinary | Type::Date | Type::Uuid => ty.clone(),
            Type::Json
            | Type::TimeTz(_)
            | Type::IntervalYearToMonth
            | Type::IntervalDayToSecond
            | Type::IpAddress
            | Type::Function(..)
            | Type::Opaque(_)
            | Type::Unknown
            | Type::Error => return None,
        })
    }

    /// Iceberg has no fields without names.
    fn stored_field(&self, field: &Field) -> Option<Field> {
        field.name.as_ref()?;
        Some(Field { name: field.name.clone(), ty: self.stored_type(&field.ty)? })
    }

    /// The type as a plain CREATE TABLE takes it; None if tables cannot hold it.
    pub fn ddl_type(&self, ty: &Type) -> Option<String> {
        let stored = self.stored_type(ty)?;
        match self.ddl_quote {
            '"' => Some(stored.to_string()),
            _ => hive_type(&stored),
        }
    }
}

/// Hive's names, which Athena's DDL uses.
fn hive_type(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Boolean => "boolean".to_owned(),
        Type::Integer => "int".to_owned(),
        Type::BigInt => "bigint".to_owned(),
        Type::Real => "float".to_owned(),
        Type::Double => "double".to_owned(),
        Type::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        Type::Varchar(_) => "string".to_owned(),
        Type::Varbinary => "binary".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Timestamp(_) => "timestamp".to_owned(),
        Type::Array(element) => format!("array<{}>", hive_type(element)?),
        Type::Map(key, value) => format!("map<{},{}>", hive_type(key)?, hive_type(value)?),
        Type::Row(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| Some(format!("{}:{}", field.name.as_deref()?, hive_type(&field.ty)?)))
                .collect::<Option<_>>()?;
            format!("struct<{}>", fields.join(","))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn tables_keep_what_they_can() {
        let row = Type::Row(vec![Field { name: Some("n".into()), ty: Type::Char(3) }]);
        let nested = Type::Map(Box::new(Type::TinyInt), Box::new(Type::Array(Box::new(row))));
        let cases = [
            (Type::Decimal { precision: 10, scale: 2 }, Some("decimal(10,2)"), Some("decimal(10,2)")),
            (Type::Timestamp(3), Some("timestamp(6)"), Some("timestamp")),
            (Type::TimestampTz(3), Some("timestamp(6) with time zone"), None),
            (nested, Some("map(integer, array(row(n varchar)))"), Some("map<int,array<struct<n:string>>>")),
            (Type::Json, None, None),
            (Type::Row(vec![Field { name: None, ty: Type::BigInt }]), None, None),
        ];
        for (ty, trino, athena) in cases {
            let compact = |text: Option<String>| text.map(|text| text.replace(' ', ""));
            assert_eq!(compact(Dialect::TRINO.ddl_type(&ty)), compact(trino.map(str::to_owned)), "{ty}");
            assert_eq!(Dialect::ATHENA.ddl_type(&ty).as_deref(), athena, "{ty}");
        }
    }
}
