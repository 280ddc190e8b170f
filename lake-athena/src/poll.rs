//! One loop that looks at all running statements, in calls of 50, and tells who waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_athena::types::QueryExecution;
use lake_core::engine::{EngineError, ErrorKind, Progress, QueryId, State};

use crate::engine::Link;
use crate::error::{call, plain};
use crate::execution::{Form, Seen, seen};

/// Most ids of one call.
const BATCH: usize = 50;

/// Longest time between two looks.
const LONGEST: Duration = Duration::from_secs(1);

/// A statement that nobody has asked for in this time is looked at no more.
const FORGOTTEN: Duration = Duration::from_secs(300);

/// Statements that are looked at.
#[derive(Default)]
pub(crate) struct Watch {
    watched: Mutex<Watched>,
    /// Told after each look.
    looked: Condvar,
}

#[derive(Default)]
struct Watched {
    by_id: BTreeMap<QueryId, Entry>,
    /// Whether the loop runs.
    looking: bool,
}

enum Entry {
    Running { since: Instant, asked: Instant, error: Option<EngineError> },
    Ended(State, Form),
}

impl Watch {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a statement that has ended gives back.
    pub fn form(&self, id: &QueryId) -> Option<Form> {
        match self.watched().by_id.get(id) {
            Some(Entry::Ended(_, form)) => Some(*form),
            _ => None,
        }
    }

    /// Waits until one of the statements has ended; `start` starts the loop.
    pub fn wait(&self, ids: &[QueryId], wait: Duration, start: impl FnOnce()) -> Result<Vec<State>, EngineError> {
        let deadline = Instant::now() + wait;
        let mut watched = self.watched();
        watched.ask(ids);
        if !watched.looking && watched.running().next().is_some() {
            watched.looking = true;
            start();
        }
        loop {
            if let Some(error) = watched.take_error(ids) {
                return Err(error);
            }
            let states = watched.states(ids);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || states.is_empty() || states.iter().any(|state| !matches!(state, State::Running(_))) {
                return Ok(states);
            }
            watched = self.looked.wait_timeout(watched, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Watched {
    fn ask(&mut self, ids: &[QueryId]) {
        let now = Instant::now();
        for id in ids {
            let entry = self.by_id.entry(id.clone());
            let entry = entry.or_insert(Entry::Running { since: now, asked: now, error: None });
            if let Entry::Running { asked, .. } = entry {
                *asked = now;
            }
        }
    }

    fn running(&self) -> impl Iterator<Item = &QueryId> {
        self.by_id.iter().filter(|(_, entry)| matches!(entry, Entry::Running { .. })).map(|(id, _)| id)
    }

    fn take_error(&mut self, ids: &[QueryId]) -> Option<EngineError> {
        ids.iter().find_map(|id| match self.by_id.get_mut(id) {
            Some(Entry::Running { error, .. }) => error.take(),
            _ => None,
        })
    }

    fn states(&self, ids: &[QueryId]) -> Vec<State> {
        let state = |id| match self.by_id.get(id) {
            Some(Entry::Ended(state, _)) => state.clone(),
            _ => State::Running(Progress::default()),
        };
        ids.iter().map(state).collect()
    }

    /// The ids of the next look, and the time until the one after it: statements that began just now are looked at
    /// often.
    fn next(&mut self, first: Duration) -> Option<(Vec<QueryId>, Duration)> {
        self.by_id.retain(|_, entry| !matches!(entry, Entry::Running { asked, .. } if asked.elapsed() > FORGOTTEN));
        let ids: Vec<QueryId> = self.running().cloned().collect();
        let ages = self.by_id.values().filter_map(|entry| match entry {
            Entry::Running { since, .. } => Some(since.elapsed()),
            Entry::Ended(..) => None,
        });
        match ages.min() {
            Some(youngest) => Some((ids, (youngest / 8).clamp(first, LONGEST.max(first)))),
            None => {
                self.looking = false;
                None
            }
        }
    }

    fn note(&mut self, id: &QueryId, looked: Result<Seen, EngineError>) {
        let Some(entry) = self.by_id.get_mut(id) else { return };
        match (looked, entry) {
            (Ok(Seen::Running), _) => {}
            (Ok(Seen::Ended(state, form)), entry) => *entry = Entry::Ended(state, form),
            (Err(failed), Entry::Running { error, .. }) => *error = Some(failed),
            (Err(_), Entry::Ended(..)) => {}
        }
    }
}

/// Looks until nothing runs any more.
pub(crate) async fn run(link: Arc<Link>) {
    loop {
        let Some((ids, pause)) = link.watch.watched().next(link.config.poll) else { return };
        tokio::time::sleep(pause.min(link.config.poll)).await;
        for ids in ids.chunks(BATCH) {
            let found = look(&link, ids).await;
            let mut watched = link.watch.watched();
            match found {
                Ok(found) => found.into_iter().for_each(|(id, looked)| watched.note(&id, looked)),
                Err(error) => ids.iter().for_each(|id| watched.note(id, Err(error.clone()))),
            }
        }
        link.watch.looked.notify_all();
        tokio::time::sleep(pause.saturating_sub(link.config.poll)).await;
    }
}

type Found = BTreeMap<QueryId, Result<Seen, EngineError>>;

async fn look(link: &Link, ids: &[QueryId]) -> Result<Found, EngineError> {
    let names = ids.iter().map(|id| id.0.clone()).collect();
    let request = link.clients().athena.batch_get_query_execution().set_query_execution_ids(Some(names));
    let answer = request.send().await.map_err(|error| call("BatchGetQueryExecution", error))?;
    let mut found = Found::new();
    for execution in answer.query_executions() {
        if let Some(id) = execution.query_execution_id() {
            let id = QueryId(id.to_owned());
            let looked = ended(link, &id, execution).await;
            found.insert(id, looked);
        }
    }
    for unprocessed in answer.unprocessed_query_execution_ids() {
        if let Some(id) = unprocessed.query_execution_id() {
            let id = QueryId(id.to_owned());
            let looked = skipped(&id, unprocessed.error_code(), unprocessed.error_message());
            found.insert(id, looked);
        }
    }
    Ok(found)
}

/// The state with the number of changed rows, which only the results tell.
async fn ended(link: &Link, id: &QueryId, execution: &QueryExecution) -> Result<Seen, EngineError> {
    match seen(id, execution) {
        Seen::Ended(State::Succeeded(stats), Form::Write) => {
            let request = link.clients().athena.get_query_results().query_execution_id(&id.0).max_results(1);
            let rows = match request.send().await.map_err(|error| call("GetQueryResults", error)) {
                Ok(answer) => answer.update_count().and_then(|count| u64::try_from(count).ok()),
                Err(error) if matches!(error.kind, ErrorKind::Throttled | ErrorKind::Unavailable) => {
                    return Err(error);
                }
                // Who may not read results cannot be told the number.
                Err(_) => None,
            };
            let stats = lake_core::engine::Stats { rows, ..stats };
            Ok(Seen::Ended(State::Succeeded(stats), Form::Write))
        }
        seen => Ok(seen),
    }
}

/// An id that was left out of a call: for lack of capacity, or because there is no such execution.
fn skipped(id: &QueryId, code: Option<&str>, message: Option<&str>) -> Result<Seen, EngineError> {
    let code = code.unwrap_or_default();
    if code.is_empty() || code.contains("THROTTL") || code.contains("Throttl") || code.contains("INTERNAL") {
        return Ok(Seen::Running);
    }
    let error = plain(ErrorKind::Internal, message.unwrap_or(code));
    Err(EngineError { query: Some(id.clone()), ..error })
}
