//! Rows as Arrow batches.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationMillisecondArray, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, IntervalYearMonthArray, ListArray, MapArray,
    NullArray, RecordBatch, RecordBatchOptions, StringArray, StructArray, Time64MicrosecondArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Schema};
use arrow::error::ArrowError;
use lake_core::engine::{ErrorKind, Rows};
use lake_sql::types::Type;

use crate::datetime::PICOS;
use crate::error::{Result, failure};
use crate::statement::Output;
use crate::value::Value;

/// A result as the engine trait gives it: one batch.
pub fn rows(output: &Output) -> Result<Rows> {
    let internal = |error: ArrowError| failure(ErrorKind::Internal, format!("rows cannot become a batch: {error}"));
    let mut fields = vec![];
    let mut arrays = vec![];
    for (at, (name, ty)) in output.columns.iter().enumerate() {
        let values: Vec<&Value> = output.rows.iter().map(|row| &row[at]).collect();
        let array = array(ty, &values).map_err(internal)?;
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(output.rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(internal)?;
    Ok(Rows { columns: output.columns.clone(), batches: vec![batch] })
}

/// Picks the values of one kind; all others are null.
macro_rules! pick {
    ($values:expr, $pattern:pat => $value:expr) => {
        $values.iter().map(|value| match value {
            $pattern => Some($value),
            _ => None,
        })
    };
}

fn array(ty: &Type, values: &[&Value]) -> std::result::Result<ArrayRef, ArrowError> {
    Ok(match ty {
        Type::Boolean => Arc::new(pick!(values, Value::Boolean(truth) => *truth).collect::<BooleanArray>()),
        Type::TinyInt => Arc::new(pick!(values, Value::Integer(number) => *number as i8).collect::<Int8Array>()),
        Type::SmallInt => Arc::new(pick!(values, Value::Integer(number) => *number as i16).collect::<Int16Array>()),
        Type::Integer => Arc::new(pick!(values, Value::Integer(number) => *number as i32).collect::<Int32Array>()),
        Type::BigInt => Arc::new(pick!(values, Value::Integer(number) => *number).collect::<Int64Array>()),
        Type::Real => Arc::new(pick!(values, Value::Double(number) => *number as f32).collect::<Float32Array>()),
        Type::Double => Arc::new(pick!(values, Value::Double(number) => *number).collect::<Float64Array>()),
        Type::Decimal { precision, scale } => {
            let digits = pick!(values, Value::Decimal(digits, _) => *digits).collect::<Decimal128Array>();
            Arc::new(digits.with_precision_and_scale(*precision, *scale as i8)?)
        }
        Type::Varbinary => {
            let bytes: Vec<Option<&[u8]>> = pick!(values, Value::Bytes(bytes) => bytes.as_ref()).collect();
            Arc::new(BinaryArray::from(bytes))
        }
        Type::Date => Arc::new(pick!(values, Value::Date(days) => *days).collect::<Date32Array>()),
        Type::Time(_) => Arc::new(pick!(values, Value::Time(at) => at / PICOS).collect::<Time64MicrosecondArray>()),
        Type::Timestamp(_) => {
            Arc::new(pick!(values, Value::Timestamp(at) => *at).collect::<TimestampMicrosecondArray>())
        }
        Type::TimestampTz(_) => {
            let at = pick!(values, Value::TimestampTz(at, _) => *at).collect::<TimestampMicrosecondArray>();
            Arc::new(at.with_timezone("UTC"))
        }
        Type::IntervalYearToMonth => {
            Arc::new(pick!(values, Value::Months(months) => *months).collect::<IntervalYearMonthArray>())
        }
        Type::IntervalDayToSecond => {
            Arc::new(pick!(values, Value::Millis(millis) => *millis).collect::<DurationMillisecondArray>())
        }
        Type::Array(element) => list(element, values)?,
        Type::Map(key, value) => map(key, value, values)?,
        Type::Row(fields) => row(fields, values)?,
        Type::Unknown => Arc::new(NullArray::new(values.len())),
        _ => Arc::new(pick!(values, Value::Text(text) => text.as_ref()).collect::<StringArray>()),
    })
}

fn nulls(values: &[&Value]) -> NullBuffer {
    values.iter().map(|value| !value.is_null()).collect()
}

fn list(element: &Type, values: &[&Value]) -> std::result::Result<ArrayRef, ArrowError> {
    let elements = |value: &&Value| if let Value::Array(elements) = value { elements.to_vec() } else { vec![] };
    let parts: Vec<Vec<Value>> = values.iter().map(elements).collect();
    let offsets = OffsetBuffer::from_lengths(parts.iter().map(Vec::len));
    let child = array(element, &parts.iter().flatten().collect::<Vec<_>>())?;
    let field = Arc::new(Field::new("item", child.data_type().clone(), true));
    Ok(Arc::new(ListArray::try_new(field, offsets, child, Some(nulls(values)))?))
}

fn map(key: &Type, value: &Type, values: &[&Value]) -> std::result::Result<ArrayRef, ArrowError> {
    let entries = |value: &&Value| if let Value::Map(entries) = value { entries.to_vec() } else { vec![] };
    let parts: Vec<Vec<(Value, Value)>> = values.iter().map(entries).collect();
    let offsets = OffsetBuffer::from_lengths(parts.iter().map(Vec::len));
    let keys = array(key, &parts.iter().flatten().map(|(key, _)| key).collect::<Vec<_>>())?;
    let items = array(value, &parts.iter().flatten().map(|(_, value)| value).collect::<Vec<_>>())?;
    let fields: Fields =
        vec![Field::new("key", keys.data_type().clone(), false), Field::new("value", items.data_type().clone(), true)]
            .into();
    let entries = StructArray::try_new(fields.clone(), vec![keys, items], None)?;
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, Some(nulls(values)), false)?))
}

fn row(fields: &[lake_sql::types::Field], values: &[&Value]) -> std::result::Result<ArrayRef, ArrowError> {
    let (mut named, mut arrays) = (vec![], vec![]);
    for (at, field) in fields.iter().enumerate() {
        let child = |value: &&Value| if let Value::Row(values) = value { values[at].clone() } else { Value::Null };
        let children: Vec<Value> = values.iter().map(child).collect();
        let array = array(&field.ty, &children.iter().collect::<Vec<_>>())?;
        let name = field.name.clone().unwrap_or_else(|| format!("field{at}"));
        named.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    if arrays.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(values.len(), Some(nulls(values)))));
    }
    Ok(Arc::new(StructArray::try_new(named.into(), arrays, Some(nulls(values)))?))
}
