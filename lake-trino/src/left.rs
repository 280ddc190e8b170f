//! Statements that a process which is gone has left on the server.
//!
//! Nobody asks for their results any more. One that was quick has done its work and waits for somebody to fetch its
//! results, until the server gives it up; one that still works is stopped, because nobody could hear of its end.

use std::time::{Duration, Instant};

use lake_core::engine::{EngineError, ErrorKind, QueryId};

use crate::catalog::{ask, literal};
use crate::client::Client;
use crate::error;

/// How long a statement may go on by itself: statements without rows cannot be stopped halfway, and end soon.
const GRACE: Duration = Duration::from_secs(2);

/// How long a statement may take to stop.
const STOPPING: Duration = Duration::from_secs(60);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// A statement on the server, whoever has sent it.
pub(crate) struct Left {
    /// The server's name for it.
    pub id: QueryId,
    /// The server's word for its state, such as `FINISHED`.
    pub state: String,
}

/// The newest statement that was sent under a source, once nothing of it works any more.
pub(crate) fn settle(client: &Client, source: &str) -> Result<Option<Left>, EngineError> {
    let began = Instant::now();
    let mut stopped = false;
    loop {
        let Some(left) = find(client, source)? else { return Ok(None) };
        let ended = matches!(left.state.as_str(), "FINISHED" | "FAILED");
        let rests = left.state == "FINISHED" || is_at_rest(client, &left)?;
        if !ended && !stopped && (rests || began.elapsed() > GRACE) {
            kill(client, &left.id)?;
            stopped = true;
        }
        if rests {
            return Ok(Some(left));
        }
        if began.elapsed() > STOPPING {
            let words = "a statement of a process that is gone does not stop on the server";
            return Err(EngineError { query: Some(left.id), ..error::unsure(words) });
        }
        std::thread::sleep(PAUSE);
    }
}

fn find(client: &Client, source: &str) -> Result<Option<Left>, EngineError> {
    let sql = format!(
        "select query_id, state from system.runtime.queries where source = {} order by created desc limit 1",
        literal(source)
    );
    Ok(ask(client, &sql)?.into_iter().next().and_then(|row| {
        let mut values = row.into_iter();
        Some(Left { id: QueryId(values.next()??), state: values.next()?? })
    }))
}

/// Whether nothing of a statement works any more. What has failed may have tasks that have not heard of it yet; one with
/// a task that has all of its rows and waits until they are fetched has done its work.
fn is_at_rest(client: &Client, left: &Left) -> Result<bool, EngineError> {
    let sql = format!("select distinct state from system.runtime.tasks where query_id = {}", literal(&left.id.0));
    let states: Vec<String> = ask(client, &sql)?.into_iter().flatten().flatten().collect();
    let rests = |state: &String| ["FLUSHING", "FINISHED", "CANCELED", "ABORTED", "FAILED"].contains(&state.as_str());
    let done = matches!(left.state.as_str(), "FAILED" | "FINISHING") || states.iter().any(|state| state == "FLUSHING");
    Ok(done && states.iter().all(rests))
}

/// Stops a statement of which only the id is known; one that has ended meanwhile is fine.
fn kill(client: &Client, id: &QueryId) -> Result<(), EngineError> {
    let message = "left behind by a process that is gone";
    let sql = format!("call system.runtime.kill_query({}, {})", literal(&id.0), literal(message));
    match ask(client, &sql) {
        Err(error) if error.kind != ErrorKind::Statement => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}
