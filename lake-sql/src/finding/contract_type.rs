//! An output column of another type than declared.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::bind::RelationColumn;
use crate::bound::OutputColumn;
use crate::types::{Assignment, can_assign};

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "contract-type",
    text: "The query gives a column of another type than its model declares. Types that only widen (integer to bigint, \
           fewer digits of a decimal, a shorter text) are accepted; what could lose something is written as a cast.",
    wrong: Example::Model {
        columns: &[("average", "decimal(12,2)", true)],
        sql: "select avg(cast(amount as double)) as average from {orders}",
    },
    right: Example::Model {
        columns: &[("average", "decimal(12,2)", true)],
        sql: "select cast(avg(amount) as decimal(12,2)) as average from {orders}",
    },
};

/// The column as it is and as it is declared.
pub fn new(column: &OutputColumn, declared: &RelationColumn, row: &str) -> Finding {
    let name = &declared.name;
    let message = format!("column `{name}` is {}, but `{row}.{name}` is declared {}", column.ty, declared.ty);
    let found = Finding::error(DOC.id, column.span, message).label(column.ty.to_string());
    match can_assign(&column.ty, &declared.ty) {
        Assignment::Refused => found.help(format!("give the field the type {}, or compute another column", column.ty)),
        Assignment::Exact => {
            found.help(format!("write cast({name} as {}) as {name}, or change the field", declared.ty))
        }
        Assignment::Lossy(loss) => found
            .note(format!("in a conversion {loss}"))
            .help(format!("write cast(… as {}) as {name} if that is meant, or change the field", declared.ty)),
    }
}
