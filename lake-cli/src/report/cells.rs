//! Values of a result as text and as JSON.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Value};

/// Spells dates and times as Trino does.
fn options() -> FormatOptions<'static> {
    FormatOptions::new()
        .with_null("NULL")
        .with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.6f"))
        .with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S%.6f UTC"))
}

/// All cells of a batch as text, row by row.
pub fn texts(batch: &RecordBatch) -> Result<Vec<Vec<String>>, ArrowError> {
    let options = options();
    let columns = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<Vec<_>, _>>()?;
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).try_to_string()).collect()).collect()
}

/// Whether a cell is null. The array of a bare `null` has no bitmap, so that Arrow's `is_null` is false for it.
pub fn is_null(column: &dyn Array, row: usize) -> bool {
    column.is_null(row) || *column.data_type() == DataType::Null
}

/// One cell as JSON: numbers that JSON holds exactly as numbers, decimals, dates and times as text.
pub fn json(column: &dyn Array, row: usize) -> Result<Value, ArrowError> {
    if is_null(column, row) {
        return Ok(Value::Null);
    }
    Ok(match column.data_type() {
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Int8 => column.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float32 => number(f64::from(column.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => number(column.as_primitive::<Float64Type>().value(row)),
        DataType::List(_) => list(column.as_list::<i32>().value(row).as_ref())?,
        DataType::Map(_, _) => {
            let entries = column.as_map().value(row);
            let keys = ArrayFormatter::try_new(entries.column(0).as_ref(), &options())?.to_strings(entries.len())?;
            let values = (0..entries.len()).map(|entry| json(entries.column(1).as_ref(), entry));
            Value::Object(
                keys.into_iter()
                    .zip(values)
                    .map(|(key, value)| Ok((key, value?)))
                    .collect::<Result<_, ArrowError>>()?,
            )
        }
        DataType::Struct(fields) => {
            let columns = column.as_struct();
            let members = fields.iter().enumerate();
            let members = members
                .map(|(position, field)| Ok((field.name().clone(), json(columns.column(position).as_ref(), row)?)));
            Value::Object(members.collect::<Result<Map<_, _>, ArrowError>>()?)
        }
        _ => ArrayFormatter::try_new(column, &options())?.value(row).try_to_string()?.into(),
    })
}

/// JSON has no NaN and no infinity: they become text, as Trino's protocol has it.
fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

fn list(elements: &dyn Array) -> Result<Value, ArrowError> {
    (0..elements.len()).map(|element| json(elements, element)).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

/// All values of a column as text.
trait ToStrings {
    fn to_strings(&self, length: usize) -> Result<Vec<String>, ArrowError>;
}

impl ToStrings for ArrayFormatter<'_> {
    fn to_strings(&self, length: usize) -> Result<Vec<String>, ArrowError> {
        (0..length).map(|row| self.value(row).try_to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use arrow::array::NullArray;

    use super::*;

    #[test]
    fn a_bare_null_is_null() {
        let column = NullArray::new(1);
        assert!(is_null(&column, 0));
        assert_eq!(json(&column, 0).unwrap(), Value::Null);
    }
}
