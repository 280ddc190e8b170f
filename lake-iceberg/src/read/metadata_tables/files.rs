//! `"t$files"`: data and delete files, with what is known of their columns.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Int32Array, Int32Builder, Int64Array, Int64Builder, ListBuilder, MapBuilder, StringArray,
    StructArray,
};
use arrow::datatypes::{DataType, Field, Fields};
use iceberg::spec::{DataContentType, Datum, NestedFieldRef, PrimitiveType, Schema, Type};
use serde_json::{Value, json};

use super::partitions::PartitionType;
use super::{Columns, JSON_COLUMN, column, literals, map_of};
use crate::commit::{Contents, LiveFile};
use crate::error::Result;
use crate::table::Table;

pub(super) fn fields(table: &Table) -> Result<Vec<Field>> {
    let counts = || map_of(DataType::Int32, DataType::Int64);
    let list = |of| DataType::List(Arc::new(Field::new("item", of, true)));
    let bounds = bounds_type(&leaves(table.metadata().current_schema()));
    let mut fields = vec![
        Field::new("content", DataType::Int32, true),
        Field::new("file_path", DataType::Utf8, true),
        Field::new("file_format", DataType::Utf8, true),
        Field::new("spec_id", DataType::Int32, true),
    ];
    fields.extend(PartitionType::of(table)?.field());
    fields.extend([
        Field::new("record_count", DataType::Int64, true),
        Field::new("file_size_in_bytes", DataType::Int64, true),
        Field::new("column_sizes", counts(), true),
        Field::new("value_counts", counts(), true),
        Field::new("null_value_counts", counts(), true),
        Field::new("nan_value_counts", counts(), true),
        Field::new("lower_bounds", bounds.clone(), true),
        Field::new("upper_bounds", bounds, true),
        Field::new("key_metadata", DataType::Binary, true),
        Field::new("split_offsets", list(DataType::Int64), true),
        Field::new("equality_ids", list(DataType::Int32), true),
        Field::new("sort_order_id", DataType::Int32, true),
        json_field("readable_metrics"),
        Field::new("added_snapshot_id", DataType::Int64, true),
        Field::new("file_sequence_number", DataType::Int64, true),
        Field::new("data_sequence_number", DataType::Int64, true),
        Field::new("referenced_data_file", DataType::Utf8, true),
        Field::new("pos", DataType::Int64, true),
        Field::new("manifest_location", DataType::Utf8, true),
        Field::new("first_row_id", DataType::Int64, true),
        Field::new("content_offset", DataType::Int64, true),
        Field::new("content_size_in_bytes", DataType::Int64, true),
    ]);
    Ok(fields)
}

fn json_field(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true).with_metadata(HashMap::from([(JSON_COLUMN.to_owned(), "true".to_owned())]))
}

/// The columns, and fields of columns, that hold single values, in the order of the schema.
pub(super) fn leaves(schema: &Schema) -> Vec<(i32, PrimitiveType)> {
    fn collect(field: &NestedFieldRef, found: &mut Vec<(i32, PrimitiveType)>) {
        match &*field.field_type {
            Type::Primitive(ty) => found.push((field.id, ty.clone())),
            Type::Struct(fields) => fields.fields().iter().for_each(|field| collect(field, found)),
            Type::List(list) => collect(&list.element_field, found),
            Type::Map(map) => {
                collect(&map.key_field, found);
                collect(&map.value_field, found);
            }
        }
    }
    let mut found = Vec::new();
    schema.as_struct().fields().iter().for_each(|field| collect(field, &mut found));
    found
}

/// A row with a field for each column, named by its id.
fn bounds_type(leaves: &[(i32, PrimitiveType)]) -> DataType {
    DataType::Struct(bounds_fields(leaves))
}

fn bounds_fields(leaves: &[(i32, PrimitiveType)]) -> Fields {
    leaves.iter().map(|(id, ty)| Field::new(id.to_string(), literals::arrow_type(ty), true)).collect()
}

pub(super) async fn columns(table: &Table) -> Result<Columns> {
    let contents = Contents::load(table).await?;
    let all: Vec<&LiveFile> = contents.data_files().chain(&contents.deletes).collect();
    let files = || all.iter().map(|live| live.file());
    let schema = table.metadata().current_schema();
    let leaves = leaves(schema);
    let content = |kind| match kind {
        DataContentType::Data => 0,
        DataContentType::PositionDeletes => 1,
        DataContentType::EqualityDeletes => 2,
    };
    let longs = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let mut columns = vec![
        column("content", Arc::new(Int32Array::from_iter_values(files().map(|file| content(file.content_type()))))),
        column("file_path", Arc::new(StringArray::from_iter_values(files().map(|file| file.file_path())))),
        column(
            "file_format",
            Arc::new(StringArray::from_iter_values(files().map(|file| file.file_format().to_string().to_uppercase()))),
        ),
        column("spec_id", Arc::new(Int32Array::from_iter_values(all.iter().map(|live| live.spec_id)))),
    ];
    columns.extend(PartitionType::of(table)?.column(&all)?);
    let metrics = files().map(|file| readable(schema, &leaves, file).to_string());
    columns.extend([
        column("record_count", longs(files().map(|file| Some(file.record_count() as i64)).collect())),
        column("file_size_in_bytes", longs(files().map(|file| Some(file.file_size_in_bytes() as i64)).collect())),
        column("column_sizes", count_map(files().map(|file| file.column_sizes()))),
        column("value_counts", count_map(files().map(|file| file.value_counts()))),
        column("null_value_counts", count_map(files().map(|file| file.null_value_counts()))),
        column("nan_value_counts", count_map(files().map(|file| file.nan_value_counts()))),
        column("lower_bounds", bounds(&leaves, files().map(|file| file.lower_bounds()).collect())?),
        column("upper_bounds", bounds(&leaves, files().map(|file| file.upper_bounds()).collect())?),
        column("key_metadata", Arc::new(BinaryArray::from_iter(files().map(|file| file.key_metadata())))),
        column("split_offsets", split_offsets(files().map(|file| file.split_offsets()))),
        column("equality_ids", equality_ids(files().map(|file| file.equality_ids()))),
        column("sort_order_id", Arc::new(Int32Array::from_iter(files().map(|file| file.sort_order_id())))),
        (json_field("readable_metrics"), Arc::new(StringArray::from_iter_values(metrics))),
        column("added_snapshot_id", longs(all.iter().map(|live| live.entry.snapshot_id()).collect())),
        column("file_sequence_number", longs(all.iter().map(|live| live.entry.file_sequence_number).collect())),
        column("data_sequence_number", longs(all.iter().map(|live| live.entry.sequence_number()).collect())),
        column(
            "referenced_data_file",
            Arc::new(StringArray::from_iter(files().map(|file| file.referenced_data_file()))),
        ),
        column("pos", longs(all.iter().map(|live| Some(live.position as i64)).collect())),
        column("manifest_location", Arc::new(StringArray::from_iter_values(all.iter().map(|live| &*live.manifest)))),
        column("first_row_id", longs(files().map(|file| file.first_row_id()).collect())),
        column("content_offset", longs(files().map(|file| file.content_offset()).collect())),
        column("content_size_in_bytes", longs(files().map(|file| file.content_size_in_bytes()).collect())),
    ]);
    Ok(columns)
}

fn bounds(leaves: &[(i32, PrimitiveType)], of: Vec<&HashMap<i32, Datum>>) -> Result<ArrayRef> {
    let one = |(id, ty): &(i32, PrimitiveType)| {
        let values: Vec<_> = of.iter().map(|map| map.get(id).map(|datum| datum.literal().clone())).collect();
        literals::array(ty, &values)
    };
    let arrays = leaves.iter().map(one).collect::<Result<Vec<_>>>()?;
    if arrays.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(of.len(), None)));
    }
    Ok(Arc::new(StructArray::new(bounds_fields(leaves), arrays, None)))
}

/// What is known of each column, by name.
fn readable(schema: &Schema, leaves: &[(i32, PrimitiveType)], file: &iceberg::spec::DataFile) -> Value {
    let count = |map: &HashMap<i32, u64>, id: &i32| map.get(id).map_or(Value::Null, |count| Value::from(*count));
    let bound = |map: &HashMap<i32, Datum>, id: &i32, ty: &PrimitiveType| {
        map.get(id).map_or(Value::Null, |datum| literals::json(ty, datum.literal()))
    };
    let of_column = |(id, ty): &(i32, PrimitiveType)| {
        let name = schema.name_by_field_id(*id)?.to_owned();
        let metrics = json!({
            "column_size": count(file.column_sizes(), id),
            "value_count": count(file.value_counts(), id),
            "null_value_count": count(file.null_value_counts(), id),
            "nan_value_count": count(file.nan_value_counts(), id),
            "lower_bound": bound(file.lower_bounds(), id, ty),
            "upper_bound": bound(file.upper_bounds(), id, ty),
        });
        Some((name, metrics))
    };
    Value::Object(leaves.iter().filter_map(of_column).collect())
}

fn count_map<'a>(maps: impl Iterator<Item = &'a HashMap<i32, u64>>) -> ArrayRef {
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

fn split_offsets<'a>(offsets: impl Iterator<Item = Option<&'a [i64]>>) -> ArrayRef {
    let mut builder = ListBuilder::new(Int64Builder::new());
    for list in offsets {
        builder.append_option(list.map(|list| list.iter().map(|offset| Some(*offset))));
    }
    Arc::new(builder.finish())
}

fn equality_ids(ids: impl Iterator<Item = Option<Vec<i32>>>) -> ArrayRef {
    let mut builder = ListBuilder::new(Int32Builder::new());
    for list in ids {
        builder.append_option(list.map(|list| list.into_iter().map(Some)));
    }
    Arc::new(builder.finish())
}
