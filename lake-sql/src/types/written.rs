//! Types from the syntax tree.

use super::parse::{ParseTypeError, date_time, simple};
use super::{Field, Type};
use crate::finding::{Finding, invalid_type};
use crate::syntax::tree::{TypeName, TypeNameKind};

impl Type {
    /// The type that a query wrote, or the finding that there is none such.
    pub fn from_syntax(written: &TypeName) -> Result<Type, Box<Finding>> {
        let failed = |error: ParseTypeError| invalid(written, &error);
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
            let message = format!("unknown type {name} with types in parentheses");
            Err(invalid(written, &ParseTypeError { message, instead: None }))
        }
    }
}

fn invalid(written: &TypeName, error: &ParseTypeError) -> Box<Finding> {
    let whole = matches!(&written.kind, TypeNameKind::Simple(_, numbers) if numbers.is_empty());
    Box::new(invalid_type::new(error, whole, written.span))
}
