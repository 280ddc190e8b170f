//! Results: pages of text, and what they mean by the columns' types.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use aws_sdk_athena::types::{ColumnInfo, Row};
use lake_core::engine::{EngineError, ErrorKind, QueryId, Rows};
use lake_sql::types::Type;

use crate::engine::Link;
use crate::error::{call, plain};
use crate::execution::Form;

/// Most rows of one page.
const PAGE: i32 = 1000;

/// Reads all pages. The first row of a query's first page holds the names of its columns.
pub(crate) async fn fetch(link: &Link, id: &QueryId, form: Form) -> Result<Rows, EngineError> {
    let mut columns: Option<Vec<Column>> = None;
    let mut batches = vec![];
    let mut token = None;
    loop {
        let request = link.clients().athena.get_query_results().query_execution_id(&id.0).max_results(PAGE);
        let answer = request.set_next_token(token.take()).send().await;
        let answer =
            answer.map_err(|error| EngineError { query: Some(id.clone()), ..call("GetQueryResults", error) })?;
        let set = answer.result_set();
        let header = columns.is_none() && form == Form::Query;
        let columns = columns.get_or_insert_with(|| {
            let info = set.and_then(|set| set.result_set_metadata()).map(|metadata| metadata.column_info());
            info.unwrap_or_default().iter().map(Column::of).collect()
        });
        let rows = set.map(|set| set.rows()).unwrap_or_default();
        let rows = &rows[usize::from(header).min(rows.len())..];
        if !rows.is_empty() {
            let batch = batch(columns, rows);
            batches.push(batch.map_err(|error| EngineError { query: Some(id.clone()), ..error })?);
        }
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    let columns = columns.unwrap_or_default().into_iter().map(|column| (column.name, column.ty)).collect();
    Ok(Rows { columns, batches })
}

/// A column of a result.
struct Column {
    name: String,
    ty: Type,
    arrow: DataType,
}

impl Column {
    /// Nested values, and what has no exact form, stay the text that Athena gives.
    fn of(info: &ColumnInfo) -> Self {
        let (ty, arrow) = match info.r#type() {
            "boolean" => (Type::Boolean, DataType::Boolean),
            "tinyint" => (Type::TinyInt, DataType::Int8),
            "smallint" => (Type::SmallInt, DataType::Int16),
            "integer" | "int" => (Type::Integer, DataType::Int32),
            "bigint" => (Type::BigInt, DataType::Int64),
            "float" | "real" => (Type::Real, DataType::Float32),
            "double" => (Type::Double, DataType::Float64),
            "decimal" => decimal(info.precision(), info.scale()),
            "varbinary" => (Type::Varbinary, DataType::Binary),
            "date" => (Type::Date, DataType::Date32),
            "time" => (Type::Time(3), DataType::Time64(TimeUnit::Microsecond)),
            "timestamp" => (Type::Timestamp(6), DataType::Timestamp(TimeUnit::Microsecond, None)),
            "timestamp with time zone" => {
                (Type::TimestampTz(6), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
            }
            _ => (Type::Varchar(None), DataType::Utf8),
        };
        Self { name: info.name().to_owned(), ty, arrow }
    }

    fn array(&self, values: Vec<Option<&str>>) -> Result<ArrayRef, EngineError> {
        let wrong = |why: String| {
            let message = format!("the column `{}` of a result is not {}: {why}", self.name, self.ty);
            plain(ErrorKind::Internal, message)
        };
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let cast = |values: Vec<Option<&str>>, to: &DataType| {
            let texts: ArrayRef = Arc::new(StringArray::from(values));
            cast_with_options(&texts, to, &strict).map_err(|error| wrong(error.to_string()))
        };
        match &self.arrow {
            DataType::Utf8 => Ok(Arc::new(StringArray::from(values))),
            DataType::Binary => {
                let bytes: Option<Vec<Option<Vec<u8>>>> =
                    values.into_iter().map(|value| value.map_or(Some(None), |text| bytes(text).map(Some))).collect();
                let bytes = bytes.ok_or_else(|| wrong("expected pairs of hexadecimal digits".into()))?;
                Ok(Arc::new(BinaryArray::from_iter(bytes)))
            }
            // Values of a zone other than UTC are moved to UTC, which keeps the moment.
            DataType::Timestamp(_, Some(_)) => {
                let values: Vec<Option<String>> =
                    values.into_iter().map(|value| value.map(|text| text.replace(" UTC", "+00:00"))).collect();
                cast(values.iter().map(Option::as_deref).collect(), &self.arrow)
            }
            arrow => cast(values, arrow),
        }
    }
}

fn decimal(precision: i32, scale: i32) -> (Type, DataType) {
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision @ 1..=38), Ok(scale)) if scale <= precision => {
            (Type::Decimal { precision, scale }, DataType::Decimal128(precision, scale as i8))
        }
        _ => (Type::Varchar(None), DataType::Utf8),
    }
}

/// `01 ff` as bytes.
fn bytes(text: &str) -> Option<Vec<u8>> {
    text.split_whitespace().map(|pair| u8::from_str_radix(pair, 16).ok().filter(|_| pair.len() == 2)).collect()
}

fn batch(columns: &[Column], rows: &[Row]) -> Result<RecordBatch, EngineError> {
    let value = |row: &'_ Row, n: usize| -> Option<String> {
        row.data().get(n).and_then(|datum| datum.var_char_value()).map(str::to_owned)
    };
    let arrays = columns.iter().enumerate().map(|(n, column)| {
        let values: Vec<Option<String>> = rows.iter().map(|row| value(row, n)).collect();
        column.array(values.iter().map(Option::as_deref).collect())
    });
    let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
    let fields: Vec<Field> =
        columns.iter().map(|column| Field::new(&column.name, column.arrow.clone(), true)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| plain(ErrorKind::Internal, error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use arrow::array::Array as _;
    use arrow::util::display::array_value_to_string;

    use super::*;

    fn shown(ty: &str, precision: i32, scale: i32, values: &[Option<&str>]) -> Result<Vec<String>, EngineError> {
        let info = ColumnInfo::builder().name("x").r#type(ty).precision(precision).scale(scale).build().unwrap();
        let array = Column::of(&info).array(values.to_vec())?;
        Ok((0..array.len()).map(|n| array_value_to_string(&array, n).unwrap()).collect())
    }

    #[test]
    fn text_becomes_values() {
        let cases = [
            ("bigint", 19, 0, vec![Some("-9223372036854775808"), None], vec!["-9223372036854775808", ""]),
            ("double", 17, 0, vec![Some("1.0E10"), Some("NaN"), Some("Infinity")], vec!["10000000000.0", "NaN", "inf"]),
            ("decimal", 18, 6, vec![Some("1.500000"), Some("-0.000001")], vec!["1.500000", "-0.000001"]),
            ("timestamp", 3, 0, vec![Some("2024-01-01 00:00:00.123")], vec!["2024-01-01T00:00:00.123"]),
            (
                "timestamp with time zone",
                3,
                0,
                vec![Some("2024-01-01 00:00:00.123 UTC")],
                vec!["2024-01-01T00:00:00.123Z"],
            ),
            ("date", 0, 0, vec![Some("2024-02-29")], vec!["2024-02-29"]),
            ("varbinary", 0, 0, vec![Some("01 ff"), Some("")], vec!["01ff", ""]),
            ("boolean", 0, 0, vec![Some("true"), Some("false")], vec!["true", "false"]),
            ("varchar", 0, 0, vec![Some(""), None], vec!["", ""]),
            ("row", 0, 0, vec![Some("{id=1, name=x}")], vec!["{id=1, name=x}"]),
        ];
        for (ty, precision, scale, values, expected) in cases {
            assert_eq!(shown(ty, precision, scale, &values).unwrap(), expected, "{ty}");
        }
        let error = shown("bigint", 19, 0, &[Some("x")]).unwrap_err();
        assert!(error.message.starts_with("the column `x` of a result is not bigint"), "{}", error.message);
    }
}
