use std::time::Duration;

use lake_core::engine::{Engine, ErrorKind, FileRelation, FileRows, PhysicalName, SourceFile, State, Submission};
use lake_core::model::spec::{ColumnSpec, Content, FileFormat};
use lake_model_engine::ModelEngine;

fn column(name: &str, ty: &str, content: Content) -> ColumnSpec {
    ColumnSpec {
        name: name.into(),
        ty: ty.parse().unwrap(),
        nullable: true,
        brand: None,
        description: String::new(),
        audits: vec![],
        content,
    }
}

fn relation(format: FileFormat, columns: Vec<ColumnSpec>, files: &[&str]) -> FileRelation {
    let name = PhysicalName { schema: "raw".into(), table: "feed".into() };
    FileRelation {
        name,
        columns,
        format,
        files: files.iter().map(|file| SourceFile { path: (*file).into(), location: (*file).into() }).collect(),
        rows: FileRows::All,
    }
}

/// What a query over `raw.feed` gives; a failure as its kind and message.
fn read(engine: &ModelEngine, sql: &str, relation: FileRelation) -> Result<Vec<Vec<String>>, (ErrorKind, String)> {
    let submission =
        Submission { sql: format!("create table s.out as {sql}"), token: "t".repeat(32), files: vec![relation] };
    engine.execute("create schema s").unwrap();
    let id = engine.submit(&submission).unwrap();
    match engine.poll(&[id], Duration::ZERO).unwrap().remove(0) {
        State::Failed(error) => Err((error.kind, error.message)),
        _ => Ok(vec![engine.table("s.out")]),
    }
}

fn day() -> Vec<ColumnSpec> {
    vec![
        column("date", "date", Content::Value),
        column("rates", "map(varchar, decimal(18, 6))", Content::Value),
        column("path", "varchar", Content::File),
        column("arrival", "timestamp(6) with time zone", Content::Arrival),
    ]
}

#[test]
fn documents_are_rows() {
    let engine = ModelEngine::new();
    engine.put_file("fx/1.json", r#"{"base": "EUR", "date": "2022-03-01", "rates": {"USD": 1.1162, "RUB": null}}"#);
    let sql = "select date, c, r, path, date(arrival) as day from raw.feed cross join unnest(rates) as u(c, r)";
    let rows = read(&engine, sql, relation(FileFormat::JsonDocument, day(), &["fx/1.json"]));
    assert_eq!(
        rows.unwrap()[0],
        ["2022-03-01 | RUB | null | fx/1.json | 2026-01-01", "2022-03-01 | USD | 1.116200 | fx/1.json | 2026-01-01"]
    );
}

#[test]
fn damage_has_a_file_and_a_place() {
    let engine = ModelEngine::new();
    engine.put_file("fx/1.json", "{\"date\": \"2022-03-01\",\n \"rates\": {");
    let (kind, message) =
        read(&engine, "select date from raw.feed", relation(FileFormat::JsonDocument, day(), &["fx/1.json"]))
            .unwrap_err();
    assert_eq!(kind, ErrorKind::Data);
    assert!(message.starts_with("file fx/1.json is damaged at line 2, column"), "{message}");

    let engine = ModelEngine::new();
    engine.put_file("fx/2.json", r#"{"date": "yesterday"}"#);
    let (_, message) =
        read(&engine, "select date from raw.feed", relation(FileFormat::JsonDocument, day(), &["fx/2.json"]))
            .unwrap_err();
    assert!(message.starts_with("file fx/2.json is damaged at the document, column date:"), "{message}");
}

#[test]
fn lines_and_csv() {
    let columns = || vec![column("a", "bigint", Content::Value), column("b", "varchar", Content::Value)];
    let engine = ModelEngine::new();
    engine.put_file("x.jsonl", "{\"a\": 1, \"b\": \"x\"}\n\n{\"a\": 2}\n");
    let rows = read(&engine, "select * from raw.feed", relation(FileFormat::JsonLines, columns(), &["x.jsonl"]));
    assert_eq!(rows.unwrap()[0], ["1 | x", "2 | null"]);

    let engine = ModelEngine::new();
    engine.put_file("x.csv", "b,a\r\n\"say \"\"hi\"\", twice\",1\r\n,2\r\n");
    let rows = read(&engine, "select * from raw.feed", relation(FileFormat::Csv, columns(), &["x.csv"]));
    assert_eq!(rows.unwrap()[0], ["1 | say \"hi\", twice", "2 | null"]);

    let engine = ModelEngine::new();
    engine.put_file("x.csv", "a,b\n1,x\n2\n");
    let (_, message) =
        read(&engine, "select * from raw.feed", relation(FileFormat::Csv, columns(), &["x.csv"])).unwrap_err();
    assert!(message.contains("x.csv is damaged at line 3: 1 values, expected 2"), "{message}");
}

#[test]
fn a_missing_file_is_named() {
    let (kind, message) = read(
        &ModelEngine::new(),
        "select date from raw.feed",
        relation(FileFormat::JsonDocument, day(), &["fx/none.json"]),
    )
    .unwrap_err();
    assert_eq!(kind, ErrorKind::Unavailable);
    assert!(message.contains("fx/none.json"), "{message}");
}
