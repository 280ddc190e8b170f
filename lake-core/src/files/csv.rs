//! CSV with a header line: RFC 4180, in UTF-8. A field without quotes and text is null; `""` is the empty string.

use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::Arc;

use lake_sql::types::Type;

use super::bad::{BadRow, Batch, Fault, Row, sift};
use super::{BATCH_ROWS, Result, open_text, unreadable, wrong};
use crate::model::spec::ColumnSpec;
use crate::values::column::Builder;

/// The rows of a CSV file.
pub(super) fn read(
    path: &str,
    columns: Vec<ColumnSpec>,
    keep: bool,
) -> Result<impl Iterator<Item = Result<Batch>> + Send + use<>> {
    let mut records = Records { path: path.to_owned(), input: open_text(path)?, line: 0, again: VecDeque::new() };
    let header = match records.next()? {
        Some(Ok(header)) => header,
        Some(Err(damaged)) => return Err(damaged.fault.in_file(path)),
        None => return Err(wrong(path, 1, 1, "expected a header line, found the end of the file")),
    };
    let positions = positions(path, &columns, &header)?.into();
    let mut reader = Reader { records, columns, positions, width: header.fields.len(), keep, done: false };
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
    positions: Arc<[usize]>,
    width: usize,
    keep: bool,
    done: bool,
}

impl Reader {
    fn batch(&mut self) -> Result<Option<Batch>> {
        let (mut rows, mut damaged) = (vec![], vec![]);
        while rows.len() + damaged.len() < BATCH_ROWS && !self.done {
            match self.records.next()? {
                Some(Ok(record)) => {
                    rows.push(CsvRow { record, positions: self.positions.clone(), width: self.width });
                }
                // What stands before it is told first.
                Some(Err(row)) if !self.keep => {
                    sift(&self.records.path, &self.columns, &rows, false)?;
                    return Err(row.fault.in_file(&self.records.path));
                }
                Some(Err(row)) => damaged.push(row.fault.kept(row.line, &row.text)),
                None => self.done = true,
            }
        }
        if rows.is_empty() && damaged.is_empty() {
            return Ok(None);
        }
        let mut batch = sift(&self.records.path, &self.columns, &rows, self.keep)?;
        batch.bad.extend(damaged);
        batch.bad.sort_by_key(|row| row.line);
        Ok(Some(batch))
    }
}

/// A record that has the header's columns.
struct CsvRow {
    record: Record,
    positions: Arc<[usize]>,
    width: usize,
}

impl Row for CsvRow {
    fn read(&self, columns: &[ColumnSpec], builders: &mut [Builder]) -> Result<(), Fault> {
        let record = &self.record;
        if record.fields.len() != self.width {
            let message = format!("expected {} fields as in the header, found {}", self.width, record.fields.len());
            return Err(Fault::at(record.line, 1, message));
        }
        for ((column, at), builder) in columns.iter().zip(self.positions.iter()).zip(builders) {
            let field = &record.fields[*at];
            let expected = |found: &str| {
                let message = format!("{}: expected {}, found {found}", column.name, column.ty);
                Fault::at(field.line, field.column, message)
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

    fn kept(&self, fault: Fault) -> BadRow {
        let text: String = self.record.lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
        fault.kept(self.record.line, &text)
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
    /// As they stand in the file.
    lines: Vec<Vec<u8>>,
}

/// A line at which no record can be read.
struct Damaged {
    line: usize,
    text: String,
    fault: Fault,
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
    /// The last line that was read, from 1.
    line: usize,
    /// Lines that are read once more, because the record that took them was none.
    again: VecDeque<Vec<u8>>,
}

impl Records {
    /// The next line with its end, without the mark of the byte order; None at the end of the file.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        match self.again.pop_front() {
            Some(line) => bytes = line,
            None => {
                let read = self.input.read_until(b'\n', &mut bytes);
                if read.map_err(|error| unreadable(&self.path, error))? == 0 {
                    return Ok(None);
                }
            }
        }
        self.line += 1;
        if self.line == 1 && bytes.starts_with(b"\xEF\xBB\xBF") {
            bytes.drain(..3);
        }
        Ok(Some(bytes))
    }

    /// The next record; empty lines are none. Behind a damaged line the next one begins anew.
    fn next(&mut self) -> Result<Option<Result<Record, Damaged>>> {
        let first = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(line) if line.iter().all(|byte| matches!(byte, b'\r' | b'\n')) => {}
                Some(line) => break line,
            }
        };
        let line = self.line;
        let mut taken = vec![first];
        match self.record(line, &mut taken)? {
            Ok(fields) => Ok(Some(Ok(Record { line, fields, lines: taken }))),
            Err(fault) => {
                let mut lines = taken.into_iter();
                let text = lines.next().map_or_else(String::new, |line| String::from_utf8_lossy(&line).into_owned());
                self.line = line;
                for line in lines.rev() {
                    self.again.push_front(line);
                }
                Ok(Some(Err(Damaged { line, text, fault })))
            }
        }
    }

    /// The fields of a record that begins at a line; what it takes of the next lines is added to `taken`.
    fn record(&mut self, line: usize, taken: &mut Vec<Vec<u8>>) -> Result<Result<Vec<Cell>, Fault>> {
        let mut fields = vec![];
        let mut cursor = match Cursor::at(line, &taken[0]) {
            Ok(cursor) => cursor,
            Err(fault) => return Ok(Err(fault)),
        };
        loop {
            match self.cell(&mut cursor, taken)? {
                Ok(cell) => fields.push(cell),
                Err(fault) => return Ok(Err(fault)),
            }
            match cursor.rest().chars().next() {
                Some(',') => cursor.at += 1,
                _ => return Ok(Ok(fields)),
            }
        }
    }

    /// The field that begins at the cursor, which is behind it then. Within quotes, more lines are read.
    fn cell(&mut self, cursor: &mut Cursor, taken: &mut Vec<Vec<u8>>) -> Result<Result<Cell, Fault>> {
        let column = cursor.text[..cursor.at].chars().count() + 1;
        let mut cell = Cell { line: cursor.line, column, ..Cell::default() };
        let damage = |message: &str| Ok(Err(Fault::at(cell.line, column, message.to_owned())));
        if !cursor.rest().starts_with('"') {
            let end = cursor.rest().find([',', '\r', '\n', '"']).unwrap_or(cursor.rest().len());
            if cursor.rest()[end..].starts_with('"') {
                return damage("a quote within a field that does not begin with one");
            }
            cell.text = cursor.rest()[..end].to_owned();
            cursor.at += end;
            return Ok(Ok(cell));
        }
        cell.quoted = true;
        cursor.at += 1;
        loop {
            let Some(quote) = cursor.rest().find('"') else {
                cell.text.push_str(cursor.rest());
                let Some(next) = self.next_line()? else { return damage("the field has no closing quote") };
                let read = Cursor::at(self.line, &next);
                taken.push(next);
                match read {
                    Ok(next) => *cursor = next,
                    Err(fault) => return Ok(Err(fault)),
                }
                continue;
            };
            cell.text.push_str(&cursor.rest()[..quote]);
            cursor.at += quote + 1;
            match cursor.rest().chars().next() {
                Some('"') => {
                    cell.text.push('"');
                    cursor.at += 1;
                }
                None | Some(',' | '\r' | '\n') => return Ok(Ok(cell)),
                Some(_) => return damage("expected `,` or the end of the line after the closing quote"),
            }
        }
    }
}

/// A place in a line.
struct Cursor {
    line: usize,
    text: String,
    at: usize,
}

impl Cursor {
    fn at(line: usize, bytes: &[u8]) -> Result<Self, Fault> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { line, text: text.to_owned(), at: 0 }),
            Err(error) => {
                let column = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).chars().count();
                Err(Fault::at(line, column + 1, "the text is not UTF-8".to_owned()))
            }
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
}
