//! A laboratory: models on the engine in memory, with a journal that dies with its process.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use lake_core::model::spec::{Id, ModelSpec, SourceSpec};
use lake_core::plan::FileMark;
use lake_core::project::Project;
use lake_core::project::settings::Target;
use lake_core::run::cancel::CancelToken;
use lake_core::run::event::Event;
use lake_core::run::landing::{Landing, LandingError};
use lake_core::run::session::RunOptions;
use lake_core::run::summary::{ModelResult, RunSummary};
use lake_model_engine::{Fault, ModelEngine, Process, World};
use lake_sql::render::dialect::Dialect;

use tempfile::TempDir;

pub use lake_behaviour::declare::*;
pub use lake_model_engine::Death;

/// Files that have arrived: in the engine's memory, or in a folder where the engine cannot open them.
#[derive(Clone, Default)]
struct Files {
    marks: Arc<Mutex<Vec<FileMark>>>,
    folder: Option<Arc<TempDir>>,
}

impl Landing for Files {
    fn list(&self, _pattern: &str) -> Result<Vec<FileMark>, LandingError> {
        let mut files = self.marks.lock().unwrap().clone();
        files.sort();
        Ok(files)
    }

    fn open_path(&self, path: &str) -> String {
        self.folder.as_ref().map_or(path.into(), |folder| folder.path().join(path).display().to_string())
    }
}

/// A project, its engine, its journal and its files.
pub struct Lab {
    pub world: World,
    files: Files,
    sources: Vec<SourceSpec>,
    models: Vec<ModelSpec>,
    pub cancel: CancelToken,
    pub events: Mutex<Vec<Event>>,
    pub threads: usize,
    /// What the journal of the next process does.
    pub death: Mutex<Option<Death>>,
}

impl Lab {
    pub fn new(sources: Vec<SourceSpec>, models: Vec<ModelSpec>) -> Self {
        Self {
            world: World::default(),
            files: Files::default(),
            sources,
            models,
            cancel: CancelToken::default(),
            events: Mutex::default(),
            threads: 1,
            death: Mutex::default(),
        }
    }

    /// The same on an engine that cannot open files and takes statements of so many bytes.
    pub fn without_files(mut self, statement_bytes: usize) -> Self {
        let dialect = Dialect { max_statement_bytes: Some(statement_bytes), ..Dialect::EMBEDDED };
        let mut engine = ModelEngine::with_dialect(dialect);
        engine.capabilities_mut().files = false;
        self.world = World::with_engine(engine);
        self.files.folder = Some(Arc::new(tempfile::tempdir().unwrap()));
        self
    }

    /// Changes the declarations, as a new build of the program does.
    pub fn rebuild(&mut self, models: Vec<ModelSpec>) {
        self.models = models;
    }

    /// A new process: a session of its own, over the same tables and journal.
    pub fn session(&self) -> Process {
        let project = Project::load(self.models.clone(), self.sources.clone(), Target::named("lab")).unwrap();
        self.world.start(project, Box::new(self.files.clone()), self.death.lock().unwrap().take())
    }

    /// A run of everything in a new process; None if the process died.
    pub fn try_run(&self) -> Option<RunSummary> {
        let session = self.session();
        let all: BTreeSet<Id> = session.project().graph.models().map(|m| m.id.clone()).collect();
        let events = |event| self.events.lock().unwrap().push(event);
        let options = RunOptions { threads: Some(self.threads), ..RunOptions::default() };
        let summary = session.run(&all, &options, &self.cancel, &events).ok();
        summary.filter(|_| session.is_alive())
    }

    pub fn run(&self) -> RunSummary {
        self.try_run().expect("the process lives")
    }

    /// Runs one model's project and gives its result.
    pub fn only(&self) -> ModelResult {
        let mut summary = self.run();
        assert_eq!(summary.models.len(), 1);
        summary.models.remove(0)
    }

    /// Outcome of each model, as text.
    pub fn outcomes(&self) -> Vec<String> {
        self.run().models.iter().map(outcome).collect()
    }

    /// Runs until a run leaves nothing to do, as a scheduler would.
    pub fn settle(&self) {
        for _ in 0..4 {
            if self.try_run().is_some_and(|summary| summary.is_good()) {
                return;
            }
        }
        panic!("never settled: {:?}", self.run());
    }

    pub fn land(&self, path: &str, content: &str) {
        match &self.files.folder {
            Some(folder) => std::fs::write(folder.path().join(path), content).unwrap(),
            None => self.world.engine.put_file(path, content),
        }
        self.files.marks.lock().unwrap().push(FileMark { path: path.into(), size: content.len() as u64 });
    }

    /// Takes a file away before it was loaded.
    pub fn take_away(&self, path: &str) {
        self.files.marks.lock().unwrap().retain(|file| file.path != path);
    }

    pub fn fault(&self, nth: u64, fault: Fault) {
        self.world.engine.schedule(nth, fault);
    }

    pub fn rows(&self, table: &str) -> Vec<String> {
        self.world.engine.table(table)
    }

    /// Number of commits of a table.
    pub fn commits(&self, schema: &str, table: &str) -> usize {
        self.world.engine.table(&format!("{schema}.\"{table}$snapshots\"")).len()
    }

    /// Names without run ids: what is left in the catalog.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.world.engine.names().into_iter().map(|name| name.split("__r2").next().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

/// `published 3`, `unchanged`, `refused: …`
pub fn outcome(result: &ModelResult) -> String {
    let word = format!("{:?}", result.outcome).to_lowercase();
    match (word.as_str(), result.rows, &result.message) {
        ("published", Some(rows), _) => format!("published {rows}"),
        ("published" | "unchanged", _, _) | (_, _, None) => word,
        (_, _, Some(message)) => format!("{word}: {message}"),
    }
}
