//! Corners of functions that calls with common values do not show, one a line: `calls => values as JSON`, or
//! `calls => !message` for an error.
//!
//! Texts, dates and decimals are strings, rows are arrays; a line of several calls has an array of their values.
#![allow(clippy::unwrap_used)]

#[path = "functions/refused.rs"]
mod refused;
#[path = "functions/sketches.rs"]
mod sketches;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use lake_core::engine::{Submission, execute};
use lake_embedded::{Embedded, EmbeddedConfig};
use serde_json::{Value, json};

/// An engine over an empty warehouse, which goes with the folder.
fn engine() -> (tempfile::TempDir, Embedded) {
    let folder = tempfile::tempdir().unwrap();
    let config = EmbeddedConfig { warehouse: folder.path().join("warehouse"), threads: 2, memory_bytes: 256 << 20 };
    let engine = Embedded::open(config).unwrap();
    (folder, engine)
}

/// The value of the only row, or the message of the error.
fn answer(engine: &Embedded, calls: &str) -> Result<Value, String> {
    let sql = format!("select {calls}");
    let ran = execute(engine, &Submission::once(sql), || false).map_err(|error| error.message)?;
    let (_, rows) = ran.expect("nobody stops it");
    let batch = rows.batches.iter().find(|batch| batch.num_rows() == 1).ok_or("no row")?;
    let mut values: Vec<Value> = batch.columns().iter().map(|column| value(column, 0)).collect();
    Ok(if values.len() == 1 { values.remove(0) } else { Value::Array(values) })
}

fn value(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return Value::Null;
    }
    let shown = || ArrayFormatter::try_new(array, &FormatOptions::default()).unwrap().value(row).to_string();
    let double = |value: f64| {
        let text = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        if value.is_finite() { json!(value) } else { json!(text) }
    };
    let all = |array: &dyn Array| (0..array.len()).map(|row| value(array, row)).collect::<Vec<_>>();
    match array.data_type() {
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => shown().parse::<i64>().unwrap().into(),
        DataType::Float64 => double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Float32 => double(array.as_primitive::<Float32Type>().value(row).to_string().parse().unwrap()),
        DataType::Timestamp(..) => shown().replace('T', " ").into(),
        DataType::List(_) => all(&array.as_list::<i32>().value(row)).into(),
        DataType::Struct(_) => array.as_struct().columns().iter().map(|column| value(column, row)).collect(),
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let name = |key: Value| key.as_str().map_or(key.to_string(), str::to_owned);
            all(entries.column(0)).into_iter().map(name).zip(all(entries.column(1))).collect()
        }
        _ => shown().into(),
    }
}

#[test]
fn corners_are_trinos() {
    let (_folder, engine) = engine();
    let mut wrong = vec![];
    for line in include_str!("data/functions.txt").lines() {
        let Some((calls, expected)) = line.rsplit_once(" => ") else { continue };
        // As text: numbers that JSON readers round are told apart.
        let found = answer(&engine, calls).map_or_else(|error| format!("!{error}"), |value| value.to_string());
        if found != expected {
            wrong.push(format!("{line}\n  found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
}
