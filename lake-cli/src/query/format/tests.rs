#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{
    Array, AsArray, BinaryArray, ListArray, MapBuilder, NullArray, RecordBatch, StringBuilder, StructArray,
    TimestampMicrosecondArray,
};
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};
use arrow::datatypes::DataType;
use lake_core::engine::Rows;
use lake_core::values::types;
use lake_sql::types::Type;

use super::table::Layout;
use crate::query::{RowFormat, write};

fn rows_of(columns: Vec<(&str, &str, ArrayRef)>) -> Rows {
    let names: Vec<(String, Type)> =
        columns.iter().map(|(name, ty, _)| ((*name).to_owned(), ty.parse().unwrap())).collect();
    let arrays = columns.into_iter().map(|(name, _, array)| (name, array, true));
    Rows { columns: names, batches: vec![RecordBatch::try_from_iter_with_nullable(arrays).unwrap()] }
}

fn rows() -> Rows {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for value in ["a", "b"] {
        map.keys().append_value("key");
        map.values().append_value(value);
        map.append(true).unwrap();
    }
    let decimals = Decimal128Array::from(vec![Some(1_116_200), None]).with_precision_and_scale(18, 6).unwrap();
    rows_of(vec![
        ("id", "bigint", Arc::new(Int64Array::from(vec![1, i64::MAX]))),
        ("rate", "decimal(18,6)", Arc::new(decimals)),
        ("share", "double", Arc::new(Float64Array::from(vec![0.5, f64::NAN]))),
        ("day", "date", Arc::new(Date32Array::from(vec![Some(19_052), None]))),
        ("at", "timestamp(3)", Arc::new(TimestampMicrosecondArray::from(vec![Some(1_000), None]))),
        ("note", "varchar", Arc::new(StringArray::from(vec![Some("a, \"b\"\n日本"), Some("")]))),
        ("open", "boolean", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("bytes", "varbinary", Arc::new(BinaryArray::from(vec![Some(b"3".as_slice()), None]))),
        ("map", "map(varchar, varchar)", Arc::new(map.finish())),
        ("nothing", "unknown", Arc::new(NullArray::new(2))),
    ])
}

fn bytes(rows: &Rows, format: RowFormat, width: Option<usize>) -> Vec<u8> {
    let mut out = vec![];
    write(rows, format, Layout { width, lists: false }, &mut out).unwrap();
    out
}

fn written(format: RowFormat, width: Option<usize>) -> String {
    String::from_utf8(bytes(&rows(), format, width)).unwrap()
}

#[test]
fn csv_tells_null_from_empty_text() {
    insta::assert_snapshot!(written(RowFormat::Csv, None));
}

#[test]
fn json_lines_have_an_object_a_line_and_exact_numbers() {
    insta::assert_snapshot!(written(RowFormat::Jsonl, None));
}

#[test]
fn json_is_one_list() {
    let text = written(RowFormat::Json, None);
    let list: serde_json::Value = serde_json::from_str(&text).unwrap();
    let lines = written(RowFormat::Jsonl, None);
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(list, serde_json::Value::Array(lines));
    let none = Rows { columns: rows().columns, batches: vec![] };
    assert_eq!(String::from_utf8(bytes(&none, RowFormat::Json, None)).unwrap(), "[\n]\n");
}

#[test]
fn a_table_names_its_types() {
    insta::assert_snapshot!(written(RowFormat::Table, None));
}

#[test]
fn a_table_is_cut_to_the_terminal() {
    insta::assert_snapshot!(written(RowFormat::Table, Some(135)));
}

#[test]
fn rows_with_too_many_columns_are_lists() {
    insta::assert_snapshot!(written(RowFormat::Table, Some(40)));
}

#[test]
fn two_columns_of_one_name_are_refused_where_names_count() {
    let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let twice = rows_of(vec![("a", "bigint", one.clone()), ("a", "bigint", one)]);
    for format in [RowFormat::Json, RowFormat::Jsonl, RowFormat::Parquet, RowFormat::Arrow] {
        let error = write(&twice, format, Layout::default(), &mut vec![]).unwrap_err();
        assert_eq!(error.messages, ["two columns are named `a`"], "{format:?}");
    }
    assert_eq!(bytes(&twice, RowFormat::Csv, None), b"a,a\n1,1\n");
}

/// Rows with fields, as the engine holds them: named by their place.
fn nested() -> Rows {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("c")]));
    let DataType::Struct(fields) = types::row(vec![DataType::Int64, DataType::Utf8]) else { unreachable!() };
    let structs = StructArray::new(fields.clone(), vec![numbers, texts], None);
    let offsets = arrow::buffer::OffsetBuffer::from_lengths([2, 0, 1]);
    let lists = ListArray::new(types::item(DataType::Struct(fields)), offsets, Arc::new(structs), None);
    rows_of(vec![("lines", "array(row(number bigint, text varchar))", Arc::new(lists))])
}

fn check_nested(batch: &RecordBatch) {
    let lines = batch.column(0).as_list::<i32>();
    assert_eq!((batch.num_rows(), lines.value_length(0), lines.value_length(1)), (3, 2, 0));
    let structs = lines.values().as_struct();
    assert_eq!(structs.column_names(), ["number", "text"]);
    assert!(structs.column(1).is_null(1));
}

#[test]
fn parquet_and_arrow_hold_what_was_read() {
    let file = bytes(&nested(), RowFormat::Parquet, None);
    let mut kept = tempfile::tempfile().unwrap();
    kept.write_all(&file).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(kept).unwrap();
    check_nested(&reader.build().unwrap().next().unwrap().unwrap());
    let file = bytes(&nested(), RowFormat::Arrow, None);
    let mut reader = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(file), None).unwrap();
    check_nested(&reader.next().unwrap().unwrap());
}

#[test]
fn every_type_goes_into_parquet_and_arrow() {
    for format in [RowFormat::Parquet, RowFormat::Arrow] {
        assert!(bytes(&rows(), format, None).len() > 1_000, "{format:?}");
    }
}
