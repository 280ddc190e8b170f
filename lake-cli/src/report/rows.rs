//! Prints the rows of a query.

use std::io::{self, Write};

use arrow::error::ArrowError;
use comfy_table::{CellAlignment, Table, presets};
use lake_core::engine::Rows;
use lake_sql::types::Type;
use serde_json::Value;

use super::cells;
use crate::args::RowFormat;

/// Writes rows in the format asked for.
///
/// # Errors
/// When a value cannot be printed or the output cannot be written.
pub fn write(rows: &Rows, format: RowFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        RowFormat::Table => table(rows, out),
        RowFormat::Csv => csv(rows, out),
        RowFormat::Json => json(rows, out),
    }
}

fn table(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(rows.columns.iter().map(|(name, ty)| format!("{name}\n{ty}")));
    for batch in &rows.batches {
        for row in cells::texts(batch).map_err(invalid)? {
            table.add_row(row);
        }
    }
    for (column, (_, ty)) in table.column_iter_mut().zip(&rows.columns) {
        if is_number(ty) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let count: usize = rows.batches.iter().map(|batch| batch.num_rows()).sum();
    writeln!(out, "{table}")?;
    writeln!(out, "{count} row{}", if count == 1 { "" } else { "s" })
}

fn csv(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    write_record(rows.columns.iter().map(|(name, _)| Some(name.as_str())), out)?;
    for batch in &rows.batches {
        for (position, row) in cells::texts(batch).map_err(invalid)?.iter().enumerate() {
            let row = row.iter().zip(batch.columns());
            write_record(
                row.map(|(text, column)| (!cells::is_null(column.as_ref(), position)).then_some(text.as_str())),
                out,
            )?;
        }
    }
    Ok(())
}

/// RFC 4180; null is an empty field, empty text a quoted one.
fn write_record<'a>(fields: impl Iterator<Item = Option<&'a str>>, out: &mut dyn Write) -> io::Result<()> {
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

fn json(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    for batch in &rows.batches {
        for position in 0..batch.num_rows() {
            // Written by hand, because a map would forget the order of the columns.
            let members = rows.columns.iter().zip(batch.columns()).map(|((name, _), column)| {
                Ok(format!("{}:{}", Value::from(name.as_str()), cells::json(column.as_ref(), position)?))
            });
            let members = members.collect::<Result<Vec<String>, ArrowError>>().map_err(invalid)?;
            writeln!(out, "{{{}}}", members.join(","))?;
        }
    }
    Ok(())
}

fn is_number(ty: &Type) -> bool {
    use Type::{BigInt, Decimal, Double, Integer, Real, SmallInt, TinyInt};
    matches!(ty, TinyInt | SmallInt | Integer | BigInt | Real | Double | Decimal { .. })
}

fn invalid(error: ArrowError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};
    use arrow::array::{MapBuilder, RecordBatch, StringBuilder, TimestampMicrosecondArray};

    use super::*;

    fn rows() -> Rows {
        let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        for value in ["a", "b"] {
            map.keys().append_value("key");
            map.values().append_value(value);
            map.append(true).unwrap();
        }
        let decimals = Decimal128Array::from(vec![Some(1_116_200), None]).with_precision_and_scale(18, 6).unwrap();
        let columns: Vec<(&str, &str, ArrayRef)> = vec![
            ("id", "bigint", Arc::new(Int64Array::from(vec![1, i64::MAX]))),
            ("rate", "decimal(18,6)", Arc::new(decimals)),
            ("share", "double", Arc::new(Float64Array::from(vec![0.5, f64::NAN]))),
            ("day", "date", Arc::new(Date32Array::from(vec![Some(19_052), None]))),
            ("at", "timestamp(6)", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None]))),
            ("note", "varchar", Arc::new(StringArray::from(vec![Some("a, \"b\""), Some("")]))),
            ("open", "boolean", Arc::new(BooleanArray::from(vec![Some(true), None]))),
            ("map", "map(varchar, varchar)", Arc::new(map.finish())),
        ];
        let names = columns.iter().map(|(name, ty, _)| ((*name).to_owned(), ty.parse().unwrap())).collect();
        let arrays = columns.into_iter().map(|(name, _, array)| (name, array, true));
        Rows { columns: names, batches: vec![RecordBatch::try_from_iter_with_nullable(arrays).unwrap()] }
    }

    fn written(format: RowFormat) -> String {
        let mut out = vec![];
        write(&rows(), format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_tells_null_from_empty_text() {
        insta::assert_snapshot!(written(RowFormat::Csv));
    }

    #[test]
    fn json_has_an_object_a_line_and_exact_numbers() {
        insta::assert_snapshot!(written(RowFormat::Json));
    }

    #[test]
    fn a_table_names_its_types() {
        insta::assert_snapshot!(written(RowFormat::Table));
    }
}
