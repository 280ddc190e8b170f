//! The engine: synchronous outside, the SDK's futures on threads of its own inside.

use std::any::Any;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use lake_core::engine::{
    Capabilities, Described, Effect, Engine, EngineError, ErrorKind, PhysicalName, QueryId, Rows, State, Submission,
    wait,
};
use lake_sql::render::dialect::Dialect;
use tokio::runtime::Runtime;

use crate::client::{Clients, clients};
use crate::config::AthenaConfig;
use crate::error::plain;
use crate::execution::Form;
use crate::poll::Watch;
use crate::probe::Known;
use crate::{catalog, preflight, probe, results, submit};

/// Threads for the SDK: they wait most of the time.
const THREADS: usize = 2;

/// Amazon Athena.
pub struct Athena {
    pub(crate) link: Arc<Link>,
    capabilities: Capabilities,
    /// What was learnt about tables whose metadata has not moved since.
    known: Known,
    /// Held while the account is checked, so that it is checked once.
    checked: Mutex<bool>,
    /// Taken when the engine is dropped.
    threads: Option<Runtime>,
    /// What must not end before the engine.
    kept: Option<Box<dyn Any + Send + Sync>>,
}

/// What tasks on the engine's threads share.
pub(crate) struct Link {
    pub config: AthenaConfig,
    pub watch: Watch,
    clients: OnceLock<Clients>,
}

impl Link {
    /// The clients.
    pub fn clients(&self) -> &Clients {
        self.clients.get().expect("the account is checked before anything is sent")
    }
}

impl Athena {
    /// An engine for these settings. Nothing is sent before the first statement or look-up; then credentials, region,
    /// workgroup and output location are checked first.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn open(config: AthenaConfig) -> Result<Self, EngineError> {
        let capabilities = Capabilities {
            nested_rows: false,
            files: false,
            clean_failures: false,
            location: Some(config.warehouse.clone()),
            price: config.price,
            max_concurrency: config.max_concurrency,
            ..Capabilities::FULL
        };
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("lake-athena")
            .enable_all()
            .build()
            .map_err(|error| plain(ErrorKind::Unavailable, format!("cannot start threads: {error}")))?;
        let link = Arc::new(Link { config, watch: Watch::default(), clients: OnceLock::new() });
        Ok(Self {
            link,
            capabilities,
            known: Known::default(),
            checked: Mutex::default(),
            threads: Some(threads),
            kept: None,
        })
    }

    /// Keeps something until the engine has ended, such as a server that it talks to.
    pub fn keeping(mut self, kept: impl Any + Send + Sync) -> Self {
        self.kept = Some(Box::new(kept));
        self
    }

    fn threads(&self) -> &Runtime {
        self.threads.as_ref().expect("the threads live as long as the engine")
    }

    /// Waits for the answer of the service.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
        self.ready()?;
        self.threads().block_on(work)
    }

    /// Checks once that statements can be sent at all.
    fn ready(&self) -> Result<(), EngineError> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if !*checked {
            self.threads().block_on(async {
                if self.link.clients.get().is_none() {
                    let made = clients(&self.link.config).await;
                    self.link.clients.get_or_init(|| made);
                }
                preflight::check(&self.link).await
            })?;
            *checked = true;
        }
        Ok(())
    }

    /// Runs a statement that changes nothing, and reads its rows.
    pub(crate) fn read(&self, sql: String) -> Result<Rows, EngineError> {
        let token = format!("lake-look-{}", uuid::Uuid::new_v4().simple());
        let submission = Submission { sql, token, files: vec![] };
        // Once more with the same token: a lost answer shall not make a second execution.
        let id = match self.submit(&submission) {
            Err(error) if matches!(error.kind, ErrorKind::Throttled | ErrorKind::Unavailable) => {
                self.submit(&submission)?
            }
            started => started?,
        };
        match wait(self, &id, || false)? {
            Some(_) => self.rows(&id),
            None => {
                let error = plain(ErrorKind::Unavailable, "the statement was cancelled on Athena");
                Err(EngineError { query: Some(id), ..error })
            }
        }
    }
}

impl Drop for Athena {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
        drop(self.kept.take());
    }
}

impl Engine for Athena {
    fn dialect(&self) -> &Dialect {
        &Dialect::ATHENA
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn submit(&self, submission: &Submission) -> Result<QueryId, EngineError> {
        submit::check(submission)?;
        // What fails before the statement is sent has no effect.
        self.ready().map_err(|error| EngineError { effect: Effect::None, ..error })?;
        self.wait(submit::start(&self.link, submission))
    }

    fn poll(&self, ids: &[QueryId], wait: Duration) -> Result<Vec<State>, EngineError> {
        self.ready()?;
        let link = self.link.clone();
        self.link.watch.wait(ids, wait, || {
            self.threads().spawn(crate::poll::run(link));
        })
    }

    fn cancel(&self, id: &QueryId) -> Result<(), EngineError> {
        self.wait(submit::stop(&self.link, id))
    }

    fn rows(&self, id: &QueryId) -> Result<Rows, EngineError> {
        let form = self.link.watch.form(id).unwrap_or(Form::Query);
        self.wait(results::fetch(&self.link, id, form))
    }

    fn describe(&self, tables: &[PhysicalName]) -> Result<Vec<Option<Described>>, EngineError> {
        probe::describe(self, &self.known, tables)
    }

    fn list(&self, schema: &str) -> Result<Vec<PhysicalName>, EngineError> {
        self.wait(catalog::list(&self.link, schema))
    }
}
