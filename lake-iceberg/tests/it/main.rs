//! What a warehouse promises, from outside. One binary: each would link everything again.

#![allow(clippy::unwrap_used)]

mod catalog;
mod commits;
mod common;
mod concurrency;
mod conflicts;
mod crate_defects;
mod evolution;
mod properties;
mod pyiceberg;
