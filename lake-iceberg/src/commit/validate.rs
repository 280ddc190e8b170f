//! Whether a change that was computed on one snapshot is still right on another.
//!
//! These are Iceberg's rules: what goes must still be there, nobody may have deleted rows of it in the meantime, and,
//! for the serializable isolation, nobody may have added rows that the statement has not seen.

use std::collections::BTreeSet;

use iceberg::spec::{DataContentType, Struct};

use super::manifests::{Contents, LiveFile};
use super::{CommitError, ConflictReason, Isolation, Pending};
use crate::error::Result;
use crate::table::Table;

/// Checks `pending`, computed on `base`, against `current`.
pub(super) async fn validate(base: &Table, current: &Table, pending: &Pending, isolation: Isolation) -> Result<()> {
    let conflict = |reason| CommitError::Conflict {
        table: base.name.clone(),
        base: base.snapshot_id(),
        head: current.snapshot_id(),
        reason,
    };
    if current.head.is_some() && diverged(base, current) {
        return Err(conflict(ConflictReason::BaseGone).into());
    }
    if pending.change.only_adds() || base.snapshot_id() == current.snapshot_id() {
        return Ok(());
    }
    let Some(since) = snapshots_since(base, current) else {
        return Err(conflict(ConflictReason::BaseGone).into());
    };
    let contents = Contents::load(current).await?;
    let found = match find_conflict(&contents, &since, pending) {
        None if isolation == Isolation::Serializable => added_rows(current, &contents, &since, pending).await,
        found => found,
    };
    match found {
        Some(reason) => Err(conflict(reason).into()),
        None => Ok(()),
    }
}

/// Rows that were added since the base and may be among those that the change was computed from.
async fn added_rows(
    current: &Table,
    contents: &Contents,
    since: &BTreeSet<i64>,
    pending: &Pending,
) -> Option<ConflictReason> {
    let is_new = |file: &&LiveFile| file.entry.snapshot_id().is_some_and(|id| since.contains(&id));
    let new: BTreeSet<&str> = contents.data_files().filter(is_new).map(|live| live.file().file_path()).collect();
    let first = new.first()?;
    let found = match &pending.change.read {
        None => Some((*first).to_owned()),
        Some(rows) => match current.scan().filter(rows.clone()).plan().await {
            Ok(tasks) => tasks.into_iter().map(|task| task.data_file_path).find(|path| new.contains(path.as_str())),
            // A column that it speaks of may have gone.
            Err(_) => Some((*first).to_owned()),
        },
    };
    found.map(ConflictReason::RowsAdded)
}

/// Whether the table went on from elsewhere: another table was put in its place, and even rows that are only added may
/// not be of its columns.
fn diverged(base: &Table, current: &Table) -> bool {
    let is_ancestor = |of: Option<i64>, wanted: i64| {
        let parent = |id: &i64| current.metadata().snapshot_by_id(*id)?.parent_snapshot_id();
        std::iter::successors(of, parent).any(|id| id == wanted)
    };
    let (Some(from), Some(to)) = (base.snapshot_id(), current.snapshot_id()) else { return false };
    // What has expired tells nothing.
    let known = current.metadata().snapshot_by_id(from).is_some();
    known && !is_ancestor(Some(to), from) && !is_ancestor(Some(from), to)
}

/// Ids of the snapshots that follow the base; None if the base is not among the current one's ancestors.
fn snapshots_since(base: &Table, current: &Table) -> Option<BTreeSet<i64>> {
    let mut since = BTreeSet::new();
    let mut at = current.snapshot_id();
    while at != base.snapshot_id() {
        let snapshot = current.metadata().snapshot_by_id(at?)?;
        since.insert(snapshot.snapshot_id());
        at = snapshot.parent_snapshot_id();
    }
    Some(since)
}

fn find_conflict(contents: &Contents, since: &BTreeSet<i64>, pending: &Pending) -> Option<ConflictReason> {
    let mut touched: Vec<&LiveFile> = Vec::new();
    for path in pending.change.removed.iter().chain(pending.change.deletes.keys()) {
        match contents.data_file(path) {
            Some(file) => touched.push(file),
            None => return Some(ConflictReason::FileRemoved(path.clone())),
        }
    }
    let is_new = |file: &&LiveFile| file.entry.snapshot_id().is_some_and(|id| since.contains(&id));
    for delete in contents.deletes.iter().filter(is_new) {
        if touched.iter().any(|file| concerns(delete, file)) {
            return Some(ConflictReason::RowsDeleted(delete.file().file_path().to_owned()));
        }
    }
    None
}

/// Whether a delete file may hold rows of a data file.
fn concerns(delete: &LiveFile, data: &LiveFile) -> bool {
    match delete.file().referenced_data_file() {
        Some(path) => path == data.file().file_path(),
        None if delete.entry.content_type() == DataContentType::EqualityDeletes => {
            // An equality delete without a partition is global.
            *delete.file().partition() == Struct::empty() || same_partition(delete, data)
        }
        None => same_partition(delete, data),
    }
}

fn same_partition(a: &LiveFile, b: &LiveFile) -> bool {
    a.spec_id == b.spec_id && a.file().partition() == b.file().partition()
}
