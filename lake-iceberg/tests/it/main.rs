//! What a warehouse promises, from outside. One binary: each would link everything again.

#![allow(clippy::unwrap_used)]

#[cfg(feature = "s3")]
mod bucket;
mod catalog;
mod commits;
mod common;
mod concurrency;
mod conflicts;
mod crate_defects;
mod evolution;
mod objects;
mod properties;
mod pyiceberg;
