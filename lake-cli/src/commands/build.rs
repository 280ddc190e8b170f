//! `build`: plan, stage, audit, publish.

use lake_core::run::session::RunOptions;

use super::{Context, chosen, supervise};
use crate::Exit;
use crate::args::Build;
use crate::error::Error;

pub fn run(context: &Context<'_>, args: &Build) -> Result<Exit, Error> {
    let session = context.session()?;
    let chosen = chosen(session.project(), &args.selection)?.into_iter().collect();
    let options = RunOptions { threads: args.threads, ..RunOptions::default() };
    supervise(args.format, |cancel, events| session.run(&chosen, &options, cancel, events).map(Some))
}
