//! Names: namespaces, renames, views, moved folders, and the `iceberg` crate's own view of the catalog.

use std::collections::BTreeMap;

use crate::common::*;
use iceberg::{Catalog, NamespaceIdent, TableIdent};
use lake_iceberg::*;

fn default() -> CommitOptions {
    CommitOptions::default()
}

fn view(sql: &str) -> NewView {
    NewView {
        sql: sql.to_owned(),
        dialect: "trino".to_owned(),
        schema: columns(),
        properties: BTreeMap::from([("owner".to_owned(), "tests".to_owned())]),
    }
}

#[tokio::test]
async fn schemas() {
    let (_dir, warehouse) = warehouse();
    let catalog = warehouse.catalog();
    assert!(!catalog.make_namespace("s").unwrap());
    assert!(catalog.make_namespace("a b").unwrap());
    assert_eq!(catalog.namespaces().unwrap(), ["a b", "s"]);
    let new = || NewTable::new(&columns()).unwrap();
    assert_eq!(warehouse.create_table("x", "t", new()).await.unwrap_err().to_string(), "there is no schema x");
    warehouse.create_table("a b", "T/1", new()).await.unwrap();
    assert_eq!(catalog.remove_namespace("a b").unwrap_err().to_string(), "schema a b is not empty: it has a b.T/1");
    warehouse.drop_table("a b", "T/1").unwrap();
    catalog.remove_namespace("a b").unwrap();
    assert_eq!(catalog.remove_namespace("a b").unwrap_err().to_string(), "there is no schema a b");
}

#[tokio::test]
async fn a_moved_folder_opens_and_is_written_to() {
    let (dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap().partition_by([PartitionBy::parse("bucket(id, 2)").unwrap()]);
    let table = warehouse.create_table_as("s", "t", new, [rows(0..20)], default()).await.unwrap().table;
    let table = table.row_delta(places(&table, &[3, 4]).await, [], default()).await.unwrap().table;
    let first = table.snapshots()[0].snapshot_id();
    warehouse.create_view("s", "v", view("select 1"), false).unwrap();
    drop((warehouse, table));

    let moved = dir.path().join("elsewhere");
    std::fs::rename(dir.path().join("lake"), &moved).unwrap();
    let warehouse = Warehouse::open(&moved).unwrap();
    let table = warehouse.table("s", "t").await.unwrap();
    assert_eq!((ids(&table).await.len(), ids_at(&table, first).await.len()), (18, 20));
    assert_eq!(warehouse.view("s", "v").unwrap().sql, "select 1");
    let table = table.row_delta(places(&table, &[5]).await, [rows([50])], default()).await.unwrap().table;
    assert_eq!(ids(&table.refresh().await.unwrap()).await.len(), 18);
    assert!(path_of(table.metadata_location()).starts_with(moved.canonicalize().unwrap()));
    assert!(path_of(table.metadata().location()).starts_with(moved.canonicalize().unwrap()));
    let removed = warehouse.collect_garbage(far_future(), std::time::Duration::ZERO).await.unwrap();
    assert_eq!(removed, Removed::default());
    assert!(!dir.path().join("lake").exists());
}

fn far_future() -> std::time::SystemTime {
    std::time::SystemTime::now() + std::time::Duration::from_secs(3600)
}

#[tokio::test]
async fn views_are_replaced_in_one_step() {
    let (_dir, warehouse) = warehouse();
    warehouse.create_view("s", "v", view("select 1"), true).unwrap();
    assert_eq!(
        warehouse.create_view("s", "v", view("select 2"), false).unwrap_err().to_string(),
        "view s.v exists already"
    );
    for (version, sql) in [(2, "select 2"), (3, "select 3"), (2, "select 2")] {
        warehouse.create_view("s", "v", view(sql), true).unwrap();
        let read = warehouse.view("s", "v").unwrap();
        assert_eq!((read.sql.as_str(), read.dialect.as_str(), read.version), (sql, "trino", version));
        assert_eq!(read.properties, BTreeMap::from([("owner".to_owned(), "tests".to_owned())]));
        assert_eq!(read.schema.field(0).name(), "id");
    }
    warehouse.create_table("s", "t", NewTable::new(&columns()).unwrap()).await.unwrap();
    assert_eq!(
        warehouse.create_view("s", "t", view("select 1"), true).unwrap_err().to_string(),
        "s.t is a table, expected a view"
    );
    assert_eq!(warehouse.table("s", "v").await.unwrap_err().to_string(), "s.v is a view, expected a table");
    assert_eq!(warehouse.drop_table("s", "v").unwrap_err().to_string(), "s.v is a view, expected a table");
    assert_eq!(warehouse.catalog().list("s").unwrap(), [("t".to_owned(), Entry::Table), ("v".to_owned(), Entry::View)]);
    warehouse.drop_view("s", "v").unwrap();
    assert_eq!(warehouse.view("s", "v").unwrap_err().to_string(), "there is no view s.v");
}

#[tokio::test]
async fn dropped_tables_are_garbage_after_a_while() {
    let (dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [rows(0..5)], default()).await.unwrap().table;
    warehouse.drop_table("s", "t").unwrap();
    assert_eq!(ids(&table).await, [0, 1, 2, 3, 4], "whoever has opened it can finish");
    let found = warehouse.find_garbage(far_future(), std::time::Duration::ZERO).await.unwrap();
    let there = |location: &String| path_of(location).is_file();
    assert!(found.files.iter().all(there), "looking removes nothing");
    let removed = warehouse.collect_garbage(far_future(), std::time::Duration::ZERO).await.unwrap();
    assert_eq!(removed, found);
    assert_eq!(removed.files.len(), 4, "{removed:?}");
    assert_eq!(std::fs::read_dir(dir.path().join("lake/tables")).unwrap().count(), 0);
}

#[tokio::test]
async fn files_that_no_table_names_so_are_left_alone() {
    let (dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [rows(0..5)], default()).await.unwrap().table;
    let folder = path_of(table.metadata().location());
    warehouse.drop_table("s", "t").unwrap();
    let kept = [folder.join("notes.txt"), folder.join("data/notes.txt"), dir.path().join("lake/tables/other.parquet")];
    for path in &kept {
        std::fs::write(path, "mine").unwrap();
    }
    let removed = warehouse.collect_garbage(far_future(), std::time::Duration::ZERO).await.unwrap();
    assert_eq!(removed.files.len(), 4, "{removed:?}");
    assert!(kept.iter().all(|path| path.is_file()));
}

#[tokio::test]
async fn the_crates_own_transactions_commit_through_it() {
    use iceberg::transaction::{ApplyTransactionAction, Transaction};
    let (_dir, warehouse) = warehouse();
    let catalog = warehouse.catalog();
    let s = NamespaceIdent::new("s".to_owned());
    let ident = TableIdent::new(s.clone(), "t".to_owned());
    warehouse.create_table("s", "t", NewTable::new(&columns()).unwrap()).await.unwrap();
    assert_eq!(Catalog::list_tables(catalog, &s).await.unwrap(), std::slice::from_ref(&ident));
    let table = Catalog::load_table(catalog, &ident).await.unwrap();
    let transaction = Transaction::new(&table);
    let action = transaction.update_table_properties().set("owner".to_owned(), "crate".to_owned());
    let updated = action.apply(transaction).unwrap().commit(catalog).await.unwrap();
    assert_eq!(updated.metadata().properties()["owner"], "crate");
    let renamed = TableIdent::new(s.clone(), "u".to_owned());
    Catalog::rename_table(catalog, &ident, &renamed).await.unwrap();
    assert_eq!(warehouse.table("s", "u").await.unwrap().properties()["owner"], "crate");
    Catalog::create_namespace(catalog, &NamespaceIdent::new("p".to_owned()), [("k".to_owned(), "v".to_owned())].into())
        .await
        .unwrap();
    let read = Catalog::get_namespace(catalog, &NamespaceIdent::new("p".to_owned())).await.unwrap();
    assert_eq!(read.properties()["k"], "v");
    let location = warehouse.table("s", "u").await.unwrap().metadata_location().to_owned();
    let registered = TableIdent::new(s, "w".to_owned());
    Catalog::register_table(catalog, &registered, location.clone()).await.unwrap();
    assert!(warehouse.table("s", "w").await.is_ok());
    Catalog::drop_table(catalog, &registered).await.unwrap();
    Catalog::purge_table(catalog, &renamed).await.unwrap();
    assert!(!path_of(&location).exists());
}
