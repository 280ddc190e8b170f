//! What Athena says of an execution.

use aws_sdk_athena::types::{QueryExecution, QueryExecutionState};
use lake_core::engine::{QueryId, State, Stats};

use crate::error::{Failure, execution as failure};

/// What a statement gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Rows, below a row of column names.
    Query,
    /// A number of changed rows.
    Write,
    /// Lines of text, or nothing; free of charge.
    Other,
}

/// An execution as it is now.
pub(crate) enum Seen {
    Running,
    Ended(State, Form),
}

/// Reads the state. What is queued again after it ran is still running.
pub(crate) fn seen(id: &QueryId, execution: &QueryExecution) -> Seen {
    let form = form(execution);
    let status = execution.status();
    let state = match status.and_then(|status| status.state()) {
        Some(QueryExecutionState::Succeeded) => State::Succeeded(stats(execution, form)),
        Some(QueryExecutionState::Cancelled) => State::Cancelled,
        Some(QueryExecutionState::Failed) => {
            let error = status.and_then(|status| status.athena_error());
            let reason = status.and_then(|status| status.state_change_reason());
            match failure(id, error, reason) {
                Failure::Cancelled => State::Cancelled,
                Failure::Failed(error) => State::Failed(error),
            }
        }
        _ => return Seen::Running,
    };
    Seen::Ended(state, form)
}

/// Bytes count where reading is charged. Athena calls a CTAS DDL, which is free, and charges it; so its own word for
/// the kind of a statement is not asked.
fn stats(execution: &QueryExecution, form: Form) -> Stats {
    let charged = form != Form::Other || first_words(execution).0 == "optimize";
    let bytes = execution.statistics().and_then(|statistics| statistics.data_scanned_in_bytes());
    Stats { rows: None, bytes_scanned: bytes.filter(|_| charged).and_then(|bytes| u64::try_from(bytes).ok()) }
}

fn form(execution: &QueryExecution) -> Form {
    match execution.substatement_type() {
        Some("SELECT" | "EXPLAIN") => Form::Query,
        Some("INSERT" | "UPDATE" | "DELETE" | "MERGE") => Form::Write,
        // OPTIMIZE is called so too.
        Some("CREATE_TABLE_AS_SELECT") if first_words(execution).0 == "create" => Form::Write,
        Some(_) => Form::Other,
        None => {
            let (first, second) = first_words(execution);
            match (first.as_str(), second.as_str()) {
                ("select" | "with" | "values" | "table" | "explain", _) => Form::Query,
                ("insert" | "update" | "delete" | "merge", _) => Form::Write,
                ("create", "table") if execution.query().is_some_and(|sql| sql.contains(" as\n")) => Form::Write,
                _ => Form::Other,
            }
        }
    }
}

fn first_words(execution: &QueryExecution) -> (String, String) {
    let mut words = execution.query().unwrap_or_default().split_whitespace().map(str::to_lowercase);
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}
