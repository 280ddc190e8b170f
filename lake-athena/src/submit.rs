//! Statements on their way: what is checked before they are sent, the start, the stop.

use aws_sdk_athena::types::{QueryExecutionContext, ResultConfiguration};
use lake_core::engine::{EngineError, ErrorKind, QueryId, Submission};
use lake_sql::render::dialect::Dialect;

use crate::engine::Link;
use crate::error::{call, plain, with_help};

/// Athena's limits of a request token, in characters.
const TOKEN: std::ops::RangeInclusive<usize> = 32..=128;

/// What Athena would refuse, or could not mean.
pub(crate) fn check(submission: &Submission) -> Result<(), EngineError> {
    let bytes = submission.sql.len();
    if !Dialect::ATHENA.accepts_length_of(&submission.sql) {
        let most = Dialect::ATHENA.max_statement_bytes.unwrap_or(usize::MAX);
        let message = format!("the statement has {bytes} bytes, but Athena takes at most {most}");
        return Err(with_help(plain(ErrorKind::Statement, message), "split the model, or give constants by a table"));
    }
    if submission.sql.trim().is_empty() {
        return Err(plain(ErrorKind::Statement, "the statement is empty"));
    }
    if !TOKEN.contains(&submission.token.chars().count()) || submission.token.len() > *TOKEN.end() {
        let message = format!("the request token `{}` must have 32 to 128 characters", submission.token);
        return Err(plain(ErrorKind::Internal, message));
    }
    if !submission.files.is_empty() {
        return Err(plain(ErrorKind::Internal, "files cannot be given to Athena with a statement"));
    }
    Ok(())
}

/// Starts a statement. Athena gives the same execution for the same token.
pub(crate) async fn start(link: &Link, submission: &Submission) -> Result<QueryId, EngineError> {
    let config = &link.config;
    let context = QueryExecutionContext::builder().catalog(&config.catalog).build();
    let mut request = link
        .clients()
        .athena
        .start_query_execution()
        .query_string(&submission.sql)
        .client_request_token(&submission.token)
        .query_execution_context(context)
        .work_group(&config.workgroup);
    if let Some(location) = &config.output_location {
        request = request.result_configuration(ResultConfiguration::builder().output_location(location).build());
    }
    let answer = request.send().await.map_err(|error| call("StartQueryExecution", error))?;
    let id = answer.query_execution_id.ok_or_else(|| plain(ErrorKind::Internal, "Athena gave no execution id"))?;
    Ok(QueryId(id))
}

/// Asks for a statement to stop. The id is always given: without one the SDK would make one up.
pub(crate) async fn stop(link: &Link, id: &QueryId) -> Result<(), EngineError> {
    let request = link.clients().athena.stop_query_execution().query_execution_id(&id.0);
    request
        .send()
        .await
        .map(drop)
        .map_err(|error| EngineError { query: Some(id.clone()), ..call("StopQueryExecution", error) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_athena_would_refuse_is_not_sent() {
        let token = "t".repeat(64);
        let submission = |sql: &str, token: &str| Submission { sql: sql.into(), token: token.into(), files: vec![] };
        check(&submission(&"x".repeat(262_144), &token)).unwrap();
        let long = check(&submission(&"x".repeat(262_145), &token)).unwrap_err();
        assert_eq!(long.message, "the statement has 262145 bytes, but Athena takes at most 262144");
        assert_eq!(check(&submission(" \n", &token)).unwrap_err().message, "the statement is empty");
        assert_eq!(check(&submission("select 1", "short")).unwrap_err().kind, ErrorKind::Internal);
    }
}
