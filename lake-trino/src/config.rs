//! How a server is reached: the options of a target.

use std::collections::BTreeMap;
use std::fmt;

use lake_core::engine::EngineError;
use lake_sql::types::TypeRules;

use crate::error;

/// Names of the options of a target; session properties are `session.NAME` besides.
pub const OPTIONS: [&str; 6] = ["url", "catalog", "user", "password_env", "ca_file", "rules"];

/// What begins the option of a session property.
const SESSION: &str = "session.";

/// The variable that takes the place of the option `url`.
const URL_VARIABLE: &str = "LAKE_TRINO_URL";

/// How a server is reached.
#[derive(Clone)]
pub struct TrinoConfig {
    /// Where it is, such as `https://trino.example.com`.
    pub url: String,
    /// The catalog of all tables; an Iceberg one.
    pub catalog: String,
    /// Who asks.
    pub user: String,
    /// Their password.
    pub password: Option<String>,
    /// A file in PEM with the certificates to trust instead of the usual ones.
    pub ca_file: Option<String>,
    /// Properties of each session.
    pub session: BTreeMap<String, String>,
    /// Which rules for decimals and char the server was configured with.
    pub rules: TypeRules,
    /// Most statements at once.
    pub max_concurrency: usize,
}

impl fmt::Debug for TrinoConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrinoConfig")
            .field("url", &self.url)
            .field("catalog", &self.catalog)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

impl TrinoConfig {
    /// A server without credentials.
    pub fn new(url: &str, catalog: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            catalog: catalog.to_owned(),
            user: "lake".to_owned(),
            password: None,
            ca_file: None,
            session: BTreeMap::new(),
            rules: TypeRules::New,
            max_concurrency: 8,
        }
    }

    /// Reads the options of a target. `variable` gives the value of a variable of the environment.
    pub fn from_options(
        options: &BTreeMap<String, String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, EngineError> {
        let mut config = Self::new("", "iceberg");
        for (name, value) in options {
            match name.as_str() {
                "url" => config.url = value.trim_end_matches('/').to_owned(),
                "catalog" => config.catalog = value.clone(),
                "user" => config.user = value.clone(),
                "password_env" => {
                    let password = variable(value).filter(|password| !password.is_empty());
                    let missing = || error::wrong(format!("`password_env` names {value}, which is not set"));
                    config.password = Some(password.ok_or_else(missing)?);
                }
                "ca_file" => config.ca_file = Some(value.clone()),
                "rules" => config.rules = rules(value)?,
                other => match other.strip_prefix(SESSION) {
                    Some(property) => {
                        config.session.insert(property.to_owned(), value.clone());
                    }
                    None => return Err(unknown(other)),
                },
            }
        }
        if let Some(url) = variable(URL_VARIABLE).filter(|url| !url.is_empty()) {
            config.url = url.trim_end_matches('/').to_owned();
        }
        config.checked()
    }

    fn checked(self) -> Result<Self, EngineError> {
        let encrypted = self.url.starts_with("https://");
        if self.url.is_empty() {
            return Err(error::wrong("there is no `url`; write `url = \"http://127.0.0.1:8080\"`"));
        }
        if !encrypted && !self.url.starts_with("http://") {
            return Err(error::wrong(format!(
                "`url` is `{}`, expected it to begin with http:// or https://",
                self.url
            )));
        }
        for (name, value) in [("user", &self.user), ("catalog", &self.catalog)] {
            if value.is_empty() {
                return Err(error::wrong(format!("`{name}` is empty")));
            }
        }
        if self.password.is_some() && !encrypted {
            return Err(error::wrong(
                "`password_env` needs a `url` with https://, because a password is not sent in clear",
            ));
        }
        Ok(self)
    }
}

fn rules(value: &str) -> Result<TypeRules, EngineError> {
    match value {
        "new" => Ok(TypeRules::New),
        "old" => Ok(TypeRules::Old),
        other => Err(error::wrong(format!("`rules` is `{other}`, expected `new` or `old`"))),
    }
}

fn unknown(name: &str) -> EngineError {
    let close = |known: &&&str| strsim::damerau_levenshtein(known, name) <= 2;
    let known = || OPTIONS.map(|name| format!("`{name}`")).join(", ");
    error::wrong(match OPTIONS.iter().find(close) {
        Some(known) => format!("unknown option `{name}`; did you mean `{known}`?"),
        None => format!("unknown option `{name}` (known: {}, `{SESSION}…`)", known()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<TrinoConfig, String> {
        let options = options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let variable = |name: &str| (name == "SECRET").then(|| "tiger".to_owned());
        TrinoConfig::from_options(&options, variable).map_err(|error| error.message)
    }

    #[test]
    fn options_are_typed() {
        let all = [
            ("url", "https://trino.example.com/"),
            ("catalog", "lake"),
            ("user", "me"),
            ("password_env", "SECRET"),
            ("rules", "old"),
            ("session.query_max_run_time", "1h"),
        ];
        let config = read(&all).unwrap();
        assert_eq!((config.url.as_str(), config.rules), ("https://trino.example.com", TypeRules::Old));
        assert_eq!(config.session["query_max_run_time"], "1h");
        assert!(!format!("{config:?}").contains("tiger"));
        for (options, expected) in [
            (&[][..], "there is no `url`; write `url = \"http://127.0.0.1:8080\"`"),
            (&[("url", "localhost:8080")], "`url` is `localhost:8080`, expected it to begin with http:// or https://"),
            (&[("catlog", "x")], "unknown option `catlog`; did you mean `catalog`?"),
            (
                &[("zzz", "x")],
                "unknown option `zzz` (known: `url`, `catalog`, `user`, `password_env`, `ca_file`, `rules`, `session.…`)",
            ),
            (&[("url", "http://x"), ("user", "")], "`user` is empty"),
            (&[("rules", "newer")], "`rules` is `newer`, expected `new` or `old`"),
            (&[("password_env", "NOWHERE")], "`password_env` names NOWHERE, which is not set"),
            (
                &[("url", "http://x"), ("password_env", "SECRET")],
                "`password_env` needs a `url` with https://, because a password is not sent in clear",
            ),
        ] {
            assert_eq!(read(options).unwrap_err(), expected);
        }
    }
}
