//! Values of metadata: bounds and partition values, as arrays, texts and JSON.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float32Array,
    Float64Array, Int32Array, Int64Array, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::util::display::array_value_to_string;
use iceberg::spec::{PrimitiveLiteral, PrimitiveType, Transform};
use serde_json::Value;

use crate::error::{Error, Result};

/// The Arrow type of values of a type.
pub(super) fn arrow_type(ty: &PrimitiveType) -> DataType {
    match ty {
        PrimitiveType::Boolean => DataType::Boolean,
        PrimitiveType::Int => DataType::Int32,
        PrimitiveType::Long => DataType::Int64,
        PrimitiveType::Float => DataType::Float32,
        PrimitiveType::Double => DataType::Float64,
        PrimitiveType::Decimal { precision, scale } => DataType::Decimal128(*precision as u8, *scale as i8),
        PrimitiveType::Date => DataType::Date32,
        PrimitiveType::Time => DataType::Time64(TimeUnit::Microsecond),
        PrimitiveType::Timestamp | PrimitiveType::TimestampNs => DataType::Timestamp(TimeUnit::Microsecond, None),
        PrimitiveType::Timestamptz | PrimitiveType::TimestamptzNs => {
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        }
        PrimitiveType::String => DataType::Utf8,
        PrimitiveType::Uuid => DataType::FixedSizeBinary(16),
        PrimitiveType::Fixed(_) | PrimitiveType::Binary => DataType::Binary,
    }
}

/// Values as an array. A value may be of the narrower type that its column had before.
pub(super) fn array(ty: &PrimitiveType, values: &[Option<PrimitiveLiteral>]) -> Result<ArrayRef> {
    let longs = || values.iter().map(|value| value.as_ref().and_then(integer));
    let ints = || longs().map(|value| value.and_then(|value| i32::try_from(value).ok()));
    let bytes = || values.iter().map(|value| value.as_ref().and_then(binary));
    let invalid = |error: arrow::error::ArrowError| Error::Invalid(format!("metadata holds a wrong value: {error}"));
    Ok(match ty {
        PrimitiveType::Boolean => Arc::new(BooleanArray::from_iter(values.iter().map(|value| match value {
            Some(PrimitiveLiteral::Boolean(value)) => Some(*value),
            _ => None,
        }))),
        PrimitiveType::Int => Arc::new(Int32Array::from_iter(ints())),
        PrimitiveType::Long => Arc::new(Int64Array::from_iter(longs())),
        PrimitiveType::Float => Arc::new(Float32Array::from_iter(
            values.iter().map(|value| value.as_ref().and_then(double).map(|v| v as f32)),
        )),
        PrimitiveType::Double => {
            Arc::new(Float64Array::from_iter(values.iter().map(|value| value.as_ref().and_then(double))))
        }
        PrimitiveType::Decimal { precision, scale } => {
            let unscaled = values.iter().map(|value| value.as_ref().and_then(wide));
            let array = Decimal128Array::from_iter(unscaled);
            Arc::new(array.with_precision_and_scale(*precision as u8, *scale as i8).map_err(invalid)?)
        }
        PrimitiveType::Date => Arc::new(Date32Array::from_iter(ints())),
        PrimitiveType::Time => Arc::new(Time64MicrosecondArray::from_iter(longs())),
        PrimitiveType::Timestamp => Arc::new(TimestampMicrosecondArray::from_iter(longs())),
        PrimitiveType::Timestamptz => Arc::new(TimestampMicrosecondArray::from_iter(longs()).with_timezone("UTC")),
        PrimitiveType::TimestampNs | PrimitiveType::TimestamptzNs => {
            let micros = longs().map(|value| value.map(|nanos| nanos.div_euclid(1000)));
            let array = TimestampMicrosecondArray::from_iter(micros);
            let zoned = *ty == PrimitiveType::TimestamptzNs;
            Arc::new(if zoned { array.with_timezone("UTC") } else { array })
        }
        PrimitiveType::String => Arc::new(StringArray::from_iter(values.iter().map(|value| match value {
            Some(PrimitiveLiteral::String(text)) => Some(text.as_str()),
            _ => None,
        }))),
        PrimitiveType::Uuid => {
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes(), 16).map_err(invalid)?)
        }
        PrimitiveType::Fixed(_) | PrimitiveType::Binary => Arc::new(BinaryArray::from_iter(bytes())),
    })
}

fn integer(value: &PrimitiveLiteral) -> Option<i64> {
    match value {
        PrimitiveLiteral::Int(value) => Some(i64::from(*value)),
        PrimitiveLiteral::Long(value) => Some(*value),
        _ => None,
    }
}

fn double(value: &PrimitiveLiteral) -> Option<f64> {
    match value {
        PrimitiveLiteral::Float(value) => Some(f64::from(value.0)),
        PrimitiveLiteral::Double(value) => Some(value.0),
        _ => None,
    }
}

fn wide(value: &PrimitiveLiteral) -> Option<i128> {
    match value {
        PrimitiveLiteral::Int128(value) => Some(*value),
        other => integer(other).map(i128::from),
    }
}

fn binary(value: &PrimitiveLiteral) -> Option<Vec<u8>> {
    match value {
        PrimitiveLiteral::Binary(bytes) => Some(bytes.clone()),
        PrimitiveLiteral::UInt128(value) => Some(value.to_be_bytes().to_vec()),
        _ => None,
    }
}

/// A value as text.
pub(super) fn text(ty: &PrimitiveType, value: &PrimitiveLiteral) -> Option<String> {
    let array = array(ty, &[Some(value.clone())]).ok()?;
    let text = array_value_to_string(&array, 0).ok()?;
    Some(match ty {
        PrimitiveType::Timestamptz => text.replace('Z', "+00:00"),
        PrimitiveType::Uuid => uuid::Uuid::try_parse(&text).map_or(text, |uuid| uuid.to_string()),
        PrimitiveType::Binary | PrimitiveType::Fixed(_) => text.to_uppercase(),
        _ => text,
    })
}

/// A value in JSON: numbers and booleans as they are, everything else as text.
pub(super) fn json(ty: &PrimitiveType, value: &PrimitiveLiteral) -> Value {
    match (ty, value) {
        (PrimitiveType::Int | PrimitiveType::Long, value) => integer(value).map_or(Value::Null, Value::from),
        // The digits that tell it from its neighbours, of which a double has more.
        (PrimitiveType::Float, PrimitiveLiteral::Float(value)) => {
            value.0.to_string().parse::<f64>().map_or(Value::Null, Value::from)
        }
        (PrimitiveType::Float | PrimitiveType::Double, value) => double(value).map_or(Value::Null, Value::from),
        (_, PrimitiveLiteral::Boolean(value)) => Value::from(*value),
        (ty, value) => text(ty, value).map_or(Value::Null, Value::from),
    }
}

/// A partition value as people read it: `2024-01` for a month. `ty` is the type of the value itself.
pub(super) fn readable(transform: Transform, ty: &PrimitiveType, value: Option<&PrimitiveLiteral>) -> String {
    let Some(value) = value else { return "null".to_owned() };
    let at = integer(value).unwrap_or_default();
    let day = |days: i64| {
        let date = i32::try_from(days).ok().and_then(|days| text(&PrimitiveType::Date, &PrimitiveLiteral::Int(days)));
        date.unwrap_or_else(|| days.to_string())
    };
    match transform {
        Transform::Year => format!("{:04}", 1970 + at),
        Transform::Month => format!("{:04}-{:02}", 1970 + at.div_euclid(12), at.rem_euclid(12) + 1),
        Transform::Day => day(at),
        Transform::Hour => format!("{}-{:02}", day(at.div_euclid(24)), at.rem_euclid(24)),
        _ => text(ty, value).unwrap_or_default(),
    }
}
