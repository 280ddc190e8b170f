//! CSV with a header line: RFC 4180, in UTF-8. A field without quotes and text is null; `""` is the empty string.

use std::io::BufRead;

use crate::model::spec::ColumnSpec;
use arrow::record_batch::RecordBatch;
use lake_sql::types::Type;

use super::{BATCH_ROWS, Result, builders, finish, open_text, unreadable, wrong};
use crate::values::column::Builder;
use crate::values::error::ValueError;

/// The rows of a CSV file.
pub(super) fn read(
    path: &str,
    columns: Vec<ColumnSpec>,
) -> Result<impl Iterator<Item = Result<RecordBatch>> + Send + use<>> {
    let mut records = Records { path: path.to_owned(), input: open_text(path)?, line: 0 };
    let header = match records.next()? {
        Some(header) => header,
        None => return Err(wrong(path, 1, 1, "expected a header line, found the end of the file")),
    };
    let positions = positions(path, &columns, &header)?;
    let mut reader = Reader { records, columns, positions, width: header.fields.len(), done: false };
    Ok(std::iter::from_fn(move || reader.batch().transpose()))
}

/// Where the declared columns stand in the header.
fn positions(path: &str, columns: &[ColumnSpec], header: &Record) -> Result<Vec<usize>> {
    let names: Vec<&str> = header.fields.iter().map(|field| field.text.trim()).collect();
    for (at, name) in names.iter().enumerate() {
        if names[..at].iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(wrong(path, header.line, header.fields[at].column, format!("column {name} stands twice")));
        }
    }
    let position = |column: &ColumnSpec| {
        names.iter().position(|name| name.eq_ignore_ascii_case(&column.name)).ok_or_else(|| {
            let found = names.join(", ");
            wrong(path, header.line, 1, format!("expected a column {}, found {found}", column.name))
        })
    };
    columns.iter().map(position).collect()
}

struct Reader {
    records: Records,
    columns: Vec<ColumnSpec>,
    positions: Vec<usize>,
    width: usize,
    done: bool,
}

impl Reader {
    fn batch(&mut self) -> Result<Option<RecordBatch>> {
        let mut builders = builders(&self.columns)?;
        let mut rows = 0;
        while rows < BATCH_ROWS && !self.done {
            match self.records.next()? {
                Some(record) => {
                    self.row(&record, &mut builders)?;
                    rows += 1;
                }
                None => self.done = true,
            }
        }
        if rows == 0 { Ok(None) } else { finish(&self.columns, &mut builders, rows).map(Some) }
    }

    fn row(&self, record: &Record, builders: &mut [Builder]) -> Result<()> {
        if record.fields.len() != self.width {
            let message = format!("expected {} fields as in the header, found {}", self.width, record.fields.len());
            return Err(wrong(&self.records.path, record.line, 1, message));
        }
        for ((column, at), builder) in self.columns.iter().zip(&self.positions).zip(builders) {
            let field = &record.fields[*at];
            let expected = |found: &str| {
                let message = format!("{}: expected {}, found {found}", column.name, column.ty);
                wrong(&self.records.path, field.line, field.column, message)
            };
            match field.is_null() {
                true if !column.nullable => return Err(expected("nothing: the column cannot be null")),
                true => builder.append_null(),
                false if append(builder, &field.text) => {}
                false => return Err(expected(&format!("{:?}", field.text))),
            }
        }
        Ok(())
    }
}

fn append(builder: &mut Builder, text: &str) -> bool {
    match builder.ty() {
        Type::Boolean if text.eq_ignore_ascii_case("true") => builder.append_bool(true),
        Type::Boolean if text.eq_ignore_ascii_case("false") => builder.append_bool(false),
        ty if ty.is_numeric() => builder.append_number(text.trim()),
        _ => builder.append_text(text),
    }
}

/// One record, which may go over several lines.
struct Record {
    line: usize,
    fields: Vec<Cell>,
}

#[derive(Default)]
struct Cell {
    text: String,
    quoted: bool,
    line: usize,
    column: usize,
}

impl Cell {
    fn is_null(&self) -> bool {
        self.text.is_empty() && !self.quoted
    }
}

struct Records {
    path: String,
    input: Box<dyn BufRead + Send>,
    line: usize,
}

impl Records {
    /// The next line with its end, without the mark of the byte order; None at the end of the file.
    fn next_line(&mut self) -> Result<Option<String>> {
        let mut bytes = Vec::new();
        let read = self.input.read_until(b'\n', &mut bytes).map_err(|error| unreadable(&self.path, error))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if self.line == 1 && bytes.starts_with(b"\xEF\xBB\xBF") {
            bytes.drain(..3);
        }
        String::from_utf8(bytes).map(Some).map_err(|error| {
            let column = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).chars().count();
            wrong(&self.path, self.line, column + 1, "the text is not UTF-8")
        })
    }

    /// The next record; empty lines are none.
    fn next(&mut self) -> Result<Option<Record>> {
        let mut line = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(line) if line.trim_end_matches(['\r', '\n']).is_empty() => {}
                Some(line) => break line,
            }
        };
        let mut record = Record { line: self.line, fields: Vec::new() };
        let mut at = 0;
        loop {
            let (cell, end) = self.cell(&mut line, at)?;
            record.fields.push(cell);
            match line[end..].chars().next() {
                Some(',') => at = end + 1,
                _ => return Ok(Some(record)),
            }
        }
    }

    /// The field that begins at byte `at` of `line`, and the byte at which it ends. Within quotes, more lines are read.
    fn cell(&mut self, line: &mut String, at: usize) -> Result<(Cell, usize)> {
        let column = line[..at].chars().count() + 1;
        let mut cell = Cell { line: self.line, column, ..Cell::default() };
        let Some(mut rest) = line[at..].strip_prefix('"').map(str::to_owned) else {
            let end = at + line[at..].find([',', '\r', '\n', '"']).unwrap_or(line.len() - at);
            if line[end..].starts_with('"') {
                return Err(self.damage(&cell, "a quote within a field that does not begin with one"));
            }
            cell.text = line[at..end].to_owned();
            return Ok((cell, end));
        };
        cell.quoted = true;
        loop {
            let Some(quote) = rest.find('"') else {
                cell.text.push_str(&rest);
                match self.next_line()? {
                    Some(next) => {
                        *line = next.clone();
                        rest = next;
                        continue;
                    }
                    None => return Err(self.damage(&cell, "the field has no closing quote")),
                }
            };
            cell.text.push_str(&rest[..quote]);
            let after = rest[quote + 1..].to_owned();
            if let Some(more) = after.strip_prefix('"') {
                cell.text.push('"');
                rest = more.to_owned();
            } else if after.is_empty() || after.starts_with([',', '\r', '\n']) {
                return Ok((cell, line.len() - after.len()));
            } else {
                return Err(self.damage(&cell, "expected `,` or the end of the line after the closing quote"));
            }
        }
    }

    fn damage(&self, cell: &Cell, message: &str) -> ValueError {
        wrong(&self.path, cell.line, cell.column, message)
    }
}
