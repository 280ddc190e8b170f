//! One table's own files: those that only forgotten snapshots had, and those that nothing refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use iceberg::spec::SnapshotRef;

use super::{Expiry, Removed, is_of_a_table, moment, old_files};
use crate::error::{Error, Result};
use crate::store::{Listed, below};
use crate::table::Table;

/// What was found and removed of a table's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orphans {
    /// Manifests that tell of the table's files.
    pub manifests: u64,
    /// Files that the table refers to.
    pub active: u64,
    /// Files in its folder that are old enough.
    pub scanned: u64,
    /// What was removed.
    pub removed: Removed,
}

impl Table {
    /// Forgets snapshots and removes the files that only they referred to. Branches and tags keep theirs.
    pub async fn expire_and_remove(&self, expiry: &Expiry) -> Result<Removed> {
        let mut theirs = BTreeSet::new();
        let before: Vec<SnapshotRef> = self.snapshots();
        let (table, gone) = self.expire_snapshots(expiry).await?;
        for snapshot in before.iter().filter(|snapshot| gone.contains(&snapshot.snapshot_id())) {
            self.files_of_snapshot(snapshot, &mut theirs).await?;
        }
        if theirs.is_empty() {
            return Ok(Removed::default());
        }
        let mut used = BTreeSet::new();
        self.warehouse.files_of_table(&table.name, &mut used).await?;
        let mut removed = Removed::default();
        let store = self.warehouse.store();
        let gone = |file: &Listed| theirs.contains(&file.location) && !used.contains(&file.location);
        for file in store.list(&self.location())?.into_iter().filter(gone).filter(|file| self.owns(&file.location)) {
            if store.remove(&file.location) {
                removed.add(file.location, file.bytes);
            }
        }
        Ok(removed)
    }

    /// Removes files of the table's folder that the table does not refer to and that are older than `age` at the moment
    /// `now`. `age` must be longer than any statement runs, because files that are being written are not referred to
    /// yet. Files that no writer of tables names so are left alone.
    pub async fn remove_orphans(&self, now: SystemTime, age: Duration) -> Result<Orphans> {
        // Listed first: what a commit makes reachable in the meantime is younger than the list, or in it and reachable.
        let (folder, store) = (self.location(), self.warehouse.store());
        let candidates = match below(&store.tables(), &folder) {
            Some(_) => old_files(store.list(&folder)?, moment(now, age)),
            None => BTreeMap::new(),
        };
        let current = self.refresh().await?;
        if current.location() != folder {
            return Err(Error::Invalid(format!("table {} was moved: remove its orphans again later", self.name)));
        }
        let mut used = BTreeSet::new();
        self.warehouse.files_of_table(&current.name, &mut used).await?;
        let manifests = used.iter().filter(|path| path.ends_with(".avro")).count();
        let mut found = Orphans {
            manifests: manifests as u64,
            active: used.len() as u64,
            scanned: candidates.len() as u64,
            removed: Removed::default(),
        };
        for (path, bytes) in candidates.iter().filter(|(path, _)| !used.contains(*path) && self.owns(path)) {
            if store.remove(path) {
                found.removed.add(path.clone(), *bytes);
            }
        }
        Ok(found)
    }

    /// Whether a file is one that this table's writers make, in the folder of this table.
    fn owns(&self, path: &str) -> bool {
        below(&self.location(), path).is_some() && is_of_a_table(&self.warehouse.store().tables(), path)
    }

    async fn files_of_snapshot(&self, snapshot: &SnapshotRef, found: &mut BTreeSet<String>) -> Result<()> {
        let store = self.warehouse.store();
        for manifest in self.inner.manifest_list_reader(snapshot).load().await?.entries() {
            if !found.insert(store.rebase(&manifest.manifest_path)) {
                continue;
            }
            let (entries, _) = manifest.load_manifest(self.inner.file_io()).await?.into_parts();
            found.extend(entries.iter().map(|entry| store.rebase(entry.file_path())));
        }
        found.insert(store.rebase(snapshot.manifest_list()));
        Ok(())
    }
}
