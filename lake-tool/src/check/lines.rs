//! `lake check --types`: JSON lines in, JSON lines out, one query each.

use std::io::{BufRead, Write};

use lake_sql::bind::bind_statement;
use lake_sql::bound::OutputColumn;
use lake_sql::bound::statement::BoundStatement;
use lake_sql::finding::report::Source;
use lake_sql::finding::{Finding, Severity};
use lake_sql::span::Span;
use lake_sql::syntax::parse_statement;
use lake_sql::syntax::tree::StatementKind;
use lake_sql::types::TypeRules;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::Catalog;
use super::schema::Schema;
use super::told;
use lake_cli::Error;

/// A line of input.
#[derive(Deserialize)]
struct Question {
    id: Value,
    sql: String,
    #[serde(default)]
    schema: Schema,
}

#[derive(Serialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    nullable: bool,
}

/// Answers every line.
pub fn run(input: impl BufRead, out: &mut impl Write, catalog: &Catalog, rules: TypeRules) -> Result<(), Error> {
    for (number, line) in input.lines().enumerate() {
        let place = |message: String| Error::usage(format!("line {} of standard input: {message}", number + 1));
        let line = line.map_err(|error| place(error.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question = serde_json::from_str(&line).map_err(|error| {
            place(error.to_string())
                .help(r#"write one object a line: {"id": 1, "sql": "select 1", "schema": {"shop.orders": {"order_id": "bigint"}}}"#)
        })?;
        let catalog = question.schema.apply(catalog, rules).map_err(place)?;
        let (columns, findings) = answer(&question.sql, &catalog, rules);
        let columns = serde_json::to_string(&columns).map_err(std::io::Error::from)?;
        writeln!(out, r#"{{"id":{},"columns":{columns},"findings":[{}]}}"#, question.id, findings.join(","))?;
    }
    Ok(out.flush()?)
}

/// The columns of the result (none for statements without rows, and where an error is found), and the findings as JSON.
fn answer(sql: &str, catalog: &Catalog, rules: TypeRules) -> (Vec<Column>, Vec<String>) {
    let parsed = parse_statement(sql);
    let (mut columns, mut findings) = (vec![], parsed.findings);
    if let (Some(statement), true) = (&parsed.tree, findings.is_empty()) {
        let outcome = bind_statement(statement, sql, catalog, rules);
        findings = outcome.findings;
        columns = match outcome.statement {
            Some(BoundStatement::Query(query)) => {
                query.columns.into_iter().enumerate().map(|(position, column)| named(position, column)).collect()
            }
            _ => told::columns(statement).into_iter().map(told_column).collect(),
        };
        if let StatementKind::Execute { text: Some(text), args } = &statement.kind
            && args.is_empty()
        {
            return immediate(sql, text, catalog, rules);
        }
    }
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        columns.clear();
    }
    let source = Source::new(sql, "<sql>", 1, 1);
    (columns, findings.iter().map(|finding| source.json(finding)).collect())
}

/// What EXECUTE IMMEDIATE gives; whatever is wrong in its text is shown at the statement.
fn immediate(sql: &str, text: &str, catalog: &Catalog, rules: TypeRules) -> (Vec<Column>, Vec<String>) {
    let (columns, findings) = answer(text, catalog, rules);
    let source = Source::new(sql, "<sql>", 1, 1);
    let found = parse_statement(text).findings.into_iter().next().or_else(|| {
        let tree = parse_statement(text).tree?;
        bind_statement(&tree, text, catalog, rules).findings.into_iter().next()
    });
    let shown = found.map(|finding| {
        let span = Span::new(0, sql.len());
        source.json(&Finding { span, context: vec![], suggestion: None, ..finding })
    });
    (columns, if findings.is_empty() { vec![] } else { shown.into_iter().collect() })
}

fn told_column((name, ty): (&str, &str)) -> Column {
    Column { name: name.to_owned(), ty: ty.to_owned(), nullable: true }
}

/// A column of a result, called as Trino calls it.
fn named(position: usize, column: OutputColumn) -> Column {
    let name = column.name.unwrap_or_else(|| format!("_col{position}"));
    Column { name, ty: format!("{:#}", column.ty), nullable: column.nullable }
}
