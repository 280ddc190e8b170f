//! One model in one run: lease, unfinished plans, planning, execution, and planning anew after conflicts.

use super::cancel::CancelToken;
use super::dispatch::{INTERRUPTED, plain};
use super::error::RunError;
use super::event::Event;
use super::execute::{Ended, Execution};
use super::gather::RunFacts;
use super::session::{Session, is_gone};
use super::summary::{BadRowsKept, Executed, ModelResult, Outcome, Usage};
use crate::journal::{Lease, LeaseOutcome, OpenPlan};
use crate::model::spec::ModelSpec;
use crate::plan::Plan;
use crate::plan::facts::Facts;
use crate::strategy::{Decision, plan};

/// Brings one model up to date.
pub(super) fn run(
    session: &Session,
    run: &RunFacts,
    model: &ModelSpec,
    cancel: &CancelToken,
    events: &(dyn Fn(Event) + Sync),
) -> ModelResult {
    let mut node = Node {
        session,
        run,
        model,
        cancel,
        events,
        lease: None,
        resumed: false,
        rows: None,
        bad_rows: None,
        usage: Usage::default(),
        executed: vec![],
    };
    let result = node.bring_up_to_date();
    if let Some(lease) = node.lease.take() {
        // A lease that cannot be given back ends by itself.
        if let Err(error) = session.journal().give_back(&lease) {
            tracing::warn!(model = %model.id, %error, "the lease is left to expire");
        }
    }
    let result = match result {
        Ok(result) => result,
        Err(RunError::Cancelled) => plain(model, Outcome::Cancelled, INTERRUPTED),
        Err(error) => ModelResult { help: error.help(), ..plain(model, Outcome::Failed, &error.to_string()) },
    };
    ModelResult { usage: node.usage, queries: node.executed, ..result }
}

struct Node<'a> {
    session: &'a Session,
    run: &'a RunFacts,
    model: &'a ModelSpec,
    cancel: &'a CancelToken,
    events: &'a (dyn Fn(Event) + Sync),
    lease: Option<Lease>,
    /// Whether a plan of an interrupted run was finished.
    resumed: bool,
    /// Its rows, which count as written by this run.
    rows: Option<u64>,
    /// Bad rows that it kept.
    bad_rows: Option<BadRowsKept>,
    /// What all plans of the model have read.
    usage: Usage,
    /// What all plans of the model have executed.
    executed: Vec<Executed>,
}

impl Node<'_> {
    fn bring_up_to_date(&mut self) -> Result<ModelResult, RunError> {
        if let Some(result) = self.resume()? {
            return Ok(result);
        }
        let mut attempt = 1;
        loop {
            let facts = self.session.facts(self.run, self.model, attempt)?;
            let plan = match plan(&self.session.context(), self.model, &facts)? {
                Decision::Unchanged(words) => return Ok(self.unchanged(&words)),
                Decision::Run(plan) => plan,
            };
            if !self.begin(&plan, &facts)? {
                continue;
            }
            self.planned(&plan);
            let ended =
                self.execute(OpenPlan { plan: *plan.clone(), outcomes: Default::default(), groups: 0 }, false)?;
            match ended {
                Ended::Conflict(message) if attempt < self.session.limit().attempts => {
                    attempt += 1;
                    (self.events)(Event::Conflict { model: self.model.id.to_string(), message, attempt });
                }
                ended => return Ok(self.result(&plan, ended)),
            }
        }
    }

    /// Finishes what an interrupted run has left. A result only if the model must not go on.
    fn resume(&mut self) -> Result<Option<ModelResult>, RunError> {
        let model = self.model.id.to_string();
        if self.session.journal().open_plan(&model)?.is_none() {
            return Ok(None);
        }
        self.take_lease()?;
        // Whoever held the lease may have finished it meanwhile.
        let Some(open) = self.session.journal().open_plan(&model)? else { return Ok(None) };
        (self.events)(Event::ModelResumed { model, run: open.plan.run.clone() });
        let plan = open.plan.clone();
        match self.execute(open, true)? {
            Ended::Done { rows, bad_rows } => {
                self.resumed = true;
                self.rows = rows;
                self.bad_rows = bad_rows;
                Ok(None)
            }
            // It was rolled back: what is there now is planned anew.
            Ended::Conflict(_) | Ended::Refused { .. } | Ended::Failed { open: false, .. } => Ok(None),
            ended @ (Ended::Failed { open: true, .. } | Ended::Cancelled) => Ok(Some(self.result(&plan, ended))),
        }
    }

    /// Takes the lease and writes the plan. False if the world has changed since the facts were gathered.
    fn begin(&mut self, plan: &Plan, facts: &Facts) -> Result<bool, RunError> {
        if self.lease.is_none() {
            self.take_lease()?;
            let number = self.session.journal().latest_publication(&plan.model)?.map(|p| p.number);
            if number != facts.published.as_ref().map(|p| p.number) {
                return Ok(false);
            }
        }
        if self.session.journal().begin(plan)? {
            return Ok(true);
        }
        match self.session.journal().open_plan(&plan.model)? {
            Some(open) => self.execute(open, true).map(|_| false),
            None => Ok(false),
        }
    }

    fn take_lease(&mut self) -> Result<(), RunError> {
        let session = self.session;
        let model = self.model.id.to_string();
        let holder = session.holder(&self.run.run);
        let start = session.clock().now();
        let mut told = false;
        loop {
            let now = session.clock().now();
            match session.journal().acquire(&model, &holder, now, session.lease(), is_gone)? {
                LeaseOutcome::Held(lease) => {
                    self.lease = Some(lease);
                    return Ok(());
                }
                LeaseOutcome::Taken { holder, until } => {
                    let who = format!("run {} on {}, process {}", holder.run, holder.host, holder.process);
                    if (now - start).to_std().is_ok_and(|waited| waited > session.limit().lease_wait) {
                        return Err(RunError::Result(format!("`{model}` is held by {who}")));
                    }
                    if !told {
                        (self.events)(Event::WaitingForLease { model: model.clone(), holder: who });
                        told = true;
                    }
                    let left = (until - now).to_std().unwrap_or_default();
                    session
                        .clock()
                        .sleep(left.clamp(std::time::Duration::from_millis(50), std::time::Duration::from_secs(1)));
                }
            }
            if self.cancel.is_cancelled() {
                return Err(RunError::Cancelled);
            }
        }
    }

    fn execute(&mut self, open: OpenPlan, resumed: bool) -> Result<Ended, RunError> {
        let lease = self.lease.as_mut().expect("a plan is executed under a lease");
        let mut execution =
            Execution::new(self.session, self.cancel, self.events, lease, &open.plan, &self.run.run).resumed(resumed);
        let ended = execution.run(open.outcomes, open.groups);
        self.usage.join(execution.usage());
        self.executed.extend(execution.executed());
        ended
    }

    fn planned(&self, plan: &Plan) {
        (self.events)(Event::ModelPlanned {
            model: plan.model.clone(),
            steps: plan.steps.len(),
            reason: plan.reason.clone(),
            attempt: plan.attempt,
        });
    }

    /// Nothing to do, unless an interrupted plan was finished just now.
    fn unchanged(&self, words: &str) -> ModelResult {
        if !self.resumed {
            return plain(self.model, Outcome::Unchanged, words);
        }
        let message = "finished what an interrupted run had begun";
        ModelResult {
            rows: self.rows,
            bad_rows: self.bad_rows.clone(),
            ..plain(self.model, Outcome::Published, message)
        }
    }

    fn result(&self, plan: &Plan, ended: Ended) -> ModelResult {
        let model = self.model;
        match ended {
            Ended::Done { rows, bad_rows } => ModelResult {
                rows: rows.map(|rows| rows + self.rows.unwrap_or(0)),
                bad_rows: match (bad_rows, &self.bad_rows) {
                    (Some(now), Some(before)) => Some(BadRowsKept { rows: now.rows + before.rows, ..now }),
                    (now, before) => now.or_else(|| before.clone()),
                },
                ..plain(model, Outcome::Published, &plan.reason)
            },
            Ended::Refused { message, help } => ModelResult { help, ..plain(model, Outcome::Refused, &message) },
            Ended::Failed { message, help, .. } => ModelResult { help, ..plain(model, Outcome::Failed, &message) },
            Ended::Conflict(message) => ModelResult {
                help: Some("other writers kept changing the table: run it again when they have ended".into()),
                ..plain(model, Outcome::Failed, &message)
            },
            Ended::Cancelled => plain(model, Outcome::Cancelled, INTERRUPTED),
        }
    }
}
