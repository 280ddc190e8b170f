//! Arrays of tables and files ↔ arrays of plans: the same values, other names and representations inside.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::compute;
use arrow::datatypes::{DataType, TimeUnit};

use crate::error::{Fault, Result};

/// An array as the wanted type, which holds the same values.
pub(crate) fn convert(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(array.clone());
    }
    Ok(match (array.data_type(), to) {
        (DataType::List(_), DataType::List(item)) => {
            let list = array.as_list::<i32>();
            let values = convert(list.values(), item.data_type())?;
            Arc::new(ListArray::try_new(item.clone(), list.offsets().clone(), values, list.nulls().cloned())?)
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let rows = array.as_struct();
            let columns = rows
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| convert(column, field.data_type()))
                .collect::<Result<Vec<_>>>()?;
            Arc::new(StructArray::try_new(fields.clone(), columns, rows.nulls().cloned())?)
        }
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let map = array.as_map();
            let pairs: ArrayRef = Arc::new(map.entries().clone());
            let pairs = convert(&pairs, entries.data_type())?.as_struct().clone();
            Arc::new(MapArray::try_new(entries.clone(), map.offsets().clone(), pairs, map.nulls().cloned(), *sorted)?)
        }
        (from, _) if same_values(from, to) => compute::cast(array, to)?,
        (from, _) => return Err(Fault::internal(format!("a column is {from}, not {to}"))),
    })
}

/// Whether a conversion keeps every value as it is.
fn same_values(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Dictionary, FixedSizeBinary, LargeBinary, LargeList, LargeUtf8, List, RunEndEncoded,
        Timestamp, Utf8, Utf8View,
    };
    match (from, to) {
        (Dictionary(_, value), to) => same_values(value, to),
        (RunEndEncoded(_, value), to) => same_values(value.data_type(), to),
        (Utf8 | LargeUtf8 | Utf8View, Utf8) => true,
        (Binary | LargeBinary | BinaryView | FixedSizeBinary(_), Binary) => true,
        (LargeList(_), List(_)) => true,
        (Timestamp(TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond, a), Timestamp(_, b)) => {
            a.is_some() == b.is_some()
        }
        (from, to) => from == to,
    }
}
