//! `"t$manifests"`: the manifests of the current snapshot.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanBuilder, Int32Array, Int64Array, ListArray, StringArray, StringBuilder, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use iceberg::spec::{Datum, FieldSummary, ManifestContentType, ManifestFile, PartitionField, Type};

use super::{Columns, column, literals};
use crate::error::Result;
use crate::table::Table;

fn summary_fields() -> Fields {
    Fields::from(vec![
        Field::new("contains_null", DataType::Boolean, true),
        Field::new("contains_nan", DataType::Boolean, true),
        Field::new("lower_bound", DataType::Utf8, true),
        Field::new("upper_bound", DataType::Utf8, true),
    ])
}

fn summary_item() -> Field {
    Field::new("item", DataType::Struct(summary_fields()), true)
}

pub(super) fn fields() -> Vec<Field> {
    let (int, long) = (DataType::Int32, DataType::Int64);
    [
        ("content", int.clone()),
        ("path", DataType::Utf8),
        ("length", long.clone()),
        ("partition_spec_id", int.clone()),
        ("added_snapshot_id", long.clone()),
        ("added_data_files_count", int.clone()),
        ("added_rows_count", long.clone()),
        ("existing_data_files_count", int.clone()),
        ("existing_rows_count", long.clone()),
        ("deleted_data_files_count", int),
        ("deleted_rows_count", long),
        ("partition_summaries", DataType::List(Arc::new(summary_item()))),
    ]
    .map(|(name, ty)| Field::new(name, ty, true))
    .to_vec()
}

pub(super) async fn columns(table: &Table) -> Result<Columns> {
    let all: Vec<ManifestFile> = match table.snapshot() {
        Some(snapshot) => table.inner.manifest_list_reader(snapshot).load().await?.entries().to_vec(),
        None => Vec::new(),
    };
    let content = |manifest: &ManifestFile| if manifest.content == ManifestContentType::Data { 0 } else { 1 };
    let ints =
        |f: &dyn Fn(&ManifestFile) -> Option<i32>| Arc::new(Int32Array::from_iter(all.iter().map(f))) as ArrayRef;
    let longs =
        |f: &dyn Fn(&ManifestFile) -> Option<i64>| Arc::new(Int64Array::from_iter(all.iter().map(f))) as ArrayRef;
    Ok(vec![
        column("content", ints(&|manifest| Some(content(manifest)))),
        column("path", Arc::new(StringArray::from_iter_values(all.iter().map(|manifest| &manifest.manifest_path)))),
        column("length", longs(&|manifest| Some(manifest.manifest_length))),
        column("partition_spec_id", ints(&|manifest| Some(manifest.partition_spec_id))),
        column("added_snapshot_id", longs(&|manifest| Some(manifest.added_snapshot_id))),
        column("added_data_files_count", ints(&|manifest| manifest.added_files_count.map(|count| count as i32))),
        column("added_rows_count", longs(&|manifest| manifest.added_rows_count.map(|count| count as i64))),
        column("existing_data_files_count", ints(&|manifest| manifest.existing_files_count.map(|count| count as i32))),
        column("existing_rows_count", longs(&|manifest| manifest.existing_rows_count.map(|count| count as i64))),
        column("deleted_data_files_count", ints(&|manifest| manifest.deleted_files_count.map(|count| count as i32))),
        column("deleted_rows_count", longs(&|manifest| manifest.deleted_rows_count.map(|count| count as i64))),
        column("partition_summaries", summaries(table, &all)?),
    ])
}

fn summaries(table: &Table, all: &[ManifestFile]) -> Result<ArrayRef> {
    let metadata = table.metadata();
    let (mut nulls, mut nans) = (BooleanBuilder::new(), BooleanBuilder::new());
    let (mut lower, mut upper) = (StringBuilder::new(), StringBuilder::new());
    let mut lengths = Vec::with_capacity(all.len());
    for manifest in all {
        let found = manifest.partitions.as_deref().unwrap_or_default();
        let spec = metadata.partition_spec_by_id(manifest.partition_spec_id);
        let parts = match spec {
            Some(spec) => spec
                .fields()
                .iter()
                .zip(spec.partition_type(metadata.current_schema())?.fields())
                .map(|(field, typed)| (field.clone(), (*typed.field_type).clone()))
                .collect(),
            None => Vec::new(),
        };
        for (summary, (field, ty)) in found.iter().zip(&parts) {
            let (least, greatest) = readable_bounds(summary, field, ty);
            nulls.append_value(summary.contains_null);
            nans.append_option(summary.contains_nan);
            lower.append_value(least);
            upper.append_value(greatest);
        }
        lengths.push(found.len().min(parts.len()));
    }
    let columns: Vec<ArrayRef> =
        vec![Arc::new(nulls.finish()), Arc::new(nans.finish()), Arc::new(lower.finish()), Arc::new(upper.finish())];
    let rows: Arc<dyn Array> = Arc::new(StructArray::new(summary_fields(), columns, None));
    Ok(Arc::new(ListArray::new(Arc::new(summary_item()), OffsetBuffer::from_lengths(lengths), rows, None)))
}

fn readable_bounds(summary: &FieldSummary, field: &PartitionField, ty: &Type) -> (String, String) {
    let Type::Primitive(ty) = ty else { return (String::new(), String::new()) };
    let readable = |bytes: Option<&[u8]>| {
        let datum = bytes.and_then(|bytes| Datum::try_from_bytes(bytes, ty.clone()).ok());
        literals::readable(field.transform, ty, datum.as_ref().map(Datum::literal))
    };
    (
        readable(summary.lower_bound.as_ref().map(|bytes| bytes.as_slice())),
        readable(summary.upper_bound.as_ref().map(|bytes| bytes.as_slice())),
    )
}
