//! Glue's operations: tables and databases as its catalog keeps them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lake_core::engine::{Described, Engine, PhysicalName};
use lake_sql::render::dialect::Dialect;
use lake_sql::types::{Field, Type};
use serde_json::{Value, json};

use crate::account::{Account, LOCATION};
use crate::wire::{Reply, Request, Result};

/// Tables of one answer.
const PAGE: usize = 100;

/// Calls an operation.
pub(crate) fn call(account: &Account, operation: &str, request: &Request) -> Result {
    match operation {
        "GetTable" => get_table(account, request),
        "GetTables" => get_tables(account, request),
        "GetDatabase" => get_database(account, request),
        "GetDatabases" => {
            let databases: Vec<Value> = account.schemas().iter().map(|name| json!({ "Name": name })).collect();
            Ok(json!({ "DatabaseList": databases }))
        }
        _ => Err(Reply { status: 400, body: json!({ "__type": "UnknownOperationException" }) }),
    }
}

fn missing(message: String) -> Reply {
    Reply::refused("EntityNotFoundException", message)
}

fn get_database(account: &Account, request: &Request) -> Result {
    let name = request.required("Name")?.to_lowercase();
    match account.names(&name) {
        Some(_) => Ok(json!({ "Database": { "Name": name } })),
        None => Err(missing(format!("Database {name} not found."))),
    }
}

fn get_table(account: &Account, request: &Request) -> Result {
    let (schema, table) = (request.required("DatabaseName")?.to_lowercase(), request.required("Name")?.to_lowercase());
    let name = PhysicalName { schema, table };
    match tables(account, &[name]).pop() {
        Some(table) => Ok(json!({ "Table": table })),
        None => Err(missing("Entity Not Found".into())),
    }
}

fn get_tables(account: &Account, request: &Request) -> Result {
    let schema = request.required("DatabaseName")?.to_lowercase();
    let Some(names) = account.names(&schema) else {
        return Err(missing(format!("Database {schema} not found.")));
    };
    let pattern = request.text("Expression").unwrap_or(".*");
    let pattern = regex::Regex::new(&format!("^(?:{pattern})$"))
        .map_err(|_| Reply::refused("InvalidInputException", "the expression is not a pattern"))?;
    let from: usize = request.text("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let most = request.number("MaxResults").and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE).min(PAGE);
    let wanted: Vec<PhysicalName> =
        names.into_iter().filter(|name| pattern.is_match(&name.table)).skip(from).take(most).collect();
    let next = (wanted.len() == most).then(|| (from + most).to_string());
    let mut answer = json!({ "TableList": tables(account, &wanted) });
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

fn tables(account: &Account, names: &[PhysicalName]) -> Vec<Value> {
    // A table that goes while it is looked at is not there.
    let found = names.iter().filter_map(|name| {
        let described = account.engine.describe(std::slice::from_ref(name)).ok()?.pop().flatten()?;
        if described.view { Some(view(name, &described)) } else { table(account, name, &described) }
    });
    found.collect()
}

fn table(account: &Account, name: &PhysicalName, described: &Described) -> Option<Value> {
    let kept = account.table(&name.schema, &name.table)?;
    let properties = kept.properties();
    let location = properties.get(LOCATION).cloned().unwrap_or_default();
    let location = location.trim_end_matches('/');
    let file = kept.metadata_location();
    let file = file.rsplit('/').next().unwrap_or_default();
    let column = |(n, (name, ty, nullable)): (usize, &(String, Type, bool))| {
        json!({
            "Name": name,
            "Type": hive(ty),
            "Parameters": {
                "iceberg.field.id": (n + 1).to_string(),
                "iceberg.field.optional": nullable.to_string(),
                "iceberg.field.current": "true",
            },
        })
    };
    let columns: Vec<Value> = described.columns.iter().enumerate().map(column).collect();
    Some(json!({
        "Name": name.table,
        "DatabaseName": name.schema,
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [],
        "Parameters": {
            "table_type": "ICEBERG",
            "metadata_location": format!("{location}/metadata/{file}"),
        },
        "StorageDescriptor": { "Columns": columns, "Location": location, "Compressed": false, "NumberOfBuckets": 0 },
        "CatalogId": "000000000000",
        "VersionId": "1",
    }))
}

fn view(name: &PhysicalName, described: &Described) -> Value {
    let columns: Vec<Value> =
        described.columns.iter().map(|(name, ty, _)| json!({ "name": name, "type": ty.to_string() })).collect();
    let stored = json!({
        "originalSql": described.definition,
        "catalog": "awsdatacatalog",
        "schema": name.schema,
        "columns": columns,
        "owner": "athena-local",
        "runAsInvoker": false,
    });
    let columns: Vec<Value> =
        described.columns.iter().map(|(name, ty, _)| json!({ "Name": name, "Type": hive(ty) })).collect();
    json!({
        "Name": name.table,
        "DatabaseName": name.schema,
        "Retention": 0,
        "TableType": "VIRTUAL_VIEW",
        "PartitionKeys": [],
        "Parameters": { "presto_view": "true", "comment": "Presto View" },
        "ViewOriginalText": format!("/* Presto View: {} */", STANDARD.encode(stored.to_string())),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": { "Columns": columns, "Location": "", "Compressed": false, "NumberOfBuckets": 0 },
        "CatalogId": "000000000000",
    })
}

/// Hive's name of a type; it has one for timestamps with and without time zone, and none for time and uuid.
pub(crate) fn hive(ty: &Type) -> String {
    Dialect::ATHENA.ddl_type(&plain(ty)).unwrap_or_else(|| "string".into())
}

fn plain(ty: &Type) -> Type {
    match ty {
        Type::TimestampTz(precision) => Type::Timestamp(*precision),
        Type::Time(_) | Type::Uuid => Type::Varchar(None),
        Type::Array(element) => Type::Array(Box::new(plain(element))),
        Type::Map(key, value) => Type::Map(Box::new(plain(key)), Box::new(plain(value))),
        Type::Row(fields) => {
            Type::Row(fields.iter().map(|f| Field { name: f.name.clone(), ty: plain(&f.ty) }).collect())
        }
        other => other.clone(),
    }
}
