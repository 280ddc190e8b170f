//! What planning must know of the world. The dispatcher gathers it; planning itself asks nobody.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use lake_sql::types::Type;
use serde::{Deserialize, Serialize};

use super::FileMark;
use crate::engine::PhysicalName;
use crate::model::spec::Id;

/// Facts about one model and what it reads.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The run.
    pub run: String,
    /// From 1; more after conflicts.
    pub attempt: u32,
    /// The moment of the run.
    pub now: DateTime<Utc>,
    /// Whether the model's physical schema holds anything; if not, it is created.
    pub schema_exists: bool,
    /// What is at the model's name.
    pub target: Option<TableFact>,
    /// The table with the events that the published history was made from.
    pub events: Option<TableFact>,
    /// What the model reads directly.
    pub upstreams: BTreeMap<Id, UpstreamFact>,
    /// The last publication.
    pub published: Option<Publication>,
    /// Files of earlier loads, for each source.
    pub consumed: BTreeMap<String, BTreeMap<String, FileMark>>,
    /// Rows of the files that the load takes, by source, where the engine cannot open files: JSON arrays as
    /// [`crate::files::rows`] writes them.
    pub landed: BTreeMap<Id, Vec<String>>,
    /// What is known of bad rows that are kept.
    pub bad_rows: BadRowsFact,
    /// Tables of ours that earlier plans kept for inspection.
    pub leftovers: Vec<PhysicalName>,
    /// Plans even if nothing is new.
    pub force: bool,
}

impl Facts {
    /// Whether readers have nothing yet.
    pub fn first_run(&self) -> bool {
        self.target.is_none()
    }
}

/// What planning must know where a model keeps bad rows of files.
#[derive(Clone, Debug, Default)]
pub struct BadRowsFact {
    /// Whether their table is there.
    pub exists: bool,
    /// Those of the files that the load takes, by source, where the engine cannot open files: JSON arrays as
    /// [`crate::files::rows`] writes them.
    pub landed: BTreeMap<Id, Vec<String>>,
}

/// A table or view as the catalog has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFact {
    /// Whether it is a view.
    pub view: bool,
    /// Name, type, nullable.
    pub columns: Vec<(String, Type, bool)>,
    /// Current snapshot.
    pub snapshot: Option<i64>,
    /// A view's query as the engine keeps it.
    pub definition: Option<String>,
}

/// What a model reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamFact {
    /// A table or view of the catalog.
    Table {
        /// What the catalog knows; None if it is not there.
        found: Option<TableFact>,
        /// Versions of the tables that its rows come from, by their logical names.
        leaves: BTreeMap<String, String>,
    },
    /// Files of a source, all that are there, in order.
    Files(Vec<FileMark>),
}

/// What readers see of a model, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Version of this form.
    pub version: u32,
    /// From 1 without gaps.
    pub number: u64,
    /// The run that planned it.
    pub run: String,
    /// That plan's attempt.
    pub attempt: u32,
    /// When it was planned, in UTC.
    pub at: String,
    /// Fingerprint of the model.
    pub fingerprint: String,
    /// The table behind the model's view, if there is one.
    pub table: Option<PhysicalName>,
    /// The table with all events of a history so far, if it is made from events.
    pub events: Option<PhysicalName>,
    /// Versions of what was read.
    pub inputs: BTreeMap<String, String>,
    /// Files of this load, by source.
    pub files: BTreeMap<String, Vec<FileMark>>,
    /// Files of all loads before, by source; only every 32nd publication repeats them.
    pub files_before: Option<BTreeMap<String, Vec<FileMark>>>,
    /// Rows written.
    pub rows: Option<u64>,
    /// Newest sequence that was ever loaded, as text; histories only.
    pub high_water: Option<String>,
}
