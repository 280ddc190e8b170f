//! A Trino server for tests, which all test binaries of a machine share.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// The URL of a server; None where none can be had, with words on standard error.
///
/// `LAKE_TRINO_URL` names one that runs already; else `dev/trino` finds or starts one, which ends by itself when it is
/// no longer used.
pub fn trino() -> Option<String> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    URL.get_or_init(|| std::env::var("LAKE_TRINO_URL").ok().or_else(start)).clone()
}

fn start() -> Option<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dev/trino");
    let output = Command::new("bash").arg(script).output();
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
