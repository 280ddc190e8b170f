//! Whatever is committed in whatever order, a table holds what a set of ids would, now and at each snapshot.

use std::collections::{BTreeMap, BTreeSet};

use lake_iceberg::*;
use proptest::prelude::*;

use crate::common::*;

#[derive(Clone, Debug)]
enum Statement {
    /// Adds so many new rows.
    Append(u8),
    /// Deletes each row whose id leaves this rest, and adds so many.
    Merge { divisor: i64, rest: i64, added: u8 },
    /// Replaces the file at this place, if there is one, by so many rows.
    Overwrite { place: usize, added: u8 },
    /// Forgets all snapshots but the newest.
    Expire,
}

fn statement() -> impl Strategy<Value = Statement> {
    prop_oneof![
        4 => (1u8..20).prop_map(Statement::Append),
        4 => (2i64..6, 0i64..6, 0u8..4).prop_map(|(divisor, rest, added)| Statement::Merge { divisor, rest, added }),
        2 => (0usize..6, 0u8..10).prop_map(|(place, added)| Statement::Overwrite { place, added }),
        1 => Just(Statement::Expire),
    ]
}

/// A table and what it should hold, now and at each snapshot that was not expired.
struct Run {
    table: Table,
    ids: BTreeSet<i64>,
    at: BTreeMap<i64, BTreeSet<i64>>,
    next: i64,
}

impl Run {
    fn new_ids(&mut self, count: u8) -> std::ops::Range<i64> {
        let first = self.next;
        self.next += i64::from(count);
        self.ids.extend(first..self.next);
        first..self.next
    }

    async fn apply(&mut self, statement: &Statement) {
        let options = CommitOptions::default();
        let committed = match statement {
            Statement::Append(count) => {
                let added = rows(self.new_ids(*count));
                self.table.append([added], options).await.unwrap()
            }
            Statement::Merge { divisor, rest, added } => {
                let gone: Vec<i64> = self.ids.iter().copied().filter(|id| id % divisor == rest % divisor).collect();
                self.ids.retain(|id| !gone.contains(id));
                let deletes = places(&self.table, &gone).await;
                let added = rows(self.new_ids(*added));
                self.table.row_delta(deletes, [added], options).await.unwrap()
            }
            Statement::Overwrite { place, added } => {
                let files = by_file(&self.table).await;
                let Some((file, gone)) = files.into_iter().nth(*place) else { return };
                self.ids.retain(|id| !gone.iter().any(|(_, other)| other == id));
                let added = rows(self.new_ids(*added));
                self.table.overwrite([file], [added], options).await.unwrap()
            }
            Statement::Expire => {
                let older_than = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
                let expiry = Expiry { older_than, keep_last: 1, pinned: BTreeSet::new() };
                self.table = self.table.expire_snapshots(&expiry).await.unwrap().0;
                let current = self.table.snapshot_id();
                self.at.retain(|snapshot, _| Some(*snapshot) == current);
                return;
            }
        };
        self.table = committed.table;
        self.at.insert(self.table.snapshot_id().unwrap_or(0), self.ids.clone());
    }

    async fn check(&self) {
        let found: Vec<i64> = ids(&self.table).await;
        assert!(found.iter().eq(&self.ids));
        assert_eq!(self.table.scan().count().await.unwrap() as usize, self.ids.len());
        for (snapshot, expected) in self.at.iter().filter(|(snapshot, _)| **snapshot != 0) {
            assert!(ids_at(&self.table, *snapshot).await.iter().eq(expected));
        }
    }
}

async fn run(partitioning: Option<&str>, statements: &[Statement]) {
    let (_dir, warehouse) = warehouse();
    let by = partitioning.map(|text| PartitionBy::parse(text).unwrap());
    let new = NewTable::new(&columns()).unwrap().partition_by(by).property("commit.manifest.min-count-to-merge", "3");
    let table = warehouse.create_table("s", "t", new).await.unwrap();
    let mut run = Run { table, ids: BTreeSet::new(), at: BTreeMap::new(), next: 0 };
    for statement in statements {
        run.apply(statement).await;
    }
    run.check().await;
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    warehouse.collect_garbage(later, std::time::Duration::ZERO).await.unwrap();
    run.table = run.table.refresh().await.unwrap();
    run.check().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 50, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_table_is_a_set_of_rows(
        partitioning in prop_oneof![Just(None), Just(Some("bucket(id, 3)")), Just(Some("truncate(name, 2)"))],
        statements in prop::collection::vec(statement(), 1..9),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(partitioning, &statements));
    }
}
