//! What the names in braces mean to the binder.

use std::sync::Arc;

use lake_sql::bind::{self, Names, Reference, Relation, RelationColumn};

use crate::payload::{Column, HelperShape, Schema};

/// The references of one text. Templates of models know no other tables.
#[derive(Default)]
pub(crate) struct References(Vec<(String, Reference)>);

impl References {
    pub(crate) fn add(&mut self, name: impl Into<String>, reference: Reference) {
        self.0.push((name.into(), reference));
    }
}

impl Names for References {
    fn reference(&self, name: &str) -> Option<Reference> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, reference)| reference.clone())
    }

    fn reference_names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    fn table(&self, _: &[String]) -> Option<Arc<Relation>> {
        None
    }

    fn has_tables(&self) -> bool {
        false
    }
}

/// A schema as the binder reads it.
pub(crate) fn relation(schema: &Schema) -> Relation {
    let column = |column: &Column| RelationColumn {
        name: column.name.clone(),
        ty: column.ty.clone(),
        nullable: column.nullable,
        brand: column.brand.as_deref().map(Arc::from),
    };
    Relation {
        name: schema.name.clone(),
        columns: schema.columns.iter().map(column).collect(),
        complete: schema.complete,
    }
}

/// A helper as the binder reads it.
pub(crate) fn helper(shape: &HelperShape) -> bind::Helper {
    bind::Helper {
        name: shape.name.clone(),
        parameters: shape.parameters.clone(),
        result: shape.result.clone(),
        template: Arc::from(shape.template.as_str()),
    }
}
