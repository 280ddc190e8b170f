//! The two ways in which Athena fails, as one error: a call that is refused, and an execution that ends in FAILED.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_athena::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_athena::types::AthenaError;
use lake_core::engine::{Effect, EngineError, ErrorKind, QueryId};

/// An error without an effect.
pub(crate) fn plain(kind: ErrorKind, message: impl Into<String>) -> EngineError {
    EngineError { kind, effect: Effect::None, message: message.into(), query: None, help: None }
}

pub(crate) fn with_help(error: EngineError, help: impl Into<String>) -> EngineError {
    EngineError { help: Some(help.into()), ..error }
}

/// A call that failed. Whether it had an effect is unknown if no answer of the service says that it was refused.
pub(crate) fn call<E, R>(operation: &str, error: SdkError<E, R>) -> EngineError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    if let SdkError::ServiceError(refusal) = &error {
        return refused(operation, refusal.err().code().unwrap_or_default(), refusal.err().message());
    }
    let chain = words(&error);
    if find::<CredentialsError>(&error) {
        return with_help(plain(ErrorKind::Denied, format!("no usable AWS credentials: {chain}")), CREDENTIALS);
    }
    // Before a request is sent there are no words of the service.
    let effect = match &error {
        SdkError::ConstructionFailure(_) => Effect::None,
        _ => Effect::Unknown,
    };
    let kind = if effect == Effect::None { ErrorKind::Internal } else { ErrorKind::Unavailable };
    EngineError { effect, ..plain(kind, format!("{operation}: {chain}")) }
}

pub(crate) const CREDENTIALS: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws/config with \
                                      `profile = \"…\"` below `options` of the target";

const PLACE: &str = "`output_location` below `options` of the target, or the workgroup's, must be in a bucket that is there, in \
                     the same region, and in which one may write";

fn refused(operation: &str, code: &str, message: Option<&str>) -> EngineError {
    let words = match message {
        Some(message) if !message.is_empty() => format!("{operation}: {message}"),
        _ if code.is_empty() => format!("{operation}: the service gave no reason"),
        _ => format!("{operation}: {code}"),
    };
    match code {
        "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown" | "LimitExceededException" => {
            plain(ErrorKind::Throttled, words)
        }
        code if code.starts_with("Throttling") => plain(ErrorKind::Throttled, words),
        "ExpiredToken" | "ExpiredTokenException" => {
            with_help(plain(ErrorKind::Denied, words), "log in again: the credentials have expired")
        }
        _ if words.contains("scoped to a valid region") => with_help(
            plain(ErrorKind::Denied, words),
            "the address is of another region: write `region = \"…\"` below `options` of the target, or set AWS_REGION",
        ),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => with_help(plain(ErrorKind::Denied, words), CREDENTIALS),
        "AccessDenied" | "AccessDeniedException" | "NotAuthorized" | "OptInRequired" => with_help(
            plain(ErrorKind::Denied, words),
            "grant the permission to the role or user; the README lists the least policy",
        ),
        "InvalidRequestException" | "ValidationException" | "InvalidInputException" | "EntityNotFoundException" => {
            // These words are about the statement, and stand well alone.
            let error = plain(ErrorKind::Statement, message.unwrap_or(code));
            match ["output bucket", "save your query results", "output location"].iter().any(|of| words.contains(of)) {
                true => with_help(error, PLACE),
                false => error,
            }
        }
        "MetadataException" | "ResourceNotFoundException" => plain(ErrorKind::Statement, words),
        "InternalServerException"
        | "InternalServiceException"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "OperationTimeoutException"
        | "RequestTimeout"
        | "RequestTimeoutException" => EngineError { effect: Effect::Unknown, ..plain(ErrorKind::Unavailable, words) },
        // An answer without a code comes from something between us and the service.
        "" => EngineError { effect: Effect::Unknown, ..plain(ErrorKind::Unavailable, words) },
        _ => plain(ErrorKind::Internal, words),
    }
}

/// All causes, each said once: the SDK wraps some in themselves, and how often differs from run to run.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    let mut all = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        all.retain(|said| !text.contains(said.as_str()) || *said == text);
        if !all.iter().any(|said| said.contains(&text)) {
            all.push(text);
        }
        cause = next.source();
    }
    all.join(": ")
}

fn find<T: std::error::Error + 'static>(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(next) = cause {
        if next.is::<T>() {
            return true;
        }
        cause = next.source();
    }
    false
}

/// How an execution failed.
pub(crate) enum Failure {
    /// Somebody stopped it.
    Cancelled,
    /// It failed.
    Failed(EngineError),
}

/// An execution that ended in FAILED, by the type that Athena gives and by the names in its words.
pub(crate) fn execution(id: &QueryId, error: Option<&AthenaError>, reason: Option<&str>) -> Failure {
    let said = error.and_then(AthenaError::error_message);
    let message = reason.or(said).unwrap_or("Athena gave no reason").to_owned();
    let number = error.and_then(AthenaError::error_type).unwrap_or(-1);
    let retryable = error.is_some_and(AthenaError::retryable);
    let text = format!("{message} {}", said.unwrap_or_default());
    let Some((kind, effect, help)) = by_name(&text).or_else(|| by_number(number, retryable)) else {
        return Failure::Cancelled;
    };
    Failure::Failed(EngineError { kind, effect, message, query: Some(id.clone()), help: help.map(str::to_owned) })
}

type Verdict = (ErrorKind, Effect, Option<&'static str>);

/// What the engine's names and words decide, before any number. Words differ between releases, so all known are tried.
fn by_name(text: &str) -> Option<Verdict> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["Cannot determine whether the commit was successful"]) {
        return Some((ErrorKind::Unavailable, Effect::Unknown, None));
    }
    if has(&["ICEBERG_COMMIT_ERROR", "Failed to commit Iceberg update", "Failed to commit to Glue table"]) {
        return Some((ErrorKind::Conflict, Effect::None, None));
    }
    if has(&["Slow down", "SlowDown", "reduce your request rate", "Rate exceeded", "exceeded the rate"]) {
        return Some((ErrorKind::Throttled, Effect::Unknown, None));
    }
    if has(&["TOO_MANY_OPEN_PARTITIONS"]) {
        let help = "one statement writes at most 100 partitions: load less at once, or partition more coarsely";
        return Some((ErrorKind::Statement, Effect::None, Some(help)));
    }
    if has(&["MERGE_TARGET_ROW_MULTIPLE_MATCHES"]) {
        return Some((ErrorKind::Data, Effect::None, Some("the rows to merge must have one row per key")));
    }
    let data = [
        "DIVISION_BY_ZERO",
        "INVALID_CAST_ARGUMENT",
        "NUMERIC_VALUE_OUT_OF_RANGE",
        "INVALID_FUNCTION_ARGUMENT",
        "SUBQUERY_MULTIPLE_ROWS",
        "HIVE_BAD_DATA",
        "ICEBERG_BAD_DATA",
    ];
    has(&data).then_some((ErrorKind::Data, Effect::None, None))
}

const SMALLER: &str = "the statement needs more than it is given: load less at once, or raise the workgroup's capacity";

/// Athena's catalogue of error types. None for what was cancelled.
fn by_number(number: i32, retryable: bool) -> Option<Verdict> {
    use ErrorKind::{Data, Denied, Internal, Statement, Throttled, Unavailable};
    // What fails inside the service may fail after the commit.
    let inside = (Unavailable, Effect::Unknown, None);
    Some(match number {
        1011 | 1014 => return None,
        0..=8 | 206 | 210 => (Internal, Effect::None, Some(SMALLER)),
        233 => (Internal, Effect::None, None),
        100 | 200..=240 | 300..=303 | 400..=402 => inside,
        1001 | 1002 | 1007 => (Data, Effect::None, None),
        1009 | 1010 | 1012 | 1013 | 9999 if retryable => inside,
        1000..=1013 | 1100..=1110 | 1200..=1202 | 1300..=1308 | 1502 => (Statement, Effect::None, None),
        1402 => (
            Internal,
            Effect::None,
            Some("the table has too many versions in Glue: delete old ones with DeleteTableVersion"),
        ),
        1400..=1406 | 1602 => (Throttled, Effect::Unknown, None),
        1500 | 1501 => (Denied, Effect::None, Some("grant the permission on the data, its keys and its catalog entry")),
        1700 | 1701 => inside,
        _ if retryable => inside,
        -1 => (Statement, Effect::None, None),
        _ => (Internal, Effect::None, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(number: i32, retryable: bool, reason: &str) -> Option<(ErrorKind, Effect)> {
        let error = AthenaError::builder().error_type(number).retryable(retryable).build();
        match execution(&QueryId("q".into()), Some(&error), Some(reason)) {
            Failure::Cancelled => None,
            Failure::Failed(error) => Some((error.kind, error.effect)),
        }
    }

    #[test]
    fn failures_are_told_apart_by_name_and_by_number() {
        use ErrorKind::{Conflict, Data, Denied, Internal, Statement, Throttled, Unavailable};
        let commit = "ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: a.b";
        let cases = [
            (233, false, commit, Some((Conflict, Effect::None))),
            (
                233,
                false,
                "ICEBERG_COMMIT_ERROR: Cannot determine whether the commit was successful or not",
                Some((Unavailable, Effect::Unknown)),
            ),
            (233, false, "ICEBERG_FILESYSTEM_ERROR: non-empty location", Some((Internal, Effect::None))),
            (1001, false, "DIVISION_BY_ZERO: Division by zero", Some((Data, Effect::None))),
            (1301, false, "TABLE_NOT_FOUND: line 1:15: Table 'x' does not exist", Some((Statement, Effect::None))),
            (1502, false, "already exists", Some((Statement, Effect::None))),
            (235, true, "GENERIC_INTERNAL_ERROR: x", Some((Unavailable, Effect::Unknown))),
            (1401, false, "AWSGlueException: Rate exceeded.", Some((Throttled, Effect::Unknown))),
            (1500, false, "PERMISSION_DENIED: x", Some((Denied, Effect::None))),
            (5, true, "Query exhausted resources at this scale factor", Some((Internal, Effect::None))),
            (9999, false, "Internal service error", Some((Internal, Effect::None))),
            (9999, true, "Internal service error", Some((Unavailable, Effect::Unknown))),
            (1011, false, "Query cancelled by user", None),
        ];
        for (number, retryable, reason, expected) in cases {
            assert_eq!(verdict(number, retryable, reason), expected, "{number} {reason}");
        }
    }
}
