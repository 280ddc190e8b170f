//! The files that a statement reads under a table's name.

use std::path::Path;
use std::sync::Arc;

use datafusion::datasource::TableProvider;
use lake_core::engine::FileRelation;

use crate::error::{Fault, Result};
use crate::table::schema::Column;

/// The file relations of one statement.
pub(crate) struct Files {
    relations: Vec<FileRelation>,
}

impl Files {
    /// Relations whose paths are below the landing folder.
    pub fn new(_landing: &Path, relations: &[FileRelation]) -> Result<Self> {
        Ok(Self { relations: relations.to_vec() })
    }

    /// The relation of that name.
    pub fn find(&self, schema: &str, name: &str) -> Result<Option<(Arc<dyn TableProvider>, Vec<Column>)>> {
        let named = |relation: &&FileRelation| {
            relation.name.schema.eq_ignore_ascii_case(schema) && relation.name.table.eq_ignore_ascii_case(name)
        };
        match self.relations.iter().find(named) {
            None => Ok(None),
            Some(_) => Err(Fault::unsupported("reading source files")),
        }
    }
}
