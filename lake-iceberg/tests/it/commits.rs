//! What commits do to a table, and which are refused.

use std::collections::BTreeMap;

use crate::common::*;
use iceberg::expr::Reference;
use iceberg::spec::Datum;
use lake_iceberg::*;

fn default() -> CommitOptions {
    CommitOptions::default()
}

#[tokio::test]
async fn create_append_scan() {
    let (_dir, warehouse) = warehouse();
    let table = warehouse.create_table("s", "t", NewTable::new(&columns()).unwrap()).await.unwrap();
    assert_eq!((table.snapshot_id(), ids(&table).await), (None, vec![]));
    let committed = table.append([rows(0..50), rows(50..100)], default()).await.unwrap();
    assert_eq!((committed.attempts, committed.snapshot_id), (1, committed.table.snapshot_id()));
    let table = warehouse.table("s", "t").await.unwrap();
    assert_eq!(ids(&table).await, (0..100).collect::<Vec<_>>());
    assert_eq!(table.scan().count().await.unwrap(), 100);
    let some = table.scan().columns(["name"]).filter(Reference::new("id").less_than(Datum::long(11)));
    let batches = some.collect().await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 11);
    assert_eq!(batches[0].schema().fields().len(), 1);
    let none = table.scan().columns(Vec::<String>::new()).collect().await.unwrap();
    assert_eq!(none.iter().map(|batch| batch.num_rows()).sum::<usize>(), 100);
}

#[tokio::test]
async fn a_table_appears_with_its_rows() {
    let (_dir, warehouse) = warehouse();
    let new = || NewTable::new(&columns()).unwrap().property("owner", "tests");
    let staged = warehouse.stage_table("s", "t", new()).unwrap();
    assert!(warehouse.table("s", "t").await.is_err());
    drop(staged);
    let committed = warehouse.create_table_as("s", "t", new(), [rows(0..3)], default()).await.unwrap();
    assert_eq!(ids(&committed.table).await, [0, 1, 2]);
    assert_eq!(committed.table.properties()["owner"], "tests");
    let again = warehouse.create_table_as("s", "t", new(), [rows(0..3)], default()).await.unwrap_err();
    assert_eq!(again.to_string(), "table s.t exists already");
    let empty = warehouse.create_table_as("s", "e", new(), [], default()).await.unwrap();
    assert_eq!(ids(&empty.table.refresh().await.unwrap()).await, Vec::<i64>::new());
}

#[tokio::test]
async fn row_delta_and_overwrite() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap();
    let first = warehouse.create_table_as("s", "t", new, [rows(0..10)], default()).await.unwrap().table;
    let second = first.append([rows(10..20)], default()).await.unwrap().table;
    let deletes = places(&second, &[3, 15]).await;
    let third = second.row_delta(deletes, [rows([100])], default()).await.unwrap().table;
    let expected: Vec<i64> = (0..20).filter(|id| ![3, 15].contains(id)).chain([100]).collect();
    assert_eq!(ids(&third).await, expected);
    assert_eq!(third.scan().count().await.unwrap(), 19);
    let file = places(&third, &[0]).await.into_keys().next().unwrap();
    let fourth = third.overwrite([file], [rows([200])], default()).await.unwrap().table;
    assert_eq!(ids(&fourth).await, [10, 11, 12, 13, 14, 16, 17, 18, 19, 100, 200]);
    for (table, count) in [(&first, 10), (&second, 20), (&third, 19), (&fourth, 11)] {
        assert_eq!(ids_at(&fourth, table.snapshot_id().unwrap()).await.len(), count);
    }
    let summary = &fourth.snapshot().unwrap().summary().additional_properties;
    let summary: BTreeMap<_, _> = summary.iter().filter(|(key, _)| !key.ends_with("size")).collect();
    let text = summary.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
    assert_eq!(
        text,
        "added-data-files=1 added-records=1 deleted-data-files=1 deleted-records=10 removed-delete-files=1 \
         removed-position-deletes=1 total-data-files=3 total-delete-files=1 total-equality-deletes=0 \
         total-position-deletes=1 total-records=12"
    );
}

#[tokio::test]
async fn a_table_takes_the_place_of_another() {
    let (_dir, warehouse) = warehouse();
    let new = || NewTable::new(&columns()).unwrap();
    let old = warehouse.create_table_as("s", "t", new(), [rows(0..3)], default()).await.unwrap().table;
    let write = |staged: Table, id: i64| async move {
        let mut writer = staged.writer(WriteOptions::default()).unwrap();
        writer.write(rows([id])).await.unwrap();
        let files = writer.finish().await.unwrap();
        staged.commit(Change::append(files), default()).await
    };
    let staged = warehouse.stage_replacement("s", "t", new()).await.unwrap();
    let late = warehouse.stage_replacement("s", "t", new()).await.unwrap();
    assert_eq!(ids(&warehouse.table("s", "t").await.unwrap()).await, [0, 1, 2]);
    let replaced = write(staged, 7).await.unwrap().table;
    assert_eq!(ids(&warehouse.table("s", "t").await.unwrap()).await, [7]);
    assert!(write(late, 8).await.unwrap_err().is_conflict());
    assert!(old.append([rows([4])], default()).await.unwrap_err().is_conflict());
    assert_eq!(ids_at(&replaced, old.snapshot_id().unwrap()).await, [0, 1, 2], "its history goes on");
    let after = replaced.append([rows([9])], default()).await.unwrap().table;
    assert_eq!(ids(&after).await, [7, 9]);
    assert_eq!(warehouse.stage_replacement("s", "u", new()).await.unwrap_err().to_string(), "there is no table s.u");
}

#[tokio::test]
async fn manifests_do_not_pile_up() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap().property("commit.manifest.min-count-to-merge", "4");
    let mut table = warehouse.create_table("s", "t", new).await.unwrap();
    for id in 0..12 {
        table = table.append([rows([id])], default()).await.unwrap().table;
        let snapshot = table.snapshot().unwrap();
        let list = table.inner().manifest_list_reader(snapshot).load().await.unwrap();
        assert!(list.entries().len() <= 4, "{}", list.entries().len());
    }
    assert_eq!(ids(&table).await, (0..12).collect::<Vec<_>>());
    for (at, snapshot) in table.snapshots().iter().enumerate() {
        assert_eq!(ids_at(&table, snapshot.snapshot_id()).await.len(), at + 1);
    }
    // Files keep the snapshot that added them: a delete on an old base still sees what is new.
    let base = table.clone();
    let deletes = places(&base, &[3]).await;
    table.append([rows([12])], default()).await.unwrap();
    assert!(base.row_delta(deletes, [], default()).await.unwrap_err().is_conflict());
    let table = table.refresh().await.unwrap();
    let table = table.row_delta(places(&table, &[3]).await, [], default()).await.unwrap().table;
    assert_eq!(ids(&table).await.len(), 12);
}
