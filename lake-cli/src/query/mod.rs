//! `query`: ad-hoc SQL on an engine, for whoever brings one.
//!
//! One statement from the command line, a script from standard input, or a prompt if that is a terminal. What may be
//! run is the caller's to say ([`Access`]); what rows look like and where they go is decided here.

mod access;
pub(crate) mod destination;
mod format;
pub(crate) mod place;
pub(crate) mod values;

use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use lake_core::engine::{Engine, Rows, Stats, Submission, execute};
use lake_sql::syntax::pieces;

pub use access::Access;

use crate::error::Error;
use crate::interrupt::{Interrupt, Running};
use crate::{Exit, prompt};
use destination::Destination;
use format::table::Layout;

/// What is asked, and what its rows look like.
#[derive(Args, Clone, Debug, Default)]
pub struct Query {
    /// The statement, in Trino's SQL. Without it a prompt opens, or a script is read if standard input is no terminal.
    #[arg(value_name = "SQL")]
    pub sql: Option<String>,
    /// How to write the rows: by the name of the `--output` file, else a table on a terminal and CSV elsewhere.
    #[arg(long, value_enum)]
    pub format: Option<RowFormat>,
    /// One JSON object a row: short for `--format jsonl`.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Write the rows to a file, which is there when it is complete and not before.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// A table for people, as wide as the terminal.
    Table,
    /// Comma-separated values with a header line; null is an empty field, empty text a quoted one.
    Csv,
    /// A list of JSON objects, one a row.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow's file format.
    Arrow,
}

impl RowFormat {
    /// Its name on the command line.
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether a file holds the rows of one statement only.
    fn is_closed(self) -> bool {
        matches!(self, RowFormat::Json | RowFormat::Parquet | RowFormat::Arrow)
    }

    /// Whether it is for programs alone.
    fn is_binary(self) -> bool {
        matches!(self, RowFormat::Parquet | RowFormat::Arrow)
    }
}

/// Answers what is asked, or opens the prompt.
///
/// # Errors
/// If a statement fails or may not be run, or its rows cannot be written.
pub fn run(engine: &dyn Engine, query: &Query, access: Access) -> Result<Exit, Error> {
    let destination = Destination::of(query, io::stdout().is_terminal())?;
    let script = match &query.sql {
        Some(sql) => sql.clone(),
        None if io::stdin().is_terminal() => return prompt::run(engine, destination, access),
        None => {
            let mut script = String::new();
            io::stdin()
                .read_to_string(&mut script)
                .map_err(|error| Error::usage(format!("standard input: {error}")))?;
            script
        }
    };
    let statements = statements(&script, &destination, access)?;
    let interrupt = Interrupt::listen();
    for sql in statements {
        let running = interrupt.running();
        let answer = answer(engine, sql, &running).map_err(|error| place::failure(error, sql))?;
        let written = answer.map(|answer| destination.write(&answer, &running));
        if running.is_asked() {
            return Ok(Exit::Interrupted);
        }
        written.transpose()?;
    }
    Ok(Exit::Success)
}

/// The statements of a script; all that can be refused is refused before the first one runs.
fn statements<'s>(script: &'s str, destination: &Destination, access: Access) -> Result<Vec<&'s str>, Error> {
    let statements: Vec<&str> = pieces(script).statements.iter().map(|span| span.text(script)).collect();
    if statements.is_empty() {
        return Err(Error::usage("there is no statement").help("write one: `query \"select 1\"`"));
    }
    let format = destination.format;
    if statements.len() > 1 && (format.is_closed() || destination.file.is_some()) {
        let (what, help) = match &destination.file {
            Some(file) => (format!("`--output {}`", file.display()), "run them one by one"),
            None => (
                format!("`--format {}`", format.name()),
                "run them one by one, or write them as `--format jsonl` or `csv`",
            ),
        };
        let count = statements.len();
        return Err(Error::usage(format!("{what} holds the rows of one statement, and here are {count}")).help(help));
    }
    statements.iter().try_for_each(|sql| access.check(sql))?;
    Ok(statements)
}

/// What a statement came to.
pub(crate) struct Answer {
    pub stats: Stats,
    pub rows: Rows,
    pub time: Duration,
}

impl Answer {
    fn count(&self) -> usize {
        self.rows.batches.iter().map(|batch| batch.num_rows()).sum()
    }

    /// `7 rows (0.1 s)`, or what a statement without rows did.
    pub fn talk(&self) -> String {
        let rows = |count: u64| format!("{count} row{}", if count == 1 { "" } else { "s" });
        let what = match (self.rows.columns.is_empty(), self.stats.rows) {
            (false, _) => rows(self.count() as u64),
            (true, Some(count)) => format!("{} changed", rows(count)),
            (true, None) => "done".to_owned(),
        };
        format!("{what} ({:.1} s)", self.time.as_secs_f64())
    }
}

/// Runs one statement; None if it was interrupted.
pub(crate) fn answer(
    engine: &dyn Engine,
    sql: &str,
    running: &Running<'_>,
) -> Result<Option<Answer>, lake_core::engine::EngineError> {
    let start = Instant::now();
    let ran = execute(engine, &Submission::once(sql), || running.is_asked())?;
    Ok(ran.map(|(stats, rows)| Answer { stats, rows, time: start.elapsed() }))
}

/// Writes rows to what takes bytes.
fn write(rows: &Rows, format: RowFormat, layout: Layout, out: &mut dyn Write) -> Result<(), Error> {
    match format {
        RowFormat::Table => format::table::write(rows, layout, out),
        RowFormat::Csv => format::csv::write(rows, out),
        RowFormat::Json => format::json::write_list(rows, out),
        RowFormat::Jsonl => format::json::write_lines(rows, out),
        RowFormat::Parquet => format::columnar::write_parquet(rows, out),
        RowFormat::Arrow => format::columnar::write_arrow(rows, out),
    }
}
