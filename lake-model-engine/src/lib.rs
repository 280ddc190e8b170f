//! An in-memory engine with scheduled faults, for tests.
//!
//! It runs the text of Trino statements, bound by lake-sql and interpreted row by row: slow, plain, and independent of
//! the embedded engine. Commits follow Iceberg's rules. Time is virtual, nothing sleeps, and equal calls give equal
//! answers, so that every crash of a run can be played at every statement.
//!
//! ```text
//! submit --parse, bind--> bound tree --interpret over the catalog as it was--> change --apply--> catalog
//!    \-- fault of this submission: die, lose the answer, conflict, throttle, hang …
//! ```

mod aggregate;
mod batch;
mod cast;
mod catalog;
mod datetime;
mod decimal;
mod error;
mod eval;
mod faults;
mod faulty;
mod files;
mod functions;
mod join;
mod json;
mod parse;
mod process;
mod relation;
mod rewrite;
mod server;
mod session;
mod show;
mod statement;
mod system;
mod table;
mod value;
mod window;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use lake_core::engine::{Capabilities, Described, Engine, EngineError, PhysicalName, QueryId, Rows, State, Submission};
use lake_sql::render::dialect::Dialect;
use lake_sql::types::Type;

pub use faults::{Fault, Life};
pub use faulty::Faulty;
pub use process::{Death, Place, Process, World};
pub use show::texts;
pub use value::Value;

/// A process's connection to the engine.
pub struct ModelEngine {
    server: Arc<Mutex<server::Server>>,
    life: Life,
    dialect: Dialect,
    capabilities: Capabilities,
}

impl Default for ModelEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl ModelEngine {
    /// An empty engine that speaks the embedded engine's dialect.
    pub fn new() -> Self {
        Self::with_dialect(Dialect::EMBEDDED)
    }

    /// An empty engine that speaks a dialect.
    pub fn with_dialect(dialect: Dialect) -> Self {
        let capabilities = Capabilities::FULL;
        let server = Arc::new(Mutex::new(server::Server::new(dialect.clone())));
        Self { server, life: Life::new(), dialect, capabilities }
    }

    /// The connection of a new process to the same tables. The old one stays as it is: alive, or dead.
    pub fn connect(&self) -> Self {
        Self {
            server: self.server.clone(),
            life: Life::new(),
            dialect: self.dialect.clone(),
            capabilities: self.capabilities.clone(),
        }
    }

    /// Another engine that has come to the same point.
    pub fn fork(&self) -> Self {
        Self { server: Arc::new(Mutex::new(self.server().clone())), ..self.connect() }
    }

    /// Changes what the engine says that it can do.
    pub fn capabilities_mut(&mut self) -> &mut Capabilities {
        &mut self.capabilities
    }

    /// Whether this process lives; for stores and clocks that must die with it.
    pub fn life(&self) -> Life {
        self.life.clone()
    }

    fn server(&self) -> MutexGuard<'_, server::Server> {
        self.server.lock().expect("no test goes on after a panic inside the engine")
    }

    fn alive(&self) -> Result<MutexGuard<'_, server::Server>, EngineError> {
        if self.life.is_alive() { Ok(self.server()) } else { Err(error::died()) }
    }

    /// Lets something happen to the `nth` submission from now, counted from 1, by whatever process.
    pub fn schedule(&self, nth: u64, fault: Fault) {
        let mut server = self.server();
        let submission = server.log.len() as u64 + nth;
        server.faults.set(submission, fault);
    }

    /// Whether a scheduled fault has not happened yet.
    pub fn is_fault_pending(&self) -> bool {
        self.server().faults.is_pending()
    }

    /// All statements that were submitted, in order.
    pub fn statements(&self) -> Vec<String> {
        self.server().log.clone()
    }

    /// Runs a statement as somebody else: no fault meets it, and it is not logged.
    pub fn execute(&self, sql: &str) -> Result<Answer, EngineError> {
        let (output, count) = self.server().execute(sql, &[])?;
        Ok(Answer { columns: output.columns, rows: output.rows.iter().map(|row| row.to_vec()).collect(), count })
    }

    /// All rows of a table or view, each as text, sorted.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn table(&self, name: &str) -> Vec<String> {
        let mut rows =
            self.execute(&format!("select * from {name}")).unwrap_or_else(|error| panic!("{error:?}")).strings();
        rows.sort();
        rows
    }

    /// Names of all tables and views as `schema.table`, in order.
    pub fn names(&self) -> Vec<String> {
        self.server().catalog.names().map(catalog::shown).collect()
    }

    /// Puts a file under a path; it arrives now.
    pub fn put_file(&self, path: &str, content: impl Into<Vec<u8>>) {
        let mut server = self.server();
        let now = server.now;
        server.files.put(path, content, now);
    }

    /// The engine's time, in microseconds since 1970.
    pub fn now(&self) -> i64 {
        self.server().now
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.server().now += i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    }
}

impl Engine for ModelEngine {
    fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn submit(&self, submission: &Submission) -> Result<QueryId, EngineError> {
        if !self.capabilities.files && !submission.files.is_empty() {
            return Err(error::statement("files were given to an engine that cannot open them"));
        }
        self.alive()?.submit(submission, &self.life)
    }

    fn poll(&self, ids: &[QueryId], wait: Duration) -> Result<Vec<State>, EngineError> {
        self.alive()?.poll(ids, i64::try_from(wait.as_micros()).unwrap_or(i64::MAX))
    }

    fn cancel(&self, id: &QueryId) -> Result<(), EngineError> {
        self.alive()?.cancel(id)
    }

    fn rows(&self, id: &QueryId) -> Result<Rows, EngineError> {
        batch::rows(self.alive()?.output(id)?)
    }

    fn describe(&self, tables: &[PhysicalName]) -> Result<Vec<Option<Described>>, EngineError> {
        let server = self.alive()?;
        Ok(tables.iter().map(|name| server.describe(name)).collect())
    }

    fn list(&self, schema: &str) -> Result<Vec<PhysicalName>, EngineError> {
        Ok(self.alive()?.catalog.list(schema))
    }
}

/// What a statement returned.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Names and types.
    pub columns: Vec<(String, Type)>,
    /// Rows.
    pub rows: Vec<Vec<Value>>,
    /// Rows returned or changed.
    pub count: Option<u64>,
}

impl Answer {
    /// Each row as text, values with ` | ` between them.
    pub fn strings(&self) -> Vec<String> {
        let types: Vec<&Type> = self.columns.iter().map(|(_, ty)| ty).collect();
        self.rows.iter().map(|row| show::row(row, &types)).collect()
    }
}
