//! Warehouses in buckets of S3.

use crate::error::{Error, Result};
use crate::warehouse::Warehouse;

/// Opens the warehouse at `s3://bucket/folder`.
pub(crate) fn open(location: &str) -> Result<Warehouse> {
    let (bucket, folder) = parts(location)?;
    in_bucket(&bucket, &folder)
}

/// Bucket and folder of a location; the folder may be empty.
fn parts(location: &str) -> Result<(String, String)> {
    let Some(rest) = location.strip_prefix("s3://") else {
        return Err(Error::Invalid(format!("a warehouse is a folder or `s3://bucket/folder`, found `{location}`")));
    };
    let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
    match bucket.is_empty() {
        true => Err(Error::Invalid(format!("`{location}` names no bucket, write `s3://bucket/folder`"))),
        false => Ok((bucket.to_owned(), folder.trim_matches('/').to_owned())),
    }
}

#[cfg(not(feature = "s3"))]
fn in_bucket(bucket: &str, folder: &str) -> Result<Warehouse> {
    Err(Error::Invalid(format!(
        "the warehouse `s3://{bucket}/{folder}` needs the feature `s3`, without which this program was built: add it to \
         the features of `lakehouse` (or of `lake-embedded`)"
    )))
}

#[cfg(feature = "s3")]
fn in_bucket(bucket: &str, folder: &str) -> Result<Warehouse> {
    use std::sync::Arc;
    use std::time::Duration;

    use object_store::aws::AmazonS3Builder;
    use object_store::{ClientOptions, RetryConfig};

    let (base, location) = (format!("s3://{bucket}"), format!("s3://{bucket}/{folder}"));
    let retries = RetryConfig { max_retries: 5, retry_timeout: Duration::from_secs(60), ..RetryConfig::default() };
    let http = std::env::var("AWS_ALLOW_HTTP").is_ok_and(|allow| allow == "true" || allow == "1");
    let options = ClientOptions::new().with_connect_timeout(Duration::from_secs(5)).with_allow_http(http);
    let store = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_retry(retries)
        .with_client_options(options)
        .build()
        .map_err(|error| Error::Store { action: "open", location: location.clone(), source: error.into() })?;
    let warehouse = Warehouse::in_objects(Arc::new(store), &base, &location)?;
    warehouse.catalog().namespaces().map_err(|error| unreachable(&location, error))?;
    Ok(warehouse)
}

/// Adds to the first failure where entrance and address come from.
#[cfg(feature = "s3")]
fn unreachable(location: &str, error: Error) -> Error {
    let given = |name: &str| std::env::var_os(name).is_some();
    let help = if !given("AWS_ACCESS_KEY_ID") && !given("AWS_WEB_IDENTITY_TOKEN_FILE") && !given("AWS_PROFILE") {
        "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given"
    } else {
        "the environment says who enters and where: AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL"
    };
    Error::Invalid(format!("the warehouse `{location}` cannot be opened: {error} ({help})"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn locations() {
        let of = |location| parts(location).map_err(|error| error.to_string());
        assert_eq!(of("s3://lake/a/b/").unwrap(), ("lake".to_owned(), "a/b".to_owned()));
        assert_eq!(of("s3://lake").unwrap(), ("lake".to_owned(), String::new()));
        assert_eq!(of("s3:///a").unwrap_err(), "`s3:///a` names no bucket, write `s3://bucket/folder`");
        assert_eq!(of("gs://a").unwrap_err(), "a warehouse is a folder or `s3://bucket/folder`, found `gs://a`");
    }

    #[cfg(not(feature = "s3"))]
    #[test]
    fn a_program_without_the_feature_says_so() {
        let refused = Warehouse::open("s3://lake/a").unwrap_err().to_string();
        assert!(refused.contains("needs the feature `s3`"), "{refused}");
    }
}
