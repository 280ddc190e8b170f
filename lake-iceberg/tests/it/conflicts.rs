//! Which commits are refused after others have been made, which are not, and what failed statements leave.

use std::collections::BTreeMap;

use crate::common::*;
use lake_iceberg::*;

fn default() -> CommitOptions {
    CommitOptions::default()
}

fn snapshot_isolation() -> CommitOptions {
    CommitOptions { isolation: Isolation::Snapshot, ..default() }
}

/// A table of two data files: ids 0..10 and 10..20.
async fn two_files() -> (tempfile::TempDir, Table) {
    let (dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [rows(0..10)], default()).await.unwrap().table;
    let table = table.append([rows(10..20)], default()).await.unwrap().table;
    (dir, table)
}

fn reason(error: Error) -> ConflictReason {
    assert!(error.is_conflict());
    match error {
        Error::Commit(CommitError::Conflict { reason, .. }) => reason,
        other => panic!("{other}"),
    }
}

/// All files below a folder.
fn files_below(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

#[tokio::test]
async fn appends_go_after_whatever_was_committed() {
    let (_dir, base) = two_files().await;
    base.row_delta(places(&base, &[1]).await, [], default()).await.unwrap();
    let table = base.append([rows(20..30)], default()).await.unwrap().table;
    assert_eq!(ids(&table).await.len(), 29);
}

#[tokio::test]
async fn removing_a_file_twice_is_a_conflict() {
    let (_dir, base) = two_files().await;
    let file = places(&base, &[0]).await.into_keys().next().unwrap();
    base.overwrite([file.clone()], [rows([100])], default()).await.unwrap();
    let error = base.overwrite([file.clone()], [rows([200])], default()).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("commit conflict on s.t: data file ") && text.contains(" was removed (computed on"),
        "{text}"
    );
    assert_eq!(reason(error), ConflictReason::FileRemoved(file.clone()));
    let error = base.row_delta(BTreeMap::from([(file.clone(), vec![0])]), [], default()).await.unwrap_err();
    assert_eq!(reason(error), ConflictReason::FileRemoved(file));
}

#[tokio::test]
async fn deletes_from_one_file_at_once_are_a_conflict() {
    let (_dir, base) = two_files().await;
    base.row_delta(places(&base, &[1]).await, [], default()).await.unwrap();
    let error = base.row_delta(places(&base, &[2]).await, [], snapshot_isolation()).await.unwrap_err();
    assert!(matches!(reason(error), ConflictReason::RowsDeleted(_)));
    let file = places(&base, &[0]).await.into_keys().next().unwrap();
    let error = base.overwrite([file], [rows([7])], snapshot_isolation()).await.unwrap_err();
    assert!(matches!(reason(error), ConflictReason::RowsDeleted(_)));
    // The other file is nobody else's business.
    let table = base.row_delta(places(&base, &[12]).await, [], default()).await.unwrap().table;
    assert_eq!(ids(&table).await.len(), 18);
}

#[tokio::test]
async fn rows_that_a_merge_has_not_seen_are_a_conflict() {
    let (_dir, base) = two_files().await;
    base.append([rows([77])], default()).await.unwrap();
    let error = base.row_delta(places(&base, &[1]).await, [rows([77])], default()).await.unwrap_err();
    assert!(matches!(reason(error), ConflictReason::RowsAdded(_)));
    let table = base.row_delta(places(&base, &[1]).await, [rows([78])], snapshot_isolation()).await.unwrap().table;
    assert_eq!(ids(&table).await.len(), 21);
}

#[tokio::test]
async fn a_guard_names_the_only_head() {
    let (_dir, base) = two_files().await;
    let guarded = |snapshot| CommitOptions { guard: Guard::Snapshot(snapshot), ..default() };
    let head = base.append([rows([20])], default()).await.unwrap().table;
    for stale in [base.snapshot_id(), None] {
        let error = base.append([rows([21])], guarded(stale)).await.unwrap_err();
        assert_eq!(reason(error), ConflictReason::HeadMoved);
    }
    let error = base.append([], guarded(None)).await.unwrap_err();
    assert_eq!(reason(error), ConflictReason::HeadMoved);
    let table = base.append([rows([21])], guarded(head.snapshot_id())).await.unwrap().table;
    assert_eq!(ids(&table).await.len(), 22);
    let empty = base.warehouse().create_table("s", "e", NewTable::new(&columns()).unwrap()).await.unwrap();
    empty.append([rows([1])], guarded(None)).await.unwrap();
    assert_eq!(reason(empty.append([rows([1])], guarded(None)).await.unwrap_err()), ConflictReason::HeadMoved);
}

#[tokio::test]
async fn a_base_that_was_expired_is_a_conflict() {
    let (_dir, base) = two_files().await;
    let deletes = places(&base, &[1]).await;
    base.append([rows([20])], default()).await.unwrap();
    let head = base.append([rows([21])], default()).await.unwrap().table;
    let everything = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    let expiry = Expiry { older_than: everything, keep_last: 1, pinned: Default::default() };
    let (_, gone) = head.expire_snapshots(&expiry).await.unwrap();
    assert_eq!(gone.len(), 3);
    let error = base.row_delta(deletes, [], default()).await.unwrap_err();
    assert_eq!(reason(error), ConflictReason::BaseGone);
}

#[tokio::test]
async fn nothing_to_commit_commits_nothing_unless_asked() {
    let (_dir, base) = two_files().await;
    let committed = base.append([], default()).await.unwrap();
    assert_eq!((committed.snapshot_id, committed.attempts), (None, 0));
    assert_eq!(base.refresh().await.unwrap().snapshot_id(), base.snapshot_id());
    let summary = BTreeMap::from([("lake.token".to_owned(), "run-1".to_owned())]);
    let options = CommitOptions { commit_empty: true, summary, ..default() };
    let committed = base.append([], options).await.unwrap();
    let found = committed.table.find_commit("lake.token", "run-1").unwrap();
    assert_eq!(Some(found.snapshot_id()), committed.snapshot_id);
    assert!(committed.table.find_commit("lake.token", "run-2").is_none());
    assert_eq!(ids(&committed.table).await.len(), 20);
}

#[tokio::test]
async fn failed_statements_leave_no_files() {
    let (dir, base) = two_files().await;
    let file = places(&base, &[0]).await.into_keys().next().unwrap();
    base.overwrite([file.clone()], [rows([100])], default()).await.unwrap();
    let before = files_below(dir.path());
    base.overwrite([file.clone()], [rows([200])], default()).await.unwrap_err();
    base.row_delta(BTreeMap::from([(file, vec![3])]), [rows([5])], default()).await.unwrap_err();
    let mut writer = base.writer(WriteOptions::default()).unwrap();
    writer.write(rows(0..3)).await.unwrap();
    drop(writer);
    let mut writer = base.writer(WriteOptions::default()).unwrap();
    writer.write(rows(0..3)).await.unwrap();
    drop(writer.finish().await.unwrap());
    let unknown = BTreeMap::from([("no/such.parquet".to_owned(), vec![0])]);
    let error = base.row_delta(unknown, [rows([1])], default()).await.unwrap_err();
    assert_eq!(error.to_string(), "rows cannot be deleted: no/such.parquet is no data file of s.t");
    assert_eq!(files_below(dir.path()), before);
}

#[tokio::test]
async fn a_dropped_table_takes_no_commit() {
    let (_dir, base) = two_files().await;
    base.warehouse().drop_table("s", "t").unwrap();
    assert_eq!(base.append([rows([1])], default()).await.unwrap_err().to_string(), "there is no table s.t");
    let new = NewTable::new(&columns()).unwrap();
    let other = base.warehouse().create_table("s", "t", new).await.unwrap();
    let error = base.append([rows([1])], default()).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no table s.t any more: the name was given to another table");
    assert_eq!(ids(&other.refresh().await.unwrap()).await, Vec::<i64>::new());
}
