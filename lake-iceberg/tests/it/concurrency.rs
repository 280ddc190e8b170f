//! Many writers at once, in threads and in processes: nothing is lost, nothing is applied twice.

use std::process::{Command, Stdio};

use crate::common::*;
use arrow::array::Int64Array;
use futures::TryStreamExt;
use lake_iceberg::*;

/// Tells the test binary, run once more as a writer, which warehouse to write to.
const WRITER_OF: &str = "LAKE_TEST_WRITER_OF";
/// How the writer is to write: `append`, `count` or `crash`.
const WRITER_MODE: &str = "LAKE_TEST_WRITER_MODE";
const STATEMENTS: i64 = 6;

/// Adds `STATEMENTS` rows, a commit each.
async fn append_some(warehouse: Warehouse, first: i64) {
    for id in first..first + STATEMENTS {
        let table = warehouse.table("s", "t").await.unwrap();
        let patient = CommitOptions { max_attempts: 1000, ..CommitOptions::default() };
        table.append([rows([id])], patient).await.unwrap();
    }
}

/// Adds one to a counter `STATEMENTS` times: reads it, deletes its row, adds a row; runs again after a conflict.
async fn count_some(warehouse: Warehouse) {
    let mut done = 0;
    while done < STATEMENTS {
        let table = warehouse.table("s", "counter").await.unwrap();
        let mut batches = table.scan().columns(["id"]).positions().await.unwrap();
        let row = batches.try_next().await.unwrap().unwrap();
        let value = row.batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().value(0);
        let deletes = [(row.file.to_string(), vec![row.positions.value(0) as u64])].into();
        match table.row_delta(deletes, [rows([value + 1])], CommitOptions::default()).await {
            Ok(_) => done += 1,
            Err(error) => assert!(error.is_conflict() || error.to_string().contains("lost the race"), "{error}"),
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
        tasks.push(tokio::spawn(append_some(warehouse.clone(), writer * STATEMENTS)));
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
    command.env(WRITER_OF, warehouse.root()).env(WRITER_MODE, mode);
    command
}

/// Not a test of its own: what the other tests run in processes of their own.
#[tokio::test]
async fn as_a_writer() {
    let Some(root) = std::env::var_os(WRITER_OF) else { return };
    let warehouse = Warehouse::open(root).unwrap();
    match std::env::var(WRITER_MODE).unwrap().split_once(':') {
        Some(("append", first)) => append_some(warehouse, first.parse().unwrap()).await,
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
    let modes = ["append:0".to_owned(), format!("append:{STATEMENTS}"), "count:".to_owned(), "count:".to_owned()];
    let mut children: Vec<_> = modes.iter().map(|mode| writer(&warehouse, mode).spawn().unwrap()).collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    check(&warehouse, 2, 2).await;
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
    assert_eq!(removed.files[0].extension().unwrap(), "parquet");
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
