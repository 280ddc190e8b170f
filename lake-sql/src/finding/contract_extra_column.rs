//! An output column that is not declared.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::nearest;
use crate::bind::RelationColumn;
use crate::bound::OutputColumn;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "contract-extra-column",
    text: "The query gives a column that the declared row of its model does not have.",
    wrong: Example::Model {
        columns: &[("customer_id", "bigint", false)],
        sql: "select customer_id, amount from {orders}",
    },
    right: Example::Model {
        columns: &[("customer_id", "bigint", false), ("amount", "decimal(12,2)", false)],
        sql: "select customer_id, amount from {orders}",
    },
};

/// `missing`: the declared columns that the query does not give. Also the position of the one that was probably meant.
pub fn new(name: &str, column: &OutputColumn, missing: &[&RelationColumn], row: &str) -> (Finding, Option<usize>) {
    let fields: Vec<&str> = missing.iter().map(|declared| declared.name.as_str()).collect();
    let found = Finding::error(DOC.id, column.span, format!("output column `{name}` is not a field of `{row}`"))
        .label(format!("has type {}", column.ty));
    match nearest(name, &fields) {
        Some(near) => {
            let meant = fields.iter().position(|field| *field == near);
            (found.help(format!("`{row}` has a field `{near}`; write `… as {near}`")), meant)
        }
        None => (found.help(format!("add the field to `{row}`, or leave the column out")), None),
    }
}
