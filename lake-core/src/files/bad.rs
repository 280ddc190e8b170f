//! Rows of files that do not fit the declared columns: an error each, or kept with their place and text.

use std::sync::Arc;

use ::arrow::array::{ArrayRef, Int64Array, StringArray};
use ::arrow::record_batch::RecordBatch;
use lake_sql::types::Type;

use super::{builders, finish};
use crate::model::spec::{ColumnSpec, Content};
use crate::values::column::Builder;
use crate::values::error::{Result, ValueError};

/// Characters that are kept of a bad row.
const KEPT: usize = 10_000;

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Line of the file from 1; in Parquet, which has no lines, the row.
    line: usize,
    /// From 1; None in Parquet.
    column: Option<usize>,
    message: String,
}

impl Fault {
    /// At a place in a text; both count from 1.
    pub fn at(line: usize, column: usize, message: String) -> Self {
        Self { line, column: Some(column), message }
    }

    /// In a row of Parquet, from 1.
    pub fn in_row(row: usize, message: String) -> Self {
        Self { line: row, column: None, message }
    }

    /// As the error that refuses a file.
    pub fn in_file(self, path: &str) -> ValueError {
        let (line, message) = (self.line, self.message);
        ValueError::data(match self.column {
            Some(column) => format!("{path}:{line}:{column}: {message}"),
            None => format!("{path}: row {line}: {message}"),
        })
    }

    /// As a row that is kept.
    pub fn kept(self, line: usize, text: &str) -> BadRow {
        let place = match self.column {
            Some(column) if self.line == line => format!("column {column}: "),
            Some(column) => format!("line {}, column {column}: ", self.line),
            None => String::new(),
        };
        let text = text.trim_end_matches(['\r', '\n']);
        let cut = text.char_indices().nth(KEPT).map_or(text.len(), |(at, _)| at);
        BadRow { line: line as i64, text: text[..cut].to_owned(), reason: format!("{place}{}", self.message) }
    }
}

/// A row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadRow {
    pub line: i64,
    pub text: String,
    pub reason: String,
}

/// Rows of a file in order, those that fit and those that do not.
pub(super) struct Batch {
    pub good: RecordBatch,
    pub bad: Vec<BadRow>,
}

/// A row of a text format before its values are read.
pub(super) trait Row {
    /// Appends its values.
    fn read(&self, columns: &[ColumnSpec], builders: &mut [Builder]) -> Result<(), Fault>;

    /// It as a bad row.
    fn kept(&self, fault: Fault) -> BadRow;
}

/// Reads rows. A bad one is an error, unless it is to be kept.
pub(super) fn sift<R: Row>(path: &str, columns: &[ColumnSpec], rows: &[R], keep: bool) -> Result<Batch> {
    let mut whole = builders(columns)?;
    let faulty = rows.iter().find_map(|row| row.read(columns, &mut whole).err());
    match faulty {
        None => return Ok(Batch { good: finish(columns, &mut whole, rows.len())?, bad: vec![] }),
        Some(fault) if !keep => return Err(fault.in_file(path)),
        Some(_) => {}
    }
    // What a bad row has left in the columns cannot be taken out of them: each row is tried alone first.
    let (mut good, mut count, mut bad) = (builders(columns)?, 0, vec![]);
    for row in rows {
        match row.read(columns, &mut builders(columns)?) {
            Err(fault) => bad.push(row.kept(fault)),
            Ok(()) => {
                row.read(columns, &mut good).map_err(|fault| fault.in_file(path))?;
                count += 1;
            }
        }
    }
    Ok(Batch { good: finish(columns, &mut good, count)?, bad })
}

/// The columns of bad rows: the file's path, the line (in Parquet the row), the text, the reason.
pub fn bad_row_columns() -> Vec<ColumnSpec> {
    let column = |name: &str, ty| ColumnSpec {
        name: name.to_owned(),
        ty,
        nullable: false,
        brand: None,
        description: String::new(),
        audits: vec![],
        content: Content::Value,
    };
    vec![
        column("file", Type::Varchar(None)),
        column("line", Type::BigInt),
        column("text", Type::Varchar(None)),
        column("reason", Type::Varchar(None)),
    ]
}

/// Bad rows of a file in those columns.
pub(super) fn batch(path: &str, rows: &[BadRow]) -> Result<RecordBatch> {
    let texts = |text: fn(&BadRow) -> &str| Arc::new(StringArray::from_iter_values(rows.iter().map(text))) as ArrayRef;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(path, rows.len()))),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.line))),
        texts(|row| &row.text),
        texts(|row| &row.reason),
    ];
    Ok(RecordBatch::try_new(super::schema(&bad_row_columns())?, columns)?)
}
