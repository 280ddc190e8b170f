//! Look-ups in Glue: many tables of a database in one call.

use std::collections::BTreeMap;

use aws_sdk_glue::types::{Column, Table};
use lake_core::engine::{Described, EngineError, PhysicalName};
use lake_sql::types::Type;

use crate::engine::Link;
use crate::error::call;
use crate::{hive, view};

/// Glue takes patterns up to this length.
const LONGEST_PATTERN: usize = 2048;

/// A table of Glue, and what it does not say.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub described: Described,
    /// File of an Iceberg table's metadata, another one after each commit; None for views and other tables.
    pub metadata: Option<String>,
}

/// What Glue knows of tables, by name; tables that it does not know are missing.
pub(crate) async fn entries(
    link: &Link,
    tables: &[PhysicalName],
) -> Result<BTreeMap<PhysicalName, Entry>, EngineError> {
    let mut by_schema: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in tables {
        by_schema.entry(name.schema.to_lowercase()).or_default().push(name.table.to_lowercase());
    }
    let mut found = BTreeMap::new();
    for (schema, names) in by_schema {
        for pattern in patterns(&names) {
            for table in get_tables(link, &schema, Some(pattern)).await? {
                let name = PhysicalName { schema: schema.clone(), table: table.name().to_owned() };
                if names.contains(&name.table) {
                    found.insert(name, entry(&table));
                }
            }
        }
    }
    Ok(found)
}

/// All names of a database; none if there is no such database.
pub(crate) async fn list(link: &Link, schema: &str) -> Result<Vec<PhysicalName>, EngineError> {
    let schema = schema.to_lowercase();
    let tables = get_tables(link, &schema, None).await?;
    let name = |table: &Table| PhysicalName { schema: schema.clone(), table: table.name().to_owned() };
    let mut names: Vec<PhysicalName> = tables.iter().map(name).collect();
    names.sort();
    Ok(names)
}

async fn get_tables(link: &Link, schema: &str, pattern: Option<String>) -> Result<Vec<Table>, EngineError> {
    let mut tables = vec![];
    let mut token = None;
    loop {
        let request = link.clients().glue.get_tables().database_name(schema).set_expression(pattern.clone());
        let answer = match request.set_next_token(token.take()).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_entity_not_found_exception()) => {
                return Ok(vec![]);
            }
            Err(error) => return Err(call("GetTables", error)),
        };
        tables.extend(answer.table_list.unwrap_or_default());
        token = answer.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(tables);
        }
    }
}

/// Patterns that match the names, as few as fit. A pattern may match more; names are compared again.
fn patterns(names: &[String]) -> Vec<String> {
    let mut patterns: Vec<String> = vec![];
    for name in names {
        let mut escaped = String::with_capacity(name.len());
        for c in name.chars() {
            if !c.is_alphanumeric() && c != '_' {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        match patterns.last_mut() {
            Some(last) if last.len() + escaped.len() < LONGEST_PATTERN => {
                last.push('|');
                last.push_str(&escaped);
            }
            _ => patterns.push(escaped),
        }
    }
    patterns
}

fn entry(table: &Table) -> Entry {
    let properties: BTreeMap<String, String> = table.parameters().into_iter().flatten().map(pair).collect();
    if table.table_type() == Some("VIRTUAL_VIEW") {
        return view_entry(table, properties);
    }
    let columns = table.storage_descriptor().map(|descriptor| descriptor.columns()).unwrap_or_default();
    let columns = columns.iter().chain(table.partition_keys()).filter(|column| is_current(column));
    let iceberg = properties.get("table_type").is_some_and(|kind| kind.eq_ignore_ascii_case("iceberg"));
    let metadata = properties.get("metadata_location").filter(|_| iceberg).cloned();
    let described = Described {
        view: false,
        columns: columns.map(column).collect(),
        snapshot: None,
        properties: properties.into_iter().collect(),
        definition: None,
    };
    Entry { described, metadata }
}

fn view_entry(table: &Table, properties: BTreeMap<String, String>) -> Entry {
    let text = table.view_original_text().unwrap_or_default();
    let (columns, definition) = match view::read(text) {
        Some(view) => (view.columns.into_iter().map(|(name, ty)| (name, ty, true)).collect(), view.sql),
        None => {
            let columns = table.storage_descriptor().map(|descriptor| descriptor.columns()).unwrap_or_default();
            (columns.iter().map(column).collect(), text.to_owned())
        }
    };
    let properties = properties.into_iter().collect();
    let described = Described { view: true, columns, snapshot: None, properties, definition: Some(definition) };
    Entry { described, metadata: None }
}

fn pair((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

fn parameter<'a>(column: &'a Column, name: &str) -> Option<&'a str> {
    column.parameters().and_then(|parameters| parameters.get(name)).map(String::as_str)
}

/// Columns that were dropped stay in Glue, marked.
fn is_current(column: &Column) -> bool {
    parameter(column, "iceberg.field.current") != Some("false")
}

fn column(column: &Column) -> (String, Type, bool) {
    let nullable = parameter(column, "iceberg.field.optional") != Some("false");
    (column.name().to_owned(), hive::parse(column.r#type().unwrap_or_default()), nullable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_few_and_short_enough() {
        let names: Vec<String> = (0..300).map(|n| format!("table_number_{n}")).collect();
        let patterns = patterns(&names);
        assert_eq!(patterns.len(), 3);
        assert!(patterns.iter().all(|pattern| pattern.len() <= LONGEST_PATTERN));
        assert_eq!(patterns.iter().map(|pattern| pattern.split('|').count()).sum::<usize>(), 300);
        assert_eq!(super::patterns(&["a$b".to_owned()]), ["a\\$b"]);
    }

    #[test]
    fn dropped_columns_are_left_out() -> Result<(), aws_sdk_glue::error::BuildError> {
        let named = |name: &str, current: &str| {
            Column::builder()
                .name(name)
                .r#type("bigint")
                .parameters("iceberg.field.current", current)
                .parameters("iceberg.field.optional", "false")
                .build()
        };
        let descriptor = aws_sdk_glue::types::StorageDescriptor::builder()
            .columns(named("kept", "true")?)
            .columns(named("gone", "false")?)
            .build();
        let table = Table::builder()
            .name("t")
            .table_type("EXTERNAL_TABLE")
            .parameters("table_type", "ICEBERG")
            .parameters("metadata_location", "s3://b/m.json")
            .storage_descriptor(descriptor)
            .build()?;
        let entry = entry(&table);
        assert_eq!(entry.described.columns, [("kept".into(), Type::BigInt, false)]);
        assert_eq!(entry.metadata.as_deref(), Some("s3://b/m.json"));
        Ok(())
    }
}
