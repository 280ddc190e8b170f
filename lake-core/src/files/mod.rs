//! Source files → Arrow batches of the declared columns: JSON documents and lines, CSV, Parquet, each also as `.gz` or
//! `.zst`.
//!
//! Values are read exactly or refused: a number goes into a decimal by its digits, never through a double, and what
//! does not fit its column is an error with file, line, column and what was expected. A missing value is null, and an
//! error where the column cannot be null.

mod bad;
mod csv;
mod json;
mod parquet;
pub mod rows;

use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use std::vec;

use crate::engine::{FileRelation, FileRows, SourceFile};
use crate::model::spec::{ColumnSpec, Content, FileFormat};
use ::arrow::array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use ::arrow::datatypes::{Field, Schema, SchemaRef};
use ::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use flate2::bufread::MultiGzDecoder;

use crate::values::column::Builder;
use crate::values::error::{Result, ValueError};
use crate::values::{text, types};

pub use bad::bad_row_columns;
use bad::{Batch, Fault};

/// Rows of a batch at most. Small files share one.
const BATCH_ROWS: usize = 8192;

/// Reads the files of a relation, in order, as batches of its declared columns.
pub struct Files {
    /// What is read of the files.
    declared: Arc<[ColumnSpec]>,
    /// What the rows have.
    columns: Arc<[ColumnSpec]>,
    schema: SchemaRef,
    format: FileFormat,
    wanted: FileRows,
    files: vec::IntoIter<SourceFile>,
    open: Option<(FileColumns, Batches)>,
    rows: Rows,
    failed: bool,
}

/// Batches of one file, with the columns that are values only.
type Batches = Box<dyn Iterator<Item = Result<Batch>> + Send>;

/// The columns of a relation of files as Arrow has them.
pub fn schema(columns: &[ColumnSpec]) -> Result<SchemaRef> {
    let field = |column: &ColumnSpec| Ok(Field::new(&column.name, types::arrow(&column.ty)?, column.nullable));
    Ok(Arc::new(Schema::new(columns.iter().map(field).collect::<Result<Vec<_>>>()?)))
}

impl Files {
    /// Refuses columns that files of this format cannot hold; opens nothing yet.
    pub fn new(relation: &FileRelation) -> Result<Self> {
        for column in values(&relation.columns) {
            let readable = match relation.format {
                FileFormat::Csv => text::is_scalar(&column.ty),
                _ => text::is_readable(&column.ty),
            };
            if !readable {
                let format = format_name(relation.format);
                return Err(ValueError::statement(format!(
                    "column {}: values of type {} cannot be read from {format}",
                    column.name, column.ty
                )));
            }
        }
        let columns: Arc<[ColumnSpec]> = relation.row_columns().into();
        Ok(Self {
            schema: schema(&columns)?,
            rows: Rows::new(&columns)?,
            declared: relation.columns.clone().into(),
            columns,
            format: relation.format,
            wanted: relation.rows,
            files: relation.files.clone().into_iter(),
            open: None,
            failed: false,
        })
    }

    /// The declared columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn open(&self, file: &SourceFile) -> Result<(FileColumns, Batches)> {
        let system = FileColumns::of(file)?;
        let path = file.location.as_str();
        let columns: Vec<ColumnSpec> = values(&self.declared).cloned().collect();
        let keep = self.wanted != FileRows::All;
        let batches: Batches = match self.format {
            FileFormat::JsonDocument => Box::new(std::iter::once(json::document(path, columns, keep))),
            FileFormat::JsonLines => Box::new(json::lines(path, columns, keep)?),
            FileFormat::Csv => Box::new(csv::read(path, columns, keep)?),
            FileFormat::Parquet => parquet::read(path, columns, keep)?,
        };
        Ok((system, batches))
    }

    /// The next rows, of one file or of several small ones.
    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some((system, batches)) = &mut self.open {
                match batches.next() {
                    Some(batch) => {
                        let batch = batch?;
                        let rows = match self.wanted {
                            FileRows::All | FileRows::Good => batch.good,
                            FileRows::Bad => bad::batch(&system.path, &batch.bad)?,
                        };
                        self.rows.push(&rows, system, &self.columns)?;
                    }
                    None => self.open = None,
                }
            } else if let Some(file) = self.files.next() {
                self.open = Some(self.open(&file)?);
            } else {
                return self.rows.take(&self.schema);
            }
            if self.rows.count >= BATCH_ROWS {
                return self.rows.take(&self.schema);
            }
        }
    }
}

impl Iterator for Files {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

fn values(columns: &[ColumnSpec]) -> impl Iterator<Item = &ColumnSpec> {
    columns.iter().filter(|column| column.content == Content::Value)
}

fn format_name(format: FileFormat) -> &'static str {
    match format {
        FileFormat::JsonDocument | FileFormat::JsonLines => "JSON",
        FileFormat::Csv => "CSV",
        FileFormat::Parquet => "Parquet",
    }
}

/// What a file says of itself.
struct FileColumns {
    path: String,
    arrived_at_micros: i64,
}

impl FileColumns {
    fn of(file: &SourceFile) -> Result<Self> {
        let path = file.location.as_str();
        let data = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if !data.is_file() {
            return Err(ValueError::data(format!("{path} is no file")));
        }
        let modified = data.modified().map_err(|error| unreadable(path, error))?;
        let arrived_at_micros = match modified.duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_micros() as i64,
            Err(before) => -(before.duration().as_micros() as i64),
        };
        Ok(Self { path: file.path.clone(), arrived_at_micros })
    }

    fn column(&self, content: Content, rows: usize) -> Option<ArrayRef> {
        match content {
            Content::Value => None,
            Content::File => Some(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&self.path, rows)))),
            Content::Arrival => {
                let moments = TimestampMicrosecondArray::from_value(self.arrived_at_micros, rows);
                Some(Arc::new(moments.with_timezone(types::UTC)))
            }
        }
    }
}

/// Batches that wait to be big enough.
struct Rows {
    pending: Vec<Vec<ArrayRef>>,
    count: usize,
}

impl Rows {
    fn new(columns: &[ColumnSpec]) -> Result<Self> {
        for column in columns {
            let wanted = match column.content {
                Content::Value => continue,
                Content::File => lake_sql::types::Type::Varchar(None),
                Content::Arrival => lake_sql::types::Type::TimestampTz(6),
            };
            if types::arrow(&column.ty)? != types::arrow(&wanted)? {
                return Err(ValueError::statement(format!(
                    "column {} is {}, but what fills it is {wanted}",
                    column.name, column.ty
                )));
            }
        }
        Ok(Self { pending: Vec::new(), count: 0 })
    }

    fn push(&mut self, batch: &RecordBatch, system: &FileColumns, columns: &[ColumnSpec]) -> Result<()> {
        let mut values = batch.columns().iter();
        let column = |column: &ColumnSpec| match system.column(column.content, batch.num_rows()) {
            Some(filled) => Ok(filled),
            None => values.next().cloned().ok_or_else(|| ValueError::internal("a file's reader left out a column")),
        };
        self.pending.push(columns.iter().map(column).collect::<Result<Vec<_>>>()?);
        self.count += batch.num_rows();
        Ok(())
    }

    fn take(&mut self, schema: &SchemaRef) -> Result<Option<RecordBatch>> {
        if self.count == 0 {
            self.pending.clear();
            return Ok(None);
        }
        let pending = std::mem::take(&mut self.pending);
        let column = |at: usize| {
            let parts: Vec<_> = pending.iter().map(|part| part[at].as_ref()).collect();
            ::arrow::compute::concat(&parts).map_err(ValueError::from)
        };
        let columns = (0..schema.fields().len()).map(column).collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.count)));
        Ok(Some(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?))
    }
}

/// The declared values as builders, for the formats that are text.
fn builders(columns: &[ColumnSpec]) -> Result<Vec<Builder>> {
    columns.iter().map(|column| Builder::new(&column.ty)).collect()
}

/// What builders have gathered, as a batch.
fn finish(columns: &[ColumnSpec], builders: &mut [Builder], rows: usize) -> Result<RecordBatch> {
    let schema = schema(columns)?;
    let arrays = builders.iter_mut().map(Builder::finish).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
}

/// How a file is compressed, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    fn of(path: &str) -> Result<Self> {
        match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "gz" => Ok(Self::Gzip),
            "zst" => Ok(Self::Zstd),
            other @ ("bz2" | "xz" | "lz4" | "zip" | "7z") => Err(ValueError::data(format!(
                "{path}: expected a file as it is, or compressed as .gz or .zst, found .{other}"
            ))),
            _ => Ok(Self::None),
        }
    }
}

/// Opens a file as text, decompressed as its name says.
fn open_text(path: &str) -> Result<Box<dyn BufRead + Send>> {
    let compression = Compression::of(path)?;
    let file = BufReader::new(File::open(path).map_err(|error| unreadable(path, error))?);
    Ok(match compression {
        Compression::None => Box::new(file),
        Compression::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        Compression::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(file).map_err(|error| unreadable(path, error))?;
            Box::new(BufReader::new(decoder))
        }
    })
}

/// All bytes of a file, decompressed as its name says.
fn read_all(path: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_text(path)?.read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
    Ok(bytes)
}

/// A file that cannot be opened or read: the storage's fault, or, for a broken archive, the data's.
fn unreadable(path: &str, error: std::io::Error) -> ValueError {
    // `Other` is what decompression fails with; the system's own errors have kinds of their own.
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | Other | UnexpectedEof => ValueError::data(format!("{path} is damaged: {error}")),
        _ => ValueError::unavailable(format!("{path} cannot be read: {error}")),
    }
}

/// An error at a place in a text file; line and column count from 1.
fn wrong(path: &str, line: usize, column: usize, message: impl Display) -> ValueError {
    Fault::at(line, column, message.to_string()).in_file(path)
}

#[cfg(test)]
mod tests;
