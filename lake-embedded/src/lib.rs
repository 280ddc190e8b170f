//! The embedded engine: Trino SQL on DataFusion over Iceberg tables.
//!
//! ```text
//! text --lake_sql--> bound tree --rewrite--> without subqueries, CTEs, views --lower--> DataFusion's plan --> rows
//!                                                                       └ eval: expressions with Trino's meaning
//! ```
//!
//! DataFusion's SQL front end is not compiled and its analyzer is off; nothing of it is visible outside. What the
//! engine cannot do exactly as Trino does is refused by name before anything runs.

mod aggregates;
mod cancel;
mod engine;
mod error;
mod eval;
mod files;
mod functions;
mod lower;
mod names;
mod rewrite;
mod runtime;
mod sketch;
mod slices;
mod sources;
mod statement;
mod table;
mod types;

pub use engine::{Embedded, EmbeddedConfig};
