//! Assignment to a column by INSERT, UPDATE and MERGE: much looser than coercion in expressions.

use super::coercion::integer_digits;
use super::{Type, TypeRules, can_coerce};

/// What assigning a value to a column does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// Keeps every value as it is.
    Exact,
    /// Is accepted by engines, and may change values silently or fail on some; says which.
    Lossy(&'static str),
    /// Is refused.
    Refused,
}

impl Assignment {
    fn and(self, other: Assignment) -> Assignment {
        match (self, other) {
            (Assignment::Refused, _) | (_, Assignment::Refused) => Assignment::Refused,
            (Assignment::Exact, other) => other,
            (lossy, _) => lossy,
        }
    }
}

/// What assigning a value of `from` to a column of `to` does.
pub fn can_assign(from: &Type, to: &Type) -> Assignment {
    use Type::{Array, Char, Date, Map, Row, Time, TimeTz, Timestamp, TimestampTz, Unknown, Varchar};
    match (from, to) {
        (Unknown, _) => Assignment::Exact,
        _ if from == to || from.has_error() || to.has_error() => Assignment::Exact,
        _ if from.is_numeric() && to.is_numeric() => number(from, to),
        (Varchar(_) | Char(_), Varchar(_) | Char(_)) => text(from, to),
        (Date, Timestamp(_) | TimestampTz(_)) => Assignment::Exact,
        (Timestamp(_) | TimestampTz(_), Date) => Assignment::Lossy("the time of day is dropped"),
        (Timestamp(_), TimestampTz(_)) => digits(from, to),
        (TimestampTz(_), Timestamp(_)) => Assignment::Lossy("the time zone is dropped"),
        (Timestamp(_), Timestamp(_)) | (TimestampTz(_), TimestampTz(_)) => digits(from, to),
        (Time(_), Time(_)) | (TimeTz(_), TimeTz(_)) => digits(from, to),
        (Array(a), Array(b)) => can_assign(a, b),
        (Map(k, v), Map(l, w)) => can_assign(k, l).and(can_assign(v, w)),
        (Row(a), Row(b)) if a.len() == b.len() => {
            a.iter().zip(b).fold(Assignment::Exact, |sum, (a, b)| sum.and(can_assign(&a.ty, &b.ty)))
        }
        _ if can_coerce(from, to, TypeRules::New) => Assignment::Exact,
        _ => Assignment::Refused,
    }
}

fn number(from: &Type, to: &Type) -> Assignment {
    const ROUNDS: Assignment = Assignment::Lossy("digits behind the point are rounded");
    const RANGE: Assignment = Assignment::Lossy("large values fail as out of range");
    const INEXACT: Assignment = Assignment::Lossy("large values lose digits");
    const BINARY: Assignment = Assignment::Lossy("decimal fractions become binary approximations");
    let floating = |ty: &Type| matches!(ty, Type::Real | Type::Double);
    match (whole_digits(from), whole_digits(to)) {
        _ if floating(from) && floating(to) => match (from, to) {
            (Type::Double, Type::Real) => INEXACT,
            _ => Assignment::Exact,
        },
        _ if floating(from) => ROUNDS,
        (Some((_, scale)), None) if scale > 0 => BINARY,
        (Some((whole, _)), None) => {
            let exact_digits = if *to == Type::Real { 7 } else { 15 };
            if whole <= exact_digits { Assignment::Exact } else { INEXACT }
        }
        (Some((_, from_scale)), Some((_, to_scale))) if from_scale > to_scale => ROUNDS,
        _ if from.is_integer() && to.is_integer() && integer_digits(from) <= integer_digits(to) => Assignment::Exact,
        (Some((from_whole, _)), Some((to_whole, _))) if to.is_integer() && from_whole >= to_whole => RANGE,
        (Some((from_whole, _)), Some((to_whole, _))) if from_whole > to_whole => RANGE,
        _ => Assignment::Exact,
    }
}

/// Digits before and behind the point; None for floating point.
fn whole_digits(ty: &Type) -> Option<(u8, u8)> {
    match ty {
        Type::Decimal { precision, scale } => Some((precision - scale, *scale)),
        _ => integer_digits(ty).map(|digits| (digits, 0)),
    }
}

fn text(from: &Type, to: &Type) -> Assignment {
    let length = |ty: &Type| match ty {
        Type::Varchar(length) => length.unwrap_or(u32::MAX),
        Type::Char(length) => *length,
        _ => u32::MAX,
    };
    match (from, to) {
        _ if length(from) > length(to) => Assignment::Lossy("longer values fail"),
        (Type::Varchar(_), Type::Char(_)) => Assignment::Lossy("blanks at the end are not kept"),
        _ => Assignment::Exact,
    }
}

fn digits(from: &Type, to: &Type) -> Assignment {
    let precision = |ty: &Type| match ty {
        Type::Time(p) | Type::TimeTz(p) | Type::Timestamp(p) | Type::TimestampTz(p) => *p,
        _ => 0,
    };
    match precision(from) > precision(to) {
        true => Assignment::Lossy("fractions of a second are rounded"),
        false => Assignment::Exact,
    }
}
