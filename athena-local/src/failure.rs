//! Why a statement fails, in Athena's names, numbers and words.

use lake_core::engine::{EngineError, ErrorKind};

/// A statement that ends in FAILED or CANCELLED.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    /// StateChangeReason.
    pub reason: String,
    /// ErrorCategory and ErrorType; None if it was cancelled.
    pub numbers: Option<(i32, i32)>,
    /// ErrorMessage, if it differs from the reason.
    pub message: Option<String>,
    pub retryable: bool,
}

impl Failure {
    pub fn user(number: i32, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), numbers: Some((2, number)), message: None, retryable: false }
    }

    pub fn system(number: i32, reason: impl Into<String>) -> Self {
        Self { numbers: Some((1, number)), ..Self::user(number, reason) }
    }

    pub fn cancelled() -> Self {
        Self { reason: "Query cancelled by user".into(), numbers: None, message: None, retryable: false }
    }

    pub fn is_cancelled(&self) -> bool {
        self.numbers.is_none()
    }

    /// What the engine says, as Athena says it.
    pub fn of(error: &EngineError) -> Self {
        let words = &in_athenas_words(&error.message);
        let named = |number: i32, name: &str| Self::user(number, format!("{name}: {words}"));
        let has = |part: &str| words.to_lowercase().contains(part);
        match error.kind {
            ErrorKind::Statement if has("does not exist") && has("table") => named(1301, "TABLE_NOT_FOUND"),
            ErrorKind::Statement if has("no table") => named(1301, "TABLE_NOT_FOUND"),
            ErrorKind::Statement if has("does not exist") && has("schema") => named(1301, "SCHEMA_NOT_FOUND"),
            ErrorKind::Statement if has("already exists") => named(1004, "TABLE_ALREADY_EXISTS"),
            ErrorKind::Statement if has("no column") => named(1006, "COLUMN_NOT_FOUND"),
            ErrorKind::Statement if has("function") => named(1303, "FUNCTION_NOT_FOUND"),
            ErrorKind::Statement if has("not supported") => named(1200, "NOT_SUPPORTED"),
            ErrorKind::Statement if has("snapshot") => named(1100, "INVALID_ARGUMENTS"),
            ErrorKind::Statement => named(1002, "TYPE_MISMATCH"),
            ErrorKind::Data if has("division by zero") => named(1001, "DIVISION_BY_ZERO"),
            ErrorKind::Data if has("target table row matched") => named(1007, "MERGE_TARGET_ROW_MULTIPLE_MATCHES"),
            ErrorKind::Data if has("cast") => named(1002, "INVALID_CAST_ARGUMENT"),
            ErrorKind::Data if has("out of range") || has("overflow") => named(1007, "NUMERIC_VALUE_OUT_OF_RANGE"),
            ErrorKind::Data if has("multiple rows") => named(1007, "SUBQUERY_MULTIPLE_ROWS"),
            ErrorKind::Data => named(1007, "INVALID_FUNCTION_ARGUMENT"),
            ErrorKind::Conflict => {
                let reason = format!("ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: {words}");
                Self::user(233, reason)
            }
            ErrorKind::Throttled => Self::system(0, "Query exhausted resources at this scale factor"),
            ErrorKind::Denied => named(1500, "PERMISSION_DENIED"),
            ErrorKind::Unavailable => Self::system(235, format!("GENERIC_INTERNAL_ERROR: {words}")),
            ErrorKind::Internal => Self::system(235, format!("GENERIC_INTERNAL_ERROR: {words}")),
        }
    }
}

/// The binder names a missing table as it was written, Athena with its catalog.
fn in_athenas_words(message: &str) -> String {
    let Some((before, rest)) = message.split_once("no table `") else { return message.to_owned() };
    let Some((table, _)) = rest.split_once('`') else { return message.to_owned() };
    format!("{before}Table 'awsdatacatalog.{table}' does not exist")
}
