//! Types from the syntax tree.

use super::parse::{ParseTypeError, date_time, nearest, simple};
use super::{Field, Type};
use crate::finding::Finding;
use crate::syntax::tree::{TypeName, TypeNameKind};

impl Type {
    /// The type that a query wrote, or the finding that there is none such.
    pub fn from_syntax(written: &TypeName) -> Result<Type, Box<Finding>> {
        let failed = |error: ParseTypeError| invalid(written, error);
        match &written.kind {
            TypeNameKind::Simple(name, numbers) => simple(name, numbers).map_err(failed),
            TypeNameKind::DateTime(name, precision, zone) => date_time(name, *precision, *zone).map_err(failed),
            TypeNameKind::Interval(true) => Ok(Type::IntervalYearToMonth),
            TypeNameKind::Interval(false) => Ok(Type::IntervalDayToSecond),
            TypeNameKind::Array(element) => Ok(Type::Array(Box::new(Type::from_syntax(element)?))),
            TypeNameKind::Map(key, value) => {
                Ok(Type::Map(Box::new(Type::from_syntax(key)?), Box::new(Type::from_syntax(value)?)))
            }
            TypeNameKind::Row(fields) => fields
                .iter()
                .map(|(name, ty)| {
                    Ok(Field { name: name.as_ref().map(|name| name.value.clone()), ty: Type::from_syntax(ty)? })
                })
                .collect::<Result<_, _>>()
                .map(Type::Row),
            TypeNameKind::Generic(name, arguments) => generic(written, name, arguments),
        }
    }
}

fn generic(written: &TypeName, name: &str, arguments: &[TypeName]) -> Result<Type, Box<Finding>> {
    let arguments: Vec<_> = arguments.iter().map(Type::from_syntax).collect::<Result<_, _>>()?;
    match (name, arguments.as_slice()) {
        ("qdigest", [value]) => Ok(Type::Opaque(format!("qdigest({value})"))),
        _ => {
            Err(invalid(written, ParseTypeError { message: format!("unknown type {name} with types in parentheses") }))
        }
    }
}

fn invalid(written: &TypeName, error: ParseTypeError) -> Box<Finding> {
    let finding = Finding::error("unknown-type", written.span, error.message).label("not a type");
    Box::new(match &written.kind {
        TypeNameKind::Simple(name, numbers) => match nearest(name) {
            Some(known) if simple(name, &[]).is_err() && numbers.is_empty() => finding.suggest(written.span, known),
            _ => finding,
        },
        _ => finding,
    })
}
