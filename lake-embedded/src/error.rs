//! What goes wrong inside the engine, before it becomes an [`EngineError`].

use std::fmt;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use lake_core::engine::{Effect, EngineError, ErrorKind};
use lake_core::values::ValueError;

/// A failure with its kind and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub kind: ErrorKind,
    pub message: String,
    pub help: Option<String>,
    pub effect: Effect,
}

/// A result of the engine's inside.
pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

/// Words of the end of a statement that was asked to stop.
const CANCELLED: &str = "cancelled on request";

impl Fault {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None, effect: Effect::None }
    }

    /// A value in the data is wrong. TRY turns these, and only these, into null.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// The statement is wrong.
    pub fn statement(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Statement, message)
    }

    /// The statement is right, but this engine cannot do what it asks; it says so before anything runs.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Statement, format!("{what} is not supported by the embedded engine"))
    }

    /// A defect of the engine.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Storage failed.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    /// Another writer was first.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// The statement was asked to stop.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Internal, CANCELLED)
    }

    /// Whether the statement ended because it was asked to.
    pub fn is_cancelled(&self) -> bool {
        self.message == CANCELLED
    }

    /// The statement may have had its effect: what failed was not surely before it.
    pub fn unsure(self) -> Self {
        Self { effect: Effect::Unknown, ..self }
    }

    /// Says in front what was tried, where the statement is wrong.
    pub fn trying(mut self, what: &str) -> Self {
        if self.kind == ErrorKind::Statement {
            self.message = format!("{what}: {}", self.message);
        }
        self
    }

    /// Adds what a person can do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The error that the engine's border shows. Its executions have names that say nothing outside of this process.
    pub fn at_border(self) -> EngineError {
        EngineError { kind: self.kind, effect: self.effect, message: self.message, query: None, help: self.help }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for DataFusionError {
    fn from(fault: Fault) -> Self {
        DataFusionError::External(Box::new(fault))
    }
}

impl From<ValueError> for Fault {
    fn from(error: ValueError) -> Self {
        Self::new(error.kind, error.message)
    }
}

impl From<ArrowError> for Fault {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::DivideByZero => Fault::data("Division by zero"),
            ArrowError::ArithmeticOverflow(message) => Fault::data(message),
            ArrowError::ExternalError(inner) => match inner.downcast::<Fault>() {
                Ok(fault) => *fault,
                Err(other) => Fault::internal(other.to_string()),
            },
            other => Fault::internal(other.to_string()),
        }
    }
}

impl From<DataFusionError> for Fault {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Fault>() {
                Ok(fault) => *fault,
                Err(other) => Fault::internal(other.to_string()),
            },
            DataFusionError::ArrowError(inner, _) => (*inner).into(),
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => (*inner).into(),
            DataFusionError::Shared(inner) => shared(&inner),
            DataFusionError::Collection(mut errors) if !errors.is_empty() => errors.swap_remove(0).into(),
            DataFusionError::ResourcesExhausted(message) => Fault::new(ErrorKind::Throttled, message)
                .help("give the engine more memory, or make the statement smaller"),
            DataFusionError::IoError(error) => Fault::unavailable(error.to_string()),
            DataFusionError::NotImplemented(message) => Fault::unsupported(message),
            other => Fault::internal(other.to_string()),
        }
    }
}

/// Several streams may hold one error; what is inside can only be copied.
fn shared(error: &DataFusionError) -> Fault {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    loop {
        if let Some(fault) = cause.downcast_ref::<Fault>() {
            return fault.clone();
        }
        if let Some(DataFusionError::External(inner)) = cause.downcast_ref::<DataFusionError>()
            && let Some(fault) = inner.downcast_ref::<Fault>()
        {
            return fault.clone();
        }
        match cause.source() {
            Some(next) => cause = next,
            None => return Fault::internal(error.to_string()),
        }
    }
}

impl From<lake_iceberg::Error> for Fault {
    fn from(error: lake_iceberg::Error) -> Self {
        use lake_iceberg::Error;
        let message = error.to_string();
        match error {
            Error::Commit(lake_iceberg::CommitError::Conflict { .. }) => Fault::conflict(message),
            Error::Commit(lake_iceberg::CommitError::Contention { .. }) => Fault::conflict(message),
            Error::NotFound { .. } | Error::Replaced { .. } | Error::Exists { .. } | Error::WrongEntry { .. } => {
                Fault::statement(message)
            }
            Error::Invalid(message) => Fault::data(message),
            Error::Io { ref source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Fault::new(ErrorKind::Denied, message)
            }
            Error::Io { .. } | Error::Store { .. } => Fault::unavailable(message),
            Error::Format(_) => Fault::unavailable(message),
        }
    }
}
