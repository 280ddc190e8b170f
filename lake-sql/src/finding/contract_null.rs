//! An output column that may be null where that is not declared.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::bind::RelationColumn;
use crate::bound::OutputColumn;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "contract-null",
    text: "The column may be null: it is declared so upstream, comes from the optional side of an outer join, or its \
           expression may give null. A condition such as `where x is not null` proves that it is not.",
    wrong: Example::Model { columns: &[("note", "varchar", false)], sql: "select note from {orders}" },
    right: Example::Model {
        columns: &[("note", "varchar", false)],
        sql: "select note from {orders} where note is not null",
    },
};

/// The column as it is and as it is declared.
pub fn new(column: &OutputColumn, declared: &RelationColumn, row: &str) -> Finding {
    let name = &declared.name;
    Finding::error(
        DOC.id,
        column.span,
        format!("column `{name}` can be null, but `{row}.{name}` is declared not to be"),
    )
    .label("can be null here")
    .help(format!("declare `{name}` as Option, wrap it in coalesce(…, default), or filter: where … is not null"))
}
