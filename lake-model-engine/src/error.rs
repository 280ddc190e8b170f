//! Failures in the words of the engine.

use lake_core::engine::{Effect, EngineError, ErrorKind};

/// What evaluation returns.
pub type Result<T> = std::result::Result<T, EngineError>;

/// A failure of a kind, certainly without effect.
pub fn failure(kind: ErrorKind, message: impl Into<String>) -> EngineError {
    EngineError { kind, effect: Effect::None, message: message.into(), query: None, help: None }
}

/// A value in the data is wrong. Only these are caught by TRY and TRY_CAST.
pub fn data(message: impl Into<String>) -> EngineError {
    failure(ErrorKind::Data, message)
}

/// The statement is wrong.
pub fn statement(message: impl Into<String>) -> EngineError {
    failure(ErrorKind::Statement, message)
}

/// Another writer was first.
pub fn conflict(message: impl Into<String>) -> EngineError {
    failure(ErrorKind::Conflict, message)
}

/// A failure after which nobody knows whether the statement took effect.
pub fn unclear(message: impl Into<String>) -> EngineError {
    EngineError { effect: Effect::Unknown, ..failure(ErrorKind::Unavailable, message) }
}

/// The error of every call of a process that has died.
pub fn died() -> EngineError {
    unclear("the process has died")
}

/// A statement that this engine does not interpret.
pub fn unsupported(what: impl std::fmt::Display) -> EngineError {
    EngineError {
        help: Some("add it to lake-model-engine, or test this statement on the embedded engine".into()),
        ..statement(format!("the model engine does not know {what}"))
    }
}
