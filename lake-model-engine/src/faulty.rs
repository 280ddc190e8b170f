//! Any engine with scheduled faults, as one process sees it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use lake_core::engine::{
    Capabilities, Described, Engine, EngineError, ErrorKind, PhysicalName, QueryId, Rows, State, Submission,
};
use lake_sql::render::dialect::Dialect;

use crate::error::{Result, conflict, died, failure, unclear};
use crate::faults::{Fault, Life, Schedule};

/// Picks statements.
type Judge = Box<dyn Fn(&Submission) -> bool + Send + Sync>;

/// How long one poll of the engine behind may wait.
const POLL: Duration = Duration::from_secs(60);

/// An engine to which faults happen. Its process may die; the engine behind is then no longer reached.
///
/// A statement that takes effect has ended before its fault is told, so that equal schedules give equal tables.
pub struct Faulty<E> {
    inner: E,
    life: Life,
    schedule: Mutex<Schedule>,
    /// Says of a statement that the process dies once the engine has it.
    fatal: Option<Judge>,
    submissions: AtomicU64,
    /// Executions whose end is the fault's, not the engine's.
    ends: Mutex<BTreeMap<QueryId, EngineError>>,
}

impl<E: Engine> Faulty<E> {
    /// An engine without faults.
    pub fn new(inner: E) -> Self {
        Self {
            inner,
            life: Life::new(),
            schedule: Mutex::default(),
            fatal: None,
            submissions: AtomicU64::new(0),
            ends: Mutex::default(),
        }
    }

    /// Lets something happen to the `nth` submission, counted from 1.
    pub fn schedule(self, nth: u64, fault: Fault) -> Self {
        self.faults().set(nth, fault);
        self
    }

    /// Lets the process die between the engine's word that it has the first statement that `judge` picks, and the first
    /// look at it.
    pub fn die_once_sent(self, judge: impl Fn(&Submission) -> bool + Send + Sync + 'static) -> Self {
        Self { fatal: Some(Box::new(judge)), ..self }
    }

    /// Whether a scheduled fault has not happened yet.
    pub fn is_fault_pending(&self) -> bool {
        self.faults().is_pending()
    }

    /// Number of submissions so far.
    pub fn submissions(&self) -> u64 {
        self.submissions.load(Ordering::SeqCst)
    }

    /// Whether this process lives; for stores that must die with it.
    pub fn life(&self) -> Life {
        self.life.clone()
    }

    fn faults(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().expect("nothing panics while it holds the schedule")
    }

    fn ends(&self) -> MutexGuard<'_, BTreeMap<QueryId, EngineError>> {
        self.ends.lock().expect("nothing panics while it holds the ends")
    }

    fn alive(&self) -> Result<&E> {
        if self.life.is_alive() { Ok(&self.inner) } else { Err(died()) }
    }

    fn die<T>(&self) -> Result<T> {
        self.life.end();
        Err(died())
    }

    /// An execution that is seen to fail.
    fn ending(&self, id: QueryId, error: EngineError) -> Result<QueryId> {
        self.ends().insert(id.clone(), EngineError { query: Some(id.clone()), ..error });
        Ok(id)
    }

    /// Submits a statement and waits for its end.
    fn take_effect(&self, submission: &Submission) -> Result<QueryId> {
        let id = self.inner.submit(submission)?;
        while matches!(self.inner.poll(std::slice::from_ref(&id), POLL)?.as_slice(), [State::Running(_)]) {}
        Ok(id)
    }
}

impl<E: Engine> Engine for Faulty<E> {
    fn dialect(&self) -> &Dialect {
        self.inner.dialect()
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn submit(&self, submission: &Submission) -> Result<QueryId> {
        self.alive()?;
        if self.fatal.as_ref().is_some_and(|judge| judge(submission)) {
            self.inner.submit(submission)?;
            return self.die();
        }
        let nth = self.submissions.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = self.faults().take(nth);
        let made_up = QueryId(format!("fault-{nth}"));
        match fault {
            None => self.inner.submit(submission),
            Some(Fault::DieBefore) => self.die(),
            Some(Fault::DieAfter) => self.take_effect(submission).and_then(|_| self.die()),
            Some(Fault::LoseAnswer) => {
                self.take_effect(submission)?;
                Err(unclear("the connection was lost"))
            }
            Some(Fault::LoseRequest) => Err(unclear("the connection was lost")),
            Some(Fault::Unclear { took_effect }) => {
                let id = if took_effect { self.take_effect(submission)? } else { made_up };
                self.ending(id, unclear("the state of the commit is unknown"))
            }
            Some(Fault::Conflict) => self.ending(made_up, conflict("another writer was first")),
            Some(Fault::Throttle) => Err(failure(ErrorKind::Throttled, "too many requests")),
            Some(Fault::Internal) => self.ending(made_up, failure(ErrorKind::Internal, "the worker failed")),
            Some(Fault::Meanwhile(statements)) => {
                for (n, sql) in statements.into_iter().enumerate() {
                    let token = format!("another writer, statement {n} before {}", submission.token);
                    self.take_effect(&Submission { sql, token, files: vec![] })?;
                }
                self.inner.submit(submission)
            }
            Some(fault @ (Fault::Hang | Fault::Slow(_))) => {
                panic!("{fault:?} happens inside an engine: schedule it there")
            }
        }
    }

    fn poll(&self, ids: &[QueryId], wait: Duration) -> Result<Vec<State>> {
        let engine = self.alive()?;
        let ends: Vec<Option<EngineError>> = ids.iter().map(|id| self.ends().get(id).cloned()).collect();
        if ends.iter().all(Option::is_none) {
            return engine.poll(ids, wait);
        }
        let state = |(id, end): (&QueryId, Option<EngineError>)| match end {
            Some(error) => Ok(State::Failed(error)),
            None => Ok(engine.poll(std::slice::from_ref(id), Duration::ZERO)?.remove(0)),
        };
        ids.iter().zip(ends).map(state).collect()
    }

    fn cancel(&self, id: &QueryId) -> Result<()> {
        let engine = self.alive()?;
        if self.ends().contains_key(id) { Ok(()) } else { engine.cancel(id) }
    }

    fn rows(&self, id: &QueryId) -> Result<Rows> {
        let engine = self.alive()?;
        match self.ends().get(id) {
            Some(error) => Err(error.clone()),
            None => engine.rows(id),
        }
    }

    fn describe(&self, tables: &[PhysicalName]) -> Result<Vec<Option<Described>>> {
        self.alive()?.describe(tables)
    }

    fn list(&self, schema: &str) -> Result<Vec<PhysicalName>> {
        self.alive()?.list(schema)
    }
}
