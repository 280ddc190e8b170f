//! Explicit casts: what CAST accepts between two types, whatever the values.

use super::{Type, TypeRules, can_coerce};

/// Whether `CAST(value AS to)` is allowed for a value of type `from`.
pub fn can_cast(from: &Type, to: &Type, rules: TypeRules) -> bool {
    use Type::{
        Array, BigInt, Boolean, Char, Date, Decimal, Double, Error, Integer, IpAddress, Json, Map, Opaque, Real, Row,
        SmallInt, Time, TimeTz, Timestamp, TimestampTz, TinyInt, Unknown, Uuid, Varbinary, Varchar,
    };
    match (from, to) {
        (Error | Unknown, _) | (_, Error) => true,
        _ if from == to => true,
        (Array(a), Array(b)) => can_cast(a, b, rules),
        (Map(k, v), Map(l, w)) => can_cast(k, l, rules) && can_cast(v, w, rules),
        (Row(a), Row(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| can_cast(&a.ty, &b.ty, rules)),
        (_, Json) => becomes_json(from),
        (Json, _) => comes_from_json(to),
        (Boolean | TinyInt | SmallInt | Integer | BigInt | Real | Double | Decimal { .. }, _)
            if to.is_numeric() || *to == Boolean =>
        {
            true
        }
        (Varchar(_), Char(_) | Varbinary | Uuid | IpAddress | Boolean) => true,
        (Varchar(_), Date | Time(_) | TimeTz(_) | Timestamp(_) | TimestampTz(_)) => true,
        (Varchar(_), _) if to.is_numeric() => true,
        (Char(_), Char(_) | Varchar(_)) => true,
        (Char(_), _) => rules == TypeRules::New && from_new_char(to),
        // Before the change a uuid had to be cast to the unbounded varchar.
        (Uuid, Varchar(length)) => length.is_none() || rules == TypeRules::New,
        (_, Varchar(_)) => is_printable(from),
        (Date, Timestamp(_) | TimestampTz(_)) => true,
        (Time(_) | TimeTz(_), Time(_) | TimeTz(_) | Timestamp(_) | TimestampTz(_)) => true,
        (Timestamp(_) | TimestampTz(_), Date | Time(_) | TimeTz(_) | Timestamp(_) | TimestampTz(_)) => true,
        (Varbinary, Uuid | IpAddress) | (Uuid | IpAddress, Varbinary) => true,
        (Varbinary, Opaque(name)) | (Opaque(name), Varbinary) => !matches!(name.as_str(), "p4hyperloglog" | "color"),
        (Opaque(a), Opaque(b)) if a != b => {
            [a, b].iter().all(|name| matches!(name.as_str(), "hyperloglog" | "p4hyperloglog"))
        }
        (_, Opaque(number)) | (Opaque(number), _) if number == "number" => {
            [from, to].iter().any(|other| other.is_numeric() || matches!(other, Varchar(_)))
        }
        _ => can_coerce(from, to, rules),
    }
}

/// What a char may become since it is a varchar with blanks removed. Polymorphic casts (decimal, time) still refuse it.
fn from_new_char(to: &Type) -> bool {
    to.is_integer()
        || matches!(to, Type::Boolean | Type::Real | Type::Double | Type::Varbinary | Type::Date | Type::Timestamp(_))
        || matches!(to, Type::TimestampTz(_) | Type::Uuid | Type::IpAddress)
}

/// Whether a scalar has a cast to varchar.
fn is_printable(ty: &Type) -> bool {
    !matches!(
        ty,
        Type::Varbinary | Type::Array(_) | Type::Map(..) | Type::Row(_) | Type::Function(..) | Type::Opaque(_)
    )
}

fn becomes_json(ty: &Type) -> bool {
    match ty {
        Type::Boolean | Type::Varchar(_) | Type::Json | Type::Date | Type::Timestamp(_) | Type::Unknown => true,
        Type::Array(element) => becomes_json(element),
        Type::Map(key, value) => is_json_key(key) && becomes_json(value),
        Type::Row(fields) => fields.iter().all(|field| becomes_json(&field.ty)),
        _ => ty.is_numeric(),
    }
}

fn comes_from_json(ty: &Type) -> bool {
    match ty {
        Type::Boolean | Type::Varchar(_) | Type::Json => true,
        Type::Array(element) => comes_from_json(element),
        Type::Map(key, value) => is_json_key(key) && comes_from_json(value),
        Type::Row(fields) => fields.iter().all(|field| comes_from_json(&field.ty)),
        _ => ty.is_numeric(),
    }
}

fn is_json_key(ty: &Type) -> bool {
    matches!(ty, Type::Boolean | Type::Varchar(_) | Type::Unknown) || ty.is_numeric()
}
