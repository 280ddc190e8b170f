//! The embedded engine: Trino SQL on DataFusion over Iceberg tables.

mod aggregates;
mod error;
mod eval;
mod functions;
mod lower;
mod rewrite;
mod types;
