//! The recorded document of what a run does with one model, and the fold over what came of it.
//!
//! A plan is made from a model and facts alone, written to the journal before anything runs, and says of every step how
//! to find out whether it took effect. The plan is the intent of all its steps: a step without a recorded outcome may
//! have been sent, and is probed before it is sent again. So a crash needs no code of its own.

pub mod facts;
pub mod next;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::engine::{PhysicalName, QueryId};

/// Version of the document's form.
pub const VERSION: u32 = 1;

/// What one run does with one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this form.
    pub version: u32,
    /// The run that made it.
    pub run: String,
    /// The model's logical name.
    pub model: String,
    /// From 1; more after conflicts.
    pub attempt: u32,
    /// The strategy: `view`, `table`, `append`, `merge` or `history`.
    pub kind: String,
    /// Why the model runs.
    pub reason: String,
    /// The moment of the run, in UTC: what `{now}` stands for.
    pub now: String,
    /// What the model looked like; see [`crate::strategy::fingerprint`].
    pub fingerprint: String,
    /// What is read, and at which version.
    pub pins: Vec<Pin>,
    /// Files whose rows are loaded.
    pub files: Vec<FileInput>,
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// What the release will say.
    pub release: Release,
    /// Where bad rows of files go, if they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bad_rows: Option<PhysicalName>,
}

/// What a reference is held to while the plan runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The source or model that is read.
    pub id: String,
    /// Its name in the catalog.
    pub relation: PhysicalName,
    /// The version.
    pub version: Version,
}

/// How a reference is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// One snapshot of an Iceberg table.
    Snapshot(i64),
    /// Exactly the files of the plan.
    FileList,
    /// A table that never changes: a published draft, or a copy of this run.
    Copy(PhysicalName),
    /// Not at all: whatever is there when the statement runs.
    None,
}

/// Files that a plan reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInput {
    /// The source.
    pub source: String,
    /// Its name in the statements.
    pub relation: PhysicalName,
    /// The files, in order.
    pub files: Vec<FileMark>,
    /// Whether bad rows are kept aside, under [`crate::strategy::bad_rows_relation`]; else they are errors.
    #[serde(default)]
    pub keep_bad_rows: bool,
}

/// A file as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileMark {
    /// Path below the landing folder, with `/`.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
}

/// One statement, or the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in the plan, such as `stage`.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// What it changes.
    pub effect: Effect,
    /// How to find out whether it took effect.
    pub probe: Probe,
    /// What keeps a late or second submission harmless.
    pub fence: Fence,
    /// A table to drop if the plan is rolled back.
    pub undo: Option<PhysicalName>,
    /// The step is left out if this measure was zero.
    pub unless_zero: Option<String>,
    /// The table that is made has the model's columns: their types in the catalog are compared with the checked ones.
    #[serde(default)]
    pub typed: bool,
    /// What the columns of the one result row mean; empty for steps that read nothing.
    pub columns: Vec<ReadColumn>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Sends this statement.
    Statement(String),
    /// Writes the publication to the journal: from then on the load counts as done.
    Release,
}

/// What a step changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing.
    Read,
    /// A schema, or a table at a name that nobody had.
    Create,
    /// Rows are added to a table that the plan has made.
    Fill,
    /// Rows are added to a published table.
    Append,
    /// Rows of a published table change.
    Merge,
    /// A published view points elsewhere.
    Repoint,
    /// A table of ours goes.
    Drop,
    /// A table takes its published name.
    Rename,
    /// A publication is recorded.
    Release,
}

/// How to find out whether a step took effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// It may be done again at any time.
    Repeat,
    /// It took effect if this table exists.
    Exists(PhysicalName),
    /// It took effect if the first is gone and the second exists.
    Renamed {
        /// Before.
        from: PhysicalName,
        /// After.
        to: PhysicalName,
    },
    /// It took effect if this statement, one row with one number, gives zero.
    Zero(String),
    /// It took effect if the journal has the publication of this plan.
    Released,
}

/// What keeps a late or second submission harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fence {
    /// Nothing can go wrong.
    None,
    /// The name holds run and attempt; nobody else uses it.
    FreshName,
    /// The statement adds its rows only where they are not yet, and the engine refuses one of two at once.
    Once,
    /// The engine refuses a name that is taken.
    FreeName,
    /// The table's head must be the planned one.
    Head {
        /// The table.
        table: PhysicalName,
        /// Its snapshot when the plan was made.
        snapshot: Option<i64>,
        /// Whether the statement itself compares; else the dispatcher does, just before.
        inside: bool,
        /// The measure that says how many rows must change.
        rows: String,
    },
    /// The journal takes each publication number once.
    Journal,
    /// The table belongs to a plan of ours, by name.
    Owned,
}

/// A column of the one row that a reading step returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadColumn {
    /// A number of failing rows.
    Check(Check),
    /// A value to keep.
    Measure(String),
}

/// A question whose answer should be zero rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stable name, such as `not_null(rate)`.
    pub name: String,
    /// What failing rows mean; `{row has|rows have}` stands for their number and the word that goes with it.
    pub message: String,
    /// Whether readers must not see a load that fails it.
    pub blocking: bool,
    /// A statement that shows some of the failing rows.
    pub sample: Option<String>,
}

/// What the release of a plan will say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its number; the journal takes each once.
    pub number: u64,
    /// The table that readers see through the model's view; None if they read the model's own table.
    pub table: Option<PhysicalName>,
    /// The table with all events of a history so far, if it is made from events.
    pub events: Option<PhysicalName>,
    /// Versions of what was read, leaf by leaf.
    pub inputs: BTreeMap<String, String>,
    /// The measure that gives the number of rows written.
    pub rows: Option<String>,
    /// The measure that gives the newest sequence of the load.
    pub high_water: Option<String>,
}

impl Plan {
    /// The step of a name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Position of the release.
    pub fn released_at(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.action == Action::Release)
    }

    /// Whether the engine opens the files of a source itself; else a table of the run holds their rows.
    pub fn is_handed_over(&self, source: &str) -> bool {
        self.pins.iter().any(|pin| pin.id == source && pin.version == Version::FileList)
    }

    /// What identifies it among all plans of its model.
    pub fn key(&self) -> String {
        format!("{}-{}", self.run, self.attempt)
    }
}

impl Step {
    /// The statement, if it is one.
    pub fn sql(&self) -> Option<&str> {
        match &self.action {
            Action::Statement(sql) => Some(sql),
            Action::Release => None,
        }
    }
}

impl fmt::Display for PhysicalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// Rows returned or changed, if the engine told.
    pub rows: Option<u64>,
    /// Measures, as text.
    pub measures: BTreeMap<String, String>,
    /// Checks that found rows.
    pub failing: Vec<FailedCheck>,
    /// The engine's ids of its executions, in order; none where they say nothing to others, or nobody heard them. The
    /// last one took effect, unless the probe found the effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<QueryId>,
}

impl StepOutcome {
    /// It took effect, and nothing more is known.
    pub fn effective(rows: Option<u64>) -> Self {
        Self { rows, measures: BTreeMap::new(), failing: vec![], queries: vec![] }
    }
}

/// A check that found rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCheck {
    /// The check's name.
    pub name: String,
    /// Number of failing rows.
    pub count: u64,
    /// The message with its count.
    pub message: String,
    /// Whether it keeps the load from readers.
    pub blocking: bool,
}
