//! The model engine through its public face: text in, rows and faults out.
#![allow(clippy::unwrap_used)]

mod commits;
mod expressions;
mod faults;
mod files;
mod relations;
mod statements;

use lake_model_engine::ModelEngine;

/// An engine after some statements.
fn engine(statements: &[&str]) -> ModelEngine {
    let engine = ModelEngine::new();
    engine.execute("create schema s").unwrap();
    for sql in statements {
        engine.execute(sql).unwrap_or_else(|error| panic!("{sql}\n{error:?}"));
    }
    engine
}

/// The rows of a query, in its order; an error is its message.
#[track_caller]
fn check_on(engine: &ModelEngine, sql: &str, expected: &[&str]) {
    match engine.execute(sql) {
        Ok(answer) => assert_eq!(answer.strings(), expected, "{sql}"),
        Err(error) => panic!("{sql}\n{}", error.message),
    }
}

#[track_caller]
fn check(sql: &str, expected: &[&str]) {
    check_on(&ModelEngine::new(), sql, expected);
}

/// The error of a statement.
#[track_caller]
fn refuse_on(engine: &ModelEngine, sql: &str, expected: &str) {
    match engine.execute(sql) {
        Ok(answer) => panic!("{sql}\ngave {:?}", answer.strings()),
        Err(error) => assert!(error.message.contains(expected), "{sql}\n{}", error.message),
    }
}

#[track_caller]
fn refuse(sql: &str, expected: &str) {
    refuse_on(&ModelEngine::new(), sql, expected);
}
