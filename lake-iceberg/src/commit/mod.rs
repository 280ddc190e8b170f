//! Commits: what a statement did to a table's files becomes the next snapshot, or is refused.
//!
//! A commit is computed on a base. If others have committed since, an append is simply put after them; anything that
//! removes files or rows is validated against them first ([`validate`]). The next pointer version is then linked into
//! place; whoever loses that race starts over from the new head.

pub(crate) mod manifests;
mod summary;
mod validate;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use iceberg::expr::Predicate;
use iceberg::spec::{MAIN_BRANCH, Operation, Snapshot, SnapshotReference, SnapshotRetention, Summary, TableMetadata};
use uuid::Uuid;

use self::manifests::WrittenManifests;
pub(crate) use self::manifests::{Contents, LiveFile};
use crate::catalog::TableName;
use crate::catalog::pointer::{Advance, Head};
use crate::error::{Entry, Error, Result};
use crate::table::Table;
use crate::write::deletes::{self, DeleteFile, DeletedRows};
use crate::write::{NewFiles, WrittenPaths};

/// What a statement does to a table's rows.
#[derive(Debug)]
pub struct Change {
    pub(crate) operation: Operation,
    pub(crate) added: NewFiles,
    /// Data files that go, by path.
    pub(crate) removed: BTreeSet<String>,
    /// Rows that go: data file → positions.
    pub(crate) deletes: BTreeMap<String, Vec<u64>>,
    /// Which rows it was computed from; None is all.
    pub(crate) read: Option<Predicate>,
}

impl Change {
    /// Adds files.
    pub fn append(added: NewFiles) -> Self {
        Self { operation: Operation::Append, added, removed: BTreeSet::new(), deletes: BTreeMap::new(), read: None }
    }

    /// Removes whole data files, by the path their rows were read from, and adds others.
    pub fn overwrite(removed: impl IntoIterator<Item = String>, added: NewFiles) -> Self {
        Self {
            operation: Operation::Overwrite,
            added,
            removed: removed.into_iter().collect(),
            deletes: BTreeMap::new(),
            read: None,
        }
    }

    /// Puts files that hold the same rows in the place of others: compaction.
    pub fn rewrite(removed: impl IntoIterator<Item = String>, added: NewFiles) -> Self {
        Self { operation: Operation::Replace, ..Self::overwrite(removed, added) }
    }

    /// Removes rows, by data file and position, and adds files: DELETE, UPDATE and MERGE.
    pub fn row_delta(deletes: BTreeMap<String, Vec<u64>>, added: NewFiles) -> Self {
        let operation = if added.is_empty() { Operation::Delete } else { Operation::Overwrite };
        Self { operation, added, removed: BTreeSet::new(), deletes, read: None }
    }

    /// Also removes whole data files: those of which hardly a row would be left.
    pub fn and_remove(mut self, files: impl IntoIterator<Item = String>) -> Self {
        self.removed.extend(files);
        self.deletes.retain(|file, _| !self.removed.contains(file));
        if !self.removed.is_empty() && !self.added.is_empty() {
            self.operation = Operation::Overwrite;
        }
        self
    }

    /// Says which rows it was computed from: rows that others have added since are in the way only if this may be true
    /// of them.
    pub fn computed_from(mut self, rows: Predicate) -> Self {
        self.read = Some(rows);
        self
    }

    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.deletes.is_empty()
    }

    fn only_adds(&self) -> bool {
        self.removed.is_empty() && self.deletes.is_empty()
    }
}

/// What a commit that removes files or rows tolerates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Isolation {
    /// No rows may have been added since the base of those that it was computed from: the outcome is that of some serial order. For MERGE, UPDATE
    /// and DELETE.
    #[default]
    Serializable,
    /// Rows added since the base are left alone.
    Snapshot,
}

/// Which head a commit may be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Guard {
    /// Any that passes validation.
    #[default]
    Any,
    /// This snapshot only; None is a table without one.
    Snapshot(Option<i64>),
}

/// How to commit.
#[derive(Clone, Debug)]
pub struct CommitOptions {
    /// Which head the commit may be put on.
    pub guard: Guard,
    /// What may have happened since the base.
    pub isolation: Isolation,
    /// Kept in the snapshot's summary, such as the token by which a statement finds its own commit again.
    pub summary: BTreeMap<String, String>,
    /// Makes a snapshot even if there is nothing to add or remove.
    pub commit_empty: bool,
    /// How often a lost race is run again.
    pub max_attempts: u32,
}

impl Default for CommitOptions {
    fn default() -> Self {
        Self {
            guard: Guard::Any,
            isolation: Isolation::Serializable,
            summary: BTreeMap::new(),
            commit_empty: false,
            max_attempts: 32,
        }
    }
}

/// A commit that was made.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The table after it.
    pub table: Table,
    /// The new snapshot; None if there was nothing to commit.
    pub snapshot_id: Option<i64>,
    /// How often the race for the head was run: 1 without other writers.
    pub attempts: u32,
}

/// Why a commit was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitError {
    /// Others have changed what it was computed on. Nothing was committed; the statement may be run again.
    Conflict {
        /// The table.
        table: TableName,
        /// Snapshot it was computed on.
        base: Option<i64>,
        /// Snapshot that it found.
        head: Option<i64>,
        /// What is in the way.
        reason: ConflictReason,
    },
    /// Others were faster each time. Nothing was committed.
    Contention {
        /// The table.
        table: TableName,
        /// How often it was tried.
        attempts: u32,
    },
}

/// What is in the way of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictReason {
    /// The guard names another head.
    HeadMoved,
    /// The base is not in the table's history any more.
    BaseGone,
    /// A data file whose rows it removes was removed.
    FileRemoved(String),
    /// Rows of a data file were deleted that it also rewrites or deletes from.
    RowsDeleted(String),
    /// Rows were added that it has not seen.
    RowsAdded(String),
}

impl fmt::Display for ConflictReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConflictReason::HeadMoved => f.write_str("the table is not at the snapshot that was planned on"),
            ConflictReason::BaseGone => f.write_str("the snapshot it was computed on is not in the history any more"),
            ConflictReason::FileRemoved(file) => write!(f, "data file {file} was removed"),
            ConflictReason::RowsDeleted(file) => write!(f, "rows were deleted by {file}"),
            ConflictReason::RowsAdded(file) => write!(f, "rows were added in {file}"),
        }
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = |id: &Option<i64>| id.map_or("no snapshot".to_owned(), |id| format!("snapshot {id}"));
        match self {
            CommitError::Conflict { table, base, head, reason } => write!(
                f,
                "commit conflict on {table}: {reason} (computed on {}, found {})",
                snapshot(base),
                snapshot(head)
            ),
            CommitError::Contention { table, attempts } => {
                write!(f, "commit to {table} lost the race against other writers {attempts} times")
            }
        }
    }
}

impl std::error::Error for CommitError {}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Commits `change`, which was computed on `base`.
pub(crate) async fn commit(base: &Table, change: Change, options: &CommitOptions) -> Result<Committed> {
    if base.head.is_some() && change.is_empty() && !options.commit_empty {
        let current = base.refresh().await?;
        check_guard(&current, base.snapshot_id(), options.guard)?;
        return Ok(Committed { table: current, snapshot_id: None, attempts: 0 });
    }
    let pending = Pending::prepare(base, change).await?;
    for attempt in 1..=options.max_attempts {
        let current = if base.head.is_some() { base.refresh().await? } else { base.clone() };
        check_guard(&current, base.snapshot_id(), options.guard)?;
        validate::validate(base, &current, &pending, options.isolation).await?;
        if let Some((table, snapshot_id)) = pending.try_commit(&current, options).await? {
            return Ok(Committed { table, snapshot_id: Some(snapshot_id), attempts: attempt });
        }
        tokio::time::sleep(back_off(attempt)).await;
    }
    Err(CommitError::Contention { table: base.name.clone(), attempts: options.max_attempts }.into())
}

fn check_guard(current: &Table, base: Option<i64>, guard: Guard) -> Result<()> {
    match guard {
        Guard::Snapshot(expected) if expected != current.snapshot_id() => Err(CommitError::Conflict {
            table: current.name.clone(),
            base: expected.or(base),
            head: current.snapshot_id(),
            reason: ConflictReason::HeadMoved,
        }
        .into()),
        _ => Ok(()),
    }
}

/// Doubles from 5 ms to about a second; jitter keeps writers that have met from meeting again.
pub(crate) fn back_off(attempt: u32) -> Duration {
    let ceiling = 5u64 << attempt.min(8);
    let jitter = Uuid::new_v4().as_u128() as u64 % ceiling;
    Duration::from_millis(ceiling / 2 + jitter)
}

/// A change with its delete files written, ready to be tried on one head after the other.
pub(crate) struct Pending {
    pub change: Change,
    pub delete_files: Vec<DeleteFile>,
    delete_paths: Option<WrittenPaths>,
}

impl Pending {
    async fn prepare(base: &Table, mut change: Change) -> Result<Self> {
        for positions in change.deletes.values_mut() {
            positions.sort_unstable();
            positions.dedup();
        }
        change.deletes.retain(|_, positions| !positions.is_empty());
        if change.deletes.is_empty() {
            return Ok(Self { change, delete_files: Vec::new(), delete_paths: None });
        }
        let contents = Contents::load(base).await?;
        let rows = change
            .deletes
            .iter()
            .map(|(file, positions)| {
                let live = contents.data_file(file).ok_or_else(|| {
                    Error::Invalid(format!("rows cannot be deleted: {file} is no data file of {}", base.name))
                })?;
                Ok(DeletedRows {
                    file: file.clone(),
                    partition: live.file().partition().clone(),
                    spec_id: live.spec_id,
                    schema: live.schema.clone(),
                    positions: positions.clone(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let (delete_files, paths) = deletes::write(base, &rows).await?;
        Ok(Self { change, delete_files, delete_paths: Some(paths) })
    }

    /// Tries to put the change on `current`; None if another writer was faster.
    async fn try_commit(&self, current: &Table, options: &CommitOptions) -> Result<Option<(Table, i64)>> {
        let snapshot_id = new_snapshot_id(current.metadata());
        let location = current.location();
        let manifests = WrittenManifests::write(current, self, snapshot_id, &location).await?;
        let metadata = self.next_metadata(current, &manifests, snapshot_id, &location, options)?;
        let catalog = current.warehouse.catalog();
        let written = catalog.write_metadata(&metadata, &location, current.previous_metadata().as_deref())?;
        // An error of the file system can leave the commit made: its files must stay.
        let head = match move_head(current, &written) {
            Ok(Some(head)) => head,
            Ok(None) => {
                current.warehouse.store().remove(&written);
                return Ok(None);
            }
            Err(error @ (Error::Exists { .. } | Error::NotFound { .. } | Error::Commit(_))) => {
                current.warehouse.store().remove(&written);
                return Err(error);
            }
            Err(error) => {
                manifests.keep();
                self.keep();
                return Err(error);
            }
        };
        manifests.keep();
        self.keep();
        let inner = catalog.table_of(&current.name, metadata, &written)?;
        let head = Some(head);
        let table = Table { head, replaces: None, inner, ..current.clone() };
        Ok(Some((table, snapshot_id)))
    }

    fn next_metadata(
        &self,
        current: &Table,
        manifests: &WrittenManifests,
        snapshot_id: i64,
        location: &str,
        options: &CommitOptions,
    ) -> Result<TableMetadata> {
        let metadata = current.metadata();
        let previous = current.snapshot().map(|snapshot| &snapshot.summary().additional_properties);
        let mut properties = summary::properties(self, &manifests.dropped, previous);
        properties.extend(options.summary.clone());
        let snapshot = Snapshot::builder()
            .with_snapshot_id(snapshot_id)
            .with_parent_snapshot_id(current.snapshot_id())
            .with_sequence_number(metadata.next_sequence_number())
            .with_timestamp_ms(now_ms().max(metadata.last_updated_ms()))
            .with_manifest_list(manifests.list.clone())
            .with_summary(Summary {
                operation: self.change.operation.clone(),
                additional_properties: properties.into_iter().collect(),
            })
            .with_schema_id(metadata.current_schema_id())
            .build();
        let file = current.previous_metadata();
        let retention = SnapshotRetention::branch(None, None, None);
        let mut builder = metadata
            .clone()
            .into_builder(file)
            .add_snapshot(snapshot)?
            .set_ref(MAIN_BRANCH, SnapshotReference::new(snapshot_id, retention))?;
        if metadata.location().trim_end_matches('/') != location {
            builder = builder.set_location(location.to_owned());
        }
        Ok(builder.build()?.metadata)
    }

    fn keep(&self) {
        self.change.added.written.keep();
        if let Some(paths) = &self.delete_paths {
            paths.keep();
        }
    }
}

/// Makes the metadata at a location the current one; None if another writer was faster.
pub(crate) fn move_head(current: &Table, metadata: &str) -> Result<Option<Head>> {
    let catalog = current.warehouse.catalog();
    let name = &current.name;
    let Some(head) = current.head.as_ref().or(current.replaces.as_ref()) else {
        return current.warehouse.publish(name, metadata).map(Some);
    };
    match catalog.pointers().advance(&name.namespace, &name.name, head, catalog.pointer_to(Entry::Table, metadata))? {
        Advance::Done(head) => Ok(Some(head)),
        Advance::Lost if current.head.is_none() => {
            let (table, reason) = (name.clone(), ConflictReason::HeadMoved);
            Err(CommitError::Conflict { table, base: None, head: None, reason }.into())
        }
        Advance::Lost => Ok(None),
        Advance::Gone => Err(Error::NotFound { entry: Entry::Table, name: name.to_string() }),
    }
}

/// A positive number that no snapshot of the table has.
fn new_snapshot_id(metadata: &TableMetadata) -> i64 {
    loop {
        let id = (Uuid::new_v4().as_u128() as u64 >> 1) as i64;
        if id > 0 && metadata.snapshot_by_id(id).is_none() {
            return id;
        }
    }
}
