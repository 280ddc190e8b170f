//! A project with its engine and its journal: what commands work on.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::cancel::CancelToken;
use super::clock::{Clock, SystemClock};
use super::dispatch;
use super::error::RunError;
use super::event::Event;
use super::gather::RunFacts;
use super::landing::{Landing, LandingFolder};
use super::summary::RunSummary;
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::journal::{Holder, Journal, JournalError};
use crate::model::spec::{Id, ModelSpec};
use crate::project::Project;
use crate::strategy::{Context, Decision, PlanError, plain_sql, plan};

/// A project with its engine and its journal.
pub struct Session {
    project: Project,
    engine: Arc<dyn Engine>,
    journal: Journal,
    landing: Box<dyn Landing>,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

/// How long to wait and how often to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a lease lasts unless it is renewed.
    pub lease: Duration,
    /// How long to wait for another run's lease.
    pub lease_wait: Duration,
    /// First wait before a statement is sent again; it doubles each time.
    pub back_off: Duration,
    /// Longest such wait.
    pub longest_back_off: Duration,
    /// Most submissions of one statement.
    pub tries: u32,
    /// How long to ask an engine that has no room for another statement.
    pub capacity_wait: Duration,
    /// Most plans of one model in a run, after conflicts.
    pub attempts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            lease_wait: Duration::from_secs(3600),
            back_off: Duration::from_millis(500),
            longest_back_off: Duration::from_secs(30),
            tries: 6,
            capacity_wait: Duration::from_secs(1800),
            attempts: 5,
        }
    }
}

/// What a command asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Runs models even if nothing is new.
    pub force: bool,
    /// Most models at once; None for the target's number.
    pub threads: Option<usize>,
}

/// What would be done with one model.
#[derive(Clone, Debug, PartialEq)]
pub struct NodePlan {
    /// The model.
    pub model: Id,
    /// The run whose unfinished plan is finished first.
    pub unfinished: Option<String>,
    /// A plan, nothing, or why it cannot be planned.
    pub decision: Result<Decision, RunError>,
}

impl Session {
    /// Opens the journal of the project's target.
    pub fn open(project: Project, engine: Arc<dyn Engine>) -> Result<Self, JournalError> {
        let journal = Journal::folder(Path::new(&project.target.state))?;
        let landing = Box::new(LandingFolder(project.target.landing.clone().into()));
        Ok(Self::with(project, engine, journal, landing, Arc::new(SystemClock)))
    }

    /// Puts a session together from its parts.
    pub fn with(
        project: Project,
        engine: Arc<dyn Engine>,
        journal: Journal,
        landing: Box<dyn Landing>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { project, engine, journal, landing, clock, limits: Limits::default() }
    }

    /// Sets other limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The declarations and the target.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn landing(&self) -> &dyn Landing {
        &*self.landing
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(super) fn limit(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn context(&self) -> Context<'_> {
        Context { project: &self.project, dialect: self.engine.dialect(), capabilities: self.engine.capabilities() }
    }

    /// A model's query as plain SQL of the target.
    pub fn sql(&self, model: &ModelSpec) -> Result<String, PlanError> {
        plain_sql(&self.context(), model, self.clock.now().timestamp_micros())
    }

    /// What a run would do now, each model after what it reads. Nothing is written.
    pub fn plan(&self, selection: &BTreeSet<Id>, options: &RunOptions) -> Vec<NodePlan> {
        let mut run = self.run_facts(options);
        let mut plans = vec![];
        for model in self.project.graph.models().filter(|model| selection.contains(&model.id)) {
            let decision = self
                .facts(&run, model, 1)
                .and_then(|facts| plan(&self.context(), model, &facts).map_err(RunError::from));
            if matches!(decision, Ok(Decision::Run(_))) {
                run.assumed.insert(model.id.clone());
            }
            let unfinished = self.journal.open_plan(&model.id.to_string()).ok().flatten().map(|open| open.plan.run);
            plans.push(NodePlan { model: model.id.clone(), unfinished, decision });
        }
        plans
    }

    /// Runs models; the journal keeps the summary.
    pub fn run(
        &self,
        selection: &BTreeSet<Id>,
        options: &RunOptions,
        cancel: &CancelToken,
        events: &(dyn Fn(Event) + Sync),
    ) -> Result<RunSummary, JournalError> {
        let run = self.run_facts(options);
        let threads = options.threads.unwrap_or(self.project.target.threads);
        let threads = threads.min(self.engine.capabilities().max_concurrency).max(1);
        // Until the run has ended it counts as interrupted, so that `retry` takes up what a killed process has left.
        self.journal.write_run(&dispatch::unfinished(self, &run, selection))?;
        let summary = dispatch::run(self, &run, selection, threads, cancel, events);
        self.journal.write_run(&summary)?;
        events(Event::RunFinished(summary.clone()));
        Ok(summary)
    }

    /// Runs what did not end well the last time. None if there was no run yet, or nothing to do.
    pub fn retry(
        &self,
        options: &RunOptions,
        cancel: &CancelToken,
        events: &(dyn Fn(Event) + Sync),
    ) -> Result<Option<RunSummary>, JournalError> {
        let Some(last) = self.journal.last_run()? else { return Ok(None) };
        let left: BTreeSet<String> =
            last.models.into_iter().filter(|m| !m.outcome.is_good()).map(|m| m.model).collect();
        let chosen: BTreeSet<Id> =
            self.project.graph.models().map(|m| m.id.clone()).filter(|id| left.contains(&id.to_string())).collect();
        if chosen.is_empty() {
            return Ok(None);
        }
        self.run(&chosen, options, cancel, events).map(Some)
    }

    /// Results of the newest run.
    pub fn last(&self) -> Result<Option<RunSummary>, JournalError> {
        self.journal.last_run()
    }

    fn run_facts(&self, options: &RunOptions) -> RunFacts {
        let now = self.clock.now();
        let random = uuid::Uuid::new_v4().simple().to_string();
        RunFacts {
            run: format!("r{}{}", now.format("%Y%m%d%H%M%S%3f"), &random[..6]),
            now,
            force: options.force,
            assumed: BTreeSet::new(),
        }
    }

    pub(super) fn holder(&self, run: &str) -> Holder {
        Holder { run: run.into(), host: host(), process: std::process::id() }
    }

    /// Repeats a look-up that fails for lack of capacity or connection.
    pub(super) fn patiently<T>(&self, mut ask: impl FnMut() -> Result<T, EngineError>) -> Result<T, EngineError> {
        let mut n = 1;
        loop {
            match ask() {
                Err(error) if is_passing(error.kind) && n < self.limits.tries => {
                    self.clock.sleep(self.back_off(n));
                    n += 1;
                }
                result => return result,
            }
        }
    }

    /// The wait before try n + 1: up to a half of it is chance, so that those who wait do not all come back at once.
    pub(super) fn back_off(&self, n: u32) -> Duration {
        let wait = self.limits.back_off.saturating_mul(1 << (n - 1).min(16)).min(self.limits.longest_back_off);
        let chance = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
        wait.mul_f64(0.5 + chance / 2.0)
    }

    pub(super) fn lease(&self) -> TimeDelta {
        TimeDelta::from_std(self.limits.lease).unwrap_or(TimeDelta::MAX)
    }
}

/// Whether the same request may succeed later.
pub(super) fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Throttled | ErrorKind::Unavailable)
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_else(|_| "localhost".into())
}

/// Whether a process of this machine has ended. Where that cannot be known the lease's time decides.
pub(super) fn is_gone(holder: &Holder) -> bool {
    let known = Path::new("/proc/self").exists();
    known && holder.host == host() && !Path::new(&format!("/proc/{}", holder.process)).exists()
}
