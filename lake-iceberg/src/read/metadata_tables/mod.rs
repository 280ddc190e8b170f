//! Tables about a table, with the columns that Trino gives them.

mod files;
mod literals;
mod manifests;
mod partitions;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int64Array, MapBuilder, StringArray, StringBuilder, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use iceberg::spec::{SnapshotRef, SnapshotRetention};

use crate::error::{Error, Result};
use crate::table::Table;

/// Key in the metadata of a column whose texts are JSON.
pub const JSON_COLUMN: &str = "lake.json";

/// A table about a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetadataTable {
    /// `"t$snapshots"`: all snapshots, oldest first.
    Snapshots,
    /// `"t$refs"`: branches and tags.
    Refs,
    /// `"t$history"`: when each snapshot was made, and which led to the current one.
    History,
    /// `"t$files"`: the data and delete files of the current snapshot.
    Files,
    /// `"t$partitions"`: the partitions of the current snapshot, with what its data files tell of them.
    Partitions,
    /// `"t$manifests"`: the manifests of the current snapshot.
    Manifests,
    /// `"t$properties"`: properties of the table.
    Properties,
}

/// Names and arrays of columns.
type Columns = Vec<(Field, ArrayRef)>;

impl MetadataTable {
    /// The table meant by what follows the `$`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "snapshots" => Self::Snapshots,
            "refs" => Self::Refs,
            "history" => Self::History,
            "files" => Self::Files,
            "partitions" => Self::Partitions,
            "manifests" => Self::Manifests,
            "properties" => Self::Properties,
            _ => return None,
        })
    }
}

/// The type that Arrow's map builder makes.
fn map_of(key: DataType, value: DataType) -> DataType {
    let entries = Fields::from(vec![Field::new("keys", key, false), Field::new("values", value, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

/// A column of an array's own type.
fn column(name: &str, array: ArrayRef) -> (Field, ArrayRef) {
    (Field::new(name, array.data_type().clone(), true), array)
}

fn batch(columns: Columns, rows: usize) -> Result<RecordBatch> {
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| Error::Invalid(format!("metadata cannot be shown as a table: {error}")))
}

impl Table {
    /// The rows of a table about this table.
    pub async fn metadata_table(&self, which: MetadataTable) -> Result<RecordBatch> {
        let columns = match which {
            MetadataTable::Snapshots => snapshots(self),
            MetadataTable::Refs => refs(self)?,
            MetadataTable::History => history(self),
            MetadataTable::Files => files::columns(self).await?,
            MetadataTable::Partitions => partitions::columns(self).await?,
            MetadataTable::Manifests => manifests::columns(self).await?,
            MetadataTable::Properties => properties(self),
        };
        let rows = columns.first().map_or(0, |(_, array)| array.len());
        batch(columns, rows)
    }

    /// The columns of a table about this table.
    pub fn metadata_schema(&self, which: MetadataTable) -> Result<SchemaRef> {
        let moment = || DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        let fields = match which {
            MetadataTable::Snapshots => vec![
                Field::new("committed_at", moment(), true),
                Field::new("snapshot_id", DataType::Int64, true),
                Field::new("parent_id", DataType::Int64, true),
                Field::new("operation", DataType::Utf8, true),
                Field::new("manifest_list", DataType::Utf8, true),
                Field::new("summary", map_of(DataType::Utf8, DataType::Utf8), true),
            ],
            MetadataTable::Refs => vec![
                Field::new("name", DataType::Utf8, true),
                Field::new("type", DataType::Utf8, true),
                Field::new("snapshot_id", DataType::Int64, true),
                Field::new("max_reference_age_in_ms", DataType::Int64, true),
                Field::new("min_snapshots_to_keep", DataType::Int32, true),
                Field::new("max_snapshot_age_in_ms", DataType::Int64, true),
            ],
            MetadataTable::History => vec![
                Field::new("made_current_at", moment(), true),
                Field::new("snapshot_id", DataType::Int64, true),
                Field::new("parent_id", DataType::Int64, true),
                Field::new("is_current_ancestor", DataType::Boolean, true),
            ],
            MetadataTable::Files => files::fields(self)?,
            MetadataTable::Partitions => partitions::fields(self)?,
            MetadataTable::Manifests => manifests::fields(),
            MetadataTable::Properties => {
                vec![Field::new("key", DataType::Utf8, true), Field::new("value", DataType::Utf8, true)]
            }
        };
        Ok(Arc::new(Schema::new(fields)))
    }

    /// All snapshots, oldest first.
    pub fn snapshots(&self) -> Vec<SnapshotRef> {
        let mut snapshots: Vec<SnapshotRef> = self.metadata().snapshots().cloned().collect();
        snapshots.sort_by_key(|snapshot| (snapshot.sequence_number(), snapshot.snapshot_id()));
        snapshots
    }
}

fn moments(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from_iter_values(values).with_timezone("UTC"))
}

fn snapshots(table: &Table) -> Columns {
    let all = table.snapshots();
    let mut summaries = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for snapshot in &all {
        let properties: BTreeMap<_, _> = snapshot.summary().additional_properties.iter().collect();
        for (key, value) in properties {
            summaries.keys().append_value(key);
            summaries.values().append_value(value);
        }
        summaries.append(true).expect("as many keys as values");
    }
    vec![
        column("committed_at", moments(all.iter().map(|snapshot| snapshot.timestamp_ms()))),
        column(
            "snapshot_id",
            Arc::new(Int64Array::from_iter_values(all.iter().map(|snapshot| snapshot.snapshot_id()))),
        ),
        column("parent_id", Arc::new(Int64Array::from_iter(all.iter().map(|snapshot| snapshot.parent_snapshot_id())))),
        column(
            "operation",
            Arc::new(StringArray::from_iter_values(all.iter().map(|snapshot| snapshot.summary().operation.as_str()))),
        ),
        column(
            "manifest_list",
            Arc::new(StringArray::from_iter_values(all.iter().map(|snapshot| snapshot.manifest_list()))),
        ),
        column("summary", Arc::new(summaries.finish())),
    ]
}

/// The crate gives no list of a table's references, only their JSON.
fn refs(table: &Table) -> Result<Columns> {
    let malformed = |error: serde_json::Error| Error::Invalid(format!("metadata cannot be read as JSON: {error}"));
    let json = serde_json::to_value(table.metadata()).map_err(malformed)?;
    let refs: BTreeMap<String, iceberg::spec::SnapshotReference> = match json.get("refs") {
        Some(refs) => serde_json::from_value(refs.clone()).map_err(malformed)?,
        None => BTreeMap::new(),
    };
    let retention = |reference: &iceberg::spec::SnapshotReference| match reference.retention {
        SnapshotRetention::Branch { min_snapshots_to_keep, max_snapshot_age_ms, max_ref_age_ms } => {
            (max_ref_age_ms, min_snapshots_to_keep, max_snapshot_age_ms)
        }
        SnapshotRetention::Tag { max_ref_age_ms } => (max_ref_age_ms, None, None),
    };
    let kind = |reference: &iceberg::spec::SnapshotReference| if reference.is_branch() { "BRANCH" } else { "TAG" };
    let all = || refs.values();
    Ok(vec![
        column("name", Arc::new(StringArray::from_iter_values(refs.keys()))),
        column("type", Arc::new(StringArray::from_iter_values(all().map(kind)))),
        column("snapshot_id", Arc::new(Int64Array::from_iter_values(all().map(|reference| reference.snapshot_id)))),
        column(
            "max_reference_age_in_ms",
            Arc::new(Int64Array::from_iter(all().map(|reference| retention(reference).0))),
        ),
        column("min_snapshots_to_keep", Arc::new(Int32Array::from_iter(all().map(|reference| retention(reference).1)))),
        column(
            "max_snapshot_age_in_ms",
            Arc::new(Int64Array::from_iter(all().map(|reference| retention(reference).2))),
        ),
    ])
}

fn history(table: &Table) -> Columns {
    let metadata = table.metadata();
    // As Trino has it: when each snapshot was made, whichever were current in between.
    let log = table.snapshots();
    let ancestors: Vec<i64> =
        std::iter::successors(table.snapshot(), |snapshot| metadata.snapshot_by_id(snapshot.parent_snapshot_id()?))
            .map(|snapshot| snapshot.snapshot_id())
            .collect();
    vec![
        column("made_current_at", moments(log.iter().map(|entry| entry.timestamp_ms()))),
        column("snapshot_id", Arc::new(Int64Array::from_iter_values(log.iter().map(|entry| entry.snapshot_id())))),
        column("parent_id", Arc::new(Int64Array::from_iter(log.iter().map(|entry| entry.parent_snapshot_id())))),
        column(
            "is_current_ancestor",
            Arc::new(BooleanArray::from_iter(log.iter().map(|entry| Some(ancestors.contains(&entry.snapshot_id()))))),
        ),
    ]
}

fn properties(table: &Table) -> Columns {
    let metadata = table.metadata();
    let current = table.snapshot_id().map_or("none".to_owned(), |id| id.to_string());
    let mut rows = vec![
        ("format".to_owned(), "iceberg/PARQUET".to_owned()),
        ("provider".to_owned(), "iceberg".to_owned()),
        ("current-snapshot-id".to_owned(), current),
        ("location".to_owned(), metadata.location().to_owned()),
        ("format-version".to_owned(), (metadata.format_version() as u8).to_string()),
    ];
    let order: Vec<String> = table.ordering().iter().map(ToString::to_string).collect();
    if !order.is_empty() {
        rows.push(("sort-order".to_owned(), order.join(", ")));
    }
    rows.extend(table.properties());
    vec![
        column("key", Arc::new(StringArray::from_iter_values(rows.iter().map(|(key, _)| key)))),
        column("value", Arc::new(StringArray::from_iter_values(rows.iter().map(|(_, value)| value)))),
    ]
}
