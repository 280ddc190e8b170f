//! Why values cannot be read.

use std::fmt;

use arrow::error::ArrowError;

use crate::engine::{Effect, EngineError, ErrorKind};

/// Why values cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// Whether the data, the statement, the storage or this program is at fault.
    pub kind: ErrorKind,
    /// What is wrong, and where.
    pub message: String,
}

/// A result of reading values.
pub type Result<T, E = ValueError> = std::result::Result<T, E>;

impl ValueError {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A value in the data is wrong.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// What is asked for cannot be read at all.
    pub fn statement(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Statement, message)
    }

    /// Storage failed.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    /// A defect of this program.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ValueError {}

impl From<ArrowError> for ValueError {
    fn from(error: ArrowError) -> Self {
        Self::internal(error.to_string())
    }
}

impl From<ValueError> for EngineError {
    fn from(error: ValueError) -> Self {
        Self { kind: error.kind, effect: Effect::None, message: error.message, query: None, help: None }
    }
}
