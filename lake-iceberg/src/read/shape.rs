//! Columns of lists, maps and rows that a file has in another shape than the table, or not at all.
//!
//! The iceberg crate gives nulls for columns of single values that a file does not have, and widens them. Of other
//! columns it can do neither, nor can it read rows whose fields have other names or another order now. So such a column
//! is read as the file has it, and brought into the table's shape here, field by field, by their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Schema as ArrowSchema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use iceberg::arrow::{ArrowFileReader, arrow_schema_to_schema, schema_to_arrow_schema};
use iceberg::io::FileMetadata;
use iceberg::scan::FileScanTask;
use iceberg::spec::{NestedField, NestedFieldRef, Schema, Type};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::error::{Error, Result};
use crate::table::Table;
use crate::write::parquet_error;

/// Files of one shape.
pub(super) struct Group {
    /// What is read of them.
    pub tasks: Vec<FileScanTask>,
    /// How each column that the scan returns comes out of what is read.
    columns: Vec<Source>,
    schema: SchemaRef,
}

/// How a column comes out of what is read of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// As it is read.
    Read,
    /// It is not read: the file does not have it.
    Absent,
    /// It is read in the file's shape, which is this.
    Reshaped(FieldRef),
}

impl Group {
    /// The rows in the table's shape.
    pub fn complete(&self, batch: RecordBatch) -> Result<RecordBatch> {
        if self.columns.iter().all(|source| *source == Source::Read) {
            return Ok(batch);
        }
        let rows = batch.num_rows();
        let invalid = |error: ArrowError| Error::Invalid(format!("rows cannot be read in the table's shape: {error}"));
        let mut read = batch.columns().iter();
        let mut next = || read.next().ok_or_else(|| Error::Invalid("a column was not read".to_owned()));
        let mut columns = Vec::with_capacity(self.columns.len());
        for (field, source) in self.schema.fields().iter().zip(&self.columns) {
            columns.push(match source {
                Source::Read => next()?.clone(),
                Source::Absent => new_null_array(field.data_type(), rows),
                Source::Reshaped(from) => reshaped(next()?, from, field).map_err(invalid)?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options).map_err(invalid)
    }
}

/// An array with the fields that another type has, found by their ids.
fn reshaped(array: &ArrayRef, from: &Field, to: &Field) -> Result<ArrayRef, ArrowError> {
    Ok(match (from.data_type(), to.data_type()) {
        (DataType::Struct(theirs), DataType::Struct(ours)) => {
            let rows = array.as_struct();
            let column = |field: &FieldRef| match theirs.iter().position(|other| id_of(other) == id_of(field)) {
                Some(at) => reshaped(rows.column(at), &theirs[at], field),
                None => Ok(new_null_array(field.data_type(), rows.len())),
            };
            let columns = ours.iter().map(column).collect::<Result<Vec<_>, _>>()?;
            let nulls = rows.nulls().cloned();
            Arc::new(StructArray::try_new_with_length(ours.clone(), columns, nulls, rows.len())?)
        }
        (DataType::List(theirs), DataType::List(ours)) => {
            let lists = array.as_list::<i32>();
            let values = reshaped(lists.values(), theirs, ours)?;
            Arc::new(ListArray::try_new(ours.clone(), lists.offsets().clone(), values, lists.nulls().cloned())?)
        }
        (DataType::Map(theirs, _), DataType::Map(ours, sorted)) => {
            let maps = array.as_map();
            let entries: ArrayRef = Arc::new(maps.entries().clone());
            let entries = reshaped(&entries, theirs, ours)?.as_struct().clone();
            Arc::new(MapArray::try_new(ours.clone(), maps.offsets().clone(), entries, maps.nulls().cloned(), *sorted)?)
        }
        (_, wanted) if array.data_type() == wanted => array.clone(),
        (_, wanted) => cast_with_options(array, wanted, &CastOptions { safe: false, ..CastOptions::default() })?,
    })
}

fn id_of(field: &Field) -> Option<i32> {
    field.metadata().get(PARQUET_FIELD_ID_META_KEY).and_then(|id| id.parse().ok())
}

/// The files of tasks by their shape. Files are looked into only where the table has ever had another shape in a column
/// that is read and is no single value.
pub(super) async fn groups(table: &Table, tasks: Vec<FileScanTask>) -> Result<Vec<Group>> {
    let Some(first) = tasks.first() else { return Ok(vec![]) };
    let schema = Arc::new(projected(first)?);
    let changed = changed_columns(table, first);
    if changed.is_empty() {
        let columns = vec![Source::Read; schema.fields().len()];
        return Ok(vec![Group { tasks, columns, schema }]);
    }
    let mut groups: Vec<Group> = Vec::new();
    for task in tasks {
        let there = columns_of_file(table, &task).await?;
        let (task, columns) = in_shape(task, &there, &changed)?;
        match groups.iter_mut().find(|group| group.columns == columns) {
            Some(group) => group.tasks.push(task),
            None => groups.push(Group { tasks: vec![task], columns, schema: schema.clone() }),
        }
    }
    Ok(groups)
}

fn projected(task: &FileScanTask) -> Result<ArrowSchema> {
    let all = schema_to_arrow_schema(&task.schema)?;
    let field = |id: &i32| {
        let name = task.schema.name_by_field_id(*id).unwrap_or_default();
        all.field_with_name(name).cloned().map_err(|_| Error::Invalid(format!("there is no column {name}")))
    };
    Ok(ArrowSchema::new(task.project_field_ids.iter().map(field).collect::<Result<Vec<_>>>()?))
}

/// The read columns of other than single values that some schema of the table was without, or had in another shape.
fn changed_columns(table: &Table, task: &FileScanTask) -> BTreeSet<i32> {
    let changed = |field: &&NestedFieldRef| {
        let other = |schema: &Arc<Schema>| match schema.field_by_id(field.id) {
            Some(other) => !same_shape(&other.field_type, &field.field_type),
            None => true,
        };
        !field.field_type.is_primitive() && table.metadata().schemas_iter().any(other)
    };
    let read = task.project_field_ids.iter().filter_map(|id| task.schema.field_by_id(*id));
    read.filter(changed).map(|field| field.id).collect()
}

/// Whether two types have the same fields in the same order, whatever is said about them.
fn same_shape(a: &Type, b: &Type) -> bool {
    let same = |a: &NestedFieldRef, b: &NestedFieldRef| {
        a.id == b.id && a.name == b.name && a.required == b.required && same_shape(&a.field_type, &b.field_type)
    };
    match (a, b) {
        (Type::Struct(a), Type::Struct(b)) => {
            a.fields().len() == b.fields().len() && a.fields().iter().zip(b.fields()).all(|(a, b)| same(a, b))
        }
        (Type::List(a), Type::List(b)) => same(&a.element_field, &b.element_field),
        (Type::Map(a), Type::Map(b)) => same(&a.key_field, &b.key_field) && same(&a.value_field, &b.value_field),
        (a, b) => a == b,
    }
}

/// The task with the changed columns as its file has them, and how they come out of that.
fn in_shape(
    mut task: FileScanTask,
    there: &BTreeMap<i32, Field>,
    changed: &BTreeSet<i32>,
) -> Result<(FileScanTask, Vec<Source>)> {
    let mut shapes: BTreeMap<i32, NestedFieldRef> = BTreeMap::new();
    let mut columns = Vec::with_capacity(task.project_field_ids.len());
    for id in task.project_field_ids.iter().filter(|id| task.schema.field_by_id(**id).is_some()) {
        let (Some(ours), true) = (task.schema.field_by_id(*id), changed.contains(id)) else {
            columns.push(Source::Read);
            continue;
        };
        let Some(field) = there.get(id) else {
            columns.push(Source::Absent);
            continue;
        };
        let shape = shape_of(field, ours)?;
        columns.push(match same_shape(&shape.field_type, &ours.field_type) {
            true => Source::Read,
            false => {
                let schema = Schema::builder().with_fields([shape.clone()]).build()?;
                shapes.insert(*id, shape);
                Source::Reshaped(schema_to_arrow_schema(&schema)?.fields()[0].clone())
            }
        });
    }
    task.project_field_ids.retain(|id| !changed.contains(id) || there.contains_key(id));
    if !shapes.is_empty() {
        let fields = task.schema.as_struct().fields().iter();
        let fields = fields.map(|field| shapes.get(&field.id).unwrap_or(field).clone());
        task.schema = Arc::new(Schema::builder().with_schema_id(task.schema.schema_id()).with_fields(fields).build()?);
    }
    Ok((task, columns))
}

/// The column as its file has it, under the name that it has now.
fn shape_of(field: &Field, ours: &NestedField) -> Result<NestedFieldRef> {
    let schema = arrow_schema_to_schema(&ArrowSchema::new(vec![field.clone()]))?;
    let found = schema.as_struct().fields().first().map(|field| (**field).clone());
    let found = found.ok_or_else(|| Error::Invalid(format!("column {} has no type in a file", ours.name)))?;
    Ok(Arc::new(NestedField { name: ours.name.clone(), ..found }))
}

/// The columns that a file has, by id.
async fn columns_of_file(table: &Table, task: &FileScanTask) -> Result<BTreeMap<i32, Field>> {
    let file = table.inner.file_io().new_input(&task.data_file_path)?.reader().await?;
    let mut reader = ArrowFileReader::new(FileMetadata { size: task.file_size_in_bytes }, file);
    let options = ArrowReaderOptions::new();
    let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await.map_err(parquet_error)?;
    let fields = metadata.schema().fields().iter();
    Ok(fields.filter_map(|field| Some((id_of(field)?, (**field).clone()))).collect())
}
