//! CREATE TABLE … AS: what Athena asks of an Iceberg table that it makes.

use lake_iceberg::NewTable;
use lake_sql::render::dialect::Dialect;
use lake_sql::syntax::tree::{Expr, ExprKind, Literal, StatementKind};
use lake_sql::types::Type;

use super::{execute, hive, trino, writers};
use crate::account::Account;
use crate::executions::{Outcome, Task};
use crate::failure::Failure;

/// Properties of Iceberg tables, besides those that begin with `vacuum_` or `optimize_`.
const PROPERTIES: [&str; 7] =
    ["table_type", "is_external", "location", "partitioning", "format", "write_compression", "compression_level"];

/// A create with its properties as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CreateTableAs {
    /// Schema and table.
    name: (String, String),
    keep: bool,
    names_columns: bool,
    /// Name, and value: a text, or the texts of an array.
    properties: Vec<(String, Vec<String>)>,
    query: String,
    with_data: bool,
}

impl CreateTableAs {
    pub fn read(text: &str, kind: &StatementKind) -> Result<Self, String> {
        let StatementKind::CreateTableAs { name, if_not_exists, columns, properties, query, with_data, .. } = kind
        else {
            return Err("expected CREATE TABLE AS".into());
        };
        let properties = properties.iter().map(|(key, value)| (key.value.to_lowercase(), values(text, value)));
        Ok(Self {
            name: writers::table(name),
            keep: *if_not_exists,
            names_columns: !columns.is_empty(),
            properties: properties.collect(),
            query: trino::doubles(query.span.text(text)),
            with_data: *with_data,
        })
    }

    fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.first()).map(String::as_str)
    }

    fn partitioning(&self) -> &[String] {
        self.properties.iter().find(|(key, _)| key == "partitioning").map_or(&[], |(_, value)| value.as_slice())
    }

    fn table(&self) -> String {
        format!("{}.{}", hive::quoted(&self.name.0), hive::quoted(&self.name.1))
    }

    pub fn run(&self, account: &Account, token: &str, task: &Task) -> Outcome {
        self.check(account, token)?;
        self.check_types(account, token, task)?;
        let keys: Vec<String> = self.partitioning().iter().filter_map(|field| writers::key(field)).collect();
        if !keys.is_empty() {
            writers::check(account, &keys, &self.query, token, task)?;
        }
        let keep = if self.keep { "if not exists " } else { "" };
        let properties = hive::properties(self.property("location").unwrap_or_default(), self.partitioning());
        let data = if self.with_data { "" } else { "\nwith no data" };
        let sql = format!("create table {keep}{} with ({properties}) as\n{}{data}", self.table(), self.query);
        execute(account, &sql, token, task)
    }

    fn check(&self, account: &Account, token: &str) -> Result<(), Failure> {
        if self.names_columns {
            return Err(Failure::user(1006, "MISSING_COLUMN_NAME: a CREATE TABLE AS takes its columns from the query"));
        }
        let known = |key: &str| PROPERTIES.contains(&key) || key.starts_with("vacuum_") || key.starts_with("optimize_");
        if let Some((key, _)) = self.properties.iter().find(|(key, _)| !known(key)) {
            let reason =
                format!("INVALID_TABLE_PROPERTY: Catalog 'awsdatacatalog' table property '{key}' does not exist");
            return Err(Failure::user(1100, reason));
        }
        if !self.property("table_type").is_some_and(|kind| kind.eq_ignore_ascii_case("iceberg")) {
            return Err(Failure::user(
                1200,
                "NOT_SUPPORTED: a table that is not Iceberg is not supported by athena-local",
            ));
        }
        if self.property("is_external") != Some("false") {
            return Err(Failure::user(
                1100,
                "INVALID_TABLE_PROPERTY: External tables are not supported for Iceberg: is_external must be false",
            ));
        }
        let location = self.property("location").unwrap_or_default();
        if !location.starts_with("s3://") {
            return Err(Failure::user(
                1100,
                "INVALID_TABLE_PROPERTY: Table location must be specified for Iceberg tables",
            ));
        }
        // A statement that is sent again after its server was gone finds its own table there.
        let there = account.table(&self.name.0, &self.name.1);
        let mine = there.as_ref().is_some_and(|table| table.properties().get("lake.token").is_some_and(|t| t == token));
        if there.is_some() && !mine && !self.keep {
            let reason = format!(
                "TABLE_ALREADY_EXISTS: line 1:1: Table 'awsdatacatalog.{}.{}' already exists",
                self.name.0, self.name.1
            );
            return Err(Failure::user(1004, reason));
        }
        if there.is_none() && account.is_occupied(location) {
            let reason = format!(
                "ICEBERG_FILESYSTEM_ERROR: Cannot create a table on a non-empty location: {location}, set \
                 'iceberg.unique-table-location=true' in your Iceberg catalog properties to use unique table locations \
                 for every table."
            );
            return Err(Failure::user(233, reason));
        }
        Ok(())
    }

    /// Athena converts nothing: a type that Iceberg lacks is an error.
    fn check_types(&self, account: &Account, token: &str, task: &Task) -> Result<(), Failure> {
        let sql = format!("select * from (\n{}\n) q where false", self.query);
        let found = match execute(account, &sql, &format!("{token}-types"), task) {
            Ok(found) => found,
            // What the engine cannot show as a result it may still store: the create itself decides.
            Err(failure) if failure.reason.starts_with("NOT_SUPPORTED") => return Ok(()),
            Err(failure) => return Err(failure),
        };
        match found.columns.iter().find(|(_, ty)| !is_stored(ty)) {
            Some((_, ty)) => Err(Failure::user(1200, format!("NOT_SUPPORTED: Type not supported for Iceberg: {ty}"))),
            None => Ok(()),
        }
    }

    /// What a create that failed in the middle leaves.
    pub fn leave(&self, account: &Account) {
        account.leave(self.property("location").unwrap_or_default());
        let field = arrow::datatypes::Field::new("remains", arrow::datatypes::DataType::Utf8, true);
        if let Ok(new) = NewTable::new(&arrow::datatypes::Schema::new(vec![field])) {
            // Where the name cannot be had there is nothing to be left.
            let _ = account.threads.block_on(account.warehouse.create_table(&self.name.0, &self.name.1, new));
        }
    }
}

fn is_stored(ty: &Type) -> bool {
    match ty {
        Type::TinyInt | Type::SmallInt | Type::Char(_) | Type::Json => false,
        Type::Array(element) => is_stored(element),
        Type::Map(key, value) => is_stored(key) && is_stored(value),
        Type::Row(fields) => fields.iter().all(|field| is_stored(&field.ty)),
        other => Dialect::ATHENA.stored_type(other).is_some(),
    }
}

/// A property's value: a literal, or an array of texts.
fn values(text: &str, value: &Expr) -> Vec<String> {
    match &value.kind {
        ExprKind::Literal(Literal::Text(text) | Literal::Unicode(text)) => vec![text.clone()],
        ExprKind::Parenthesized(inner) => values(text, inner),
        ExprKind::Array(items) => items.iter().flat_map(|item| values(text, item)).collect(),
        _ => vec![value.span.text(text).to_lowercase()],
    }
}
