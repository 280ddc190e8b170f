//! A warehouse in an object store: in memory, and in a bucket that a server of S3's protocol keeps on loopback.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iceberg::{Catalog, NamespaceIdent, TableIdent};
use lake_iceberg::*;
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};

use crate::common::*;

fn default() -> CommitOptions {
    CommitOptions::default()
}

/// Two processes over one store: each has a catalog of its own. Requests take a moment, so that they meet.
fn two() -> (Warehouse, Warehouse) {
    let wait = Duration::from_micros(300);
    let slow = ThrottleConfig { wait_get_per_call: wait, wait_put_per_call: wait, ..ThrottleConfig::default() };
    let store = Arc::new(ThrottledStore::new(InMemory::new(), slow));
    let open = || Warehouse::in_objects(store.clone(), "s3://bucket", "s3://bucket/some/lake").unwrap();
    let (one, other) = (open(), open());
    one.catalog().make_namespace("s").unwrap();
    (one, other)
}

fn new() -> NewTable {
    NewTable::new(&columns()).unwrap()
}

fn far_future() -> std::time::SystemTime {
    std::time::SystemTime::now() + Duration::from_secs(3600)
}

fn name(table: &str) -> TableName {
    TableName::new("s", table)
}

/// What a table goes through: rows come, change and go, columns change, snapshots expire, files are collected.
pub async fn a_table_lives(warehouse: &Warehouse) {
    let by = PartitionBy::parse("bucket(id, 2)").unwrap();
    let table = warehouse.create_table_as("s", "t", new().partition_by([by]), [rows(0..40)], default()).await;
    let table = table.unwrap().table;
    let first = table.snapshot_id().unwrap();
    assert!(table.metadata_location().starts_with(warehouse.location()), "{}", table.metadata_location());
    let table = table.append([rows(40..60)], default()).await.unwrap().table;
    let table = table.row_delta(places(&table, &[1, 2, 50]).await, [rows(100..105)], default()).await.unwrap().table;
    let file = places(&table, &[3]).await.into_keys().next().unwrap();
    let table = table.overwrite([file], [rows([200])], default()).await.unwrap().table;
    let expected = ids(&table).await;
    let table = table.change_schema(&[rename("name", "label")]).await.unwrap();
    let found = warehouse.table("s", "t").await.unwrap();
    assert_eq!(ids(&found).await, expected);
    assert_eq!(ids_at(&found, first).await.len(), 40);
    let removed = warehouse.collect_garbage(far_future(), Duration::ZERO).await.unwrap();
    assert_eq!(removed, Removed::default());
    let expiry = Expiry { older_than: far_future(), keep_last: 1, pinned: Default::default() };
    let removed = table.expire_and_remove(&expiry).await.unwrap();
    assert!(!removed.files.is_empty());
    assert_eq!(ids(&warehouse.table("s", "t").await.unwrap()).await, expected);
    let staged = warehouse.stage_replacement("s", "t", new()).await.unwrap();
    let mut writer = staged.writer(WriteOptions::default()).unwrap();
    writer.write(rows([7])).await.unwrap();
    let replaced = staged.commit(Change::append(writer.finish().await.unwrap()), default()).await.unwrap().table;
    assert_eq!(ids(&replaced).await, [7]);
    warehouse.drop_table("s", "t").unwrap();
    assert_eq!(warehouse.table("s", "t").await.unwrap_err().to_string(), "there is no table s.t");
    let removed = warehouse.collect_garbage(far_future(), Duration::ZERO).await.unwrap();
    assert!(removed.files.len() > 3, "{removed:?}");
}

/// Names are given, taken and refused as in a folder.
pub async fn names_are_kept(one: &Warehouse, other: &Warehouse) {
    let catalog = one.catalog();
    assert!(!other.catalog().make_namespace("s").unwrap());
    assert!(catalog.make_namespace("a b").unwrap());
    assert_eq!(other.catalog().namespaces().unwrap(), ["a b", "s"]);
    assert_eq!(one.create_table("x", "t", new()).await.unwrap_err().to_string(), "there is no schema x");
    one.create_table("a b", "T/1", new()).await.unwrap();
    assert_eq!(catalog.remove_namespace("a b").unwrap_err().to_string(), "schema a b is not empty: it has a b.T/1");
    other.drop_table("a b", "T/1").unwrap();
    catalog.remove_namespace("a b").unwrap();
    one.create_table_as("s", "t", new(), [rows(0..3)], default()).await.unwrap();
    assert_eq!(other.create_table("s", "t", new()).await.unwrap_err().to_string(), "table s.t exists already");
    one.create_table("s", "u", new()).await.unwrap();
    let taken = other.rename_table(&name("t"), &name("u")).unwrap_err();
    assert_eq!(taken.to_string(), "table s.u exists already");
    let old = other.table("s", "t").await.unwrap();
    one.rename_table(&name("t"), &name("v")).unwrap();
    assert_eq!(other.rename_table(&name("t"), &name("w")).unwrap_err().to_string(), "there is no table s.t");
    assert_eq!(ids(&other.table("s", "v").await.unwrap()).await, [0, 1, 2]);
    let kinds = vec![("u".to_owned(), Entry::Table), ("v".to_owned(), Entry::Table)];
    assert_eq!(other.catalog().list("s").unwrap(), kinds);
    assert!(old.append([rows([9])], default()).await.is_err(), "the table has another name now");
    one.create_table("s", "t", new()).await.unwrap();
    assert!(old.append([rows([9])], default()).await.is_err(), "the name has another table now");
    assert_eq!(ids(&other.table("s", "t").await.unwrap()).await, Vec::<i64>::new());
    let view = NewView {
        sql: "select 1".to_owned(),
        dialect: "trino".to_owned(),
        schema: columns(),
        properties: BTreeMap::new(),
    };
    one.create_view("s", "w", view.clone(), false).unwrap();
    other.create_view("s", "w", NewView { sql: "select 2".to_owned(), ..view }, true).unwrap();
    assert_eq!(one.view("s", "w").unwrap().sql, "select 2");
    for table in ["t", "u", "v"] {
        one.drop_table("s", table).unwrap();
    }
    one.drop_view("s", "w").unwrap();
    assert_eq!(other.catalog().list("s").unwrap(), vec![]);
    one.collect_garbage(far_future(), Duration::ZERO).await.unwrap();
    one.catalog().remove_namespace("s").unwrap();
    assert!(other.catalog().make_namespace("s").unwrap());
}

/// Writers of several catalogs at once: nothing is lost and nothing is doubled.
pub async fn writers_meet(one: &Warehouse, other: &Warehouse, commits: i64) {
    one.create_table_as("s", "t", new(), [rows([-1])], default()).await.unwrap();
    let writers = [one, other, one, other].into_iter().enumerate().map(|(writer, warehouse)| {
        let warehouse = warehouse.clone();
        tokio::spawn(async move {
            for commit in 0..commits {
                let table = warehouse.table("s", "t").await.unwrap();
                table.append([rows([writer as i64 * 1000 + commit])], default()).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let table = other.table("s", "t").await.unwrap();
    assert_eq!(table.snapshots().len() as i64, 4 * commits + 1);
    let mut expected: Vec<i64> = (0..4).flat_map(|writer| (0..commits).map(move |n| writer * 1000 + n)).collect();
    expected.insert(0, -1);
    assert_eq!(ids(&table).await, expected);
    // Of two that change the same row one is refused.
    let place = places(&table, &[0]).await;
    table.row_delta(place.clone(), [rows([5000])], default()).await.unwrap();
    assert!(table.row_delta(place, [rows([5001])], default()).await.unwrap_err().is_conflict());
}

/// One table is renamed by many at once: one of them succeeds, and its rows stay.
pub async fn renames_meet(one: &Warehouse, other: &Warehouse) {
    for round in 0..10 {
        let table = format!("r{round}");
        one.create_table_as("s", &table, new(), [rows(0..2)], default()).await.unwrap();
        let tries = (0..6).map(|number| {
            let warehouse = if number % 2 == 0 { one.clone() } else { other.clone() };
            let (from, to) = (name(&table), name(&format!("{table}_{}", number / 2)));
            let commits = number == 5;
            tokio::task::spawn_blocking(move || match commits {
                true => warehouse.drop_table("s", &to.name).is_ok() as u32 * 100,
                false => warehouse.rename_table(&from, &to).is_ok() as u32,
            })
        });
        let mut renamed = 0;
        for outcome in tries.collect::<Vec<_>>() {
            renamed += outcome.await.unwrap() % 100;
        }
        assert_eq!(renamed, 1, "round {round}");
        assert!(one.table("s", &table).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_memory() {
    let (one, other) = two();
    a_table_lives(&one).await;
    names_are_kept(&one, &other).await;
    writers_meet(&one, &other, 12).await;
    renames_meet(&one, &other).await;
}

/// Code without threads of its own, too.
#[tokio::test]
async fn on_one_thread() {
    let (one, _) = two();
    a_table_lives(&one).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crates_own_transactions_commit_through_it() {
    use iceberg::transaction::{ApplyTransactionAction, Transaction};
    let (one, other) = two();
    let ident = TableIdent::new(NamespaceIdent::new("s".to_owned()), "t".to_owned());
    one.create_table("s", "t", new()).await.unwrap();
    let table = Catalog::load_table(other.catalog(), &ident).await.unwrap();
    let transaction = Transaction::new(&table);
    let action = transaction.update_table_properties().set("owner".to_owned(), "crate".to_owned());
    action.apply(transaction).unwrap().commit(other.catalog()).await.unwrap();
    assert_eq!(one.table("s", "t").await.unwrap().properties()["owner"], "crate");
    Catalog::purge_table(one.catalog(), &ident).await.unwrap();
    assert!(other.table("s", "t").await.is_err());
}
