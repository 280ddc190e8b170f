//! What a statement sees: names for the binder, rows for the scans.

use std::collections::BTreeMap;
use std::sync::Arc;

use lake_core::engine::PhysicalName;
use lake_sql::bind::{self, Names, Reference, RelationColumn};
use lake_sql::bound::{BoundQuery, Scan, TableName, Version};
use lake_sql::syntax::tree;
use lake_sql::types::{Type, TypeRules};

use crate::catalog::{Catalog, Entry, View, shown};
use crate::error::{Result, failure, statement};
use crate::eval::{Query, Scope};
use crate::relation::{self, Relation, Row};
use crate::table::{Snapshot, Table};
use crate::value::Value;
use crate::{parse, system};

/// Name, type, nullable.
pub type ColumnFact = (String, Type, bool);

/// Rows of files under a table's name.
#[derive(Clone, Debug)]
pub struct FileRows {
    /// Columns.
    pub columns: Vec<ColumnFact>,
    /// Rows.
    pub rows: Vec<Row>,
}

/// Tables, files and time as they were when a statement began.
pub struct Session<'a> {
    /// The catalog.
    pub catalog: &'a Catalog,
    /// Relations that are files.
    pub files: &'a BTreeMap<PhysicalName, FileRows>,
    /// The time of the statement, in microseconds.
    pub now: i64,
    /// Rules for decimals and char.
    pub rules: TypeRules,
}

/// A name behind which a table's rows are numbered, for the statements that change some of them.
pub const ROW_NUMBERS: &str = "$rows";
/// The column with the number.
pub const ROW_NUMBER: &str = "$row";

/// What a name in a statement means.
enum Source<'a> {
    Files(&'a FileRows),
    View(&'a View),
    Table(&'a Table),
    Numbered(&'a Table),
    System(&'a Table, &'a str),
}

/// Schema and table of a dotted name; a catalog in front is passed over.
pub fn physical(parts: &[String]) -> Result<PhysicalName> {
    match parts {
        [schema, table] | [_, schema, table] => {
            Ok(PhysicalName { schema: schema.to_lowercase(), table: table.to_lowercase() })
        }
        _ => Err(statement(format!(
            "MISSING_SCHEMA_NAME: Schema must be specified when session schema is not set: {}",
            parts.join(".")
        ))),
    }
}

impl<'a> Session<'a> {
    fn source(&self, parts: &'a [String]) -> Option<Source<'a>> {
        let name = physical(parts).ok()?;
        if let Some(files) = self.files.get(&name) {
            return Some(Source::Files(files));
        }
        match self.catalog.get(&name) {
            Some(Entry::View(view)) => return Some(Source::View(view)),
            Some(Entry::Table(table)) => return Some(Source::Table(table)),
            None => {}
        }
        let (table, suffix) = parts.last()?.split_at(parts.last()?.find('$')?);
        match self.catalog.get(&PhysicalName { schema: name.schema, table: table.to_lowercase() }) {
            Some(Entry::Table(table)) if suffix == ROW_NUMBERS => Some(Source::Numbered(table)),
            Some(Entry::Table(table)) => system::columns(suffix).map(|_| Source::System(table, suffix)),
            _ => None,
        }
    }

    fn columns(&self, parts: &'a [String]) -> Option<Vec<ColumnFact>> {
        let table_columns = |table: &Table| {
            table
                .columns
                .iter()
                .map(|column| (column.name.clone(), column.ty.clone(), column.nullable))
                .collect::<Vec<_>>()
        };
        Some(match self.source(parts)? {
            Source::Files(files) => files.columns.clone(),
            Source::View(view) => view.columns.clone(),
            Source::Table(table) => table_columns(table),
            Source::Numbered(table) => {
                let mut columns = table_columns(table);
                columns.push((ROW_NUMBER.into(), Type::BigInt, false));
                columns
            }
            Source::System(_, suffix) => system::columns(suffix)?,
        })
    }

    /// Binds a query; the first error is the statement's.
    pub fn bind(&self, query: &tree::Query, text: &str) -> Result<BoundQuery> {
        let outcome = bind::bind(query, text, self, self.rules);
        parse::refuse(&outcome.findings, text)?;
        outcome.query.ok_or_else(|| {
            failure(lake_core::engine::ErrorKind::Internal, "the binder gave neither a query nor a finding")
        })
    }

    /// The rows that a scan reads.
    pub fn scan(&self, query: &Query<'_>, scan: &Scan) -> Result<Relation> {
        let parts = match &scan.table {
            TableName::Named(parts) => parts,
            TableName::Reference(name) => return Err(statement(format!("{{{name}}} stands for no table here"))),
        };
        let version = scan.version.as_deref();
        let rows = match self.source(parts).ok_or_else(|| statement(format!("no relation {}", parts.join("."))))? {
            Source::Files(files) => files.rows.clone(),
            Source::View(view) => self.view_rows(&physical(parts)?, view)?,
            Source::Table(table) => match version {
                Some(version) => self.version_rows(query, &physical(parts)?, table, version)?,
                None => table.rows(),
            },
            Source::Numbered(table) => {
                let number = |(at, row): (usize, Row)| row.iter().cloned().chain([Value::Integer(at as i64)]).collect();
                table.rows().into_iter().enumerate().map(number).collect()
            }
            Source::System(table, suffix) => system::rows(table, suffix),
        };
        Ok(Relation { columns: scan.columns.iter().map(|column| column.id).collect(), rows })
    }

    fn view_rows(&self, name: &PhysicalName, view: &View) -> Result<Vec<Row>> {
        let invalid = |error: lake_core::engine::EngineError| lake_core::engine::EngineError {
            message: format!("INVALID_VIEW: Failed analyzing stored view '{}': {}", shown(name), error.message),
            ..error
        };
        let bound = self.bind(&parse::query(&view.sql)?, &view.sql).map_err(invalid)?;
        let types = || bound.columns.iter().map(|column| &column.ty);
        if !types().eq(view.columns.iter().map(|(_, ty, _)| ty)) {
            let found: Vec<String> = types().map(ToString::to_string).collect();
            let message =
                format!("VIEW_IS_STALE: View '{}' is stale: its query now gives {}", shown(name), found.join(", "));
            return Err(statement(message));
        }
        relation::query(self, &bound)
    }

    fn version_rows(
        &self,
        query: &Query<'_>,
        name: &PhysicalName,
        table: &Table,
        version: &Version,
    ) -> Result<Vec<Row>> {
        let nothing = Scope::new(&[], &[], None);
        let found = match version {
            Version::Version(expr) => match query.eval(expr, &nothing)? {
                Value::Integer(_) if expr.ty != Type::BigInt => {
                    return Err(statement(format!("NOT_SUPPORTED: Unsupported type for table version: {}", expr.ty)));
                }
                Value::Integer(id) => table.snapshots.iter().find(|snapshot| snapshot.id == id),
                Value::Text(branch) if branch.as_ref() == "main" => table.head(),
                _ => None,
            },
            Version::Timestamp(expr) => self.at(table, &query.eval(expr, &nothing)?, &expr.ty)?,
        };
        let missing = || {
            statement(format!("INVALID_ARGUMENTS: No version history table {} at or before that version", shown(name)))
        };
        found.map(|snapshot| table.rows_of(snapshot)).ok_or_else(missing)
    }

    fn at<'t>(&self, table: &'t Table, moment: &Value, ty: &Type) -> Result<Option<&'t Snapshot>> {
        let Value::TimestampTz(moment, _) = crate::cast::cast(moment, ty, &Type::TimestampTz(6))? else {
            return Ok(None);
        };
        if moment >= self.now {
            return Err(statement("INVALID_ARGUMENTS: Pointer value is not in the past"));
        }
        Ok(table.snapshots.iter().rfind(|snapshot| snapshot.committed_at <= moment))
    }
}

impl Names for Session<'_> {
    fn reference(&self, _name: &str) -> Option<Reference> {
        None
    }

    fn reference_names(&self) -> Vec<String> {
        vec![]
    }

    fn table(&self, parts: &[String]) -> Option<Arc<bind::Relation>> {
        let column = |(name, ty, nullable)| RelationColumn { name, ty, nullable, brand: None };
        let columns = self.columns(parts)?.into_iter().map(column).collect();
        Some(Arc::new(bind::Relation { name: parts.join("."), columns, complete: true }))
    }

    fn has_tables(&self) -> bool {
        true
    }
}
