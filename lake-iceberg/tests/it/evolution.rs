//! Columns change; rows written before stay readable, under the schema of now and of then.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::*;
use arrow::array::{ArrayRef, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use iceberg::spec::{ListType, NestedField, PrimitiveType, Type};
use lake_iceberg::*;

fn default() -> CommitOptions {
    CommitOptions::default()
}

fn names(table: &Table) -> Vec<String> {
    table
        .arrow_schema()
        .unwrap()
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name(), field.data_type()))
        .collect()
}

#[tokio::test]
async fn columns_come_go_and_change() {
    let (_dir, warehouse) = warehouse();
    let schema = Schema::new(vec![
        Field::new("n", DataType::Int32, false),
        Field::new("gone", DataType::Utf8, true),
        Field::new("name", DataType::Utf8, true),
    ]);
    let first = RecordBatch::try_from_iter([
        ("n", Arc::new(Int32Array::from(vec![1, 2])) as ArrayRef),
        ("gone", Arc::new(StringArray::from(vec!["x", "y"]))),
        ("name", Arc::new(StringArray::from(vec!["a", "b"]))),
    ])
    .unwrap();
    let new = NewTable::new(&schema).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [first], default()).await.unwrap().table;
    let before = table.snapshot_id().unwrap();
    let item = NestedField::list_element(1, Type::Primitive(PrimitiveType::Long), false);
    let changes = [
        widen("n", PrimitiveType::Long),
        remove("gone"),
        rename("name", "label"),
        add("many", Type::List(ListType::new(item.into()))),
        add("gone", Type::Primitive(PrimitiveType::Long)),
    ];
    let table = table.change_schema(&changes).await.unwrap();
    assert_eq!(names(&table)[..2], ["n Int64", "label Utf8"]);
    let second = RecordBatch::try_from_iter([
        ("n", Arc::new(Int64Array::from(vec![3_000_000_000])) as ArrayRef),
        ("label", Arc::new(StringArray::from(vec!["c"]))),
        ("gone", Arc::new(Int64Array::from(vec![7]))),
    ])
    .unwrap();
    let table = table.append([second], default()).await.unwrap().table;
    assert_eq!(sorted(&table.scan().columns(["n"]).collect().await.unwrap(), "n"), [1, 2, 3_000_000_000]);
    assert_eq!(sorted(&table.scan().columns(["gone"]).collect().await.unwrap(), "gone"), [7]);
    let then = table.scan().at_snapshot(before);
    assert_eq!(then.schema().unwrap().field(1).name(), "gone");
    assert_eq!(then.collect().await.unwrap()[0].schema().field(2).name(), "name");
    // Files of both schemas in one rewritten manifest.
    let tasks = table.scan().columns(["n"]).plan().await.unwrap();
    let old = tasks.iter().find(|task| task.record_count == Some(2)).unwrap().data_file_path.clone();
    let table = table.overwrite([old], [], default()).await.unwrap().table;
    assert_eq!(sorted(&table.scan().columns(["n"]).collect().await.unwrap(), "n"), [3_000_000_000]);
}

#[tokio::test]
async fn changes_that_cannot_be() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap().partition_by([PartitionBy::parse("bucket(id, 2)").unwrap()]);
    let table = warehouse.create_table("s", "t", new).await.unwrap();
    for (change, message) in [
        (remove("nam"), "the table has no column nam"),
        (remove("id"), "column id cannot be dropped: the table is partitioned by it"),
        (rename("id", "name"), "the table has a column name already"),
        (widen("id", PrimitiveType::Int), "Cannot change column type: id: long -> int"),
    ] {
        assert_eq!(table.change_schema(&[change]).await.unwrap_err().to_string(), message);
    }
    for (by, message) in [
        ("month(id)", "partitioning by month(id): not possible for a column of type long"),
        ("day(at)", "partitioning by at: there is no such column"),
    ] {
        let new = NewTable::new(&columns()).unwrap().partition_by([PartitionBy::parse(by).unwrap()]);
        assert_eq!(warehouse.create_table("s", "u", new).await.unwrap_err().to_string(), message);
    }
}

#[tokio::test]
async fn properties_are_marks_of_ownership() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap().property("lake.owner", "run-1");
    let table = warehouse.create_table("s", "t", new).await.unwrap();
    let table = table.set_properties(BTreeMap::from([("a".to_owned(), "1".to_owned())])).await.unwrap();
    let table = table.remove_properties(&["lake.owner".to_owned()]).await.unwrap();
    assert_eq!(table.refresh().await.unwrap().properties(), BTreeMap::from([("a".to_owned(), "1".to_owned())]));
}

#[tokio::test]
async fn snapshots_are_forgotten_unless_pinned() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap();
    let mut table = warehouse.create_table_as("s", "t", new, [rows(0..2)], default()).await.unwrap().table;
    for id in 2..6 {
        table = table.append([rows([id])], default()).await.unwrap().table;
    }
    let file = places(&table, &[0]).await.into_keys().next().unwrap();
    table = table.overwrite([file], [], default()).await.unwrap().table;
    let all: Vec<i64> = table.snapshots().iter().map(|snapshot| snapshot.snapshot_id()).collect();
    let far = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    let expiry = Expiry { older_than: far, keep_last: 2, pinned: [all[1]].into() };
    let (table, gone) = table.expire_snapshots(&expiry).await.unwrap();
    let mut expected = vec![all[0], all[2], all[3]];
    expected.sort_unstable();
    assert_eq!(gone, expected);
    assert_eq!(ids_at(&table, all[1]).await, [0, 1, 2], "pinned");
    let removed = warehouse.collect_garbage(far, std::time::Duration::ZERO).await.unwrap();
    assert!(!removed.files.is_empty());
    assert_eq!(ids_at(&table, all[1]).await, [0, 1, 2], "still there after its garbage was collected");
    assert_eq!(ids(&table.refresh().await.unwrap()).await, [2, 3, 4, 5]);
    let untouched = Expiry { older_than: std::time::UNIX_EPOCH, ..expiry };
    assert!(table.expire_snapshots(&untouched).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn tables_about_the_table() {
    let (_dir, warehouse) = warehouse();
    let empty = warehouse.create_table("s", "e", NewTable::new(&columns()).unwrap()).await.unwrap();
    let new = NewTable::new(&columns()).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [rows(0..4)], default()).await.unwrap().table;
    let table = table.row_delta(places(&table, &[1]).await, [rows([9])], default()).await.unwrap().table;
    let counts = [("snapshots", 2), ("refs", 1), ("history", 2), ("files", 3), ("partitions", 1), ("manifests", 3)];
    for (name, rows) in counts {
        let which = MetadataTable::named(name).unwrap();
        let batch = table.metadata_table(which).await.unwrap();
        assert_eq!((batch.num_rows(), batch.schema()), (rows, table.metadata_schema(which).unwrap()), "{name}");
        let of_empty = empty.metadata_table(which).await.unwrap().num_rows();
        assert_eq!(of_empty, usize::from(name == "partitions"), "{name}");
    }
    let refs = table.metadata_table(MetadataTable::Refs).await.unwrap();
    assert_eq!(sorted(&[refs], "snapshot_id"), [table.snapshot_id().unwrap()]);
    let properties = MetadataTable::named("properties").unwrap();
    assert_eq!(empty.metadata_table(properties).await.unwrap().num_rows(), 5);
    assert_eq!(MetadataTable::named("nothing"), None);
}
