//! One table's own files: those that only forgotten snapshots had, and those that nothing refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use iceberg::spec::SnapshotRef;

use super::{Expiry, Removed, is_of_a_table, moment, old_files};
use crate::error::{Error, Result};
use crate::storage::{self, TABLES};
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
        for path in theirs.difference(&used).filter(|path| self.owns(path)) {
            remove(path, &mut removed);
        }
        Ok(removed)
    }

    /// Removes files of the table's folder that the table does not refer to and that are older than `age` at the moment
    /// `now`. `age` must be longer than any statement runs, because files that are being written are not referred to
    /// yet. Files that no writer of tables names so are left alone.
    pub async fn remove_orphans(&self, now: SystemTime, age: Duration) -> Result<Orphans> {
        // Listed first: what a commit makes reachable in the meantime is younger than the list, or in it and reachable.
        let mut candidates = BTreeMap::new();
        let folder = self.location();
        if folder.is_dir() && folder.starts_with(self.warehouse.root().join(TABLES)) {
            old_files(&folder, moment(now, age), &mut candidates)?;
        }
        let current = self.refresh().await?;
        if current.location() != folder {
            return Err(Error::Invalid(format!("table {} was moved: remove its orphans again later", self.name)));
        }
        let mut used = BTreeSet::new();
        self.warehouse.files_of_table(&current.name, &mut used).await?;
        let manifests = used.iter().filter(|path| path.extension().is_some_and(|kind| kind == "avro")).count();
        let mut found = Orphans {
            manifests: manifests as u64,
            active: used.len() as u64,
            scanned: candidates.len() as u64,
            removed: Removed::default(),
        };
        for path in candidates.keys().filter(|path| !used.contains(*path) && self.owns(path)) {
            remove(path, &mut found.removed);
        }
        Ok(found)
    }

    /// Whether a file is one that this table's writers make, in the folder of this table.
    fn owns(&self, path: &Path) -> bool {
        path.starts_with(self.location()) && is_of_a_table(&self.warehouse.root().join(TABLES), path)
    }

    async fn files_of_snapshot(&self, snapshot: &SnapshotRef, found: &mut BTreeSet<PathBuf>) -> Result<()> {
        let root = self.warehouse.root();
        for manifest in self.inner.manifest_list_reader(snapshot).load().await?.entries() {
            if !found.insert(storage::rebase(root, &manifest.manifest_path)) {
                continue;
            }
            let (entries, _) = manifest.load_manifest(self.inner.file_io()).await?.into_parts();
            found.extend(entries.iter().map(|entry| storage::rebase(root, entry.file_path())));
        }
        found.insert(storage::rebase(root, snapshot.manifest_list()));
        Ok(())
    }
}

fn remove(path: &Path, removed: &mut Removed) {
    let bytes = fs::metadata(path).map_or(0, |data| data.len());
    if fs::remove_file(path).is_ok() {
        removed.add(path.to_path_buf(), bytes);
    }
}
