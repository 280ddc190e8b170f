//! Audits: questions about rows whose answer should be none.
//!
//! All questions about one table go to the engine as one statement that returns one row of counts, so that the table is
//! read once for all conditions on single rows.

pub(crate) mod columns;
pub mod entry;

use crate::plan::{Check, ReadColumn};

/// Audits of one relation, being collected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Audits {
    rows: Vec<(ReadColumn, String)>,
    sets: Vec<(ReadColumn, String)>,
}

impl Audits {
    /// Counts rows of the relation that meet a condition.
    pub(crate) fn rows(&mut self, check: Check, failing: impl Into<String>) {
        self.rows.push((ReadColumn::Check(check), failing.into()));
    }

    /// Counts the rows of a query.
    pub(crate) fn set(&mut self, check: Check, query: &str) {
        self.sets.push((ReadColumn::Check(check), format!("select count(*) as n from (\n{query}\n) f")));
    }

    /// Keeps the number of rows of the relation that meet a condition.
    pub(crate) fn count(&mut self, measure: &str, condition: impl Into<String>) {
        self.rows.push((ReadColumn::Measure(measure.into()), condition.into()));
    }

    /// Keeps the result, `n`, of a query with one row.
    pub(crate) fn measure(&mut self, measure: &str, query: impl Into<String>) {
        self.sets.push((ReadColumn::Measure(measure.into()), query.into()));
    }

    /// Whether nothing is asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.sets.is_empty()
    }

    /// The statement, and what its columns mean.
    pub(crate) fn statement(self, relation: &str) -> (String, Vec<ReadColumn>) {
        let counts: Vec<String> = self
            .rows
            .iter()
            .enumerate()
            .map(|(n, (_, condition))| match condition.as_str() {
                "true" => format!("count(*) as \"c{n}\""),
                _ => format!("count(*) filter (where {condition}) as \"c{n}\""),
            })
            .collect();
        let mut parts = vec![];
        let mut results: Vec<String> = (0..self.rows.len()).map(|n| format!("r.\"c{n}\"")).collect();
        if !counts.is_empty() {
            parts.push(format!("(\nselect {}\nfrom {relation}\n) r", counts.join(",\n  ")));
        }
        for (n, (_, query)) in self.sets.iter().enumerate() {
            results.push(format!("s{n}.n as \"s{n}\""));
            parts.push(format!("(\n{query}\n) s{n}"));
        }
        let columns = self.rows.into_iter().chain(self.sets).map(|(column, _)| column).collect();
        (format!("select {}\nfrom {}", results.join(", "), parts.join("\ncross join ")), columns)
    }
}

/// A check that keeps a load from readers.
pub(crate) fn blocking(name: impl Into<String>, message: impl Into<String>, sample: Option<String>) -> Check {
    Check { name: name.into(), message: message.into(), blocking: true, sample }
}

/// Puts a count into a message: `{row has|rows have} no key` becomes `1 row has no key` or `2 rows have no key`.
pub(crate) fn counted(message: &str, count: u64) -> String {
    let Some((before, rest)) = message.split_once('{') else { return message.into() };
    let Some((forms, after)) = rest.split_once('}') else { return message.into() };
    let (one, many) = forms.split_once('|').unwrap_or((forms, forms));
    format!("{before}{count} {}{after}", if count == 1 { one } else { many })
}
