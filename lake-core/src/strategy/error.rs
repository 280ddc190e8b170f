//! Why a model cannot be planned.

use std::fmt;

use lake_sql::finding::Finding;
use lake_sql::types::Type;

use crate::audit::entry::Drift;
use crate::engine::PhysicalName;
use crate::model::spec::Id;

/// Why a model cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// What the model reads is not in the catalog.
    MissingUpstream {
        /// What it reads.
        upstream: Id,
        /// Its physical name.
        relation: PhysicalName,
        /// Whether it is a model, so that a run could make it.
        model: bool,
    },
    /// The table for bad rows has the name of something that is declared.
    BadRowsName {
        /// The table.
        table: PhysicalName,
        /// Whose name it is.
        taken: Id,
    },
    /// A source is not as declared.
    Drift {
        /// The source.
        source: Id,
        /// Its columns that differ.
        columns: Vec<Drift>,
    },
    /// What is at the model's name is not what the model's kind keeps there.
    WrongObject {
        /// The name.
        relation: PhysicalName,
        /// `view` or `table`.
        found: &'static str,
        /// What the strategy keeps there.
        expected: &'static str,
    },
    /// The published table does not have the model's columns.
    TargetColumns {
        /// The table.
        relation: PhysicalName,
        /// Its columns that differ.
        columns: Vec<Drift>,
    },
    /// There is a table, and the journal knows of no load of it.
    UnknownTarget {
        /// The table.
        relation: PhysicalName,
    },
    /// There is a history made from events, and the table that keeps them is not known or gone.
    LostEvents {
        /// The history.
        relation: PhysicalName,
        /// The table with its events, if the journal knows it.
        events: Option<PhysicalName>,
    },
    /// A file that was loaded is not the same any more.
    FileChanged {
        /// The source.
        source: String,
        /// The file.
        path: String,
        /// Size then and now.
        sizes: (u64, u64),
    },
    /// A view over files, or one that depends on the time of its creation.
    NotAView(&'static str),
    /// The engine lacks something that the strategy needs.
    Unsupported(&'static str),
    /// A type that no table of the engine can hold.
    Storage {
        /// The column.
        column: String,
        /// Its type.
        ty: Type,
    },
    /// The sequence has more digits than the engine keeps.
    Precision {
        /// The column.
        column: String,
        /// Digits declared.
        declared: u8,
        /// Digits kept.
        kept: u8,
    },
    /// The query of a model that was compiled is wrong after all.
    Query {
        /// The model's text.
        template: String,
        /// Where it stands.
        place: (&'static str, u32, u32),
        /// What is wrong.
        findings: Vec<Finding>,
    },
    /// The query reads its own table on a run on which there is none.
    OwnTable(&'static str),
    /// The engine cannot open files, and there is more in them than statements should carry.
    LandedTooMuch {
        /// The source.
        source: Id,
        /// Most bytes of its rows as text.
        most: usize,
    },
    /// One row of a file is longer than a statement may be.
    LandedRow {
        /// The source.
        source: Id,
        /// Bytes of the statement that would carry it.
        bytes: usize,
        /// Most bytes.
        most: usize,
    },
    /// A statement is longer than the engine takes.
    TooLong {
        /// Bytes of the statement.
        bytes: usize,
        /// Most bytes.
        most: usize,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::MissingUpstream { upstream, relation, .. } => {
                write!(f, "`{upstream}` is not in the catalog (looked for {relation})")
            }
            PlanError::BadRowsName { table, taken } => {
                write!(f, "bad rows would be kept in {table}, which is the name of `{taken}`")
            }
            PlanError::Drift { source, columns } => {
                write!(f, "the source `{source}` is not as declared: {}", join(columns))
            }
            PlanError::WrongObject { relation, found, expected } => {
                write!(f, "{relation} is a {found}, expected a {expected}")
            }
            PlanError::TargetColumns { relation, columns } => {
                write!(f, "the table {relation} does not have the model's columns: {}", join(columns))
            }
            PlanError::UnknownTarget { relation } => {
                write!(f, "{relation} exists, but the journal knows of no load of it")
            }
            PlanError::LostEvents { relation, events: Some(events) } => {
                write!(f, "{events}, which keeps the events that {relation} is made from, is gone")
            }
            PlanError::LostEvents { relation, events: None } => {
                write!(f, "the journal does not know the events that {relation} is made from")
            }
            PlanError::FileChanged { source, path, sizes } => {
                write!(f, "`{path}` of `{source}` has changed since it was loaded: {} bytes, then {}", sizes.1, sizes.0)
            }
            PlanError::OwnTable(why) => f.write_str(why),
            PlanError::NotAView(why) => write!(f, "this view cannot be made: {why}"),
            PlanError::Unsupported(what) => write!(f, "the engine of this target cannot {what}"),
            PlanError::Storage { column, ty } => write!(f, "a table cannot hold `{column}`, which is {ty}"),
            PlanError::Precision { column, declared, kept } => {
                write!(f, "`{column}` has {declared} digits of a second, but the engine's tables keep {kept}")
            }
            PlanError::Query { findings, place, .. } => {
                let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
                write!(f, "{}:{}: {}", place.0, place.1, messages.join("; "))
            }
            PlanError::LandedTooMuch { source, most } => {
                let most = most >> 20;
                write!(
                    f,
                    "the new files of `{source}` hold more than {most} MiB of rows; this engine cannot open files, and \
                     rows that are sent to it in statements may be {most} MiB in one load"
                )
            }
            PlanError::LandedRow { source, bytes, most } => {
                write!(f, "a row of `{source}` needs a statement of {bytes} bytes, but the engine takes {most}")
            }
            PlanError::TooLong { bytes, most } => {
                write!(f, "a statement of this model has {bytes} bytes, but the engine takes {most}")
            }
        }
    }
}

fn join(columns: &[Drift]) -> String {
    columns.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl std::error::Error for PlanError {}

impl PlanError {
    /// What a person can do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            PlanError::MissingUpstream { upstream, model: true, .. } => {
                format!("run it first: select `+{upstream}+` or the model with a `+` before its name")
            }
            PlanError::MissingUpstream { upstream, .. } => {
                format!("create the table, or map the schema `{}` in lake.toml", upstream.schema)
            }
            PlanError::BadRowsName { taken, .. } => format!("give `{taken}` another name"),
            PlanError::Drift { .. } => "change the source's struct, or what writes the table".into(),
            PlanError::WrongObject { relation, found, .. } => {
                format!("drop or rename the {found} {relation} if it is no longer needed")
            }
            PlanError::TargetColumns { relation, columns } => columns
                .iter()
                .find(|c| c.found.is_none())
                .map(|c| format!("alter table {relation} add column \"{}\" {}", c.column, c.declared))
                .unwrap_or_else(|| "change the model's columns back, or load into a table of a new name".into()),
            PlanError::UnknownTarget { .. } => {
                "appending could load rows twice: restore the state folder, or move the table away".into()
            }
            PlanError::LostEvents { relation, events } => {
                let lost = events.as_ref().map_or("the state folder".to_owned(), ToString::to_string);
                format!("restore {lost}, or move {relation} away: the next run then makes it anew from all there is")
            }
            PlanError::FileChanged { .. } => {
                "files that were loaded must stay as they are: bring the change as a new file".into()
            }
            PlanError::LandedTooMuch { source, .. } => format!(
                "let fewer files of `{source}` land before each run, or write them into a table of the catalog and \
                 declare the source without `files`"
            ),
            PlanError::LandedRow { source, .. } => {
                format!("declare fewer columns of `{source}`, or write its files into a table of the catalog")
            }
            PlanError::OwnTable(_) => "write `{first_run} or …` before the condition that reads `{this}`".into(),
            PlanError::NotAView(_) => "return a `Table` instead".into(),
            PlanError::Storage { column, .. } => format!("cast `{column}` to another type, such as varchar"),
            PlanError::Precision { column, .. } => format!("declare `{column}` with fewer digits, and cast to it"),
            PlanError::Unsupported(_) | PlanError::Query { .. } | PlanError::TooLong { .. } => return None,
        })
    }
}
