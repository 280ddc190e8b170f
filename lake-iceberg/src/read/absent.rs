//! Columns of lists, maps and rows that a file was written without.
//!
//! The iceberg crate gives nulls for columns of single values that a file does not have, but cannot make nulls of other
//! types. Such a column is left out of what is read of the file, and added here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::new_null_array;
use arrow::datatypes::{FieldRef, Schema as ArrowSchema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use iceberg::arrow::ArrowFileReader;
use iceberg::io::FileMetadata;
use iceberg::scan::FileScanTask;
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::error::{Error, Result};
use crate::table::Table;
use crate::write::parquet_error;

/// Files that lack the same columns.
pub(super) struct Group {
    /// What is read of them.
    pub tasks: Vec<FileScanTask>,
    /// The columns that they lack, by position in what the scan returns.
    absent: BTreeMap<usize, FieldRef>,
    schema: SchemaRef,
}

impl Group {
    /// The rows with the columns that their file lacks.
    pub fn complete(&self, batch: RecordBatch) -> Result<RecordBatch> {
        if self.absent.is_empty() {
            return Ok(batch);
        }
        let rows = batch.num_rows();
        let mut read = batch.columns().iter().cloned();
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        for (at, field) in self.schema.fields().iter().enumerate() {
            columns.push(match self.absent.contains_key(&at) {
                true => new_null_array(field.data_type(), rows),
                false => read.next().ok_or_else(|| Error::Invalid("a column was not read".to_owned()))?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .map_err(|error| Error::Invalid(format!("rows lack columns: {error}")))
    }
}

/// The files of tasks by what they lack of the columns that are read. Files are looked into only where one may lack a
/// column that is no single value: one that came after the table was made.
pub(super) async fn groups(table: &Table, tasks: Vec<FileScanTask>) -> Result<Vec<Group>> {
    let Some(first) = tasks.first() else { return Ok(vec![]) };
    let later = later_columns(table, first);
    let schema = Arc::new(projected(first)?);
    if later.is_empty() {
        return Ok(vec![Group { tasks, absent: BTreeMap::new(), schema }]);
    }
    let mut groups: BTreeMap<Vec<usize>, Vec<FileScanTask>> = BTreeMap::new();
    for mut task in tasks {
        let there = columns_of_file(table, &task).await?;
        let lacks = |(at, id): (usize, &i32)| (later.contains(id) && !there.contains(id)).then_some(at);
        let absent: Vec<usize> = task.project_field_ids.iter().enumerate().filter_map(lacks).collect();
        task.project_field_ids.retain(|id| !later.contains(id) || there.contains(id));
        groups.entry(absent).or_default().push(task);
    }
    let group = |(absent, tasks): (Vec<usize>, Vec<FileScanTask>)| {
        let absent = absent.into_iter().map(|at| (at, schema.fields()[at].clone())).collect();
        Group { tasks, absent, schema: schema.clone() }
    };
    Ok(groups.into_iter().map(group).collect())
}

fn projected(task: &FileScanTask) -> Result<ArrowSchema> {
    let all = iceberg::arrow::schema_to_arrow_schema(&task.schema)?;
    let field = |id: &i32| {
        let name = task.schema.name_by_field_id(*id).unwrap_or_default();
        all.field_with_name(name).cloned().map_err(|_| Error::Invalid(format!("there is no column {name}")))
    };
    Ok(ArrowSchema::new(task.project_field_ids.iter().map(field).collect::<Result<Vec<_>>>()?))
}

/// The read columns of other than single values that some schema of the table was without.
fn later_columns(table: &Table, task: &FileScanTask) -> BTreeSet<i32> {
    let nested = |id: &&i32| task.schema.field_by_id(**id).is_some_and(|field| !field.field_type.is_primitive());
    let later = |id: &&i32| table.metadata().schemas_iter().any(|schema| schema.field_by_id(**id).is_none());
    task.project_field_ids.iter().filter(nested).filter(later).copied().collect()
}

/// The ids of the columns that a file has.
async fn columns_of_file(table: &Table, task: &FileScanTask) -> Result<BTreeSet<i32>> {
    let file = table.inner.file_io().new_input(&task.data_file_path)?.reader().await?;
    let mut reader = ArrowFileReader::new(FileMetadata { size: task.file_size_in_bytes }, file);
    let options = ArrowReaderOptions::new();
    let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await.map_err(parquet_error)?;
    let id = |field: &FieldRef| field.metadata().get(PARQUET_FIELD_ID_META_KEY).and_then(|id| id.parse().ok());
    Ok(metadata.schema().fields().iter().filter_map(id).collect())
}
