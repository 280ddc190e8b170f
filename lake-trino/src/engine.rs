//! The engine: statements by token, each with a thread that keeps it alive.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use lake_core::engine::{
    Capabilities, Described, Engine, EngineError, ErrorKind, PhysicalName, QueryId, Rows, State, Stats, Submission,
};
use lake_sql::render::dialect::Dialect;

use crate::client::Client;
use crate::config::TrinoConfig;
use crate::execution::{ABANDONED, Bell, Execution};
use crate::{catalog, check, error, left};

/// A Trino server.
pub struct Trino {
    client: Client,
    dialect: Dialect,
    capabilities: Capabilities,
    statements: Mutex<Statements>,
    bell: Arc<Bell>,
}

#[derive(Default)]
struct Statements {
    by_token: BTreeMap<String, QueryId>,
    by_id: BTreeMap<QueryId, Arc<Execution>>,
    threads: Vec<JoinHandle<()>>,
}

impl Trino {
    /// Connects to a server, and refuses one that cannot be used before anything is sent to it.
    pub fn open(config: TrinoConfig) -> Result<Self, EngineError> {
        let client = Client::new(&config)?;
        check::server(&client, &config)?;
        let dialect = Dialect { rules: config.rules, ..Dialect::TRINO };
        let capabilities = Capabilities { files: false, max_concurrency: config.max_concurrency, ..Capabilities::FULL };
        Ok(Self { client, dialect, capabilities, statements: Mutex::default(), bell: Arc::default() })
    }

    fn statements(&self) -> MutexGuard<'_, Statements> {
        self.statements.lock().expect("nobody panics with the statements in hand")
    }

    fn execution(&self, id: &QueryId) -> Result<Arc<Execution>, EngineError> {
        let found = self.statements().by_id.get(id).cloned();
        found.ok_or_else(|| error::plain(ErrorKind::Statement, format!("there is no statement {}", id.0)))
    }

    /// What a process that is gone has started under this source, as soon as it does nothing any more. Only its probe
    /// tells whether it took effect, unless it has ended well.
    fn left_behind(&self, source: &str) -> Result<Option<Execution>, EngineError> {
        let Some(left) = left::settle(&self.client, source)? else { return Ok(None) };
        let unsure = |words: &str| State::Failed(EngineError { query: Some(left.id.clone()), ..error::unsure(words) });
        let state = match left.state.as_str() {
            "FINISHED" => State::Succeeded(Stats::default()),
            "FAILED" => unsure("the statement has failed in another process"),
            _ => unsure("the statement was left behind by another process"),
        };
        Ok(Some(Execution::ended(left.id.clone(), state)))
    }
}

/// A statement that changes nothing may run twice.
fn only_reads(sql: &str) -> bool {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    ["select", "with", "show", "describe", "explain", "values"].iter().any(|read| read.eq_ignore_ascii_case(word))
}

/// The source under which a statement is sent; headers hold no other characters.
fn source(token: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    format!("lake-{}", token.chars().map(plain).collect::<String>())
}

impl Engine for Trino {
    fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn submit(&self, submission: &Submission) -> Result<QueryId, EngineError> {
        if let Some(id) = self.statements().by_token.get(&submission.token) {
            return Ok(id.clone());
        }
        if !submission.files.is_empty() {
            return Err(error::plain(ErrorKind::Statement, "a Trino server cannot open files of this machine"));
        }
        let source = source(&submission.token);
        let left = if only_reads(&submission.sql) { None } else { self.left_behind(&source)? };
        let execution = Arc::new(match left {
            Some(execution) => execution,
            None => Execution::new(self.client.post(&submission.sql, &source)?),
        });
        let id = execution.id.clone();
        let mut statements = self.statements();
        statements.by_token.insert(submission.token.clone(), id.clone());
        statements.by_id.insert(id.clone(), execution.clone());
        statements.threads.retain(|thread| !thread.is_finished());
        if matches!(execution.state(), State::Running(_)) {
            let (client, bell) = (self.client.clone(), self.bell.clone());
            statements.threads.push(std::thread::spawn(move || execution.follow(&client, &bell, ABANDONED)));
        }
        Ok(id)
    }

    fn poll(&self, ids: &[QueryId], wait: Duration) -> Result<Vec<State>, EngineError> {
        let executions = ids.iter().map(|id| self.execution(id)).collect::<Result<Vec<_>, _>>()?;
        let ended = |execution: &Arc<Execution>| !matches!(execution.state(), State::Running(_));
        self.bell.wait_until(wait, || executions.is_empty() || executions.iter().any(ended));
        Ok(executions.iter().map(|execution| execution.state()).collect())
    }

    fn cancel(&self, id: &QueryId) -> Result<(), EngineError> {
        self.execution(id)?.cancel(&self.client)
    }

    fn rows(&self, id: &QueryId) -> Result<Rows, EngineError> {
        let result = self.execution(id)?.result();
        let (columns, batches) = result
            .ok_or_else(|| error::plain(ErrorKind::Statement, format!("the statement {} has not succeeded", id.0)))?;
        Ok(Rows { columns, batches })
    }

    fn describe(&self, tables: &[PhysicalName]) -> Result<Vec<Option<Described>>, EngineError> {
        catalog::describe(&self.client, tables)
    }

    fn list(&self, schema: &str) -> Result<Vec<PhysicalName>, EngineError> {
        catalog::list(&self.client, schema)
    }
}

impl Drop for Trino {
    /// No statement goes on without somebody who asks for it.
    fn drop(&mut self) {
        let (running, threads) = {
            let mut statements = self.statements();
            let running = statements.by_id.values().filter(|e| matches!(e.state(), State::Running(_))).cloned();
            (running.collect::<Vec<_>>(), std::mem::take(&mut statements.threads))
        };
        for execution in running {
            if let Err(error) = execution.cancel(&self.client) {
                tracing::warn!(query = execution.id.0, message = error.message, "the statement was not stopped");
            }
        }
        for thread in threads {
            let _ = thread.join();
        }
    }
}
