//! A warehouse in a bucket, over S3's protocol: a server on loopback, by `moto`, keeps the bucket.
//!
//! Needs a Python with moto, named by `LAKE_PYTHON`; without it these tests say so and check nothing.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use lake_iceberg::*;

use crate::common::*;
use crate::objects::{a_table_lives, names_are_kept, renames_meet, writers_meet};

/// Serves until its input ends. One request at a time: the server looks and writes in two steps.
const SERVER: &str = r#"
import sys, threading
import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
inner, lock = DomainDispatcherApplication(create_backend_app), threading.Lock()
def serve(environ, start):
    with lock:
        return [b"".join(inner(environ, start))]
server = make_server("127.0.0.1", 0, serve, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{server.server_port}", region_name="us-east-1",
                      aws_access_key_id="test", aws_secret_access_key="test")
client.create_bucket(Bucket="lake")
print(server.server_port, flush=True)
sys.stdin.read()
"#;

/// Prints how many rows a table in the bucket has, and the sum of their ids.
const COUNT: &str = r#"
import os, sys
import pyarrow.compute as pc
from pyiceberg.table import StaticTable
properties = {"s3.endpoint": os.environ["AWS_ENDPOINT_URL"], "s3.access-key-id": "test",
              "s3.secret-access-key": "test", "s3.region": "us-east-1"}
rows = StaticTable.from_metadata(sys.argv[1], properties).scan().to_arrow()
print(rows.num_rows, pc.sum(rows["id"]).as_py())
"#;

/// Says that a process is to use the bucket.
const INSIDE: &str = "LAKE_TEST_INSIDE_BUCKET";

struct Server {
    process: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn server() -> Option<Server> {
    let Some(python) = std::env::var_os("LAKE_PYTHON") else {
        println!("skipped: LAKE_PYTHON names no Python with moto");
        return None;
    };
    let mut command = Command::new(python);
    command.args(["-c", SERVER]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut port = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
    match port.trim() {
        "" => {
            println!("skipped: the Python of LAKE_PYTHON has no moto");
            None
        }
        port => Some(Server { process, url: format!("http://127.0.0.1:{port}") }),
    }
}

/// Runs a test of this file in a process whose environment is set.
fn inside(test: &str, variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&format!("bucket::{test}"), "--exact", "--nocapture"]).env(INSIDE, "1");
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
}

const KEYS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ALLOW_HTTP", "true"),
];

#[test]
fn a_bucket_holds_a_warehouse() {
    let Some(server) = server() else { return };
    inside("works_in_the_bucket", &[&KEYS[..], &[("AWS_ENDPOINT_URL", &server.url)]].concat());
    inside("is_refused_by_the_bucket", &[&KEYS[..], &[("AWS_ENDPOINT_URL", &server.url)]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn works_in_the_bucket() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let open = || Warehouse::open("s3://lake/some/house").unwrap();
    let (one, other) = (open(), open());
    one.catalog().make_namespace("s").unwrap();
    a_table_lives(&one).await;
    names_are_kept(&one, &other).await;
    writers_meet(&one, &other, 5).await;
    renames_meet(&one, &other).await;
    let table = other.table("s", "t").await.unwrap();
    let theirs = crate::pyiceberg::python(COUNT, table.metadata_location()).unwrap();
    let ours = ids(&table).await;
    assert_eq!(theirs.trim(), format!("{} {}", ours.len(), ours.iter().sum::<i64>()));
}

#[tokio::test(flavor = "multi_thread")]
async fn is_refused_by_the_bucket() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let refused = Warehouse::open("s3://nowhere/house").unwrap_err().to_string();
    assert!(refused.starts_with("the warehouse `s3://nowhere/house` cannot be opened: "), "{refused}");
    assert!(refused.contains("NoSuchBucket"), "{refused}");
}

#[test]
fn without_credentials_nobody_enters() {
    // The address where a machine's role would be asked for, with nobody there.
    inside("says_that_credentials_are_missing", &[("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")]);
}

#[test]
fn says_that_credentials_are_missing() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let refused = Warehouse::open("s3://lake/house").unwrap_err().to_string();
    assert!(refused.contains("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{refused}");
}
