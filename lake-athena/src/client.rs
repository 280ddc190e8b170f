//! The SDK's clients: credentials, region, endpoint, time limits, and no retries of their own.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::config::AthenaConfig;

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long to wait for an answer. No call waits for a statement, so all answers come soon.
const ANSWER: Duration = Duration::from_secs(60);

/// Clients that share connections and credentials.
pub(crate) struct Clients {
    pub athena: aws_sdk_athena::Client,
    pub glue: aws_sdk_glue::Client,
    pub sdk: SdkConfig,
}

/// Sets the clients up. Nothing is sent yet, unless a role is to be assumed.
pub(crate) async fn clients(config: &AthenaConfig) -> Clients {
    let plain = config.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    // A role is assumed and a profile may log in elsewhere than at this address.
    let http = match plain && config.role_arn.is_none() && config.profile.is_none() {
        true => Builder::new().build_http(),
        false => Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https(),
    };
    let limits = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ANSWER).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(limits);
    if let Some(region) = &config.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &config.profile {
        // Named here it is meant, whatever keys the environment has.
        let settings =
            ProviderConfig::default().with_behavior_version(Some(BehaviorVersion::latest())).with_http_client(http);
        let settings = match &config.region {
            Some(region) => settings.with_region(Some(Region::new(region.clone()))),
            None => settings.load_default_region().await,
        };
        let provider = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&settings).build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    if let Some(keys) = &config.keys {
        loader = loader.credentials_provider(Credentials::new(&keys.id, &keys.secret, None, None, "lakehouse"));
    }
    let sdk = assume(config, loader.load().await).await;
    // The endpoint is for these two alone: a role is assumed where it always is.
    let (mut athena, mut glue) =
        (aws_sdk_athena::config::Builder::from(&sdk), aws_sdk_glue::config::Builder::from(&sdk));
    if let Some(endpoint) = &config.endpoint {
        athena = athena.endpoint_url(endpoint);
        glue = glue.endpoint_url(endpoint);
    }
    let athena = aws_sdk_athena::Client::from_conf(athena.build());
    let glue = aws_sdk_glue::Client::from_conf(glue.build());
    Clients { athena, glue, sdk }
}

async fn assume(config: &AthenaConfig, sdk: SdkConfig) -> SdkConfig {
    let Some(role) = &config.role_arn else { return sdk };
    let mut provider = AssumeRoleProvider::builder(role).session_name("lakehouse").configure(&sdk);
    if let Some(id) = &config.external_id {
        provider = provider.external_id(id);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    sdk.into_builder().credentials_provider(provider).build()
}
