//! `query`: ad-hoc SQL over the target's tables.

use std::io::{BufWriter, Write as _, stdout};
use std::time::Duration;

use lake_core::engine::{State, Submission};
use lake_sql::syntax::parse_statement;
use lake_sql::syntax::tree::StatementKind;

use super::Context;
use crate::args::Query;
use crate::error::Error;
use crate::{Exit, report};

/// How long one poll waits.
const WAIT: Duration = Duration::from_secs(1);

pub fn run(context: &Context<'_>, args: &Query) -> Result<Exit, Error> {
    let sql = args.sql.trim().trim_end_matches(';').to_owned();
    only_reads(&sql)?;
    let engine = context.engine(&context.target()?)?;
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

/// Refuses what writes: tables are the models', and a table that was dropped by hand is gone. Text that is no statement
/// is left to the engine, which says what is wrong with it.
fn only_reads(sql: &str) -> Result<(), Error> {
    match parse_statement(sql).tree {
        Some(statement) if !matches!(statement.kind, StatementKind::Query(_)) => {
            let words: Vec<String> = sql.split_whitespace().take(2).map(str::to_lowercase).collect();
            let message =
                format!("`query` only reads, and this is a statement that may write: `{} …`", words.join(" "));
            Err(Error::usage(message).help("write a query: `select …`, `with …`, `values …` or `table …`"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_query_reads() {
        for sql in ["select 1", "with a as (select 1) select * from a", "values 1", "table raw.orders"] {
            only_reads(sql).unwrap();
        }
    }

    #[test]
    fn a_statement_that_writes_is_refused() {
        for sql in [
            "drop table fx.rates",
            "delete from fx.rates",
            "insert into fx.rates select 1",
            "create table a.b as select 1 as x",
            "update fx.rates set rate = 1",
        ] {
            assert_eq!(only_reads(sql).unwrap_err().exit, Exit::Usage, "{sql}");
        }
        assert_eq!(
            only_reads("DROP TABLE fx.rates").unwrap_err().messages,
            ["`query` only reads, and this is a statement that may write: `drop table …`"]
        );
    }
}
