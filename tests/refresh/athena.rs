//! The same on Athena's client, over a server that speaks Athena's protocol: faults happen on the wire, the server lives
//! on when a process dies, and it counts what it has executed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use athena_local::{AthenaLocal, Config, Fault as Wire, Handle, Rule};
use lake_athena::{Athena, AthenaConfig, Keys};
use lake_core::engine::{Engine, PhysicalName, State, Submission};
use lake_core::model::spec::Id;
use lake_core::run::summary::{Outcome, RunSummary};
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_model_engine::{Faulty, Place, texts};
use tempfile::TempDir;

use crate::{Refresh, TABLES};

/// A server with its folder, and the journal of those who use it.
struct Lake {
    folder: TempDir,
    place: Place,
    server: Handle,
}

impl Lake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        let place = Place::new(folder.path().join("state"));
        let config = Config { threads: 1, memory_bytes: 64 << 20, ..Config::new(folder.path().join("warehouse")) };
        let server = AthenaLocal::start(config).unwrap();
        Self { folder, place, server }
    }

    /// What a new process uses.
    fn client(&self) -> Athena {
        let keys = Some(Keys { id: "local".into(), secret: "local".into() });
        Athena::open(AthenaConfig {
            region: Some("eu-west-1".into()),
            endpoint: Some(self.server.url()),
            keys,
            poll: Duration::from_millis(1),
            ..AthenaConfig::new("s3://bucket/lake")
        })
        .unwrap()
    }

    /// A run of all models in a new process; None if it died.
    fn run(&self, refresh: &Refresh, engine: &Arc<Faulty<Athena>>) -> Option<RunSummary> {
        let (project, landing) = refresh.project();
        let models: BTreeSet<Id> = project.graph.models().map(|model| model.id.clone()).collect();
        refresh.run_in(&self.place.start(engine.clone(), project, landing, None), &models)
    }

    /// A run of an undisturbed process.
    fn succeed(&self, refresh: &Refresh) -> RunSummary {
        let summary = self.run(refresh, &Arc::new(Faulty::new(self.client()))).unwrap();
        assert!(summary.is_good(), "{summary:#?}");
        summary
    }

    /// What readers see, read by the engine behind the server.
    fn tables(&self) -> Vec<Vec<String>> {
        let warehouse = self.folder.path().join("warehouse");
        let engine = Embedded::open(EmbeddedConfig { warehouse, threads: 1, memory_bytes: 64 << 20 }).unwrap();
        TABLES.iter().map(|table| rows(&engine, table)).collect()
    }

    /// All tables, without their run ids.
    fn names(&self) -> Vec<String> {
        let client = self.client();
        let names = client.list("fx").unwrap().into_iter().map(|PhysicalName { table, .. }| table);
        let mut names: Vec<String> = names.map(|name| name.split("__r2").next().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    /// How often each statement that writes was executed.
    fn writes(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for execution in self.server.executions() {
            if !execution.sql.starts_with("select") {
                *counts.entry(execution.sql).or_default() += 1;
            }
        }
        counts
    }

    fn assert_each_write_happened_once(&self) {
        let twice: Vec<_> = self.writes().into_iter().filter(|(_, count)| *count > 1).collect();
        // A schema may be asked for by several models.
        let twice: Vec<_> = twice.into_iter().filter(|(sql, _)| !sql.starts_with("create schema")).collect();
        assert_eq!(twice, []);
    }
}

/// All rows of a table or view, each as text, sorted.
fn rows(engine: &dyn Engine, table: &str) -> Vec<String> {
    let token = format!("the rows of {table}, read by the test");
    let id = engine.submit(&Submission { sql: format!("select * from {table}"), token, files: vec![] }).unwrap();
    let state = engine.poll(std::slice::from_ref(&id), Duration::from_secs(60)).unwrap().remove(0);
    assert!(matches!(state, State::Succeeded(_)), "{table}: {state:?}");
    let mut rows = texts(&engine.rows(&id).unwrap()).unwrap();
    rows.sort();
    rows
}

/// The tables of the same deliveries on the embedded engine alone.
fn expected() -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("state")).unwrap();
    let place = Place::new(folder.path().join("state"));
    let warehouse = folder.path().join("warehouse");
    let config = EmbeddedConfig { warehouse, threads: 1, memory_bytes: 64 << 20 };
    for delivery in 1..=2 {
        let refresh = Refresh::new(delivery);
        let (project, landing) = refresh.project();
        let models: BTreeSet<Id> = project.graph.models().map(|model| model.id.clone()).collect();
        let engine = Arc::new(Faulty::new(Embedded::open(config.clone()).unwrap()));
        assert!(refresh.run_in(&place.start(engine, project, landing, None), &models).unwrap().is_good());
    }
    let engine = Embedded::open(config).unwrap();
    TABLES.iter().map(|table| rows(&engine, table)).collect()
}

#[test]
fn ends_in_the_same_tables_and_a_second_run_does_nothing() {
    let lake = Lake::new();
    lake.succeed(&Refresh::new(1));
    let refresh = Refresh::new(2);
    lake.succeed(&refresh);
    assert_eq!(lake.tables(), expected());
    lake.assert_each_write_happened_once();

    let writes = lake.writes();
    let again = lake.succeed(&refresh);
    assert!(again.models.iter().all(|model| model.outcome == Outcome::Unchanged), "{again:#?}");
    assert_eq!(lake.writes(), writes);
}

/// Every statement of both deliveries meets the fault when it is first sent, in a process that goes on.
fn check(fault: &Wire) {
    let undisturbed = Lake::new();
    let lake = Lake::new();
    for delivery in 1..=2 {
        undisturbed.succeed(&Refresh::new(delivery));
        lake.server.meet(Rule::start("", fault.clone()).each());
        lake.succeed(&Refresh::new(delivery));
    }
    assert_eq!(lake.tables(), undisturbed.tables());
    assert_eq!(lake.names(), undisturbed.names());
    lake.assert_each_write_happened_once();
    let counts = |lake: &Lake| lake.writes().into_values().sum::<usize>();
    assert_eq!(counts(&lake), counts(&undisturbed));
    assert!(counts(&lake) > 20);
}

#[test]
fn the_answer_to_every_start_is_lost() {
    check(&Wire::LoseAnswer);
}

#[test]
fn every_start_is_lost_on_its_way() {
    check(&Wire::LoseRequest);
}

#[test]
fn every_start_is_throttled() {
    check(&Wire::Throttle);
}

#[test]
fn every_start_meets_an_error_of_the_service() {
    check(&Wire::InternalError);
}

/// What a create leaves when it fails is not taken for its success, and is not in the way of the next plan.
#[test]
fn remains_of_failed_creates_are_cleared_away() {
    let lake = Lake::new();
    let fault =
        r#"{"fail": {"category": 1, "type": 235, "message": "GENERIC_INTERNAL_ERROR: lost", "leaves_table": true}}"#;
    let fault: Wire = serde_json::from_str(fault).unwrap();
    lake.server.meet(Rule::start("create table", fault.clone()));
    lake.server.meet(Rule::start("create table", fault).nth(9));
    lake.succeed(&Refresh::new(1));
    lake.succeed(&Refresh::new(2));
    assert!(!lake.server.is_fault_pending());
    assert_eq!(lake.tables(), expected());
}
