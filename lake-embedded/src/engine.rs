//! The engine: statements in the background, by token; their states, results and the catalog.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use lake_core::engine::{Capabilities, Described, Engine, EngineError, PhysicalName, QueryId, Rows, State, Submission};
use lake_core::journal::Pins;
use lake_iceberg::{Entry, Removed, TableName, Warehouse};
use lake_sql::render::dialect::Dialect;
use lake_sql::types::TypeRules;

use crate::cancel::Cancel;
use crate::error::{Fault, Result};
use crate::runtime;
use crate::sources::Files;
use crate::statement::{self, Answer, Ground};
use crate::table::provider::Reads;
use crate::table::schema;

/// Where the engine works, and with how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedConfig {
    /// Folder of the tables, made if it is not there, or `s3://bucket/folder`.
    pub warehouse: PathBuf,
    /// Threads that run statements.
    pub threads: usize,
    /// Memory for sorting, grouping and joining, shared by all statements.
    pub memory_bytes: usize,
}

/// The embedded engine.
pub struct Embedded {
    shared: Arc<Shared>,
    capabilities: Capabilities,
    /// Taken when the engine is dropped.
    threads: Option<tokio::runtime::Runtime>,
}

/// Gives the snapshots that must stay.
pub(crate) type PinSource = Box<dyn Fn() -> Result<Pins, String> + Send + Sync>;

/// What the statements of an engine work on.
struct Shared {
    ground: Ground,
    executions: Mutex<Executions>,
    /// Told when a statement has ended.
    ended: Condvar,
}

#[derive(Default)]
struct Executions {
    by_token: BTreeMap<String, QueryId>,
    by_id: BTreeMap<QueryId, Execution>,
}

struct Execution {
    cancel: Cancel,
    reads: Arc<Reads>,
    outcome: Option<Result<Answer>>,
}

impl Embedded {
    /// Opens the warehouse and starts the engine's threads.
    pub fn open(config: EmbeddedConfig) -> Result<Self, EngineError> {
        Self::open_with_rules(config, TypeRules::New)
    }

    /// Opens the engine with the type rules of another Trino: to stand in for it.
    pub fn open_with_rules(config: EmbeddedConfig, rules: TypeRules) -> Result<Self, EngineError> {
        let warehouse = Warehouse::open(&config.warehouse).map_err(|error| Fault::from(error).at_border())?;
        Self::over(warehouse, config, rules)
    }

    /// Starts the engine over a warehouse that is open, whatever folder the configuration names.
    pub fn over(warehouse: Warehouse, config: EmbeddedConfig, rules: TypeRules) -> Result<Self, EngineError> {
        let open = || {
            let state = runtime::session(config.threads, runtime::memory(config.memory_bytes)?);
            let shared = Shared {
                ground: Ground { warehouse, state, rules, pins: None },
                executions: Mutex::default(),
                ended: Condvar::new(),
            };
            let capabilities =
                Capabilities { query_ids: false, max_concurrency: config.threads.max(1), ..Capabilities::FULL };
            Ok(Self { shared: Arc::new(shared), capabilities, threads: Some(runtime::threads(config.threads)?) })
        };
        open().map_err(|fault: Fault| fault.at_border())
    }

    /// Lets no statement forget a snapshot that somebody still reads: `pins` is asked whenever snapshots are to go, and
    /// none goes if it cannot be answered.
    pub fn keeping(mut self, pins: impl Fn() -> Result<Pins, String> + Send + Sync + 'static) -> Self {
        let shared = Arc::get_mut(&mut self.shared).expect("no statement has been sent to a new engine");
        shared.ground.pins = Some(Box::new(pins));
        self
    }

    /// Removes files of the warehouse that no table refers to and that are older than `age`, or only finds them. `age`
    /// must be longer than any statement runs, in whatever process.
    pub fn collect_garbage(&self, age: Duration, dry_run: bool) -> Result<Removed, EngineError> {
        let (warehouse, now) = (&self.shared.ground.warehouse, SystemTime::now());
        let collected = self.threads().block_on(async {
            match dry_run {
                true => warehouse.find_garbage(now, age).await,
                false => warehouse.collect_garbage(now, age).await,
            }
        });
        collected.map_err(|error| Fault::from(error).at_border())
    }

    fn threads(&self) -> &tokio::runtime::Runtime {
        self.threads.as_ref().expect("the threads live as long as the engine")
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        for execution in self.shared.executions().by_id.values() {
            execution.cancel.ask();
        }
        if let Some(threads) = self.threads.take() {
            threads.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

impl Shared {
    fn executions(&self) -> MutexGuard<'_, Executions> {
        self.executions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self, id: &QueryId, submission: &Submission, cancel: &Cancel, reads: &Arc<Reads>) {
        let files = Files::new(&submission.files);
        let outcome = statement::run(&self.ground, submission, &files, cancel, reads).await;
        self.end(id, outcome);
    }

    fn end(&self, id: &QueryId, outcome: Result<Answer>) {
        if let Some(execution) = self.executions().by_id.get_mut(id) {
            execution.outcome.get_or_insert(outcome);
        }
        self.ended.notify_all();
    }
}

/// Ends a statement whatever happens to its task.
struct Ending {
    shared: Arc<Shared>,
    id: QueryId,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.shared.end(&self.id, Err(Fault::internal("the statement ended without an outcome").unsure()));
    }
}

fn unknown(id: &QueryId) -> EngineError {
    Fault::statement(format!("there is no statement {}", id.0)).at_border()
}

fn state(execution: &Execution) -> State {
    match &execution.outcome {
        None => State::Running(execution.reads.progress()),
        Some(Ok(answer)) => State::Succeeded(answer.stats.clone()),
        Some(Err(fault)) if fault.is_cancelled() => State::Cancelled,
        Some(Err(fault)) => State::Failed(fault.clone().at_border()),
    }
}

impl Engine for Embedded {
    fn dialect(&self) -> &Dialect {
        &Dialect::EMBEDDED
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn submit(&self, submission: &Submission) -> Result<QueryId, EngineError> {
        let (id, cancel, reads) = {
            let mut executions = self.shared.executions();
            if let Some(id) = executions.by_token.get(&submission.token) {
                return Ok(id.clone());
            }
            let id = QueryId(uuid::Uuid::now_v7().to_string());
            let (cancel, reads) = (Cancel::new(), Arc::new(Reads::default()));
            executions.by_token.insert(submission.token.clone(), id.clone());
            executions
                .by_id
                .insert(id.clone(), Execution { cancel: cancel.clone(), reads: reads.clone(), outcome: None });
            (id, cancel, reads)
        };
        let ending = Ending { shared: self.shared.clone(), id: id.clone() };
        let submission = submission.clone();
        self.threads().spawn(async move {
            ending.shared.run(&ending.id, &submission, &cancel, &reads).await;
        });
        Ok(id)
    }

    fn poll(&self, ids: &[QueryId], wait: Duration) -> Result<Vec<State>, EngineError> {
        let deadline = Instant::now() + wait;
        let mut executions = self.shared.executions();
        loop {
            let mut states = Vec::with_capacity(ids.len());
            for id in ids {
                states.push(state(executions.by_id.get(id).ok_or_else(|| unknown(id))?));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || states.is_empty() || states.iter().any(|state| !matches!(state, State::Running(_))) {
                return Ok(states);
            }
            let waited = self.shared.ended.wait_timeout(executions, left);
            executions = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn cancel(&self, id: &QueryId) -> Result<(), EngineError> {
        self.shared.executions().by_id.get(id).ok_or_else(|| unknown(id))?.cancel.ask();
        Ok(())
    }

    fn rows(&self, id: &QueryId) -> Result<Rows, EngineError> {
        let executions = self.shared.executions();
        match &executions.by_id.get(id).ok_or_else(|| unknown(id))?.outcome {
            Some(Ok(answer)) => Ok(Rows { columns: answer.columns.clone(), batches: answer.batches.clone() }),
            Some(Err(fault)) => Err(fault.clone().at_border()),
            None => Err(Fault::statement("the statement has not ended yet").at_border()),
        }
    }

    fn describe(&self, tables: &[PhysicalName]) -> Result<Vec<Option<Described>>, EngineError> {
        let describe = |name| self.threads().block_on(describe(&self.shared.ground.warehouse, name));
        tables.iter().map(describe).collect::<Result<_>>().map_err(|fault| fault.at_border())
    }

    fn list(&self, schema: &str) -> Result<Vec<PhysicalName>, EngineError> {
        let catalog = self.shared.ground.warehouse.catalog();
        if !catalog.has_namespace(schema).map_err(|error| Fault::from(error).at_border())? {
            return Ok(vec![]);
        }
        let found = catalog.list(schema).map_err(|error| Fault::from(error).at_border())?;
        let name = |table| PhysicalName { schema: schema.to_owned(), table };
        Ok(found.into_iter().map(|(table, _)| name(table)).collect())
    }
}

async fn describe(warehouse: &Warehouse, name: &PhysicalName) -> Result<Option<Described>> {
    let entry = TableName::new(name.schema.to_lowercase(), name.table.to_lowercase());
    Ok(match warehouse.catalog().kind(&entry)? {
        Some(Entry::Table) => {
            let table = warehouse.table(&entry.namespace, &entry.name).await?;
            Some(Described {
                view: false,
                columns: schema::columns(table.metadata().current_schema())?,
                snapshot: table.snapshot_id(),
                properties: table.properties().into_iter().collect(),
                definition: None,
            })
        }
        Some(Entry::View) => {
            let view = warehouse.view(&entry.namespace, &entry.name)?;
            Some(Described {
                view: true,
                columns: crate::names::view_columns(&view)?,
                snapshot: None,
                properties: view.properties.clone().into_iter().collect(),
                definition: Some(view.sql),
            })
        }
        _ => None,
    })
}
