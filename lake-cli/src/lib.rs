//! The command line over a project of models: arguments, progress, reports and exit codes.
//!
//! It decides nothing about models; `lake-core` does. Engines are handed in, so that none is compiled that nobody uses.

pub mod args;
mod commands;
mod error;
mod exit;
mod interrupt;
mod prompt;
pub mod query;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use lake_core::engine::{Engine, EngineError};
use lake_core::project::settings::Target;

pub use error::Error;
pub use exit::Exit;

/// A kind of engine that this program was built with.
#[derive(Clone, Copy)]
pub struct EngineKind {
    /// Its name in `lake.toml`.
    pub name: &'static str,
    /// Opens it for a target, whose folders are absolute.
    pub open: fn(&Target) -> Result<Box<dyn Engine>, EngineError>,
    /// Who removes files that its tables no longer need.
    pub garbage: Garbage,
}

/// Who removes files that tables no longer need.
#[derive(Clone, Copy)]
pub enum Garbage {
    /// The engine keeps its files itself, and this removes them.
    Ours(fn(&Target, &Sweep) -> Result<Swept, EngineError>),
    /// Somebody else: what to do there.
    Theirs(&'static str),
}

/// Which files may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Those that are older.
    pub older_than: Duration,
    /// Only finds them.
    pub dry_run: bool,
}

/// Files that have gone, or would go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// The files.
    pub files: Vec<String>,
    /// Their size.
    pub bytes: u64,
}

/// A program over models: which crates hold them, and which engines it can use.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    /// Crates that declare models.
    pub crates: &'a [&'a str],
    /// Engines.
    pub engines: &'a [EngineKind],
}

impl Program<'_> {
    /// Runs the command line of this process.
    pub fn main(&self) -> ExitCode {
        self.run(std::env::args_os()).into()
    }

    /// Runs one command line; the first argument is the program's name.
    pub fn run(&self, arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
        match args::Cli::try_parse_from(arguments) {
            Ok(cli) => commands::run(self, cli),
            Err(error) => {
                // Help and version come as errors too, to standard output and with code 0.
                let _ = error.print();
                if error.use_stderr() { Exit::Usage } else { Exit::Success }
            }
        }
    }
}
