//! Constants as arrays of one value.

use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use lake_sql::bound::Literal;
use lake_sql::types::Type;

use super::columns::Write;
use crate::error::{Fault, Result};
use crate::types;

/// The value of a literal.
pub(crate) fn array(literal: &Literal, ty: &Type) -> Result<ArrayRef> {
    let out = types::arrow(ty)?;
    match literal {
        Literal::Null => Ok(new_null_array(&out, 1)),
        Literal::Boolean(value) => bool::collect(vec![Some(*value)], &out),
        Literal::Integer(value) => i64::collect(vec![Some(*value)], &out),
        Literal::Decimal(digits) => i128::collect(vec![Some(*digits)], &out),
        Literal::Double(value) => f64::collect(vec![Some(*value)], &out),
        Literal::Text(text) if *ty == Type::Uuid => {
            let value =
                uuid::Uuid::parse_str(text).map_err(|_| Fault::data(format!("Cannot cast value to UUID: {text}")))?;
            Vec::<u8>::collect(vec![Some(value.as_bytes().to_vec())], &out)
        }
        Literal::Text(text) if *ty == Type::Json => String::collect(vec![Some(super::json::canonical(text)?)], &out),
        Literal::Text(text) if matches!(ty, Type::Char(_)) => {
            String::collect(vec![Some(text.trim_end_matches(' ').to_owned())], &out)
        }
        Literal::Text(text) => Ok(Arc::new(arrow::array::StringArray::from(vec![text.as_ref()]))),
        Literal::Bytes(bytes) => Vec::<u8>::collect(vec![Some(bytes.to_vec())], &out),
        Literal::Date(days) => i32::collect(vec![Some(*days)], &out),
        Literal::Time(picoseconds) => i64::collect(vec![Some(picoseconds / 1_000_000)], &out),
        Literal::Timestamp(micros, _) | Literal::TimestampTz(micros, _, _) => i64::collect(vec![Some(*micros)], &out),
        Literal::TimeTz(..) => Err(Fault::unsupported("type time with time zone")),
        Literal::Months(months) => i32::collect(vec![Some(*months)], &out),
        Literal::Millis(millis) => i64::collect(vec![Some(*millis)], &out),
    }
}
