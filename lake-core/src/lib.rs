//! Models, their graph, strategies, recorded plans and the runner.
//!
//! Planning and deciding are pure; only the dispatcher does I/O. No engine's SDK and no command line is in here.

pub mod model;

#[cfg(feature = "run")]
pub mod engine;
