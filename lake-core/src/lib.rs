//! Models, their graph, strategies, recorded plans and the runner.
//!
//! Planning and deciding are pure; only the dispatcher does I/O. No engine's SDK and no command line is in here.

pub mod model;
#[cfg(test)]
mod testing;

#[cfg(feature = "run")]
pub mod audit;
#[cfg(feature = "run")]
pub mod engine;
#[cfg(feature = "run")]
pub mod files;
#[cfg(feature = "run")]
pub mod graph;
#[cfg(feature = "run")]
pub mod journal;
#[cfg(feature = "run")]
pub mod nearest;
#[cfg(feature = "run")]
pub mod plan;
#[cfg(feature = "run")]
pub mod project;
#[cfg(feature = "run")]
pub mod run;
#[cfg(feature = "run")]
pub mod select;
#[cfg(feature = "run")]
pub mod strategy;
#[cfg(feature = "run")]
pub mod values;
