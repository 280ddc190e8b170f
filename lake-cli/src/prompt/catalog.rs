//! The names that completion knows of an engine: looked up when first wanted, forgotten after each statement.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lake_core::engine::{Engine, PhysicalName, Submission, execute};
use serde_json::Value;

use crate::query::values;

/// Names of an engine's catalog, each in order. What cannot be looked up has none.
pub trait Catalog {
    /// The schemas.
    fn schemas(&self) -> Vec<String>;

    /// Tables and views of a schema.
    fn tables(&self, schema: &str) -> Vec<String>;

    /// The columns of a table or view.
    fn columns(&self, schema: &str, table: &str) -> Vec<String>;
}

/// The catalog of an engine.
pub struct EngineCatalog<'a> {
    engine: &'a dyn Engine,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    schemas: Option<Vec<String>>,
    tables: BTreeMap<String, Vec<String>>,
    columns: BTreeMap<PhysicalName, Vec<String>>,
}

impl<'a> EngineCatalog<'a> {
    /// Looks nothing up yet.
    pub fn new(engine: &'a dyn Engine) -> Self {
        Self { engine, known: RefCell::default() }
    }

    /// Forgets all: a statement may have changed it.
    pub fn forget(&self) {
        self.known.replace(Known::default());
    }

    fn find_schemas(&self) -> Vec<String> {
        let Ok(Some((_, rows))) = execute(self.engine, &Submission::once("show schemas"), || false) else {
            return vec![];
        };
        let first = |row: Result<Vec<Value>, _>| values::text(row.ok()?.into_iter().next()?);
        values::rows(&rows).filter_map(first).collect()
    }
}

impl Catalog for EngineCatalog<'_> {
    fn schemas(&self) -> Vec<String> {
        if let Some(known) = &self.known.borrow().schemas {
            return known.clone();
        }
        let found = self.find_schemas();
        self.known.borrow_mut().schemas = Some(found.clone());
        found
    }

    fn tables(&self, schema: &str) -> Vec<String> {
        if let Some(known) = self.known.borrow().tables.get(schema) {
            return known.clone();
        }
        let found = self.engine.list(schema).unwrap_or_default();
        let found: Vec<String> = found.into_iter().map(|name| name.table).collect();
        self.known.borrow_mut().tables.insert(schema.to_owned(), found.clone());
        found
    }

    fn columns(&self, schema: &str, table: &str) -> Vec<String> {
        let name = PhysicalName { schema: schema.to_owned(), table: table.to_owned() };
        if let Some(known) = self.known.borrow().columns.get(&name) {
            return known.clone();
        }
        let found = self.engine.describe(std::slice::from_ref(&name)).unwrap_or_default().pop().flatten();
        let found: Vec<String> = found.into_iter().flat_map(|found| found.columns).map(|(column, ..)| column).collect();
        self.known.borrow_mut().columns.insert(name, found.clone());
        found
    }
}
