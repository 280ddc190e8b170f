//! Somebody else reads our tables: PyIceberg, by the metadata file alone.
//!
//! Needs a Python with PyIceberg and PyArrow, named by `LAKE_PYTHON`; without it these tests say so and check nothing.

use std::process::Command;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, Int64Builder, ListBuilder,
    StringArray, StringBuilder, StructArray, TimestampMicrosecondArray,
};
use arrow::array::{MapBuilder, MapFieldNames};
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;
use lake_iceberg::*;

use crate::common::*;

/// Prints a line for each snapshot, oldest first: rows, sum of ids, rows whose name is null.
const SNAPSHOTS: &str = r#"
import sys
import pyarrow.compute as pc
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1])
for snapshot in sorted(table.metadata.snapshots, key=lambda s: s.sequence_number):
    rows = table.scan(snapshot_id=snapshot.snapshot_id).to_arrow()
    total = pc.sum(rows["id"]).as_py() or 0
    print(rows.num_rows, total, rows["name"].null_count)
"#;

/// Prints the rows, each as a line, and how many files a scan of `id = 7` reads.
const VALUES: &str = r#"
import sys
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1])
for row in sorted(table.scan().to_arrow().to_pylist(), key=lambda row: row["id"]):
    print("|".join(f"{key}={value}" for key, value in row.items()))
print("files", len(list(table.scan(row_filter="id = 7").plan_files())))
"#;

/// Runs a script on a metadata file; None where there is no Python for it.
pub fn python(script: &str, metadata: &str) -> Option<String> {
    let Some(python) = std::env::var_os("LAKE_PYTHON") else {
        println!("skipped: LAKE_PYTHON names no Python with PyIceberg");
        return None;
    };
    let output = Command::new(python).args(["-c", script]).arg(metadata).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

async fn our_snapshots(table: &Table) -> String {
    let mut lines = String::new();
    for snapshot in table.snapshots() {
        let batches = table.scan().at_snapshot(snapshot.snapshot_id()).collect().await.unwrap();
        let ids = sorted(&batches, "id");
        let nulls: usize = batches.iter().map(|batch| batch.column_by_name("name").unwrap().null_count()).sum();
        lines += &format!("{} {} {nulls}\n", ids.len(), ids.iter().sum::<i64>());
    }
    lines
}

#[tokio::test]
async fn every_snapshot_has_the_same_rows() {
    let (_dir, warehouse) = warehouse();
    for (name, partitioning) in [("plain", vec![]), ("bucketed", vec!["bucket(id, 4)"]), ("by_name", vec!["name"])] {
        let by = partitioning.iter().map(|text| PartitionBy::parse(text).unwrap());
        let new = NewTable::new(&columns()).unwrap().partition_by(by);
        let options = CommitOptions::default;
        let table = warehouse.create_table_as("s", name, new, [rows(0..40)], options()).await.unwrap().table;
        let table = table.append([rows(40..60)], options()).await.unwrap().table;
        let some: Vec<i64> = (0..60).filter(|id| id % 7 == 0).collect();
        let table = table.row_delta(places(&table, &some).await, [], options()).await.unwrap().table;
        let table =
            table.row_delta(places(&table, &[1, 2, 50]).await, [rows(100..105)], options()).await.unwrap().table;
        let file = places(&table, &[3]).await.into_keys().next().unwrap();
        let table = table.overwrite([file], [rows([200])], options()).await.unwrap().table;
        let ours = our_snapshots(&table).await;
        assert!(ours.starts_with("40 780 4\n60 1770 6\n51 1518 "), "{ours}");
        if let Some(theirs) = python(SNAPSHOTS, table.metadata_location()) {
            assert_eq!(theirs, ours, "{name}");
        }
    }
}

/// Rows of many types, among them nulls, nested values and moments before 1970.
fn many_types() -> RecordBatch {
    let fields = vec![Field::new("x", DataType::Int64, true), Field::new("y", DataType::Utf8, true)];
    let names = MapFieldNames { entry: "key_value".into(), key: "key".into(), value: "value".into() };
    let mut map = MapBuilder::new(Some(names), StringBuilder::new(), Int64Builder::new());
    let mut list = ListBuilder::new(Int64Builder::new());
    for at in 0..3 {
        map.keys().append_value(format!("k{at}"));
        map.values().append_value(at);
        map.append(at != 1).unwrap();
        list.append_option((at != 1).then(|| vec![Some(at), None]));
    }
    let row = StructArray::new(
        fields.into(),
        vec![Arc::new(Int64Array::from(vec![1, 2, 3])), Arc::new(StringArray::from(vec![Some("a"), None, Some("c")]))],
        None,
    );
    let decimals =
        Decimal128Array::from(vec![Some(1_116_200), None, Some(-1)]).with_precision_and_scale(18, 6).unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![6, 7, 8]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("rate", Arc::new(decimals)),
        ("ratio", Arc::new(Float64Array::from(vec![Some(0.5), Some(-1e300), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(-1), Some(0), None]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(-1_500_000), None, Some(1)]).with_timezone("UTC"))),
        ("local", Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), Some(0), None]))),
        ("tags", Arc::new(list.finish())),
        ("rates", Arc::new(map.finish())),
        ("row", Arc::new(row)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

#[tokio::test]
async fn values_of_many_types_are_the_same() {
    let (_dir, warehouse) = warehouse();
    let batch = many_types();
    for (name, by) in [("plain", None), ("bucketed", Some("bucket(id, 16)")), ("monthly", Some("month(at)"))] {
        let new = NewTable::new(&batch.schema()).unwrap();
        let new = new.partition_by(by.map(|text| PartitionBy::parse(text).unwrap()));
        let created = warehouse.create_table_as("s", name, new, [batch.clone()], CommitOptions::default());
        let table = created.await.unwrap().table;
        assert_eq!(table.scan().count().await.unwrap(), 3);
        let Some(theirs) = python(VALUES, table.metadata_location()) else { continue };
        let expected = "id=6|flag=True|rate=1.116200|ratio=0.5|day=1969-12-31|at=1969-12-31 23:59:58.500000+00:00|\
             local=1969-12-31 23:59:59.999999|tags=[0, None]|rates=[('k0', 0)]|row={'x': 1, 'y': 'a'}\n\
             id=7|flag=None|rate=None|ratio=-1e+300|day=1970-01-01|at=None|local=1970-01-01 00:00:00|tags=None|\
             rates=None|row={'x': 2, 'y': None}\n\
             id=8|flag=False|rate=-0.000001|ratio=None|day=None|at=1970-01-01 00:00:00.000001+00:00|local=None|\
             tags=[2, None]|rates=[('k2', 2)]|row={'x': 3, 'y': 'c'}\nfiles 1\n";
        assert_eq!(theirs, expected, "{name}");
    }
}
