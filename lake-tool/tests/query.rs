//! `lake query` as a program.

#![allow(clippy::unwrap_used)]

mod program;

use program::lake;

#[test]
fn a_batch_answers_each_line_in_the_protocols_values() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = folder.path().join("warehouse");
    let questions = [
        r#"{"id": 1, "sql": "create schema shop"}"#,
        r#"{"id": 2, "sql": "create table shop.orders as select bigint '7' as order_id, decimal '1.50' as amount"}"#,
        r#"{"id": "values", "sql": "select amount, date '2024-02-29' as day, x'33' as b, map(array[1], array[2.5e0]) as m, row(1, null) as r, interval '1' day as d, nan() as n from shop.orders"}"#,
        r#"{"id": 4, "sql": "select order_id / (order_id - 7) from shop.orders"}"#,
        r#"{"id": 5, "sql": "select ordr_id from shop.orders"}"#,
        r#"{"id": 6, "sql": "select"}"#,
    ];
    let arguments = ["query", "--batch", "--warehouse", warehouse.to_str().unwrap()];
    let (out, err, code) = lake(&arguments, &questions.join("\n"));
    assert_eq!((err.as_str(), code), ("", 0));
    insta::assert_snapshot!(out);
    let (out, err, code) = lake(
        &["query", "select * from shop.orders", "--format", "csv", "--warehouse", warehouse.to_str().unwrap()],
        "",
    );
    assert_eq!((out.as_str(), err.as_str(), code), ("order_id,amount\n7,1.50\n", "", 0));
}

#[test]
fn a_line_that_is_no_question_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["query", "--batch", "--warehouse", folder.path().to_str().unwrap()];
    let (out, err, code) = lake(&arguments, "{\"id\": 1, \"sql\": \"select 1 as one\"}\nselect 1");
    assert_eq!(code, 2);
    assert_eq!(out, "{\"id\":1,\"columns\":[{\"name\":\"one\",\"type\":\"integer\"}],\"rows\":[[1]],\"error\":null}\n");
    insta::assert_snapshot!(err);
}
