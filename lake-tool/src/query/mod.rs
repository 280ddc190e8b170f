//! `lake query`: SQL over the tables of a warehouse folder.

mod batch;

use std::io::{BufWriter, Write as _, stdin, stdout};
use std::path::PathBuf;

use lake_cli::query::{self, Access, Query};
use lake_cli::{Error, Exit};
use lake_embedded::{Embedded, EmbeddedConfig};

/// `query`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What is asked.
    #[command(flatten)]
    query: Query,
    /// Folder of the tables: the target's `warehouse` in lake.toml. It is made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "warehouse", env = "LAKE_WAREHOUSE")]
    warehouse: PathBuf,
    /// Read JSON lines {"id","sql"} on standard input and print {"id","columns","rows","error"} for each, types and values
    /// as Trino's protocol writes them.
    #[arg(long, conflicts_with_all = ["sql", "format", "json", "output"])]
    batch: bool,
    /// Memory for sorting, grouping and joining.
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    memory_mib: usize,
    /// Threads that run a statement.
    #[arg(long, value_name = "N", default_value_t = 4)]
    threads: usize,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let engine = Embedded::open(EmbeddedConfig {
        warehouse: args.warehouse.clone(),
        threads: args.threads,
        memory_bytes: args.memory_mib << 20,
    })?;
    if !args.batch {
        return query::run(&engine, &args.query, Access::Any);
    }
    let mut out = BufWriter::new(stdout().lock());
    batch::run(stdin().lock(), &mut out, &engine)?;
    out.flush()?;
    Ok(Exit::Success)
}
