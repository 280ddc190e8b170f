//! Arrays that grow value by value, for every type that files can hold.

use std::sync::Arc;

use arrow::array::NullBufferBuilder;
use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, FixedSizeBinaryBuilder, Float32Builder,
    Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder, ListArray, MapArray, StringBuilder,
    StructArray, Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use lake_sql::types::Type;
use uuid::Uuid;

use super::error::{Result, ValueError};
use super::{text as value, types};

/// Values of one column, or of a part of one.
pub struct Builder {
    ty: Type,
    inner: Inner,
}

enum Inner {
    Boolean(BooleanBuilder),
    TinyInt(Int8Builder),
    SmallInt(Int16Builder),
    Integer(Int32Builder),
    BigInt(Int64Builder),
    Real(Float32Builder),
    Double(Float64Builder),
    Decimal(Decimal128Builder),
    Text(StringBuilder),
    Binary(BinaryBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Uuid(FixedSizeBinaryBuilder),
    Nested(Nested),
}

/// Parts of nested values: the element of an array, key and value of a map, the fields of a row.
pub struct Nested {
    /// What is appended to before the value is ended.
    pub parts: Vec<Builder>,
    /// Where each array or map ends among the parts.
    ends: Vec<i32>,
    valid: NullBufferBuilder,
}

impl Builder {
    /// No values yet; types that no array holds are refused.
    pub fn new(ty: &Type) -> Result<Self> {
        let inner = match ty {
            Type::Boolean => Inner::Boolean(BooleanBuilder::new()),
            Type::TinyInt => Inner::TinyInt(Int8Builder::new()),
            Type::SmallInt => Inner::SmallInt(Int16Builder::new()),
            Type::Integer => Inner::Integer(Int32Builder::new()),
            Type::BigInt => Inner::BigInt(Int64Builder::new()),
            Type::Real => Inner::Real(Float32Builder::new()),
            Type::Double => Inner::Double(Float64Builder::new()),
            Type::Decimal { .. } => Inner::Decimal(Decimal128Builder::new().with_data_type(types::arrow(ty)?)),
            Type::Varchar(_) | Type::Char(_) | Type::Json => Inner::Text(StringBuilder::new()),
            Type::Varbinary => Inner::Binary(BinaryBuilder::new()),
            Type::Opaque(_) if types::arrow(ty)? == DataType::Binary => Inner::Binary(BinaryBuilder::new()),
            Type::Opaque(_) => Inner::Text(StringBuilder::new()),
            Type::Date => Inner::Date(Date32Builder::new()),
            Type::Time(_) => Inner::Time(Time64MicrosecondBuilder::new()),
            Type::Timestamp(_) | Type::TimestampTz(_) => {
                Inner::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(types::arrow(ty)?))
            }
            Type::Uuid => Inner::Uuid(FixedSizeBinaryBuilder::new(16)),
            Type::Array(element) => Inner::Nested(Nested::new([&**element])?),
            Type::Map(key, value) => Inner::Nested(Nested::new([&**key, &**value])?),
            Type::Row(fields) => Inner::Nested(Nested::new(fields.iter().map(|field| &field.ty))?),
            other => return Err(ValueError::statement(format!("values of type {other} cannot be read"))),
        };
        Ok(Self { ty: ty.clone(), inner })
    }

    /// The type of the values.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// Appends a null.
    pub fn append_null(&mut self) {
        match &mut self.inner {
            Inner::Boolean(builder) => builder.append_null(),
            Inner::TinyInt(builder) => builder.append_null(),
            Inner::SmallInt(builder) => builder.append_null(),
            Inner::Integer(builder) => builder.append_null(),
            Inner::BigInt(builder) => builder.append_null(),
            Inner::Real(builder) => builder.append_null(),
            Inner::Double(builder) => builder.append_null(),
            Inner::Decimal(builder) => builder.append_null(),
            Inner::Text(builder) => builder.append_null(),
            Inner::Binary(builder) => builder.append_null(),
            Inner::Date(builder) => builder.append_null(),
            Inner::Time(builder) => builder.append_null(),
            Inner::Timestamp(builder) => builder.append_null(),
            Inner::Uuid(builder) => builder.append_null(),
            Inner::Nested(nested) => {
                if matches!(self.ty, Type::Row(_)) {
                    nested.parts.iter_mut().for_each(Builder::append_null);
                }
                nested.end(false);
            }
        }
    }

    /// Appends a truth value; false if the type has none.
    pub fn append_bool(&mut self, value: bool) -> bool {
        match &mut self.inner {
            Inner::Boolean(builder) => builder.append_value(value),
            _ => return false,
        }
        true
    }

    /// Appends bytes; false if the type has none.
    pub fn append_bytes(&mut self, value: &[u8]) -> bool {
        match &mut self.inner {
            Inner::Binary(builder) => builder.append_value(value),
            _ => return false,
        }
        true
    }

    /// Appends a number in digits; false if it does not fit the type.
    pub fn append_number(&mut self, text: &str) -> bool {
        self.try_append_number(text).is_some()
    }

    fn try_append_number(&mut self, text: &str) -> Option<()> {
        let within = |low: i64, high: i64| value::integer(text, low, high);
        match &mut self.inner {
            Inner::TinyInt(builder) => builder.append_value(within(i8::MIN.into(), i8::MAX.into())? as i8),
            Inner::SmallInt(builder) => builder.append_value(within(i16::MIN.into(), i16::MAX.into())? as i16),
            Inner::Integer(builder) => builder.append_value(within(i32::MIN.into(), i32::MAX.into())? as i32),
            Inner::BigInt(builder) => builder.append_value(within(i64::MIN, i64::MAX)?),
            Inner::Real(builder) => {
                let wide = value::double(text)?;
                // Parsed again: by way of a double it would be rounded twice.
                let narrow = if wide.is_finite() { text.parse::<f32>().ok()? } else { wide as f32 };
                (narrow.is_finite() == wide.is_finite()).then_some(())?;
                builder.append_value(narrow);
            }
            Inner::Double(builder) => builder.append_value(value::double(text)?),
            Inner::Decimal(builder) => {
                let Type::Decimal { precision, scale } = self.ty else { return None };
                builder.append_value(value::decimal(text, precision, scale)?);
            }
            _ => return None,
        }
        Some(())
    }

    /// Appends a text, or what the text says: a day, a moment, a uuid; false if it does not fit the type.
    pub fn append_text(&mut self, text: &str) -> bool {
        self.try_append_text(text).is_some()
    }

    fn try_append_text(&mut self, text: &str) -> Option<()> {
        match (&mut self.inner, &self.ty) {
            (Inner::Text(builder), Type::Varchar(Some(limit))) => {
                (text.chars().count() <= *limit as usize).then(|| builder.append_value(text))?;
            }
            (Inner::Text(builder), Type::Char(limit)) => {
                // The spaces that fill it up are no part of the value.
                let text = text.trim_end_matches(' ');
                (text.chars().count() <= *limit as usize).then(|| builder.append_value(text))?;
            }
            (Inner::Text(builder), _) => builder.append_value(text),
            (Inner::Date(builder), _) => builder.append_value(value::date(text)?),
            (Inner::Time(builder), Type::Time(precision)) => builder.append_value(value::time(text, *precision)?),
            (Inner::Timestamp(builder), Type::Timestamp(precision)) => {
                builder.append_value(value::timestamp(text, *precision)?);
            }
            (Inner::Timestamp(builder), Type::TimestampTz(precision)) => {
                builder.append_value(value::instant(text, *precision)?);
            }
            (Inner::Uuid(builder), _) => {
                let uuid = Uuid::try_parse(text).ok().filter(|_| text.len() == 36)?;
                builder.append_value(uuid.as_bytes()).ok()?;
            }
            _ => return None,
        }
        Some(())
    }

    /// The parts of a nested type.
    pub fn nested(&mut self) -> Option<&mut Nested> {
        match &mut self.inner {
            Inner::Nested(nested) => Some(nested),
            _ => None,
        }
    }

    /// The values so far; the builder is empty afterwards.
    pub fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match &mut self.inner {
            Inner::Boolean(builder) => Arc::new(builder.finish()),
            Inner::TinyInt(builder) => Arc::new(builder.finish()),
            Inner::SmallInt(builder) => Arc::new(builder.finish()),
            Inner::Integer(builder) => Arc::new(builder.finish()),
            Inner::BigInt(builder) => Arc::new(builder.finish()),
            Inner::Real(builder) => Arc::new(builder.finish()),
            Inner::Double(builder) => Arc::new(builder.finish()),
            Inner::Decimal(builder) => Arc::new(builder.finish()),
            Inner::Text(builder) => Arc::new(builder.finish()),
            Inner::Binary(builder) => Arc::new(builder.finish()),
            Inner::Date(builder) => Arc::new(builder.finish()),
            Inner::Time(builder) => Arc::new(builder.finish()),
            Inner::Timestamp(builder) => Arc::new(builder.finish()),
            Inner::Uuid(builder) => Arc::new(builder.finish()),
            Inner::Nested(nested) => nested.finish(&types::arrow(&self.ty)?)?,
        })
    }
}

impl Nested {
    fn new<'a>(parts: impl IntoIterator<Item = &'a Type>) -> Result<Self> {
        let parts = parts.into_iter().map(Builder::new).collect::<Result<Vec<_>>>()?;
        Ok(Self { parts, ends: vec![0], valid: NullBufferBuilder::new(0) })
    }

    /// Ends a value whose parts have been appended.
    pub fn end(&mut self, valid: bool) {
        let last = self.ends.last().copied().unwrap_or(0);
        self.ends.push(last);
        self.valid.append(valid);
    }

    /// Ends an array or map of `count` parts.
    pub fn end_list(&mut self, count: usize) -> Result<()> {
        let last = self.ends.last().copied().unwrap_or(0);
        let end = i32::try_from(count).ok().and_then(|count| last.checked_add(count));
        self.ends.push(end.ok_or_else(|| ValueError::data("more than 2147483647 elements in one batch"))?);
        self.valid.append(true);
        Ok(())
    }

    fn finish(&mut self, ty: &DataType) -> Result<ArrayRef> {
        let parts = self.parts.iter_mut().map(Builder::finish).collect::<Result<Vec<_>>>()?;
        let ends = std::mem::replace(&mut self.ends, vec![0]);
        let rows = ends.len() - 1;
        let offsets = OffsetBuffer::new(ends.into());
        let nulls = self.valid.finish();
        Ok(match ty {
            DataType::List(item) => Arc::new(ListArray::try_new(item.clone(), offsets, parts[0].clone(), nulls)?),
            DataType::Map(entries, ordered) => {
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(ValueError::internal("the entries of a map are no rows"));
                };
                let pairs = StructArray::try_new(fields.clone(), parts, None)?;
                Arc::new(MapArray::try_new(entries.clone(), offsets, pairs, nulls, *ordered)?)
            }
            DataType::Struct(fields) => Arc::new(StructArray::try_new_with_length(fields.clone(), parts, nulls, rows)?),
            other => return Err(ValueError::internal(format!("{other} is not nested"))),
        })
    }
}
