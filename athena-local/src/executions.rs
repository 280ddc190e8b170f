//! Executions: one a token, their states, and what came of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::array::RecordBatch;
use lake_core::engine::{Engine, QueryId};
use lake_embedded::Embedded;
use lake_sql::types::Type;
use serde::Serialize;

use crate::failure::Failure;
use crate::faults::{Failing, Fault, Shown};
use crate::statement::Statement;

/// An execution, for tests that count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counted {
    /// Its id.
    pub id: String,
    /// The request's token.
    pub token: String,
    /// The statement.
    pub sql: String,
    /// What is shown of it now.
    pub state: &'static str,
}

/// What a statement gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub columns: Vec<(String, Type)>,
    pub batches: Vec<RecordBatch>,
    /// Changed rows; None for what changes none by its kind.
    pub changed: Option<u64>,
    pub bytes: u64,
}

pub(crate) type Outcome = Result<Answer, Failure>;

/// What the request said, which a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub sql: String,
    pub catalog: Option<String>,
    pub database: Option<String>,
    pub output: Option<String>,
}

/// The part of an execution that its thread shares.
#[derive(Default)]
pub(crate) struct Task {
    stopped: AtomicBool,
    current: Mutex<Option<QueryId>>,
    outcome: Mutex<Option<Outcome>>,
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Task {
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// The statement of the engine that works for this one.
    pub fn set_current(&self, id: Option<QueryId>) {
        *lock(&self.current) = id;
    }

    pub fn cancel(&self, engine: &Embedded) {
        if let Some(id) = lock(&self.current).as_ref() {
            // It may have ended meanwhile.
            let _ = engine.cancel(id);
        }
    }

    pub fn end(&self, outcome: Outcome) {
        lock(&self.outcome).get_or_insert(outcome);
    }

    pub fn outcome(&self) -> Option<Outcome> {
        lock(&self.outcome).clone()
    }
}

/// One execution.
pub(crate) struct Execution {
    pub id: String,
    pub token: String,
    pub asked: Asked,
    pub workgroup: String,
    pub statement: Statement,
    pub submitted: f64,
    pub completed: Option<f64>,
    pub task: Arc<Task>,
    /// What a script shows before what really is.
    states: VecDeque<Shown>,
    /// A wish to stop comes too late.
    deaf: bool,
    pub failing: Option<Failing>,
    pub hangs: bool,
}

/// A state as it is shown.
pub(crate) enum State {
    Queued,
    Running,
    Ended(Outcome),
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            State::Queued => "QUEUED",
            State::Running => "RUNNING",
            State::Ended(Ok(_)) => "SUCCEEDED",
            State::Ended(Err(failure)) if failure.is_cancelled() => "CANCELLED",
            State::Ended(Err(_)) => "FAILED",
        }
    }
}

impl Execution {
    pub fn new(token: &str, asked: Asked, workgroup: &str, statement: Statement, fault: Option<&Fault>) -> Self {
        let mut execution = Self {
            id: uuid::Uuid::new_v4().to_string(),
            token: token.to_owned(),
            asked,
            workgroup: workgroup.to_owned(),
            statement,
            submitted: now(),
            completed: None,
            task: Arc::default(),
            states: VecDeque::new(),
            deaf: false,
            failing: None,
            hangs: false,
        };
        match fault {
            Some(Fault::States(states)) => execution.states = states.iter().copied().collect(),
            Some(Fault::Fail(failing)) => execution.failing = Some(failing.clone()),
            Some(Fault::IgnoreStop) => execution.deaf = true,
            Some(Fault::Hang) => execution.hangs = true,
            _ => {}
        }
        execution
    }

    /// One look: a scripted state is gone once it was shown.
    pub fn look(&mut self) -> State {
        match self.states.pop_front() {
            Some(Shown::Queued) => State::Queued,
            Some(Shown::Running) => State::Running,
            None => self.state(),
        }
    }

    /// What is shown, without using up a scripted state.
    pub fn state(&mut self) -> State {
        match self.task.outcome() {
            _ if !self.states.is_empty() => State::Running,
            None => State::Running,
            Some(outcome) => {
                self.completed.get_or_insert_with(now);
                State::Ended(outcome)
            }
        }
    }

    /// A wish to stop; it changes nothing about what has ended.
    pub fn stop(&mut self, engine: &Embedded) {
        if self.deaf || self.task.outcome().is_some() {
            return;
        }
        self.states.clear();
        self.task.stop();
        if self.hangs {
            self.task.end(Err(Failure::cancelled()));
        }
        self.task.cancel(engine);
    }
}

/// All executions of a server.
#[derive(Default)]
pub(crate) struct Executions {
    by_id: BTreeMap<String, Execution>,
    by_token: BTreeMap<String, String>,
    order: Vec<String>,
}

impl Executions {
    pub fn add(&mut self, execution: Execution) {
        self.by_token.insert(execution.token.clone(), execution.id.clone());
        self.order.push(execution.id.clone());
        self.by_id.insert(execution.id.clone(), execution);
    }

    pub fn by_token(&self, token: &str) -> Option<&Execution> {
        self.by_token.get(token).and_then(|id| self.by_id.get(id))
    }

    pub fn get(&mut self, id: &str) -> Option<&mut Execution> {
        self.by_id.get_mut(id)
    }

    pub fn sql(&self, id: &str) -> Option<String> {
        self.by_id.get(id).map(|execution| execution.asked.sql.clone())
    }

    /// Newest first.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        self.order.iter().rev()
    }

    /// Statements that wait or run.
    pub fn active(&self) -> usize {
        self.by_id.values().filter(|execution| execution.task.outcome().is_none()).count()
    }

    pub fn counted(&mut self) -> Vec<Counted> {
        let mut counted = vec![];
        for id in &self.order {
            if let Some(execution) = self.by_id.get_mut(id) {
                let (token, sql) = (execution.token.clone(), execution.asked.sql.clone());
                counted.push(Counted { id: id.clone(), token, sql, state: execution.state().name() });
            }
        }
        counted
    }

    pub fn stop_all(&mut self, engine: &Embedded) {
        for execution in self.by_id.values() {
            execution.task.stop();
            execution.task.cancel(engine);
            execution.task.end(Err(Failure::cancelled()));
        }
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
