//! Batches as they come → batches as the table's files hold them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Fields, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use crate::error::{Error, Result};

/// The batch with the table's columns in the table's order and representation. Values never change.
pub(crate) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let given = batch.schema();
    if let Some(unknown) = given.fields().iter().find(|field| schema.field_with_name(field.name()).is_err()) {
        return Err(Error::Invalid(format!("the table has no column {}", unknown.name())));
    }
    let columns = schema.fields().iter().map(|field| column(batch, field)).collect::<Result<Vec<ArrayRef>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
        .map_err(|error| Error::Invalid(format!("rows do not fit the table: {error}")))
}

fn column(batch: &RecordBatch, field: &Field) -> Result<ArrayRef> {
    let array = match batch.column_by_name(field.name()) {
        Some(array) => represent(array, field)?,
        None => new_null_array(field.data_type(), batch.num_rows()),
    };
    if !field.is_nullable() && array.null_count() > 0 {
        return Err(Error::Invalid(format!(
            "column {} cannot be null, found {} of {} rows without a value",
            field.name(),
            array.null_count(),
            array.len()
        )));
    }
    Ok(array)
}

fn represent(array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    if array.data_type() == field.data_type() {
        return Ok(array.clone());
    }
    if !same_values(array.data_type(), field.data_type()) {
        return Err(Error::Invalid(format!(
            "column {} is {}, found {}",
            field.name(),
            field.data_type(),
            array.data_type()
        )));
    }
    recast(array, field.data_type()).map_err(|error| Error::Invalid(format!("column {}: {error}", field.name())))
}

/// The same values as another Arrow type. Fields of rows correspond by position: their names may differ, and Arrow's
/// own cast would match some of them by name.
fn recast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    match (array.data_type(), to) {
        (from, to) if from == to => Ok(array.clone()),
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let rows = array.as_struct();
            let columns = rows.columns().iter().zip(fields).map(|(column, field)| recast(column, field.data_type()));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let nulls = rows.nulls().cloned();
            Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, rows.len())?))
        }
        (DataType::List(_), DataType::List(item)) => {
            let lists = array.as_list::<i32>();
            let values = recast(lists.values(), item.data_type())?;
            Ok(Arc::new(ListArray::try_new(item.clone(), lists.offsets().clone(), values, lists.nulls().cloned())?))
        }
        (DataType::Map(..), DataType::Map(entries, ordered)) => {
            let maps = array.as_map();
            let values: ArrayRef = Arc::new(maps.entries().clone());
            let values = recast(&values, entries.data_type())?.as_struct().clone();
            let (offsets, nulls) = (maps.offsets().clone(), maps.nulls().cloned());
            Ok(Arc::new(MapArray::try_new(entries.clone(), offsets, values, nulls, *ordered)?))
        }
        _ => cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() }),
    }
}

/// Whether two Arrow types are the same type of Iceberg in two representations.
fn same_values(from: &DataType, to: &DataType) -> bool {
    use DataType::*;
    match (from, to) {
        (Null, _) => true,
        (Dictionary(_, value), to) => same_values(value, to),
        (RunEndEncoded(_, value), to) => same_values(value.data_type(), to),
        (Utf8 | LargeUtf8 | Utf8View, Utf8 | LargeUtf8) => true,
        (Binary | LargeBinary | BinaryView, Binary | LargeBinary) => true,
        (Timestamp(a, from), Timestamp(b, to)) => a == b && from.is_some() == to.is_some(),
        (List(from) | LargeList(from), List(to) | LargeList(to)) => same_values(from.data_type(), to.data_type()),
        (Map(from, _), Map(to, _)) => same_values(from.data_type(), to.data_type()),
        (Struct(from), Struct(to)) => same_fields(from, to),
        (from, to) => from == to,
    }
}

fn same_fields(from: &Fields, to: &Fields) -> bool {
    from.len() == to.len() && from.iter().zip(to).all(|(a, b)| same_values(a.data_type(), b.data_type()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{Int32Array, Int64Array, StringArray, StringViewArray};
    use arrow::datatypes::Schema;

    use super::*;

    fn table() -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8, true)]))
    }

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    #[test]
    fn order_and_representation_are_the_tables() {
        let given = batch(vec![
            ("name", Arc::new(StringViewArray::from(vec![Some("a"), None]))),
            ("id", Arc::new(Int64Array::from(vec![1, 2]))),
        ]);
        let got = conform(&given, &table()).unwrap();
        assert_eq!(got.column(1).as_ref(), &StringArray::from(vec![Some("a"), None]) as &dyn Array);
        assert_eq!(
            conform(&batch(vec![("id", Arc::new(Int64Array::from(vec![1])))]), &table()).unwrap().num_columns(),
            2
        );
        assert_eq!(conform(&RecordBatch::new_empty(table()), &table()).unwrap().num_rows(), 0);
    }

    #[test]
    fn fields_of_rows_correspond_by_position() {
        let fields = |names: [&str; 2]| -> Fields {
            names.into_iter().map(|name| Field::new(name, DataType::Int64, true)).collect()
        };
        let column = |at: i64| Arc::new(Int64Array::from(vec![at])) as ArrayRef;
        let rows: ArrayRef = Arc::new(StructArray::new(fields(["f0", "f1"]), vec![column(0), column(1)], None));
        let got = recast(&rows, &DataType::Struct(fields(["f1", "f0"]))).unwrap();
        assert_eq!(got.as_struct().column_by_name("f1").unwrap().as_ref(), column(0).as_ref());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |columns| conform(&batch(columns), &table()).unwrap_err().to_string();
        assert_eq!(
            refused(vec![("id", Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef)]),
            "column id cannot be null, found 1 of 2 rows without a value"
        );
        assert_eq!(refused(vec![("id", Arc::new(Int32Array::from(vec![1])))]), "column id is Int64, found Int32");
        assert_eq!(refused(vec![("ids", Arc::new(Int64Array::from(vec![1])))]), "the table has no column ids");
        assert_eq!(
            refused(vec![("name", Arc::new(StringArray::from(vec!["a"])))]),
            "column id cannot be null, found 1 of 1 rows without a value"
        );
    }
}
