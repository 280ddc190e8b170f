//! What an engine must do. One small trait without default methods; retry, throttling and tracing are wrappers.

use std::fmt;
use std::time::Duration;

use arrow::array::RecordBatch;
use lake_sql::render::dialect::Dialect;
use lake_sql::types::Type;

use crate::files::bad_row_columns;
use crate::model::spec::{ColumnSpec, FileFormat};

/// Executes statements. Calls block; the dispatcher brings its own threads.
///
/// What plans rely on: a table appears with all of its rows at once (`create table … as`); a name is given once
/// (`create table`, `alter table … rename to`); and of two MERGEs that began at the same head of a table one is refused.
/// Rows are appended by `merge into … on false when not matched then insert …`, for which the target need not be read.
pub trait Engine: Send + Sync {
    /// How its SQL is written.
    fn dialect(&self) -> &Dialect;

    /// What it can do.
    fn capabilities(&self) -> &Capabilities;

    /// Starts a statement and returns its id at once. The same token always gives the same execution.
    fn submit(&self, submission: &Submission) -> Result<QueryId, EngineError>;

    /// The states of running statements, in the order asked. Waits until one has ended, at most `wait`.
    fn poll(&self, ids: &[QueryId], wait: Duration) -> Result<Vec<State>, EngineError>;

    /// Asks for a statement to stop. Its final state comes from [`Engine::poll`], and may be success.
    fn cancel(&self, id: &QueryId) -> Result<(), EngineError>;

    /// The rows of a statement that has succeeded.
    fn rows(&self, id: &QueryId) -> Result<Rows, EngineError>;

    /// What the catalog knows of tables and views, in the order asked; None where there is nothing of that name.
    fn describe(&self, tables: &[PhysicalName]) -> Result<Vec<Option<Described>>, EngineError>;

    /// All names in a schema, in order; empty if there is no such schema.
    fn list(&self, schema: &str) -> Result<Vec<PhysicalName>, EngineError>;
}

/// How long one look at a statement waits.
const WAIT: Duration = Duration::from_millis(250);

/// Runs a statement to its end and reads its rows; None if it was stopped. `unwanted` is asked again and again, and once it
/// says so the engine is asked to stop.
///
/// It sends once and waits: for people and tests. What must not be lost is the dispatcher's.
pub fn execute(
    engine: &dyn Engine,
    submission: &Submission,
    unwanted: impl Fn() -> bool,
) -> Result<Option<(Stats, Rows)>, EngineError> {
    let id = engine.submit(submission)?;
    match wait(engine, &id, unwanted)? {
        Some(stats) => Ok(Some((stats, engine.rows(&id)?))),
        None => Ok(None),
    }
}

/// Waits for the end of a statement; None if it was stopped.
pub fn wait(engine: &dyn Engine, id: &QueryId, unwanted: impl Fn() -> bool) -> Result<Option<Stats>, EngineError> {
    let mut told = false;
    loop {
        if !told && unwanted() {
            engine.cancel(id)?;
            told = true;
        }
        match engine.poll(std::slice::from_ref(id), WAIT)?.pop() {
            Some(State::Succeeded(stats)) => return Ok(Some(stats)),
            Some(State::Failed(error)) => return Err(error),
            Some(State::Cancelled) => return Ok(None),
            Some(State::Running(_)) | None => {}
        }
    }
}

/// Name of a table in an engine's catalog.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct PhysicalName {
    /// Schema, database of Glue.
    pub schema: String,
    /// Table.
    pub table: String,
}

/// What an engine can do; the planner asks this and never for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// `"t$refs"` can be read inside a statement that writes `t`, so a guard works.
    pub guard_by_refs: bool,
    /// `CREATE OR REPLACE VIEW` is atomic for readers.
    pub replace_view: bool,
    /// `ALTER TABLE … RENAME TO` is atomic and refuses an existing name.
    pub rename_table: bool,
    /// Files can be given with a submission.
    pub files: bool,
    /// A `create table … as` that fails leaves nothing behind, neither the name nor files, so that it can be sent again
    /// as it is. Else it is planned anew under another name.
    pub clean_failures: bool,
    /// Arrays, maps and rows of a result come as such; else as text, for people.
    pub nested_rows: bool,
    /// Where new tables are; None for below the target's warehouse. It is what `{location}` in the dialect's properties
    /// begins with.
    pub location: Option<String>,
    /// Its ids of executions outlive the process, so that others can look them up: they are kept with the outcomes.
    pub query_ids: bool,
    /// What reading costs, if the target says.
    pub price: Option<Price>,
    /// Most statements at once.
    pub max_concurrency: usize,
}

impl Capabilities {
    /// An engine that can do everything, four statements at once, free of charge.
    pub const FULL: Capabilities = Capabilities {
        guard_by_refs: true,
        replace_view: true,
        rename_table: true,
        files: true,
        clean_failures: true,
        nested_rows: true,
        location: None,
        query_ids: true,
        price: None,
        max_concurrency: 4,
    };
}

/// Price of the bytes that statements read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Millionths of the currency for 10^12 bytes.
    pub per_terabyte_micros: u64,
    /// What a statement is charged for at least.
    pub least_bytes: u64,
}

impl Price {
    /// What a statement costs, in the currency. Bytes are rounded up to 10^6.
    pub fn of(&self, bytes_scanned: u64) -> f64 {
        let megabytes = bytes_scanned.max(self.least_bytes).div_ceil(1_000_000);
        megabytes as f64 * self.per_terabyte_micros as f64 / 1e12
    }
}

/// A statement to run.
#[derive(Clone, Debug)]
pub struct Submission {
    /// One statement, without semicolon.
    pub sql: String,
    /// Unique for each attempt of each step of each run; 32 to 128 characters.
    pub token: String,
    /// Relations that are files.
    pub files: Vec<FileRelation>,
}

impl Submission {
    /// A statement under a token of its own: sent again, it would run again.
    pub fn once(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), token: uuid::Uuid::new_v4().simple().to_string(), files: vec![] }
    }
}

/// Files that a statement reads under a table's name. They add the columns `"$file"` (varchar) and `"$arrival"`
/// (timestamp(6) with time zone) where the declared columns name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRelation {
    /// Name in the statement.
    pub name: PhysicalName,
    /// Declared columns.
    pub columns: Vec<ColumnSpec>,
    /// How they are written.
    pub format: FileFormat,
    /// The files, in order.
    pub files: Vec<SourceFile>,
    /// Which rows of them it has.
    pub rows: FileRows,
}

/// Which rows of files a relation has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileRows {
    /// All; one that does not fit the declared columns is an error.
    #[default]
    All,
    /// Those that fit.
    Good,
    /// Those that do not fit: file, line, text and reason of each, whatever columns are declared.
    Bad,
}

impl FileRelation {
    /// The columns of its rows.
    pub fn row_columns(&self) -> Vec<ColumnSpec> {
        match self.rows {
            FileRows::All | FileRows::Good => self.columns.clone(),
            FileRows::Bad => bad_row_columns(),
        }
    }
}

/// A file that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path below the landing folder: what rows tell of the file they came in, wherever the folder is.
    pub path: String,
    /// What is opened: the landing folder joined with the path.
    pub location: String,
}

/// An engine's name for an execution.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct QueryId(pub String);

/// State of an execution.
#[derive(Clone, Debug)]
pub enum State {
    /// Waiting or running.
    Running(Progress),
    /// Ended well.
    Succeeded(Stats),
    /// Ended without effect, or with an unknown one if the error says so.
    Failed(EngineError),
    /// Stopped on request, without effect.
    Cancelled,
}

/// How far a running statement is, as far as the engine tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows read so far.
    pub rows: Option<u64>,
    /// Bytes read so far.
    pub bytes: Option<u64>,
    /// Bytes that it reads in all, as far as it is planned.
    pub total_bytes: Option<u64>,
}

/// What a statement did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Rows returned or changed, if the engine tells.
    pub rows: Option<u64>,
    /// Bytes read, if the engine tells; None too for what is free of charge.
    pub bytes_scanned: Option<u64>,
}

/// A result.
pub struct Rows {
    /// Names and Trino types of the columns.
    pub columns: Vec<(String, Type)>,
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

/// A table or view of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Whether it is a view.
    pub view: bool,
    /// The columns: name, type, nullable.
    pub columns: Vec<(String, Type, bool)>,
    /// Current snapshot; None for views and for tables without one.
    pub snapshot: Option<i64>,
    /// Table properties, such as the ownership mark.
    pub properties: Vec<(String, String)>,
    /// A view's query as the engine keeps it (its spelling may differ from what was sent); None for tables.
    pub definition: Option<String>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// Whether the statement may have had an effect.
    pub effect: Effect,
    /// The engine's own words.
    pub message: String,
    /// Execution, if there was one and others can look it up.
    pub query: Option<QueryId>,
    /// What a person can do about it.
    pub help: Option<String>,
}

impl fmt::Display for EngineError {
    /// The engine's words, and where to look.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.query {
            Some(QueryId(id)) => write!(f, "{} (query {id})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The statement is wrong.
    Statement,
    /// A value in the data is wrong: overflow, bad cast, damaged file.
    Data,
    /// Another writer was first.
    Conflict,
    /// Too many requests or too little capacity.
    Throttled,
    /// Connection, storage or service.
    Unavailable,
    /// Not allowed.
    Denied,
    /// A defect in the engine.
    Internal,
}

/// Whether a failed statement had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Certainly not.
    None,
    /// Unknown: probe first.
    Unknown,
}
