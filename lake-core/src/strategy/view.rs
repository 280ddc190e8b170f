//! View: nothing is stored; readers compute the query.

use super::build::{Builder, ReleaseOf};
use super::{PlanError, sql};
use crate::plan::Plan;

pub(super) fn plan(mut builder: Builder) -> Result<Plan, PlanError> {
    let query = sql::typed(&builder.query()?, builder.model.columns.iter().map(|c| (&*c.name, &c.ty)));
    builder.repoint(&query)?;
    builder.release();
    builder.finish(ReleaseOf::default())
}
