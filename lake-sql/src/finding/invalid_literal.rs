//! A constant whose text is no value of its type.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "invalid-literal",
    text: "The text is no value of its type: a day that does not exist, a number out of range.",
    wrong: Example::Query("select order_id from {orders} where ordered_at < date '2023-02-29'"),
    right: Example::Query("select order_id from {orders} where ordered_at < date '2023-02-28'"),
};

/// `text`: the constant as written.
pub fn new(text: &str, ty: Option<&Type>, span: Span) -> Finding {
    if text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) {
        return Finding::error(DOC.id, span, format!("{text} does not fit into bigint"))
            .label("too big")
            .help(format!("write decimal '{text}'"));
    }
    let what = match ty {
        Some(Type::Decimal { .. }) => "decimal of at most 38 digits".to_owned(),
        Some(ty) => ty.to_string(),
        None => "constant".to_owned(),
    };
    let found = Finding::error(DOC.id, span, format!("{text} is no valid {what}")).label("not a value");
    match ty {
        Some(Type::Date) => found.help("write date 'year-month-day', such as date '2024-01-31'"),
        Some(Type::Time(_) | Type::TimeTz(_)) => {
            found.help("write time '12:00:00', with an offset such as +01:00 behind it if it has one")
        }
        Some(Type::Timestamp(_) | Type::TimestampTz(_)) => {
            found.help("write timestamp '2024-01-31 12:00:00', with a zone behind it if it has one")
        }
        _ => found,
    }
}
