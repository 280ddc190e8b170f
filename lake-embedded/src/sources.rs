//! The files that a statement reads under a table's name.

use std::sync::Arc;

use datafusion::datasource::TableProvider;
use lake_core::engine::FileRelation;

use crate::error::Result;
use crate::files;
use crate::table::schema::Column;

/// A relation of files as a plan reads it, and its columns.
type Source = (Arc<dyn TableProvider>, Vec<Column>);

/// The file relations of one statement.
pub(crate) struct Files {
    relations: Vec<FileRelation>,
}

impl Files {
    pub fn new(relations: &[FileRelation]) -> Self {
        Self { relations: relations.to_vec() }
    }

    /// The relation of that name.
    pub fn find(&self, schema: &str, name: &str) -> Result<Option<Source>> {
        let named = |relation: &&FileRelation| {
            relation.name.schema.eq_ignore_ascii_case(schema) && relation.name.table.eq_ignore_ascii_case(name)
        };
        let Some(relation) = self.relations.iter().find(named) else { return Ok(None) };
        let columns = relation.row_columns().into_iter().map(|c| (c.name, c.ty, c.nullable)).collect();
        Ok(Some((files::table(relation)?, columns)))
    }
}
