//! Values of all types, with Trino's equality and order.

use std::cmp::Ordering;
use std::sync::Arc;

/// One value. Its type is known to the expression or column that holds it.
///
/// [`Eq`] and [`Ord`] are identity as GROUP BY and DISTINCT see it: null equals null, NaN equals NaN (and is the
/// largest), −0.0 equals 0.0. SQL's `=` is [`equal`].
#[derive(Clone, Debug)]
pub enum Value {
    /// null of any type
    Null,
    /// boolean
    Boolean(bool),
    /// tinyint, smallint, integer, bigint
    Integer(i64),
    /// decimal: digits and scale
    Decimal(i128, u8),
    /// double, and real as the double of the same value
    Double(f64),
    /// varchar, char (without trailing blanks), json, uuid, ipaddress
    Text(Arc<str>),
    /// varbinary
    Bytes(Arc<[u8]>),
    /// date: days since 1970-01-01
    Date(i32),
    /// time: picoseconds since midnight
    Time(i64),
    /// timestamp: microseconds since 1970-01-01T00:00:00
    Timestamp(i64),
    /// timestamp with time zone: microseconds since the epoch in UTC, and the zone
    TimestampTz(i64, Arc<str>),
    /// interval year to month, in months
    Months(i32),
    /// interval day to second, in milliseconds
    Millis(i64),
    /// array
    Array(Arc<[Value]>),
    /// map, in the order of its construction
    Map(Arc<[(Value, Value)]>),
    /// row
    Row(Arc<[Value]>),
}

impl Value {
    /// A text.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Arc::from(text.as_ref()))
    }

    /// A moment in UTC.
    pub fn utc(micros: i64) -> Self {
        Self::TimestampTz(micros, Arc::from("UTC"))
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is boolean true; null is not.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Boolean(true))
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Boolean(_) => 1,
            Self::Integer(_) => 2,
            Self::Decimal(..) => 3,
            Self::Double(_) => 4,
            Self::Text(_) => 5,
            Self::Bytes(_) => 6,
            Self::Date(_) => 7,
            Self::Time(_) => 8,
            Self::Timestamp(_) => 9,
            Self::TimestampTz(..) => 10,
            Self::Months(_) => 11,
            Self::Millis(_) => 12,
            Self::Array(_) => 13,
            Self::Map(_) => 14,
            Self::Row(_) => 15,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Decimal(a, s), Self::Decimal(b, t)) => compare_decimals(*a, *s, *b, *t),
            (Self::Double(a), Self::Double(b)) => compare_doubles(*a, *b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) | (Self::Months(a), Self::Months(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b))
            | (Self::Timestamp(a), Self::Timestamp(b))
            | (Self::Millis(a), Self::Millis(b))
            | (Self::TimestampTz(a, _), Self::TimestampTz(b, _)) => a.cmp(b),
            (Self::Array(a), Self::Array(b)) | (Self::Row(a), Self::Row(b)) => a.cmp(b),
            (Self::Map(a), Self::Map(b)) => sorted(a).cmp(&sorted(b)),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

fn sorted(entries: &[(Value, Value)]) -> Vec<&(Value, Value)> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort();
    entries
}

fn compare_doubles(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Scales are equal after binding; unequal ones come from values made by hand.
fn compare_decimals(a: i128, a_scale: u8, b: i128, b_scale: u8) -> Ordering {
    let scale = a_scale.max(b_scale);
    let lift = |value: i128, from: u8| value.checked_mul(10i128.pow(u32::from(scale - from)));
    match (lift(a, a_scale), lift(b, b_scale)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (None, _) => a.cmp(&0),
        (_, None) => 0.cmp(&b),
    }
}

/// SQL's `=`: None is null. NaN equals nothing.
pub fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Double(a), Value::Double(b)) => Some(a == b),
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => Some(false),
        (Value::Array(a), Value::Array(b)) | (Value::Row(a), Value::Row(b)) => {
            all_equal(a.iter().zip(b.iter()).map(|(a, b)| equal(a, b)))
        }
        (Value::Map(a), Value::Map(b)) if a.len() != b.len() => Some(false),
        (Value::Map(a), Value::Map(b)) => all_equal(a.iter().map(|(key, value)| {
            b.iter().find(|(other, _)| other == key).map_or(Some(false), |(_, other)| equal(value, other))
        })),
        _ => Some(a == b),
    }
}

fn all_equal(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(true) }
}

/// SQL's order for `<` and its kin: None is null or, with NaN, "no comparison holds".
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        _ => Some(a.cmp(b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_three_valued_inside_rows() {
        let row = |values: &[Value]| Value::Row(values.into());
        let (one, two) = (Value::Integer(1), Value::Integer(2));
        assert_eq!(equal(&row(&[one.clone(), Value::Null]), &row(&[one.clone(), two.clone()])), None);
        assert_eq!(equal(&row(&[one.clone(), Value::Null]), &row(&[two.clone(), two.clone()])), Some(false));
        assert_eq!(equal(&row(&[one.clone(), two.clone()]), &row(&[one, two])), Some(true));
    }

    #[test]
    fn nan_is_one_group_but_equals_nothing() {
        let nan = Value::Double(f64::NAN);
        assert_eq!(nan, nan.clone());
        assert_eq!(equal(&nan, &nan), Some(false));
        assert_eq!(Value::Double(-0.0), Value::Double(0.0));
        assert!(nan > Value::Double(f64::INFINITY));
    }

    #[test]
    fn maps_are_equal_whatever_their_order() {
        let entry = |k: &str, v: i64| (Value::text(k), Value::Integer(v));
        let a = Value::Map([entry("a", 1), entry("b", 2)].into());
        let b = Value::Map([entry("b", 2), entry("a", 1)].into());
        assert_eq!(a, b);
        assert_eq!(equal(&a, &b), Some(true));
    }

    #[test]
    fn decimals_of_two_scales_compare_by_value() {
        assert_eq!(Value::Decimal(150, 2), Value::Decimal(15, 1));
        assert!(Value::Decimal(i128::MAX / 2, 0) > Value::Decimal(1, 30));
    }
}
