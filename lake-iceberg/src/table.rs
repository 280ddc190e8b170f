//! A table as it was at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use iceberg::spec::{SnapshotRef, TableMetadata};

use crate::catalog::TableName;
use crate::catalog::pointer::Head;
use crate::commit::{Change, CommitOptions, Committed};
use crate::error::{Error, Result};
use crate::order::SortBy;
use crate::partition::PartitionBy;
use crate::read::Scan;
use crate::warehouse::Warehouse;
use crate::write::{DataWriter, NewFiles, WriteOptions};

/// A table, pinned to the metadata that was current when it was opened. Commits return the table after them.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) warehouse: Warehouse,
    pub(crate) name: TableName,
    /// None while the table is being made.
    pub(crate) head: Option<Head>,
    /// The table whose place a new one takes with its first commit.
    pub(crate) replaces: Option<Head>,
    pub(crate) inner: iceberg::table::Table,
}

impl Table {
    /// Its name when it was opened.
    pub fn name(&self) -> &TableName {
        &self.name
    }

    /// The warehouse that it is in.
    pub fn warehouse(&self) -> &Warehouse {
        &self.warehouse
    }

    /// The Iceberg metadata.
    pub fn metadata(&self) -> &TableMetadata {
        self.inner.metadata()
    }

    /// The `iceberg` crate's own table, for what this crate does not wrap.
    pub fn inner(&self) -> &iceberg::table::Table {
        &self.inner
    }

    /// Location of the metadata file, which other readers of Iceberg can open.
    pub fn metadata_location(&self) -> &str {
        self.inner.metadata_location().unwrap_or_default()
    }

    /// The current columns as Arrow fields, with the field ids in their metadata.
    pub fn arrow_schema(&self) -> Result<SchemaRef> {
        Ok(Arc::new(iceberg::arrow::schema_to_arrow_schema(self.metadata().current_schema())?))
    }

    /// The current snapshot; None before the first commit of rows.
    pub fn snapshot(&self) -> Option<&SnapshotRef> {
        self.metadata().current_snapshot()
    }

    /// Id of the current snapshot.
    pub fn snapshot_id(&self) -> Option<i64> {
        self.metadata().current_snapshot_id()
    }

    /// Table properties, such as an ownership mark.
    pub fn properties(&self) -> BTreeMap<String, String> {
        self.metadata().properties().clone().into_iter().collect()
    }

    /// How the files that are written now are partitioned.
    pub fn partitioning(&self) -> Vec<PartitionBy> {
        crate::partition::partitioning(self.metadata())
    }

    /// How the rows that are written now are to be ordered.
    pub fn ordering(&self) -> Vec<SortBy> {
        crate::order::ordering(self.metadata())
    }

    /// The snapshot whose summary holds `value` under `key`: how a statement finds its own commit again.
    pub fn find_commit(&self, key: &str, value: &str) -> Option<&SnapshotRef> {
        self.metadata()
            .snapshots()
            .find(|snapshot| snapshot.summary().additional_properties.get(key).is_some_and(|found| found == value))
    }

    /// The table as it is now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it was dropped or renamed, [`Error::Replaced`] if its name has another table now.
    pub async fn refresh(&self) -> Result<Table> {
        let current = self.warehouse.table(&self.name.namespace, &self.name.name).await?;
        if current.metadata().uuid() != self.metadata().uuid() {
            return Err(Error::Replaced { name: self.name.to_string() });
        }
        Ok(current)
    }

    /// Reads the table.
    pub fn scan(&self) -> Scan<'_> {
        Scan::new(self)
    }

    /// Writes data files; nothing is visible before they are committed.
    pub fn writer(&self, options: WriteOptions) -> Result<DataWriter> {
        DataWriter::new(self, options)
    }

    /// Adds rows.
    pub async fn append(
        &self,
        batches: impl IntoIterator<Item = RecordBatch>,
        options: CommitOptions,
    ) -> Result<Committed> {
        let files = self.written(batches).await?;
        self.commit(Change::append(files), options).await
    }

    /// Removes rows by file and position, and adds rows, in one commit.
    pub async fn row_delta(
        &self,
        deletes: BTreeMap<String, Vec<u64>>,
        batches: impl IntoIterator<Item = RecordBatch>,
        options: CommitOptions,
    ) -> Result<Committed> {
        let files = self.written(batches).await?;
        self.commit(Change::row_delta(deletes, files), options).await
    }

    /// Removes whole data files and adds rows, in one commit.
    pub async fn overwrite(
        &self,
        removed: impl IntoIterator<Item = String>,
        batches: impl IntoIterator<Item = RecordBatch>,
        options: CommitOptions,
    ) -> Result<Committed> {
        let files = self.written(batches).await?;
        self.commit(Change::overwrite(removed, files), options).await
    }

    /// Data files of these rows, not yet part of the table.
    async fn written(&self, batches: impl IntoIterator<Item = RecordBatch>) -> Result<NewFiles> {
        let mut writer = self.writer(WriteOptions::default())?;
        for batch in batches {
            writer.write(batch).await?;
        }
        writer.finish().await
    }

    /// Commits a change that was computed on this state of the table.
    ///
    /// # Errors
    ///
    /// [`crate::CommitError::Conflict`] if what the change was computed on has changed since; nothing was committed then
    /// and the statement may be run again.
    pub async fn commit(&self, change: Change, options: CommitOptions) -> Result<Committed> {
        crate::commit::commit(self, change, &options).await
    }
}
