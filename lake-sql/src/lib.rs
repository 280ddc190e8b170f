//! Trino SQL: parsing, binding, analyses on the bound tree, findings, and rendering for a dialect.
//!
//! ```text
//! text --parse--> syntax --bind(relations, rules)--> bound query (typed, resolved, with spans) --> analyses, edits, plans
//!                                            \--> findings (all of them, each with a stable id)
//! ```
//!
//! Everything here is pure: no I/O, clock, randomness, environment, async or proc-macro types.

pub mod analysis;
pub mod bind;
pub mod bound;
pub mod finding;
pub mod functions;
pub mod lint;
pub mod render;
pub mod span;
pub mod syntax;
pub mod types;
