//! `lake query` as a program.

#![allow(clippy::unwrap_used)]

mod program;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use program::lake;
use tempfile::TempDir;

/// A warehouse of the test's own.
struct Shop {
    folder: TempDir,
}

impl Shop {
    /// With one table.
    fn new() -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap() };
        let script = "create schema shop;
            create table shop.orders as select * from (values
                (bigint '7', decimal '1.50', timestamp '2024-02-29 10:00:00', 'a, \"b\"'),
                (8, null, null, '')
            ) as v (order_id, amount, placed_at, note);";
        let (out, err, code) = shop.query_with(&[], script);
        assert_eq!((out.as_str(), timeless(&err).as_str(), code), ("", "done (T)\n2 rows changed (T)\n", 0));
        shop
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn query(&self, arguments: &[&str]) -> (String, String, i32) {
        self.query_with(arguments, "")
    }

    fn query_with(&self, arguments: &[&str], input: &str) -> (String, String, i32) {
        let warehouse = self.path("warehouse");
        let (out, err, code) = lake(&[&["query", "--warehouse", &warehouse], arguments].concat(), input);
        (out, err.replace(self.folder.path().to_str().unwrap(), "FOLDER"), code)
    }
}

/// `(0.1 s)` as `(T)`.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" (") {
        Some((head, tail)) if tail.ends_with(" s)") => format!("{head} (T)\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

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

#[test]
fn rows_are_csv_unless_another_format_is_asked_for() {
    let shop = Shop::new();
    let sql = "select * from shop.orders order by order_id;";
    let mut seen = String::new();
    for arguments in [&["--format", "table"][..], &[], &["--format", "json"], &["--format", "jsonl"], &["--json"]] {
        let (out, err, code) = shop.query(&[&[sql], arguments].concat());
        assert_eq!(code, 0, "{err}");
        seen += &format!("$ {}\n{out}{}\n", arguments.join(" "), timeless(&err));
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn a_script_on_standard_input_runs_in_order() {
    let shop = Shop::new();
    let script =
        "select 1 as one; -- first\ndelete from shop.orders where order_id = 7;\nselect count(*) as n from shop.orders";
    let (out, err, code) = shop.query_with(&[], script);
    assert_eq!((out.as_str(), timeless(&err).as_str(), code), ("one\n1\nn\n1\n", "1 row changed (T)\n", 0));
    let (out, err, code) = shop.query_with(&["--json"], "select 1 as one; select 1 / 0 as two; select 3 as three");
    assert_eq!((out.as_str(), err.as_str(), code), ("{\"one\":1}\n", "error: Division by zero\n", 1));
}

#[test]
fn files_are_written_by_their_names() {
    let shop = Shop::new();
    let sql = "select order_id, array[row(cast(order_id as integer) as n)] as lines from shop.orders order by 1";
    for name in ["rows.csv", "rows.json", "rows.jsonl", "rows.parquet", "rows.arrow"] {
        let path = shop.path(name);
        let (out, err, code) = shop.query(&[sql, "--output", &path]);
        let expected = format!("FOLDER/{name}: 2 rows (T)\n");
        assert_eq!((out.as_str(), timeless(&err), code), ("", expected, 0));
    }
    let read = |name: &str| std::fs::read(shop.path(name)).unwrap();
    assert_eq!(read("rows.jsonl"), b"{\"order_id\":7,\"lines\":[[7]]}\n{\"order_id\":8,\"lines\":[[8]]}\n");
    assert!(read("rows.parquet").starts_with(b"PAR1") && read("rows.parquet").ends_with(b"PAR1"));
    assert!(read("rows.arrow").starts_with(b"ARROW1") && read("rows.arrow").ends_with(b"ARROW1"));
    // What fails leaves the file as it was.
    let (_, _, code) = shop.query(&["select 1 / 0", "--output", &shop.path("rows.csv")]);
    assert_eq!((code, read("rows.csv").starts_with(b"order_id,lines\n7,[[7]]\n")), (1, true));
    let names = std::fs::read_dir(shop.folder.path()).unwrap();
    let hidden = names.filter(|name| name.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count();
    assert_eq!(hidden, 0);
}

#[test]
fn mistakes_say_what_to_write() {
    let shop = Shop::new();
    let (folder, missing) = (shop.path("warehouse"), shop.path("none/rows.csv"));
    let cases: [&[&str]; 14] = [
        &["select ordr_id\nfrom shop.orders"],
        &["select * from shop.ordrs"],
        &["select 1 +"],
        &["select 'a"],
        &["select order_id / 0 from shop.orders"],
        &["select frobnicate(1)"],
        &[" ; "],
        &["select 1; select 2", "--format", "parquet"],
        &["select 1; select 2", "--output", "rows.csv"],
        &["select 1 as a, 2 as a", "--json"],
        &["select 1", "--output", "rows"],
        &["select 1", "--output", &folder, "--format", "csv"],
        &["select 1", "--output", &missing],
        &["select 1", "--format", "xml"],
    ];
    let mut seen = String::new();
    for arguments in cases {
        let (out, err, code) = shop.query(arguments);
        assert_eq!(out, "");
        let shown = arguments.join(" ").replace(shop.folder.path().to_str().unwrap(), "FOLDER");
        seen += &format!("$ lake query {shown}\n{err}[{code}]\n\n");
    }
    insta::assert_snapshot!(seen);
    assert!(!Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shop/rows.csv").exists());
}

/// The first line, after which nobody reads on; standard error; exit code.
fn first_line(arguments: &[&str], input: &str) -> (String, String, i32) {
    let mut child = program::start(arguments);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // The program may end before it has read all.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    (first, String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
}

#[test]
fn whoever_has_read_enough_hears_nothing() {
    let shop = Shop::new();
    let warehouse = shop.path("warehouse");
    let sql = "select * from unnest(sequence(1, 10000)) a(x) cross join unnest(sequence(1, 20)) b(y)";
    let (first, err, code) = first_line(&["query", "--warehouse", &warehouse, sql], "");
    assert_eq!((first.as_str(), err.as_str(), code), ("x,y\n", "", 1));
    let questions = "{\"id\": 1, \"sql\": \"select * from unnest(sequence(1, 9000)) as t (x)\"}\n".repeat(40);
    let (_, err, code) = first_line(&["query", "--warehouse", &warehouse, "--batch"], &questions);
    assert_eq!((err.as_str(), code), ("", 1));
}
