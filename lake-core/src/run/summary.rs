//! What a run came to.

use serde::{Deserialize, Serialize};

use crate::engine::{Price, QueryId, Stats};

/// Results of a run, as kept in the journal and as printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Version of this form.
    pub version: u32,
    /// The run.
    pub run: String,
    /// The target.
    pub target: String,
    /// When it began, in UTC.
    pub started_at: String,
    /// How long it took.
    pub seconds: f64,
    /// Every model that was asked for, each after what it reads.
    pub models: Vec<ModelResult>,
}

/// Result of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelResult {
    /// Its name.
    pub model: String,
    /// `view`, `table`, `append`, `merge` or `history`.
    pub kind: String,
    /// The crate that declares it.
    pub krate: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Rows written; None where the engine did not tell, and for views.
    pub rows: Option<u64>,
    /// Bad rows of files that were kept aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bad_rows: Option<BadRowsKept>,
    /// What its statements read, audits included.
    #[serde(flatten)]
    pub usage: Usage,
    /// Its executions in order, as the engine names them; empty where its names say nothing to others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<Executed>,
    /// How long it took.
    pub seconds: f64,
    /// Why it ran, failed or was left out, for people.
    pub message: Option<String>,
    /// What a person can do about it.
    pub help: Option<String>,
}

/// Rows of files that did not fit the declared columns, and were kept for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRowsKept {
    /// How many.
    pub rows: u64,
    /// The table that has them, by its physical name.
    pub table: String,
}

/// One execution of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executed {
    /// The step of the plan, `probe of …` or `undo`.
    pub step: String,
    /// The engine's id.
    pub query: QueryId,
}

/// What statements read, as far as the engine tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Bytes.
    #[serde(default)]
    pub bytes_scanned: Option<u64>,
    /// What that costs, if the target has a price.
    #[serde(default)]
    pub cost: Option<f64>,
}

impl Usage {
    /// Adds a statement.
    pub fn add(&mut self, stats: &Stats, price: Option<Price>) {
        let cost = stats.bytes_scanned.zip(price).map(|(bytes, price)| price.of(bytes));
        self.join(Usage { bytes_scanned: stats.bytes_scanned, cost });
    }

    /// Adds what others read.
    pub fn join(&mut self, other: Usage) {
        self.bytes_scanned = sum(self.bytes_scanned, other.bytes_scanned);
        self.cost = sum(self.cost, other.cost);
    }
}

/// What is not known counts nothing; nothing known stays so.
fn sum<T: std::ops::Add<Output = T>>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (known, None) | (None, known) => known,
    }
}

/// How a model ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Readers see what was written.
    Published,
    /// Nothing was new, nothing was written.
    Unchanged,
    /// An audit refused it; readers see the old data.
    Refused,
    /// It failed; readers see the old data.
    Failed,
    /// Something that it reads did not end well.
    Skipped,
    /// The run was interrupted first.
    Cancelled,
}

impl Outcome {
    /// Whether models that read this one may run.
    pub fn is_good(self) -> bool {
        matches!(self, Outcome::Published | Outcome::Unchanged)
    }
}

impl RunSummary {
    /// Models that ended in a certain way.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.models.iter().filter(|model| model.outcome == outcome).count()
    }

    /// What all models read.
    pub fn usage(&self) -> Usage {
        self.models.iter().fold(Usage::default(), |mut all, model| {
            all.join(model.usage);
            all
        })
    }

    /// Whether every model ended well.
    pub fn is_good(&self) -> bool {
        self.models.iter().all(|model| model.outcome.is_good())
    }

    /// Whether the run was interrupted.
    pub fn is_cancelled(&self) -> bool {
        self.count(Outcome::Cancelled) > 0
    }
}
