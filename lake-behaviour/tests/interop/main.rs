//! One table, two systems: Trino reads what the embedded engine has written, and the other way round.
#![allow(clippy::unwrap_used)]

mod ours;
mod shared;
mod theirs;
