//! Views as Athena keeps them in Glue: a comment that holds JSON in base64.

use aws_smithy_types::base64;
use lake_sql::types::Type;
use serde::Deserialize;

/// A view's query and columns.
#[derive(Debug, PartialEq)]
pub(crate) struct View {
    pub sql: String,
    pub columns: Vec<(String, Type)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    original_sql: String,
    #[serde(default)]
    columns: Vec<StoredColumn>,
}

#[derive(Deserialize)]
struct StoredColumn {
    name: String,
    #[serde(rename = "type")]
    ty: String,
}

/// Reads `/* Presto View: … */`; None for views of other engines.
pub(crate) fn read(text: &str) -> Option<View> {
    let inner = text.trim().strip_prefix("/* Presto View:")?.strip_suffix("*/")?;
    let stored: Stored = serde_json::from_slice(&base64::decode(inner.trim()).ok()?).ok()?;
    let column = |column: StoredColumn| (column.name, column.ty.parse().unwrap_or(Type::Opaque(column.ty)));
    Some(View { sql: stored.original_sql, columns: stored.columns.into_iter().map(column).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_read_and_others_are_not() {
        let json = r#"{"originalSql":"select 1 as n","catalog":"awsdatacatalog","schema":"a",
                       "columns":[{"name":"n","type":"integer"}],"owner":"x","runAsInvoker":false}"#;
        let text = format!("/* Presto View: {} */", base64::encode(json));
        let expected = View { sql: "select 1 as n".into(), columns: vec![("n".into(), Type::Integer)] };
        assert_eq!(read(&text), Some(expected));
        assert_eq!(read("select 1"), None);
        assert_eq!(read("/* Presto View: x */"), None);
    }
}
