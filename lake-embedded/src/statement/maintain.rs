//! Procedures of tables.

use lake_iceberg::Table;
use lake_sql::syntax::tree;

use super::{Answer, Run};
use crate::error::{Fault, Result};

impl Run<'_> {
    /// ALTER TABLE .. EXECUTE.
    pub(super) async fn procedure(
        &self,
        _table: &Table,
        _name: &[String],
        procedure: &tree::Ident,
        _arguments: &[(Option<tree::Ident>, tree::Expr)],
    ) -> Result<Answer> {
        Err(Fault::unsupported(format!("table procedure {}", procedure.value)))
    }
}
