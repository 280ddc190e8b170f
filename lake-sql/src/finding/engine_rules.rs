//! What means something else on an engine with Trino's older rules, and cannot be made equal by casts.

use super::Finding;
use crate::span::Span;
use crate::types::Type;

/// Stable id; the finding comes up only where a query is rendered for such an engine, so it has no example of its own.
pub const ID: &str = "engine-rules";

/// A decimal whose digits the engine cannot compute.
pub fn digits(ty: &Type, span: Span) -> Finding {
    Finding::error(ID, span, format!("the engine's older rules cannot compute {ty} here"))
        .label("fewer digits there")
        .help("cast the operands to fewer digits, or compute with double")
}

/// A call that the engine does not have.
pub fn call(name: &str, span: Span) -> Finding {
    Finding::error(ID, span, format!("the engine does not have `{name}` for these arguments")).label("newer Trino only")
}

/// A form that the engine does not have.
pub fn newer(what: &str, span: Span) -> Finding {
    Finding::error(ID, span, format!("the engine does not have {what}")).label("newer Trino only")
}

/// IS TRUE and its kin.
pub fn is_truth(span: Span) -> Finding {
    Finding::error(ID, span, "the engine does not know IS TRUE, IS FALSE and IS UNKNOWN")
        .label("newer Trino only")
        .help("write coalesce(condition, false), or … is null")
}

/// char beside varchar, or cast to it.
pub fn padding(span: Span) -> Finding {
    Finding::error(ID, span, "char becomes varchar here, which keeps other blanks on this engine")
        .label("char")
        .help("declare it as varchar where it is read first: tables keep no char")
}
