//! Literals: their type as written, and their value.

use std::sync::Arc;

use super::binder::Binder;
use super::scope::error_expr;
use super::{SiteKind, build, json_text, temporal, zone};
use crate::bound::{Expr, ExprKind, Literal};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, IntervalField, TypeName};
use crate::types::{self, Type};

impl Binder<'_> {
    /// A constant as written.
    pub fn literal(&mut self, written: &tree::Literal, span: Span) -> Expr {
        use tree::Literal as L;
        let bound = match written {
            L::Null => Some((Literal::Null, Type::Unknown)),
            L::Boolean(value) => Some((Literal::Boolean(*value), Type::Boolean)),
            L::Integer(digits) => integer(digits),
            L::Decimal(digits) => {
                self.site(span, SiteKind::DecimalLiteral);
                decimal(digits)
            }
            L::Double(digits) => {
                digits.replace('_', "").parse().ok().map(|value| (Literal::Double(value), Type::Double))
            }
            L::Text(text) | L::Unicode(text) => Some(varchar(text)),
            L::Binary(bytes) => Some((Literal::Bytes(Arc::from(bytes.as_slice())), Type::Varbinary)),
            L::Typed(ty, text) => return self.typed_literal(ty, text, span),
            L::Interval { negative, value, from, to } => interval(*negative, value, *from, *to),
        };
        match bound {
            Some((value, ty)) => build::literal(value, ty, span),
            None => {
                self.report(finding::invalid_literal::new(span.text(&self.text), None, span));
                error_expr(span)
            }
        }
    }

    /// `date '…'`, `decimal '…'`: a value where it can be read here, a cast of the text where an engine must.
    fn typed_literal(&mut self, ty: &TypeName, text: &str, span: Span) -> Expr {
        let target = match self.literal_type(ty) {
            Ok(target) => target,
            Err(found) => {
                self.report(*found);
                return error_expr(span);
            }
        };
        match typed_value(&target, text) {
            Parsed::Value(value, ty) => build::literal(value, ty, span),
            Parsed::AtRunTime(ty) => {
                let (value, text_ty) = varchar(text);
                let value = build::literal(value, text_ty, span);
                if !types::can_cast(&value.ty, &ty, self.rules) {
                    self.report(finding::invalid_cast::new(&value.ty, &ty, span));
                    return error_expr(span);
                }
                // CAST(varchar AS json) would make a JSON string of the text.
                let kind = match ty {
                    Type::Json => ExprKind::Call { function: "json_parse", args: vec![value] },
                    _ => ExprKind::Cast { expr: Box::new(value), safe: false, implicit: false },
                };
                build::expr(kind, ty, span)
            }
            Parsed::UnknownZone(name) => {
                let finding = zone::unknown(&name, &self.text, span);
                self.report(finding);
                error_expr(span)
            }
            Parsed::Invalid => {
                self.report(finding::invalid_literal::new(span.text(&self.text), Some(&target), span));
                error_expr(span)
            }
        }
    }

    /// The named type; that of a decimal literal comes from its digits.
    fn literal_type(&self, ty: &TypeName) -> Result<Type, Box<finding::Finding>> {
        match &ty.kind {
            tree::TypeNameKind::Simple(name, arguments) if name == "decimal" && arguments.is_empty() => {
                Ok(Type::Decimal { precision: 0, scale: 0 })
            }
            tree::TypeNameKind::Simple(name, arguments) if name == "char" && arguments.is_empty() => Ok(Type::Char(0)),
            _ => Type::from_syntax(ty),
        }
    }
}

/// What came of the text of a typed literal.
enum Parsed {
    Value(Literal, Type),
    AtRunTime(Type),
    UnknownZone(String),
    Invalid,
}

fn typed_value(target: &Type, text: &str) -> Parsed {
    let value = |value: Option<Literal>| match value {
        Some(value) => Parsed::Value(value, target.clone()),
        None => Parsed::Invalid,
    };
    match target {
        Type::Decimal { precision: 0, .. } => match signed_decimal(text) {
            Some((value, ty)) => Parsed::Value(value, ty),
            None => Parsed::Invalid,
        },
        Type::TinyInt => value(ranged::<i8>(text)),
        Type::SmallInt => value(ranged::<i16>(text)),
        Type::Integer => value(ranged::<i32>(text)),
        Type::BigInt => value(ranged::<i64>(text)),
        Type::Double => value(text.trim().parse().ok().map(Literal::Double)),
        Type::Real => value(text.trim().parse::<f32>().ok().map(|number| Literal::Double(f64::from(number)))),
        Type::Boolean => value(match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => Some(Literal::Boolean(true)),
            "false" | "f" | "0" => Some(Literal::Boolean(false)),
            _ => None,
        }),
        Type::Varchar(None) => Parsed::Value(Literal::Text(Arc::from(text)), Type::Varchar(None)),
        Type::Char(0) => {
            let trimmed = text.trim_end_matches(' ');
            let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
            Parsed::Value(Literal::Text(Arc::from(trimmed)), Type::Char(length.max(1)))
        }
        Type::Json if json_text::is_broken(text) => Parsed::Invalid,
        Type::Uuid if !is_uuid(text) => Parsed::Invalid,
        Type::IpAddress if text.parse::<std::net::IpAddr>().is_err() => Parsed::Invalid,
        Type::Date => value(temporal::date(text).map(Literal::Date)),
        Type::Time(_) | Type::TimeTz(_) => match temporal::time(text) {
            Some((literal, ty)) => Parsed::Value(literal, ty),
            None => Parsed::Invalid,
        },
        Type::Timestamp(_) | Type::TimestampTz(_) => match temporal::timestamp(text) {
            Some(temporal::Moment::Known(literal, ty)) => Parsed::Value(literal, ty),
            Some(temporal::Moment::NamedZone(ty)) => Parsed::AtRunTime(ty),
            Some(temporal::Moment::UnknownZone(zone)) => Parsed::UnknownZone(zone),
            None => Parsed::Invalid,
        },
        other => Parsed::AtRunTime(other.clone()),
    }
}

/// `12151fd2-7586-11e9-8f9e-2a86e4085a59`
fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn ranged<T: TryFrom<i64>>(text: &str) -> Option<Literal> {
    let value: i64 = text.trim().parse().ok()?;
    T::try_from(value).ok().map(|_| Literal::Integer(value))
}

/// `42`, `1_000`, `0x2A`, `0o17`, `0b101`: integer if it fits, bigint else.
fn integer(digits: &str) -> Option<(Literal, Type)> {
    let plain = digits.replace('_', "").to_ascii_lowercase();
    let (sign, plain) = match plain.strip_prefix('-') {
        Some(plain) => ("-", plain),
        None => ("", plain.as_str()),
    };
    let radix = match plain.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 10,
    };
    let digits = if radix == 10 { plain } else { &plain[2..] };
    let value = i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()?;
    let ty = if i32::try_from(value).is_ok() { Type::Integer } else { Type::BigInt };
    Some((Literal::Integer(value), ty))
}

/// `1.50` is decimal(3, 2); leading zeros do not count.
fn decimal(digits: &str) -> Option<(Literal, Type)> {
    let plain = digits.replace('_', "");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let whole = whole.trim_start_matches('0');
    if !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) {
        return None;
    }
    let precision = u8::try_from((whole.len() + fraction.len()).max(1)).ok().filter(|precision| *precision <= 38)?;
    let scale = u8::try_from(fraction.len()).ok()?;
    let all = format!("0{whole}{fraction}");
    Some((Literal::Decimal(all.parse().ok()?), Type::Decimal { precision, scale }))
}

fn signed_decimal(text: &str) -> Option<(Literal, Type)> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (value, ty) = decimal(digits)?;
    match value {
        Literal::Decimal(value) if negative => Some((Literal::Decimal(-value), ty)),
        value => Some((value, ty)),
    }
}

fn varchar(text: &str) -> (Literal, Type) {
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    (Literal::Text(Arc::from(text)), Type::Varchar(Some(length)))
}

/// `interval '1-2' year to month`, `interval '1 02:03:04.5' day to second`.
fn interval(negative: bool, text: &str, from: IntervalField, to: Option<IntervalField>) -> Option<(Literal, Type)> {
    let to = to.unwrap_or(from);
    let (minus, text) = match text.strip_prefix('-') {
        Some(rest) => (!negative, rest),
        None => (negative, text.strip_prefix('+').unwrap_or(text)),
    };
    let fields = interval_fields(from, to)?;
    let parts: Vec<&str> = text.split(['-', ' ', ':']).collect();
    if parts.len() != fields.len() {
        return None;
    }
    let sign = if minus { -1 } else { 1 };
    if from <= IntervalField::Month {
        let mut months: i64 = 0;
        for (part, field) in parts.iter().zip(&fields) {
            let unit = if *field == IntervalField::Year { 12 } else { 1 };
            months = months.checked_add(part.parse::<i64>().ok()?.checked_mul(unit)?)?;
        }
        return Some((Literal::Months(i32::try_from(sign * months).ok()?), Type::IntervalYearToMonth));
    }
    let mut millis: i64 = 0;
    for (part, field) in parts.iter().zip(&fields) {
        let value = if *field == IntervalField::Second { milliseconds(part)? } else { part.parse::<i64>().ok()? };
        millis = millis.checked_add(value.checked_mul(unit_millis(*field))?)?;
    }
    Some((Literal::Millis(sign * millis), Type::IntervalDayToSecond))
}

fn interval_fields(from: IntervalField, to: IntervalField) -> Option<Vec<IntervalField>> {
    use IntervalField::{Day, Hour, Minute, Month, Second, Year};
    let group: &[IntervalField] = if from <= Month { &[Year, Month] } else { &[Day, Hour, Minute, Second] };
    if from == to {
        return Some(vec![from]);
    }
    let first = group.iter().position(|field| *field == from)?;
    let last = group.iter().position(|field| *field == to)?;
    (first <= last).then(|| group[first..=last].to_vec())
}

fn unit_millis(field: IntervalField) -> i64 {
    match field {
        IntervalField::Day => 86_400_000,
        IntervalField::Hour => 3_600_000,
        IntervalField::Minute => 60_000,
        // Seconds were read as milliseconds already.
        IntervalField::Second | IntervalField::Year | IntervalField::Month => 1,
    }
}

fn milliseconds(seconds: &str) -> Option<i64> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    if fraction.len() > 3 || !fraction.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<3}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(fraction)
}
