//! Strategies: from a model and facts to a plan. Pure.
//!
//! Every write has one shape: *stage* the final rows in a table of this run, *audit* them there, and let *one guarded
//! statement* bring them to readers, which reads only what was staged. A first run stages the whole table under a fresh
//! name and renames it, so that readers see nothing or all of it.

mod append;
mod bad_rows;
mod build;
mod copy;
mod error;
mod fingerprint;
mod history;
mod lints;
mod merge;
mod query;
pub(crate) mod sql;
mod stale;
mod table;
mod view;

use lake_sql::render::dialect::Dialect;

pub use bad_rows::{BAD_ROWS, bad_rows_relation, bad_rows_table, keeps_bad_rows};
pub use copy::{LANDED_BYTES, files_to_copy};
pub use error::PlanError;
pub use fingerprint::fingerprint;
pub use lints::lints;
pub use query::plain_sql;
pub(crate) use sql::{ddl_table, stored};

use crate::engine::Capabilities;
use crate::model::spec::{Kind, ModelSpec, Write};
use crate::plan::Plan;
use crate::plan::facts::Facts;
use crate::project::Project;
use build::Builder;

/// What planning knows of the place where a model runs.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Declarations and target.
    pub project: &'a Project,
    /// How SQL is written there.
    pub dialect: &'a Dialect,
    /// What the engine can do.
    pub capabilities: &'a Capabilities,
}

/// What is to be done with a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing; the text says why.
    Unchanged(String),
    /// This.
    Run(Box<Plan>),
}

/// Plans one model.
pub fn plan(context: &Context, model: &ModelSpec, facts: &Facts) -> Result<Decision, PlanError> {
    let fingerprint = fingerprint(model);
    stale::check(context, model, facts)?;
    let Some(reason) = stale::reason(model, facts, &fingerprint) else {
        return Ok(Decision::Unchanged(stale::unchanged(facts)));
    };
    let mut builder = Builder::new(context, model, facts, reason, fingerprint)?;
    builder.copy_files()?;
    builder.keep_bad_rows()?;
    let plan = match &model.kind {
        Kind::View => view::plan(builder)?,
        Kind::Table => table::plan(builder)?,
        Kind::Incremental(Write::Append) => append::plan(builder)?,
        Kind::Incremental(Write::Merge { key }) => merge::plan(builder, key)?,
        Kind::History(history) => history::plan(builder, history)?,
    };
    Ok(Decision::Run(Box::new(plan)))
}

/// The strategy's name.
pub fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::View => "view",
        Kind::Table => "table",
        Kind::Incremental(Write::Append) => "append",
        Kind::Incremental(Write::Merge { .. }) => "merge",
        Kind::History(_) => "history",
    }
}
