//! Arguments that no overload of a function takes.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::functions::NoMatch;
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "wrong-arguments",
    text: "The function exists, but not for arguments of these types. Nothing becomes text or a number by itself.",
    wrong: Example::Query("select lower(amount) as text from {orders}"),
    right: Example::Query("select lower(cast(amount as varchar)) as text from {orders}"),
};

/// A call of `name` with arguments of these types.
pub fn new(name: &str, span: Span, types: &[Type], reason: &NoMatch) -> Finding {
    let given = types.iter().map(written).collect::<Vec<_>>().join(", ");
    let (message, signatures) = match reason {
        NoMatch::Ambiguous(signatures) => {
            (format!("`{name}({given})` is ambiguous: several overloads take a bare null"), signatures.as_slice())
        }
        NoMatch::NoOverload(signatures) => (format!("`{name}` does not take ({given})"), signatures.as_slice()),
        NoMatch::UnknownName | NoMatch::Lambda => (format!("`{name}` does not take ({given})"), [].as_slice()),
    };
    let mut found = Finding::error(DOC.id, span, message).label(format!("given ({given})"));
    for signature in signatures.iter().take(6) {
        found = found.note(format!("there is {}", spelt(name, signature)));
    }
    if matches!(reason, NoMatch::Ambiguous(_)) {
        found.help("give the null a type: cast(null as bigint)")
    } else {
        found
    }
}

/// A lambda of another number of parameters than the function gives.
pub fn lambda(name: &str, expected: usize, found: usize, span: Span) -> Finding {
    let parameters = if expected == 1 { "1 parameter".to_owned() } else { format!("{expected} parameters") };
    Finding::error(DOC.id, span, format!("`{name}` takes a lambda of {parameters} here, found {found}"))
        .label(format!("{found}"))
}

fn written(ty: &Type) -> String {
    match ty {
        Type::Function(..) => "a lambda".to_owned(),
        Type::Unknown => "null".to_owned(),
        other => other.to_string(),
    }
}

/// A signature with the name in front, whether or not it has one.
fn spelt(name: &str, signature: &str) -> String {
    if signature.starts_with('(') { format!("{name}{signature}") } else { signature.to_owned() }
}
