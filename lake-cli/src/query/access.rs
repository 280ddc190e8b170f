//! Which statements may be run.

use lake_sql::syntax::parse_statement;
use lake_sql::syntax::tree::{Statement, StatementKind};

use crate::error::Error;

/// Which statements may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Those that only read: tables are the models', and one that was dropped by hand is gone.
    Read,
    /// Any.
    Any,
}

impl Access {
    /// Refuses what may not be run. Text that is no statement is left to the engine, which says what is wrong with it.
    pub(crate) fn check(self, sql: &str) -> Result<(), Error> {
        let Some(statement) = (self == Access::Read).then(|| parse_statement(sql).tree).flatten() else {
            return Ok(());
        };
        if reads(&statement) {
            return Ok(());
        }
        let words: Vec<String> = sql.split_whitespace().take(2).map(str::to_lowercase).collect();
        let message = format!("`query` only reads, and this is a statement that may write: `{} …`", words.join(" "));
        Err(Error::usage(message).help("write a query: `select …`, `with …`, `values …` or `table …`"))
    }
}

fn reads(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Query(_) | StatementKind::Show { .. } | StatementKind::Describe(_) => true,
        // One kind of explaining runs the statement.
        StatementKind::Explain { statement, .. } => reads(statement),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Exit;

    #[test]
    fn a_query_reads() {
        for sql in [
            "select 1",
            "with a as (select 1) select * from a",
            "values 1",
            "table raw.orders",
            "show schemas",
            "show tables from raw",
            "describe raw.orders",
            "explain select 1",
        ] {
            Access::Read.check(sql).unwrap();
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
            "explain analyze delete from fx.rates",
        ] {
            assert_eq!(Access::Read.check(sql).unwrap_err().exit, Exit::Usage, "{sql}");
            Access::Any.check(sql).unwrap();
        }
        assert_eq!(
            Access::Read.check("DROP TABLE fx.rates").unwrap_err().messages,
            ["`query` only reads, and this is a statement that may write: `drop table …`"]
        );
    }
}
