//! The one row that a reading step returns, as text.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int32Type, Int64Type};

use super::error::RunError;
use crate::engine::Rows;

/// The values of the only row; None for nulls.
pub(super) fn only_row(rows: &Rows) -> Result<Vec<Option<String>>, RunError> {
    let count: usize = rows.batches.iter().map(|batch| batch.num_rows()).sum();
    if count != 1 {
        return Err(RunError::Result(format!("expected one row of counts, found {count} rows")));
    }
    let batch = rows.batches.iter().find(|batch| batch.num_rows() == 1).expect("the only row is in some batch");
    batch.columns().iter().map(value).collect()
}

fn value(column: &ArrayRef) -> Result<Option<String>, RunError> {
    if column.is_null(0) {
        return Ok(None);
    }
    let text = match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().value(0).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(0).to_string(),
        DataType::Utf8 => column.as_string::<i32>().value(0).to_owned(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(0).to_owned(),
        DataType::Utf8View => column.as_string_view().value(0).to_owned(),
        other => return Err(RunError::Result(format!("expected a count or a text, found {other}"))),
    };
    Ok(Some(text))
}
