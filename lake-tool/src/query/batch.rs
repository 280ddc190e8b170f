//! `lake query --batch`: JSON lines in, JSON lines out, one statement each.

use std::io::{BufRead, Write};

use lake_core::engine::{Engine, EngineError, ErrorKind, Rows, Submission, execute};
use lake_core::values::ValueError;
use lake_core::values::protocol;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use lake_cli::Error;

/// A line of input.
#[derive(Deserialize)]
struct Question {
    id: Value,
    sql: String,
}

/// A line of output.
#[derive(Serialize)]
struct Answer {
    id: Value,
    columns: Vec<Column>,
    rows: Vec<Value>,
    error: Option<Failure>,
}

#[derive(Serialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    ty: String,
}

#[derive(Serialize)]
struct Failure {
    /// What kind of failure, such as `statement` or `data`.
    id: &'static str,
    message: String,
}

/// Answers every line.
pub fn run(input: impl BufRead, out: &mut impl Write, engine: &dyn Engine) -> Result<(), Error> {
    for (number, line) in input.lines().enumerate() {
        let place = |message: String| {
            Error::usage(format!("line {} of standard input: {message}", number + 1))
                .help(r#"write one object a line: {"id": 1, "sql": "select 1"}"#)
        };
        let line = line.map_err(|error| place(error.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question = serde_json::from_str(&line).map_err(|error| place(error.to_string()))?;
        let answer = answer(question, engine);
        serde_json::to_writer(&mut *out, &answer).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(question: Question, engine: &dyn Engine) -> Answer {
    let id = question.id;
    let failed = |kind, message| Answer {
        id: Value::Null,
        columns: vec![],
        rows: vec![],
        error: Some(Failure { id: name(kind), message }),
    };
    let answer = match rows(engine, question.sql.trim().trim_end_matches(';')) {
        Ok(rows) => match values(&rows) {
            Ok(values) => Answer { id: Value::Null, columns: columns(&rows), rows: values, error: None },
            Err(error) => failed(error.kind, error.message),
        },
        Err(error) => failed(error.kind, error.message),
    };
    Answer { id, ..answer }
}

/// Runs a statement to its end.
fn rows(engine: &dyn Engine, sql: &str) -> Result<Rows, EngineError> {
    let ran = execute(engine, &Submission::once(sql), || false)?;
    Ok(ran.expect("nobody stops it").1)
}

fn columns(rows: &Rows) -> Vec<Column> {
    let named = rows.columns.iter().map(|(name, ty)| Column { name: name.clone(), ty: format!("{ty:#}") });
    named.collect()
}

fn values(rows: &Rows) -> Result<Vec<Value>, ValueError> {
    let mut values = vec![];
    for batch in &rows.batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().zip(&rows.columns);
            let cells = cells.map(|(column, (_, ty))| protocol::json(column.as_ref(), row, ty));
            values.push(Value::Array(cells.collect::<Result<_, _>>()?));
        }
    }
    Ok(values)
}

fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Statement => "statement",
        ErrorKind::Data => "data",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Throttled => "throttled",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Denied => "denied",
        ErrorKind::Internal => "internal",
    }
}
