//! One answer of the protocol.

use arrow::array::RecordBatch;
use lake_core::engine::EngineError;
use lake_core::values::json::{self, Node, Value};
use lake_sql::types::Type;

use crate::{error, rows};

/// Names and types of a result.
pub(crate) type Columns = Vec<(String, Type)>;

/// One answer of the protocol.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The query.
    pub id: String,
    /// Where to ask next; None at the end.
    pub next: Option<String>,
    /// Columns, as soon as they are known.
    pub columns: Option<Columns>,
    /// Rows of this answer.
    pub rows: Option<RecordBatch>,
    /// Rows changed, at the end of a statement that changes some.
    pub update_count: Option<u64>,
    /// Bytes read so far.
    pub bytes: Option<u64>,
    /// Rows read so far.
    pub rows_read: Option<u64>,
    /// Why it has failed.
    pub failure: Option<Failure>,
}

/// Why a query has failed, in the server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Such as `DIVISION_BY_ZERO`.
    pub name: String,
    /// `USER_ERROR`, `INTERNAL_ERROR`, `INSUFFICIENT_RESOURCES` or `EXTERNAL`.
    pub kind: String,
    /// The words, with `line 1:8:` in front where there is a place.
    pub message: String,
}

impl Page {
    /// Reads an answer; `columns` are those of the answers before.
    pub fn read(text: &str, columns: Option<&Columns>) -> Result<Self, EngineError> {
        let damaged = |message: String| error::unsure(format!("the server's answer cannot be read: {message}"));
        let root = json::parse(text).map_err(|damage| damaged(damage.message))?;
        let mut page = Self {
            id: text_of(get(&root, "id")).ok_or_else(|| damaged("there is no query id in it".into()))?,
            next: text_of(get(&root, "nextUri")),
            columns: get(&root, "columns").map(columns_of).transpose()?,
            rows: None,
            update_count: number_of(get(&root, "updateCount")),
            bytes: get(&root, "stats").and_then(|stats| number_of(get(stats, "physicalInputBytes"))),
            rows_read: get(&root, "stats").and_then(|stats| number_of(get(stats, "processedRows"))),
            failure: get(&root, "error").map(failure_of),
        };
        if let Some(Value::Array(data)) = get(&root, "data").map(|node| &node.value) {
            let columns = page.columns.as_ref().or(columns);
            let columns = columns.ok_or_else(|| damaged("rows without columns".into()))?;
            page.rows = Some(rows::batch(columns, data)?);
        }
        Ok(page)
    }
}

fn get<'n, 'a>(node: &'n Node<'a>, name: &str) -> Option<&'n Node<'a>> {
    let Value::Object(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key == name).map(|(_, value)| value).filter(|node| node.value != Value::Null)
}

fn text_of(node: Option<&Node<'_>>) -> Option<String> {
    match &node?.value {
        Value::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}

fn number_of(node: Option<&Node<'_>>) -> Option<u64> {
    match &node?.value {
        Value::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn columns_of(node: &Node<'_>) -> Result<Columns, EngineError> {
    let Value::Array(columns) = &node.value else { return Ok(vec![]) };
    let column = |column: &Node<'_>| {
        let name = text_of(get(column, "name")).unwrap_or_default();
        let ty = text_of(get(column, "type")).unwrap_or_default();
        let known = ty.parse::<Type>().unwrap_or(Type::Opaque(ty));
        Ok((name, known))
    };
    columns.iter().map(column).collect()
}

fn failure_of(node: &Node<'_>) -> Failure {
    let text = |name| text_of(get(node, name)).unwrap_or_default();
    Failure { name: text("errorName"), kind: text("errorType"), message: text("message") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_answer_with_rows() {
        let text = r#"{"id":"q1","infoUri":"x","nextUri":"http://n/2","columns":[{"name":"n","type":"bigint"}],
            "data":[[9223372036854775807],[null]],"stats":{"state":"RUNNING","physicalInputBytes":12},"warnings":[]}"#;
        let page = Page::read(text, None).unwrap();
        assert_eq!((page.id.as_str(), page.next.as_deref(), page.bytes), ("q1", Some("http://n/2"), Some(12)));
        assert_eq!(page.rows.unwrap().num_rows(), 2);
        assert_eq!(page.columns.unwrap(), [("n".to_owned(), Type::BigInt)]);
    }

    #[test]
    fn an_answer_with_an_error() {
        let text = r#"{"id":"q1","stats":{"state":"FAILED"},"error":{"message":"line 1:8: Column 'x' cannot be resolved",
            "errorCode":47,"errorName":"COLUMN_NOT_FOUND","errorType":"USER_ERROR"}}"#;
        let failure = Page::read(text, None).unwrap().failure.unwrap();
        assert_eq!((failure.name.as_str(), failure.kind.as_str()), ("COLUMN_NOT_FOUND", "USER_ERROR"));
        assert!(Page::read("<html>", None).unwrap_err().message.starts_with("the server's answer cannot be read"));
    }
}
