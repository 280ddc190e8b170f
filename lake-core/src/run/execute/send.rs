//! One submission on its way: handed over until there is an answer, looked at until it has ended, and kept on record by
//! the name that the engine gave it.

use crate::engine::{Effect as Unsure, EngineError, ErrorKind, Progress, QueryId, State, Stats, Submission};
use crate::plan::Step;
use crate::run::error::RunError;
use crate::run::event::Event;
use crate::run::rows::only_row;
use crate::run::session::is_passing;
use crate::run::summary::Executed;

use super::{Execution, POLL};

impl Execution<'_> {
    /// One submission, up to its final state. A wish to stop is passed on to the engine, and its answer awaited.
    pub(super) fn once(&mut self, name: &str, submission: &Submission) -> Result<Once, RunError> {
        let id = match self.accepted(name, submission)? {
            Accepted::As(id) => id,
            Accepted::Refused(error) => return Ok(Once::Failed(error)),
            Accepted::Unanswered(error) => return Ok(Once::Lost(error)),
            Accepted::Unwanted => return Ok(Once::Cancelled(None)),
        };
        self.started(name, &id);
        let engine = self.session.engine();
        let mut told = false;
        let mut failures = 0;
        loop {
            if self.cancel.is_cancelled() && !told {
                told = engine.cancel(&id).is_ok();
            }
            match engine.poll(std::slice::from_ref(&id), POLL).map(|mut states| states.pop()) {
                Ok(Some(State::Succeeded(stats))) => {
                    self.usage.add(&stats, self.session.engine().capabilities().price);
                    return Ok(Once::Succeeded(id, stats));
                }
                Ok(Some(State::Failed(error))) => return Ok(Once::Failed(self.named(error, &id))),
                Ok(Some(State::Cancelled)) => return Ok(Once::Cancelled(Some(id))),
                Ok(Some(State::Running(progress))) => {
                    failures = 0;
                    self.progressed(name, progress);
                }
                Ok(None) => failures = 0,
                Err(error) if is_passing(error.kind) && failures < self.session.limit().tries => {
                    failures += 1;
                    self.session.clock().sleep(self.session.back_off(failures));
                }
                // The statement may go on without us.
                Err(error) => return Ok(Once::Lost(self.named(error, &id))),
            }
            self.keep_lease()?;
        }
    }

    /// Tells reporters how far a statement is, if the engine tells us.
    fn progressed(&mut self, step: &str, progress: Progress) {
        if progress != Progress::default() {
            let (model, step) = (self.plan.model.clone(), step.to_owned());
            (self.events)(Event::StepProgress { model, step, progress });
        }
    }

    /// Keeps the name of an execution, if it says anything to others, and tells reporters.
    fn started(&mut self, step: &str, id: &QueryId) {
        if !self.session.engine().capabilities().query_ids {
            return;
        }
        let (model, step) = (self.plan.model.clone(), step.to_owned());
        self.executed.push(Executed { step: step.clone(), query: id.clone() });
        (self.events)(Event::StepSubmitted { model, step, query: id.clone() });
    }

    /// The names of a step's executions so far.
    pub(super) fn queries(&self, step: &str) -> Vec<QueryId> {
        self.executed.iter().filter(|executed| executed.step == step).map(|executed| executed.query.clone()).collect()
    }

    fn named(&self, error: EngineError, id: &QueryId) -> EngineError {
        let known = self.session.engine().capabilities().query_ids;
        EngineError { query: error.query.or_else(|| known.then(|| id.clone())), ..error }
    }

    /// Hands a statement to the engine. The same token is sent until there is an answer: it names one execution, however
    /// often the engine has heard it. An engine without room is asked for a long time, everything else a few times.
    fn accepted(&mut self, name: &str, submission: &Submission) -> Result<Accepted, RunError> {
        let (session, began) = (self.session, self.session.clock().now());
        let (mut failures, mut perhaps) = (0, false);
        loop {
            if self.cancel.is_cancelled() && !perhaps {
                return Ok(Accepted::Unwanted);
            }
            let error = match session.engine().submit(submission) {
                Ok(id) => return Ok(Accepted::As(id)),
                Err(error) if !is_passing(error.kind) => return Ok(Accepted::Refused(error)),
                Err(error) => error,
            };
            perhaps |= error.effect == Unsure::Unknown;
            failures += 1;
            let waited = (session.clock().now() - began).to_std().unwrap_or_default();
            let patient = error.kind == ErrorKind::Throttled && waited < session.limit().capacity_wait;
            if !patient && failures >= session.limit().tries {
                return Ok(Accepted::Unanswered(error));
            }
            let wait = session.back_off(failures);
            (self.events)(Event::StepRetried {
                model: self.plan.model.clone(),
                step: name.to_owned(),
                message: error.to_string(),
                wait,
            });
            session.clock().sleep(wait);
            self.keep_lease()?;
        }
    }

    /// Asks a probe that is a statement.
    pub(super) fn is_zero(&mut self, step: &Step, sql: &str) -> Result<bool, RunError> {
        let name = format!("probe of {}", step.name);
        let mut tries = 1;
        loop {
            let nonce = uuid::Uuid::new_v4().simple().to_string();
            let token = format!("lake-probe-{}-{nonce}", step.name);
            let submission = Submission { sql: sql.to_owned(), token, files: vec![] };
            let error = match self.once(&name, &submission)? {
                Once::Succeeded(id, _) => {
                    let rows = self.session.patiently(|| self.session.engine().rows(&id))?;
                    return Ok(only_row(&rows)?.first().and_then(Option::as_deref) == Some("0"));
                }
                Once::Cancelled(_) if self.cancel.is_cancelled() => return Err(RunError::Cancelled),
                Once::Cancelled(id) => cancelled_by_others(id),
                Once::Failed(error) | Once::Lost(error) => error,
            };
            if !is_passing(error.kind) || tries >= self.session.limit().tries {
                return Err(RunError::Engine(error));
            }
            self.session.clock().sleep(self.session.back_off(tries));
            tries += 1;
        }
    }
}

/// What became of one submission.
pub(super) enum Once {
    Succeeded(QueryId, Stats),
    Failed(EngineError),
    /// Nobody can say; it may still run.
    Lost(EngineError),
    /// None if it was never submitted.
    Cancelled(Option<QueryId>),
}

/// What came of handing a statement over.
enum Accepted {
    As(QueryId),
    Refused(EngineError),
    /// It was asked often enough.
    Unanswered(EngineError),
    /// The wish to stop came first.
    Unwanted,
}

/// We did not ask for it: an administrator did, or the process whose statement it was.
pub(super) fn cancelled_by_others(query: Option<QueryId>) -> EngineError {
    EngineError {
        kind: ErrorKind::Unavailable,
        effect: Unsure::None,
        message: "the statement was cancelled on the engine".into(),
        query,
        help: None,
    }
}
