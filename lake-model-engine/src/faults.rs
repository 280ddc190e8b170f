//! What goes wrong, and when.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Something that happens to one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process dies before the engine hears of the statement.
    DieBefore,
    /// The statement takes effect, and the process dies before it learns of it.
    DieAfter,
    /// The statement takes effect, but the answer to the submission is lost.
    LoseAnswer,
    /// The request never arrives, and the caller cannot know that.
    LoseRequest,
    /// The statement ends with an error that says nothing about its effect, which is as told.
    Unclear {
        /// Whether it took effect.
        took_effect: bool,
    },
    /// Other writers commit these statements after this one has read its tables and before it commits.
    Meanwhile(Vec<String>),
    /// The commit is refused because another writer was first.
    Conflict,
    /// Too many requests; nothing was started.
    Throttle,
    /// The engine fails while it runs; no effect.
    Internal,
    /// It runs until it is cancelled.
    Hang,
    /// It is still running at that many polls, then ends.
    Slow(usize),
}

/// Faults by the number of the submission that they meet.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    faults: BTreeMap<u64, Fault>,
}

impl Schedule {
    /// Sets the fault of a submission.
    pub fn set(&mut self, submission: u64, fault: Fault) {
        self.faults.insert(submission, fault);
    }

    /// Takes the fault of a submission.
    pub fn take(&mut self, submission: u64) -> Option<Fault> {
        self.faults.remove(&submission)
    }

    /// Whether some fault has not happened yet.
    pub fn is_pending(&self) -> bool {
        !self.faults.is_empty()
    }
}

/// Whether a process lives. What it shares with the engine (a store, a clock) can watch the same life.
#[derive(Clone, Debug)]
pub struct Life(Arc<AtomicBool>);

impl Life {
    /// A living process.
    pub fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// Whether it lives.
    pub fn is_alive(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Ends it. Nothing that it does later reaches anybody.
    pub fn end(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Default for Life {
    fn default() -> Self {
        Self::new()
    }
}
