//! A declared column that the query does not give.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::listed_names;
use crate::bind::RelationColumn;
use crate::bound::OutputColumn;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "contract-missing-column",
    text: "The row that a model declares has a column that its query does not give.",
    wrong: Example::Model {
        columns: &[("customer_id", "bigint", false), ("orders", "bigint", false)],
        sql: "select customer_id from {orders}",
    },
    right: Example::Model {
        columns: &[("customer_id", "bigint", false), ("orders", "bigint", false)],
        sql: "select customer_id, count(*) as orders from {orders} group by customer_id",
    },
};

/// `columns`: what the query gives; `row`: the declared row.
pub fn new(declared: &RelationColumn, columns: &[OutputColumn], row: &str) -> Finding {
    let span = columns.iter().map(|column| column.span).reduce(|one, next| one.to(next)).unwrap_or_default();
    let names: Vec<String> = columns.iter().filter_map(|column| column.name.clone()).collect();
    let name = &declared.name;
    Finding::error(DOC.id, span, format!("no output column `{name}`, which `{row}` declares"))
        .label(format!("`{name}` is missing"))
        .note(format!("the query gives {}", listed_names(&names)))
        .help(format!("add `… as {name}` of type {}, or remove the field from `{row}`", declared.ty))
}
