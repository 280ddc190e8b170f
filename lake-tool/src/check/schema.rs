//! The `schema` of a JSON line: what a program that has no SQL file says of its tables.
//!
//! It is null, the name of a schema for names without one, `create table` statements, or an object from table to columns:
//! `{"shop.orders": {"order_id": "bigint not null", "amount": "decimal(12,2)"}}`, the columns also as a list of
//! `{"name", "type", "nullable"}`. Columns are nullable unless it says otherwise.

use std::fmt;

use lake_sql::bind::{Relation, RelationColumn};
use lake_sql::types::{Type, TypeRules};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::catalog::Catalog;
use super::file;

/// What a line says of its tables.
#[derive(Debug, Default, Deserialize)]
#[serde(
    untagged,
    expecting = "`schema` is null, the name of a schema, `create table` statements, or an object from table to columns"
)]
pub enum Schema {
    /// Nothing.
    #[default]
    Unsaid,
    /// The name of a schema, or statements.
    Text(String),
    /// Tables with their columns.
    Tables(Ordered<Columns>),
}

/// Columns by name, or as a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Columns {
    /// `{"order_id": "bigint not null"}`
    Named(Ordered<String>),
    /// `[{"name": "order_id", "type": "bigint", "nullable": false}]`
    Listed(Vec<Listed>),
}

/// A column of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    #[serde(default = "yes")]
    nullable: bool,
}

fn yes() -> bool {
    true
}

/// An object whose members keep their order: that of columns is what `*` gives.
#[derive(Debug)]
pub struct Ordered<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = vec![];
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Ordered(members))
            }

            // `untagged` buffers an object as a map, but a list of lists must not pass for one.
            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                Err(serde::de::Error::custom("expected an object, found a list"))
            }
        }
        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}

impl Schema {
    /// The catalog with these tables added, or what is wrong with them.
    pub fn apply(self, catalog: &Catalog, rules: TypeRules) -> Result<Catalog, String> {
        match self {
            Schema::Unsaid => Ok(catalog.clone()),
            Schema::Text(text) if is_name(&text) => Ok(Catalog::new(Some(&text))),
            Schema::Text(text) => {
                let mut catalog = catalog.clone();
                match file::declare(&text, &mut catalog, rules).first() {
                    Some(finding) => Err(format!("the statements in `schema`: {}", finding.message)),
                    None => Ok(catalog),
                }
            }
            Schema::Tables(tables) => with_tables(tables, catalog),
        }
    }
}

/// Whether a text is `catalog.schema` and no statement.
fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

fn with_tables(tables: Ordered<Columns>, catalog: &Catalog) -> Result<Catalog, String> {
    let mut catalog = catalog.clone();
    for (name, columns) in tables.0 {
        let columns = match columns {
            Columns::Named(named) => named.0.into_iter().map(|(column, ty)| split_null(column, &ty)).collect(),
            Columns::Listed(listed) => listed,
        };
        let columns = columns.into_iter().map(|column| relation_column(&name, column));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<String> = name.split('.').map(str::to_owned).collect();
        catalog.insert(&parts, Relation { name, columns, complete: true });
    }
    Ok(catalog)
}

/// `bigint not null` is a type that says whether it may be null.
fn split_null(name: String, written: &str) -> Listed {
    let lower = written.trim().to_lowercase();
    match lower.strip_suffix("not null") {
        Some(ty) => Listed { name, ty: ty.trim().to_owned(), nullable: false },
        None => Listed { name, ty: written.trim().to_owned(), nullable: true },
    }
}

fn relation_column(table: &str, column: Listed) -> Result<RelationColumn, String> {
    let Listed { name, ty, nullable } = column;
    let ty: Type = ty.parse().map_err(|error| format!("column `{name}` of `{table}`: {error}"))?;
    Ok(RelationColumn { name, ty, nullable, brand: None })
}
