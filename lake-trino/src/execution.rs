//! One statement on the server, and the thread that asks for its results until it has ended.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use lake_core::engine::{self, EngineError, QueryId, State, Stats};

use crate::client::Client;
use crate::error;
use crate::page::{Columns, Page};

/// How long a statement is asked for at a server that does not answer: longer than Trino keeps one that nobody asks for
/// (`query.client.timeout`, five minutes unless it is configured), so that it does not go on afterwards.
pub(crate) const ABANDONED: Duration = Duration::from_secs(330);

/// Tells those who wait that some statement has ended.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<u64>,
    waiting: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().expect("nobody panics with the bell in hand") += 1;
        self.waiting.notify_all();
    }

    /// Waits until `done`, at most `wait`.
    pub fn wait_until(&self, wait: Duration, done: impl Fn() -> bool) {
        let until = Instant::now() + wait;
        let mut rung = self.rung.lock().expect("nobody panics with the bell in hand");
        while !done() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            rung = self.waiting.wait_timeout(rung, left).expect("nobody panics with the bell in hand").0;
        }
    }
}

/// One statement on the server.
pub(crate) struct Execution {
    /// The server's name for it.
    pub id: QueryId,
    progress: Mutex<Progress>,
}

struct Progress {
    state: State,
    columns: Option<Columns>,
    batches: Vec<RecordBatch>,
    /// Where to ask next, which is also what stops it.
    next: Option<String>,
    cancelled: bool,
}

/// The state of a query that is not known to have ended.
fn running(page: &Page) -> State {
    State::Running(engine::Progress { rows: page.rows_read, bytes: page.bytes, total_bytes: None })
}

impl Execution {
    /// A statement that was posted.
    pub fn new(page: Page) -> Self {
        let progress =
            Progress { state: running(&page), columns: None, batches: vec![], next: page.next, cancelled: false };
        Self { id: QueryId(page.id), progress: Mutex::new(progress) }
    }

    /// A statement whose end is known.
    pub fn ended(id: QueryId, state: State) -> Self {
        let progress = Progress { state, columns: None, batches: vec![], next: None, cancelled: false };
        Self { id, progress: Mutex::new(progress) }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().expect("nobody panics with the progress in hand")
    }

    /// Its state.
    pub fn state(&self) -> State {
        self.progress().state.clone()
    }

    /// Its result, if it has succeeded.
    pub fn result(&self) -> Option<(Columns, Vec<RecordBatch>)> {
        let progress = self.progress();
        matches!(progress.state, State::Succeeded(_))
            .then(|| (progress.columns.clone().unwrap_or_default(), progress.batches.clone()))
    }

    /// Asks the server to stop it.
    pub fn cancel(&self, client: &Client) -> Result<(), EngineError> {
        let next = {
            let mut progress = self.progress();
            progress.cancelled = true;
            progress.next.clone()
        };
        next.map_or(Ok(()), |uri| client.delete(&uri))
    }

    /// Asks for results until there are no more, or the server has not answered for the time of `patience`.
    pub fn follow(self: Arc<Self>, client: &Client, bell: &Bell, patience: Duration) {
        let end = loop {
            let (next, columns) = {
                let progress = self.progress();
                (progress.next.clone(), progress.columns.clone())
            };
            let Some(uri) = next else { break self.succeeded(None) };
            let wanted = |waited| waited < patience && !self.progress().cancelled;
            match client.page_of(&uri, columns.as_ref(), wanted) {
                Ok(page) => {
                    if let Some(end) = self.take(page) {
                        break end;
                    }
                }
                // What was stopped is forgotten by the server.
                Err(_) if self.progress().cancelled => break State::Cancelled,
                Err(error) => break State::Failed(EngineError { query: Some(self.id.clone()), ..error }),
            }
        };
        let mut progress = self.progress();
        progress.next = None;
        progress.state = end;
        drop(progress);
        bell.ring();
    }

    /// Keeps what a page brings. The state if it was the last one.
    fn take(&self, page: Page) -> Option<State> {
        if let Some(failure) = &page.failure {
            return Some(error::failed(failure, &self.id).map_or(State::Cancelled, State::Failed));
        }
        let mut progress = self.progress();
        if page.columns.is_some() {
            progress.columns = page.columns.clone();
        }
        progress.batches.extend(page.rows.clone());
        progress.next = page.next.clone();
        progress.state = running(&page);
        let last = progress.next.is_none();
        drop(progress);
        last.then(|| self.succeeded(Some(&page)))
    }

    fn succeeded(&self, page: Option<&Page>) -> State {
        let returned: u64 = self.progress().batches.iter().map(|batch| batch.num_rows() as u64).sum();
        State::Succeeded(Stats {
            rows: Some(page.and_then(|page| page.update_count).unwrap_or(returned)),
            bytes_scanned: page.and_then(|page| page.bytes),
        })
    }
}
