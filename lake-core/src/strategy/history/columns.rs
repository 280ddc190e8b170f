//! The roles of a history's columns.

use lake_sql::render::dialect::Dialect;
use lake_sql::types::Type;

use crate::model::spec::{ColumnSpec, HistoryInput, HistoryNames, HistorySpec, ModelSpec};
use crate::strategy::PlanError;
use crate::strategy::sql::{self, ident, literal, stored_columns};

/// Which column is what.
pub(super) struct Columns {
    /// Columns of the query, in order, with the types that tables keep.
    pub(super) query: Vec<ColumnSpec>,
    /// The key.
    pub(super) key: Vec<String>,
    /// What orders versions.
    pub(super) sequence: ColumnSpec,
    /// Columns whose change makes a new version.
    pub(super) tracked: Vec<String>,
    /// Columns that are updated in place.
    pub(super) carried: Vec<String>,
    /// The history's own.
    pub(super) names: HistoryNames,
    from: Type,
    to: Type,
    order: Vec<String>,
}

impl Columns {
    pub(super) fn new(dialect: &Dialect, model: &ModelSpec, history: &HistorySpec) -> Result<Self, PlanError> {
        check_precision(dialect, model, history)?;
        let columns = stored_columns(dialect, &model.columns);
        let names = history.names.clone();
        let own = [&names.from, &names.to, &names.current];
        let query: Vec<ColumnSpec> = columns.iter().filter(|c| !own.contains(&&c.name)).cloned().collect();
        let sequence =
            query.iter().find(|c| c.name == history.sequence).cloned().expect("the sequence is a column of the query");
        let values = query.iter().map(|c| c.name.clone());
        let values: Vec<String> = values.filter(|c| !history.key.contains(c) && *c != history.sequence).collect();
        let (tracked, carried) = values.into_iter().partition(|c| is_tracked(history, c));
        let type_of = |name: &str| columns.iter().find(|c| c.name == name).map(|c| c.ty.clone());
        Ok(Self {
            from: type_of(&names.from).unwrap_or_else(|| sequence.ty.clone()),
            to: type_of(&names.to).unwrap_or_else(|| sequence.ty.clone()),
            order: model.columns.iter().map(|c| c.name.clone()).collect(),
            key: history.key.clone(),
            query,
            sequence,
            tracked,
            carried,
            names,
        })
    }

    /// All columns of the published table, in order.
    pub(super) fn all(&self) -> Vec<String> {
        self.order.clone()
    }

    /// What identifies a version: key and start.
    pub(super) fn identity(&self) -> Vec<String> {
        self.key.iter().chain([&self.names.from]).cloned().collect()
    }

    /// The query's columns but the key.
    pub(super) fn values(&self) -> Vec<&ColumnSpec> {
        self.query.iter().filter(|c| !self.key.contains(&c.name)).collect()
    }

    /// An expression of the sequence's type as a start.
    pub(super) fn start(&self, sequence: &str) -> String {
        format!("cast({sequence} as {})", self.from)
    }

    /// An expression of the sequence's type, null for an open end, as an end.
    pub(super) fn end(&self, sequence: &str) -> String {
        match &self.names.open_end {
            Some(open) => format!("coalesce(cast({sequence} as {0}), cast({1} as {0}))", self.to, literal(open)),
            None => format!("cast({sequence} as {})", self.to),
        }
    }

    /// The end of a version of `alias`, null if it is open, in the sequence's type.
    pub(super) fn known_end(&self, alias: &str) -> String {
        let to = format!("{alias}.{}", ident(&self.names.to));
        let end = match &self.names.open_end {
            Some(open) => format!("nullif({to}, cast({} as {}))", literal(open), self.to),
            None => to,
        };
        format!("cast({end} as {})", self.sequence.ty)
    }

    /// The start of a version of `alias`, in the sequence's type.
    pub(super) fn known_start(&self, alias: &str) -> String {
        format!("cast({alias}.{} as {})", ident(&self.names.from), self.sequence.ty)
    }

    /// `a."k1", a."k2"`
    pub(super) fn keys(&self, alias: &str) -> String {
        sql::qualified(alias, &self.key)
    }

    /// A value of the sequence's type.
    pub(super) fn moment(&self, text: &str) -> String {
        format!("cast({} as {})", literal(text), self.sequence.ty)
    }
}

/// Refuses a sequence that the engine's tables would cut, because versions could then fall together.
fn check_precision(dialect: &Dialect, model: &ModelSpec, history: &HistorySpec) -> Result<(), PlanError> {
    let sequence = model.columns.iter().find(|c| c.name == history.sequence);
    match sequence.map(|c| &c.ty) {
        Some(Type::Timestamp(p) | Type::TimestampTz(p)) if *p > dialect.timestamp_precision => {
            let (column, kept) = (history.sequence.clone(), dialect.timestamp_precision);
            Err(PlanError::Precision { column, declared: *p, kept })
        }
        _ => Ok(()),
    }
}

/// Columns that say what kind of event a row is do not make versions.
fn is_tracked(history: &HistorySpec, column: &str) -> bool {
    match (&history.tracked, &history.input) {
        (Some(tracked), _) => tracked.iter().any(|t| t == column),
        (None, HistoryInput::Events { delete_when: Some(condition) }) => !mentions(condition, column),
        (None, _) => true,
    }
}

fn mentions(condition: &str, column: &str) -> bool {
    condition.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word.eq_ignore_ascii_case(column))
}
