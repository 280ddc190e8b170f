//! Rows with the place they are stored at: what MERGE, UPDATE and DELETE need of their target.
//!
//! The rows of one file come in the order they are stored in, so counting them gives their positions. That needs whole
//! files: a filter prunes files here, not rows, and deleted rows are taken out by us after counting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{BooleanArray, Int64Array, StringArray};
use arrow::compute::filter_record_batch;
use arrow::record_batch::RecordBatch;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use iceberg::scan::FileScanTask;
use iceberg::spec::DataContentType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Scan;
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
type Deleted = BTreeMap<String, BTreeSet<i64>>;

impl Scan<'_> {
    /// Reads the live rows with their places. The filter prunes files only: rows for which it is not true may come.
    pub async fn positions(&self) -> Result<BoxStream<'static, Result<PositionedBatch>>> {
        let tasks = self.plan().await?;
        self.positions_of(tasks).await
    }

    /// The same of planned files.
    pub async fn positions_of(&self, tasks: Vec<FileScanTask>) -> Result<BoxStream<'static, Result<PositionedBatch>>> {
        let deleted = Arc::new(self.deleted_positions(&tasks).await?);
        let mut streams = Vec::with_capacity(tasks.len());
        for task in tasks {
            streams.push(self.file_positions(task, deleted.clone())?);
        }
        Ok(futures::stream::iter(streams).flatten().boxed())
    }

    /// The live rows of one file, in order.
    fn file_positions(
        &self,
        task: FileScanTask,
        deleted: Arc<Deleted>,
    ) -> Result<BoxStream<'static, Result<PositionedBatch>>> {
        let file: Arc<str> = task.data_file_path.as_str().into();
        let whole = FileScanTask { predicate: None, deletes: Vec::new(), ..task };
        let mut next = 0i64;
        let batches = self.read(vec![whole])?;
        Ok(batches
            .map(move |batch| {
                let batch = batch?;
                let first = next;
                next += batch.num_rows() as i64;
                live_rows(&file, first, batch, deleted.get(file.as_ref()))
            })
            .try_filter(|rows| std::future::ready(rows.batch.num_rows() > 0))
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
            for (path, position) in read_deletes(self, file).await? {
                if planned.contains(path.as_str()) {
                    deleted.entry(path).or_default().insert(position);
                }
            }
        }
        Ok(deleted)
    }
}

/// The rows of a batch that starts at position `first` of its file, without the deleted ones.
fn live_rows(
    file: &Arc<str>,
    first: i64,
    batch: RecordBatch,
    deleted: Option<&BTreeSet<i64>>,
) -> Result<PositionedBatch> {
    let end = first + batch.num_rows() as i64;
    let deleted = deleted.filter(|deleted| deleted.range(first..end).next().is_some());
    let Some(deleted) = deleted else {
        return Ok(PositionedBatch { file: file.clone(), positions: (first..end).collect::<Vec<_>>().into(), batch });
    };
    let live: BooleanArray = (first..end).map(|position| Some(!deleted.contains(&position))).collect();
    let positions = (first..end).filter(|position| !deleted.contains(position)).collect::<Vec<_>>().into();
    let batch = filter_record_batch(&batch, &live)
        .map_err(|error| Error::Invalid(format!("deleted rows of {file} cannot be left out: {error}")))?;
    Ok(PositionedBatch { file: file.clone(), positions, batch })
}

async fn read_deletes(scan: &Scan<'_>, path: &str) -> Result<Vec<(String, i64)>> {
    let bytes = scan.table.inner.file_io().new_input(path)?.read().await?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(|builder| builder.build());
    let mut rows = Vec::new();
    for batch in reader.map_err(parquet_error)? {
        let batch = batch.map_err(|error| Error::Invalid(format!("{path} cannot be read: {error}")))?;
        let column = |name| batch.column_by_name(name).map(|column| column.as_any());
        let files = column("file_path").and_then(|any| any.downcast_ref::<StringArray>());
        let positions = column("pos").and_then(|any| any.downcast_ref::<Int64Array>());
        let (Some(files), Some(positions)) = (files, positions) else {
            return Err(Error::Invalid(format!("{path} is no position delete file: it lacks file_path or pos")));
        };
        rows.extend(files.iter().flatten().map(str::to_owned).zip(positions.values().iter().copied()));
    }
    Ok(rows)
}
