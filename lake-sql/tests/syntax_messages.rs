//! What the parser says about mistakes that people make, and that one mistake gives one finding.

#![allow(clippy::unwrap_used)]

use lake_sql::finding::report::Source;
use lake_sql::syntax::{Templates, parse_query, parse_statement};

/// Each query of `data/syntax-mistakes.sql` (they are separated by empty lines) with what is said about it.
#[test]
fn mistakes_are_told_in_words_that_help() {
    let text = include_str!("data/syntax-mistakes.sql");
    let told = text.trim().split("\n\n").map(|sql| {
        let parsed = parse_query(sql, Templates::Yes);
        let source = Source::new(sql, "model.rs", 1, 1);
        let told: Vec<String> = parsed.findings.iter().map(|finding| source.compile_error(finding)).collect();
        assert!(!told.is_empty(), "nothing is said about\n{sql}");
        format!("{sql}\n\n{}\n", told.join("\n\n"))
    });
    let line = format!("{}\n", "=".repeat(100));
    insta::assert_snapshot!(told.collect::<Vec<_>>().join(&line));
}

#[test]
fn several_mistakes_are_told_at_once() {
    let sql = "select a,, b c d, sum(e from t where x == 1 group by (y limit 1, 2";
    let findings = parse_query(sql, Templates::No).findings;
    let told: Vec<String> = findings.iter().map(|finding| finding.span.text(sql).to_owned()).collect();
    assert_eq!(told, [",", "d", "from", "==", "limit", "1, 2"]);
}

#[test]
fn statements_too() {
    let told = |sql: &str| parse_statement(sql).findings.remove(0).message;
    assert_eq!(told("select 1; select 2"), "one query only: a semicolon stands in its middle");
    assert_eq!(told("vacum t"), "expected a statement, such as `select` or `create table`, found `vacum`");
    assert_eq!(told("create table t (a bigint primary key)"), "tables of Trino have no keys");
    assert_eq!(told("update t x set a = 1"), "the table of `update` and `delete` takes no alias");
    assert!(parse_statement("select 1;").findings.is_empty());
}
