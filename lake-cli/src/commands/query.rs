//! `query`: ad-hoc SQL over the target's tables, which it only reads.

use super::Context;
use crate::Exit;
use crate::error::Error;
use crate::query::{self, Access, Query};

pub fn run(context: &Context<'_>, args: &Query) -> Result<Exit, Error> {
    let engine = context.engine(&context.target()?)?;
    query::run(&*engine, args, Access::Read)
}
