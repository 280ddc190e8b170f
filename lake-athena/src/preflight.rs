//! What must be right before anything is sent: region, credentials, workgroup, place of results.

use std::error::Error;

use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_athena::types::{WorkGroup, WorkGroupState};
use lake_core::engine::{EngineError, ErrorKind};

use crate::engine::Link;
use crate::error::{CREDENTIALS, call, plain, with_help, words};

const REACH: &str = "look at `region` and `endpoint` below `options` of the target, and at this machine's way to them";

/// Checks the account, with one call that changes nothing.
pub(crate) async fn check(link: &Link) -> Result<(), EngineError> {
    let sdk = &link.clients().sdk;
    if sdk.region().is_none() {
        let error = plain(ErrorKind::Statement, "no AWS region is set");
        let help = "write `region = \"eu-west-1\"` below `options` of the target, or set AWS_REGION";
        return Err(with_help(error, help));
    }
    credentials(link).await?;
    let name = &link.config.workgroup;
    let answer = link.clients().athena.get_work_group().work_group(name).send().await;
    let group = match answer.map_err(|error| call("GetWorkGroup", error)) {
        Ok(answer) => answer.work_group,
        Err(error) if error.kind == ErrorKind::Statement => return Err(unknown(link, error).await),
        Err(error) if error.kind == ErrorKind::Unavailable && error.help.is_none() => {
            return Err(with_help(error, REACH));
        }
        Err(error) => return Err(error),
    };
    let group = group.ok_or_else(|| plain(ErrorKind::Internal, "GetWorkGroup: the answer is empty"))?;
    usable(link, &group)
}

async fn credentials(link: &Link) -> Result<(), EngineError> {
    let missing = |why: String| {
        let help = match &link.config.profile {
            Some(name) => {
                format!("look at the profile `{name}` of ~/.aws/config; `aws sso login --profile {name}` if it logs in")
            }
            None => CREDENTIALS.to_owned(),
        };
        with_help(plain(ErrorKind::Denied, format!("no usable AWS credentials: {why}")), help)
    };
    let Some(provider) = link.clients().sdk.credentials_provider() else {
        return Err(missing("none are configured".into()));
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => {
            // Where nothing was found there is no more to say than where it was looked for.
            let words = match (&error, error.source()) {
                (CredentialsError::CredentialsNotLoaded(_), Some(why)) => words(why),
                _ => words(&error),
            };
            Err(match &link.config.role_arn {
                Some(role) => with_help(
                    plain(ErrorKind::Denied, format!("the role `{role}` cannot be assumed: {words}")),
                    "its trust policy must name who assumes it, and with which external id",
                ),
                None => missing(words),
            })
        }
    }
}

/// The workgroup is not there: says which are, as far as one may know.
async fn unknown(link: &Link, error: EngineError) -> EngineError {
    let name = &link.config.workgroup;
    let found = link.clients().athena.list_work_groups().send().await;
    let names: Vec<String> = match &found {
        Ok(found) => found.work_groups().iter().filter_map(|group| group.name()).map(str::to_owned).collect(),
        Err(_) => vec![],
    };
    let close = |a: &&String| strsim::jaro_winkler(name, a);
    let fits = |a: &&String| close(a) >= 0.8 || strsim::damerau_levenshtein(name, a) <= 1;
    let nearest = names.iter().filter(fits).max_by(|a, b| close(a).total_cmp(&close(b)));
    let help = match (nearest, names.is_empty()) {
        (Some(nearest), _) => format!("did you mean `workgroup = \"{nearest}\"`?"),
        (None, false) => format!("there is {}", names.join(", ")),
        (None, true) => "write `workgroup = \"…\"` below `options` of the target".into(),
    };
    let region = link.clients().sdk.region().map(ToString::to_string).unwrap_or_default();
    with_help(plain(ErrorKind::Statement, format!("the workgroup `{name}` in {region}: {}", error.message)), help)
}

fn usable(link: &Link, group: &WorkGroup) -> Result<(), EngineError> {
    let name = &link.config.workgroup;
    if group.state() == Some(&WorkGroupState::Disabled) {
        let error = plain(ErrorKind::Denied, format!("the workgroup `{name}` is disabled"));
        return Err(with_help(error, "enable it, or write another one as `workgroup` below `options` of the target"));
    }
    let configuration = group.configuration();
    let version = configuration.and_then(|c| c.engine_version()).and_then(|v| v.effective_engine_version());
    if version.is_some_and(|version| !version.contains("version 3")) {
        let version = version.unwrap_or_default();
        let message = format!("the workgroup `{name}` runs `{version}`, expected `Athena engine version 3`");
        return Err(with_help(plain(ErrorKind::Statement, message), "change the workgroup's engine version"));
    }
    let managed = configuration.and_then(|c| c.managed_query_results_configuration()).is_some_and(|m| m.enabled());
    let location = configuration.and_then(|c| c.result_configuration()).and_then(|r| r.output_location());
    if link.config.output_location.is_none() && !managed && location.is_none_or(str::is_empty) {
        let message = format!("the workgroup `{name}` has no place for results");
        let help = "write `output_location = \"s3://bucket/results/\"` below `options` of the target, or set it in the \
                    workgroup";
        return Err(with_help(plain(ErrorKind::Statement, message), help));
    }
    Ok(())
}
