//! Implicit coercion: which type a value may silently become, and the type that two values share.
//!
//! The rules are those of Trino's type analysis. They are strict: numbers widen, dates become timestamps, and nothing
//! ever becomes or leaves text.

use super::{Field, Type, TypeRules, decimal};

/// Longest char.
const MAX_CHAR: u32 = 65_536;

/// Whether a value of `from` is accepted where `to` is expected.
pub fn can_coerce(from: &Type, to: &Type, rules: TypeRules) -> bool {
    from.has_error() || to.has_error() || common_super_type(from, to, rules).is_some_and(|common| common == *to)
}

/// The type that values of both become without a written cast; None if there is none.
pub fn common_super_type(a: &Type, b: &Type, rules: TypeRules) -> Option<Type> {
    use Type::{Array, Char, Decimal, Error, Map, Row, Time, TimeTz, Timestamp, TimestampTz, Unknown, Varchar};
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Error, _) | (_, Error) => Some(Error),
        (Unknown, other) | (other, Unknown) => Some(other.clone()),
        (Decimal { precision: p1, scale: s1 }, Decimal { precision: p2, scale: s2 }) => {
            Some(decimal::common((*p1, *s1), (*p2, *s2)))
        }
        (Varchar(n), Varchar(m)) => Some(Varchar((*n).zip(*m).map(|(n, m)| n.max(m)))),
        (Char(n), Char(m)) => Some(Char(*n.max(m))),
        (Time(n), Time(m)) => Some(Time(*n.max(m))),
        (TimeTz(n), TimeTz(m)) => Some(TimeTz(*n.max(m))),
        (Timestamp(n), Timestamp(m)) => Some(Timestamp(*n.max(m))),
        (TimestampTz(n), TimestampTz(m)) => Some(TimestampTz(*n.max(m))),
        (Array(a), Array(b)) => Some(Array(Box::new(common_super_type(a, b, rules)?))),
        (Map(k, v), Map(l, w)) => {
            Some(Map(Box::new(common_super_type(k, l, rules)?), Box::new(common_super_type(v, w, rules)?)))
        }
        (Row(a), Row(b)) => common_row(a, b, rules),
        _ => through_other_base(a, b, rules).or_else(|| through_other_base(b, a, rules)),
    }
}

fn common_row(a: &[Field], b: &[Field], rules: TypeRules) -> Option<Type> {
    if a.len() != b.len() {
        return None;
    }
    let common = |(a, b): (&Field, &Field)| {
        let same_name = match (&a.name, &b.name) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        };
        Some(Field { name: a.name.clone().filter(|_| same_name), ty: common_super_type(&a.ty, &b.ty, rules)? })
    };
    a.iter().zip(b).map(common).collect::<Option<_>>().map(Type::Row)
}

/// Widens `from` to the kind of type that `to` is, if that is allowed, and takes the common type there.
fn through_other_base(from: &Type, to: &Type, rules: TypeRules) -> Option<Type> {
    let widened = widen(from, to, rules)?;
    common_super_type(&widened, to, rules)
}

/// The narrowest type of the kind of `to` that holds all values of `from`.
pub(super) fn widen(from: &Type, to: &Type, rules: TypeRules) -> Option<Type> {
    use Type::{
        BigInt, Char, Date, Decimal, Double, Integer, Real, SmallInt, Time, TimeTz, Timestamp, TimestampTz, TinyInt,
        Varchar,
    };
    match (from, to) {
        (TinyInt, SmallInt | Integer | BigInt | Real | Double)
        | (SmallInt, Integer | BigInt | Real | Double)
        | (Integer, BigInt | Real | Double)
        | (BigInt | Decimal { .. }, Real | Double)
        | (Real, Double) => Some(to.clone()),
        (TinyInt | SmallInt | Integer | BigInt, Decimal { .. }) => {
            Some(Decimal { precision: integer_digits(from)?, scale: 0 })
        }
        (Date, Timestamp(_)) => Some(Timestamp(0)),
        (Date, TimestampTz(_)) => Some(TimestampTz(0)),
        (Time(precision), TimeTz(_)) => Some(TimeTz(*precision)),
        (Timestamp(precision), TimestampTz(_)) => Some(TimestampTz(*precision)),
        (Char(length), Varchar(_)) if rules == TypeRules::New => Some(Varchar(Some(*length))),
        (Varchar(length), Char(_)) if rules == TypeRules::Old => Some(Char(length.unwrap_or(MAX_CHAR).min(MAX_CHAR))),
        _ => None,
    }
}

/// How many decimal digits an integer type needs.
pub(super) fn integer_digits(ty: &Type) -> Option<u8> {
    match ty {
        Type::TinyInt => Some(3),
        Type::SmallInt => Some(5),
        Type::Integer => Some(10),
        Type::BigInt => Some(19),
        _ => None,
    }
}
