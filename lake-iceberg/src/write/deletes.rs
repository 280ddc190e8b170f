//! Position delete files: which rows of which data file are no more.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use iceberg::metadata_columns::{delete_file_path_field, delete_file_pos_field};
use iceberg::spec::{DataContentType, DataFile, Schema, SchemaRef, Struct};
use iceberg::writer::file_writer::location_generator::{FileNameGenerator, LocationGenerator};
use iceberg::writer::file_writer::{FileWriter, FileWriterBuilder, ParquetWriterBuilder};

use super::{Names, WrittenPaths, properties};
use crate::error::{Error, Result};
use crate::table::Table;

/// Rows of a data file that are to go.
#[derive(Clone, Debug)]
pub(crate) struct DeletedRows {
    /// Path of the data file, as the manifests spell it.
    pub file: String,
    /// Its partition, which the delete file must share.
    pub partition: Struct,
    pub spec_id: i32,
    /// The table's columns as its manifest has them.
    pub schema: SchemaRef,
    /// Positions in ascending order, each once.
    pub positions: Vec<u64>,
}

/// A written delete file.
#[derive(Clone, Debug)]
pub(crate) struct DeleteFile {
    pub spec_id: i32,
    /// The columns that give the types of its partition values.
    pub schema: SchemaRef,
    pub file: DataFile,
}

/// Writes one delete file for each data file, so that each can be told which it belongs to.
pub(crate) async fn write(table: &Table, rows: &[DeletedRows]) -> Result<(Vec<DeleteFile>, WrittenPaths)> {
    let names = Names::new(table, "-deletes");
    let schema = Arc::new(
        Schema::builder().with_fields([delete_file_path_field().clone(), delete_file_pos_field().clone()]).build()?,
    );
    let builder = ParquetWriterBuilder::new(properties(super::WriteOptions::default().row_group_rows), schema.clone());
    let arrow_schema = Arc::new(iceberg::arrow::schema_to_arrow_schema(&schema)?);
    let mut files = Vec::with_capacity(rows.len());
    for deleted in rows {
        let path = names.generate_location(None, &names.generate_file_name());
        let output = table.inner.file_io().new_output(path)?;
        let mut writer = builder.build(output).await?;
        let paths = StringArray::from_iter_values(deleted.positions.iter().map(|_| deleted.file.as_str()));
        let positions = Int64Array::from_iter_values(deleted.positions.iter().map(|position| *position as i64));
        let columns: Vec<ArrayRef> = vec![Arc::new(paths), Arc::new(positions)];
        let batch = RecordBatch::try_new(arrow_schema.clone(), columns)
            .map_err(|error| Error::Invalid(format!("position deletes cannot be written: {error}")))?;
        writer.write(&batch).await?;
        for mut file in writer.close().await? {
            file.content(DataContentType::PositionDeletes)
                .partition(deleted.partition.clone())
                .partition_spec_id(deleted.spec_id)
                .referenced_data_file(Some(deleted.file.clone()));
            let file =
                file.build().map_err(|error| Error::Invalid(format!("position deletes cannot be written: {error}")))?;
            files.push(DeleteFile { spec_id: deleted.spec_id, schema: deleted.schema.clone(), file });
        }
    }
    Ok((files, names.written))
}
