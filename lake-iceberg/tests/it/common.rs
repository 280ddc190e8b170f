//! Small tables and their rows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use iceberg::spec::{PrimitiveType, Type};
use lake_iceberg::{ColumnPlace, SchemaChange, Table, Warehouse};

/// `id bigint not null, name varchar`
pub fn columns() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8, true)]))
}

/// One row an id; the name is `n<id>`, and null for each tenth.
pub fn rows(ids: impl IntoIterator<Item = i64>) -> RecordBatch {
    let ids: Vec<i64> = ids.into_iter().collect();
    let names = ids.iter().map(|id| (id % 10 != 0).then(|| format!("n{id}")));
    let columns_of: Vec<ArrayRef> =
        vec![Arc::new(Int64Array::from(ids.clone())), Arc::new(StringArray::from_iter(names))];
    RecordBatch::try_new(columns(), columns_of).unwrap()
}

/// A warehouse with the schema `s`, in a folder that goes with the first value.
pub fn warehouse() -> (tempfile::TempDir, Warehouse) {
    let dir = tempfile::tempdir().unwrap();
    let warehouse = Warehouse::open(dir.path().join("lake")).unwrap();
    warehouse.catalog().make_namespace("s").unwrap();
    (dir, warehouse)
}

/// Adds a column at the end.
pub fn add(name: &str, ty: Type) -> SchemaChange {
    SchemaChange::Add { within: vec![], name: name.to_owned(), ty, place: ColumnPlace::Last }
}

/// Renames a column.
pub fn rename(from: &str, to: &str) -> SchemaChange {
    SchemaChange::Rename { path: vec![from.to_owned()], to: to.to_owned() }
}

/// Removes a column.
pub fn remove(name: &str) -> SchemaChange {
    SchemaChange::Drop { path: vec![name.to_owned()] }
}

/// Gives a column a wider type.
pub fn widen(name: &str, ty: PrimitiveType) -> SchemaChange {
    SchemaChange::Retype { path: vec![name.to_owned()], ty: Type::Primitive(ty) }
}

/// Path of the local file at a location.
pub fn path_of(location: &str) -> PathBuf {
    PathBuf::from(location.strip_prefix("file://").unwrap())
}

/// The values of an integer column in ascending order.
pub fn sorted(batches: &[RecordBatch], column: &str) -> Vec<i64> {
    let Some(first) = batches.first() else { return Vec::new() };
    let all = concat_batches(&first.schema(), batches).unwrap();
    let values = all.column_by_name(column).unwrap().as_any().downcast_ref::<Int64Array>().unwrap();
    let mut values: Vec<i64> = values.iter().flatten().collect();
    values.sort_unstable();
    values
}

/// The ids of a table, in ascending order.
pub async fn ids(table: &Table) -> Vec<i64> {
    sorted(&table.scan().columns(["id"]).collect().await.unwrap(), "id")
}

/// The ids that a table had at a snapshot.
pub async fn ids_at(table: &Table, snapshot: i64) -> Vec<i64> {
    sorted(&table.scan().columns(["id"]).at_snapshot(snapshot).collect().await.unwrap(), "id")
}

/// The ids of each data file, in the order of their positions; a deleted row is left out.
pub async fn by_file(table: &Table) -> BTreeMap<String, Vec<(u64, i64)>> {
    let mut found = BTreeMap::<String, Vec<(u64, i64)>>::new();
    let mut batches = table.scan().columns(["id"]).positions().await.unwrap();
    while let Some(rows) = batches.try_next().await.unwrap() {
        let ids = rows.batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
        let placed = rows.positions.values().iter().map(|position| *position as u64).zip(ids.values().iter().copied());
        found.entry(rows.file.to_string()).or_default().extend(placed);
    }
    found
}

/// Where the rows of these ids are: data file → positions.
pub async fn places(table: &Table, wanted: &[i64]) -> BTreeMap<String, Vec<u64>> {
    let found = by_file(table).await.into_iter().map(|(file, rows)| {
        let positions: Vec<u64> =
            rows.into_iter().filter(|(_, id)| wanted.contains(id)).map(|(position, _)| position).collect();
        (file, positions)
    });
    found.filter(|(_, positions)| !positions.is_empty()).collect()
}
