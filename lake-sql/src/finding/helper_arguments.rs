//! A helper that is called wrongly.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::bind::Helper;
use crate::bound::Expr;
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "helper-arguments",
    text: "A helper is called with one expression for each of its parameters, of a type that widens to the parameter's.",
    wrong: Example::Query("select {with_tax(note)} as gross from {orders}"),
    right: Example::Query("select {with_tax(amount)} as gross from {orders}"),
};

fn signature(helper: &Helper) -> String {
    let parameters: Vec<String> = helper.parameters.iter().map(|(name, ty, _)| format!("{name} {ty}")).collect();
    format!("{}({})", helper.name, parameters.join(", "))
}

/// A helper without parentheses.
pub fn missing(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` is a helper and is called with arguments"))
        .label("no arguments")
        .help(format!("write {{{name}(…)}}"))
}

/// Arguments behind something that takes none.
pub fn not_a_helper(name: &str, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{name}` is not a helper and takes no arguments"))
        .label("arguments")
        .help(format!("write {{{name}}}"))
}

/// Too few or too many arguments.
pub fn count(helper: &Helper, found: usize, span: Span) -> Finding {
    let expected = helper.parameters.len();
    Finding::error(DOC.id, span, format!("`{}` takes {expected} arguments, found {found}", helper.name))
        .label(format!("{found} given"))
        .note(format!("declared as {}", signature(helper)))
}

/// An argument of the wrong type.
pub fn mismatch(helper: &Helper, parameter: &str, ty: &Type, value: &Expr) -> Finding {
    Finding::error(DOC.id, value.span, format!("`{parameter}` of `{}` takes {ty}, found {}", helper.name, value.ty))
        .label(value.ty.to_string())
        .note(format!("declared as {}", signature(helper)))
}

/// A nullable argument for a parameter that is not.
pub fn nullable(helper: &Helper, parameter: &str, value: &Expr) -> Finding {
    Finding::error(DOC.id, value.span, format!("`{parameter}` of `{}` must not be null", helper.name))
        .label("can be null here")
        .help("wrap it in coalesce(…, default), or declare the parameter as Option")
}

/// A helper that calls itself.
pub fn recursive(helper: &Helper, span: Span) -> Finding {
    Finding::error(DOC.id, span, format!("`{}` calls itself", helper.name)).label("endless")
}
