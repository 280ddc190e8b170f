//! Many writers at once, in threads and in processes: nothing is lost, nothing is applied twice.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::common::*;
use crate::pyiceberg::python;
use arrow::array::Int64Array;
use futures::TryStreamExt;
use lake_iceberg::*;

/// Tells the test binary, run once more as a writer, which warehouse to write to.
const WRITER_OF: &str = "LAKE_TEST_WRITER_OF";
/// How the writer is to write: `append:<first>:<count>`, `count:`, `on:` or `crash:`.
const WRITER_MODE: &str = "LAKE_TEST_WRITER_MODE";
const STATEMENTS: i64 = 6;

/// Prints the rows of every tenth snapshot, oldest first.
const COUNTS: &str = r#"
import sys
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1])
snapshots = sorted(table.metadata.snapshots, key=lambda snapshot: snapshot.sequence_number)
for snapshot in snapshots[9::10]:
    print(table.scan(snapshot_id=snapshot.snapshot_id).count())
"#;

/// Adds rows, a commit each.
async fn append_some(warehouse: Warehouse, first: i64, count: i64) {
    for id in first..first + count {
        let table = warehouse.table("s", "t").await.unwrap();
        let patient = CommitOptions { max_attempts: 1000, ..CommitOptions::default() };
        table.append([rows([id])], patient).await.unwrap();
    }
}

/// Adds one to a counter `STATEMENTS` times; runs again after a conflict.
async fn count_some(warehouse: Warehouse) {
    let mut done = 0;
    while done < STATEMENTS {
        match count_on(&warehouse).await {
            Ok(()) => done += 1,
            Err(error) => assert!(error.is_conflict() || error.to_string().contains("lost the race"), "{error}"),
        }
    }
}

/// Adds one to a counter: reads it, deletes its row, adds a row.
async fn count_on(warehouse: &Warehouse) -> Result<()> {
    let table = warehouse.table("s", "counter").await.unwrap();
    let mut batches = table.scan().columns(["id"]).positions().await.unwrap();
    let row = batches.try_next().await.unwrap().unwrap();
    let value = row.batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().value(0);
    let deletes = [(row.file.to_string(), vec![row.positions.value(0) as u64])].into();
    table.row_delta(deletes, [rows([value + 1])], CommitOptions::default()).await.map(drop)
}

/// Rows of `t`, and the counter.
async fn state(warehouse: &Warehouse) -> (Vec<i64>, i64) {
    let t = ids(&warehouse.table("s", "t").await.unwrap()).await;
    let counter = ids(&warehouse.table("s", "counter").await.unwrap()).await;
    assert_eq!(counter.len(), 1, "{counter:?}");
    (t, counter[0])
}

/// Adds a row to `t` and one to the counter, in turn and without an end; prints what is committed.
async fn write_on(warehouse: Warehouse) {
    loop {
        let (t, counter) = state(&warehouse).await;
        let next = t.len() as i64;
        if next == counter {
            let table = warehouse.table("s", "t").await.unwrap();
            table.append([rows([next])], CommitOptions::default()).await.unwrap();
            println!("row {next}");
        } else {
            count_on(&warehouse).await.unwrap();
            println!("counter {next}");
        }
    }
}

async fn tables() -> (tempfile::TempDir, Warehouse) {
    let (dir, warehouse) = warehouse();
    let new = || NewTable::new(&columns()).unwrap();
    warehouse.create_table("s", "t", new()).await.unwrap();
    warehouse.create_table_as("s", "counter", new(), [rows([0])], CommitOptions::default()).await.unwrap();
    (dir, warehouse)
}

async fn check(warehouse: &Warehouse, appenders: i64, counters: i64) {
    let table = warehouse.table("s", "t").await.unwrap();
    assert_eq!(ids(&table).await, (0..appenders * STATEMENTS).collect::<Vec<_>>());
    assert_eq!(table.snapshots().len() as i64, appenders * STATEMENTS);
    let counter = warehouse.table("s", "counter").await.unwrap();
    assert_eq!(ids(&counter).await, [counters * STATEMENTS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads() {
    let (_dir, warehouse) = tables().await;
    let mut tasks = Vec::new();
    for writer in 0..4 {
        tasks.push(tokio::spawn(append_some(warehouse.clone(), writer * STATEMENTS, STATEMENTS)));
    }
    for _ in 0..2 {
        tasks.push(tokio::spawn(count_some(warehouse.clone())));
    }
    for task in tasks {
        task.await.unwrap();
    }
    check(&warehouse, 4, 2).await;
}

fn writer(warehouse: &Warehouse, mode: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "concurrency::as_a_writer", "--nocapture"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.env(WRITER_OF, path_of(warehouse.location())).env(WRITER_MODE, mode);
    command
}

/// Not a test of its own: what the other tests run in processes of their own.
#[tokio::test]
async fn as_a_writer() {
    let Some(root) = std::env::var_os(WRITER_OF) else { return };
    let warehouse = Warehouse::open(root).unwrap();
    match std::env::var(WRITER_MODE).unwrap().split_once(':') {
        Some(("append", range)) => {
            let (first, count) = range.split_once(':').unwrap();
            append_some(warehouse, first.parse().unwrap(), count.parse().unwrap()).await;
        }
        Some(("on", _)) => write_on(warehouse).await,
        Some(("crash", _)) => {
            let table = warehouse.table("s", "t").await.unwrap();
            let mut writer = table.writer(WriteOptions::default()).unwrap();
            writer.write(rows(0..5)).await.unwrap();
            let files = writer.finish().await.unwrap();
            assert_eq!(files.len(), 1);
            // Neither destructors nor anything else runs.
            std::process::abort();
        }
        _ => count_some(warehouse).await,
    }
}

#[tokio::test]
async fn processes() {
    let (_dir, warehouse) = tables().await;
    let appends = [0, STATEMENTS].map(|first| format!("append:{first}:{STATEMENTS}"));
    all_succeed(&warehouse, &[&appends[0], &appends[1], "count:", "count:"]);
    check(&warehouse, 2, 2).await;
}

fn all_succeed(warehouse: &Warehouse, modes: &[&str]) {
    let mut children: Vec<_> = modes.iter().map(|mode| writer(warehouse, mode).spawn().unwrap()).collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
}

#[tokio::test]
async fn a_thousand_commits_of_four_processes() {
    let (_dir, warehouse) = tables().await;
    let modes = [0, 250, 500, 750].map(|first| format!("append:{first}:250"));
    all_succeed(&warehouse, &modes.each_ref().map(String::as_str));
    let table = warehouse.table("s", "t").await.unwrap();
    assert_eq!(ids(&table).await, (0..1000).collect::<Vec<_>>());
    assert_eq!(table.snapshots().len(), 1000);
    if let Some(counts) = python(COUNTS, table.metadata_location()) {
        let counts: Vec<i64> = counts.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(counts, (1..=100).map(|tenth| 10 * tenth).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_what_it_committed() {
    let (_dir, warehouse) = tables().await;
    let (mut rows, mut counter) = (0, 0);
    let mut moment = 7_u64;
    for _ in 0..100 {
        let mut child = writer(&warehouse, "on:").stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        // Another number each time, all of them from 0 to 30 ms behind the first commit.
        moment = moment * 48_271 % 2_147_483_647;
        let first = said.find(|line| line.starts_with("row ") || line.starts_with("counter ")).unwrap();
        std::thread::sleep(std::time::Duration::from_micros(moment % 30_000));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in [first].into_iter().chain(said) {
            match line.split_once(' ') {
                Some(("row", _)) => rows += 1,
                Some(("counter", _)) => counter += 1,
                _ => {}
            }
        }
        let (found, count) = state(&warehouse).await;
        assert_eq!(found, (0..found.len() as i64).collect::<Vec<_>>());
        // What was committed is there; of what was under way, all or nothing.
        let unsaid = (found.len() as i64 - rows) + (count - counter);
        assert!((0..=1).contains(&unsaid), "{found:?} {count}: said were {rows} and {counter}");
        (rows, counter) = (found.len() as i64, count);
    }
    let day = std::time::Duration::from_secs(24 * 3600);
    warehouse.collect_garbage(std::time::SystemTime::now() + 2 * day, day).await.unwrap();
    let (found, count) = state(&warehouse).await;
    assert_eq!((found.len() as i64, count), (rows, counter));
}

#[tokio::test]
async fn a_crash_leaves_orphans_that_are_removed_after_their_age() {
    use std::time::{Duration, SystemTime};
    let (_dir, warehouse) = tables().await;
    let table = warehouse.table("s", "t").await.unwrap();
    table.append([rows(0..3)], CommitOptions::default()).await.unwrap();
    assert!(!writer(&warehouse, "crash:").status().unwrap().success());
    assert_eq!(ids(&table.refresh().await.unwrap()).await, [0, 1, 2]);

    let day = Duration::from_secs(24 * 3600);
    let now = SystemTime::now();
    assert_eq!(warehouse.collect_garbage(now, day).await.unwrap(), Removed::default());
    let removed = warehouse.collect_garbage(now + 2 * day, day).await.unwrap();
    assert_eq!(removed.files.len(), 1, "{removed:?}");
    assert_eq!(std::path::Path::new(&removed.files[0]).extension().unwrap(), "parquet");
    assert_eq!(warehouse.collect_garbage(now + 2 * day, day).await.unwrap(), Removed::default());
    assert_eq!(ids(&warehouse.table("s", "t").await.unwrap()).await, [0, 1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_gets_the_name() {
    let (_dir, warehouse) = tables().await;
    let mut names = Vec::new();
    for at in 0..8 {
        let name = format!("candidate_{at}");
        let new = NewTable::new(&columns()).unwrap();
        warehouse.create_table_as("s", &name, new, [rows([at])], CommitOptions::default()).await.unwrap();
        names.push(name);
    }
    let renames = names.iter().map(|name| {
        let (warehouse, from) = (warehouse.clone(), TableName::new("s", name));
        tokio::task::spawn_blocking(move || warehouse.rename_table(&from, &TableName::new("s", "published")))
    });
    let outcomes = futures::future::join_all(renames).await;
    let won = outcomes.iter().map(|outcome| outcome.as_ref().unwrap()).filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1);
    for outcome in outcomes {
        if let Err(error) = outcome.unwrap() {
            assert_eq!(error.to_string(), "table s.published exists already");
        }
    }
    let published = warehouse.table("s", "published").await.unwrap();
    assert_eq!(ids(&published).await.len(), 1);
    assert_eq!(warehouse.catalog().list("s").unwrap().len(), 2 + 8);
}
