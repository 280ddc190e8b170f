//! Cleaning up: snapshots that nobody needs, and files that nothing refers to.

mod orphans;
mod rewrite;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use iceberg::spec::{MAIN_BRANCH, Snapshot, SnapshotReference, SnapshotRetention, TableMetadata};

pub use self::orphans::Orphans;

use crate::catalog::TableName;
use crate::error::{Entry, Error, Result};
use crate::store::{Listed, below};
use crate::table::Table;
use crate::warehouse::Warehouse;

/// How often names are listed until they hold still.
const LISTINGS: usize = 8;

/// Which snapshots may go.
#[derive(Clone, Debug)]
pub struct Expiry {
    /// Those made before this moment,
    pub older_than: SystemTime,
    /// except the newest of the current history, at least one,
    pub keep_last: usize,
    /// and those that somebody still reads.
    pub pinned: BTreeSet<i64>,
}

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Locations of the files.
    pub files: Vec<String>,
    /// Their size.
    pub bytes: u64,
}

impl Removed {
    fn add(&mut self, location: String, bytes: u64) {
        self.files.push(location);
        self.bytes += bytes;
    }
}

impl Table {
    /// Forgets snapshots. Their files stay until garbage is collected. Branches and tags are kept.
    pub async fn expire_snapshots(&self, expiry: &Expiry) -> Result<(Table, Vec<i64>)> {
        let going = expired(self.metadata(), expiry)?;
        if going.is_empty() {
            return Ok((self.clone(), going));
        }
        let table = self
            .update(|metadata, builder| {
                // Computed anew: what was reachable may have changed.
                let going = expired(metadata, expiry)?;
                Ok(builder.remove_snapshots(&going))
            })
            .await?;
        let gone = going.into_iter().filter(|id| table.metadata().snapshot_by_id(*id).is_none()).collect();
        Ok((table, gone))
    }
}

impl Table {
    /// Makes an earlier snapshot of the current history the current one again.
    pub async fn roll_back(&self, snapshot: i64) -> Result<Table> {
        self.update(|metadata, builder| {
            let wanted = metadata.snapshot_by_id(snapshot);
            wanted.ok_or_else(|| Error::Invalid(format!("Cannot roll back to unknown snapshot id: {snapshot}")))?;
            let parent = |at: &&std::sync::Arc<Snapshot>| metadata.snapshot_by_id(at.parent_snapshot_id()?);
            let mut history = std::iter::successors(metadata.current_snapshot(), parent);
            if !history.any(|at| at.snapshot_id() == snapshot) {
                return Err(Error::Invalid(format!(
                    "Cannot roll back to snapshot, not an ancestor of the current state: {snapshot}"
                )));
            }
            let retention = SnapshotRetention::branch(None, None, None);
            Ok(builder.set_ref(MAIN_BRANCH, SnapshotReference::new(snapshot, retention))?)
        })
        .await
    }
}

fn expired(metadata: &TableMetadata, expiry: &Expiry) -> Result<Vec<i64>> {
    let parent = |snapshot: &&std::sync::Arc<Snapshot>| metadata.snapshot_by_id(snapshot.parent_snapshot_id()?);
    let mut kept: BTreeSet<i64> = std::iter::successors(metadata.current_snapshot(), parent)
        .take(expiry.keep_last.max(1))
        .map(|snapshot| snapshot.snapshot_id())
        .collect();
    kept.extend(&expiry.pinned);
    let json = serde_json::to_value(metadata)
        .map_err(|error| Error::Invalid(format!("metadata cannot be read as JSON: {error}")))?;
    let refs = json.get("refs").and_then(|refs| refs.as_object());
    kept.extend(refs.into_iter().flatten().filter_map(|(_, reference)| reference["snapshot-id"].as_i64()));
    let before = expiry.older_than.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let mut going: Vec<i64> = metadata
        .snapshots()
        .filter(|snapshot| snapshot.timestamp_ms() < before && !kept.contains(&snapshot.snapshot_id()))
        .map(|snapshot| snapshot.snapshot_id())
        .collect();
    going.sort_unstable();
    Ok(going)
}

impl Warehouse {
    /// Removes what [`Warehouse::find_garbage`] finds, the folders that are empty then, and old pointers.
    pub async fn collect_garbage(&self, now: SystemTime, age: Duration) -> Result<Removed> {
        let mut removed = Removed::default();
        for (path, bytes) in self.garbage(now, age).await? {
            if self.store().remove(&path) {
                removed.add(path, bytes);
            }
        }
        let before = moment(now, age);
        self.store().remove_empty_folders(&self.store().tables(), before);
        self.catalog().pointers().prune(before)?;
        Ok(removed)
    }

    /// Files of tables that no table or view refers to and that are older than `age` at the moment `now`: what crashed
    /// writers, dropped tables and expired snapshots have left. `age` must be longer than any statement runs, because
    /// files that are being written are not referred to yet. Files that no writer of tables names so are left alone.
    pub async fn find_garbage(&self, now: SystemTime, age: Duration) -> Result<Removed> {
        let mut found = Removed::default();
        for (path, bytes) in self.garbage(now, age).await? {
            found.add(path, bytes);
        }
        Ok(found)
    }

    async fn garbage(&self, now: SystemTime, age: Duration) -> Result<BTreeMap<String, u64>> {
        // Listed first: a file that a commit makes reachable in the meantime is younger than the list, or in it and
        // reachable.
        let tables = self.store().tables();
        let mut candidates = old_files(self.store().list(&tables)?, moment(now, age));
        let used = self.files_in_use().await?;
        candidates.retain(|path, _| is_of_a_table(&tables, path) && !used.contains(path));
        Ok(candidates)
    }

    /// Every file that can be reached from a name of the catalog.
    ///
    /// A table that is renamed while names are listed could be missed under both of its names, so the names must be the
    /// same before and after.
    async fn files_in_use(&self) -> Result<BTreeSet<String>> {
        for _ in 0..LISTINGS {
            let names = self.entries()?;
            let mut used = BTreeSet::new();
            let reached = self.files_of(&names, &mut used).await;
            if names == self.entries()? {
                reached?;
                return Ok(used);
            }
        }
        Err(Error::Invalid("tables were made, renamed or dropped all the time: collect garbage again later".to_owned()))
    }

    fn entries(&self) -> Result<Vec<(TableName, Entry)>> {
        let mut entries = Vec::new();
        for namespace in self.catalog().namespaces()? {
            let listed = self.catalog().list(&namespace)?.into_iter();
            entries.extend(listed.map(|(name, kind)| (TableName::new(&namespace, name), kind)));
        }
        Ok(entries)
    }

    async fn files_of(&self, names: &[(TableName, Entry)], used: &mut BTreeSet<String>) -> Result<()> {
        for (name, kind) in names {
            match kind {
                Entry::Table => self.files_of_table(name, used).await?,
                _ => self.files_of_view(name, used)?,
            }
        }
        Ok(())
    }

    fn files_of_view(&self, name: &TableName, used: &mut BTreeSet<String>) -> Result<()> {
        let head = self.catalog().head(name, Entry::View)?;
        used.insert(self.catalog().metadata_of(&head.pointer));
        Ok(())
    }

    async fn files_of_table(&self, name: &TableName, used: &mut BTreeSet<String>) -> Result<()> {
        let table = self.table(&name.namespace, &name.name).await?;
        let metadata = table.metadata();
        let mut reach = |recorded: &str| {
            used.insert(self.store().rebase(recorded));
        };
        reach(table.metadata_location());
        for earlier in metadata.metadata_log() {
            reach(&earlier.metadata_file);
        }
        for statistics in metadata.statistics_iter() {
            reach(&statistics.statistics_path);
        }
        for statistics in metadata.partition_statistics_iter() {
            reach(&statistics.statistics_path);
        }
        let mut manifests = BTreeSet::new();
        for snapshot in metadata.snapshots() {
            reach(snapshot.manifest_list());
            for manifest in table.inner().manifest_list_reader(snapshot).load().await?.entries() {
                if !manifests.insert(manifest.manifest_path.clone()) {
                    continue;
                }
                reach(&manifest.manifest_path);
                let (entries, _) = manifest.load_manifest(table.inner().file_io()).await?.into_parts();
                for entry in entries.iter().filter(|entry| entry.is_alive()) {
                    reach(entry.file_path());
                }
            }
        }
        Ok(())
    }
}

fn moment(now: SystemTime, age: Duration) -> SystemTime {
    now.checked_sub(age).unwrap_or(UNIX_EPOCH)
}

/// Whether a file stands where tables keep theirs and is named as they name them. Nothing else is ours to remove.
fn is_of_a_table(tables: &str, location: &str) -> bool {
    let Some(path) = below(tables, location) else { return false };
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        [_, "data", file] => file.ends_with(".parquet"),
        [_, "metadata", file] => file.ends_with(".metadata.json") || file.ends_with(".avro"),
        _ => false,
    }
}

/// Those of the files that have not changed since `before`, with their sizes.
fn old_files(found: Vec<Listed>, before: SystemTime) -> BTreeMap<String, u64> {
    let old = found.into_iter().filter(|file| file.modified < before);
    old.map(|file| (file.location, file.bytes)).collect()
}
