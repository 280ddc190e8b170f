//! `lake serve`: servers that stand in for others, on loopback.

use std::path::PathBuf;

use athena_local::{AthenaLocal, Config, Script};
use clap::Subcommand;

use lake_cli::{Error, Exit};

/// What is served.
#[derive(Debug, Subcommand)]
pub enum Server {
    /// Athena's and Glue's protocol over a folder of Iceberg tables, with the embedded engine behind it.
    Athena(Athena),
}

/// `serve athena`
#[derive(clap::Args, Debug)]
pub struct Athena {
    /// Port on 127.0.0.1; 0 for any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Folder of the tables; made if it is not there.
    #[arg(long, value_name = "DIR")]
    warehouse: PathBuf,
    /// JSON file that says what happens to which calls.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

/// Serves until the process is stopped.
pub fn run(server: &Server) -> Result<Exit, Error> {
    let Server::Athena(args) = server;
    let mut config = Config { port: args.port, ..Config::new(&args.warehouse) };
    if let Some(faults) = &args.faults {
        config.script = Script::read(faults).map_err(|error| Error::usage(error.to_string()))?;
    }
    let server = AthenaLocal::start(config).map_err(|error| Error::usage(error.to_string()))?;
    println!("{}", server.url());
    eprintln!("serving Athena and Glue; set AWS_ENDPOINT_URL, any credentials and any region; Ctrl-C stops");
    server.serve()
}
