//! Execution of one plan: submits its steps, finds out what became of them, and ends it one way or another.

mod send;

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::cancel::CancelToken;
use super::error::RunError;
use super::event::Event;
use super::landing::source_files;
use super::rows::only_row;
use super::session::{Session, is_passing};
use super::summary::{BadRowsKept, Executed, Usage};
use crate::audit::counted;
use crate::engine::{
    Effect as Unsure, EngineError, ErrorKind, FileRelation, FileRows, PhysicalName, QueryId, Stats, Submission,
};
use crate::graph::Node;
use crate::journal::{End, Lease, Released};
use crate::model::spec::{ColumnSpec, Origin};
use crate::plan::facts::Publication;
use crate::plan::next::{Next, Outcomes, measure, next};
use crate::plan::{Action, Effect, FailedCheck, Fence, Plan, Probe, ReadColumn, Step, StepOutcome, VERSION};
use crate::strategy::{BAD_ROWS, bad_rows_relation, stored};
use send::{Once, cancelled_by_others};

/// How long one poll may wait; the lease is renewed and Ctrl-C is seen between polls.
const POLL: Duration = Duration::from_millis(500);

/// How a plan ended in this process.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ended {
    /// All steps took effect.
    Done {
        /// Rows written.
        rows: Option<u64>,
        /// Bad rows of files that were kept.
        bad_rows: Option<BadRowsKept>,
    },
    /// An audit refused the load.
    Refused {
        /// What it found.
        message: String,
        /// Where to look.
        help: Option<String>,
    },
    /// Another writer was first; everything was undone.
    Conflict(String),
    /// It failed.
    Failed {
        /// The engine's words.
        message: String,
        /// What a person can do.
        help: Option<String>,
        /// Whether the plan is left open for the next run; else everything was undone.
        open: bool,
    },
    /// The run was interrupted; the plan is left open.
    Cancelled,
}

/// What became of a step.
enum Sent {
    Effective(StepOutcome),
    Conflict(String),
    Failed(RunError),
    Cancelled,
}

/// One plan at work.
pub(super) struct Execution<'a> {
    session: &'a Session,
    cancel: &'a CancelToken,
    events: &'a (dyn Fn(Event) + Sync),
    lease: &'a mut Lease,
    plan: &'a Plan,
    /// The run that works on it, which need not be the one that made it.
    run: &'a str,
    /// Whether steps without an outcome may have been sent by a process that is gone.
    resumed: bool,
    outcomes: Outcomes,
    groups: usize,
    unrecorded: Outcomes,
    usage: Usage,
    executed: Vec<Executed>,
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        session: &'a Session,
        cancel: &'a CancelToken,
        events: &'a (dyn Fn(Event) + Sync),
        lease: &'a mut Lease,
        plan: &'a Plan,
        run: &'a str,
    ) -> Self {
        Self {
            session,
            cancel,
            events,
            lease,
            plan,
            run,
            resumed: false,
            outcomes: Outcomes::new(),
            groups: 0,
            unrecorded: Outcomes::new(),
            usage: Usage::default(),
            executed: vec![],
        }
    }

    /// What its statements have read so far.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// The executions that it has heard of so far.
    pub(super) fn executed(self) -> Vec<Executed> {
        self.executed
    }

    /// The plan was begun by a process that is gone.
    pub(super) fn resumed(mut self, resumed: bool) -> Self {
        self.resumed = resumed;
        self
    }

    /// Works through the plan from the outcomes that are known.
    pub(super) fn run(&mut self, outcomes: Outcomes, groups: usize) -> Result<Ended, RunError> {
        self.outcomes = outcomes;
        self.groups = groups;
        if self.resumed && self.is_released()? {
            self.assume_released();
        }
        let plan = self.plan;
        loop {
            let step = match next(plan, &self.outcomes) {
                Next::Done => return self.done(),
                Next::Refused(checks) => return self.refused(checks),
                Next::Step(step) => step,
            };
            if self.cancel.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            self.keep_lease()?;
            match self.step(step)? {
                Sent::Effective(outcome) => {
                    let outcome = StepOutcome { queries: self.queries(&step.name), ..outcome };
                    self.unrecorded.insert(step.name.clone(), outcome.clone());
                    self.outcomes.insert(step.name.clone(), outcome);
                }
                Sent::Conflict(message) => return self.conflict(message),
                Sent::Failed(error) => return self.failed(step, error),
                Sent::Cancelled => return Ok(Ended::Cancelled),
            }
        }
    }

    fn is_released(&self) -> Result<bool, RunError> {
        let plan = self.plan;
        Ok(self.session.journal().is_released(&plan.model, plan.release.number, &plan.run, plan.attempt)?)
    }

    /// A recorded publication says that all before it took effect.
    fn assume_released(&mut self) {
        let last = self.plan.released_at().unwrap_or(0);
        for step in &self.plan.steps[..=last] {
            self.outcomes.entry(step.name.clone()).or_insert_with(|| StepOutcome::effective(None));
        }
    }

    fn keep_lease(&mut self) -> Result<(), RunError> {
        let now = self.session.clock().now();
        if self.lease.until() - now > self.session.lease() * 2 / 3 {
            return Ok(());
        }
        if self.session.journal().renew(self.lease, now, self.session.lease())? {
            return Ok(());
        }
        Err(RunError::Result("another run has taken over this model, because this one was not heard of in time".into()))
    }

    /// Does one step, or finds that it was done.
    fn step(&mut self, step: &Step) -> Result<Sent, RunError> {
        let index = self.plan.steps.iter().position(|s| s.name == step.name).unwrap_or(0);
        let model = self.plan.model.clone();
        (self.events)(Event::StepStarted {
            model: model.clone(),
            step: step.name.clone(),
            index,
            of: self.plan.steps.len(),
        });
        let started = self.session.clock().now();
        let sent = match &step.action {
            Action::Release => self.release()?,
            Action::Statement(sql) => {
                self.record_before(step)?;
                match self.resumed && !matches!(step.probe, Probe::Repeat) && self.took_effect(step)? {
                    true => Sent::Effective(StepOutcome::effective(None)),
                    false => self.submit(step, index, sql)?,
                }
            }
        };
        if let Sent::Effective(outcome) = &sent {
            let seconds = (self.session.clock().now() - started).num_milliseconds() as f64 / 1000.0;
            (self.events)(Event::StepFinished { model, step: step.name.clone(), rows: outcome.rows, seconds });
            self.warn(outcome);
        }
        Ok(sent)
    }

    fn warn(&self, outcome: &StepOutcome) {
        for check in outcome.failing.iter().filter(|check| !check.blocking) {
            (self.events)(Event::AuditWarned { model: self.plan.model.clone(), message: check.message.clone() });
        }
    }

    /// Before readers can see anything, what the audits said is on record. So an unrecorded audit means that nothing
    /// behind it was sent, and it can be asked again.
    fn record_before(&mut self, step: &Step) -> Result<(), RunError> {
        let visible = matches!(step.effect, Effect::Append | Effect::Merge | Effect::Repoint | Effect::Rename)
            || step.fence == Fence::FreeName;
        if !visible || self.unrecorded.is_empty() {
            return Ok(());
        }
        self.groups += 1;
        self.session.journal().record(self.plan, self.groups, &self.unrecorded)?;
        self.unrecorded.clear();
        Ok(())
    }

    fn release(&mut self) -> Result<Sent, RunError> {
        let plan = self.plan;
        let text = |name: &Option<String>| name.as_ref().and_then(|n| measure(&self.outcomes, n)).map(str::to_owned);
        let files = plan.files.iter().map(|input| (input.source.clone(), input.files.clone())).collect();
        let publication = Publication {
            version: VERSION,
            number: plan.release.number,
            run: plan.run.clone(),
            attempt: plan.attempt,
            at: plan.now.clone(),
            fingerprint: plan.fingerprint.clone(),
            table: plan.release.table.clone(),
            events: plan.release.events.clone(),
            inputs: plan.release.inputs.clone(),
            files,
            files_before: None,
            rows: text(&plan.release.rows).and_then(|rows| rows.parse().ok()),
            high_water: text(&plan.release.high_water),
        };
        Ok(match self.session.journal().release(&plan.model, publication)? {
            Released::Ours => Sent::Effective(StepOutcome::effective(None)),
            Released::Taken { run } => Sent::Conflict(format!("the run {run} has published it meanwhile")),
        })
    }

    /// Sends a statement until its effect is certain.
    fn submit(&mut self, step: &Step, index: usize, sql: &str) -> Result<Sent, RunError> {
        let files = match self.files() {
            Ok(files) => files,
            Err(error) => return Ok(Sent::Failed(error)),
        };
        let mut tries = 1;
        loop {
            if let Some(message) = self.moved(step)? {
                return Ok(Sent::Conflict(message));
            }
            let token = self.token(index, tries);
            let submission = Submission { sql: sql.to_owned(), token, files: files.clone() };
            let (error, lost) = match self.once(&step.name, &submission)? {
                Once::Succeeded(id, stats) => return self.succeeded(step, &id, stats),
                Once::Cancelled(_) if self.cancel.is_cancelled() => return Ok(Sent::Cancelled),
                Once::Cancelled(id) => (cancelled_by_others(id), false),
                Once::Failed(error) => (error, false),
                Once::Lost(error) => (error, true),
            };
            let unsure = lost || error.effect == Unsure::Unknown;
            if unsure && step.effect != Effect::Read && self.took_effect(step)? {
                return Ok(Sent::Effective(StepOutcome::effective(None)));
            }
            // It may still run: a second one beside it would not be the same statement sent again.
            if lost {
                return Ok(Sent::Failed(RunError::Engine(error)));
            }
            if self.leaves_remains(step, &error) {
                return Ok(Sent::Conflict(error.to_string()));
            }
            // What an engine remembers of the first try may be what made the other process give up.
            if self.resumed && tries == 1 {
                tries += 1;
                continue;
            }
            // A statement that may be repeated has nothing to be planned anew for.
            let repeats = step.probe == Probe::Repeat;
            match error.kind {
                ErrorKind::Conflict if !repeats => return Ok(Sent::Conflict(error.to_string())),
                kind if (is_passing(kind) || kind == ErrorKind::Conflict) && tries < self.session.limit().tries => {
                    let wait = self.session.back_off(tries);
                    (self.events)(Event::StepRetried {
                        model: self.plan.model.clone(),
                        step: step.name.clone(),
                        message: error.to_string(),
                        wait,
                    });
                    self.session.clock().sleep(wait);
                    self.keep_lease()?;
                    tries += 1;
                }
                _ => return Ok(Sent::Failed(RunError::Engine(error))),
            }
        }
    }

    /// Whether what a failed create has left may be in the way of the same statement. The plan is undone then and made
    /// anew, with another name and another location.
    fn leaves_remains(&self, step: &Step, error: &EngineError) -> bool {
        let again = is_passing(error.kind) || error.kind == ErrorKind::Conflict;
        let began = error.query.is_some();
        step.fence == Fence::FreshName && began && again && !self.session.engine().capabilities().clean_failures
    }

    /// The first try of a step has one token in whatever process, so that an engine that remembers tokens gives back
    /// what a process that is gone has started. Later tries are the run's own: what has failed is not given back.
    fn token(&self, index: usize, tries: u32) -> String {
        let run = if tries == 1 { &self.plan.run } else { self.run };
        let name = format!("{run} {} {} {index} {tries}", self.plan.model, self.plan.key());
        Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn succeeded(&mut self, step: &Step, id: &QueryId, stats: Stats) -> Result<Sent, RunError> {
        if step.effect == Effect::Read {
            let rows = match self.session.patiently(|| self.session.engine().rows(id)) {
                Ok(rows) => rows,
                Err(error) => return Ok(Sent::Failed(RunError::Engine(error))),
            };
            let read = only_row(&rows).and_then(|row| outcome(&step.columns, row));
            return Ok(read.map_or_else(Sent::Failed, Sent::Effective));
        }
        if let (true, Probe::Exists(table)) = (step.typed, &step.probe)
            && let Some(message) = self.other_types(table)?
        {
            return Ok(Sent::Failed(RunError::Result(message)));
        }
        if let Fence::Head { table, rows: wanted, .. } = &step.fence {
            let wanted = measure(&self.outcomes, wanted).and_then(|n| n.parse::<u64>().ok());
            // Nothing changed: another writer was first, or a second process at this very plan.
            let applied = match stats.rows {
                Some(rows) if rows > 0 || wanted == Some(0) => true,
                Some(_) | None => self.took_effect(step)?,
            };
            if !applied {
                return Ok(Sent::Conflict(format!("another writer has changed {table}")));
            }
        }
        Ok(Sent::Effective(StepOutcome::effective(stats.rows)))
    }

    /// Columns of a table that was made of the model's query and are not of the types that were checked.
    fn other_types(&self, table: &PhysicalName) -> Result<Option<String>, RunError> {
        let graph = &self.session.project().graph;
        let Some(model) = graph.models().find(|model| model.id.to_string() == self.plan.model) else { return Ok(None) };
        let found = self.session.patiently(|| self.session.engine().describe(std::slice::from_ref(table)))?;
        let Some(found) = found.into_iter().next().flatten() else { return Ok(None) };
        let dialect = self.session.engine().dialect();
        let differs = |column: &ColumnSpec| {
            let expected = stored(dialect, &column.ty);
            let there = found.columns.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(&column.name))?;
            (there.1 != expected).then(|| format!("`{}` is {}, checked as {expected}", column.name, there.1))
        };
        let words: Vec<String> = model.columns.iter().filter_map(differs).collect();
        let message = || format!("the engine made {table} with other types than were checked: {}", words.join("; "));
        Ok((!words.is_empty()).then(message))
    }

    /// Whether a step took effect, as its probe says.
    fn took_effect(&mut self, step: &Step) -> Result<bool, RunError> {
        match &step.probe {
            Probe::Repeat => Ok(false),
            Probe::Released => self.is_released(),
            Probe::Exists(name) => {
                let found = self.session.patiently(|| self.session.engine().describe(std::slice::from_ref(name)))?;
                // A table without any snapshot is what is left of a create that failed.
                let clean = self.session.engine().capabilities().clean_failures;
                Ok(found.iter().flatten().any(|described| clean || described.snapshot.is_some()))
            }
            Probe::Renamed { from, to } => {
                let names = [from.clone(), to.clone()];
                let found = self.session.patiently(|| self.session.engine().describe(&names))?;
                Ok(matches!(found.as_slice(), [None, Some(_)]))
            }
            Probe::Zero(sql) => self.is_zero(step, sql),
        }
    }

    /// Where a statement cannot compare the table's head itself, it is compared just before.
    fn moved(&self, step: &Step) -> Result<Option<String>, RunError> {
        let Fence::Head { table, snapshot, inside: false, .. } = &step.fence else { return Ok(None) };
        let found = self.session.patiently(|| self.session.engine().describe(std::slice::from_ref(table)))?;
        let head = found.into_iter().next().flatten().and_then(|described| described.snapshot);
        Ok((head != *snapshot).then(|| format!("another writer has changed {table}")))
    }

    fn files(&self) -> Result<Vec<FileRelation>, RunError> {
        let mut relations = vec![];
        for input in self.plan.files.iter().filter(|input| self.plan.is_handed_over(&input.source)) {
            let nodes = self.session.project().graph.nodes();
            let source = nodes.values().find(|node| node.id().to_string() == input.source);
            let Some(Node::Source(source)) = source else {
                return Err(RunError::Result(format!(
                    "the plan reads `{}`, which is not declared any more",
                    input.source
                )));
            };
            let Origin::Files { format, .. } = source.origin else {
                return Err(RunError::Result(format!(
                    "the plan reads files of `{}`, which is a table now",
                    input.source
                )));
            };
            let relation = FileRelation {
                name: input.relation.clone(),
                columns: source.columns.clone(),
                format,
                files: source_files(self.session.landing(), &input.files),
                rows: FileRows::All,
            };
            match input.keep_bad_rows {
                false => relations.push(relation),
                true => {
                    let name = bad_rows_relation(&relation.name);
                    relations.push(FileRelation { name, rows: FileRows::Bad, ..relation.clone() });
                    relations.push(FileRelation { rows: FileRows::Good, ..relation });
                }
            }
        }
        Ok(relations)
    }

    fn done(&mut self) -> Result<Ended, RunError> {
        let journal = self.session.journal();
        for key in journal.kept(&self.plan.model)?.into_keys().filter(|key| *key != self.plan.key()) {
            journal.forget_kept(&self.plan.model, &key)?;
        }
        let rows = self.plan.release.rows.as_ref().and_then(|name| measure(&self.outcomes, name));
        let rows = rows.and_then(|rows| rows.parse().ok());
        let kept = measure(&self.outcomes, BAD_ROWS).and_then(|rows| rows.parse().ok()).filter(|rows| *rows > 0);
        let bad_rows = kept.zip(self.plan.bad_rows.as_ref());
        let bad_rows = bad_rows.map(|(rows, table)| BadRowsKept { rows, table: table.to_string() });
        journal.end(self.plan, &self.outcomes, End::Done)?;
        Ok(Ended::Done { rows, bad_rows })
    }

    /// Leaves the tables of the plan for inspection, and says where they are.
    fn refused(&mut self, checks: Vec<FailedCheck>) -> Result<Ended, RunError> {
        let released = self.outcomes.contains_key("release");
        // Once it is released its table is what readers see, and its events are what the next load needs.
        let release = &self.plan.release;
        let published = [&release.table, &release.events].map(|table| table.as_ref().filter(|_| released));
        let kept: Vec<_> = self.made().filter(|table| !published.contains(&Some(*table))).cloned().collect();
        let words: Vec<String> = checks.iter().map(|check| check.message.clone()).collect();
        let samples: BTreeMap<&str, &str> = self.samples();
        let shown = checks.iter().find_map(|check| samples.get(check.name.as_str())).copied();
        let help = match (shown, kept.last()) {
            (Some(sql), _) => Some(format!("look at the rows:\n{sql}")),
            (None, Some(table)) => Some(format!("the rejected rows are in {table}")),
            (None, None) => None,
        };
        let message = words.join("; ");
        self.session.journal().end(self.plan, &self.outcomes, End::Refused { checks, kept })?;
        Ok(match released {
            true => Ended::Failed { message: format!("published, but {message}"), help, open: false },
            false => Ended::Refused { message, help },
        })
    }

    fn samples(&self) -> BTreeMap<&str, &str> {
        let columns = self.plan.steps.iter().flat_map(|step| &step.columns);
        let checks = columns.filter_map(|column| match column {
            ReadColumn::Check(check) => Some((check.name.as_str(), check.sample.as_deref()?)),
            ReadColumn::Measure(_) => None,
        });
        checks.collect()
    }

    /// Tables of the plan that were made and not dropped.
    fn made(&self) -> impl Iterator<Item = &crate::engine::PhysicalName> {
        let done = |step: &&Step| self.outcomes.contains_key(&step.name);
        self.plan.steps.iter().filter(done).filter_map(|step| step.undo.as_ref())
    }

    fn conflict(&mut self, message: String) -> Result<Ended, RunError> {
        if self.outcomes.contains_key("release") {
            return Ok(Ended::Failed { message, help: None, open: true });
        }
        self.roll_back(End::Superseded)?;
        Ok(Ended::Conflict(message))
    }

    /// What failed for good before the release is undone; anything else is left for the next run.
    fn failed(&mut self, step: &Step, error: RunError) -> Result<Ended, RunError> {
        let for_good = match &error {
            RunError::Engine(e) => !is_passing(e.kind) && (e.effect == Unsure::None || step.effect == Effect::Read),
            RunError::Result(_) => true,
            RunError::Plan(_) | RunError::Journal(_) | RunError::Landing(_) | RunError::Cancelled => false,
        };
        let (message, help) = (error.to_string(), error.help());
        let released = self.outcomes.contains_key("release");
        if for_good && !released {
            self.roll_back(End::RolledBack { message: message.clone() })?;
        }
        Ok(Ended::Failed { message, help, open: !for_good || released })
    }

    /// Drops what the plan has made, by exact name, and ends it. What cannot be dropped now is kept on record, and
    /// dropped by the next plan of the model.
    fn roll_back(&mut self, end: End) -> Result<(), RunError> {
        let dialect = self.session.engine().dialect();
        let mut left = vec![];
        let tables: Vec<_> = self.plan.steps.iter().filter_map(|step| step.undo.clone()).collect();
        for (n, table) in tables.into_iter().enumerate() {
            let sql = format!("drop table if exists {}", crate::strategy::ddl_table(dialect, &table));
            let token = format!("lake-undo-{n:02}-{}-{}", self.plan.key(), uuid::Uuid::new_v4().simple());
            match self.once("undo", &Submission { sql, token, files: vec![] })? {
                Once::Succeeded(..) => {}
                Once::Failed(_) | Once::Lost(_) | Once::Cancelled(_) => left.push(table),
            }
        }
        self.session.journal().end_leaving(self.plan, &self.outcomes, end, &left)?;
        Ok(())
    }
}

/// Reads checks and measures from the one row of their step.
fn outcome(columns: &[ReadColumn], row: Vec<Option<String>>) -> Result<StepOutcome, RunError> {
    if columns.len() != row.len() {
        let message = format!("expected {} columns of counts, found {}", columns.len(), row.len());
        return Err(RunError::Result(message));
    }
    let mut outcome = StepOutcome::effective(None);
    for (column, value) in columns.iter().zip(row) {
        match (column, value) {
            (ReadColumn::Measure(name), Some(value)) => {
                outcome.measures.insert(name.clone(), value);
            }
            (ReadColumn::Measure(_), None) => {}
            (ReadColumn::Check(check), value) => {
                let count = value.and_then(|value| value.parse::<u64>().ok()).unwrap_or(0);
                if count > 0 {
                    outcome.failing.push(FailedCheck {
                        name: check.name.clone(),
                        count,
                        message: counted(&check.message, count),
                        blocking: check.blocking,
                    });
                }
            }
        }
    }
    Ok(outcome)
}
