//! An engine with a schema of its own.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::record_batch::RecordBatch;
use lake_core::engine::{Engine, EngineError, ErrorKind, PhysicalName, Rows, Stats, Submission, execute};
use lake_core::files::rows;
use lake_core::values::types;
use lake_sql::types::Type;

/// An engine with a schema of its own, which goes in the end.
pub struct Lab {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// The schema's name.
    pub schema: String,
}

impl Lab {
    /// A fresh schema.
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        let lab = Self { engine, schema: prefix() };
        let ident = lab.engine.dialect().ddl_ident(&lab.schema);
        lab.run(&format!("create schema if not exists {ident}"));
        lab
    }

    /// All tables and views of the schema.
    pub fn names(&self) -> Vec<PhysicalName> {
        self.engine.list(&self.schema).unwrap()
    }

    /// The name of a table in the schema.
    pub fn name(&self, table: &str) -> PhysicalName {
        PhysicalName { schema: self.schema.clone(), table: table.into() }
    }

    /// Runs a statement, in which `@` stands for the schema and a dot.
    pub fn try_run(&self, sql: &str) -> Result<(Stats, Rows), EngineError> {
        self.try_run_as(sql, &uuid::Uuid::new_v4().simple().to_string())
    }

    /// Runs a statement under a token.
    pub fn try_run_as(&self, sql: &str, token: &str) -> Result<(Stats, Rows), EngineError> {
        let sql = self.written(sql);
        let submission = Submission { sql, token: token.into(), files: vec![] };
        Ok(execute(&*self.engine, &submission, || false)?.expect("nobody stops it"))
    }

    /// A statement as the engine's grammar has it: names in its quotes, tables made from a query with its properties.
    fn written(&self, sql: &str) -> String {
        let dialect = self.engine.dialect();
        let ddl = ["drop table", "alter table"].iter().any(|start| sql.starts_with(start));
        let schema = if ddl { dialect.ddl_ident(&self.schema) } else { dialect.ident(&self.schema) };
        let location = format!("s3://behaviour/{}/", uuid::Uuid::new_v4().simple());
        let properties: Vec<String> = dialect
            .ctas_properties
            .iter()
            .map(|(name, value)| format!("{name} = {}", value.replace("{location}", &location)))
            .collect();
        let sql = match sql.split_once(" as ") {
            Some((head, query)) if head.starts_with("create table @") && !properties.is_empty() => {
                format!("{head} with ({}) as {query}", properties.join(", "))
            }
            _ => sql.to_owned(),
        };
        sql.replace('@', &format!("{schema}."))
    }

    /// Runs a statement that succeeds. A conflict with the catalog's own file of a schema passes.
    pub fn run(&self, sql: &str) -> Stats {
        self.try_run(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}")).0
    }

    /// The kind of failure of a statement.
    pub fn fails(&self, sql: &str) -> ErrorKind {
        match self.try_run(sql) {
            Ok(_) => panic!("succeeded: {sql}"),
            Err(error) => error.kind,
        }
    }

    /// Refuses a statement with these words in its message.
    pub fn refuses(&self, sql: &str, words: &str) {
        match self.try_run(sql) {
            Ok(_) => panic!("succeeded: {sql}"),
            Err(error) => assert!(error.message.contains(words), "{sql}: {} lacks {words}", error.message),
        }
    }

    /// The rows of a query, each as JSON.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let (_, rows) = self.try_run(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let types: Vec<&Type> = rows.columns.iter().map(|(_, ty)| ty).collect();
        rows.batches.iter().flat_map(|batch| texts(batch, &types)).collect()
    }

    /// The head of a table.
    pub fn head(&self, table: &str) -> Option<i64> {
        self.engine.describe(&[self.name(table)]).unwrap().remove(0).and_then(|described| described.snapshot)
    }
}

/// A name that nobody else has, for a schema or before one.
pub fn prefix() -> String {
    format!("b{}_", &uuid::Uuid::new_v4().simple().to_string()[..12])
}

/// The rows of a batch, in the one form that all engines' arrays have.
fn texts(batch: &RecordBatch, of: &[&Type]) -> Vec<String> {
    let held = |(array, ty): (&ArrayRef, &&Type)| cast(array, &types::arrow(ty).unwrap()).unwrap();
    let arrays: Vec<_> = batch.columns().iter().zip(of).map(held).collect();
    (0..batch.num_rows()).map(|row| rows::text(&arrays, of, row).unwrap()).collect()
}

impl Drop for Lab {
    fn drop(&mut self) {
        for name in self.engine.list(&self.schema).unwrap_or_default() {
            let view =
                self.engine.describe(std::slice::from_ref(&name)).is_ok_and(|d| d[0].as_ref().is_some_and(|d| d.view));
            let kind = if view { "view" } else { "table" };
            let name = self.engine.dialect().ddl_table(&name.schema, &name.table);
            let _ = self.try_run(&format!("drop {kind} if exists {name}"));
        }
        let ident = self.engine.dialect().ddl_ident(&self.schema);
        let _ = self.try_run(&format!("drop schema if exists {ident}"));
    }
}
