//! Parquet and Arrow files: the columns as the engine gave them, fields of rows under their names.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, RecordBatch, RecordBatchOptions, StructArray};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow_ipc::writer::FileWriter;
use lake_core::engine::Rows;
use lake_core::values::types;
use lake_sql::types::Type;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::error::Error;
use crate::query::values::distinct_names;

/// Writes a Parquet file, compressed with zstd.
pub fn write_parquet(rows: &Rows, out: &mut dyn Write) -> Result<(), Error> {
    let (schema, batches) = named(rows)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    // Whole in memory first: its writer wants to own, and send between threads, what it writes to.
    let mut file = vec![];
    let mut writer = ArrowWriter::try_new(&mut file, schema, Some(properties)).map_err(parquet_error)?;
    for batch in &batches {
        writer.write(batch).map_err(parquet_error)?;
    }
    writer.close().map_err(parquet_error)?;
    out.write_all(&file)?;
    Ok(())
}

/// Writes a file of Arrow's IPC format.
pub fn write_arrow(rows: &Rows, out: &mut dyn Write) -> Result<(), Error> {
    let (schema, batches) = named(rows)?;
    let mut writer = FileWriter::try_new(out, &schema).map_err(arrow_error)?;
    for batch in &batches {
        writer.write(batch).map_err(arrow_error)?;
    }
    writer.finish().map_err(arrow_error)
}

/// The batches under the names of the columns.
fn named(rows: &Rows) -> Result<(SchemaRef, Vec<RecordBatch>), Error> {
    distinct_names(rows)?;
    let zone = |at: usize| rows.batches.first().map(|batch| batch.column(at).data_type().clone());
    let field = |(at, (name, ty)): (usize, &(String, Type))| {
        // The zone of instants is known by the arrays alone.
        let ty = match zone(at) {
            Some(found @ DataType::Timestamp(..)) => found,
            _ => field_type(ty)?,
        };
        Ok(Field::new(name, ty, true))
    };
    let fields = rows.columns.iter().enumerate().map(field).collect::<Result<Vec<_>, Error>>()?;
    let schema = Arc::new(Schema::new(fields));
    let batch = |batch: &RecordBatch| {
        let columns = batch.columns().iter().zip(schema.fields());
        let columns = columns.map(|(column, field)| relabelled(column, field.data_type()));
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(schema.clone(), columns.collect::<Result<Vec<_>, _>>()?, &options)
    };
    let batches = rows.batches.iter().map(batch).collect::<Result<Vec<_>, ArrowError>>().map_err(arrow_error)?;
    Ok((schema, batches))
}

/// The type of a column with the names of its rows' fields; those without a name are called by their place.
fn field_type(ty: &Type) -> Result<DataType, Error> {
    Ok(match ty {
        Type::Array(element) => DataType::List(types::item(field_type(element)?)),
        Type::Map(key, value) => types::map(field_type(key)?, field_type(value)?),
        Type::Row(fields) => {
            let named = fields.iter().enumerate().map(|(at, field)| {
                let name = field.name.clone().unwrap_or_else(|| format!("field{at}"));
                Ok(Field::new(name, field_type(&field.ty)?, true))
            });
            DataType::Struct(Fields::from(named.collect::<Result<Vec<_>, Error>>()?))
        }
        other => types::arrow(other)?,
    })
}

/// The same values under a type that has other names.
fn relabelled(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef, ArrowError> {
    Ok(match ty {
        DataType::List(item) => {
            let lists = array.as_list::<i32>();
            let values = relabelled(lists.values(), item.data_type())?;
            Arc::new(ListArray::try_new(item.clone(), lists.offsets().clone(), values, lists.nulls().cloned())?)
        }
        DataType::Map(entries, ordered) => {
            let maps = array.as_map();
            let pairs: ArrayRef = Arc::new(maps.entries().clone());
            let pairs = relabelled(&pairs, entries.data_type())?.as_struct().clone();
            let (offsets, nulls) = (maps.offsets().clone(), maps.nulls().cloned());
            Arc::new(MapArray::try_new(entries.clone(), offsets, pairs, nulls, *ordered)?)
        }
        DataType::Struct(fields) => {
            let rows = array.as_struct();
            let parts = rows.columns().iter().zip(fields).map(|(part, field)| relabelled(part, field.data_type()));
            let parts = parts.collect::<Result<Vec<_>, _>>()?;
            Arc::new(StructArray::try_new_with_length(fields.clone(), parts, rows.nulls().cloned(), rows.len())?)
        }
        _ => array.clone(),
    })
}

fn arrow_error(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => error.into(),
        other => Error::failure(format!("the rows cannot be written: {other}")),
    }
}

fn parquet_error(error: ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => (*error).into(),
            Err(other) => Error::failure(format!("the rows cannot be written: {other}")),
        },
        other => Error::failure(format!("the rows cannot be written: {other}")),
    }
}
