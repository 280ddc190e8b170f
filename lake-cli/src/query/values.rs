//! Values of a result, one encoding for all formats that are text: that of Trino's protocol.

use lake_core::engine::Rows;
use lake_core::values::{ValueError, protocol};
use serde_json::Value;

use crate::error::Error;

/// The rows, each as the values of its columns.
pub fn rows(rows: &Rows) -> impl Iterator<Item = Result<Vec<Value>, ValueError>> {
    let types: Vec<_> = rows.columns.iter().map(|(_, ty)| ty).collect();
    rows.batches.iter().flat_map(move |batch| {
        let types = types.clone();
        (0..batch.num_rows()).map(move |row| {
            let cells = batch.columns().iter().zip(&types);
            cells.map(|(column, ty)| protocol::json(column.as_ref(), row, ty)).collect()
        })
    })
}

/// A value as text; None for null. Nested values are JSON.
pub fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// Refuses rows in which a name says nothing, because two columns have it.
pub fn distinct_names(rows: &Rows) -> Result<(), Error> {
    let names: Vec<&str> = rows.columns.iter().map(|(name, _)| name.as_str()).collect();
    match names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        None => Ok(()),
        Some((_, name)) => Err(Error::failure(format!("two columns are named `{name}`"))
            .help(format!("give each its own name: `… as {name}_2`"))),
    }
}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Self {
        Error::failure(error.message)
    }
}
