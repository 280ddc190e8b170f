//! Queries with the answers of a Trino server: the engine gives the same types and values, or refuses by name.
//!
//! `data/trino-values.jsonl` holds a query, the types of its columns, and its rows as Trino's protocol writes them, or
//! the message of its failure. `data/known-differences.txt` lists what is answered otherwise, to be shortened.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use lake_core::engine::{EngineError, Submission, execute};
use lake_core::values::protocol::json;
use lake_embedded::{Embedded, EmbeddedConfig};
use serde_json::Value;

const CASES: &str = include_str!("data/trino-values.jsonl");
const KNOWN: &str = include_str!("data/known-differences.txt");

/// What became of a case.
#[derive(Debug, PartialEq)]
enum Verdict {
    Same,
    /// Not supported, and said so.
    Refused(String),
    Different(String),
}

#[test]
fn answers_are_trinos_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = EmbeddedConfig { warehouse: folder.path().join("warehouse"), threads: 2, memory_bytes: 256 << 20 };
    let engine = Embedded::open(config).unwrap();
    let known: BTreeSet<&str> = KNOWN.lines().filter(|line| !line.starts_with('#')).collect();
    let other = std::env::var("LAKE_CORPUS").ok().map(|path| std::fs::read_to_string(path).unwrap());
    let (mut same, mut refused, mut wrong, mut mended) = (0, 0, vec![], vec![]);
    for line in other.as_deref().unwrap_or(CASES).lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let sql = case["sql"].as_str().unwrap();
        match judge(&engine, sql, &case) {
            Verdict::Same => {
                same += 1;
                if known.contains(sql) {
                    mended.push(sql.to_owned());
                }
            }
            Verdict::Refused(why) => {
                refused += 1;
                println!("refused: {sql}: {why}");
            }
            Verdict::Different(_) if known.contains(sql) => {}
            Verdict::Different(how) => wrong.push(format!("{sql}\n    {how}")),
        }
    }
    println!("{same} same, {refused} refused, {} different", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mended.is_empty(), "no longer different, take them off the list:\n{}", mended.join("\n"));
    assert!(same > 4 * refused, "more is refused than was");
}

fn judge(engine: &Embedded, sql: &str, case: &Value) -> Verdict {
    let expected_error = case["error"].as_str();
    match (answer(engine, sql), expected_error) {
        (Err(error), _) if error.message.contains("is not supported by the embedded engine") => {
            Verdict::Refused(error.message)
        }
        (Err(error), Some(expected)) => match error.message.contains(expected) {
            true => Verdict::Same,
            false => Verdict::Different(format!("fails with `{}` instead of `{expected}`", error.message)),
        },
        (Err(error), None) => Verdict::Different(format!("{:?}: {}", error.kind, error.message)),
        (Ok((_, rows)), Some(expected)) => Verdict::Different(format!("gives {rows:?} instead of `{expected}`")),
        (Ok((types, rows)), None) => {
            let expected_types: Vec<&str> =
                case["types"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
            let mut expected: Vec<String> = case["rows"].as_array().unwrap().iter().map(normal).collect();
            let mut found: Vec<String> = rows.iter().map(normal).collect();
            if !sql.to_lowercase().contains("order by") {
                expected.sort();
                found.sort();
            }
            let spelling = |ty: &str| ty.to_lowercase().replace(", ", ",");
            if types.iter().map(|ty| spelling(ty)).ne(expected_types.iter().map(|ty| spelling(ty))) {
                return Verdict::Different(format!("types {types:?} instead of {expected_types:?}"));
            }
            match found == expected {
                true => Verdict::Same,
                false => Verdict::Different(format!("{found:?} instead of {expected:?}")),
            }
        }
    }
}

/// Doubles to 12 digits: the last ones depend on the mathematical library.
fn normal(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => format!("{:.11e}", number.as_f64().unwrap()),
        Value::Array(items) => format!("[{}]", items.iter().map(normal).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let mut fields: Vec<String> =
                fields.iter().map(|(key, value)| format!("{key}:{}", normal(value))).collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
        other => other.to_string(),
    }
}

fn answer(engine: &Embedded, sql: &str) -> Result<(Vec<String>, Vec<Value>), EngineError> {
    let (_, rows) = execute(engine, &Submission::once(sql), || false)?.expect("nobody stops it");
    let types = rows.columns.iter().map(|(_, ty)| ty.to_string()).collect();
    let mut found = vec![];
    for batch in &rows.batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().zip(&rows.columns);
            found.push(Value::Array(cells.map(|(column, (_, ty))| json(column, row, ty).unwrap()).collect()));
        }
    }
    Ok((types, found))
}
