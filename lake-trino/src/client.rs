//! Requests to the server.

use std::fmt::Write;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lake_core::engine::{EngineError, ErrorKind};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use crate::config::TrinoConfig;
use crate::error;
use crate::page::{Columns, Page};

/// Longest wait for one answer. The server itself answers within a second or so.
const ANSWER: Duration = Duration::from_secs(60);

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Most bytes of one answer; the server sends about a megabyte at once.
const ANSWER_BYTES: u64 = 256 << 20;

/// Requests in a row that may fail before the server counts as away.
const TRIES: u32 = 8;

/// The same for a server that nothing is known of: it may well be the wrong address.
const INFO_TRIES: u32 = 4;

/// Longest wait before a request is repeated.
const WAIT: Duration = Duration::from_secs(2);

/// Where requests go and what all of them carry.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    url: String,
    headers: Vec<(&'static str, String)>,
    user: String,
    /// Whether one is sent.
    password: bool,
}

/// Why a request has failed.
pub(crate) enum Lost {
    /// It may be repeated: the server could not be reached, or is too busy.
    Passing(String),
    /// The server does not know what is asked for.
    Gone(String),
    /// It refuses.
    Refused(EngineError),
}

impl Client {
    pub fn new(config: &TrinoConfig) -> Result<Self, EngineError> {
        let mut agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_per_call(Some(ANSWER))
            .user_agent("lake");
        if let Some(file) = &config.ca_file {
            agent = agent.tls_config(TlsConfig::builder().root_certs(certificates(file)?).build());
        }
        if is_loopback(&config.url) {
            agent = agent.proxy(None);
        }
        let mut headers = vec![
            ("X-Trino-User", config.user.clone()),
            ("X-Trino-Catalog", config.catalog.clone()),
            ("X-Trino-Time-Zone", "UTC".to_owned()),
            // Without it every timestamp is reported without its precision.
            ("X-Trino-Client-Capabilities", "PARAMETRIC_DATETIME".to_owned()),
        ];
        for (name, value) in &config.session {
            headers.push(("X-Trino-Session", format!("{name}={}", encoded(value))));
        }
        if let Some(password) = &config.password {
            let both = STANDARD.encode(format!("{}:{password}", config.user));
            headers.push(("Authorization", format!("Basic {both}")));
        }
        let password = config.password.is_some();
        Ok(Self { agent: agent.build().into(), url: config.url.clone(), headers, user: config.user.clone(), password })
    }

    /// Posts a statement. It does not run before its first page is asked for, so that a post may be repeated.
    pub fn post(&self, sql: &str, source: &str) -> Result<Page, EngineError> {
        repeat(
            |tries| tries < TRIES,
            || {
                let mut request =
                    self.agent.post(format!("{}/v1/statement", self.url)).header("X-Trino-Source", source);
                for (name, value) in &self.headers {
                    request = request.header(*name, value);
                }
                self.page(request.send(sql), None)
            },
        )
        .map_err(|lost| self.unsent(lost))
    }

    /// The next page. Requests are repeated while the server does not answer and `wanted` says so of the time that this
    /// has taken.
    pub fn page_of(
        &self,
        uri: &str,
        columns: Option<&Columns>,
        wanted: impl Fn(Duration) -> bool,
    ) -> Result<Page, EngineError> {
        if self.password && !uri.starts_with("https://") {
            return Err(in_clear(uri));
        }
        let began = Instant::now();
        repeat(
            |_| wanted(began.elapsed()),
            || {
                let mut request = self.agent.get(uri);
                for (name, value) in &self.headers {
                    request = request.header(*name, value);
                }
                self.page(request.call(), columns)
            },
        )
        .map_err(|lost| match lost {
            Lost::Passing(why) => error::unsure(format!("the server at {} was lost: {why}", self.url)),
            Lost::Gone(why) => error::unsure(format!("the server does not know the statement any more: {why}")),
            Lost::Refused(error) => error,
        })
    }

    /// Asks the server to stop a statement.
    pub fn delete(&self, uri: &str) -> Result<(), EngineError> {
        let mut request = self.agent.delete(uri);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        match request.call() {
            Ok(_) => Ok(()),
            Err(error) => Err(self.unsent(Lost::Passing(error.to_string()))),
        }
    }

    /// What the server says of itself, without credentials.
    pub fn info(&self) -> Result<String, EngineError> {
        let ask = || {
            let answer = self.agent.get(format!("{}/v1/info", self.url)).call();
            let mut answer = answer.map_err(|error| match error.to_string() {
                why if why.contains("certificate") => Lost::Refused(self.distrusted(&why)),
                why => Lost::Passing(why),
            })?;
            let status = answer.status().as_u16();
            let text = answer.body_mut().read_to_string().map_err(|error| Lost::Passing(error.to_string()))?;
            if status == 200 { Ok(text) } else { Err(Lost::Passing(format!("it answers with status {status}"))) }
        };
        repeat(|tries| tries < INFO_TRIES, ask).map_err(|lost| self.unsent(lost))
    }

    /// The server does not know who asks.
    fn stranger(&self) -> EngineError {
        let (message, help) = match self.password {
            true => (
                format!("the server at {} refuses the user `{}` with this password", self.url, self.user),
                "look at `user`, and at the variable that `password_env` names",
            ),
            false => (
                format!("the server at {} wants a password of the user `{}`", self.url, self.user),
                "set `password_env` to the name of the variable that holds the password",
            ),
        };
        EngineError { help: Some(help.into()), ..error::plain(ErrorKind::Denied, message) }
    }

    /// We do not know who answers.
    fn distrusted(&self, why: &str) -> EngineError {
        let message = format!("the server at {} shows a certificate that is not trusted: {why}", self.url);
        EngineError {
            help: Some("set `ca_file` to a file in PEM with the certificate of the server's authority".into()),
            ..error::plain(ErrorKind::Denied, message)
        }
    }

    /// Nothing has run.
    fn unsent(&self, lost: Lost) -> EngineError {
        match lost {
            Lost::Refused(error) => error,
            Lost::Passing(why) | Lost::Gone(why) => EngineError {
                help: Some(self.way(&why).into()),
                ..error::plain(ErrorKind::Unavailable, format!("the server at {} cannot be reached: {why}", self.url))
            },
        }
    }

    /// How the server may be reached, if this was not the way.
    fn way(&self, why: &str) -> &'static str {
        match self.url.starts_with("https://") {
            true if why.contains("corrupt message") => "if the server does not speak TLS, write http:// in `url`",
            false if why.contains("http parse fail") => "if the server wants TLS, write https:// in `url`",
            _ => "start the server, or set `url` in the target's options",
        }
    }

    fn page(
        &self,
        answer: Result<ureq::http::Response<Body>, ureq::Error>,
        columns: Option<&Columns>,
    ) -> Result<Page, Lost> {
        let mut answer = answer.map_err(|error| Lost::Passing(error.to_string()))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_string();
        let text = text.map_err(|error| Lost::Passing(error.to_string()))?;
        let words = || text.lines().next().unwrap_or_default().chars().take(200).collect::<String>();
        match status {
            200 => Page::read(&text, columns).map_err(Lost::Refused),
            401 => Err(Lost::Refused(self.stranger())),
            403 => Err(Lost::Refused(error::plain(ErrorKind::Denied, format!("the server refuses: {}", words())))),
            404 | 410 => Err(Lost::Gone(words())),
            429 | 502 | 503 | 504 => Err(Lost::Passing(format!("it answers with status {status}"))),
            _ => Err(Lost::Refused(error::plain(
                ErrorKind::Unavailable,
                format!("the server at {} answers with status {status}: {}", self.url, words()),
            ))),
        }
    }
}

/// A server behind a proxy may not know that it is reached with TLS.
fn in_clear(uri: &str) -> EngineError {
    let message = format!("the server wants the password at {uri}, and a password is not sent in clear");
    EngineError {
        help: Some("configure the server with `http-server.process-forwarded=true`".into()),
        ..error::plain(ErrorKind::Denied, message)
    }
}

/// Repeats a request, with longer and longer waits, while `again` says so of the number of tries.
fn repeat<T>(again: impl Fn(u32) -> bool, mut ask: impl FnMut() -> Result<T, Lost>) -> Result<T, Lost> {
    let (mut wait, mut tries) = (Duration::from_millis(50), 1);
    loop {
        match ask() {
            Err(Lost::Passing(why)) if again(tries) => {
                tracing::debug!(why, "a request is repeated");
                std::thread::sleep(wait);
                wait = (wait * 2).min(WAIT);
                tries += 1;
            }
            answer => return answer,
        }
    }
}

fn certificates(file: &str) -> Result<RootCerts, EngineError> {
    let wrong = |why: String| error::wrong(format!("`ca_file` is `{file}`, which cannot be read: {why}"));
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let mut found: Vec<Certificate<'static>> = vec![];
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(error.to_string()))? {
            found.push(certificate);
        }
    }
    match found.is_empty() {
        true => Err(wrong("there is no certificate in it".into())),
        false => Ok(RootCerts::from(found)),
    }
}

fn is_loopback(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or_default();
    ["127.", "localhost", "[::1]"].iter().any(|start| host.starts_with(start))
}

/// A value of a header that is a list, as URLs spell it.
fn encoded(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            other => write!(out, "%{other:02X}").expect("writing to a string cannot fail"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_password_never_leaves_in_clear() {
        let config =
            TrinoConfig { password: Some("tiger".into()), ..TrinoConfig::new("https://localhost:1", "iceberg") };
        let client = Client::new(&config).unwrap();
        let refused = client.page_of("http://localhost:1/v1/statement/queued/q/1", None, |_| false).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Denied);
        assert_eq!(
            refused.message,
            "the server wants the password at http://localhost:1/v1/statement/queued/q/1, and a password is not sent in clear"
        );
    }

    #[test]
    fn a_request_is_repeated_only_where_that_can_help() {
        let count = |lost: fn() -> Lost| {
            let mut tries = 0;
            let ask = || {
                tries += 1;
                Err::<(), _>(lost())
            };
            assert!(repeat(|tries| tries < 3, ask).is_err());
            tries
        };
        assert_eq!(count(|| Lost::Passing("it is busy".into())), 3);
        assert_eq!(count(|| Lost::Gone("it is unknown".into())), 1);
    }
}
