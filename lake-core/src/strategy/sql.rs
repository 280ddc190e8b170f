//! Spelling of the statements that strategies send.

use std::fmt::{Display, Write};

use lake_sql::render::dialect::Dialect;
use lake_sql::types::Type;

use super::Context;
use crate::engine::PhysicalName;
use crate::model::spec::ColumnSpec;

/// An identifier in a query, which every dialect spells alike.
pub(crate) fn ident(name: &str) -> String {
    Dialect::TRINO.ident(name)
}

/// A table in a query.
pub(crate) fn table(name: &PhysicalName) -> String {
    Dialect::TRINO.table(&name.schema, &name.table)
}

/// A metadata table, such as `"t$refs"`.
pub(crate) fn metadata(name: &PhysicalName, which: &str) -> String {
    format!("{}.{}", ident(&name.schema), ident(&format!("{}${which}", name.table)))
}

/// A table in a statement that the engine parses with its DDL grammar.
pub(crate) fn ddl_table(dialect: &Dialect, name: &PhysicalName) -> String {
    dialect.ddl_table(&name.schema, &name.table)
}

/// A string.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `a.x = b.x and a.y = b.y`
pub(crate) fn equal(left: &str, right: &str, columns: &[String]) -> String {
    let pairs: Vec<String> = columns.iter().map(|c| format!("{left}.{0} = {right}.{0}", ident(c))).collect();
    pairs.join(" and ")
}

/// `a.x is distinct from b.x or …`; `false` for no columns.
pub(crate) fn distinct(left: &str, right: &str, columns: &[String]) -> String {
    if columns.is_empty() {
        return "false".into();
    }
    let pairs: Vec<String> =
        columns.iter().map(|c| format!("{left}.{0} is distinct from {right}.{0}", ident(c))).collect();
    pairs.join(" or ")
}

/// `"x", "y"`
pub(crate) fn list<S: AsRef<str>>(columns: impl IntoIterator<Item = S>) -> String {
    columns.into_iter().map(|c| ident(c.as_ref())).collect::<Vec<_>>().join(", ")
}

/// `a."x", a."y"`
pub(crate) fn qualified<S: AsRef<str>>(alias: &str, columns: impl IntoIterator<Item = S>) -> String {
    columns.into_iter().map(|c| format!("{alias}.{}", ident(c.as_ref()))).collect::<Vec<_>>().join(", ")
}

/// The query's rows, each column cast to the type that was declared.
pub(crate) fn typed<'a, T: Display>(query: &str, columns: impl Iterator<Item = (&'a str, T)>) -> String {
    let mut sql = String::with_capacity(2 * query.len());
    sql.push_str("select ");
    for (position, (name, ty)) in columns.enumerate() {
        let (comma, name) = (if position > 0 { ", " } else { "" }, ident(name));
        write!(sql, "{comma}cast(q.{name} as {ty}) as {name}").expect("a string takes all");
    }
    sql.push_str("\nfrom (\n");
    sql.push_str(query);
    sql.push_str("\n) q");
    sql
}

/// The same columns with the types that an Iceberg table keeps for them.
pub(crate) fn stored_columns(dialect: &Dialect, columns: &[ColumnSpec]) -> Vec<ColumnSpec> {
    columns.iter().map(|c| ColumnSpec { ty: stored(dialect, &c.ty), ..c.clone() }).collect()
}

/// The type that an Iceberg table keeps for a declared one. What no table can keep is refused before it is asked.
pub(crate) fn stored(dialect: &Dialect, ty: &Type) -> Type {
    dialect.stored_type(ty).unwrap_or_else(|| ty.clone())
}

/// `create table … as query`. A location is the name's own, so whoever gives a fresh name gives a fresh location.
pub(crate) fn create_table(context: &Context<'_>, name: &PhysicalName, query: &str) -> String {
    let root = context.capabilities.location.as_ref().unwrap_or(&context.project.target.warehouse);
    let location = format!("{}/{}/{}/", root.trim_end_matches('/'), name.schema, name.table);
    let properties: Vec<String> = context
        .dialect
        .ctas_properties
        .iter()
        .map(|(key, value)| format!("{key} = {}", value.replace("{location}", &location.replace('\'', "''"))))
        .collect();
    let with = if properties.is_empty() { String::new() } else { format!(" with ({})", properties.join(", ")) };
    format!("create table {}{with} as\n{query}", table(name))
}

/// The condition under which a statement may write `name`: its head is the planned one.
pub(crate) fn guard(name: &PhysicalName, snapshot: Option<i64>) -> String {
    let head = format!("(select snapshot_id from {} where name = 'main')", metadata(name, "refs"));
    match snapshot {
        Some(id) => format!("{head} = {id}"),
        None => format!("{head} is null"),
    }
}

/// Time travel to a snapshot. The type is spelt out because Trino refuses a version that is an integer.
pub(crate) fn at_snapshot(id: i64) -> String {
    format!("for version as of bigint '{id}'")
}
