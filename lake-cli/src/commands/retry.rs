//! `retry`: continue the last build.

use lake_core::run::session::RunOptions;

use super::{Context, supervise};
use crate::Exit;
use crate::args::Retry;
use crate::error::Error;

pub fn run(context: &Context<'_>, args: &Retry) -> Result<Exit, Error> {
    let session = context.session()?;
    let options = RunOptions { threads: args.threads, ..RunOptions::default() };
    supervise(args.format, |cancel, events| session.retry(&options, cancel, events))
}
