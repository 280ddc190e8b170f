//! Placeholder doc.
use lake_sql::bound::BoundQuery;
use super::Columns;
use crate::error::Result;
pub(crate) fn remove(_: &mut BoundQuery, _: &mut Columns) -> Result<()> { Ok(()) }
