//! Files read by Parquet's own reader, which numbers their rows and decodes most columns only where a row is of use.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Scalar};
use arrow::compute::{cast, kernels::cmp};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use futures::StreamExt;
use iceberg::arrow::ArrowFileReader;
use iceberg::io::FileMetadata;
use iceberg::scan::FileScanTask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, RowFilter};
use parquet::arrow::{PARQUET_FIELD_ID_META_KEY, ParquetRecordBatchStreamBuilder, ProjectionMask, RowNumber};

use super::Scan;
use super::positions::{Positioned, PositionedBatch};
use crate::error::{Error, Result};
use crate::write::parquet_error;

/// Says of rows by some of their columns whether they are of use.
type Keep = dyn Fn(&[ArrayRef]) -> std::result::Result<BooleanArray, ArrowError> + Send + Sync;

/// Which rows a scan for positions is after. Others may come nevertheless.
#[derive(Clone)]
pub struct RowFilterByKeys {
    columns: Vec<KeyColumn>,
    keep: Arc<Keep>,
}

/// A column by which rows are chosen.
#[derive(Clone, Debug)]
pub struct KeyColumn {
    /// Its name in the table.
    pub name: String,
    /// No value that is looked for is less: an array of one, of the column's type.
    pub least: ArrayRef,
    /// No value that is looked for is greater: an array of one, of the column's type.
    pub greatest: ArrayRef,
}

impl RowFilterByKeys {
    /// `keep` takes the columns, and says which rows are of use; a row in which it says null is not.
    pub fn new(
        columns: Vec<KeyColumn>,
        keep: impl Fn(&[ArrayRef]) -> std::result::Result<BooleanArray, ArrowError> + Send + Sync + 'static,
    ) -> Self {
        Self { columns, keep: Arc::new(keep) }
    }
}

impl fmt::Debug for RowFilterByKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RowFilterByKeys").field(&self.columns).finish()
    }
}

/// The rows of a file or of a part of it with their places; None if its columns are not the table's of now.
pub(super) async fn read(scan: &Scan<'_>, task: &FileScanTask, file: Arc<str>) -> Result<Option<Positioned>> {
    let input = scan.table.inner.file_io().new_input(&task.data_file_path)?.reader().await?;
    let mut reader = ArrowFileReader::new(FileMetadata { size: task.file_size_in_bytes }, input);
    let number = Arc::new(Field::new("$row", DataType::Int64, false).with_extension_type(RowNumber));
    let options = ArrowReaderOptions::new().with_virtual_columns(vec![number]).map_err(parquet_error)?;
    let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await.map_err(parquet_error)?;

    let Some(wanted) = Layout::of(task, metadata.schema(), &task.project_field_ids)? else { return Ok(None) };
    let keys = match &scan.keys {
        Some(keys) => {
            let id = |key: &KeyColumn| task.schema.field_id_by_name(&key.name);
            let Some(ids) = keys.columns.iter().map(id).collect::<Option<Vec<_>>>() else { return Ok(None) };
            let Some(layout) = Layout::of(task, metadata.schema(), &ids)? else { return Ok(None) };
            Some((keys, layout))
        }
        None => None,
    };

    let groups = row_groups(&metadata, task, keys.as_ref().map(|(keys, layout)| (*keys, layout)))?;
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata);
    let columns = builder.parquet_schema();
    let mask = ProjectionMask::roots(columns, wanted.roots.iter().copied());
    let filter = keys.map(|(keys, layout)| {
        let mask = ProjectionMask::roots(columns, layout.roots.iter().copied());
        let keep = keys.keep.clone();
        ArrowPredicateFn::new(mask, move |batch| keep(&layout.arrays(&batch)?))
    });
    let mut builder = builder.with_projection(mask).with_row_groups(groups);
    if let Some(filter) = filter {
        builder = builder.with_row_filter(RowFilter::new(vec![Box::new(filter)]));
    }
    if let Some(rows) = scan.batch_rows {
        builder = builder.with_batch_size(rows);
    }
    let batches = builder.build().map_err(parquet_error)?;
    Ok(Some(batches.map(move |batch| wanted.positioned(&batch.map_err(parquet_error)?, &file)).boxed()))
}

/// The row groups of a part of a file that may have rows of use. A row group belongs to the part in which its middle
/// lies, as the iceberg crate has it.
fn row_groups(
    metadata: &ArrowReaderMetadata,
    task: &FileScanTask,
    keys: Option<(&RowFilterByKeys, &Layout)>,
) -> Result<Vec<usize>> {
    let groups = metadata.metadata().row_groups();
    let mut offset = 4;
    let mut of_part = vec![];
    for (at, group) in groups.iter().enumerate() {
        let size = group.compressed_size() as u64;
        if (task.start..task.start + task.length).contains(&(offset + size / 2)) {
            of_part.push(at);
        }
        offset += size;
    }
    let Some((keys, layout)) = keys else { return Ok(of_part) };
    let mut apart = vec![false; groups.len()];
    for (key, column) in keys.columns.iter().zip(&layout.columns) {
        let name = metadata.schema().field(layout.roots[column.at]).name();
        let known = StatisticsConverter::try_new(name, metadata.schema(), metadata.parquet_schema());
        let known = known.map_err(parquet_error)?;
        let ends = [
            known.row_group_mins(groups.iter()).map_err(parquet_error)?,
            known.row_group_maxes(groups.iter()).map_err(parquet_error)?,
        ];
        let [mins, maxes] = ends.map(|ends| cast(&ends, key.least.data_type()));
        let compared = || -> std::result::Result<_, ArrowError> {
            let above = cmp::gt(&mins?, &Scalar::new(&key.greatest))?;
            Ok((above, cmp::lt(&maxes?, &Scalar::new(&key.least))?))
        };
        let (above, below) = compared().map_err(|error| Error::Invalid(format!("statistics of {name}: {error}")))?;
        for (at, apart) in apart.iter_mut().enumerate() {
            *apart |= [&above, &below].iter().any(|side| side.is_valid(at) && side.value(at));
        }
    }
    of_part.retain(|at| !apart[*at]);
    Ok(of_part)
}

/// Where columns of the table are in a file.
struct Layout {
    /// The file's columns that are read, in ascending order.
    roots: Vec<usize>,
    columns: Vec<Place>,
    schema: SchemaRef,
}

struct Place {
    /// Position in `roots`.
    at: usize,
    /// Type in the table.
    ty: DataType,
}

impl Layout {
    /// None if the file lacks one of the columns or has it as something that is not simply cast.
    fn of(task: &FileScanTask, file: &Schema, ids: &[i32]) -> Result<Option<Self>> {
        let table = iceberg::arrow::schema_to_arrow_schema(&task.schema)?;
        let id_of = |field: &FieldRef| field.metadata().get(PARQUET_FIELD_ID_META_KEY).and_then(|id| id.parse().ok());
        let mut found = vec![];
        for id in ids {
            let Some(root) = file.fields().iter().position(|field| id_of(field) == Some(*id)) else { return Ok(None) };
            let name = task.schema.name_by_field_id(*id).unwrap_or_default();
            let Ok(field) = table.field_with_name(name) else { return Ok(None) };
            if !is_readable(file.field(root).data_type(), field.data_type()) {
                return Ok(None);
            }
            found.push((root, field.clone()));
        }
        let mut roots: Vec<usize> = found.iter().map(|(root, _)| *root).collect();
        roots.sort_unstable();
        roots.dedup();
        let place = |(root, field): &(usize, Field)| Place {
            at: roots.partition_point(|known| known < root),
            ty: field.data_type().clone(),
        };
        let columns = found.iter().map(place).collect();
        let schema = Schema::new(found.into_iter().map(|(_, field)| field).collect::<Vec<_>>());
        Ok(Some(Self { roots, columns, schema: Arc::new(schema) }))
    }

    /// The columns in the types of the table.
    fn arrays(&self, batch: &RecordBatch) -> std::result::Result<Vec<ArrayRef>, ArrowError> {
        let array = |place: &Place| match batch.column(place.at) {
            array if *array.data_type() == place.ty => Ok(array.clone()),
            array => cast(array, &place.ty),
        };
        self.columns.iter().map(array).collect()
    }

    /// Rows with the numbers that follow the columns.
    fn positioned(&self, batch: &RecordBatch, file: &Arc<str>) -> Result<PositionedBatch> {
        let positions = batch.column(self.roots.len()).as_primitive::<Int64Type>().clone();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let rows = self
            .arrays(batch)
            .and_then(|columns| RecordBatch::try_new_with_options(self.schema.clone(), columns, &options));
        let batch = rows.map_err(|error| Error::Invalid(format!("{file} cannot be read: {error}")))?;
        Ok(PositionedBatch { file: file.clone(), positions, batch })
    }
}

/// Whether values of a file are those of the table, of the same type or of one from which the table's was widened.
fn is_readable(file: &DataType, table: &DataType) -> bool {
    use DataType::{Decimal128, Float32, Float64, Int32, Int64, Timestamp};
    match (file, table) {
        (Int32, Int64) | (Float32, Float64) => true,
        (Decimal128(from, a), Decimal128(to, b)) => a == b && from <= to,
        (Timestamp(a, from), Timestamp(b, to)) => a == b && from.is_some() == to.is_some(),
        _ => file == table,
    }
}
