//! A Trino server for tests, which all test binaries of a machine share.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The URL of a server; None where none can be had, with words on standard error.
///
/// `LAKE_TRINO_URL` names one that runs already; else `dev/trino` finds or starts one, which ends by itself when it is
/// no longer used.
pub fn trino() -> Option<String> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    URL.get_or_init(|| std::env::var("LAKE_TRINO_URL").ok().or_else(|| start(&[]))).clone()
}

/// The folder of that server's tables, in which a file has one path for the server and for others; None where there is
/// none, with words on standard error.
///
/// `LAKE_TRINO_FOLDER` names the one of `LAKE_TRINO_URL`.
pub fn folder() -> Option<PathBuf> {
    trino()?;
    if let Some(folder) = std::env::var_os("LAKE_TRINO_FOLDER") {
        return Some(folder.into());
    }
    if std::env::var_os("LAKE_TRINO_URL").is_some() {
        eprintln!("skipped: LAKE_TRINO_FOLDER names no folder of the server at LAKE_TRINO_URL");
        return None;
    }
    let output = script(&[]).arg("folder").output().expect("it has run before");
    Some(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// A server with TLS, passwords and the older rules. It ends with this value.
pub struct Secured {
    /// Where it is.
    pub url: String,
    /// The file with its certificate.
    pub ca_file: String,
}

const SECURED: [(&str, &str); 2] = [("TRINO_RULES", "old"), ("TRINO_TLS", "1")];

/// The password of its users, `writer` and `reader`.
pub const PASSWORD: &str = "open sesame";

impl Secured {
    /// Starts it; None where it cannot be had, with words on standard error.
    pub fn start() -> Option<Self> {
        let output = start(&SECURED)?;
        let (url, ca_file) = output.split_once('\n').expect("dev/trino prints two lines");
        Some(Self { url: url.to_owned(), ca_file: ca_file.to_owned() })
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        let _ = script(&SECURED).arg("stop").output();
    }
}

fn script(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new("bash");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../dev/trino")).envs(variables.iter().copied());
    command
}

fn start(variables: &[(&str, &str)]) -> Option<String> {
    let output = script(variables).output();
    let output = output.map_err(|error| eprintln!("skipped: dev/trino cannot be run: {error}")).ok()?;
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match output.status.code() {
        Some(0) => Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Some(3) => {
            eprintln!("skipped: no Trino server can be started: {words}");
            None
        }
        code => panic!("dev/trino failed with {code:?}: {words}"),
    }
}
