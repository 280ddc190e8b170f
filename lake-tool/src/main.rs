//! `lake`: what needs no build of a project. The commands over a project's models are in the project's own program.

mod check;
mod query;
#[cfg(feature = "serve")]
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Typed SQL pipelines for the data lake: what needs no project.
#[derive(Debug, Parser)]
#[command(
    name = "lake",
    version,
    about,
    after_help = "Exit codes: 0 done, 1 something is wrong in what was looked at, 2 used wrongly, 130 interrupted."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check SQL files against the tables that they read: names, types, nulls.
    Check(check::Args),
    /// Run SQL over the tables of a warehouse folder with the embedded engine.
    Query(query::Args),
    /// Serve another system's protocol on loopback, for tests and trials.
    #[cfg(feature = "serve")]
    #[command(subcommand)]
    Serve(serve::Server),
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Check(args) => check::run(&args),
        Command::Query(args) => query::run(&args),
        #[cfg(feature = "serve")]
        Command::Serve(server) => serve::run(&server),
    };
    let exit = ended.unwrap_or_else(|error| {
        error.print();
        error.exit
    });
    exit.into()
}
