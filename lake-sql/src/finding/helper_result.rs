//! A helper whose SQL does not give what it declares.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::bind::Helper;
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "helper-result",
    text: "The SQL of a helper gives a value of its declared type, null only if that is declared.",
    wrong: Example::Helper { parameter: ("note", "varchar", true), result: ("bigint", false), sql: "length({note})" },
    right: Example::Helper {
        parameter: ("note", "varchar", true),
        result: ("bigint", false),
        sql: "coalesce(length({note}), 0)",
    },
};

/// The type differs.
pub fn mismatch(helper: &Helper, found: &Type, span: Span) -> Finding {
    let declared = &helper.result.0;
    Finding::error(DOC.id, span, format!("`{}` is declared {declared}, but gives {found}", helper.name))
        .label(found.to_string())
        .help(format!("cast it to {declared}, or change the declaration"))
}

/// It may be null and is declared not to be.
pub fn nullable(helper: &Helper, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{}` can be null, but is declared not to be", helper.name))
        .label("can be null here")
        .help("wrap it in coalesce(…, default), or declare the result as Option")
}
