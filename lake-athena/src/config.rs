//! What a target of `lake.toml` says about Athena.

use std::time::Duration;

use lake_core::engine::{Effect, EngineError, ErrorKind, Price};
use lake_core::project::settings::Target;

/// Where to send statements, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct AthenaConfig {
    /// Prefix of the locations of new tables, `s3://bucket/path`.
    pub warehouse: String,
    /// Region; None for the environment's or the profile's.
    pub region: Option<String>,
    /// Profile of `~/.aws/config`; None for the usual chain of credentials.
    pub profile: Option<String>,
    /// Role to assume.
    pub role_arn: Option<String>,
    /// What the role's trust policy may ask for.
    pub external_id: Option<String>,
    /// Address of Athena and Glue, for private endpoints and servers that stand in for them.
    pub endpoint: Option<String>,
    /// Workgroup.
    pub workgroup: String,
    /// Where results go; None if the workgroup says.
    pub output_location: Option<String>,
    /// Data catalog.
    pub catalog: String,
    /// What reading costs; None if the report should not tell.
    pub price: Option<Price>,
    /// Most statements at once.
    pub max_concurrency: usize,
    /// First wait between two looks at running statements; later ones are longer.
    pub poll: Duration,
    /// Keys of an account, instead of the usual chain; what a server that stands in for Athena is given.
    pub keys: Option<Keys>,
}

/// An access key with its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Access key.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl std::fmt::Debug for Keys {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

const OPTIONS: [&str; 12] = [
    "region",
    "profile",
    "role_arn",
    "external_id",
    "endpoint",
    "workgroup",
    "output_location",
    "catalog",
    "price_per_tb",
    "least_megabytes",
    "max_concurrency",
    "poll_ms",
];

/// A statement is charged for 10 MB at least.
const LEAST_MEGABYTES: u64 = 10;

/// Statements at once of a target that does not say: what the service allows everywhere.
const MAX_CONCURRENCY: usize = 20;

const POLL: Duration = Duration::from_millis(100);

impl AthenaConfig {
    /// The usual settings, with tables below a location.
    pub fn new(warehouse: &str) -> Self {
        Self {
            warehouse: warehouse.into(),
            region: None,
            profile: None,
            role_arn: None,
            external_id: None,
            endpoint: None,
            workgroup: "primary".into(),
            output_location: None,
            catalog: "AwsDataCatalog".into(),
            price: None,
            max_concurrency: MAX_CONCURRENCY,
            poll: POLL,
            keys: None,
        }
    }

    /// Reads a target.
    ///
    /// # Errors
    /// The first option that is unknown or has a wrong value.
    pub fn of(target: &Target) -> Result<Self, EngineError> {
        let mut config = Self { warehouse: target.warehouse.clone(), ..Self::new("") };
        let (mut price, mut least) = (None, LEAST_MEGABYTES);
        for (name, value) in &target.options {
            let number = || value.parse::<u64>().ok().filter(|n| *n > 0);
            let text = Some(value.clone());
            match name.as_str() {
                "region" => config.region = text,
                "profile" => config.profile = text,
                "role_arn" if value.starts_with("arn:") => config.role_arn = text,
                "external_id" => config.external_id = text,
                "endpoint" if value.starts_with("http://") || value.starts_with("https://") => config.endpoint = text,
                "workgroup" if is_workgroup(value) => config.workgroup.clone_from(value),
                "output_location" if value.starts_with("s3://") => config.output_location = text,
                "catalog" => config.catalog.clone_from(value),
                "price_per_tb" => price = Some(micros(value).ok_or_else(|| wrong(target, name, value))?),
                "least_megabytes" => least = value.parse().map_err(|_| wrong(target, name, value))?,
                "max_concurrency" => {
                    config.max_concurrency = number().ok_or_else(|| wrong(target, name, value))? as usize;
                }
                "poll_ms" => {
                    config.poll = Duration::from_millis(number().ok_or_else(|| wrong(target, name, value))?);
                }
                _ => return Err(wrong(target, name, value)),
            }
        }
        config.price =
            price.map(|micros| Price { per_terabyte_micros: micros, least_bytes: least.saturating_mul(1_000_000) });
        config.checked(&target.name)
    }

    fn checked(self, target: &str) -> Result<Self, EngineError> {
        let bucket = self.warehouse.strip_prefix("s3://").unwrap_or_default();
        if bucket.trim_matches('/').is_empty() {
            let found = &self.warehouse;
            return Err(refused(
                format!("`warehouse` is `{found}`, expected a location for tables such as `s3://bucket/lake`"),
                format!("write `warehouse = \"s3://your-bucket/lake\"` below `[targets.{target}]`"),
            ));
        }
        if self.external_id.is_some() && self.role_arn.is_none() {
            return Err(refused(
                format!("`targets.{target}.options` has an `external_id` and no `role_arn`"),
                "add the role that asks for it, or leave the external id out".into(),
            ));
        }
        Ok(self)
    }
}

/// Letters, digits, `.`, `_` and `-`, at most 128.
fn is_workgroup(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=128).contains(&name.len()) && name.chars().all(fits)
}

/// A price such as `5` or `6.25` in millionths.
fn micros(value: &str) -> Option<u64> {
    let price: f64 = value.parse().ok()?;
    (price.is_finite() && (0.0..1e9).contains(&price)).then(|| (price * 1e6).round() as u64)
}

fn wrong(target: &Target, name: &str, value: &str) -> EngineError {
    let place = format!("`targets.{}.options`", target.name);
    let expected = match name {
        "role_arn" => "a role such as `arn:aws:iam::123456789012:role/etl`",
        "endpoint" => "an address such as `https://…`",
        "workgroup" => "letters, digits, `.`, `_` and `-`, at most 128",
        "output_location" => "a location such as `s3://bucket/results/`",
        "price_per_tb" => "an amount such as `5`",
        "least_megabytes" | "max_concurrency" | "poll_ms" => "a number from 1",
        _ => {
            let known: Vec<String> = OPTIONS.iter().map(|option| format!("`{option}`")).collect();
            let help = match nearest(name) {
                Some(option) => format!("did you mean `{option}`?"),
                None => format!("known are {}", known.join(", ")),
            };
            return refused(format!("{place}: unknown option `{name}`"), help);
        }
    };
    refused(format!("{place}: `{name}` is `{value}`, expected {expected}"), "mend it in lake.toml".into())
}

fn nearest(name: &str) -> Option<&'static str> {
    let score = |option: &&str| strsim::jaro_winkler(name, option);
    OPTIONS.into_iter().filter(|option| score(option) >= 0.8).max_by(|a, b| score(a).total_cmp(&score(b)))
}

/// A setting that cannot be used.
fn refused(message: String, help: String) -> EngineError {
    EngineError { kind: ErrorKind::Statement, effect: Effect::None, message, query: None, help: Some(help) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn target(warehouse: &str, options: &[(&str, &str)]) -> Target {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Target { warehouse: warehouse.into(), options, ..Target::named("prod") }
    }

    #[test]
    fn all_options_are_read() {
        let options = [
            ("region", "eu-west-1"),
            ("profile", "etl"),
            ("role_arn", "arn:aws:iam::123456789012:role/etl"),
            ("external_id", "x"),
            ("workgroup", "team.etl"),
            ("output_location", "s3://bucket/results/"),
            ("price_per_tb", "6.25"),
            ("max_concurrency", "7"),
            ("poll_ms", "250"),
        ];
        let config = AthenaConfig::of(&target("s3://bucket/lake", &options)).unwrap();
        assert_eq!(config.price, Some(Price { per_terabyte_micros: 6_250_000, least_bytes: 10_000_000 }));
        assert_eq!((config.region.as_deref(), config.workgroup.as_str()), (Some("eu-west-1"), "team.etl"));
        assert_eq!((config.max_concurrency, config.poll), (7, Duration::from_millis(250)));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_write() {
        type Options<'a> = &'a [(&'a str, &'a str)];
        let cases: [(&str, Options<'_>, &str, &str); 6] = [
            (
                "warehouse",
                &[],
                "`warehouse` is `warehouse`, expected a location for tables such as `s3://bucket/lake`",
                "write `warehouse = \"s3://your-bucket/lake\"` below `[targets.prod]`",
            ),
            (
                "s3://b",
                &[("work_group", "x")],
                "`targets.prod.options`: unknown option `work_group`",
                "did you mean `workgroup`?",
            ),
            (
                "s3://b",
                &[("workgroup", "a b")],
                "`targets.prod.options`: `workgroup` is `a b`, expected letters, digits, `.`, `_` and `-`, at most 128",
                "mend it in lake.toml",
            ),
            (
                "s3://b",
                &[("price_per_tb", "five")],
                "`targets.prod.options`: `price_per_tb` is `five`, expected an amount such as `5`",
                "mend it in lake.toml",
            ),
            (
                "s3://b",
                &[("output_location", "results")],
                "`targets.prod.options`: `output_location` is `results`, expected a location such as \
                 `s3://bucket/results/`",
                "mend it in lake.toml",
            ),
            (
                "s3://b",
                &[("external_id", "x")],
                "`targets.prod.options` has an `external_id` and no `role_arn`",
                "add the role that asks for it, or leave the external id out",
            ),
        ];
        for (warehouse, options, message, help) in cases {
            let error = AthenaConfig::of(&target(warehouse, options)).unwrap_err();
            assert_eq!((error.message.as_str(), error.help.as_deref()), (message, Some(help)));
        }
    }
}
