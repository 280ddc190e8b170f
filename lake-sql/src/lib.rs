//! Trino SQL: parsing, binding, analyses on the bound tree, findings, and rendering for a dialect.
//!
//! ```text
//! text --parse--> syntax --bind(relations, rules)--> bound query (typed, resolved, with spans) --> analyses, edits, plans
//!                                            \--> findings (all of them, each with a stable id)
//! ```
//!
//! Everything here is pure: no I/O, clock, randomness, environment, async or proc-macro types.

#[cfg(feature = "query")]
pub mod analysis;
#[cfg(feature = "query")]
pub mod bind;
#[cfg(feature = "query")]
pub mod bound;
#[cfg(feature = "query")]
pub mod finding;
#[cfg(feature = "query")]
pub mod functions;
#[cfg(feature = "query")]
pub mod lint;
#[cfg(feature = "query")]
pub mod render;
#[cfg(feature = "query")]
pub mod span;
#[cfg(feature = "query")]
pub mod syntax;
pub mod types;
