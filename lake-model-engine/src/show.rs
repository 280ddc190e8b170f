//! Values as tests write them.

use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use lake_core::engine::Rows;
use lake_sql::types::Type;

use crate::cast;
use crate::value::Value;

/// The rows of any engine, each as text: values as Arrow writes them, with ` | ` between them.
pub fn texts(rows: &Rows) -> Result<Vec<String>, ArrowError> {
    let options = FormatOptions::default().with_null("null");
    let mut texts = vec![];
    for batch in &rows.batches {
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let values: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
            texts.push(values.join(" | "));
        }
    }
    Ok(texts)
}

/// A row: values with ` | ` between them.
pub fn row(values: &[Value], types: &[&Type]) -> String {
    values.iter().zip(types).map(|(value, ty)| self::value(value, ty)).collect::<Vec<_>>().join(" | ")
}

/// A value as a cast to varchar writes it; `[1, 2]`, `{a=1}` and `(1, a)` for nested ones.
pub fn value(value: &Value, ty: &Type) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match (value, ty) {
        (Value::Array(elements), Type::Array(element)) => {
            format!("[{}]", list(elements.iter().map(|value| self::value(value, element)).collect()))
        }
        (Value::Map(entries), Type::Map(key, element)) => {
            let entry = |(k, v): &(Value, Value)| format!("{}={}", self::value(k, key), self::value(v, element));
            format!("{{{}}}", list(entries.iter().map(entry).collect()))
        }
        (Value::Row(values), Type::Row(fields)) => {
            let pairs = values.iter().zip(fields);
            format!("({})", list(pairs.map(|(value, field)| self::value(value, &field.ty)).collect()))
        }
        (Value::Bytes(bytes), _) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        _ => cast::display(value, ty).unwrap_or_else(|_| format!("{value:?}")),
    }
}
