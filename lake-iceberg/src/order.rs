//! How a table's rows are ordered in its files, as it is written in a table's properties: `a`, `b desc nulls first`.

use std::fmt;

use iceberg::spec::{NullOrder, Schema, SortDirection, SortField, SortOrder, TableMetadata, Transform};

use crate::error::{Error, Result};
use crate::partition::{quoted, unquoted};

/// One column by which rows are ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortBy {
    /// The column.
    pub column: String,
    /// From the greatest to the least.
    pub descending: bool,
    /// Whether nulls come first.
    pub nulls_first: bool,
}

impl SortBy {
    /// Reads Trino's notation: `column [asc | desc] [nulls first | nulls last]`. Nulls are less than everything else
    /// unless it says otherwise.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let behind = match text.strip_prefix('"') {
            Some(rest) => rest.rfind('"').map_or(text.len(), |at| at + 2),
            None => text.find(char::is_whitespace).unwrap_or(text.len()),
        };
        let (column, rest) = text.split_at(behind);
        let words: Vec<String> = rest.split_whitespace().map(str::to_ascii_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (descending, rest) = match words.as_slice() {
            ["asc", rest @ ..] => (false, rest),
            ["desc", rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let nulls_first = match rest {
            [] => !descending,
            ["nulls", "first"] => true,
            ["nulls", "last"] => false,
            _ => return Err(malformed(text)),
        };
        match column.is_empty() || column.contains(['(', ')']) && !column.starts_with('"') {
            true => Err(malformed(text)),
            false => Ok(Self { column: unquoted(column), descending, nulls_first }),
        }
    }
}

/// Trino's notation, in full.
impl fmt::Display for SortBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { "DESC" } else { "ASC" };
        let nulls = if self.nulls_first { "FIRST" } else { "LAST" };
        write!(f, "{} {direction} NULLS {nulls}", quoted(&self.column))
    }
}

fn malformed(text: &str) -> Error {
    Error::Invalid(format!(
        "sort order {text} is unknown, expected a column, perhaps with `asc` or `desc`, `nulls first` or `nulls last`"
    ))
}

/// The order as a table's metadata has it.
pub(crate) fn sort_order(schema: &Schema, by: &[SortBy]) -> Result<SortOrder> {
    let mut fields = Vec::with_capacity(by.len());
    for one in by {
        let source = schema
            .field_by_name(&one.column)
            .ok_or_else(|| Error::Invalid(format!("sorting by {}: there is no such column", one.column)))?;
        if !source.field_type.is_primitive() {
            let message = format!("sorting by {}: not possible for a column of type {}", one.column, source.field_type);
            return Err(Error::Invalid(message));
        }
        fields.push(SortField {
            source_id: source.id,
            transform: Transform::Identity,
            direction: if one.descending { SortDirection::Descending } else { SortDirection::Ascending },
            null_order: if one.nulls_first { NullOrder::First } else { NullOrder::Last },
        });
    }
    match fields.is_empty() {
        true => Ok(SortOrder::unsorted_order()),
        false => Ok(SortOrder::builder().with_fields(fields).build(schema)?),
    }
}

/// How rows are ordered now; nothing where a transform orders them, which only other writers make.
pub(crate) fn ordering(metadata: &TableMetadata) -> Vec<SortBy> {
    let column = |id| metadata.current_schema().name_by_field_id(id).map(str::to_owned);
    let by = |field: &SortField| match field.transform {
        Transform::Identity => Some(SortBy {
            column: column(field.source_id)?,
            descending: field.direction == SortDirection::Descending,
            nulls_first: field.null_order == NullOrder::First,
        }),
        _ => None,
    };
    metadata.default_sort_order().fields.iter().map(by).collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn notation() {
        for (text, shown) in [
            ("A", "a ASC NULLS FIRST"),
            ("a desc", "a DESC NULLS LAST"),
            ("a DESC  nulls First", "a DESC NULLS FIRST"),
            ("\"a b\" nulls last", "\"a b\" ASC NULLS LAST"),
        ] {
            let parsed = SortBy::parse(text).unwrap();
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(SortBy::parse(shown).unwrap(), parsed);
        }
        for text in ["", "a up", "a asc nulls", "bucket(a, 4)"] {
            assert!(SortBy::parse(text).unwrap_err().to_string().starts_with(&format!("sort order {text} is unknown")));
        }
    }
}
