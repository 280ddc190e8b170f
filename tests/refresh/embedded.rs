//! The same on the embedded engine: its tables and the journal are folders, a new process opens them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lake_core::engine::{Engine, PhysicalName, State, Submission};
use lake_core::model::registry;
use lake_core::model::spec::Id;
use lake_core::run::summary::RunSummary;
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_model_engine::{Death, Fault, Faulty, Place, texts};
use tempfile::TempDir;

use crate::{Refresh, TABLES};

/// Tables and journal in a folder.
struct Lake {
    folder: TempDir,
    place: Place,
}

impl Lake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        let place = Place::new(folder.path().join("state"));
        Self { folder, place }
    }

    /// Another lake that has come to the same point.
    fn fork(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        let place = self.place.copied_to(folder.path().join("state"));
        Self { folder, place }
    }

    fn open(&self) -> Embedded {
        let warehouse = self.folder.path().join("warehouse");
        Embedded::open(EmbeddedConfig { warehouse, threads: 1, memory_bytes: 64 << 20 }).unwrap()
    }

    /// A run of some models in a new process; None if it died.
    fn run(&self, refresh: &Refresh, models: &BTreeSet<Id>, engine: &Arc<Faulty<Embedded>>) -> Option<RunSummary> {
        let (project, landing) = refresh.project();
        refresh.run_in(&self.place.start(engine.clone(), project, landing, None), models)
    }

    /// Runs until nothing is left to do, as a scheduler would.
    fn settle(&self, refresh: &Refresh, models: &BTreeSet<Id>) {
        let mut last = None;
        for _ in 0..4 {
            last = self.run(refresh, models, &Arc::new(Faulty::new(self.open())));
            if last.as_ref().is_some_and(RunSummary::is_good) {
                return;
            }
        }
        panic!("never settled: {last:#?}");
    }

    /// What readers see, which tables there are without their run ids, and the models with an open plan.
    fn state(&self) -> (Vec<Vec<String>>, Vec<String>, Vec<String>) {
        let engine = self.open();
        let found = registry::declarations().unwrap();
        let schemas: BTreeSet<&str> = found.models.iter().map(|model| model.id.schema.as_str()).collect();
        let there: Vec<PhysicalName> = schemas.iter().flat_map(|schema| engine.list(schema).unwrap()).collect();
        let is_there = |table: &&&str| there.iter().any(|name| name.to_string() == **table);
        let shown = TABLES.iter().filter(is_there).map(|table| rows(&engine, table)).collect();
        let mut names: Vec<String> =
            there.iter().map(|name| name.table.split("__r2").next().unwrap().to_owned()).collect();
        names.sort();
        let is_open =
            |model: &String| self.folder.path().join("state/models").join(model).join("open/plan.json").exists();
        let open = found.models.iter().map(|model| model.id.to_string()).filter(is_open).collect();
        (shown, names, open)
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All rows of a table or view, each as text, sorted.
fn rows(engine: &Embedded, table: &str) -> Vec<String> {
    let token = format!("the rows of {table}, read by the test");
    let id = engine.submit(&Submission { sql: format!("select * from {table}"), token, files: vec![] }).unwrap();
    let state = engine.poll(std::slice::from_ref(&id), Duration::from_secs(60)).unwrap().remove(0);
    assert!(matches!(state, State::Succeeded(_)), "{table}: {state:?}");
    let mut rows = texts(&engine.rows(&id).unwrap()).unwrap();
    rows.sort();
    rows
}

/// Disturbs every model of both deliveries at each of its moments in turn, until `disturb` says that there was nothing
/// left to disturb. Each model starts where the ones that it reads have ended.
fn check(what: &str, disturb: impl Fn(&Lake, &Refresh, &BTreeSet<Id>, u64) -> bool) {
    let lake = Lake::new();
    for delivery in 0..2 {
        let refresh = Refresh::new(delivery + 1);
        let models: Vec<Id> = refresh.project().0.graph.models().map(|model| model.id.clone()).collect();
        let mut met = 0;
        for model in models {
            let model = BTreeSet::from([model]);
            let undisturbed = lake.fork();
            undisturbed.settle(&refresh, &model);
            let expected = undisturbed.state();
            assert_eq!(expected.2, [""; 0], "open plans");
            for nth in 1.. {
                let disturbed = lake.fork();
                if !disturb(&disturbed, &refresh, &model, nth) {
                    break;
                }
                met += 1;
                disturbed.settle(&refresh, &model);
                assert_eq!(disturbed.state(), expected, "delivery {delivery}, {what} at moment {nth} of {model:?}");
            }
            lake.settle(&refresh, &model);
        }
        assert!(met > 20, "delivery {delivery}, {what} met {met} moments");
    }
}

/// Meets every statement with a fault.
fn faults(fault: &Fault) {
    check(&format!("{fault:?}"), |lake, refresh, models, nth| {
        let engine = Arc::new(Faulty::new(lake.open()).schedule(nth, fault.clone()));
        let _ = lake.run(refresh, models, &engine);
        !engine.is_fault_pending()
    });
}

/// Dies at every write of the journal.
fn deaths(death: fn(u64) -> Death) {
    check(&format!("{:?}", death(0)), |lake, refresh, models, nth| {
        let (project, landing) = refresh.project();
        let engine = Arc::new(Faulty::new(lake.open()));
        let process = lake.place.start(engine, project, landing, Some(death(nth)));
        refresh.run_in(&process, models).is_none()
    });
}

#[test]
fn death_before_every_statement_of_every_model() {
    faults(&Fault::DieBefore);
}

#[test]
fn death_after_every_statement_of_every_model() {
    faults(&Fault::DieAfter);
}

#[test]
fn the_answer_to_every_statement_of_every_model_is_lost() {
    faults(&Fault::LoseAnswer);
}

#[test]
fn every_statement_of_every_model_is_lost_on_its_way() {
    faults(&Fault::LoseRequest);
}

#[test]
fn every_statement_of_every_model_takes_effect_with_an_error() {
    faults(&Fault::Unclear { took_effect: true });
}

#[test]
fn another_writer_is_first_at_every_statement_of_every_model() {
    faults(&Fault::Conflict);
}

#[test]
fn death_before_every_write_of_the_journal_of_every_model() {
    deaths(Death::Before);
}

#[test]
fn death_after_every_write_of_the_journal_of_every_model() {
    deaths(Death::After);
}

/// What another writer adds between any two statements stays, and is no reason to lose or repeat a row of ours.
#[test]
fn a_row_of_another_writer_between_any_two_statements_stays() {
    let lake = Lake::new();
    let all = Refresh::new(1).project().0.graph.models().map(|model| model.id.clone()).collect();
    lake.settle(&Refresh::new(1), &all);
    let (refresh, models) = (Refresh::new(2), all.into_iter().filter(|id| id.name == "rates").collect());
    let theirs = "insert into fx.rates values (date '1999-01-04', 'XXX', decimal '1.5')";
    let mut expected = {
        let undisturbed = lake.fork();
        undisturbed.settle(&refresh, &models);
        rows(&undisturbed.open(), "fx.rates")
    };
    expected.push("1999-01-04 | XXX | 1.500000".into());
    expected.sort();
    for nth in 1.. {
        let disturbed = lake.fork();
        let meanwhile = Fault::Meanwhile(vec![theirs.into()]);
        let engine = Arc::new(Faulty::new(disturbed.open()).schedule(nth, meanwhile));
        let _ = disturbed.run(&refresh, &models, &engine);
        if engine.is_fault_pending() {
            assert!(nth > 5, "the other writer came at {nth} moments");
            break;
        }
        disturbed.settle(&refresh, &models);
        assert_eq!(rows(&disturbed.open(), "fx.rates"), expected, "at statement {nth}");
    }
}
