//! USING of a column that one side does not have, or has twice.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::{listed_names, nearest};
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "using-column",
    text: "USING names columns that both sides have, each exactly once.",
    wrong: Example::Query("select order_id from {orders} join {customers} using (order_id)"),
    right: Example::Query("select order_id from {orders} join {customers} using (customer_id)"),
};

/// The side has no such column.
pub fn missing(name: &Ident, side: &str, columns: &[String]) -> Finding {
    let found = Finding::error(DOC.id, name.span, format!("no column `{}` on the {side} side of the join", name.value))
        .label(format!("unknown on the {side} side"))
        .note(format!("columns of the {side} side: {}", listed_names(columns)));
    match nearest(&name.value, columns) {
        Some(near) => found.help(format!("a column with a similar name exists: `{near}`")),
        None => found.help("join with ON where the names differ"),
    }
}

/// The column is named again.
pub fn duplicate(name: &Ident) -> Finding {
    Finding::error(DOC.id, name.span, format!("USING names `{}` twice", name.value)).label("again")
}

/// The side has several such columns.
pub fn ambiguous(name: &Ident, side: &str) -> Finding {
    Finding::error(DOC.id, name.span, format!("column `{}` is ambiguous on the {side} side of the join", name.value))
        .label("several columns have this name")
        .help("join with ON and write the relation before each column")
}
