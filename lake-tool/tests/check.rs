//! `lake check` as a program: what it prints and how it ends.

#![allow(clippy::unwrap_used)]

mod program;

use program::lake;

#[test]
fn mistakes_are_shown_in_their_text() {
    let (out, err, code) = lake(&["check", "--schema", "schema.sql", "wrong.sql"], "");
    assert_eq!((err.as_str(), code), ("", 1));
    insta::assert_snapshot!(out);
}

#[test]
fn doubts_are_warnings() {
    let (out, err, code) = lake(&["check", "--schema", "schema.sql", "--portable", "doubtful.sql"], "");
    assert_eq!((err.as_str(), code), ("", 0));
    insta::assert_snapshot!(out);
}

#[test]
fn a_statement_sees_what_those_before_it_created() {
    let (out, err, code) = lake(&["check", "--schema", "schema.sql", "right.sql"], "");
    assert_eq!((out.as_str(), err.as_str(), code), ("1 file: 0 errors, 0 warnings\n", "", 0));
}

#[test]
fn a_folder_means_its_sql_files_and_each_has_its_own_tables() {
    let (out, _, code) = lake(&["check", ".", "--schema", "schema.sql", "--format", "json"], "");
    assert_eq!(code, 1);
    let files: Vec<String> = out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["file"].as_str().unwrap().to_owned())
        .collect();
    assert!(files.iter().all(|file| file.ends_with("wrong.sql") || file.ends_with("doubtful.sql")), "{files:?}");
    assert!(files.len() > 5, "{files:?}");
}

#[test]
fn sarif_names_rules_and_places() {
    let (out, _, code) =
        lake(&["check", "-", "--schema", "schema.sql", "--format", "sarif"], "select nte from shop.orders");
    assert_eq!(code, 1);
    insta::assert_snapshot!(out);
}

#[test]
fn lines_are_answered_one_by_one() {
    let questions = [
        r#"{"id": 1, "sql": "select * from t", "schema": {"t": {"z": "bigint not null", "a": "varchar(3)"}}}"#,
        r#"{"id": "two", "sql": "select nationkey, 1.50 from nation", "schema": "tpch.tiny"}"#,
        r#"{"id": 3, "sql": "select z + 'a' from t", "schema": "create table t (z interval day to second)"}"#,
        r#"{"id": [4], "sql": "select x from t", "schema": {"t": [{"name": "x", "type": "row(a decimal(3,1))", "nullable": false}]}}"#,
        r#"{"id": null, "sql": "select"}"#,
    ];
    let (out, err, code) = lake(&["check", "--types"], &questions.join("\n"));
    assert_eq!((err.as_str(), code), ("", 0));
    insta::assert_snapshot!(out);
}

#[test]
fn wrong_use_says_what_to_write() {
    let cases: &[(&[&str], &str)] = &[
        (&["check", "nowhere.sql"], ""),
        (&["check", "../shop", "--schema", "schema"], ""),
        (&["check", "../snapshots"], ""),
        (&["check", "--types"], "{\"id\": 1}"),
        (&["check", "--types"], "\n{\"id\": 1, \"sql\": \"select 1\", \"schema\": [1]}"),
        (&["check", "--types"], "{\"id\": 1, \"sql\": \"select 1\", \"schema\": {\"t\": {\"a\": \"bigit\"}}}"),
        (&["check", "--types"], "{\"id\": 1, \"sql\": \"select 1\", \"schema\": \"create table t (a bigit)\"}"),
    ];
    let mut told = String::new();
    for (arguments, input) in cases {
        let (out, err, code) = lake(arguments, input);
        assert_eq!(code, 2, "{arguments:?} {out}{err}");
        told += &format!("lake {}\n{out}{err}\n", arguments.join(" "));
    }
    insta::assert_snapshot!(told);
}
