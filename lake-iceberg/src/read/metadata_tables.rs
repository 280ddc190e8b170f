//! Tables about a table: snapshots, refs, history and files, with the columns that Trino gives them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int32Array, Int32Builder, Int64Array, Int64Builder, ListBuilder, MapBuilder, StringArray,
    StringBuilder, TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use arrow::util::display::array_value_to_string;
use iceberg::spec::{
    DataContentType, Datum, Literal, PrimitiveLiteral, PrimitiveType, SnapshotRef, SnapshotRetention, Type,
};

use crate::commit::Contents;
use crate::error::{Error, Result};
use crate::table::Table;

/// A table about a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetadataTable {
    /// `"t$snapshots"`: all snapshots, oldest first.
    Snapshots,
    /// `"t$refs"`: branches and tags.
    Refs,
    /// `"t$history"`: which snapshot was current since when.
    History,
    /// `"t$files"`: the data and delete files of the current snapshot.
    Files,
}

impl MetadataTable {
    /// The table meant by what follows the `$`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "snapshots" => Self::Snapshots,
            "refs" => Self::Refs,
            "history" => Self::History,
            "files" => Self::Files,
            _ => return None,
        })
    }

    /// Its columns.
    pub fn schema(self) -> SchemaRef {
        let moment = || DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        let fields = match self {
            Self::Snapshots => vec![
                Field::new("committed_at", moment(), false),
                Field::new("snapshot_id", DataType::Int64, false),
                Field::new("parent_id", DataType::Int64, true),
                Field::new("operation", DataType::Utf8, true),
                Field::new("manifest_list", DataType::Utf8, true),
                Field::new("summary", map_of(DataType::Utf8, DataType::Utf8), true),
            ],
            Self::Refs => vec![
                Field::new("name", DataType::Utf8, false),
                Field::new("type", DataType::Utf8, false),
                Field::new("snapshot_id", DataType::Int64, false),
                Field::new("max_reference_age_in_ms", DataType::Int64, true),
                Field::new("min_snapshots_to_keep", DataType::Int32, true),
                Field::new("max_snapshot_age_in_ms", DataType::Int64, true),
            ],
            Self::History => vec![
                Field::new("made_current_at", moment(), false),
                Field::new("snapshot_id", DataType::Int64, false),
                Field::new("parent_id", DataType::Int64, true),
                Field::new("is_current_ancestor", DataType::Boolean, false),
            ],
            Self::Files => files_fields(),
        };
        Arc::new(Schema::new(fields))
    }
}

fn files_fields() -> Vec<Field> {
    let counts = || map_of(DataType::Int32, DataType::Int64);
    vec![
        Field::new("content", DataType::Int32, false),
        Field::new("file_path", DataType::Utf8, false),
        Field::new("file_format", DataType::Utf8, false),
        Field::new("spec_id", DataType::Int32, false),
        Field::new("record_count", DataType::Int64, false),
        Field::new("file_size_in_bytes", DataType::Int64, false),
        Field::new("column_sizes", counts(), true),
        Field::new("value_counts", counts(), true),
        Field::new("null_value_counts", counts(), true),
        Field::new("nan_value_counts", counts(), true),
        Field::new("lower_bounds", map_of(DataType::Int32, DataType::Utf8), true),
        Field::new("upper_bounds", map_of(DataType::Int32, DataType::Utf8), true),
        Field::new("split_offsets", DataType::List(Arc::new(Field::new("item", DataType::Int64, true))), true),
        Field::new("referenced_data_file", DataType::Utf8, true),
    ]
}

/// The type that Arrow's map builder makes.
fn map_of(key: DataType, value: DataType) -> DataType {
    let entries = Fields::from(vec![Field::new("keys", key, false), Field::new("values", value, true)]);
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
}

impl Table {
    /// The rows of a table about this table.
    pub async fn metadata_table(&self, which: MetadataTable) -> Result<RecordBatch> {
        let columns = match which {
            MetadataTable::Snapshots => snapshots(self),
            MetadataTable::Refs => refs(self)?,
            MetadataTable::History => history(self),
            MetadataTable::Files => files(self).await?,
        };
        RecordBatch::try_new(which.schema(), columns)
            .map_err(|error| Error::Invalid(format!("metadata cannot be shown as a table: {error}")))
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

fn snapshots(table: &Table) -> Vec<ArrayRef> {
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
        moments(all.iter().map(|snapshot| snapshot.timestamp_ms())),
        Arc::new(Int64Array::from_iter_values(all.iter().map(|snapshot| snapshot.snapshot_id()))),
        Arc::new(Int64Array::from_iter(all.iter().map(|snapshot| snapshot.parent_snapshot_id()))),
        Arc::new(StringArray::from_iter_values(all.iter().map(|snapshot| snapshot.summary().operation.as_str()))),
        Arc::new(StringArray::from_iter_values(all.iter().map(|snapshot| snapshot.manifest_list()))),
        Arc::new(summaries.finish()),
    ]
}

/// The crate gives no list of a table's references, only their JSON.
fn refs(table: &Table) -> Result<Vec<ArrayRef>> {
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
    Ok(vec![
        Arc::new(StringArray::from_iter_values(refs.keys())),
        Arc::new(StringArray::from_iter_values(refs.values().map(kind))),
        Arc::new(Int64Array::from_iter_values(refs.values().map(|reference| reference.snapshot_id))),
        Arc::new(Int64Array::from_iter(refs.values().map(|reference| retention(reference).0))),
        Arc::new(Int32Array::from_iter(refs.values().map(|reference| retention(reference).1))),
        Arc::new(Int64Array::from_iter(refs.values().map(|reference| retention(reference).2))),
    ])
}

fn history(table: &Table) -> Vec<ArrayRef> {
    let metadata = table.metadata();
    let log = metadata.history();
    let ancestors: Vec<i64> =
        std::iter::successors(table.snapshot(), |snapshot| metadata.snapshot_by_id(snapshot.parent_snapshot_id()?))
            .map(|snapshot| snapshot.snapshot_id())
            .collect();
    let parent = |id| metadata.snapshot_by_id(id).and_then(|snapshot| snapshot.parent_snapshot_id());
    vec![
        moments(log.iter().map(|entry| entry.timestamp_ms)),
        Arc::new(Int64Array::from_iter_values(log.iter().map(|entry| entry.snapshot_id))),
        Arc::new(Int64Array::from_iter(log.iter().map(|entry| parent(entry.snapshot_id)))),
        Arc::new(BooleanArray::from_iter(log.iter().map(|entry| Some(ancestors.contains(&entry.snapshot_id))))),
    ]
}

async fn files(table: &Table) -> Result<Vec<ArrayRef>> {
    let contents = Contents::load(table).await?;
    let all: Vec<_> = contents.data_files().chain(&contents.deletes).collect();
    let files = || all.iter().map(|live| live.file());
    let content = |kind| match kind {
        DataContentType::Data => 0,
        DataContentType::PositionDeletes => 1,
        DataContentType::EqualityDeletes => 2,
    };
    Ok(vec![
        Arc::new(Int32Array::from_iter_values(files().map(|file| content(file.content_type())))),
        Arc::new(StringArray::from_iter_values(files().map(|file| file.file_path()))),
        Arc::new(StringArray::from_iter_values(files().map(|file| file.file_format().to_string().to_uppercase()))),
        Arc::new(Int32Array::from_iter_values(all.iter().map(|live| live.spec_id))),
        Arc::new(Int64Array::from_iter_values(files().map(|file| file.record_count() as i64))),
        Arc::new(Int64Array::from_iter_values(files().map(|file| file.file_size_in_bytes() as i64))),
        count_map(files().map(|file| file.column_sizes())),
        count_map(files().map(|file| file.value_counts())),
        count_map(files().map(|file| file.null_value_counts())),
        count_map(files().map(|file| file.nan_value_counts())),
        bounds_map(files().map(|file| file.lower_bounds())),
        bounds_map(files().map(|file| file.upper_bounds())),
        split_offsets(files().map(|file| file.split_offsets())),
        Arc::new(StringArray::from_iter(files().map(|file| file.referenced_data_file()))),
    ])
}

fn count_map<'a>(maps: impl Iterator<Item = &'a std::collections::HashMap<i32, u64>>) -> ArrayRef {
    let mut builder = MapBuilder::new(None, Int32Builder::new(), Int64Builder::new());
    for map in maps {
        for (key, value) in map.iter().collect::<BTreeMap<_, _>>() {
            builder.keys().append_value(*key);
            builder.values().append_value(*value as i64);
        }
        builder.append(true).expect("as many keys as values");
    }
    Arc::new(builder.finish())
}

fn bounds_map<'a>(maps: impl Iterator<Item = &'a std::collections::HashMap<i32, Datum>>) -> ArrayRef {
    let mut builder = MapBuilder::new(None, Int32Builder::new(), StringBuilder::new());
    for map in maps {
        for (key, value) in map.iter().collect::<BTreeMap<_, _>>() {
            builder.keys().append_value(*key);
            builder.values().append_option(datum_text(value));
        }
        builder.append(true).expect("as many keys as values");
    }
    Arc::new(builder.finish())
}

/// A bound as text. The crate's own formatting panics for moments before 1970 with a fraction of a second.
fn datum_text(datum: &Datum) -> Option<String> {
    let ty = datum.data_type();
    let moment = match (ty, datum.literal()) {
        (PrimitiveType::Timestamp | PrimitiveType::Timestamptz, PrimitiveLiteral::Long(micros)) => {
            TimestampMicrosecondArray::from(vec![*micros])
        }
        _ => {
            let json = Literal::from(datum.clone()).try_into_json(&Type::Primitive(ty.clone())).ok()?;
            return Some(json.as_str().map_or_else(|| json.to_string(), str::to_owned));
        }
    };
    let text = array_value_to_string(&moment, 0).ok()?;
    Some(if *ty == PrimitiveType::Timestamptz { format!("{text}+00:00") } else { text })
}

fn split_offsets<'a>(offsets: impl Iterator<Item = Option<&'a [i64]>>) -> ArrayRef {
    let mut builder = ListBuilder::new(Int64Builder::new());
    for list in offsets {
        builder.append_option(list.map(|list| list.iter().map(|offset| Some(*offset))));
    }
    Arc::new(builder.finish())
}
