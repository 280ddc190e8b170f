//! Workers take models as what they read is done. The dispatcher owns the state; nothing else decides what runs.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard};

use super::cancel::CancelToken;
use super::event::Event;
use super::gather::RunFacts;
use super::node;
use super::session::Session;
use super::summary::{ModelResult, Outcome, RunSummary};
use crate::model::spec::{Id, ModelSpec};
use crate::strategy::kind_name;

/// Version of the summary's form.
const VERSION: u32 = 1;

/// Words for models that were not ended.
pub(super) const INTERRUPTED: &str = "the run was interrupted";

/// What all workers share.
struct State<'a> {
    /// Models that may begin, in the order of the graph.
    ready: BTreeMap<usize, &'a ModelSpec>,
    /// Models that wait, with what they wait for.
    waiting: BTreeMap<usize, (&'a ModelSpec, BTreeSet<Id>)>,
    running: usize,
    results: BTreeMap<usize, ModelResult>,
    cancelling: bool,
}

struct Dispatcher<'a> {
    session: &'a Session,
    run: &'a RunFacts,
    cancel: &'a CancelToken,
    events: &'a (dyn Fn(Event) + Sync),
    state: Mutex<State<'a>>,
    changed: Condvar,
}

/// Runs the selected models.
pub(super) fn run(
    session: &Session,
    run: &RunFacts,
    selection: &BTreeSet<Id>,
    threads: usize,
    cancel: &CancelToken,
    events: &(dyn Fn(Event) + Sync),
) -> RunSummary {
    let models: Vec<&ModelSpec> = session.project().graph.models().filter(|m| selection.contains(&m.id)).collect();
    let names = models.iter().map(|m| m.id.to_string()).collect();
    events(Event::RunStarted { run: run.run.clone(), models: names });
    let started = session.clock().now();
    let threads = threads.min(models.len());
    let dispatcher = Dispatcher {
        session,
        run,
        cancel,
        events,
        state: Mutex::new(State::new(session, models, selection)),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| dispatcher.work());
        }
    });
    let results = dispatcher.lock().results.values().cloned().collect();
    RunSummary { seconds: seconds(session, started), ..summary(session, run, results) }
}

/// What is known of a run that has not ended: every model counts as interrupted.
pub(super) fn unfinished(session: &Session, run: &RunFacts, selection: &BTreeSet<Id>) -> RunSummary {
    let models = session.project().graph.models().filter(|model| selection.contains(&model.id));
    summary(session, run, models.map(|model| plain(model, Outcome::Cancelled, INTERRUPTED)).collect())
}

fn summary(session: &Session, run: &RunFacts, models: Vec<ModelResult>) -> RunSummary {
    RunSummary {
        version: VERSION,
        run: run.run.clone(),
        target: session.project().target.name.clone(),
        started_at: run.now.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        seconds: 0.0,
        models,
    }
}

fn seconds(session: &Session, since: chrono::DateTime<chrono::Utc>) -> f64 {
    (session.clock().now() - since).num_milliseconds() as f64 / 1000.0
}

impl<'a> State<'a> {
    fn new(session: &Session, models: Vec<&'a ModelSpec>, selection: &BTreeSet<Id>) -> Self {
        let mut state = Self {
            ready: BTreeMap::new(),
            waiting: BTreeMap::new(),
            running: 0,
            results: BTreeMap::new(),
            cancelling: false,
        };
        for (place, model) in models.into_iter().enumerate() {
            let upstreams = session.project().graph.upstreams(&model.id);
            let left: BTreeSet<Id> = upstreams.intersection(selection).cloned().collect();
            if left.is_empty() {
                state.ready.insert(place, model);
            } else {
                state.waiting.insert(place, (model, left));
            }
        }
        state
    }

    fn is_over(&self) -> bool {
        self.ready.is_empty() && self.waiting.is_empty() && self.running == 0
    }
}

impl<'a> Dispatcher<'a> {
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().expect("no worker panics while it holds the state")
    }

    fn work(&self) {
        while let Some((place, model)) = self.take() {
            let started = self.session.clock().now();
            let result = if self.cancel.is_cancelled() {
                plain(model, Outcome::Cancelled, INTERRUPTED)
            } else {
                (self.events)(Event::ModelStarted { model: model.id.to_string() });
                let mut result = self.run_model(model);
                result.seconds = seconds(self.session, started);
                result
            };
            self.finish(place, model, result);
        }
    }

    /// A panic is a defect, and one model's failure; the others must not wait for it for ever.
    fn run_model(&self, model: &ModelSpec) -> ModelResult {
        let run = || node::run(self.session, self.run, model, self.cancel, self.events);
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            let words = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            let message = format!("a defect of this program: {}", words.unwrap_or("it panicked"));
            plain(model, Outcome::Failed, &message)
        })
    }

    /// The next model, in the order of the graph; None when all is over.
    fn take(&self) -> Option<(usize, &'a ModelSpec)> {
        let mut state = self.lock();
        loop {
            if self.cancel.is_cancelled() && !state.cancelling {
                state.cancelling = true;
                (self.events)(Event::Cancelling);
            }
            if let Some(next) = state.ready.pop_first() {
                state.running += 1;
                return Some(next);
            }
            if state.is_over() {
                return None;
            }
            state = self.changed.wait(state).expect("no worker panics while it holds the state");
        }
    }

    fn finish(&self, place: usize, model: &ModelSpec, result: ModelResult) {
        let mut state = self.lock();
        state.running -= 1;
        self.settle(&mut state, place, &model.id, result);
        self.changed.notify_all();
    }

    /// Keeps a result, and lets go or skips the models that waited for it.
    fn settle(&self, state: &mut State<'a>, place: usize, id: &Id, result: ModelResult) {
        let outcome = result.outcome;
        (self.events)(Event::ModelFinished(result.clone()));
        state.results.insert(place, result);
        let readers: Vec<usize> =
            state.waiting.iter().filter(|(_, (_, left))| left.contains(id)).map(|(place, _)| *place).collect();
        for reader in readers {
            let Some((model, mut left)) = state.waiting.remove(&reader) else { continue };
            left.remove(id);
            if !outcome.is_good() {
                let (how, words) = match outcome {
                    Outcome::Cancelled => (Outcome::Cancelled, INTERRUPTED.to_owned()),
                    _ => (Outcome::Skipped, format!("`{id}` did not end well")),
                };
                self.settle(state, reader, &model.id, plain(model, how, &words));
            } else if left.is_empty() {
                state.ready.insert(reader, model);
            } else {
                state.waiting.insert(reader, (model, left));
            }
        }
    }
}

/// A result without anything done.
pub(super) fn plain(model: &ModelSpec, outcome: Outcome, message: &str) -> ModelResult {
    ModelResult {
        model: model.id.to_string(),
        kind: kind_name(&model.kind).into(),
        krate: model.krate.into(),
        outcome,
        rows: None,
        bad_rows: None,
        usage: Default::default(),
        queries: vec![],
        seconds: 0.0,
        message: Some(message.into()),
        help: None,
    }
}
