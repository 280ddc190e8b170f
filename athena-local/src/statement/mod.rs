//! Statements: which of Athena's two parsers takes them, what it refuses, and what the engine runs instead.

mod create;
mod hive;
mod tokens;
mod trino;
mod types;
mod writers;

use lake_core::engine::{Engine, Submission, wait};

use crate::account::Account;
use crate::executions::{Answer, Outcome, Task};
use crate::failure::Failure;

use tokens::{Token, TokenKind, position};

/// A statement that was parsed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub kind: Kind,
    /// As it is shown: without semicolon.
    pub text: String,
    work: Work,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
enum Work {
    /// Statements of the engine; the last one's answer counts.
    Engine(Vec<String>),
    CreateTableAs(create::CreateTableAs),
    Write(writers::Write),
    /// It was understood, and fails.
    Fail(Failure),
}

/// Athena's words for kinds of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Select,
    Explain,
    Insert,
    Update,
    Delete,
    Merge,
    CreateTableAs,
    CreateView,
    DropView,
    CreateTable,
    DropTable,
    AlterTable,
    CreateDatabase,
    DropDatabase,
    Describe,
    Show,
    Optimize,
    Vacuum,
}

impl Kind {
    /// SubstatementType.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Select => "SELECT",
            Kind::Explain => "EXPLAIN",
            Kind::Insert => "INSERT",
            Kind::Update => "UPDATE",
            Kind::Delete => "DELETE",
            Kind::Merge => "MERGE",
            Kind::CreateTableAs | Kind::Optimize => "CREATE_TABLE_AS_SELECT",
            Kind::CreateView => "CREATE_VIEW",
            Kind::DropView => "DROP_VIEW",
            Kind::CreateTable => "CREATE_TABLE",
            Kind::DropTable => "DROP_TABLE",
            Kind::AlterTable => "ALTER_TABLE",
            Kind::CreateDatabase => "CREATE_DATABASE",
            Kind::DropDatabase => "DROP_DATABASE",
            Kind::Describe => "DESCRIBE_TABLE",
            Kind::Show => "SHOW_TABLES",
            Kind::Vacuum => "VACUUM_TABLE",
        }
    }

    /// StatementType. A CTAS is called DDL.
    pub fn statement_type(self) -> &'static str {
        match self {
            Kind::Select | Kind::Insert | Kind::Update | Kind::Delete | Kind::Merge | Kind::Explain | Kind::Vacuum => {
                "DML"
            }
            Kind::Describe | Kind::Show => "UTILITY",
            _ => "DDL",
        }
    }

    /// Whether the first row of results names the columns.
    pub fn has_header(self) -> bool {
        matches!(self, Kind::Select | Kind::Explain)
    }

    /// Whether Hive's parser takes it.
    pub fn is_hive(self) -> bool {
        !matches!(
            self,
            Kind::Select
                | Kind::Explain
                | Kind::Insert
                | Kind::Update
                | Kind::Delete
                | Kind::Merge
                | Kind::CreateTableAs
                | Kind::CreateView
                | Kind::DropView
        )
    }

    /// What a caller must be allowed of Glue, because Athena asks it in their name. After the user guide's page on access to
    /// databases and tables; a commit of an Iceberg table updates its entry, and a renamed table gets a new one.
    pub fn asks_glue_for(self) -> &'static [&'static str] {
        match self {
            Kind::Select | Kind::Explain | Kind::Describe => &["GetDatabase", "GetTable"],
            Kind::Show => &["GetDatabase", "GetTables"],
            Kind::Insert | Kind::Update | Kind::Delete | Kind::Merge | Kind::Optimize | Kind::Vacuum => {
                &["GetDatabase", "GetTable", "UpdateTable"]
            }
            Kind::CreateTableAs | Kind::CreateTable => &["GetDatabase", "GetTable", "CreateTable"],
            Kind::CreateView => &["GetDatabase", "GetTable", "CreateTable", "UpdateTable"],
            Kind::DropTable | Kind::DropView => &["GetDatabase", "GetTable", "DeleteTable"],
            Kind::AlterTable => &["GetDatabase", "GetTable", "CreateTable", "UpdateTable", "DeleteTable"],
            Kind::CreateDatabase => &["GetDatabase", "CreateDatabase"],
            Kind::DropDatabase => &["GetDatabase", "DeleteDatabase"],
        }
    }

    fn changes_rows(self) -> bool {
        matches!(self, Kind::Insert | Kind::Update | Kind::Delete | Kind::Merge | Kind::CreateTableAs)
    }
}

/// Parses a statement; the words of what is malformed.
pub(crate) fn read(sql: &str) -> Result<Statement, String> {
    let (tokens, block_comment) = tokens::tokens(sql);
    let semicolon = tokens.iter().position(|token| token.kind == TokenKind::Symbol(';'));
    let (text, tokens) = match semicolon {
        Some(0) => return Err(format!("Empty sql statement: {sql}")),
        Some(at) if tokens[at..].iter().any(|token| token.kind != TokenKind::Symbol(';')) => {
            return Err(format!("Only one sql statement is allowed. Got: {sql}"));
        }
        Some(at) => (&sql[..tokens[at].start], &tokens[..at]),
        None => (sql, tokens.as_slice()),
    };
    if tokens.is_empty() {
        return Err(format!("Empty sql statement: {sql}"));
    }
    let text = text.trim_end();
    match is_hive(text, tokens) {
        true => {
            quotes(text, tokens, '"')?;
            hive::read(text, tokens, block_comment)
        }
        false => {
            quotes(text, tokens, '`')?;
            trino::read(text, tokens)
        }
    }
}

/// Which parser takes it: by its first words, and a CTAS by the query in it.
fn is_hive(text: &str, tokens: &[Token]) -> bool {
    let word = |n: usize| tokens.get(n).map(|token| token.text(text).to_lowercase()).unwrap_or_default();
    match (word(0).as_str(), word(1).as_str()) {
        ("create", "table" | "external") => !tokens::is_create_as(text, tokens),
        ("create" | "drop" | "alter", "database" | "schema") | ("drop" | "alter", "table") => true,
        ("show", "create") => word(2) != "view",
        ("show" | "describe" | "desc" | "msck" | "optimize" | "vacuum", _) => true,
        _ => false,
    }
}

/// Each parser has one quote for names and takes the other for a mistake.
fn quotes(text: &str, tokens: &[Token], wrong: char) -> Result<(), String> {
    let Some(token) = tokens.iter().find(|token| token.kind == TokenKind::Quoted(wrong)) else { return Ok(()) };
    let place = position(text, token.start);
    Err(match wrong {
        '`' => format!("{place}: backquoted identifiers are not supported; use double quotes to quote identifiers"),
        _ => format!("{place}: mismatched input '{}'. Expecting: <identifier>", token.text(text)),
    })
}

/// Runs a statement to its end.
pub(crate) fn run(account: &Account, statement: &Statement, token: &str, task: &Task) -> Outcome {
    let mut answer = match &statement.work {
        Work::Fail(failure) => return Err(failure.clone()),
        Work::CreateTableAs(create) => create.run(account, token, task)?,
        Work::Write(write) => write.run(account, token, task)?,
        Work::Engine(statements) => {
            let mut answer = Answer::default();
            for (n, sql) in statements.iter().enumerate() {
                let token = if n == 0 { token.to_owned() } else { format!("{token}-{n}") };
                answer = execute(account, sql, &token, task).map_err(|failure| worded(statement.kind, failure))?;
            }
            answer
        }
    };
    if !statement.kind.changes_rows() {
        answer.changed = None;
    }
    Ok(answer)
}

/// Hive's parser has words of its own for a table that is missing.
fn worded(kind: Kind, failure: Failure) -> Failure {
    match failure.reason.strip_prefix("TABLE_NOT_FOUND: ") {
        Some(words) if kind.is_hive() => Failure {
            message: Some(words.to_owned()),
            reason: format!("FAILED: SemanticException [Error 10001]: Table not found {words}"),
            ..failure
        },
        _ => failure,
    }
}

/// Runs one statement of the engine.
fn execute(account: &Account, sql: &str, token: &str, task: &Task) -> Outcome {
    let engine = &account.engine;
    let submission = Submission { sql: sql.to_owned(), token: token.to_owned(), files: vec![] };
    let id = engine.submit(&submission).map_err(|error| Failure::of(&error))?;
    task.set_current(Some(id.clone()));
    if task.is_stopped() {
        task.cancel(engine);
    }
    let stats = wait(engine, &id, || false).map_err(|error| Failure::of(&error))?.ok_or_else(Failure::cancelled)?;
    task.set_current(None);
    let rows = engine.rows(&id).map_err(|error| Failure::of(&error))?;
    Ok(Answer {
        columns: rows.columns,
        batches: rows.batches,
        changed: stats.rows,
        bytes: stats.bytes_scanned.unwrap_or(0),
    })
}

/// Leaves what a failed create leaves: files, and a table without any snapshot.
pub(crate) fn leave(account: &Account, statement: &Statement) {
    if let Work::CreateTableAs(create) = &statement.work {
        create.leave(account);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refused(sql: &str) -> String {
        read(sql).unwrap_err()
    }

    #[test]
    fn each_parser_refuses_the_others_quotes() {
        assert_eq!(
            refused("drop table if exists \"a\".\"b\""),
            "line 1:22: mismatched input '\"a\"'. Expecting: <identifier>"
        );
        assert_eq!(
            refused("select *\nfrom `a`.`b`"),
            "line 2:6: backquoted identifiers are not supported; use double quotes to quote identifiers"
        );
        for sql in [
            "drop table if exists `a`.`b`",
            "alter table `a`.`b` rename to `a`.`c`",
            "create schema if not exists `a`",
            "select '`' as \"x\" -- `y`",
            "drop view if exists \"a\".\"b\"",
            "select 1;",
        ] {
            read(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }

    #[test]
    fn what_athena_does_not_parse_is_malformed() {
        assert_eq!(refused("select 1; select 2"), "Only one sql statement is allowed. Got: select 1; select 2");
        assert_eq!(refused(";"), "Empty sql statement: ;");
        assert_eq!(
            refused("create or replace table a.b as select 1 as x"),
            "line 1:19: mismatched input 'table'. Expecting: 'VIEW'"
        );
        assert!(
            refused("selec 1").starts_with("line 1:1: mismatched input 'selec'. Expecting: "),
            "{}",
            refused("selec 1")
        );
        assert!(refused("create table a.b (x bigint) as select 1 as x").starts_with("line 1:"));
    }

    #[test]
    fn kinds_are_athenas() {
        let cases = [
            ("select 1", Kind::Select),
            ("with x as (select 1 as a) select * from x", Kind::Select),
            ("create table \"a\".\"b\" with (table_type = 'ICEBERG') as\nselect 1 as x", Kind::CreateTableAs),
            ("create or replace view \"a\".\"v\" as select 1 as x", Kind::CreateView),
            ("merge into a.b t using a.c s on false when not matched then insert (x) values (s.x)", Kind::Merge),
            ("describe a.b", Kind::Describe),
            ("vacuum a.b", Kind::Vacuum),
        ];
        for (sql, kind) in cases {
            assert_eq!(read(sql).unwrap().kind, kind, "{sql}");
        }
    }
}
