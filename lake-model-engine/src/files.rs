//! Files that a statement reads as a relation.

use std::collections::BTreeMap;
use std::io::Read;

use lake_core::engine::{EngineError, ErrorKind, FileRelation, SourceFile};
use lake_core::model::spec::{ColumnSpec, Content, FileFormat};
use lake_sql::types::Type;

use crate::error::{Result, data, failure, unsupported};
use crate::relation::Row;
use crate::session::FileRows;
use crate::value::Value;
use crate::{cast, json};

/// Files in memory, by path; those that are not here are looked for on disk.
#[derive(Clone, Debug, Default)]
pub struct FileStore {
    files: BTreeMap<String, (Vec<u8>, i64)>,
}

impl FileStore {
    /// Puts a file, with its arrival in microseconds.
    pub fn put(&mut self, path: &str, content: impl Into<Vec<u8>>, arrival: i64) {
        self.files.insert(path.into(), (content.into(), arrival));
    }

    fn read(&self, path: &str) -> Result<(Vec<u8>, i64)> {
        let (content, arrival) = match self.files.get(path) {
            Some(found) => found.clone(),
            None => read_disk(path)
                .map_err(|error| failure(ErrorKind::Unavailable, format!("file {path} cannot be read: {error}")))?,
        };
        if !path.ends_with(".gz") {
            return Ok((content, arrival));
        }
        let mut plain = vec![];
        let damaged = |error| data(format!("file {path} is damaged: {error}"));
        flate2::read::MultiGzDecoder::new(content.as_slice()).read_to_end(&mut plain).map_err(damaged)?;
        Ok((plain, arrival))
    }
}

fn read_disk(path: &str) -> std::io::Result<(Vec<u8>, i64)> {
    let changed = std::fs::metadata(path)?.modified()?.duration_since(std::time::UNIX_EPOCH);
    let arrival = changed.map_or(0, |age| i64::try_from(age.as_micros()).unwrap_or(i64::MAX));
    Ok((std::fs::read(path)?, arrival))
}

/// All rows of a relation's files, in the order of the files.
pub fn rows(relation: &FileRelation, store: &FileStore) -> Result<FileRows> {
    if relation.rows != lake_core::engine::FileRows::All {
        return Err(unsupported("keeping bad rows aside"));
    }
    let columns =
        relation.columns.iter().map(|column| (column.name.clone(), column.ty.clone(), column.nullable)).collect();
    let mut rows = vec![];
    for SourceFile { path: below, location: path } in &relation.files {
        let (content, arrival) = store.read(path)?;
        let text =
            String::from_utf8(content).map_err(|error| data(format!("file {path} is no UTF-8 text: {error}")))?;
        let file = File { path, below, arrival, columns: &relation.columns };
        rows.extend(match relation.format {
            FileFormat::JsonDocument => file.document(&text)?,
            FileFormat::JsonLines => file.lines(&text)?,
            FileFormat::Csv => file.csv(&text)?,
            FileFormat::Parquet => return Err(unsupported("Parquet files")),
        });
    }
    Ok(FileRows { columns, rows })
}

struct File<'a> {
    path: &'a str,
    below: &'a str,
    arrival: i64,
    columns: &'a [ColumnSpec],
}

impl File<'_> {
    fn damaged(&self, place: impl std::fmt::Display, why: impl std::fmt::Display) -> EngineError {
        data(format!("file {} is damaged at {place}: {why}", self.path))
    }

    /// The declared columns, their values found by name.
    fn row(&self, place: &str, mut find: impl FnMut(&str, &Type) -> Result<Option<Value>>) -> Result<Row> {
        let value = |column: &ColumnSpec| match column.content {
            Content::File => Ok(Value::text(self.below)),
            Content::Arrival => cast::cast(&Value::utc(self.arrival), &Type::TimestampTz(6), &column.ty),
            Content::Value => {
                let at = |error: EngineError| self.damaged(format!("{place}, column {}", column.name), error.message);
                find(&column.name, &column.ty).map(|found| found.unwrap_or(Value::Null)).map_err(at)
            }
        };
        self.columns.iter().map(value).collect()
    }

    fn object(&self, document: &serde_json::Value, place: &str) -> Result<Row> {
        let Some(entries) = document.as_object() else { return Err(self.damaged(place, "expected a JSON object")) };
        self.row(place, |name, ty| {
            let found = entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| json::from_json(value, ty)).transpose()
        })
    }

    fn document(&self, text: &str) -> Result<Vec<Row>> {
        let document = serde_json::from_str(text)
            .map_err(|error| self.damaged(format!("line {}, column {}", error.line(), error.column()), error))?;
        Ok(vec![self.object(&document, "the document")?])
    }

    fn lines(&self, text: &str) -> Result<Vec<Row>> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(at, line)| {
                let place = format!("line {}", at + 1);
                self.object(&serde_json::from_str(line).map_err(|error| self.damaged(&place, error))?, &place)
            })
            .collect()
    }

    fn csv(&self, text: &str) -> Result<Vec<Row>> {
        let records = records(text).ok_or_else(|| self.damaged("its end", "a quoted value has no closing quote"))?;
        let mut records = records.into_iter();
        let header: Vec<String> = records.next().map(|(_, names)| names).unwrap_or_default();
        records
            .map(|(line, values)| {
                let place = format!("line {line}");
                if values.len() != header.len() {
                    let why = format!("{} values, expected {} as in the header", values.len(), header.len());
                    return Err(self.damaged(place, why));
                }
                self.row(&place, |name, ty| {
                    let at = header.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
                    match at.map(|at| values[at].as_str()) {
                        None | Some("") => Ok(None),
                        Some(text) => cast::cast(&Value::text(text), &Type::Varchar(None), ty).map(Some),
                    }
                })
            })
            .collect()
    }
}

/// Records with the lines they begin at; None if a quote stays open.
fn records(text: &str) -> Option<Vec<(usize, Vec<String>)>> {
    let mut records = vec![];
    let (mut record, mut value) = (vec![], String::new());
    let (mut line, mut start, mut quoted) = (1, 1, false);
    let mut chars = text.chars().filter(|c| *c != '\r').peekable();
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => value.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut value)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut value));
                records.push((start, std::mem::take(&mut record)));
                start = line;
            }
            _ => value.push(c),
        }
    }
    if !value.is_empty() || !record.is_empty() {
        record.push(value);
        records.push((start, record));
    }
    records.retain(|(_, values)| values.iter().any(|value| !value.is_empty()));
    (!quoted).then_some(records)
}
