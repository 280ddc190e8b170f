//! SHOW and DESCRIBE: what the catalog knows, as rows of text.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use lake_core::engine::Stats;
use lake_iceberg::{Entry, Table};
use lake_sql::syntax::tree;
use lake_sql::types::Type;

use super::comment::COMMENT;
use super::create::last;
use super::{Answer, Run, parts};
use crate::error::{Fault, Result};
use crate::functions::like;
use crate::names::{Meaning, split};
use crate::types;

/// LIKE of a statement: pattern and escape.
type Pattern = (String, Option<String>);

impl Run<'_> {
    pub(super) fn show(&self, words: &[String], name: Option<&tree::Name>, like: Option<&Pattern>) -> Result<Answer> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (words.as_slice(), name) {
            (["schemas" | "databases"], _) => texts("Schema", matching(self.warehouse.catalog().namespaces()?, like)?),
            (["tables"], name) => {
                let schema = name.map_or_else(|| "default".to_owned(), last);
                let found = self.listed(&schema)?;
                texts("Table", matching(found.into_iter().map(|(name, _)| name).collect(), like)?)
            }
            (["columns"], Some(name)) => self.columns(name, like),
            (["create", "table"], Some(name)) => {
                let written = parts(name);
                let Some(Meaning::Table { table, .. }) = self.names.find(&written)? else {
                    return Err(self.not_a("Table", Entry::Table, &written)?);
                };
                texts("Create Table", vec![self.create_table_text(&table, &written)?])
            }
            (["create", "view"], Some(name)) => {
                let written = parts(name);
                let Some(Meaning::View { sql, .. }) = self.names.find(&written)? else {
                    return Err(self.not_a("View", Entry::View, &written)?);
                };
                let (schema, view) = split(&written);
                let comment = self.warehouse.view(&schema, &view)?.properties.remove(COMMENT);
                let comment = comment.map_or_else(String::new, |text| format!(" COMMENT {}", quoted(&text)));
                texts("Create View", vec![format!("CREATE VIEW {}{comment} AS\n{sql}", dotted(&schema, &view))])
            }
            (["create", "schema"], Some(name)) => {
                let schema = last(name);
                self.listed(&schema)?;
                texts("Create Schema", vec![format!("CREATE SCHEMA {}", ident(&schema))])
            }
            _ => Err(Fault::unsupported(format!("SHOW {}", words.join(" ").to_uppercase()))),
        }
    }

    pub(super) fn describe(&self, name: &tree::Name) -> Result<Answer> {
        self.columns(name, None)
    }

    fn columns(&self, name: &tree::Name, like: Option<&Pattern>) -> Result<Answer> {
        let written = parts(name);
        let found = self.names.find(&written)?;
        let found = found.ok_or_else(|| Fault::statement(format!("Table '{}' does not exist", written.join("."))))?;
        let comments = self.comments(&found, &written)?;
        let mut rows: [Vec<String>; 4] = Default::default();
        for (at, (name, ty, _)) in found.columns().iter().enumerate() {
            if !is_like(name, like)? {
                continue;
            }
            let comment = comments.get(at).cloned().flatten().unwrap_or_default();
            for (column, text) in rows.iter_mut().zip([name.clone(), types::named(ty), String::new(), comment]) {
                column.push(text);
            }
        }
        answer(["Column", "Type", "Extra", "Comment"].into_iter().zip(rows).collect())
    }

    /// The descriptions of the columns.
    fn comments(&self, found: &Meaning, written: &[String]) -> Result<Vec<Option<String>>> {
        Ok(match found {
            Meaning::Table { table, .. } => {
                let fields = table.metadata().current_schema().as_struct().fields().iter();
                fields.map(|field| field.doc.clone()).collect()
            }
            Meaning::View { columns, .. } => {
                let (schema, name) = split(written);
                let properties = self.warehouse.view(&schema, &name)?.properties;
                let comment = |at| properties.get(&super::comment::column_property(at)).cloned();
                (0..columns.len()).map(comment).collect()
            }
            _ => vec![],
        })
    }

    fn listed(&self, schema: &str) -> Result<Vec<(String, Entry)>> {
        if !self.warehouse.catalog().has_namespace(schema)? {
            return Err(Fault::statement(format!("Schema '{schema}' does not exist")));
        }
        Ok(self.warehouse.catalog().list(schema)?)
    }

    /// Why a name is not the kind of relation that a statement asks for.
    fn not_a(&self, word: &str, wanted: Entry, written: &[String]) -> Result<Fault> {
        let (schema, name) = split(written);
        let found = self.warehouse.catalog().kind(&lake_iceberg::TableName::new(schema.as_str(), name.as_str()))?;
        Ok(Fault::statement(match found {
            Some(found) if found != wanted => format!("Relation '{schema}.{name}' is a {found}, not a {wanted}"),
            _ => format!("{word} '{schema}.{name}' does not exist"),
        }))
    }

    /// The statement that makes a table like this one. Where its files are is not said: that is the warehouse's own.
    fn create_table_text(&self, table: &Table, written: &[String]) -> Result<String> {
        let (schema, name) = split(written);
        let columns = crate::table::schema::columns(table.metadata().current_schema())?;
        let fields = table.metadata().current_schema().as_struct().fields();
        let column = |((name, ty, nullable), field): (&(String, Type, bool), &iceberg::spec::NestedFieldRef)| {
            let not_null = if *nullable { "" } else { " NOT NULL" };
            let comment = field.doc.as_ref().map_or_else(String::new, |text| format!(" COMMENT {}", quoted(text)));
            format!("   {} {}{not_null}{comment}", ident(name), declared(ty))
        };
        let columns: Vec<String> = columns.iter().zip(fields).map(column).collect();
        let comment = table.properties().remove(COMMENT);
        let comment = comment.map_or_else(String::new, |text| format!("\nCOMMENT {}", quoted(&text)));
        let mut properties = vec!["   format = 'PARQUET'".to_owned(), "   format_version = 2".to_owned()];
        let lists = [
            ("partitioning", table.partitioning().iter().map(ToString::to_string).collect::<Vec<_>>()),
            ("sorted_by", table.ordering().iter().map(ToString::to_string).collect()),
        ];
        for (property, values) in lists.into_iter().filter(|(_, values)| !values.is_empty()) {
            let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
            properties.push(format!("   {property} = ARRAY[{}]", values.join(",")));
        }
        let (columns, properties) = (columns.join(",\n"), properties.join(",\n"));
        Ok(format!("CREATE TABLE {} (\n{columns}\n){comment}\nWITH (\n{properties}\n)", dotted(&schema, &name)))
    }
}

fn matching(names: Vec<String>, like: Option<&Pattern>) -> Result<Vec<String>> {
    let mut found = vec![];
    for name in names {
        if is_like(&name, like)? {
            found.push(name);
        }
    }
    Ok(found)
}

fn is_like(name: &str, like: Option<&Pattern>) -> Result<bool> {
    match like {
        Some((pattern, escape)) => like::is_like(name, pattern, escape.as_deref()),
        None => Ok(true),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A type as the definition of a table has it.
fn declared(ty: &Type) -> String {
    match ty {
        Type::Array(element) => format!("array({})", declared(element)),
        Type::Map(key, value) => format!("map({}, {})", declared(key), declared(value)),
        Type::Row(fields) => {
            let field = |field: &lake_sql::types::Field| match &field.name {
                Some(name) => format!("{} {}", ident(name), declared(&field.ty)),
                None => declared(&field.ty),
            };
            format!("ROW({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A name as statements have it: in quotes unless it is a plain word.
fn ident(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn dotted(schema: &str, name: &str) -> String {
    format!("{}.{}", ident(schema), ident(name))
}

pub(super) fn texts(name: &str, values: Vec<String>) -> Result<Answer> {
    answer(vec![(name, values)])
}

fn answer(columns: Vec<(&str, Vec<String>)>) -> Result<Answer> {
    let rows = columns.first().map_or(0, |(_, values)| values.len()) as u64;
    let names = columns.iter().map(|(name, _)| ((*name).to_owned(), Type::Varchar(None))).collect();
    let schema =
        Schema::new(columns.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>());
    let arrays = columns.into_iter().map(|(_, values)| Arc::new(StringArray::from(values)) as ArrayRef).collect();
    let batch = RecordBatch::try_new(Arc::new(schema), arrays)?;
    Ok(Answer { columns: names, batches: vec![batch], stats: Stats { rows: Some(rows), bytes_scanned: None } })
}
