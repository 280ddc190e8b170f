//! Amazon Athena (engine version 3, Iceberg tables in Glue) as an engine.
//!
//! ```text
//! submit ── StartQueryExecution, with the token        results ── GetQueryResults: pages of text → typed rows
//! poll   ── BatchGetQueryExecution, one loop for all   catalog ── Glue: GetTables, views, Hive's type names
//! ```
//!
//! It sends what it is given and tells what became of it. What is retried, and what a plan does about a failure, is the
//! dispatcher's: the SDK's own retries are off.

mod catalog;
mod client;
mod config;
mod engine;
mod error;
mod execution;
mod hive;
mod poll;
mod preflight;
mod probe;
mod results;
mod submit;
mod view;

pub use config::{AthenaConfig, Keys};
pub use engine::Athena;
