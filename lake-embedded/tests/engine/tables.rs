//! What statements leave on the disk: partitions, order, maintenance; and what somebody else reads there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::Lab;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Lab {
    /// The folder of the table `s.<name>`, which was made once.
    fn table(&self, name: &str) -> PathBuf {
        let tables = self.folder.path().join("warehouse/tables");
        let start = format!("s.{name}-");
        let found =
            files(&tables).into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with(&start));
        found.unwrap()
    }

    /// The newest metadata of a table.
    fn metadata(&self, name: &str) -> PathBuf {
        let all = files(&self.table(name).join("metadata"));
        all.into_iter().rfind(|path| path.to_string_lossy().ends_with(".metadata.json")).unwrap()
    }

    fn data_files(&self, name: &str) -> usize {
        files(&self.table(name).join("data")).len()
    }

    /// Makes all that a table has older, and calls one of its snapshots by a name that keeps it.
    fn age(&self, name: &str, by: Duration, tagged: Option<usize>) {
        let path = self.metadata(name);
        let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        if let Some(at) = tagged {
            let id = json["snapshots"].as_array().unwrap().iter().find(|s| s["sequence-number"] == at).unwrap();
            let id = id["snapshot-id"].clone();
            json["refs"]["kept"] = serde_json::json!({ "snapshot-id": id, "type": "tag" });
        }
        older(&mut json, by.as_millis() as i64);
        fs::write(&path, json.to_string()).unwrap();
        for folder in ["data", "metadata"] {
            for path in files(&self.table(name).join(folder)) {
                File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - by).unwrap();
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn older(json: &mut Value, millis: i64) {
    match json {
        Value::Object(object) => {
            for (key, value) in object {
                match value.as_i64() {
                    Some(moment) if key == "timestamp-ms" || key == "last-updated-ms" => {
                        *value = (moment - millis).into()
                    }
                    _ => older(value, millis),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| older(item, millis)),
        _ => {}
    }
}

/// Runs a script on the metadata of a table; None where there is no Python with PyIceberg for it.
fn python(script: &str, metadata: &Path) -> Option<String> {
    let Some(python) = std::env::var_os("LAKE_PYTHON") else {
        println!("skipped: LAKE_PYTHON names no Python with PyIceberg");
        return None;
    };
    let output = Command::new(python).args(["-c", script]).arg(metadata).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn conditions_on_partitions_read_these_alone() {
    let lab = Lab::new();
    for by in ["month(d)", "bucket(k, 8)", "truncate(s, 1)", "s"] {
        lab.run("drop table if exists s.t");
        lab.run(&format!(
            "create table s.t with (partitioning = array['{by}']) as
             select x as k, date '2024-01-15' + x * interval '1' month as d, chr(97 + x) as s
             from unnest(sequence(0, 7)) u(x)"
        ));
        let all = lab.scanned("select sum(k) from s.t");
        for condition in ["k = 3", "d = date '2024-04-15'", "s = 'd'"] {
            let sql = format!("select * from s.t where {condition}");
            assert!(lab.scanned(&sql) <= all / 3, "{by}: {sql}");
            assert_eq!(lab.rows(&sql), ["3|2024-04-15|d"], "{by}: {sql}");
        }
        assert!(lab.scanned("delete from s.t where k = 3") <= all / 3, "{by}");
        let merge =
            "merge into s.t t using (values (4, 'X')) v(k, s) on t.k = v.k when matched then update set s = v.s";
        assert!(lab.scanned(merge) <= all / 3, "{by}");
        assert_eq!(lab.rows("select count(*), sum(k), max(s) from s.t"), ["7|25|h"]);
    }
}

#[test]
fn a_file_that_loses_half_its_rows_is_written_anew() {
    let lab = Lab::new();
    lab.run("create table s.t as select x, x % 10 as y from unnest(sequence(1, 1000)) u(x)");
    lab.run("delete from s.t where y = 3");
    let of = |lab: &Lab| lab.rows("select content, record_count from s.\"t$files\"");
    assert_eq!(of(&lab), ["0|1000", "1|100"], "places of rows");
    lab.run("update s.t set y = -1 where y > 4");
    assert_eq!(of(&lab), ["0|900"], "one file anew");
    assert_eq!(lab.rows("select count(*), sum(x), count_if(y = -1) from s.t"), ["900|450700|500"]);
    lab.run("delete from s.t where y <> -1");
    assert_eq!(lab.rows("select count(*), sum(x) from s.t"), ["500|251000"]);
    lab.run("delete from s.t where y = -1");
    assert_eq!(of(&lab), Vec::<String>::new());
}

#[test]
fn old_snapshots_go_and_tagged_ones_stay() {
    let lab = Lab::new();
    lab.run("create table s.t as select 1 as x");
    for x in 2..5 {
        lab.run(&format!("insert into s.t values {x}"));
    }
    lab.run("alter table s.t execute optimize");
    lab.run("alter table s.t execute expire_snapshots(retention_threshold => '7d')");
    assert_eq!((lab.rows("select count(*) from s.\"t$snapshots\""), lab.data_files("t")), (vec!["5".into()], 5));
    lab.age("t", 30 * DAY, Some(2));
    lab.run("insert into s.t values 9");
    lab.run("alter table s.t execute expire_snapshots(retention_threshold => '31d')");
    assert_eq!(lab.rows("select count(*) from s.\"t$snapshots\""), ["6"]);
    lab.run("alter table s.t execute expire_snapshots(retention_threshold => '10d')");
    assert_eq!(lab.rows("select operation from s.\"t$snapshots\""), ["append", "append"]);
    assert_eq!(lab.rows("select x from s.t for version as of 'kept'"), ["1", "2"]);
    assert_eq!(lab.rows("select x from s.t"), ["1", "2", "3", "4", "9"]);
    assert_eq!(lab.data_files("t"), 4, "two of the tag, one that was written anew, one that came last");
}

#[test]
fn orphans_go_and_what_is_not_the_tables_stays() {
    let lab = Lab::new();
    lab.run("create table s.t as select 1 as x");
    lab.run("create table s.other as select 2 as x");
    let (data, metadata) = (lab.table("t").join("data"), lab.table("t").join("metadata"));
    let left = [data.join("left.parquet"), metadata.join("left.avro"), lab.table("other").join("data/left.parquet")];
    let foreign = [data.join("notes.txt"), lab.table("t").join("left.parquet")];
    left.iter().chain(&foreign).for_each(|path| fs::write(path, "x").unwrap());
    let sql = "alter table s.t execute remove_orphan_files(retention_threshold => '7d')";
    assert!(lab.rows(sql).contains(&"deleted_files_count|0".to_owned()), "they are young");
    lab.age("t", 8 * DAY, None);
    lab.age("other", 8 * DAY, None);
    assert!(lab.rows(sql).contains(&"deleted_files_count|2".to_owned()));
    assert!(!left[0].exists() && !left[1].exists());
    assert!(left[2].exists() && foreign.iter().all(|path| path.exists()));
    lab.run("vacuum s.other");
    assert!(!left[2].exists());
    assert_eq!(lab.rows("select x from s.t union all select x from s.other"), ["1", "2"]);
}

#[test]
fn athenas_maintenance() {
    let lab = Lab::new();
    lab.run("create table s.t with (extra_properties = map(array['vacuum_max_snapshot_age_seconds'], array['172800'])) as select 1 as x");
    lab.run("insert into s.t values 2");
    lab.run("optimize s.t rewrite data using bin_pack");
    assert_eq!(lab.rows("select count(*) from s.\"t$files\""), ["1"]);
    lab.run("vacuum s.t");
    assert_eq!(lab.rows("select count(*) from s.\"t$snapshots\""), ["3"]);
    lab.age("t", 3 * DAY, None);
    lab.run("vacuum s.t");
    assert_eq!((lab.rows("select count(*) from s.\"t$snapshots\""), lab.data_files("t")), (vec!["1".into()], 1));
    assert_eq!(lab.rows("select x from s.t"), ["1", "2"]);
    lab.run("create table s.p with (partitioning = array['p']) as select 1 as p, 1 as x");
    for p in [1, 2, 2] {
        lab.run(&format!("insert into s.p values ({p}, 2)"));
    }
    lab.run("optimize s.p rewrite data using bin_pack where p = 1");
    assert_eq!(lab.rows("select partition, file_count from s.\"p$partitions\""), ["{f0: 1}|1", "{f0: 2}|2"]);
    assert_eq!(lab.rows("select p, count(*) from s.p group by p"), ["1|2", "2|2"]);
}

#[test]
fn rows_of_other_partitions_are_no_conflict() {
    let lab = Lab::new();
    lab.run("create table s.t with (partitioning = array['p']) as select * from (values (1, 1), (2, 2)) v(p, x)");
    let engine = &lab.engine;
    std::thread::scope(|scope| {
        for p in 1..=4 {
            scope.spawn(move || {
                for round in 0..5 {
                    let token = format!("writer-{p}-{round}-000000000000000000000000");
                    let sql = match p {
                        1 | 2 => format!("update s.t set x = x + 10 where p = {p}"),
                        _ => format!("insert into s.t values ({p}, {round})"),
                    };
                    submit(engine, &sql, &token);
                }
            });
        }
    });
    assert_eq!(lab.rows("select p, count(*), sum(x) from s.t group by p"), ["1|1|51", "2|1|52", "3|5|10", "4|5|10"]);
}

fn submit(engine: &lake_embedded::Embedded, sql: &str, token: &str) {
    use lake_core::engine::{Engine, State, Submission};
    let id = engine.submit(&Submission { sql: sql.into(), token: token.into(), files: vec![] }).unwrap();
    loop {
        match engine.poll(std::slice::from_ref(&id), Duration::from_secs(10)).unwrap().remove(0) {
            State::Running(_) => {}
            State::Succeeded(_) => return,
            other => panic!("{sql}: {other:?}"),
        }
    }
}

/// Prints the rows of a table, how it is partitioned and sorted, whether each of its files is sorted by `a` downwards.
const READ: &str = r#"
import sys
import pyarrow.parquet as parquet
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1])
for row in sorted(table.scan().to_arrow().to_pylist(), key=lambda row: row["k"]):
    print("|".join(str(value) for value in row.values()))
print(table.spec())
print(table.sort_order())
print("files", len(list(table.scan(row_filter="k = 7").plan_files())))
for task in table.scan().plan_files():
    a = parquet.read_table(task.file.file_path)["a"].to_pylist()
    print("sorted", a == sorted(a, reverse=True))
"#;

#[test]
fn somebody_else_reads_what_was_altered() {
    let lab = Lab::new();
    lab.run(
        "create table s.t (k integer comment 'the key', a integer, gone varchar, d date)
         with (partitioning = array['k', 'bucket(k, 4)'], sorted_by = array['a desc'])",
    );
    lab.run("insert into s.t select x, x % 3, 'x', date '2024-01-01' from unnest(sequence(1, 8)) u(x)");
    lab.run("alter table s.t alter column k set data type bigint");
    lab.run("alter table s.t drop column gone");
    lab.run("alter table s.t rename column d to day");
    lab.run("alter table s.t add column r row(x integer, y array(varchar))");
    lab.run("delete from s.t where k > 3 and k < 7");
    lab.run("update s.t set r = row(5, array['p', null]) where k = 1");
    lab.run("alter table s.t set properties partitioning = array['month(day)']");
    lab.run("insert into s.t select 7, x, date '1969-12-31', null from unnest(array[3, 9, 4]) u(x)");
    let ours =
        ["1|1|2024-01-01|{f0: 5, f1: [p, null]}", "2|2|2024-01-01|null", "3|0|2024-01-01|null", "7|1|2024-01-01|null"];
    assert_eq!(lab.rows("select * from s.t")[..4], ours);
    let Some(theirs) = python(READ, &lab.metadata("t")) else { return };
    let lines: Vec<&str> = theirs.lines().collect();
    assert_eq!(lines[..3], ["1|1|2024-01-01|{'x': 5, 'y': ['p', None]}", "2|2|2024-01-01|None", "3|0|2024-01-01|None"]);
    assert_eq!(lines.iter().filter(|line| line.starts_with("7|")).count(), 4);
    assert!(theirs.contains("day_month: month(4)"), "{theirs}");
    assert!(theirs.contains("2 DESC NULLS LAST"), "{theirs}");
    assert!(theirs.contains("files 2"), "{theirs}");
    assert!(!theirs.contains("sorted False"), "{theirs}");
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let lab = Lab::new();
    lab.run("create table s.t as select 1 as x");
    for (sql, named) in [
        ("analyze s.t", "ANALYZE"),
        ("explain analyze select 1", "EXPLAIN ANALYZE"),
        ("show stats for s.t", "SHOW STATS"),
        ("show functions", "SHOW FUNCTIONS"),
        ("prepare p from select 1", "PREPARE"),
        ("grant select on s.t to someone", "GRANT"),
        ("msck repair table s.t", "MSCK REPAIR TABLE"),
        ("alter table s.t add columns (y int)", "ALTER TABLE in Hive's grammar"),
        ("optimize s.t rewrite data using bin_pack where x % 2 = 1", "OPTIMIZE with a condition"),
        ("create table s.u (a integer) with (format = 'ORC')", "table format ORC"),
        ("create table s.u (a integer) with (format_version = 3)", "format version 3"),
    ] {
        let message = lab.fails(sql);
        assert!(
            message.contains(named) && message.contains("not supported by the embedded engine"),
            "{sql}: {message}"
        );
    }
    assert_eq!(lab.rows("show tables from s"), ["t"]);
}
