//! Amazon's client for Python takes the server for Athena and Glue.
//!
//! Needs a Python with boto3, named by `LAKE_PYTHON`; without it the test says so and checks nothing.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use athena_local::{AthenaLocal, Config};

#[test]
fn boto3_starts_pages_and_is_refused() {
    let Some(python) = std::env::var_os("LAKE_PYTHON") else {
        println!("skipped: LAKE_PYTHON names no Python with boto3");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = AthenaLocal::start(Config::new(folder.path())).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/boto3_client.py");
    let output = Command::new(python).arg(script).arg(server.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    if printed.trim() == "missing" {
        println!("skipped: the Python of LAKE_PYTHON has no boto3");
        return;
    }
    insta::assert_snapshot!(printed);
}
