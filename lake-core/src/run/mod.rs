//! The dispatcher: it owns a run, asks the planner what to do, and is the only place that does I/O.
//!
//! ```text
//! let project = Project::load(models, sources, target)?;
//! let session = Session::open(project, engine)?;            // journal in the target's state folder
//! let chosen  = select(&session.project().graph, include, exclude)?;
//! session.plan(&chosen, &options)                    -> Vec<NodePlan>    // reads, writes nothing
//! session.run(&chosen, &options, &cancel, &events)?  -> RunSummary
//! session.retry(&options, &cancel, &events)?         -> Option<RunSummary>   // what did not end well the last time
//! session.last()?                                    -> Option<RunSummary>
//! ```

pub mod cancel;
pub mod clock;
mod dispatch;
pub mod error;
pub mod event;
mod execute;
mod gather;
pub mod landing;
mod node;
mod rows;
pub mod session;
pub mod summary;
#[cfg(test)]
mod tests;
