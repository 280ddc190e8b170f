//! Iceberg's types ↔ Trino's.

use std::sync::Arc;

use iceberg::spec::{ListType, MapType, NestedField, NestedFieldRef, PrimitiveType, Schema, StructType, Type as Ice};
use lake_sql::types::{Field, Type};

use crate::error::{Fault, Result};

/// A column of a table: name, type, nullable.
pub(crate) type Column = (String, Type, bool);

/// The columns of an Iceberg schema as Trino shows them.
pub(crate) fn columns(schema: &Schema) -> Result<Vec<Column>> {
    let column = |field: &NestedFieldRef| Ok((field.name.clone(), trino(&field.field_type)?, !field.required));
    schema.as_struct().fields().iter().map(column).collect()
}

/// An Iceberg type as Trino shows it.
pub(crate) fn trino(ty: &Ice) -> Result<Type> {
    Ok(match ty {
        Ice::Primitive(primitive) => match primitive {
            PrimitiveType::Boolean => Type::Boolean,
            PrimitiveType::Int => Type::Integer,
            PrimitiveType::Long => Type::BigInt,
            PrimitiveType::Float => Type::Real,
            PrimitiveType::Double => Type::Double,
            PrimitiveType::Decimal { precision, scale } => {
                Type::Decimal { precision: *precision as u8, scale: *scale as u8 }
            }
            PrimitiveType::Date => Type::Date,
            PrimitiveType::Time => Type::Time(6),
            PrimitiveType::Timestamp => Type::Timestamp(6),
            PrimitiveType::Timestamptz => Type::TimestampTz(6),
            PrimitiveType::String => Type::Varchar(None),
            PrimitiveType::Uuid => Type::Uuid,
            PrimitiveType::Binary | PrimitiveType::Fixed(_) => Type::Varbinary,
            other => return Err(Fault::unsupported(format!("Iceberg type {other}"))),
        },
        Ice::List(list) => Type::Array(Box::new(trino(&list.element_field.field_type)?)),
        Ice::Map(map) => {
            Type::Map(Box::new(trino(&map.key_field.field_type)?), Box::new(trino(&map.value_field.field_type)?))
        }
        Ice::Struct(fields) => Type::Row(
            fields
                .fields()
                .iter()
                .map(|field| Ok(Field { name: Some(field.name.clone()), ty: trino(&field.field_type)? }))
                .collect::<Result<_>>()?,
        ),
    })
}

/// The schema of a new table; comments, where there are any, one a column.
pub(crate) fn iceberg(columns: &[Column], comments: &[Option<String>]) -> Result<Schema> {
    let mut ids = Ids { next: columns.len() as i32 + 1 };
    let fields = columns
        .iter()
        .enumerate()
        .map(|(position, (name, ty, nullable))| {
            let ty = ids.ty(ty, name)?;
            let mut field = NestedField::new(position as i32 + 1, name, ty, !nullable);
            field.doc = comments.get(position).cloned().flatten();
            Ok(Arc::new(field))
        })
        .collect::<Result<Vec<_>>>()?;
    Schema::builder().with_fields(fields).build().map_err(|error| Fault::statement(error.message().to_owned()))
}

/// The Iceberg type of a column that is added, with ids from 1 on for what is inside.
pub(crate) fn added(ty: &Type, column: &str) -> Result<Ice> {
    Ids { next: 1 }.ty(&stored(ty), column)
}

/// The type that a table's column has for a query's: Iceberg has fewer.
pub(crate) fn stored(ty: &Type) -> Type {
    match ty {
        Type::TinyInt | Type::SmallInt => Type::Integer,
        Type::Varchar(_) | Type::Char(_) => Type::Varchar(None),
        Type::Time(_) => Type::Time(6),
        Type::Timestamp(_) => Type::Timestamp(6),
        Type::TimestampTz(_) => Type::TimestampTz(6),
        Type::Array(element) => Type::Array(Box::new(stored(element))),
        Type::Map(key, value) => Type::Map(Box::new(stored(key)), Box::new(stored(value))),
        Type::Row(fields) => {
            Type::Row(fields.iter().map(|f| Field { name: f.name.clone(), ty: stored(&f.ty) }).collect())
        }
        other => other.clone(),
    }
}

/// Hands out the ids of nested fields.
struct Ids {
    next: i32,
}

impl Ids {
    fn id(&mut self) -> i32 {
        self.next += 1;
        self.next - 1
    }

    fn ty(&mut self, ty: &Type, column: &str) -> Result<Ice> {
        let primitive = match ty {
            Type::Array(element) => {
                let id = self.id();
                let element = self.ty(element, column)?;
                return Ok(Ice::List(ListType::new(Arc::new(NestedField::list_element(id, element, false)))));
            }
            Type::Map(key, value) => {
                let (key_id, value_id) = (self.id(), self.id());
                let (key, value) = (self.ty(key, column)?, self.ty(value, column)?);
                return Ok(Ice::Map(MapType::new(
                    Arc::new(NestedField::map_key_element(key_id, key)),
                    Arc::new(NestedField::map_value_element(value_id, value, false)),
                )));
            }
            Type::Row(fields) => {
                let ids: Vec<i32> = fields.iter().map(|_| self.id()).collect();
                let mut made = vec![];
                for (id, field) in ids.into_iter().zip(fields) {
                    let name = field.name.as_ref().ok_or_else(|| {
                        Fault::statement(format!("Row type field does not have a name: {ty} in column {column}"))
                    })?;
                    made.push(Arc::new(NestedField::optional(id, name, self.ty(&field.ty, column)?)));
                }
                return Ok(Ice::Struct(StructType::new(made)));
            }
            other => primitive(other, column)?,
        };
        Ok(Ice::Primitive(primitive))
    }
}

fn primitive(ty: &Type, column: &str) -> Result<PrimitiveType> {
    Ok(match stored(ty) {
        Type::Boolean => PrimitiveType::Boolean,
        Type::Integer => PrimitiveType::Int,
        Type::BigInt => PrimitiveType::Long,
        Type::Real => PrimitiveType::Float,
        Type::Double => PrimitiveType::Double,
        Type::Decimal { precision, scale } => {
            PrimitiveType::Decimal { precision: u32::from(precision), scale: u32::from(scale) }
        }
        Type::Date => PrimitiveType::Date,
        Type::Time(_) => PrimitiveType::Time,
        Type::Timestamp(_) => PrimitiveType::Timestamp,
        Type::TimestampTz(_) => PrimitiveType::Timestamptz,
        Type::Varchar(_) => PrimitiveType::String,
        Type::Uuid => PrimitiveType::Uuid,
        Type::Varbinary => PrimitiveType::Binary,
        Type::Unknown => return Err(Fault::statement(format!("Column type is unknown: {column}"))),
        other => return Err(Fault::statement(format!("Type not supported for Iceberg: {other}, column {column}"))),
    })
}

/// The type of an Arrow column that Iceberg has written.
pub(crate) fn from_arrow(ty: &arrow::datatypes::DataType) -> Result<Type> {
    use arrow::datatypes::{DataType, TimeUnit};
    Ok(match ty {
        DataType::Boolean => Type::Boolean,
        DataType::Int32 => Type::Integer,
        DataType::Int64 => Type::BigInt,
        DataType::Float32 => Type::Real,
        DataType::Float64 => Type::Double,
        DataType::Decimal128(precision, scale) => Type::Decimal { precision: *precision, scale: *scale as u8 },
        DataType::Utf8 | DataType::LargeUtf8 => Type::Varchar(None),
        DataType::Binary | DataType::LargeBinary => Type::Varbinary,
        DataType::FixedSizeBinary(16) => Type::Uuid,
        DataType::Date32 => Type::Date,
        DataType::Time64(_) => Type::Time(6),
        DataType::Timestamp(TimeUnit::Millisecond, None) => Type::Timestamp(3),
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => Type::TimestampTz(3),
        DataType::Timestamp(_, None) => Type::Timestamp(6),
        DataType::Timestamp(_, Some(_)) => Type::TimestampTz(6),
        DataType::List(item) => Type::Array(Box::new(from_arrow(item.data_type())?)),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => {
                Type::Map(Box::new(from_arrow(fields[0].data_type())?), Box::new(from_arrow(fields[1].data_type())?))
            }
            other => return Err(Fault::internal(format!("a map of {other}"))),
        },
        DataType::Struct(fields) => Type::Row(
            fields
                .iter()
                .map(|f| Ok(Field { name: Some(f.name().clone()), ty: from_arrow(f.data_type())? }))
                .collect::<Result<_>>()?,
        ),
        other => return Err(Fault::unsupported(format!("a column of {other}"))),
    })
}
