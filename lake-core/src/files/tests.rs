#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::engine::PhysicalName;
use ::arrow::array::{Array, AsArray, Int64Array, StringViewArray, StructArray};
use ::arrow::datatypes::{DataType, Decimal128Type, Int64Type, TimestampMicrosecondType};
use ::arrow::util::display::array_value_to_string;
use ::parquet::arrow::ArrowWriter;
use lake_sql::types::Type;

use super::*;

fn column(name: &str, ty: &str) -> ColumnSpec {
    let (ty, nullable) = match ty.strip_suffix(" not null") {
        Some(ty) => (ty, false),
        None => (ty, true),
    };
    ColumnSpec {
        name: name.to_owned(),
        ty: ty.parse::<Type>().unwrap(),
        nullable,
        brand: None,
        description: String::new(),
        audits: Vec::new(),
        content: Content::Value,
    }
}

fn columns(declared: &[(&str, &str)]) -> Vec<ColumnSpec> {
    declared.iter().map(|(name, ty)| column(name, ty)).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn relation(&self, format: FileFormat, columns: Vec<ColumnSpec>, files: &[&str]) -> FileRelation {
        let file = |name: &&str| SourceFile {
            path: format!("feed/{name}"),
            location: self.0.path().join(name).to_string_lossy().into_owned(),
        };
        let files = files.iter().map(file).collect();
        FileRelation {
            name: PhysicalName { schema: "raw".into(), table: "t".into() },
            columns,
            format,
            files,
            rows: FileRows::All,
        }
    }

    fn read(&self, format: FileFormat, columns: Vec<ColumnSpec>, files: &[&str]) -> Result<Vec<RecordBatch>> {
        Files::new(&self.relation(format, columns, files))?.collect()
    }

    /// The message of a failure, with paths below the folder.
    fn message(&self, fault: ValueError) -> String {
        fault.message.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// Rows as text, a line each.
fn text(batches: &[RecordBatch]) -> String {
    let mut lines = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let value = |array: &ArrayRef| match array.is_null(row) {
                true => "∅".to_owned(),
                // The names of zones are not compiled in here.
                false if matches!(array.data_type(), DataType::Timestamp(_, Some(_))) => {
                    let local =
                        array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt::<&str>(None);
                    format!("{}Z", array_value_to_string(&local, row).unwrap())
                }
                false => array_value_to_string(array, row).unwrap(),
            };
            lines.push(batch.columns().iter().map(value).collect::<Vec<_>>().join(" | "));
        }
    }
    lines.join("\n")
}

/// The rows of one file, or what is wrong with it.
fn check(format: FileFormat, declared: &[(&str, &str)], content: &str) -> String {
    let folder = Folder::new();
    folder.write("file", content);
    match folder.read(format, columns(declared), &["file"]) {
        Ok(batches) => text(&batches),
        Err(fault) => {
            assert_eq!(fault.kind, crate::engine::ErrorKind::Data, "{fault}");
            folder.message(fault)
        }
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const RATES: &[(&str, &str)] =
    &[("base", "varchar not null"), ("date", "date not null"), ("rates", "map(varchar, decimal(18,6)) not null")];

#[test]
fn documents_with_exact_decimals() {
    let document = r#"{"base":"EUR","date":"2022-03-01","rates":{"USD":1.1162,"ISK":141.700000,"X":"0.1"},"more":[1]}"#;
    assert_eq!(
        check(FileFormat::JsonDocument, RATES, document),
        "EUR | 2022-03-01 | {USD: 1.116200, ISK: 141.700000, X: 0.100000}"
    );
    let folder = Folder::new();
    folder.write("a.json", document);
    let batches = folder.read(FileFormat::JsonDocument, columns(RATES), &["a.json"]).unwrap();
    let rates = batches[0].column(2).as_map().values().as_primitive::<Decimal128Type>();
    assert_eq!(rates.values()[..2], [1_116_200, 141_700_000]);
}

#[test]
fn many_documents_share_a_batch_and_tell_their_files() {
    let folder = Folder::new();
    let mut declared = columns(&[("n", "bigint")]);
    for (name, ty, content) in [
        ("file", "varchar not null", Content::File),
        ("arrived", "timestamp(6) with time zone not null", Content::Arrival),
    ] {
        declared.insert(0, ColumnSpec { content, ..column(name, ty) });
    }
    let names: Vec<String> = (0..20).map(|at| format!("{at:02}.json")).collect();
    for (at, name) in names.iter().enumerate() {
        let path = folder.write(name, format!("{{\"n\":{at}}}"));
        let moment = UNIX_EPOCH + Duration::from_micros(1_000_000 * at as u64 + 1);
        fs::File::options().write(true).open(path).unwrap().set_modified(moment).unwrap();
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let batches = folder.read(FileFormat::JsonDocument, declared.clone(), &names).unwrap();
    assert_eq!(batches.len(), 1);
    let batch = &batches[0];
    assert_eq!(batch.schema(), schema(&declared).unwrap());
    assert_eq!(batch.column(0).as_primitive::<TimestampMicrosecondType>().value(3), 3_000_001);
    assert_eq!(batch.column(1).as_string::<i32>().value(3), "feed/03.json");
    assert_eq!(batch.column(2).as_primitive::<Int64Type>().value(3), 3);
    assert!(folder.read(FileFormat::JsonDocument, declared, &[]).unwrap().is_empty());
}

#[test]
fn every_type_in_json() {
    let declared = [
        ("b", "boolean"),
        ("t", "tinyint"),
        ("s", "smallint"),
        ("i", "integer"),
        ("l", "bigint"),
        ("r", "real"),
        ("d", "double"),
        ("v", "varchar(3)"),
        ("c", "char(3)"),
        ("j", "json"),
        ("day", "date"),
        ("clock", "time(3)"),
        ("at", "timestamp(6)"),
        ("moment", "timestamp(3) with time zone"),
        ("u", "uuid"),
        ("many", "array(map(integer, varchar))"),
        ("row", "row(x bigint, y array(double))"),
    ];
    let first = r#"{"b":true,"t":-128,"s":32767,"i":1e3,"l":9223372036854775807,"r":0.1,"d":"NaN","v":"äöü","c":"a  ",
        "j":{"k": [1.50, null]},"day":"0001-01-01","clock":"23:59:59.123","at":"1969-12-31T23:59:59.999999",
        "moment":"2022-03-01T12:00:00+01:00","u":"12151fd2-7586-11e9-8f9e-2a86e4085a59","many":[{"1":"x"},null,{}],
        "ROW":{"Y":[1,null]}}"#;
    assert_eq!(
        check(FileFormat::JsonDocument, &declared, first),
        "true | -128 | 32767 | 1000 | 9223372036854775807 | 0.1 | NaN | äöü | a | {\"k\":[1.50,null]} | 0001-01-01 | \
         23:59:59.123 | 1969-12-31T23:59:59.999999 | 2022-03-01T11:00:00Z | 12151fd2758611e98f9e2a86e4085a59 | \
         [{1: x}, , {}] | {f0: , f1: [1.0, ]}"
    );
    let nothing = vec!["∅"; declared.len()].join(" | ");
    assert_eq!(check(FileFormat::JsonLines, &declared, "{}\n\n{}\n"), format!("{nothing}\n{nothing}"));
}

#[test]
fn damaged_json_tells_its_place() {
    let document = |text: &str| check(FileFormat::JsonDocument, RATES, text);
    let rates =
        |rates: &str| document(&format!("{{\"base\": \"EUR\", \"date\": \"2022-03-01\",\n \"rates\": {rates}}}"));
    for (found, expected) in [
        (document(""), "file:1:1: expected a value, found the end of the document"),
        (document("{\"base\": \"EUR\",\n\"date\": \"2022"), "file:2:9: the string has no closing quote"),
        (document("[]"), "file:1:1: expected an object, found an array"),
        (document("{}"), "file:1:1: base: expected varchar, found nothing: the column cannot be null"),
        (
            document("{\"base\":\"EUR\",\"date\":null}"),
            "file:1:22: date: expected date, found null: the column cannot be null",
        ),
        (document("{\"base\":1}"), "file:1:9: base: expected varchar, found the number 1"),
        (
            document("{\"base\":\"EUR\",\"date\":\"2022-02-29\"}"),
            "file:1:22: date: expected date, found the string \"2022-02-29\"",
        ),
        (rates("{\"USD\": \"N/A\"}"), "file:2:19: rates.USD: expected decimal(18,6), found the string \"N/A\""),
        (rates("{\"USD\": 1.1234567}"), "file:2:19: rates.USD: expected decimal(18,6), found the number 1.1234567"),
        (rates("{\"USD\": 1, \"USD\": 2}"), "file:2:22: the name \"USD\" stands twice in one object"),
        (rates("[]"), "file:2:11: rates: expected map(varchar, decimal(18,6)), found an array"),
        (rates("{} trailing"), "file:2:14: expected `,` or `}`, found 't'"),
    ] {
        assert_eq!(found, expected);
    }
    let nested = [("a", "array(row(x integer))")];
    assert_eq!(
        check(FileFormat::JsonLines, &nested, "{\"a\":[]}\n{\"a\":[{\"x\":1},{\"x\":2147483648}]}"),
        "file:2:20: a[1].x: expected integer, found the number 2147483648"
    );
    assert_eq!(
        check(FileFormat::JsonDocument, &[("a", "varchar(2)")], "{\"a\":\"abc\"}"),
        "file:1:6: a: expected varchar(2), found the string \"abc\""
    );
    let folder = Folder::new();
    folder.write("file", b"{\"a\":\"\xff\"}");
    let fault = folder.read(FileFormat::JsonDocument, columns(&[("a", "varchar")]), &["file"]).unwrap_err();
    assert_eq!(folder.message(fault), "file:1:7: byte 6 is not UTF-8");
}

#[test]
fn compressed_files() {
    let folder = Folder::new();
    let whole = gzip("{\"n\":1}\n{\"n\":2}\n");
    folder.write("a.json.gz", &whole);
    folder.write("b.json.gz", &whole[..whole.len() - 9]);
    folder.write("c.json.gz", "{\"n\":1}");
    let read = |name: &str| folder.read(FileFormat::JsonLines, columns(&[("n", "bigint")]), &[name]);
    assert_eq!(text(&read("a.json.gz").unwrap()), "1\n2");
    for name in ["b.json.gz", "c.json.gz"] {
        let message = folder.message(read(name).unwrap_err());
        assert!(message.starts_with(&format!("{name} is damaged: ")), "{message}");
    }
    let fault = read("d.json.gz").unwrap_err();
    assert_eq!(fault.kind, crate::engine::ErrorKind::Unavailable);
    assert!(folder.message(fault).starts_with("d.json.gz cannot be read: No such file"));
    assert!(folder.message(read("").unwrap_err()).ends_with("is no file"));
}

#[test]
fn csv_with_quotes() {
    let declared = [("id", "bigint not null"), ("name", "varchar"), ("price", "decimal(10,2)"), ("ok", "boolean")];
    let content = "\u{feff}OK,name,id,price,extra\r\nTRUE,\"a, \"\"b\"\"\",1,12.5,x\r\n,\"\",2,,\r\n\r\nfalse,\"two\r\nlines\",3,-0.01,";
    assert_eq!(
        check(FileFormat::Csv, &declared, content),
        "1 | a, \"b\" | 12.50 | true\n2 |  | ∅ | ∅\n3 | two\r\nlines | -0.01 | false"
    );
    for (content, expected) in [
        ("", "file:1:1: expected a header line, found the end of the file"),
        ("id,name,price\n", "file:1:1: expected a column ok, found id, name, price"),
        ("id,ID\n", "file:1:4: column ID stands twice"),
        ("id,name,price,ok\n1,a\n", "file:2:1: expected 4 fields as in the header, found 2"),
        ("id,name,price,ok\n,a,,\n", "file:2:1: id: expected bigint, found nothing: the column cannot be null"),
        ("id,name,price,ok\n1,\"a\nb\",2.555,\n", "file:3:4: price: expected decimal(10,2), found \"2.555\""),
        ("id,name,price,ok\n1,a\"b,1,\n", "file:2:3: a quote within a field that does not begin with one"),
        ("id,name,price,ok\n1,\"a,1,\n", "file:2:3: the field has no closing quote"),
        ("id,name,price,ok\n1,\"a\"b,1,\n", "file:2:3: expected `,` or the end of the line after the closing quote"),
        ("id,name,price,ok\nx,a,1,\n", "file:2:1: id: expected bigint, found \"x\""),
    ] {
        assert_eq!(check(FileFormat::Csv, &declared, content), expected);
    }
}

fn write_parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn parquet_by_name_in_declared_types() {
    let folder = Folder::new();
    let path = folder.0.path().join("a.parquet");
    let decimals = ::arrow::array::Decimal128Array::from(vec![Some(125), None]).with_precision_and_scale(5, 2).unwrap();
    let nanos = ::arrow::array::TimestampNanosecondArray::from(vec![1_000, -2_000]);
    let inner = StructArray::from(vec![(
        Arc::new(Field::new("B", DataType::Int32, true)),
        Arc::new(::arrow::array::Int32Array::from(vec![7, 8])) as ArrayRef,
    )]);
    let all: Vec<(&str, ArrayRef)> = vec![
        ("Name", Arc::new(StringViewArray::from(vec![Some("x"), None]))),
        ("price", Arc::new(decimals)),
        ("n", Arc::new(::arrow::array::Int32Array::from(vec![1, 2]))),
        ("at", Arc::new(nanos)),
        ("pair", Arc::new(inner)),
        ("ratio", Arc::new(::arrow::array::Float64Array::from(vec![0.5, 1.5]))),
    ];
    write_parquet(&path, all);
    let read = |declared: &[(&str, &str)]| match folder.read(FileFormat::Parquet, columns(declared), &["a.parquet"]) {
        Ok(batches) => text(&batches),
        Err(fault) => folder.message(fault),
    };
    assert_eq!(
        read(&[
            ("n", "bigint not null"),
            ("name", "varchar"),
            ("price", "decimal(18,6)"),
            ("at", "timestamp(6)"),
            ("pair", "row(a varchar, b bigint)"),
            ("absent", "date"),
        ]),
        "1 | x | 1.250000 | 1970-01-01T00:00:00.000001 | {f0: , f1: 7} | ∅\n\
         2 | ∅ | ∅ | 1969-12-31T23:59:59.999998 | {f0: , f1: 8} | ∅"
    );
    for (declared, expected) in [
        (("absent", "date not null"), "a.parquet: expected a column absent, found Name, price, n, at, pair, ratio"),
        (
            ("name", "varchar not null"),
            "a.parquet: row 2: name: expected varchar, found null: the column cannot be null",
        ),
        (("ratio", "bigint"), "a.parquet: ratio: expected bigint, found double"),
        (
            ("price", "decimal(5,1)"),
            "a.parquet: row 1: price: expected decimal(5,1), found decimal(5,2) with more digits than fit",
        ),
        (("pair", "row(b varchar)"), "a.parquet: pair: b: expected varchar, found integer"),
    ] {
        assert_eq!(read(&[declared]), expected);
    }
    folder.write("b.parquet", "no parquet at all");
    let damaged = folder.read(FileFormat::Parquet, columns(&[("n", "bigint")]), &["b.parquet"]).unwrap_err();
    assert!(folder.message(damaged).starts_with("b.parquet is damaged: "));
}

#[test]
fn large_files_come_in_batches() {
    let rows = 2 * BATCH_ROWS + 5;
    let folder = Folder::new();
    let lines: String = (0..rows).map(|at| format!("{{\"n\":{at}}}\n")).collect();
    folder.write("a.json", lines);
    let csv: String = std::iter::once("n\n".to_owned()).chain((0..rows).map(|at| format!("{at}\n"))).collect();
    folder.write("a.csv", csv);
    write_parquet(
        &folder.0.path().join("a.parquet"),
        vec![("n", Arc::new(Int64Array::from_iter_values(0..rows as i64)))],
    );
    for (format, name) in
        [(FileFormat::JsonLines, "a.json"), (FileFormat::Csv, "a.csv"), (FileFormat::Parquet, "a.parquet")]
    {
        let batches = folder.read(format, columns(&[("n", "bigint")]), &[name, name]).unwrap();
        assert!(batches.len() >= 4, "{name}");
        let mut counts = BTreeMap::new();
        for batch in &batches {
            for value in batch.column(0).as_primitive::<Int64Type>().values() {
                *counts.entry(*value).or_insert(0) += 1;
            }
        }
        assert_eq!((counts.len(), counts.values().all(|count| *count == 2)), (rows, true), "{name}");
    }
}

#[test]
fn what_no_file_can_hold_is_refused_before_any_is_opened() {
    let refused = |format, declared: &[(&str, &str)]| {
        let folder = Folder::new();
        Files::new(&folder.relation(format, columns(declared), &["nowhere"])).err().unwrap().message
    };
    assert_eq!(
        refused(FileFormat::Csv, &[("a", "array(bigint)")]),
        "column a: values of type array(bigint) cannot be read from CSV"
    );
    assert_eq!(
        refused(FileFormat::JsonLines, &[("b", "varbinary")]),
        "column b: values of type varbinary cannot be read from JSON"
    );
}

#[test]
fn rows_as_statements_carry_them() {
    let folder = Folder::new();
    let declared = columns(&[
        ("b", "boolean"),
        ("l", "bigint"),
        ("r", "real"),
        ("d", "double"),
        ("p", "decimal(38,3)"),
        ("v", "varchar"),
        ("j", "json"),
        ("day", "date"),
        ("clock", "time(3)"),
        ("at", "timestamp(6)"),
        ("moment", "timestamp(3) with time zone"),
        ("u", "uuid"),
        ("many", "array(map(integer, decimal(3,1)))"),
        ("row", "row(x bigint, y array(double))"),
    ]);
    let line = r#"{"b":true,"l":-9223372036854775808,"r":0.1,"d":1e-7,"p":-12345678901234567890123456789012345.5,"#
        .to_owned()
        + r#""v":"it's \"1\"\\ \u0000\u2028é","j":{"a":[1]},"day":"1969-12-31","clock":"23:59:59.5","at":"1969-12-31T23:59:59.999999","#
        + r#""moment":"2022-03-01T01:00:00+01:00","u":"12345678-9abc-def0-1234-56789abcdef0","many":[{"7":1.5},null],"row":{"y":["NaN",-0.0]}}"#;
    folder.write("a.json", format!("{line}\n{{}}\n"));
    let relation = folder.relation(FileFormat::JsonLines, declared.clone(), &["a.json"]);
    let mut found = vec![];
    let read = rows::read(&relation, |row| {
        found.push(row);
        Ok::<_, ValueError>(())
    });
    assert_eq!(read, Ok(()));
    let expected = r#"[true,-9223372036854775808,"1e-1","1e-7","-12345678901234567890123456789012345.500","#.to_owned()
        + r#""it's \"1\"\\ \u0000\u2028é","{\"a\":[1]}","1969-12-31","23:59:59.500000","1969-12-31 23:59:59.999999","#
        + r#""2022-03-01 00:00:00.000000 UTC","12345678-9abc-def0-1234-56789abcdef0",[{"7":"1.5"},null],[null,["NaN","-0e0"]]]"#;
    assert_eq!(found[0], expected);
    assert_eq!(found[1], format!("[{}]", vec!["null"; declared.len()].join(",")));
    assert_eq!(rows::carried(&declared[12].ty).to_string(), "array(map(varchar, varchar))");
    assert_eq!(rows::carried(&declared[13].ty).to_string(), "row(x bigint, y array(varchar))");
}

/// The good and the bad rows of a file, in this order.
fn kept(folder: &Folder, format: FileFormat, declared: &[(&str, &str)], file: &str) -> Result<String> {
    let read = |rows| {
        let relation = FileRelation { rows, ..folder.relation(format, columns(declared), &[file]) };
        Files::new(&relation)?.collect::<Result<Vec<_>>>()
    };
    Ok(format!("{}\n--\n{}", text(&read(FileRows::Good)?), text(&read(FileRows::Bad)?)))
}

const ORDERS: &[(&str, &str)] = &[("id", "bigint not null"), ("amount", "decimal(5,2)"), ("note", "varchar")];

#[test]
fn bad_rows_of_csv_are_kept_with_their_lines() {
    let folder = Folder::new();
    let content = "id,amount,note\n\
        1,1.50,\"two\nlines\"\n\
        two,1.50,\n\
        3,1.505,\"also\ntwo\"\n\
        4,1.50\n\
        5,1.50,never \"closed\n\
        6,\"1.50,open\n\
        7,7.00,seven\n";
    folder.write("a.csv", content);
    assert_eq!(
        kept(&folder, FileFormat::Csv, ORDERS, "a.csv").unwrap(),
        "1 | 1.50 | two\nlines\n\
         7 | 7.00 | seven\n\
         --\n\
         feed/a.csv | 4 | two,1.50, | column 1: id: expected bigint, found \"two\"\n\
         feed/a.csv | 5 | 3,1.505,\"also\ntwo\" | column 3: amount: expected decimal(5,2), found \"1.505\"\n\
         feed/a.csv | 7 | 4,1.50 | column 1: expected 3 fields as in the header, found 2\n\
         feed/a.csv | 8 | 5,1.50,never \"closed | column 8: a quote within a field that does not begin with one\n\
         feed/a.csv | 9 | 6,\"1.50,open | column 3: the field has no closing quote"
    );
    let mut latin = content.as_bytes().to_vec();
    latin.extend(b"8,1,caf\xE9\n9,1,end\n");
    folder.write("latin.csv", latin);
    let found = kept(&folder, FileFormat::Csv, ORDERS, "latin.csv").unwrap();
    assert!(found.ends_with("feed/latin.csv | 11 | 8,1,caf\u{fffd} | column 8: the text is not UTF-8"), "{found}");
    assert!(found.contains("9 | 1.00 | end\n--"), "{found}");
    // A file without the columns is no file of this source.
    folder.write("other.csv", "id,note\n1,a\n");
    let error = kept(&folder, FileFormat::Csv, ORDERS, "other.csv").unwrap_err();
    assert_eq!(folder.message(error), "other.csv:1:1: expected a column amount, found id, note");
}

#[test]
fn bad_rows_of_json_are_kept_with_their_lines() {
    let folder = Folder::new();
    let content =
        "{\"id\":1}\n\n{\"id\":\"2\"}\n{\"id\":3,\n{\"id\":4,\"amount\":1000}\n[5]\n{\"id\":6,\"note\":\"x\"}\n{}";
    folder.write("a.jsonl", content);
    let expected = "1 | ∅ | ∅\n6 | ∅ | x\n--\n\
         feed/a.jsonl | 3 | {\"id\":\"2\"} | column 7: id: expected bigint, found the string \"2\"\n\
         feed/a.jsonl | 4 | {\"id\":3, | column 9: expected a name in quotes, found the end of the document\n\
         feed/a.jsonl | 5 | {\"id\":4,\"amount\":1000} | column 18: amount: expected decimal(5,2), found the number 1000\n\
         feed/a.jsonl | 6 | [5] | column 1: expected an object, found an array\n\
         feed/a.jsonl | 8 | {} | column 1: id: expected bigint, found nothing: the column cannot be null";
    assert_eq!(kept(&folder, FileFormat::JsonLines, ORDERS, "a.jsonl").unwrap(), expected);
    for (name, bytes) in
        [("b.jsonl.gz", gzip(content)), ("b.jsonl.zst", zstd::encode_all(content.as_bytes(), 1).unwrap())]
    {
        folder.write(name, bytes);
        let found = kept(&folder, FileFormat::JsonLines, ORDERS, name).unwrap();
        assert_eq!(found, expected.replace("a.jsonl", name));
    }
    folder.write("a.json", "{\"id\":1,\n \"amount\":true}");
    assert_eq!(
        kept(&folder, FileFormat::JsonDocument, ORDERS, "a.json").unwrap(),
        "\n--\nfeed/a.json | 1 | {\"id\":1,\n \"amount\":true} | line 2, column 11: amount: expected decimal(5,2), found true"
    );
}

#[test]
fn bad_rows_of_parquet_are_kept_with_their_numbers() {
    let folder = Folder::new();
    let path = folder.write("a.parquet", "");
    let notes: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("long"), None]));
    write_parquet(&path, vec![("id", Arc::new(Int64Array::from(vec![Some(1), Some(2), None]))), ("note", notes)]);
    let declared = &[("id", "bigint not null"), ("note", "varchar(3)")];
    assert_eq!(
        kept(&folder, FileFormat::Parquet, declared, "a.parquet").unwrap(),
        "1 | a\n--\n\
         feed/a.parquet | 2 | {id: 2, note: long} | note: expected varchar(3), found \"long\"\n\
         feed/a.parquet | 3 | {id: , note: } | id: expected bigint, found null: the column cannot be null"
    );
    let error = kept(&folder, FileFormat::Parquet, &[("note", "bigint")], "a.parquet").unwrap_err();
    assert_eq!(folder.message(error), "a.parquet: note: expected bigint, found varchar");
}

#[test]
fn other_compressions_are_named() {
    let folder = Folder::new();
    for name in ["a.csv.bz2", "a.csv.xz"] {
        folder.write(name, "id\n1\n");
        let error = folder.read(FileFormat::Csv, columns(&[("id", "bigint")]), &[name]).unwrap_err();
        let ending = name.rsplit('.').next().unwrap();
        let expected = format!("{name}: expected a file as it is, or compressed as .gz or .zst, found .{ending}");
        assert_eq!(folder.message(error), expected);
    }
    folder.write("a.csv.zst", "id\n1\n");
    let error = folder.read(FileFormat::Csv, columns(&[("id", "bigint")]), &["a.csv.zst"]).unwrap_err();
    assert_eq!(folder.message(error), "a.csv.zst is damaged: Unknown frame descriptor");
}
