//! The same on the embedded engine: its tables and the journal are folders, a new process opens them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lake_core::engine::{Engine, State, Submission};
use lake_core::model::registry;
use lake_core::model::spec::Id;
use lake_core::run::summary::RunSummary;
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_model_engine::{Fault, Faulty, Place, texts};
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
        let shown = TABLES.iter().map(|table| rows(&engine, table)).collect();
        let found = registry::declarations().unwrap();
        let schemas: BTreeSet<&str> = found.models.iter().map(|model| model.id.schema.as_str()).collect();
        let names = schemas.iter().flat_map(|schema| engine.list(schema).unwrap());
        let mut names: Vec<String> = names.map(|name| name.table.split("__r2").next().unwrap().to_owned()).collect();
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

/// Meets every statement of every model of the second delivery with a fault. Each model starts where the ones that it
/// reads have ended.
fn check(fault: &Fault) {
    let lake = Lake::new();
    let refresh = Refresh::new(2);
    let project = refresh.project().0;
    let models: Vec<Id> = project.graph.models().map(|model| model.id.clone()).collect();
    lake.settle(&Refresh::new(1), &models.iter().cloned().collect());
    let mut met = 0;
    for model in models {
        let model = BTreeSet::from([model]);
        let undisturbed = lake.fork();
        undisturbed.settle(&refresh, &model);
        let expected = undisturbed.state();
        assert_eq!(expected.2, [""; 0], "open plans");
        for nth in 1.. {
            let disturbed = lake.fork();
            let engine = Arc::new(Faulty::new(disturbed.open()).schedule(nth, fault.clone()));
            let _ = disturbed.run(&refresh, &model, &engine);
            if engine.is_fault_pending() {
                break;
            }
            met += 1;
            disturbed.settle(&refresh, &model);
            assert_eq!(disturbed.state(), expected, "{fault:?} at statement {nth} of {model:?}");
        }
        lake.settle(&refresh, &model);
    }
    assert!(met > 20, "the fault met {met} statements");
}

#[test]
fn death_before_every_statement_of_every_model() {
    check(&Fault::DieBefore);
}

#[test]
fn death_after_every_statement_of_every_model() {
    check(&Fault::DieAfter);
}

#[test]
fn the_answer_to_every_statement_of_every_model_is_lost() {
    check(&Fault::LoseAnswer);
}

#[test]
fn every_statement_of_every_model_takes_effect_with_an_error() {
    check(&Fault::Unclear { took_effect: true });
}

#[test]
fn another_writer_is_first_at_every_statement_of_every_model() {
    check(&Fault::Conflict);
}
