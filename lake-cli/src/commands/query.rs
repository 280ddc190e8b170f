//! `query`: ad-hoc SQL over the target's tables.

use std::io::{BufWriter, Write as _, stdout};
use std::time::Duration;

use lake_core::engine::{State, Submission};

use super::Context;
use crate::args::Query;
use crate::error::Error;
use crate::{Exit, report};

/// How long one poll waits.
const WAIT: Duration = Duration::from_secs(1);

pub fn run(context: &Context<'_>, args: &Query) -> Result<Exit, Error> {
    let engine = context.engine(&context.target()?)?;
    let sql = args.sql.trim().trim_end_matches(';').to_owned();
    let token = uuid::Uuid::new_v4().to_string();
    let id = engine.submit(&Submission { sql, token, files: vec![] })?;
    loop {
        match engine.poll(std::slice::from_ref(&id), WAIT)?.remove(0) {
            State::Running => {}
            State::Succeeded(_) => break,
            State::Failed(error) => return Err(error.into()),
            State::Cancelled => return Ok(Exit::Interrupted),
        }
    }
    let mut out = BufWriter::new(stdout().lock());
    report::rows::write(&engine.rows(&id)?, args.format, &mut out)?;
    out.flush()?;
    Ok(Exit::Success)
}
