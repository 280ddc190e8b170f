//! SHOW, DESCRIBE and EXPLAIN: what the catalog and the planner know, as rows of text.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use lake_core::engine::Stats;
use lake_sql::bound::statement::BoundStatement;
use lake_sql::syntax::tree;
use lake_sql::types::Type;

use super::create::last;
use super::{Answer, Run, parts};
use crate::error::{Fault, Result};
use crate::names::Meaning;

impl Run<'_> {
    pub(super) fn show(&self, words: &[String], name: Option<&tree::Name>) -> Result<Answer> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (words.as_slice(), name) {
            (["schemas"], _) => texts("Schema", self.warehouse.catalog().namespaces()?),
            (["tables"], name) => {
                let schema = name.map_or_else(|| "default".to_owned(), last);
                if !self.warehouse.catalog().has_namespace(&schema) {
                    return Err(Fault::statement(format!("Schema '{schema}' does not exist")));
                }
                let found = self.warehouse.catalog().list(&schema)?;
                texts("Table", found.into_iter().map(|(name, _)| name).collect())
            }
            (["columns"], Some(name)) => self.describe(name),
            (["create", "view"], Some(name)) => match self.names.find(&parts(name))? {
                Some(Meaning::View { sql, .. }) => {
                    texts("Create View", vec![format!("CREATE VIEW {} AS\n{sql}", parts(name).join("."))])
                }
                _ => Err(Fault::statement(format!("View '{}' does not exist", parts(name).join(".")))),
            },
            _ => Err(Fault::unsupported(format!("SHOW {}", words.join(" ").to_uppercase()))),
        }
    }

    pub(super) fn describe(&self, name: &tree::Name) -> Result<Answer> {
        let written = parts(name);
        let found = self.names.find(&written)?;
        let found = found.ok_or_else(|| Fault::statement(format!("Table '{}' does not exist", written.join("."))))?;
        let columns = found.columns();
        let column = |f: &dyn Fn(&(String, Type, bool)) -> String| columns.iter().map(f).collect::<Vec<_>>();
        answer(vec![
            ("Column", column(&|(name, ..)| name.clone())),
            ("Type", column(&|(_, ty, _)| ty.to_string())),
            ("Extra", column(&|_| String::new())),
            ("Comment", column(&|_| String::new())),
        ])
    }

    pub(super) fn explain(&self, inner: &tree::Statement) -> Result<Answer> {
        match self.bound(inner, self.text)? {
            BoundStatement::Query(query) => {
                let plan = self.state.optimize(&self.plan(&query)?.plan)?;
                texts("Query Plan", vec![plan.display_indent().to_string()])
            }
            _ => Err(Fault::unsupported("EXPLAIN of a statement that writes")),
        }
    }
}

fn texts(name: &str, values: Vec<String>) -> Result<Answer> {
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
