//! Comma-separated values: RFC 4180; null is an empty field, empty text a quoted one.

use std::io::{self, Write};

use lake_core::engine::Rows;

use crate::error::Error;
use crate::query::values;

/// Writes a header line and the rows.
pub fn write(rows: &Rows, out: &mut dyn Write) -> Result<(), Error> {
    record(rows.columns.iter().map(|(name, _)| Some(name.clone())), out)?;
    for row in values::rows(rows) {
        record(row?.into_iter().map(values::text), out)?;
    }
    Ok(())
}

fn record(fields: impl Iterator<Item = Option<String>>, out: &mut dyn Write) -> io::Result<()> {
    for (position, field) in fields.enumerate() {
        if position > 0 {
            out.write_all(b",")?;
        }
        match field {
            None => {}
            Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => {
                write!(out, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Some(text) => out.write_all(text.as_bytes())?,
        }
    }
    out.write_all(b"\n")
}
