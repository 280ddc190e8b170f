//! JSON: an object a row, columns in their order.

use std::io::Write;

use lake_core::engine::Rows;
use serde_json::Value;

use crate::error::Error;
use crate::query::values;

/// Writes an object a line.
pub fn write_lines(rows: &Rows, out: &mut dyn Write) -> Result<(), Error> {
    values::distinct_names(rows)?;
    for row in values::rows(rows) {
        writeln!(out, "{}", object(rows, row?))?;
    }
    Ok(())
}

/// Writes a list of objects.
pub fn write_list(rows: &Rows, out: &mut dyn Write) -> Result<(), Error> {
    values::distinct_names(rows)?;
    out.write_all(b"[")?;
    for (position, row) in values::rows(rows).enumerate() {
        write!(out, "{}\n  {}", if position > 0 { "," } else { "" }, object(rows, row?))?;
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

/// Written by hand, because a map would forget the order of the columns.
fn object(rows: &Rows, row: Vec<Value>) -> String {
    let members = rows.columns.iter().zip(row);
    let members: Vec<String> =
        members.map(|((name, _), value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
    format!("{{{}}}", members.join(","))
}
