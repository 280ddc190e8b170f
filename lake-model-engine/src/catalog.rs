//! The catalog: schemas with tables and views, and what statements change in it.
//!
//! A statement is computed against the catalog as it was when the statement began, and gives a [`Change`]. Applying it
//! follows Iceberg's rules: an append never conflicts, anything else does if the table has moved in between.

use std::collections::{BTreeMap, BTreeSet};

use lake_core::engine::PhysicalName;
use lake_sql::types::Type;

use crate::error::{Result, conflict, statement};
use crate::relation::Row;
use crate::table::Table;

/// What stands at a name.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A table.
    Table(Table),
    /// A view.
    View(View),
}

/// A stored query.
#[derive(Clone, Debug)]
pub struct View {
    /// Its text.
    pub sql: String,
    /// Its columns when it was made.
    pub columns: Vec<(String, Type, bool)>,
}

/// Schemas, tables and views.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    schemas: BTreeSet<String>,
    entries: BTreeMap<PhysicalName, Entry>,
    next_id: u64,
}

/// What a statement does once it commits.
#[derive(Debug)]
pub enum Change {
    /// Nothing.
    None,
    /// A schema.
    CreateSchema(String),
    /// No schema any more.
    DropSchema(String),
    /// A table at a fresh name or, with the uuid that it had, in the place of another.
    Create(PhysicalName, Table, Option<Replaced>, Vec<Row>),
    /// A view; `true` replaces another.
    CreateView(PhysicalName, View, bool),
    /// Nothing at the name any more.
    Drop(PhysicalName),
    /// The first name becomes the second.
    Rename(PhysicalName, PhysicalName),
    /// New rows.
    Append(PhysicalName, Vec<Row>),
    /// All rows of the table from now on, if its head has not moved.
    Overwrite(PhysicalName, Base, &'static str, Vec<Row>),
    /// The same rows under other columns or properties.
    Alter(PhysicalName, Base, Table),
}

/// The state of a table that a statement was computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// The table.
    pub uuid: u64,
    /// Its head.
    pub snapshot: Option<i64>,
}

impl Base {
    /// The present state.
    pub fn of(table: &Table) -> Self {
        Self { uuid: table.uuid, snapshot: table.head().map(|head| head.id) }
    }
}

/// The table that CREATE OR REPLACE found, if any.
pub type Replaced = Option<Base>;

/// Snapshot ids are as large as Iceberg's: a literal of one is a bigint.
const FIRST_SNAPSHOT: i64 = 4_000_000_000_000_000_000;

impl Catalog {
    /// What stands at a name.
    pub fn get(&self, name: &PhysicalName) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// A table; an error names what is missing.
    pub fn table(&self, name: &PhysicalName) -> Result<&Table> {
        match self.entries.get(name) {
            Some(Entry::Table(table)) => Ok(table),
            Some(Entry::View(_)) => Err(statement(format!("NOT_SUPPORTED: '{}' is a view", shown(name)))),
            None => Err(self.missing(name)),
        }
    }

    /// Whether there is such a schema.
    pub fn has_schema(&self, schema: &str) -> bool {
        self.schemas.contains(schema)
    }

    /// All names of a schema.
    pub fn list(&self, schema: &str) -> Vec<PhysicalName> {
        self.entries.keys().filter(|name| name.schema == schema).cloned().collect()
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &PhysicalName> {
        self.entries.keys()
    }

    /// A number that was not used before.
    pub fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn missing(&self, name: &PhysicalName) -> lake_core::engine::EngineError {
        let what = if self.has_schema(&name.schema) { "Table" } else { "Schema" };
        let shown = if self.has_schema(&name.schema) { shown(name) } else { name.schema.clone() };
        statement(format!("{}_NOT_FOUND: {what} '{shown}' does not exist", what.to_uppercase()))
    }

    /// Makes a change true, at a time, or says why another writer was first.
    pub fn apply(&mut self, change: Change, now: i64) -> Result<()> {
        match change {
            Change::None => {}
            Change::CreateSchema(schema) => {
                self.schemas.insert(schema);
            }
            Change::DropSchema(schema) => {
                if self.entries.keys().any(|name| name.schema == schema) {
                    return Err(statement(format!("SCHEMA_NOT_EMPTY: Cannot drop non-empty schema '{schema}'")));
                }
                self.schemas.remove(&schema);
            }
            Change::Create(name, table, replaced, rows) => self.create(name, table, replaced, rows, now)?,
            Change::CreateView(name, view, replace) => self.create_view(name, view, replace)?,
            Change::Drop(name) => {
                self.entries.remove(&name).ok_or_else(|| self.missing(&name))?;
            }
            Change::Rename(from, to) => self.rename(&from, to)?,
            Change::Append(name, rows) => {
                let id = self.snapshot_id();
                let table = self.table_mut(&name)?;
                let all = table.rows().into_iter().chain(rows).collect();
                table.commit(id, now, "append", all);
            }
            Change::Overwrite(name, base, operation, rows) => {
                let id = self.snapshot_id();
                self.unmoved(&name, base)?.commit(id, now, operation, rows);
            }
            Change::Alter(name, base, table) => *self.unmoved(&name, base)? = table,
        }
        Ok(())
    }

    fn snapshot_id(&mut self) -> i64 {
        FIRST_SNAPSHOT + self.fresh_id() as i64
    }

    fn table_mut(&mut self, name: &PhysicalName) -> Result<&mut Table> {
        match self.entries.get_mut(name) {
            Some(Entry::Table(table)) => Ok(table),
            _ => Err(conflict(format!("NOT_FOUND: Table '{}' not found", shown(name)))),
        }
    }

    fn unmoved(&mut self, name: &PhysicalName, base: Base) -> Result<&mut Table> {
        let table = self.table_mut(name)?;
        if Base::of(table) == base {
            return Ok(table);
        }
        Err(conflict(
            "ICEBERG_COMMIT_ERROR: Failed to commit the transaction during write: Found conflicting files that can \
             contain records matching true",
        ))
    }

    fn create(
        &mut self,
        name: PhysicalName,
        mut table: Table,
        replaced: Option<Replaced>,
        rows: Vec<Row>,
        now: i64,
    ) -> Result<()> {
        if !self.has_schema(&name.schema) {
            return Err(self.missing(&name));
        }
        match (self.entries.get(&name), replaced) {
            (None, _) => {}
            (Some(Entry::Table(old)), Some(Some(base))) if Base::of(old) == base => table.continue_from(old),
            (Some(_), Some(_)) => {
                return Err(conflict("ICEBERG_COMMIT_ERROR: Metadata location is not same as table metadata location"));
            }
            (Some(_), None) => {
                return Err(conflict(format!(
                    "ICEBERG_COMMIT_ERROR: Failed to create table {0}: Table already exists: '{0}'",
                    shown(&name)
                )));
            }
        }
        let id = self.snapshot_id();
        table.commit(id, now, "append", rows);
        self.entries.insert(name, Entry::Table(table));
        Ok(())
    }

    fn create_view(&mut self, name: PhysicalName, view: View, replace: bool) -> Result<()> {
        if !self.has_schema(&name.schema) {
            return Err(self.missing(&name));
        }
        match self.entries.get(&name) {
            Some(Entry::Table(_)) => Err(statement(format!("TABLE_ALREADY_EXISTS: '{}' is a table", shown(&name)))),
            Some(Entry::View(_)) if !replace => {
                Err(statement(format!("TABLE_ALREADY_EXISTS: View already exists: '{}'", shown(&name))))
            }
            _ => {
                self.entries.insert(name, Entry::View(view));
                Ok(())
            }
        }
    }

    fn rename(&mut self, from: &PhysicalName, to: PhysicalName) -> Result<()> {
        if self.entries.contains_key(&to) {
            return Err(statement(format!("TABLE_ALREADY_EXISTS: Target table '{}' already exists", shown(&to))));
        }
        if !self.has_schema(&to.schema) {
            return Err(self.missing(&to));
        }
        let entry = self.entries.remove(from).ok_or_else(|| self.missing(from))?;
        self.entries.insert(to, entry);
        Ok(())
    }
}

/// A name as messages write it.
pub fn shown(name: &PhysicalName) -> String {
    format!("{}.{}", name.schema, name.table)
}
