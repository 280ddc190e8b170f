//! Defects of the `iceberg` crate, version 0.10.1, each shown in the crate and avoided here. A test that fails after an
//! upgrade says that a defect is gone: the way around it can go too.

use std::panic::catch_unwind;
use std::sync::Arc;

use crate::common::*;
use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use iceberg::expr::Reference;
use iceberg::spec::{
    DataContentType, DataFileFormat, Datum, Literal, NestedField, PartitionKey, PrimitiveType, Struct, Transform, Type,
    UnboundPartitionSpec,
};
use iceberg::transaction::{ApplyTransactionAction, Transaction};
use iceberg::writer::base_writer::data_file_writer::DataFileWriterBuilder;
use iceberg::writer::file_writer::ParquetWriterBuilder;
use iceberg::writer::file_writer::location_generator::{DefaultFileNameGenerator, DefaultLocationGenerator};
use iceberg::writer::file_writer::rolling_writer::RollingFileWriterBuilder;
use iceberg::writer::{IcebergWriter, IcebergWriterBuilder};
use iceberg::{Catalog, NamespaceIdent, TableCreation};
use lake_iceberg::*;
use parquet::file::properties::WriterProperties;

fn default() -> CommitOptions {
    CommitOptions::default()
}

fn texts(values: &[&str]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([("s", Arc::new(StringArray::from(values.to_vec())) as ArrayRef, true)])
        .unwrap()
}

fn text_table() -> NewTable {
    NewTable::new(&Schema::new(vec![Field::new("s", DataType::Utf8, true)])).unwrap()
}

async fn matching(table: &Table, value: &str) -> usize {
    let scan = table.scan().filter(Reference::new("s").equal_to(Datum::string(value)));
    scan.collect().await.unwrap().iter().map(RecordBatch::num_rows).sum()
}

/// Bounds come from the row groups whose statistics were not truncated, and rows of the others are pruned away.
#[tokio::test]
async fn rows_lost_to_truncated_bounds() {
    let long = "z".repeat(101);
    let (_dir, warehouse) = warehouse();

    let table = warehouse.create_table("s", "crate", text_table()).await.unwrap();
    let inner = table.inner();
    let one_row_groups = WriterProperties::builder().set_max_row_group_row_count(Some(1)).build();
    let rolling = RollingFileWriterBuilder::new_with_default_file_size(
        ParquetWriterBuilder::new(one_row_groups, inner.metadata().current_schema().clone()),
        inner.file_io().clone(),
        DefaultLocationGenerator::new(inner.metadata()).unwrap(),
        DefaultFileNameGenerator::new("a".to_owned(), None, DataFileFormat::Parquet),
    );
    let mut writer = DataFileWriterBuilder::new(rolling).build(None).await.unwrap();
    let batch = RecordBatch::try_new(table.arrow_schema().unwrap(), texts(&[&long, "b"]).columns().to_vec()).unwrap();
    writer.write(batch).await.unwrap();
    let files = writer.close().await.unwrap();
    let transaction = Transaction::new(inner);
    let action = transaction.fast_append().add_data_files(files);
    action.apply(transaction).unwrap().commit(warehouse.catalog()).await.unwrap();
    let table = table.refresh().await.unwrap();
    assert_eq!((table.scan().count().await.unwrap(), matching(&table, &long).await), (2, 0), "the defect");

    let table = warehouse.create_table("s", "ours", text_table()).await.unwrap();
    let mut writer = table.writer(WriteOptions { row_group_rows: 1, ..WriteOptions::default() }).unwrap();
    writer.write(texts(&[&long, "b"])).await.unwrap();
    let files = writer.finish().await.unwrap();
    let table = table.commit(Change::append(files), default()).await.unwrap().table;
    assert_eq!((table.scan().count().await.unwrap(), matching(&table, &long).await), (2, 1));
}

/// A scan of the current state uses the schema of the newest snapshot, not the table's.
#[tokio::test]
async fn stale_schema_after_a_change_without_a_write() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [rows(0..3)], default()).await.unwrap().table;
    let changes = [add("added", Type::Primitive(PrimitiveType::Long)), rename("name", "label")];
    let table = table.change_schema(&changes).await.unwrap();
    for column in ["added", "label"] {
        assert!(table.inner().scan().select([column]).build().is_err(), "the defect");
        let batches = table.scan().columns([column]).collect().await.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
    }
    let names = table.scan().schema().unwrap();
    assert_eq!(names.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["id", "label", "added"]);
}

/// A condition on a column that was promoted compares values of two types, and nothing compares.
#[tokio::test]
async fn rows_lost_after_a_promotion() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&Schema::new(vec![Field::new("n", DataType::Int32, true)])).unwrap();
    let ints: ArrayRef = Arc::new(arrow::array::Int32Array::from(vec![1, 2, 5]));
    let batch = RecordBatch::try_from_iter_with_nullable([("n", ints, true)]).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [batch], default()).await.unwrap().table;
    let change = widen("n", PrimitiveType::Long);
    let table = table.change_schema(&[change]).await.unwrap();
    let longs: ArrayRef = Arc::new(Int64Array::from(vec![1 << 40]));
    let batch = RecordBatch::try_from_iter_with_nullable([("n", longs, true)]).unwrap();
    let table = table.append([batch], default()).await.unwrap().table;
    let small = || Reference::new("n").less_than(Datum::long(3));
    let tasks = table.inner().scan().with_filter(small()).build().unwrap().plan_files().await.unwrap();
    assert_eq!(tasks.try_collect::<Vec<_>>().await.unwrap().len(), 0, "the defect");
    for filter in
        [small(), small().or(Reference::new("n").is_null()), !Reference::new("n").greater_than(Datum::long(2))]
    {
        let read = sorted(&table.scan().filter(filter).collect().await.unwrap(), "n");
        assert_eq!(read[..2], [1, 2]);
    }
}

/// A task lists the delete files of its whole partition.
#[tokio::test]
async fn delete_files_are_listed_for_files_they_do_not_concern() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [rows(0..3)], default()).await.unwrap().table;
    let table = table.append([rows(3..6)], default()).await.unwrap().table;
    let table = table.row_delta(places(&table, &[1]).await, [], default()).await.unwrap().table;
    let tasks: Vec<_> = table.inner().scan().build().unwrap().plan_files().await.unwrap().try_collect().await.unwrap();
    assert_eq!(tasks.iter().map(|task| task.deletes.len()).collect::<Vec<_>>(), [1, 1], "the defect");
    assert!(tasks.iter().all(|task| task.deletes[0].file_type == DataContentType::PositionDeletes));
    assert_eq!(ids(&table).await, [0, 2, 3, 4, 5]);
    assert_eq!(
        places(&table, &[0, 2, 3]).await.into_values().flatten().collect::<std::collections::BTreeSet<_>>(),
        [0, 2].into()
    );
    // Each of our delete files says whose rows it holds, so that a delete from the other file is no conflict.
    let files = table.metadata_table(MetadataTable::Files).await.unwrap();
    let owners = files.column_by_name("referenced_data_file").unwrap();
    assert_eq!(owners.len() - owners.null_count(), 1);
}

/// Partition values become folders without being escaped.
#[tokio::test]
async fn partition_values_in_paths() {
    let (dir, warehouse) = warehouse();
    let new = text_table().partition_by([PartitionBy::parse("s").unwrap()]);
    let values = ["../../../../up", "a/b", "", "plain"];
    let table = warehouse.create_table_as("s", "t", new, [texts(&values)], default()).await.unwrap().table;
    let metadata = table.metadata();
    let key = PartitionKey::new(
        (**metadata.default_partition_spec()).clone(),
        metadata.current_schema().clone(),
        Struct::from_iter([Some(Literal::string(values[0]))]),
    );
    assert!(key.to_path().contains("../.."), "the defect");
    let data = path_of(metadata.location()).join("data");
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), values.len());
    assert!(data.starts_with(dir.path().canonicalize().unwrap()));
    for value in values {
        assert_eq!(matching(&table, value).await, 1, "{value}");
    }
}

/// The text of a moment before 1970 with a fraction of a second.
#[tokio::test]
async fn old_moments_as_text() {
    let old = -1_500_000i64;
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let defect = catch_unwind(|| Datum::timestamptz_micros(old).to_string()).is_err();
    std::panic::set_hook(quiet);
    assert!(defect, "the defect");
    let (_dir, warehouse) = warehouse();
    let moment = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let schema = Schema::new(vec![Field::new("at", moment, true)]);
    for (name, by) in [("identity", "at"), ("month", "month(at)")] {
        let new = NewTable::new(&schema).unwrap().partition_by([PartitionBy::parse(by).unwrap()]);
        let values: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![old, 0]).with_timezone("UTC"));
        let batch = RecordBatch::try_from_iter_with_nullable([("at", values, true)]).unwrap();
        let table = warehouse.create_table_as("s", name, new, [batch], default()).await.unwrap().table;
        let before = Reference::new("at").less_than(Datum::timestamptz_micros(0));
        assert_eq!(table.scan().filter(before).count().await.unwrap(), 1);
        let files = table.metadata_table(MetadataTable::Files).await.unwrap();
        assert_eq!(files.num_rows(), 2);
        assert!(format!("{files:?}").contains("1969-12-31T23:59:58.5"));
    }
}

/// A uuid as a partition value cannot be written into a manifest.
#[tokio::test]
async fn partitioned_by_uuid() {
    let (_dir, warehouse) = warehouse();
    let field = NestedField::optional(1, "u", Type::Primitive(PrimitiveType::Uuid));
    let schema = iceberg::spec::Schema::builder().with_fields([Arc::new(field)]).build().unwrap();
    let spec = UnboundPartitionSpec::builder().add_partition_field(1, "u", Transform::Identity).unwrap().build();
    let creation =
        TableCreation::builder().name("crate".to_owned()).schema(schema.clone()).partition_spec(spec).build();
    Catalog::create_table(warehouse.catalog(), &NamespaceIdent::new("s".to_owned()), creation).await.unwrap();
    let table = warehouse.table("s", "crate").await.unwrap();
    let values = arrow::array::FixedSizeBinaryArray::try_from_iter([[7u8; 16]].into_iter()).unwrap();
    let batch = RecordBatch::try_from_iter_with_nullable([("u", Arc::new(values) as ArrayRef, true)]).unwrap();
    assert!(table.append([batch.clone()], default()).await.is_err(), "the defect");

    let by = |text| NewTable::with_schema(schema.clone()).partition_by([PartitionBy::parse(text).unwrap()]);
    assert_eq!(
        warehouse.create_table("s", "ours", by("u")).await.unwrap_err().to_string(),
        "partitioning by u: a uuid cannot be a partition value, write bucket(u, n)"
    );
    let table = warehouse.create_table_as("s", "ours", by("bucket(u, 4)"), [batch], default()).await.unwrap().table;
    assert_eq!(table.scan().count().await.unwrap(), 1);
}

/// Fields of the metadata that the crate does not know are lost when it is written again. So they are by us: recorded
/// here because other engines' fields do not survive our commits.
#[tokio::test]
async fn unknown_metadata_fields_are_lost() {
    let (_dir, warehouse) = warehouse();
    let table = warehouse.create_table("s", "t", NewTable::new(&columns()).unwrap()).await.unwrap();
    let mut json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path_of(table.metadata_location())).unwrap()).unwrap();
    json["from-the-future"] = 1.into();
    std::fs::write(path_of(table.metadata_location()), serde_json::to_vec(&json).unwrap()).unwrap();
    let table = table.refresh().await.unwrap().append([rows([1])], default()).await.unwrap().table;
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path_of(table.metadata_location())).unwrap()).unwrap();
    assert!(json.get("from-the-future").is_none(), "the defect");
}

/// Row positions, which MERGE needs, cannot be selected.
#[tokio::test]
async fn positions_are_not_a_column_of_the_crates_scan() {
    let (_dir, warehouse) = warehouse();
    let new = NewTable::new(&columns()).unwrap();
    let table = warehouse.create_table_as("s", "t", new, [rows(0..5)], default()).await.unwrap().table;
    let scan = table.inner().scan().select(["id", "_pos"]).build().unwrap();
    let read = match scan.to_arrow().await {
        Ok(stream) => stream.try_collect::<Vec<_>>().await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(read.is_err(), "the defect");
    let batches: Vec<_> = table.scan().columns(["id"]).positions().await.unwrap().try_collect().await.unwrap();
    for rows in batches {
        let ids = rows.batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
        assert_eq!(ids.values(), rows.positions.values());
    }
}
