//! Look-ups: tables, views, and what is at their head.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, AsArray};
use lake_core::engine::{Described, EngineError, ErrorKind, PhysicalName, State};
use lake_sql::types::Type;

use crate::client::Client;
use crate::error;
use crate::execution::{Bell, Execution};

/// The source of look-ups.
const SOURCE: &str = "lake";

/// How long a look-up is asked for at a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// One row of texts.
pub(crate) type Row = Vec<Option<String>>;

/// All names of a schema.
pub(crate) fn list(client: &Client, schema: &str) -> Result<Vec<PhysicalName>, EngineError> {
    let sql = format!(
        "select table_name from information_schema.tables where table_schema = {} order by 1",
        literal(&schema.to_lowercase())
    );
    let name = |row: Row| row.into_iter().next().flatten();
    let named = |table| PhysicalName { schema: schema.to_owned(), table };
    Ok(ask(client, &sql)?.into_iter().filter_map(name).map(named).collect())
}

/// What is at each of the names.
pub(crate) fn describe(client: &Client, names: &[PhysicalName]) -> Result<Vec<Option<Described>>, EngineError> {
    if names.is_empty() {
        return Ok(vec![]);
    }
    let mut found = columns(client, names)?;
    let tables: Vec<(String, String)> =
        found.iter().filter(|(_, described)| !described.view).map(|(key, _)| key.clone()).collect();
    for (key, kind, name, value) in heads(client, &tables)? {
        let Some(described) = found.get_mut(&key) else { continue };
        match kind.as_str() {
            "head" => described.snapshot = name.parse().ok(),
            _ => described.properties.push((name, value)),
        }
    }
    Ok(names.iter().map(|name| found.get(&key(name)).cloned()).collect())
}

/// Trino keeps names in lower case.
fn key(name: &PhysicalName) -> (String, String) {
    (name.schema.to_lowercase(), name.table.to_lowercase())
}

fn columns(client: &Client, names: &[PhysicalName]) -> Result<BTreeMap<(String, String), Described>, EngineError> {
    let within = |part: fn((String, String)) -> String| {
        let mut values: Vec<String> = names.iter().map(|name| literal(&part(key(name)))).collect();
        values.sort();
        values.dedup();
        values.join(", ")
    };
    let (schemas, tables) = (within(|key| key.0), within(|key| key.1));
    let which = format!("table_schema in ({schemas}) and table_name in ({tables})");
    let sql = format!(
        "select 'column', table_schema, table_name, column_name, data_type, is_nullable, ordinal_position\n\
         from information_schema.columns where {which}\n\
         union all\n\
         select 'view', table_schema, table_name, view_definition, null, null, 0\n\
         from information_schema.views where {which}\n\
         order by 7"
    );
    let mut found: BTreeMap<(String, String), Described> = BTreeMap::new();
    for row in ask(client, &sql)? {
        let [Some(kind), Some(schema), Some(table), text, ty, nullable, _] = &row[..] else { continue };
        let described = found.entry((schema.clone(), table.clone())).or_insert_with(|| Described {
            view: false,
            columns: vec![],
            snapshot: None,
            properties: vec![],
            definition: None,
        });
        if kind == "view" {
            described.view = true;
            described.definition = text.clone();
        } else {
            let ty = ty.clone().unwrap_or_default();
            let known = ty.parse::<Type>().unwrap_or(Type::Opaque(ty));
            described.columns.push((text.clone().unwrap_or_default(), known, nullable.as_deref() != Some("NO")));
        }
    }
    Ok(found)
}

/// A fact about a table: whose, `head` or `property`, name or snapshot, value.
type Fact = ((String, String), String, String, String);

/// Heads and properties of Iceberg tables. Tables of other kinds have none, and a table that goes meanwhile neither.
fn heads(client: &Client, tables: &[(String, String)]) -> Result<Vec<Fact>, EngineError> {
    let part = |(at, (schema, table)): (usize, &(String, String))| {
        let metadata = |which: &str| format!("{}.{}", ident(schema), ident(&format!("{table}${which}")));
        format!(
            "select {at}, 'head', cast(snapshot_id as varchar), cast(null as varchar) from {} where name = 'main'\n\
             union all\nselect {at}, 'property', key, value from {}",
            metadata("refs"),
            metadata("properties")
        )
    };
    if tables.is_empty() {
        return Ok(vec![]);
    }
    let sql: Vec<String> = tables.iter().enumerate().map(part).collect();
    let rows = match ask(client, &sql.join("\nunion all\n")) {
        Ok(rows) => rows,
        Err(error) if error.kind == ErrorKind::Statement && tables.len() > 1 => {
            let each = tables.iter().map(|table| heads(client, std::slice::from_ref(table)));
            return Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
        }
        Err(error) if error.kind == ErrorKind::Statement => return Ok(vec![]),
        Err(error) => return Err(error),
    };
    let fact = |row: Row| {
        let [Some(at), Some(kind), name, value] = &row[..] else { return None };
        let key = tables.get(at.parse::<usize>().ok()?)?.clone();
        Some((key, kind.clone(), name.clone()?, value.clone().unwrap_or_default()))
    };
    Ok(rows.into_iter().filter_map(fact).collect())
}

/// The rows of a look-up, as texts.
pub(crate) fn ask(client: &Client, sql: &str) -> Result<Vec<Row>, EngineError> {
    let execution = Arc::new(Execution::new(client.post(sql, SOURCE)?));
    execution.clone().follow(client, &Bell::default(), PATIENCE);
    match execution.state() {
        State::Failed(error) => Err(error),
        State::Running(_) | State::Cancelled => Err(error::unsure("the look-up was stopped on the server")),
        State::Succeeded(_) => {
            let (_, batches) = execution.result().unwrap_or_default();
            let mut rows = vec![];
            for batch in &batches {
                rows.extend((0..batch.num_rows()).map(|row| {
                    let text = |array: &Arc<dyn Array>| text(array, row);
                    batch.columns().iter().map(text).collect::<Row>()
                }));
            }
            Ok(rows)
        }
    }
}

/// A text or a number.
fn text(array: &Arc<dyn Array>, row: usize) -> Option<String> {
    use arrow::datatypes::{Int32Type, Int64Type};
    if array.is_null(row) {
        return None;
    }
    let text = array.as_string_opt::<i32>().map(|texts| texts.value(row).to_owned());
    let long = || array.as_primitive_opt::<Int64Type>().map(|numbers| numbers.value(row).to_string());
    let short = || array.as_primitive_opt::<Int32Type>().map(|numbers| numbers.value(row).to_string());
    text.or_else(long).or_else(short)
}

/// A text as SQL writes it.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
