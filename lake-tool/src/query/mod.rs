//! `lake query`: SQL over the tables of a warehouse folder.

mod batch;

use std::io::{BufWriter, Write as _, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lake_cli::args::RowFormat;
use lake_cli::report;
use lake_core::engine::{Engine, EngineError, Rows, State, Submission};
use lake_embedded::{Embedded, EmbeddedConfig};

use crate::error::Error;

/// `query`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The statement, in Trino's SQL.
    #[arg(value_name = "SQL", required_unless_present = "batch")]
    sql: Option<String>,
    /// Folder of the tables: the target's `warehouse` in lake.toml. It is made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "warehouse", env = "LAKE_WAREHOUSE")]
    warehouse: PathBuf,
    /// How to print the rows.
    #[arg(long, value_enum, default_value_t)]
    format: RowFormat,
    /// Read JSON lines {"id","sql"} on standard input and print {"id","columns","rows","error"} for each, types and values
    /// as Trino's protocol writes them.
    #[arg(long, conflicts_with_all = ["sql", "format"])]
    batch: bool,
    /// Memory for sorting, grouping and joining.
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    memory_mib: usize,
    /// Threads that run a statement.
    #[arg(long, value_name = "N", default_value_t = 4)]
    threads: usize,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Error> {
    let engine = Embedded::open(EmbeddedConfig {
        warehouse: args.warehouse.clone(),
        threads: args.threads,
        memory_bytes: args.memory_mib << 20,
    })?;
    let mut out = BufWriter::new(stdout().lock());
    match &args.sql {
        Some(sql) => report::rows::write(&rows(&engine, sql)?, args.format, &mut out)?,
        None => batch::run(stdin().lock(), &mut out, &engine)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// How long one poll waits.
const WAIT: Duration = Duration::from_secs(1);

/// Runs a statement to its end.
fn rows(engine: &dyn Engine, sql: &str) -> Result<Rows, EngineError> {
    let sql = sql.trim().trim_end_matches(';').to_owned();
    let id = engine.submit(&Submission { sql, token: uuid::Uuid::new_v4().to_string(), files: vec![] })?;
    loop {
        match engine.poll(std::slice::from_ref(&id), WAIT)?.remove(0) {
            State::Running => {}
            State::Failed(error) => return Err(error),
            State::Succeeded(_) | State::Cancelled => return engine.rows(&id),
        }
    }
}
