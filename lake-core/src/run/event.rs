//! What happens in a run, as reporters see it.

use std::time::Duration;

use super::summary::{ModelResult, RunSummary};
use crate::engine::{Progress, QueryId};

/// One thing that happened. Progress bars, logs and notifications subscribe to these.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// Its id.
        run: String,
        /// The models that it will go through, each after what it reads.
        models: Vec<String>,
    },
    /// A model is looked at.
    ModelStarted {
        /// The model.
        model: String,
    },
    /// A plan of an earlier, interrupted run was found and is being finished.
    ModelResumed {
        /// The model.
        model: String,
        /// The run that wrote the plan.
        run: String,
    },
    /// A model was planned.
    ModelPlanned {
        /// The model.
        model: String,
        /// Number of steps.
        steps: usize,
        /// Why it runs.
        reason: String,
        /// From 1; more after conflicts.
        attempt: u32,
    },
    /// Another run writes this model; we wait for it.
    WaitingForLease {
        /// The model.
        model: String,
        /// Who holds it.
        holder: String,
    },
    /// A step is begun.
    StepStarted {
        /// The model.
        model: String,
        /// The step's name, such as `stage`.
        step: String,
        /// From 0.
        index: usize,
        /// Number of steps.
        of: usize,
    },
    /// The engine took a statement. Not told where its ids say nothing to others.
    StepSubmitted {
        /// The model.
        model: String,
        /// The step's name, `probe of …` or `undo`.
        step: String,
        /// The engine's id of the execution.
        query: QueryId,
    },
    /// A statement is running. Told now and then, where the engine tells.
    StepProgress {
        /// The model.
        model: String,
        /// The step's name.
        step: String,
        /// How far it is.
        progress: Progress,
    },
    /// A statement ended well, or need not run.
    StepFinished {
        /// The model.
        model: String,
        /// The step's name.
        step: String,
        /// Rows, if the engine told.
        rows: Option<u64>,
        /// How long it took.
        seconds: f64,
    },
    /// A statement will be sent again.
    StepRetried {
        /// The model.
        model: String,
        /// The step's name.
        step: String,
        /// The engine's words.
        message: String,
        /// After this time.
        wait: Duration,
    },
    /// Another writer was first; the model is planned anew.
    Conflict {
        /// The model.
        model: String,
        /// What was found.
        message: String,
        /// The attempt that follows.
        attempt: u32,
    },
    /// An audit that only warns found rows.
    AuditWarned {
        /// The model.
        model: String,
        /// The message with its count.
        message: String,
    },
    /// A model ended, one way or another.
    ModelFinished(ModelResult),
    /// Statements are being cancelled.
    Cancelling,
    /// The run ended.
    RunFinished(RunSummary),
}
