//! Why a model could not be run.

use std::fmt;

use super::landing::LandingError;
use crate::engine::{EngineError, ErrorKind};
use crate::journal::JournalError;
use crate::strategy::PlanError;
use crate::values::ValueError;

/// Why a model could not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// It cannot be planned.
    Plan(PlanError),
    /// The engine refused.
    Engine(EngineError),
    /// The journal cannot be read or written.
    Journal(JournalError),
    /// Source files cannot be listed.
    Landing(LandingError),
    /// A result is not what the statement should give.
    Result(String),
    /// The wish to stop came first.
    Cancelled,
}

impl RunError {
    /// What a person can do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            RunError::Plan(error) => error.help(),
            RunError::Engine(error) => error.help.clone().or_else(|| usual_help(error.kind)),
            RunError::Landing(_) => Some("make the folder, or set `landing` in lake.toml".into()),
            RunError::Journal(_) => Some("look at the folder `state` in lake.toml: it must be writable".into()),
            RunError::Result(_) | RunError::Cancelled => None,
        }
    }
}

fn usual_help(kind: ErrorKind) -> Option<String> {
    let help = match kind {
        ErrorKind::Unavailable | ErrorKind::Throttled => "run `retry`: it goes on where this run stopped",
        ErrorKind::Data => "mend the data; what may fail in the model's SQL can be read with `try_cast` or `try(…)`",
        ErrorKind::Denied => "grant the permission, or choose another target",
        ErrorKind::Statement | ErrorKind::Conflict | ErrorKind::Internal => return None,
    };
    Some(help.into())
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Plan(error) => error.fmt(f),
            RunError::Engine(error) => error.fmt(f),
            RunError::Journal(error) => error.fmt(f),
            RunError::Landing(error) => error.fmt(f),
            RunError::Result(message) => f.write_str(message),
            RunError::Cancelled => f.write_str(super::dispatch::INTERRUPTED),
        }
    }
}

impl std::error::Error for RunError {}

impl From<PlanError> for RunError {
    fn from(error: PlanError) -> Self {
        RunError::Plan(error)
    }
}

impl From<EngineError> for RunError {
    fn from(error: EngineError) -> Self {
        RunError::Engine(error)
    }
}

impl From<ValueError> for RunError {
    fn from(error: ValueError) -> Self {
        RunError::Engine(error.into())
    }
}

impl From<JournalError> for RunError {
    fn from(error: JournalError) -> Self {
        RunError::Journal(error)
    }
}

impl From<LandingError> for RunError {
    fn from(error: LandingError) -> Self {
        RunError::Landing(error)
    }
}
