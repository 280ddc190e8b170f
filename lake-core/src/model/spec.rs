//! Declarations as plain data: what the graph, the planner and the reports read.
//!
//! The builders that users write (`history(..).key(..)`) end in these values.

use lake_sql::types::Type;

/// The logical name of a source or model: schema and name as declared, such as `raw.orders`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// Logical schema; a target maps it to a physical one.
    pub schema: String,
    /// Name.
    pub name: String,
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// A column as declared or inferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Name.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Whether it may hold null.
    pub nullable: bool,
    /// Newtype of the declaration.
    pub brand: Option<String>,
    /// The doc comment.
    pub description: String,
    /// Audits declared at the field.
    pub audits: Vec<ColumnAudit>,
    /// What fills it, in a source of files.
    pub content: Content,
}

/// What fills a column of a source of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Content {
    /// A value of the data, found by the column's name.
    #[default]
    Value,
    /// `#[col(file)]`: the path of the file that the row came in (`"$file"`).
    File,
    /// `#[col(arrival)]`: when that file arrived (`"$arrival"`).
    Arrival,
}

/// Audits that a field attribute declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnAudit {
    /// `#[col(unique)]`
    Unique,
    /// `#[col(accepted("a", "b"))]`
    Accepted(Vec<String>),
    /// `#[col(min = "0")]`, `#[col(positive)]`…: an SQL condition over the column, named `{column}`, that every row must meet.
    Condition(String),
}

/// A source: data that others write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSpec {
    /// Its name.
    pub id: Id,
    /// Its columns.
    pub columns: Vec<ColumnSpec>,
    /// Where it comes from.
    pub origin: Origin,
    /// The doc comment.
    pub description: String,
    /// Where it is declared: file, line.
    pub place: (&'static str, u32),
    /// The crate that declares it.
    pub krate: &'static str,
}

/// Where a source's rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A table of the engine's catalog under the same name.
    Table,
    /// Files; a load takes those that the reading model has not loaded yet.
    Files {
        /// How they are written.
        format: FileFormat,
        /// A glob below the target's landing folder, such as `fx/*.json`.
        pattern: String,
        /// What becomes of rows that do not fit the declared columns.
        bad_rows: BadRows,
    },
}

/// What becomes of rows of files that do not fit the declared columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadRows {
    /// The load is refused, with file and line.
    #[default]
    Refuse,
    /// They go to the table `MODEL_bad_rows` beside the model that reads them, and the others are loaded.
    Keep,
}

/// Formats of source files. Any of them may be compressed with gzip (`.gz`) or zstd (`.zst`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// One JSON document a file.
    JsonDocument,
    /// One JSON object a line.
    JsonLines,
    /// Comma-separated values with a header line.
    Csv,
    /// Parquet.
    Parquet,
}

/// A model: a query and how its result is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSpec {
    /// Its name.
    pub id: Id,
    /// The columns that readers see, a history's own columns last.
    pub columns: Vec<ColumnSpec>,
    /// Its SQL.
    pub query: QuerySpec,
    /// How the result is kept.
    pub kind: Kind,
    /// When readers see it.
    pub publish: Publish,
    /// Tags for selection.
    pub tags: Vec<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The doc comment.
    pub description: String,
    /// Where it is declared: file, line.
    pub place: (&'static str, u32),
    /// The crate that declares it.
    pub krate: &'static str,
}

/// A template and what its placeholders stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuerySpec {
    /// The user's text, untouched: `select * from {orders} o`.
    pub template: String,
    /// Placeholder names and their meaning, in order of the function's parameters.
    pub bindings: Vec<(String, Binding)>,
    /// Where the literal stands: file, line and column (from 1) of its first character.
    pub place: (&'static str, u32, u32),
}

/// Meaning of a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A source or another model.
    Ref(Id),
    /// The model's own table.
    This,
    /// The moment of the run.
    Now,
    /// Whether the table does not exist yet.
    FirstRun,
    /// A helper: a template with parameters.
    Helper(HelperSpec),
}

/// A `#[sql_fn]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelperSpec {
    /// Name.
    pub name: String,
    /// Parameters: name, type, nullable.
    pub parameters: Vec<(String, Type, bool)>,
    /// Result: type, nullable.
    pub result: (Type, bool),
    /// Its SQL, a template over its parameters.
    pub template: String,
}

/// How a model's result is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A view: nothing is stored.
    View,
    /// A table that every run computes anew.
    Table,
    /// A table to which runs add.
    Incremental(Write),
    /// Every version of every key (SCD2).
    History(HistorySpec),
}

/// How an incremental model is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Rows are added.
    Append,
    /// Rows replace those of the same key.
    Merge {
        /// Key columns, not null.
        key: Vec<String>,
    },
}

/// How versions are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistorySpec {
    /// Key columns, not null.
    pub key: Vec<String>,
    /// The column that orders the versions of a key.
    pub sequence: String,
    /// What the query returns.
    pub input: HistoryInput,
    /// Columns whose change makes a new version; None: all but key and sequence.
    pub tracked: Option<Vec<String>>,
    /// What to do with two different rows of one key and sequence.
    pub ties: Ties,
    /// Names of the history's own columns.
    pub names: HistoryNames,
}

/// What the query of a history returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryInput {
    /// Changes only: a key that is absent did not change.
    Events {
        /// A condition that marks a row as the end of its key, in SQL over the query's columns.
        delete_when: Option<String>,
    },
    /// All rows at each moment of the sequence: a key that is absent was deleted. Several extracts may come in one load.
    FullExtract(Deletes),
}

/// Deletes found in full extracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletes {
    /// A missing key stays open.
    Ignore,
    /// A missing key is closed at the first extract without it.
    Close {
        /// Refuses a load in which one extract closes more than this share (per cent) of the open keys.
        max_percent: u8,
        /// Accepts an extract without any row.
        allow_empty: bool,
    },
}

/// Rows of one key and one sequence with different values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ties {
    /// The load is refused.
    Error,
    /// The largest of another column wins.
    LastBy(String),
}

/// Names and open end of a history's own columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryNames {
    /// Start of validity (inclusive), of the sequence's type.
    pub from: String,
    /// End of validity (exclusive).
    pub to: String,
    /// What an open end holds: None is null; else a literal such as `2999-01-01`.
    pub open_end: Option<String>,
    /// Boolean: the open version.
    pub current: String,
}

/// When readers see what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Publish {
    /// After its audits have passed.
    #[default]
    Audited,
    /// At once; audits run afterwards.
    Direct,
}
