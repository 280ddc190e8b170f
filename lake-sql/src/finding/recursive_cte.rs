//! WITH RECURSIVE that is not shaped as Trino needs it.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::bound::{Column, OutputColumn};
use crate::span::Span;
use crate::syntax::tree::Ident;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "recursive-cte",
    text: "A recursive query names its columns and is `first rows UNION ALL rows from the step before`; the step gives \
           the types of the first rows.",
    wrong: Example::Query(
        "with recursive n as (select 1 as i union all select i + 1 from n where i < 3) select i from n",
    ),
    right: Example::Query(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 3) select i from n",
    ),
};

/// Not a UNION ALL of two arms.
pub fn shape(name: &Ident) -> Finding {
    Finding::error(DOC.id, name.span, format!("the recursive query `{}` is no UNION ALL of two parts", name.value))
        .label("refers to itself")
        .help("write: first rows UNION ALL select … from the query itself")
}

/// Read again in the step.
pub fn twice(name: &Ident, place: Span) -> Finding {
    Finding::error(DOC.id, place, format!("the step of `{}` reads it twice", name.value))
        .label("once is allowed")
        .context(name.span, "the recursive query")
}

/// On the side of an outer join that gives nulls.
pub fn outer_join(name: &Ident, place: Span) -> Finding {
    Finding::error(DOC.id, place, format!("`{}` is on the side of an outer join that may have no row", name.value))
        .label("in its own step")
        .help("use an inner join, or turn the join round")
}

/// Never without a next row.
pub fn endless(name: &Ident, place: Span) -> Finding {
    Finding::error(DOC.id, place, format!("the recursion of `{}` never ends", name.value))
        .label("gives a row for each row")
        .help("add a condition that ends it, such as `where n < 100`")
}

/// Without names for its columns.
pub fn columns(name: &Ident) -> Finding {
    Finding::error(DOC.id, name.span, format!("the recursive query `{}` does not name its columns", name.value))
        .label("needs a column list")
        .help(format!("write {} (a, b, …) as (…)", name.value))
}

/// The step gives a type that the first rows do not have.
pub fn types(column: &Column, step: &OutputColumn) -> Finding {
    let name = column.name.as_deref().unwrap_or("?");
    Finding::error(
        DOC.id,
        step.span,
        format!("the recursive step gives {} for `{name}`, the first rows have {}", step.ty, column.ty),
    )
    .label(step.ty.to_string())
    .help(format!("cast the first rows' column to {}, or this one to {}", step.ty, column.ty))
}
