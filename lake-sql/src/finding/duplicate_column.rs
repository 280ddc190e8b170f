//! Two output columns of one name, where names must differ.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "duplicate-column",
    text: "The columns of a table, view or model have different names. `*` over a join brings the columns of both \
           sides, those of the same name twice.",
    wrong: Example::Model {
        columns: &[("customer_id", "bigint", false)],
        sql: "select o.customer_id, c.customer_id from {orders} o join {customers} c on o.customer_id = c.customer_id",
    },
    right: Example::Model {
        columns: &[("customer_id", "bigint", false)],
        sql: "select o.customer_id from {orders} o join {customers} c on o.customer_id = c.customer_id",
    },
};

/// The second column of that name.
pub fn new(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("output column `{name}` appears twice"))
        .label("second time")
        .help(format!("rename it (… as other_{name}) or leave it out"))
}
