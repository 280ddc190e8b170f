//! Amazon Athena's and Glue's wire protocol on loopback. SQL is executed by the embedded engine, with the older type
//! rules and Athena's refusals, over Iceberg tables in a folder; `s3://` locations are names only.
//!
//! ```text
//! server ── HTTP, X-Amz-Target ──> athena / glue ──> executions ──> statement ──> lake-embedded
//!                                        └── faults: what a script lets happen
//! ```
//!
//! It is a tool for tests. Our own client is not in it, so that what it says is checked by others' clients too.
//!
//! Left out: S3 itself, named queries, prepared statements, parameters, OPTIMIZE and VACUUM (refused by name). Names
//! without a schema are looked up in `default`, whatever database a request names.

mod account;
mod athena;
mod executions;
mod failure;
mod faults;
mod glue;
mod server;
mod statement;
mod text;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

pub use executions::Counted;
pub use faults::{Each, Failing, Fault, Refusing, Rule, Script, Shown};
pub use server::{AthenaLocal, Handle};

/// What a server serves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port on loopback; 0 for any that is free.
    pub port: u16,
    /// Folder of the tables.
    pub warehouse: PathBuf,
    /// Threads that run statements.
    pub threads: usize,
    /// Memory of the statements, in bytes.
    pub memory_bytes: usize,
    /// Workgroups by name.
    pub workgroups: BTreeMap<String, Workgroup>,
    /// The only access key that is known; None takes any.
    pub access_key: Option<String>,
    /// The region that requests must be signed for; None takes any.
    pub region: Option<String>,
    /// Most statements that wait or run at once.
    pub quota: usize,
    /// What happens to calls.
    pub script: Script,
}

/// A workgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workgroup {
    /// Where results go, if it says.
    pub output_location: Option<String>,
    /// Whether statements are taken.
    pub enabled: bool,
}

impl Config {
    /// A server for one folder: the workgroup `primary`, any credentials, no faults.
    pub fn new(warehouse: impl Into<PathBuf>) -> Self {
        let primary = Workgroup { output_location: Some("s3://athena-local/results/".into()), enabled: true };
        Self {
            port: 0,
            warehouse: warehouse.into(),
            threads: 2,
            memory_bytes: 2 << 30,
            workgroups: BTreeMap::from([("primary".to_owned(), primary)]),
            access_key: None,
            region: None,
            quota: 200,
            script: Script::default(),
        }
    }
}

/// Why a server cannot be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(pub String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}
