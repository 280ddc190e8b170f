//! Trino's errors as the engine's border shows them.

use lake_core::engine::{Effect, EngineError, ErrorKind, QueryId};

use crate::page::Failure;

/// What is wrong with the target's settings.
pub(crate) fn wrong(message: impl Into<String>) -> EngineError {
    plain(ErrorKind::Statement, message)
}

/// A failure without effect.
pub(crate) fn plain(kind: ErrorKind, message: impl Into<String>) -> EngineError {
    EngineError { kind, effect: Effect::None, message: message.into(), query: None, help: None }
}

/// A failure that may have come after the effect.
pub(crate) fn unsure(message: impl Into<String>) -> EngineError {
    EngineError { effect: Effect::Unknown, ..plain(ErrorKind::Unavailable, message) }
}

/// What became of a query that has failed on the server: an error, or the end that somebody asked for.
pub(crate) fn failed(failure: &Failure, query: &QueryId) -> Option<EngineError> {
    if matches!(failure.name.as_str(), "USER_CANCELED" | "ADMINISTRATIVELY_KILLED" | "ADMINISTRATIVELY_PREEMPTED") {
        return None;
    }
    let (kind, effect) = classify(failure);
    Some(EngineError {
        kind,
        effect,
        message: format!("{}: {}", failure.name, failure.message),
        query: Some(query.clone()),
        help: help(failure),
    })
}

fn classify(failure: &Failure) -> (ErrorKind, Effect) {
    use ErrorKind::*;
    let kind = match failure.name.as_str() {
        // The loser of two commits changes nothing; a commit of which the catalog lost track may have been made.
        "ICEBERG_COMMIT_ERROR" | "TRANSACTION_CONFLICT" => {
            let lost = failure.message.contains("CommitStateUnknown") || failure.message.contains("state is unknown");
            return (Conflict, if lost { Effect::Unknown } else { Effect::None });
        }
        "PERMISSION_DENIED" | "INVALID_CREDENTIALS" => Denied,
        "QUERY_QUEUE_FULL" | "CLUSTER_OUT_OF_MEMORY" | "NO_NODES_AVAILABLE" => Throttled,
        "ICEBERG_TOO_MANY_OPEN_PARTITIONS" => Statement,
        "DIVISION_BY_ZERO"
        | "NUMERIC_VALUE_OUT_OF_RANGE"
        | "INVALID_CAST_ARGUMENT"
        | "INVALID_FUNCTION_ARGUMENT"
        | "CONSTRAINT_VIOLATION"
        | "MERGE_TARGET_ROW_MULTIPLE_MATCHES"
        | "SUBQUERY_MULTIPLE_ROWS"
        | "JSON_INPUT_CONVERSION_ERROR"
        | "JSON_VALUE_RESULT_ERROR"
        | "PATH_EVALUATION_ERROR" => Data,
        // Nobody asked for its results in time.
        "ABANDONED_QUERY" => return (Unavailable, Effect::Unknown),
        "SERVER_SHUTTING_DOWN" | "SERVER_STARTING_UP" => return (Unavailable, Effect::Unknown),
        _ => match failure.kind.as_str() {
            "USER_ERROR" | "INSUFFICIENT_RESOURCES" => Statement,
            "EXTERNAL" => return (Unavailable, Effect::Unknown),
            _ if is_of_the_network(&failure.name) => return (Unavailable, Effect::Unknown),
            _ => return (Internal, Effect::Unknown),
        },
    };
    (kind, Effect::None)
}

fn is_of_the_network(name: &str) -> bool {
    name.starts_with("REMOTE_") || name.starts_with("PAGE_TRANSPORT") || name.starts_with("EXCHANGE_")
}

fn help(failure: &Failure) -> Option<String> {
    let help = match failure.name.as_str() {
        "PERMISSION_DENIED" => "the target's `user` must be allowed to make, change and drop tables in its schemas",
        "ABANDONED_QUERY" => "the server heard nothing from this program for a while: run it again",
        "ICEBERG_TOO_MANY_OPEN_PARTITIONS" => "load fewer partitions at once, or partition by less",
        "EXCEEDED_TIME_LIMIT" => "raise the session property `query_max_run_time`, or make the model smaller",
        name if name.starts_with("EXCEEDED_") => "give the cluster more memory, or make the model smaller",
        _ => return None,
    };
    Some(help.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_decide_before_types() {
        let failed = |name: &str, kind: &str, message: &str| {
            let failure = Failure { name: name.into(), kind: kind.into(), message: message.into() };
            failed(&failure, &QueryId("q".into())).map(|error| (error.kind, error.effect))
        };
        let cases = [
            ("SYNTAX_ERROR", "USER_ERROR", Some((ErrorKind::Statement, Effect::None))),
            ("DIVISION_BY_ZERO", "USER_ERROR", Some((ErrorKind::Data, Effect::None))),
            ("ICEBERG_COMMIT_ERROR", "EXTERNAL", Some((ErrorKind::Conflict, Effect::None))),
            ("ICEBERG_FILESYSTEM_ERROR", "EXTERNAL", Some((ErrorKind::Unavailable, Effect::Unknown))),
            ("GENERIC_INTERNAL_ERROR", "INTERNAL_ERROR", Some((ErrorKind::Internal, Effect::Unknown))),
            ("REMOTE_TASK_ERROR", "INTERNAL_ERROR", Some((ErrorKind::Unavailable, Effect::Unknown))),
            ("PERMISSION_DENIED", "USER_ERROR", Some((ErrorKind::Denied, Effect::None))),
            ("QUERY_QUEUE_FULL", "INSUFFICIENT_RESOURCES", Some((ErrorKind::Throttled, Effect::None))),
            ("USER_CANCELED", "USER_ERROR", None),
        ];
        for (name, kind, expected) in cases {
            assert_eq!(failed(name, kind, ""), expected, "{name}");
        }
        let lost = failed("ICEBERG_COMMIT_ERROR", "EXTERNAL", "CommitStateUnknownException: timeout");
        assert_eq!(lost, Some((ErrorKind::Conflict, Effect::Unknown)));
    }
}
