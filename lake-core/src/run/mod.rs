//! The dispatcher: it owns a run, asks the planner what to do, and is the only place that does I/O.
//!
//! ```text
//! let project = Project::load(models, sources, target)?;
//! let session = Session::open(project, engine)?;            // journal in the target's state folder
//! let chosen  = select(&session.project().graph, include, exclude)?;
//! session.plan(&chosen, &options)?      -> Vec<NodePlan>    // `lake plan`: reads, writes nothing
//! session.run(&chosen, &options, &cancel, &events)?  -> RunSummary
//! session.retry(&options, &cancel, &events)?         -> RunSummary   // what failed or was skipped the last time
//! session.last()?                       -> Option<RunSummary>
//! ```

pub mod cancel;
pub mod clock;
pub mod event;
pub mod summary;
