//! Tables as sets of rows with snapshots.

use std::sync::Arc;

use lake_sql::types::Type;

use crate::error::{Result, data};
use crate::relation::Row;
use crate::value::Value;

/// A column of a table.
#[derive(Clone, Debug)]
pub struct TableColumn {
    /// Iceberg's field id: it survives renames.
    pub field: u32,
    /// Name.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Whether it may hold null.
    pub nullable: bool,
}

/// One state of a table.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its id.
    pub id: i64,
    /// The state before.
    pub parent: Option<i64>,
    /// When, in microseconds.
    pub committed_at: i64,
    /// append, overwrite or delete
    pub operation: &'static str,
    /// Field ids of the rows' values.
    pub fields: Vec<u32>,
    /// All rows.
    pub rows: Arc<Vec<Row>>,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Tells it from another table that had its name.
    pub uuid: u64,
    /// Columns in order.
    pub columns: Vec<TableColumn>,
    /// Properties in order of their setting.
    pub properties: Vec<(String, String)>,
    /// All states, oldest first; the last one is the head.
    pub snapshots: Vec<Snapshot>,
    /// The next field id.
    pub next_field: u32,
}

impl Table {
    /// A table without rows and without a snapshot.
    pub fn new(
        uuid: u64,
        columns: impl IntoIterator<Item = (String, Type, bool)>,
        properties: Vec<(String, String)>,
    ) -> Self {
        let columns: Vec<_> =
            (1..).zip(columns).map(|(field, (name, ty, nullable))| TableColumn { field, name, ty, nullable }).collect();
        let next_field = columns.len() as u32 + 1;
        Self { uuid, columns, properties, snapshots: vec![], next_field }
    }

    /// The current state.
    pub fn head(&self) -> Option<&Snapshot> {
        self.snapshots.last()
    }

    /// The rows now, under the columns of now.
    pub fn rows(&self) -> Vec<Row> {
        self.head().map_or(vec![], |head| self.rows_of(head))
    }

    /// The rows of a state, under the columns of now. Columns that it did not have are null.
    pub fn rows_of(&self, snapshot: &Snapshot) -> Vec<Row> {
        let at: Vec<Option<usize>> =
            self.columns.iter().map(|column| snapshot.fields.iter().position(|field| *field == column.field)).collect();
        if at.iter().enumerate().all(|(i, at)| *at == Some(i)) && snapshot.fields.len() == at.len() {
            return snapshot.rows.as_ref().clone();
        }
        let values = |row: &Row| at.iter().map(|at| at.map_or(Value::Null, |at| row[at].clone())).collect();
        snapshot.rows.iter().map(values).collect()
    }

    /// The position of a column, in any case.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Refuses nulls where they may not be.
    pub fn check(&self, row: &Row) -> Result<()> {
        for (column, value) in self.columns.iter().zip(row.iter()) {
            if value.is_null() && !column.nullable {
                return Err(data(format!(
                    "CONSTRAINT_VIOLATION: NULL value not allowed for NOT NULL column: {}",
                    column.name
                )));
            }
        }
        Ok(())
    }

    /// Takes over the history of the table that it replaces; its columns are new ones.
    pub fn continue_from(&mut self, old: &Self) {
        self.uuid = old.uuid;
        self.snapshots = old.snapshots.clone();
        for column in &mut self.columns {
            column.field += old.next_field;
        }
        self.next_field += old.next_field;
    }

    /// Adds a state.
    pub fn commit(&mut self, id: i64, at: i64, operation: &'static str, rows: Vec<Row>) {
        let parent = self.head().map(|head| head.id);
        let fields = self.columns.iter().map(|column| column.field).collect();
        self.snapshots.push(Snapshot { id, parent, committed_at: at, operation, fields, rows: Arc::new(rows) });
    }
}

/// The type that a table keeps for a type of an expression, as Iceberg's tables do on Trino.
pub fn stored_type(ty: &Type) -> Result<Type> {
    Ok(match ty {
        Type::TinyInt | Type::SmallInt => Type::Integer,
        Type::Char(_) | Type::Varchar(_) => Type::Varchar(None),
        Type::Time(_) => Type::Time(6),
        Type::Timestamp(_) => Type::Timestamp(6),
        Type::TimestampTz(_) => Type::TimestampTz(6),
        Type::Array(element) => Type::Array(Box::new(stored_type(element)?)),
        Type::Map(key, value) => Type::Map(Box::new(stored_type(key)?), Box::new(stored_type(value)?)),
        Type::Row(fields) => {
            let field = |field: &lake_sql::types::Field| {
                Ok(lake_sql::types::Field { name: field.name.clone(), ty: stored_type(&field.ty)? })
            };
            Type::Row(fields.iter().map(field).collect::<Result<_>>()?)
        }
        Type::Unknown => return Err(crate::error::statement("COLUMN_TYPE_UNKNOWN: Column type is unknown")),
        Type::Boolean
        | Type::Integer
        | Type::BigInt
        | Type::Real
        | Type::Double
        | Type::Decimal { .. }
        | Type::Varbinary
        | Type::Date
        | Type::Uuid => ty.clone(),
        other => {
            return Err(crate::error::statement(format!("NOT_SUPPORTED: Type not supported for Iceberg: {other}")));
        }
    })
}
