//! Reading: scans with projection, pruning and time travel.

pub(crate) mod bounds;
mod filter;
pub(crate) mod metadata_tables;
pub(crate) mod numbered;
pub(crate) mod positions;
mod shape;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use iceberg::expr::Predicate;
use iceberg::scan::FileScanTask;
use iceberg::spec::{DataFileFormat, TableMetadata};

use crate::error::{Error, Result};
use crate::table::Table;
use numbered::RowFilterByKeys;

/// Batches as they are read.
pub type BatchStream = BoxStream<'static, Result<RecordBatch>>;

/// What to read of a table.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    table: &'a Table,
    columns: Option<Vec<String>>,
    filter: Option<Predicate>,
    snapshot: Option<i64>,
    batch_rows: Option<usize>,
    keys: Option<RowFilterByKeys>,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(table: &'a Table) -> Self {
        Self { table, columns: None, filter: None, snapshot: None, batch_rows: None, keys: None }
    }

    /// Reads these columns, in this order; none at all gives batches that have only a number of rows.
    pub fn columns(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Says which rows are needed: files and row groups that cannot have them are not read, and of the others most of
    /// the rest is left out. Rows for which `filter` is not true may still come.
    pub fn filter(mut self, filter: Predicate) -> Self {
        self.filter = Some(match self.filter {
            Some(other) => other.and(filter),
            None => filter,
        });
        self
    }

    /// Reads the rows as of a snapshot, with the columns that the table had then.
    pub fn at_snapshot(mut self, snapshot: i64) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// Rows of a batch at most.
    pub fn batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = Some(rows);
        self
    }

    /// Says by keys which rows [`Scan::positions`] is after, so that of others the rest need not be read.
    pub fn keys(mut self, keys: RowFilterByKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// The columns that the scan returns.
    pub fn schema(&self) -> Result<SchemaRef> {
        let metadata = self.table.metadata();
        let schema = match self.snapshot {
            Some(id) => self.known_snapshot(id)?.schema(metadata)?,
            None => metadata.current_schema().clone(),
        };
        let arrow = iceberg::arrow::schema_to_arrow_schema(&schema)?;
        let Some(columns) = &self.columns else { return Ok(Arc::new(arrow)) };
        let fields = columns
            .iter()
            .map(|name| arrow.field_with_name(name).cloned().map_err(|_| no_column(self.table, name)))
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(arrow::datatypes::Schema::new(fields)))
    }

    fn known_snapshot(&self, id: i64) -> Result<&iceberg::spec::SnapshotRef> {
        self.table
            .metadata()
            .snapshot_by_id(id)
            .ok_or_else(|| Error::Invalid(format!("table {} has no snapshot {id}", self.table.name)))
    }

    fn inner(&self, table: &iceberg::table::Table) -> Result<iceberg::scan::TableScan> {
        self.schema()?;
        let mut scan = table.scan().with_batch_size(self.batch_rows).with_row_selection_enabled(false);
        if let Some(columns) = &self.columns {
            scan = scan.select(columns);
        }
        if let Some(filter) = &self.filter {
            let metadata = table.metadata();
            let schema = match self.snapshot {
                Some(id) => self.known_snapshot(id)?.schema(metadata)?,
                None => metadata.current_schema().clone(),
            };
            scan = scan.with_filter(filter::safe(filter, metadata, &schema));
        }
        if let Some(snapshot) = self.snapshot {
            scan = scan.snapshot_id(snapshot);
        }
        Ok(scan.build()?)
    }

    /// The table whose current snapshot is read with the current schema.
    fn readable(&self) -> Result<iceberg::table::Table> {
        if self.snapshot.is_some() {
            return Ok(self.table.inner.clone());
        }
        at_current_schema(self.table)
    }

    /// The data files to read, with the delete files that may concern them: pruned by partition and bounds.
    pub async fn plan(&self) -> Result<Vec<FileScanTask>> {
        let tasks: Vec<FileScanTask> = self.inner(&self.readable()?)?.plan_files().await?.try_collect().await?;
        match tasks.iter().find(|task| task.data_file_format != DataFileFormat::Parquet) {
            Some(task) => Err(Error::Invalid(format!(
                "table {} has files of format {}, expected parquet: {}",
                self.table.name, task.data_file_format, task.data_file_path
            ))),
            None => Ok(tasks),
        }
    }

    /// Reads planned files, or parts of them, with their deletes applied and the filter evaluated.
    pub fn read(&self, tasks: Vec<FileScanTask>) -> Result<BatchStream> {
        let (table, rows) = (self.table.clone(), self.batch_rows);
        let groups = async move {
            let groups = shape::groups(&table, tasks).await?;
            let streams =
                groups.into_iter().map(|group| read_group(&table, rows, group)).collect::<Result<Vec<_>>>()?;
            Ok::<_, Error>(futures::stream::iter(streams).flatten())
        };
        Ok(futures::stream::once(groups).try_flatten().boxed())
    }

    /// Plans and reads.
    pub async fn stream(&self) -> Result<BatchStream> {
        let tasks = self.plan().await?;
        self.read(tasks)
    }

    /// Reads everything into memory.
    pub async fn collect(&self) -> Result<Vec<RecordBatch>> {
        self.stream().await?.try_collect().await
    }

    /// How many rows [`Scan::stream`] would give: from the manifests alone where no filter and no deletes stand in the
    /// way.
    pub async fn count(&self) -> Result<u64> {
        let (whole, rest): (Vec<_>, Vec<_>) =
            self.plan().await?.into_iter().partition(|task| task.predicate.is_none() && task.deletes.is_empty());
        let mut rows: u64 = 0;
        let mut unknown = rest;
        for task in whole {
            match task.record_count {
                Some(count) => rows += count,
                None => unknown.push(task),
            }
        }
        let mut batches = self.read(unknown)?;
        while let Some(batch) = batches.try_next().await? {
            rows += batch.num_rows() as u64;
        }
        Ok(rows)
    }
}

fn read_group(table: &Table, batch_rows: Option<usize>, mut group: shape::Group) -> Result<BatchStream> {
    let mut reader = table.inner.reader_builder().with_row_group_filtering_enabled(true);
    if let Some(rows) = batch_rows {
        reader = reader.with_batch_size(rows);
    }
    let tasks = futures::stream::iter(std::mem::take(&mut group.tasks).into_iter().map(Ok)).boxed();
    let batches = reader.build().read(tasks)?.stream();
    Ok(batches.map(move |batch| group.complete(batch?)).boxed())
}

fn no_column(table: &Table, name: &str) -> Error {
    Error::Invalid(format!("table {} has no column {name}", table.name))
}

/// The iceberg crate reads the current state with the schema of the newest snapshot, which may be older than the
/// table's: a column added since would be unknown. In memory, that snapshot is given the table's schema.
fn at_current_schema(table: &Table) -> Result<iceberg::table::Table> {
    let metadata = table.metadata();
    let stale = table.snapshot().is_some_and(|snapshot| snapshot.schema_id() != Some(metadata.current_schema_id()));
    if !stale {
        return Ok(table.inner.clone());
    }
    let malformed = |error: serde_json::Error| Error::Invalid(format!("metadata cannot be read as JSON: {error}"));
    let mut json = serde_json::to_value(metadata).map_err(malformed)?;
    let current = metadata.current_snapshot_id();
    for snapshot in json["snapshots"].as_array_mut().into_iter().flatten() {
        if snapshot["snapshot-id"].as_i64() == current {
            snapshot["schema-id"] = metadata.current_schema_id().into();
        }
    }
    let metadata: TableMetadata = serde_json::from_value(json).map_err(malformed)?;
    table.warehouse.catalog().table_of(&table.name, metadata, table.metadata_location())
}
