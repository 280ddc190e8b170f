//! Trino SQL: parsing, binding, analyses on the bound tree, findings, and rendering for a dialect.
//!
//! ```text
//! text --parse--> syntax --bind(relations, rules)--> bound query (typed, resolved, with spans) --> analyses, edits, plans
//!                                            \--> findings (all of them, each with a stable id)
//! ```
//!
//! Everything here is pure: no I/O, clock, randomness, environment, async or proc-macro types.

// What checks alone need not, lies idle in them.
#![cfg_attr(not(feature = "query"), allow(dead_code, unused_imports))]

#[cfg(feature = "query")]
pub mod analysis;
#[cfg(feature = "check")]
pub mod bind;
#[cfg(feature = "check")]
pub mod bound;
#[cfg(feature = "check")]
pub mod finding;
#[cfg(feature = "check")]
pub mod functions;
#[cfg(feature = "query")]
pub mod lint;
#[cfg(feature = "check")]
pub mod render;
#[cfg(feature = "check")]
pub mod span;
#[cfg(feature = "check")]
pub mod syntax;
pub mod types;
