//! Rows with the place they are stored at: what MERGE, UPDATE and DELETE need of their target.
//!
//! Of files that hold the table's columns as they are now, Parquet's reader numbers the rows, so that those which some
//! columns tell to be of no use are left out before the others are read. Of files from before a change of columns whole
//! files are read by the iceberg crate, and counting gives the positions. Deleted rows are taken out by us.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, Int64Array, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use iceberg::scan::FileScanTask;
use iceberg::spec::DataContentType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use roaring::RoaringTreemap;

use super::{Scan, numbered};
use crate::error::{Error, Result};
use crate::write::parquet_error;

/// Rows of one data file.
#[derive(Clone, Debug)]
pub struct PositionedBatch {
    /// Path of the file, as a change names it.
    pub file: Arc<str>,
    /// Position of each row in the file.
    pub positions: Int64Array,
    /// The rows.
    pub batch: RecordBatch,
}

/// Deleted positions by data file.
type Deleted = BTreeMap<String, RoaringTreemap>;

/// Batches with the places of their rows.
pub(super) type Positioned = BoxStream<'static, Result<PositionedBatch>>;

impl Scan<'_> {
    /// Reads the live rows with their places. The filter prunes files only: rows for which it is not true may come.
    pub async fn positions(&self) -> Result<BoxStream<'static, Result<PositionedBatch>>> {
        let tasks = self.plan().await?;
        self.positions_of(tasks).await
    }

    /// The same of planned files or of parts of them, whose borders are bytes as in [`FileScanTask`].
    pub async fn positions_of(&self, tasks: Vec<FileScanTask>) -> Result<BoxStream<'static, Result<PositionedBatch>>> {
        let deleted = self.deleted_positions(&tasks).await?;
        let mut streams = Vec::with_capacity(tasks.len());
        for task in tasks {
            let file: Arc<str> = task.data_file_path.as_str().into();
            let deleted = deleted.get(&*file).cloned().unwrap_or_default();
            let rows = match numbered::read(self, &task, file.clone()).await? {
                Some(rows) => rows,
                None if task.start == 0 => self.counted(task, file)?,
                // The part at the start of the file brings all of it.
                None => futures::stream::empty().boxed(),
            };
            let live = rows.map(move |rows| live_rows(rows?, &deleted));
            streams.push(live.try_filter(|rows| std::future::ready(rows.batch.num_rows() > 0)));
        }
        Ok(futures::stream::iter(streams).flatten().boxed())
    }

    /// The rows of one file, in order, numbered by counting.
    fn counted(&self, task: FileScanTask, file: Arc<str>) -> Result<Positioned> {
        let length = task.file_size_in_bytes;
        let whole = FileScanTask { predicate: None, deletes: Vec::new(), start: 0, length, ..task };
        let mut next = 0i64;
        let batches = self.read(vec![whole])?;
        Ok(batches
            .map_ok(move |batch| {
                let first = next;
                next += batch.num_rows() as i64;
                PositionedBatch { file: file.clone(), positions: Int64Array::from_iter_values(first..next), batch }
            })
            .boxed())
    }

    /// The deletes that concern the planned files. A task lists every delete file of its partition, whosever rows they
    /// are, so each is read once and sorted out by the paths in it.
    async fn deleted_positions(&self, tasks: &[FileScanTask]) -> Result<Deleted> {
        let planned: BTreeSet<&str> = tasks.iter().map(|task| task.data_file_path.as_str()).collect();
        let mut files = BTreeSet::new();
        for delete in tasks.iter().flat_map(|task| &task.deletes) {
            if delete.file_type != DataContentType::PositionDeletes {
                return Err(Error::Invalid(format!(
                    "table {} has equality deletes ({}), rows of which cannot be addressed by position",
                    self.table.name, delete.file_path
                )));
            }
            files.insert(delete.file_path.as_str());
        }
        let mut deleted = Deleted::new();
        for file in files {
            read_deletes(self, file, &planned, &mut deleted).await?;
        }
        Ok(deleted)
    }
}

/// The rows that were not deleted.
fn live_rows(rows: PositionedBatch, deleted: &RoaringTreemap) -> Result<PositionedBatch> {
    let is_live = |position: i64| !deleted.contains(position as u64);
    if deleted.is_empty() || rows.positions.values().iter().all(|position| is_live(*position)) {
        return Ok(rows);
    }
    let live: BooleanArray = rows.positions.values().iter().map(|position| Some(is_live(*position))).collect();
    let positions = rows.positions.values().iter().copied().filter(|position| is_live(*position));
    let positions = Int64Array::from_iter_values(positions);
    let batch = filter_record_batch(&rows.batch, &live)
        .map_err(|error| Error::Invalid(format!("deleted rows of {} cannot be left out: {error}", rows.file)))?;
    Ok(PositionedBatch { file: rows.file, positions, batch })
}

/// Adds the deletes of a file that concern planned files.
async fn read_deletes(scan: &Scan<'_>, path: &str, planned: &BTreeSet<&str>, found: &mut Deleted) -> Result<()> {
    let bytes = scan.table.inner.file_io().new_input(path)?.read().await?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(|builder| builder.build());
    for batch in reader.map_err(parquet_error)? {
        let batch = batch.map_err(|error| Error::Invalid(format!("{path} cannot be read: {error}")))?;
        let files = batch.column_by_name("file_path").and_then(|any| any.as_any().downcast_ref::<StringArray>());
        let positions = batch.column_by_name("pos").and_then(|any| any.as_primitive_opt::<Int64Type>());
        let (Some(files), Some(positions)) = (files, positions) else {
            return Err(Error::Invalid(format!("{path} is no position delete file: it lacks file_path or pos")));
        };
        let mut row = 0;
        while row < files.len() {
            // Rows are sorted by file.
            let name = files.value(row);
            let end = (row..files.len()).find(|at| files.value(*at) != name).unwrap_or(files.len());
            if planned.contains(name) {
                let rows = found.entry(name.to_owned()).or_default();
                rows.extend(positions.values()[row..end].iter().map(|position| *position as u64));
            }
            row = end;
        }
    }
    Ok(())
}
