//! Values in the text forms of GetQueryResults.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow::util::display::array_value_to_string;
use lake_sql::render::dialect::Dialect;
use lake_sql::types::Type;
use serde_json::{Value, json};

use crate::executions::Answer;

/// The rows of an answer; None is NULL.
pub(crate) fn rows(answer: &Answer) -> Vec<Vec<Option<String>>> {
    let mut rows = vec![];
    for batch in &answer.batches {
        for row in 0..batch.num_rows() {
            let columns = batch.columns().iter().zip(&answer.columns);
            rows.push(columns.map(|(array, (_, ty))| cell(array, ty, row)).collect());
        }
    }
    rows
}

/// What the metadata says of a column.
pub(crate) fn column_info(name: &str, ty: &Type) -> Value {
    let (base, precision, scale) = match ty {
        Type::Boolean => ("boolean", 0, 0),
        Type::TinyInt => ("tinyint", 3, 0),
        Type::SmallInt => ("smallint", 5, 0),
        Type::Integer => ("integer", 10, 0),
        Type::BigInt => ("bigint", 19, 0),
        Type::Real => ("float", 17, 0),
        Type::Double => ("double", 17, 0),
        Type::Decimal { precision, scale } => ("decimal", i64::from(*precision), i64::from(*scale)),
        Type::Char(_) => ("char", 0, 0),
        Type::Varbinary => ("varbinary", 1_073_741_824, 0),
        Type::Date => ("date", 0, 0),
        Type::Time(_) => ("time", 3, 0),
        Type::Timestamp(_) => ("timestamp", 3, 0),
        Type::TimestampTz(_) => ("timestamp with time zone", 3, 0),
        Type::Array(_) => ("array", 0, 0),
        Type::Map(..) => ("map", 0, 0),
        Type::Row(_) => ("row", 0, 0),
        Type::Json => ("json", 0, 0),
        Type::Uuid => ("uuid", 0, 0),
        Type::Unknown => ("unknown", 0, 0),
        _ => ("varchar", 2_147_483_647, 0),
    };
    json!({
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": base,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": matches!(ty, Type::Varchar(_) | Type::Char(_)),
    })
}

fn cell(array: &ArrayRef, ty: &Type, row: usize) -> Option<String> {
    array.is_valid(row).then(|| value(array, ty, row))
}

/// A value that is part of another one.
fn inner(array: &ArrayRef, ty: &Type, row: usize) -> String {
    cell(array, ty, row).unwrap_or_else(|| "null".into())
}

fn value(array: &ArrayRef, ty: &Type, row: usize) -> String {
    match (ty, array.data_type()) {
        (Type::Real, DataType::Float32) => double(f64::from(array.as_primitive::<Float32Type>().value(row)), true),
        (Type::Double, DataType::Float64) => double(array.as_primitive::<Float64Type>().value(row), false),
        (Type::Timestamp(precision), DataType::Timestamp(..)) => {
            moment(array.as_primitive::<TimestampMicrosecondType>().value(row), *precision)
        }
        (Type::TimestampTz(precision), DataType::Timestamp(..)) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            format!("{} UTC", moment(micros, *precision))
        }
        (Type::Time(precision), DataType::Time64(_)) => {
            let micros = array.as_primitive::<Time64MicrosecondType>().value(row);
            moment(micros, *precision).split_once(' ').map(|(_, time)| time.to_owned()).unwrap_or_default()
        }
        (Type::Varbinary, DataType::Binary) => pairs(array.as_binary::<i32>().value(row)),
        (Type::Uuid, DataType::FixedSizeBinary(16)) => {
            let bytes = array.as_fixed_size_binary().value(row);
            uuid::Uuid::from_slice(bytes).map(|uuid| uuid.to_string()).unwrap_or_default()
        }
        (Type::Array(element), DataType::List(_)) => {
            let list = array.as_list::<i32>().value(row);
            let items: Vec<String> = (0..list.len()).map(|n| inner(&list, element, n)).collect();
            format!("[{}]", items.join(", "))
        }
        (Type::Map(key, of), DataType::Map(..)) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let pair = |n| format!("{}={}", inner(keys, key, n), inner(values, of, n));
            format!("{{{}}}", (0..entries.len()).map(pair).collect::<Vec<_>>().join(", "))
        }
        (Type::Row(fields), DataType::Struct(_)) => {
            let parts = array.as_struct().columns().iter().zip(fields).enumerate();
            let parts = parts.map(|(n, (column, field))| {
                let name = field.name.clone().unwrap_or_else(|| format!("field{n}"));
                format!("{name}={}", inner(column, &field.ty, row))
            });
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
        // Numbers, dates, texts: as Arrow shows them.
        _ => array_value_to_string(array, row).unwrap_or_default(),
    }
}

/// `01 ff`
fn pairs(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// `2024-01-01 00:00:00.000`, with at least milliseconds.
fn moment(micros: i64, precision: u8) -> String {
    let literal = Dialect::EMBEDDED.timestamp(micros);
    let text = literal.trim_start_matches("timestamp '").trim_end_matches('\'');
    let dropped = 6 - usize::from(precision.clamp(3, 6));
    text[..text.len() - dropped].to_owned()
}

/// As Java writes doubles: `1.0`, `1.0E10`.
fn double(value: f64, single: bool) -> String {
    if !value.is_finite() {
        let sign = if value < 0.0 { "-" } else { "" };
        return if value.is_nan() { "NaN".into() } else { format!("{sign}Infinity") };
    }
    let whole = value == 0.0 || (1e-3..1e7).contains(&value.abs());
    let text = match (whole, single) {
        (true, true) => format!("{:?}", value as f32),
        (true, false) => format!("{value:?}"),
        (false, true) => format!("{:e}", value as f32),
        (false, false) => format!("{value:e}"),
    };
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_and_moments_are_written_as_the_service_does() {
        let cases =
            [(1.0, "1.0"), (0.1, "0.1"), (1e10, "1.0E10"), (1.5e-7, "1.5E-7"), (f64::NAN, "NaN"), (-0.0, "-0.0")];
        for (number, text) in cases {
            assert_eq!(double(number, false), text);
        }
        assert_eq!(double(f64::NEG_INFINITY, false), "-Infinity");
        assert_eq!(moment(0, 3), "1970-01-01 00:00:00.000");
        assert_eq!(moment(123_456, 6), "1970-01-01 00:00:00.123456");
        assert_eq!(pairs(&[1, 255]), "01 ff");
    }
}
