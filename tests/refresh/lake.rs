//! A lake in a folder: tables behind an engine, and the journal. Whoever opens it is a new process.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use lake_core::engine::{Engine, PhysicalName, Submission, execute};
use lake_core::model::registry;
use lake_core::model::spec::Id;
use lake_core::run::summary::RunSummary;
use lake_embedded::{Embedded, EmbeddedConfig};
use lake_model_engine::{Death, Fault, Faulty, Place, texts};
use tempfile::TempDir;

use crate::{Refresh, TABLES};

/// What outlives processes, and gives each of them an engine.
pub trait Host {
    /// The engine.
    type Engine: Engine + 'static;

    /// A host of the tables in a folder.
    fn over(warehouse: &Path) -> Self;

    /// What a new process uses.
    fn open(&self) -> Self::Engine;
}

/// Tables behind a host, and the journal of those who use them.
pub struct Lake<H> {
    folder: TempDir,
    place: Place,
    pub host: H,
}

/// What readers see, which tables there are without their run ids, and the models with an open plan.
pub type Shown = (Vec<Vec<String>>, Vec<String>, Vec<String>);

impl<H: Host> Lake<H> {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        let place = Place::new(folder.path().join("state"));
        let host = H::over(&folder.path().join("warehouse"));
        Self { folder, place, host }
    }

    /// Another lake that has come to the same point.
    pub fn fork(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        let place = self.place.copied_to(folder.path().join("state"));
        let host = H::over(&folder.path().join("warehouse"));
        Self { folder, place, host }
    }

    /// What a new process uses, without faults so far.
    pub fn engine(&self) -> Faulty<H::Engine> {
        Faulty::new(self.host.open())
    }

    /// A run of some models in a new process; None if it died.
    pub fn run(
        &self,
        refresh: &Refresh,
        models: &BTreeSet<Id>,
        engine: &Arc<Faulty<H::Engine>>,
        death: Option<Death>,
    ) -> Option<RunSummary> {
        let (project, landing) = refresh.project();
        refresh.run_in(&self.place.start(engine.clone(), project, landing, death), models)
    }

    /// A run of all models in a process to which nothing happens.
    pub fn succeed(&self, refresh: &Refresh) -> RunSummary {
        let summary = self.run(refresh, &refresh.models(), &Arc::new(self.engine()), None).unwrap();
        assert!(summary.is_good(), "{summary:#?}");
        summary
    }

    /// Runs until nothing is left to do, as a scheduler would.
    pub fn settle(&self, refresh: &Refresh, models: &BTreeSet<Id>) {
        self.settle_within(4, refresh, models);
    }

    /// The same with a number of runs after which it should have ended.
    pub fn settle_within(&self, runs: usize, refresh: &Refresh, models: &BTreeSet<Id>) {
        let mut last = None;
        for _ in 0..runs {
            last = self.run(refresh, models, &Arc::new(self.engine()), None);
            if last.as_ref().is_some_and(RunSummary::is_good) {
                return;
            }
        }
        panic!("never settled: {last:#?}");
    }

    /// Reads the tables as they lie in the folder.
    fn reader(&self) -> Embedded {
        let warehouse = self.folder.path().join("warehouse");
        Embedded::open(EmbeddedConfig { warehouse, threads: 1, memory_bytes: 64 << 20 }).unwrap()
    }

    /// All rows of a table or view, each as text, sorted.
    pub fn rows(&self, table: &str) -> Vec<String> {
        rows(&self.reader(), table)
    }

    pub fn shown(&self) -> Shown {
        let engine = self.reader();
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

    /// The journal, as one may read it at any time.
    pub fn journal(&self) -> lake_core::journal::Journal {
        lake_core::journal::Journal::folder(&self.folder.path().join("state")).unwrap()
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
pub fn rows(engine: &dyn Engine, table: &str) -> Vec<String> {
    let ran = execute(engine, &Submission::once(format!("select * from {table}")), || false);
    let (_, rows) = ran.unwrap_or_else(|error| panic!("{table}: {error}")).expect("nobody stops it");
    let mut rows = texts(&rows).unwrap();
    rows.sort();
    rows
}

/// Disturbs every model of both deliveries at each of its moments in turn, until `disturb` says that there was nothing
/// left to disturb. Each model starts where the ones that it reads have ended.
pub fn check<H: Host>(what: &str, disturb: impl Fn(&Lake<H>, &Refresh, &BTreeSet<Id>, u64) -> bool) {
    let lake = Lake::<H>::new();
    for delivery in 0..2 {
        let refresh = Refresh::new(delivery + 1);
        let mut met = 0;
        for model in refresh.models_in_order() {
            let model = BTreeSet::from([model]);
            let undisturbed = lake.fork();
            undisturbed.settle(&refresh, &model);
            let expected = undisturbed.shown();
            assert_eq!(expected.2, [""; 0], "open plans");
            for nth in 1.. {
                let disturbed = lake.fork();
                if !disturb(&disturbed, &refresh, &model, nth) {
                    break;
                }
                met += 1;
                disturbed.settle(&refresh, &model);
                assert_eq!(disturbed.shown(), expected, "delivery {delivery}, {what} at moment {nth} of {model:?}");
            }
            lake.settle(&refresh, &model);
        }
        assert!(met > 20, "delivery {delivery}, {what} met {met} moments");
    }
}

/// What another writer adds between any two statements stays, and is no reason to lose or repeat a row of ours.
pub fn check_foreign_row<H: Host>() {
    let lake = Lake::<H>::new();
    let all = Refresh::new(1).models();
    lake.settle(&Refresh::new(1), &all);
    let (refresh, models) = (Refresh::new(2), all.into_iter().filter(|id| id.name == "rates").collect());
    let theirs = "insert into fx.rates values (date '1999-01-04', 'XXX', decimal '1.5')";
    let mut expected = {
        let undisturbed = lake.fork();
        undisturbed.settle(&refresh, &models);
        undisturbed.rows("fx.rates")
    };
    expected.push("1999-01-04 | XXX | 1.500000".into());
    expected.sort();
    for nth in 1.. {
        let disturbed = lake.fork();
        let meanwhile = Fault::Meanwhile(vec![theirs.into()]);
        let engine = Arc::new(disturbed.engine().schedule(nth, meanwhile));
        let _ = disturbed.run(&refresh, &models, &engine, None);
        if engine.is_fault_pending() {
            assert!(nth > 5, "the other writer came at {nth} moments");
            break;
        }
        disturbed.settle(&refresh, &models);
        assert_eq!(disturbed.rows("fx.rates"), expected, "at statement {nth}");
    }
}
