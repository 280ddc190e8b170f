//! What the names of one statement mean: tables at the head it first saw, views, tables about tables, files.
//!
//! Each name is looked up once and kept, so that all parts of a statement, its guard and its commit see one state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::datasource::TableProvider;
use iceberg::expr::Predicate;
use lake_iceberg::{Entry, JSON_COLUMN, MetadataTable, Table, Warehouse};
use lake_sql::bind::{Names, Reference, Relation, RelationColumn};
use lake_sql::bound::{Expr, ExprKind, Literal, Scan, TableName, Version};
use lake_sql::types::Type;

use crate::error::{Fault, Result};
use crate::functions::calendar::MICROS_IN_DAY;
use crate::lower::Tables;
use crate::runtime::wait;
use crate::sources::Files;
use crate::statement::clock;
use crate::table::provider::{Changing, FileNames, IcebergTable, Keys, Reads, in_memory};
use crate::table::schema::{self, Column};

/// Name of the catalog before a schema, which may be left out.
const DEFAULT_SCHEMA: &str = "default";

/// The name under which a change reads its target.
pub(crate) const TARGET: &str = "$target";

/// What a name means.
#[derive(Clone)]
pub(crate) enum Meaning {
    /// A table.
    Table { table: Arc<Table>, columns: Vec<Column> },
    /// A table about a table.
    Metadata { table: Arc<Table>, which: MetadataTable, columns: Vec<Column> },
    /// A view with its text.
    View { sql: Arc<str>, columns: Vec<Column> },
    /// Files.
    Files { provider: Arc<dyn TableProvider>, columns: Vec<Column> },
}

impl Meaning {
    pub fn columns(&self) -> &[Column] {
        match self {
            Meaning::Table { columns, .. }
            | Meaning::Metadata { columns, .. }
            | Meaning::View { columns, .. }
            | Meaning::Files { columns, .. } => columns,
        }
    }
}

/// The names of one statement.
pub(crate) struct Lookup<'a> {
    warehouse: &'a Warehouse,
    files: &'a Files,
    reads: Arc<Reads>,
    /// The moment of the statement, in microseconds since 1970.
    now: i64,
    known: Mutex<BTreeMap<(String, String), Option<Meaning>>>,
    /// A failure other than that there is no such name; binding cannot return it.
    failed: Mutex<Option<Fault>>,
    /// How the table that the statement changes is read, and what of it was.
    changing: Mutex<Changing>,
    /// Tables that are read beside the target.
    read: Mutex<BTreeSet<(String, String)>>,
    /// The table that the statement changes.
    target: Mutex<Option<(Arc<Table>, Vec<Column>)>>,
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Schema and table of a written name; a catalog in front is not looked at.
pub(crate) fn split(parts: &[String]) -> (String, String) {
    let name = |part: &String| part.to_lowercase();
    match parts {
        [table] => (DEFAULT_SCHEMA.to_owned(), name(table)),
        [.., schema, table] => (name(schema), name(table)),
        [] => (DEFAULT_SCHEMA.to_owned(), String::new()),
    }
}

impl<'a> Lookup<'a> {
    pub fn new(warehouse: &'a Warehouse, files: &'a Files, reads: Arc<Reads>, now: i64) -> Self {
        let (known, failed, changing, read, target) = Default::default();
        Self { warehouse, files, reads, now, known, failed, changing, read, target }
    }

    /// What counts what the statement reads.
    pub fn reads(&self) -> Arc<Reads> {
        self.reads.clone()
    }

    /// The failure that binding could not return.
    pub fn failure(&self) -> Option<Fault> {
        lock(&self.failed).take()
    }

    /// What a name means; None if there is nothing of that name.
    pub fn find(&self, parts: &[String]) -> Result<Option<Meaning>> {
        let key = split(parts);
        if let Some(known) = lock(&self.known).get(&key) {
            return Ok(known.clone());
        }
        let found = self.look_up(&key.0, &key.1)?;
        lock(&self.known).insert(key, found.clone());
        Ok(found)
    }

    /// The table of that name, to change it.
    pub fn table(&self, parts: &[String]) -> Result<Arc<Table>> {
        let (schema, table) = split(parts);
        match self.find(parts)? {
            Some(Meaning::Table { table, .. }) => Ok(table),
            Some(Meaning::View { .. }) => Err(Fault::statement(format!("{schema}.{table} is a view"))),
            Some(_) => Err(Fault::statement(format!("{schema}.{table} cannot be changed"))),
            None => Err(Fault::statement(format!("Table '{schema}.{table}' does not exist"))),
        }
    }

    /// Whether the statement reads a table about this table: then what it found there must hold when it commits.
    pub fn is_guarded(&self, parts: &[String]) -> bool {
        let (schema, table) = split(parts);
        let about = format!("{table}$");
        let known = lock(&self.known);
        known.iter().any(|((s, t), found)| *s == schema && t.starts_with(&about) && found.is_some())
    }

    /// Which rows of the target the statement was computed from; None is all, or unknown.
    pub fn computed_from(&self, parts: &[String]) -> Option<Predicate> {
        let changing = lock(&self.changing);
        let asked = lock(&changing.asked);
        match asked.as_slice() {
            [Some(rows)] if !lock(&self.read).contains(&split(parts)) => Some(rows.clone()),
            _ => None,
        }
    }

    /// Makes a table the one that [`TARGET`] reads.
    pub fn set_target(&self, parts: &[String]) -> Result<Arc<Table>> {
        let table = self.table(parts)?;
        let columns = schema::columns(table.metadata().current_schema())?;
        *lock(&self.target) = Some((table.clone(), columns));
        Ok(table)
    }

    /// Says which rows of the target are of use.
    pub fn set_keys(&self, keys: Keys) {
        lock(&self.changing).keys = Some(keys);
    }

    /// The files whose rows the statement changes, by number.
    pub fn changed_files(&self) -> Arc<FileNames> {
        lock(&self.changing).files.clone()
    }

    fn look_up(&self, schema: &str, name: &str) -> Result<Option<Meaning>> {
        if let Some((provider, columns)) = self.files.find(schema, name)? {
            return Ok(Some(Meaning::Files { provider, columns }));
        }
        if let Some((table, suffix)) = name.split_once('$') {
            return self.about(schema, table, suffix);
        }
        let entry = lake_iceberg::TableName::new(schema, name);
        Ok(match self.warehouse.catalog().kind(&entry)? {
            Some(Entry::Table) => {
                let table = self.open(schema, name)?;
                let columns = schema::columns(table.metadata().current_schema())?;
                Some(Meaning::Table { table, columns })
            }
            Some(Entry::View) => {
                let view = self.warehouse.view(schema, name)?;
                Some(Meaning::View { sql: view.sql.as_str().into(), columns: view_columns(&view)? })
            }
            _ => None,
        })
    }

    fn open(&self, schema: &str, name: &str) -> Result<Arc<Table>> {
        Ok(Arc::new(wait(self.warehouse.table(schema, name))?))
    }

    fn about(&self, schema: &str, name: &str, suffix: &str) -> Result<Option<Meaning>> {
        let Some(which) = MetadataTable::named(suffix) else { return Ok(None) };
        let parts = [schema.to_owned(), name.to_owned()];
        let Some(Meaning::Table { table, .. }) = self.find(&parts)? else { return Ok(None) };
        let schema = table.metadata_schema(which)?;
        let columns = schema.fields().iter().map(|field| metadata_column(field)).collect::<Result<_>>()?;
        Ok(Some(Meaning::Metadata { table, which, columns }))
    }

    fn snapshot(&self, table: &Table, version: &Version) -> Result<i64> {
        match version {
            Version::Version(expr) => match &expr.kind {
                ExprKind::Literal(Literal::Text(name)) => {
                    let found = table.metadata().snapshot_for_ref(name);
                    Ok(found
                        .ok_or_else(|| Fault::statement(format!("Cannot find snapshot with reference name: {name}")))?
                        .snapshot_id())
                }
                _ => {
                    let id = constant_integer(expr)?;
                    let found = table.metadata().snapshot_by_id(id);
                    Ok(found
                        .ok_or_else(|| Fault::statement(format!("Iceberg snapshot ID does not exists: {id}")))?
                        .snapshot_id())
                }
            },
            Version::Timestamp(expr) => self.snapshot_at(table, self.moment(expr)?),
        }
    }

    /// The moment of FOR TIMESTAMP AS OF, in microseconds since 1970.
    fn moment(&self, expr: &Expr) -> Result<i64> {
        let mut expr = expr.clone();
        clock::fix_expr(&mut expr, self.now);
        let value = constant_integer(&expr)?;
        let micros = if expr.ty == Type::Date { value * MICROS_IN_DAY } else { value };
        match micros < self.now {
            true => Ok(micros),
            false => Err(Fault::statement(format!("Pointer value '{}' is not in the past", spelt(micros)))),
        }
    }

    /// The snapshot that was current at a moment in microseconds.
    fn snapshot_at(&self, table: &Table, micros: i64) -> Result<i64> {
        let millis = micros.div_euclid(1000);
        let history = table.metadata().history().iter();
        let before = history.filter(|entry| entry.timestamp_ms() <= millis).max_by_key(|entry| entry.timestamp_ms());
        before.map(|entry| entry.snapshot_id).ok_or_else(|| {
            let moment = spelt(micros);
            Fault::statement(format!("No version history table {} at or before {moment}", table.name()))
        })
    }

    /// The columns that a table had at a snapshot.
    fn columns_at(&self, table: &Table, snapshot: i64) -> Result<Vec<Column>> {
        let metadata = table.metadata();
        let found = metadata.snapshot_by_id(snapshot).ok_or_else(|| Fault::internal("a snapshot vanished"))?;
        let schema = found.schema(metadata).map_err(|error| Fault::unavailable(error.message().to_owned()))?;
        schema::columns(&schema)
    }

    fn table_then(&self, parts: &[String], version: &Version) -> Result<Option<Vec<Column>>> {
        match self.find(parts)? {
            Some(Meaning::Table { table, .. }) => {
                let snapshot = self.snapshot(&table, version)?;
                Ok(Some(self.columns_at(&table, snapshot)?))
            }
            _ => Ok(None),
        }
    }
}

fn metadata_column(field: &arrow::datatypes::Field) -> Result<Column> {
    let ty = match field.metadata().contains_key(JSON_COLUMN) {
        true => Type::Json,
        false => schema::from_arrow(field.data_type())?,
    };
    Ok((field.name().clone(), ty, field.is_nullable()))
}

fn spelt(micros: i64) -> String {
    let moment = chrono::DateTime::from_timestamp_micros(micros);
    moment.map_or_else(|| micros.to_string(), |moment| moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

fn relation(parts: &[String], columns: &[Column]) -> Arc<Relation> {
    let column = |(name, ty, nullable): &Column| RelationColumn {
        name: name.clone(),
        ty: ty.clone(),
        nullable: *nullable,
        brand: None,
    };
    Arc::new(Relation { name: parts.join("."), columns: columns.iter().map(column).collect(), complete: true })
}

fn constant_integer(expr: &Expr) -> Result<i64> {
    let value = crate::eval::Program::constant(expr)?;
    let value = crate::functions::columns::Reader::<crate::functions::columns::Int>::new(&value)?.get(0);
    value.ok_or_else(|| Fault::statement("Pointer value is null"))
}

/// The columns of a view: stored with its types in words, since Iceberg has fewer types than queries.
pub(crate) fn view_columns(view: &lake_iceberg::View) -> Result<Vec<Column>> {
    view.schema
        .fields()
        .iter()
        .enumerate()
        .map(|(position, field)| {
            let ty = match view.properties.get(&type_property(position)) {
                Some(text) => {
                    text.parse().map_err(|_| Fault::internal(format!("view {} has type {text}", view.name)))?
                }
                None => schema::from_arrow(field.data_type())?,
            };
            Ok((field.name().clone(), ty, field.is_nullable()))
        })
        .collect()
}

/// Property of a view that holds the type of a column.
pub(crate) fn type_property(position: usize) -> String {
    format!("lake.column.{position}")
}

impl Names for Lookup<'_> {
    fn reference(&self, _: &str) -> Option<Reference> {
        None
    }

    /// What cannot be listed is not offered.
    fn reference_names(&self) -> Vec<String> {
        let catalog = self.warehouse.catalog();
        let schemas = catalog.namespaces().unwrap_or_default();
        let named = |schema: &String| {
            let names = catalog.list(schema).unwrap_or_default().into_iter();
            names.map(|(name, _)| format!("{schema}.{name}")).collect::<Vec<_>>()
        };
        schemas.iter().flat_map(named).collect()
    }

    fn table(&self, parts: &[String]) -> Option<Arc<Relation>> {
        let found = self.find(parts).unwrap_or_else(|fault| {
            lock(&self.failed).get_or_insert(fault);
            None
        })?;
        Some(relation(parts, found.columns()))
    }

    fn table_at(&self, parts: &[String], version: &Version) -> Option<Arc<Relation>> {
        let columns = self.table_then(parts, version).unwrap_or_else(|fault| {
            lock(&self.failed).get_or_insert(fault);
            None
        })?;
        Some(relation(parts, &columns))
    }

    fn has_tables(&self) -> bool {
        true
    }
}

impl Tables for Lookup<'_> {
    fn provider(&self, scan: &Scan) -> Result<Arc<dyn TableProvider>> {
        let parts = match &scan.table {
            TableName::Named(parts) => parts,
            TableName::Reference(name) if name == TARGET => {
                let target = lock(&self.target);
                let (table, columns) = target.as_ref().ok_or_else(|| Fault::internal("a change without target"))?;
                let (changing, reads) = (lock(&self.changing).clone(), self.reads.clone());
                return Ok(Arc::new(IcebergTable::with_places(table.clone(), columns, changing, reads)?));
            }
            TableName::Reference(name) => {
                return Err(Fault::statement(format!("{{{name}}} stands for no table here")));
            }
        };
        let found = self.find(parts)?.ok_or_else(|| Fault::internal("a table vanished while it was bound"))?;
        if scan.version.is_some() && !matches!(found, Meaning::Table { .. }) {
            return Err(Fault::statement("This connector does not support versioned tables"));
        }
        match found {
            Meaning::Table { table, columns } => {
                lock(&self.read).insert(split(parts));
                // The head's rows are read with the table's current columns, older ones with the columns of then.
                let snapshot = scan.version.as_ref().map(|version| self.snapshot(&table, version)).transpose()?;
                let columns = match snapshot {
                    Some(id) => self.columns_at(&table, id)?,
                    None => columns,
                };
                Ok(Arc::new(IcebergTable::new(table, &columns, snapshot, self.reads.clone())?))
            }
            Meaning::Metadata { table, which, columns } => in_memory(wait(table.metadata_table(which))?, &columns),
            Meaning::Files { provider, .. } => Ok(provider),
            Meaning::View { .. } => Err(Fault::internal("a view was not replaced by its query")),
        }
    }
}
