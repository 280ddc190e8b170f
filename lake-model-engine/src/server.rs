//! What all processes share: catalog, clock, executions and the schedule of faults.

use std::collections::BTreeMap;

use lake_core::engine::{
    Described, EngineError, ErrorKind, FileRelation, PhysicalName, Progress, QueryId, State, Stats, Submission,
};
use lake_sql::render::dialect::Dialect;

use crate::catalog::{Base, Catalog, Change, Entry};
use crate::error::{Result, conflict, died, failure, statement, unclear};
use crate::faults::{Fault, Life, Schedule};
use crate::files::{self, FileStore};
use crate::parse;
use crate::session::Session;
use crate::statement::{Computed, Interpreter, Output};

/// 2026-01-01 00:00:00 UTC, in microseconds.
const START: i64 = 1_767_225_600_000_000;
/// How long each statement takes, in microseconds.
const STATEMENT: i64 = 1_000_000;

/// One started statement.
#[derive(Clone)]
struct Execution {
    state: State,
    output: Output,
    /// Polls that still see it running; None if it hangs.
    polls: Option<usize>,
}

/// The engine behind all connections.
#[derive(Clone)]
pub struct Server {
    /// How SQL is written.
    pub dialect: Dialect,
    /// Tables and views.
    pub catalog: Catalog,
    /// Files.
    pub files: FileStore,
    /// The time, in microseconds.
    pub now: i64,
    /// What will go wrong.
    pub faults: Schedule,
    /// Statements as they were submitted.
    pub log: Vec<String>,
    tokens: BTreeMap<String, (String, QueryId)>,
    executions: BTreeMap<QueryId, Execution>,
}

impl Server {
    /// An engine without anything in it.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            catalog: Catalog::default(),
            files: FileStore::default(),
            now: START,
            faults: Schedule::default(),
            log: vec![],
            tokens: BTreeMap::new(),
            executions: BTreeMap::new(),
        }
    }

    /// Runs a statement that nothing disturbs.
    pub fn execute(&mut self, sql: &str, relations: &[FileRelation]) -> Result<(Output, Option<u64>)> {
        self.run(sql, relations, &[])
    }

    /// Computes a statement, lets others write, and commits.
    fn run(&mut self, sql: &str, relations: &[FileRelation], meanwhile: &[String]) -> Result<(Output, Option<u64>)> {
        self.now += STATEMENT;
        let before = self.catalog.clone();
        let mut computed = self.compute(&before, sql, relations)?;
        for other in meanwhile {
            self.execute(other, &[])?;
        }
        self.catalog.apply(std::mem::replace(&mut computed.change, Change::None), self.now).map_err(|error| {
            // What was checked when the statement began can only be otherwise because of another writer.
            if meanwhile.is_empty() || error.kind != ErrorKind::Statement { error } else { conflict(error.message) }
        })?;
        Ok((computed.output.unwrap_or_default(), computed.count))
    }

    fn compute(&mut self, catalog: &Catalog, sql: &str, relations: &[FileRelation]) -> Result<Computed> {
        let tree = parse::statement_of(sql)?;
        let mut rows = BTreeMap::new();
        for relation in relations {
            rows.insert(relation.name.clone(), files::rows(relation, &self.files)?);
        }
        let session = Session { catalog, files: &rows, now: self.now, rules: self.dialect.rules };
        let uuid = self.catalog.fresh_id();
        Interpreter { session: &session, text: sql, uuid }.run(&tree)
    }

    /// Takes a submission of a process, with the fault that is due.
    pub fn submit(&mut self, submission: &Submission, life: &Life) -> Result<QueryId> {
        self.log.push(submission.sql.clone());
        if let Some((sql, id)) = self.tokens.get(&submission.token) {
            if *sql == submission.sql {
                return Ok(id.clone());
            }
            return Err(statement(format!("token {} was used for another statement: {sql}", submission.token)));
        }
        let fault = self.faults.take(self.log.len() as u64);
        match fault {
            Some(Fault::DieBefore) => {
                life.end();
                return Err(died());
            }
            Some(Fault::Throttle) => return Err(failure(ErrorKind::Throttled, "too many requests")),
            Some(Fault::LoseRequest) => return Err(unclear("the connection was lost")),
            _ => {}
        }
        let id = QueryId(format!("query-{}", self.log.len()));
        let execution = self.start(submission, fault.as_ref(), &id);
        self.executions.insert(id.clone(), execution);
        self.tokens.insert(submission.token.clone(), (submission.sql.clone(), id.clone()));
        match fault {
            Some(Fault::DieAfter) => {
                life.end();
                Err(died())
            }
            Some(Fault::LoseAnswer) => Err(unclear("the connection was lost")),
            _ => Ok(id),
        }
    }

    fn start(&mut self, submission: &Submission, fault: Option<&Fault>, id: &QueryId) -> Execution {
        let ended = |result: Result<(Output, Option<u64>)>| match result {
            Ok((output, rows)) => (State::Succeeded(Stats { rows, bytes_scanned: None }), output),
            Err(error) => (State::Failed(EngineError { query: Some(id.clone()), ..error }), Output::default()),
        };
        let mut run = |meanwhile: &[String]| ended(self.run(&submission.sql, &submission.files, meanwhile));
        let (state, output) = match fault {
            Some(Fault::Conflict) => ended(Err(conflict("ICEBERG_COMMIT_ERROR: another writer was first"))),
            Some(Fault::Internal) => {
                ended(Err(failure(ErrorKind::Internal, "GENERIC_INTERNAL_ERROR: the worker failed")))
            }
            Some(Fault::Hang) => (State::Running(Progress::default()), Output::default()),
            Some(Fault::Meanwhile(others)) => run(others),
            Some(Fault::Unclear { took_effect }) => {
                if *took_effect {
                    run(&[]);
                }
                ended(Err(unclear("the state of the commit is unknown")))
            }
            _ => run(&[]),
        };
        let polls = match fault {
            Some(Fault::Hang) => None,
            Some(Fault::Slow(polls)) => Some(*polls),
            _ => Some(0),
        };
        Execution { state, output, polls }
    }

    fn execution(&mut self, id: &QueryId) -> Result<&mut Execution> {
        self.executions.get_mut(id).ok_or_else(|| statement(format!("there is no query {}", id.0)))
    }

    /// The states of executions. Time passes if one is still running.
    pub fn poll(&mut self, ids: &[QueryId], wait_micros: i64) -> Result<Vec<State>> {
        let mut states = vec![];
        for id in ids {
            let execution = self.execution(id)?;
            states.push(match &mut execution.polls {
                Some(0) => execution.state.clone(),
                Some(polls) => {
                    *polls -= 1;
                    State::Running(Progress { rows: Some(*polls as u64), ..Progress::default() })
                }
                None => State::Running(Progress::default()),
            });
        }
        if states.iter().any(|state| matches!(state, State::Running(_))) {
            self.now += wait_micros;
        }
        Ok(states)
    }

    /// Stops an execution that hangs; any other one has already had its effect.
    pub fn cancel(&mut self, id: &QueryId) -> Result<()> {
        let execution = self.execution(id)?;
        if execution.polls.is_none() {
            execution.state = State::Cancelled;
        }
        execution.polls = Some(0);
        Ok(())
    }

    /// The rows of an execution that has succeeded.
    pub fn output(&mut self, id: &QueryId) -> Result<&Output> {
        let execution = self.execution(id)?;
        match execution.state {
            State::Succeeded(_) => Ok(&execution.output),
            _ => Err(statement(format!("query {} has not succeeded", id.0))),
        }
    }

    /// What stands at a name.
    pub fn describe(&self, name: &PhysicalName) -> Option<Described> {
        Some(match self.catalog.get(name)? {
            Entry::Table(table) => Described {
                view: false,
                columns: table.columns.iter().map(|c| (c.name.clone(), c.ty.clone(), c.nullable)).collect(),
                snapshot: Base::of(table).snapshot,
                properties: table.properties.clone(),
                definition: None,
            },
            Entry::View(view) => Described {
                view: true,
                columns: view.columns.clone(),
                snapshot: None,
                properties: vec![],
                definition: Some(view.sql.clone()),
            },
        })
    }
}
