//! Makes the tables of TPC-H or TPC-DS in a warehouse: `cargo run --release -p lake-bench-engine -- tpch --scale 1 DIR`.
//!
//! The generators are those of `tpchgen` and `tpcdsgen`, whose rows are the rows of Trino's connectors of these names.
//! `beside.py` of this folder runs queries and merges over them, and beside DuckDB.

mod load;
mod tpcds;
mod tpch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tables of a benchmark, as Iceberg tables in a folder.
#[derive(Parser)]
struct Arguments {
    /// Whose tables.
    benchmark: Benchmark,
    /// Folder of the warehouse; the schema is called like the benchmark.
    warehouse: PathBuf,
    /// Scale factor: 1 is about a gigabyte of text.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Only these tables.
    #[arg(long, value_delimiter = ',')]
    tables: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Benchmark {
    Tpch,
    Tpcds,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let made = match arguments.benchmark {
        Benchmark::Tpch => load::tables("tpch", &tpch::schema(), &arguments, tpch::rows),
        Benchmark::Tpcds => load::tables("tpcds", &tpcds::schema(), &arguments, tpcds::rows),
    };
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
