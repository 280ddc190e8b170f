//! COMMENT ON: descriptions of tables, views and columns.

use lake_iceberg::{Entry, NewView, SchemaChange, TableChange, TableName};
use lake_sql::syntax::tree::{self, Commented};

use super::{Answer, Run, parts};
use crate::error::{Fault, Result};
use crate::names::{Meaning, split};

/// Property of a table or view that holds its description.
pub(crate) const COMMENT: &str = "comment";

/// Property of a view that holds the description of a column.
pub(crate) fn column_property(position: usize) -> String {
    format!("lake.comment.{position}")
}

impl Run<'_> {
    pub(super) async fn comment(&self, on: Commented, name: &tree::Name, text: Option<&str>) -> Result<Answer> {
        let mut written = parts(name);
        match on {
            Commented::Table => {
                let table = self.names.table(&written)?;
                table.alter(&property(COMMENT, text)).await?;
            }
            Commented::View => self.comment_view(&written, COMMENT, text)?,
            Commented::Column => {
                let column = written.pop().unwrap_or_default().to_lowercase();
                let found = self.names.find(&written)?;
                let missing = || Fault::statement(format!("Column does not exist: {column}"));
                match found {
                    Some(Meaning::Table { table, columns }) => {
                        columns.iter().find(|(name, ..)| *name == column).ok_or_else(missing)?;
                        let change = SchemaChange::Comment { name: column.clone(), text: text.map(str::to_owned) };
                        table.change_schema(&[change]).await?;
                    }
                    Some(Meaning::View { columns, .. }) => {
                        let at = columns.iter().position(|(name, ..)| name.to_lowercase() == column);
                        self.comment_view(&written, &column_property(at.ok_or_else(missing)?), text)?;
                    }
                    _ => return Err(Fault::statement(format!("Table does not exist: {}", written.join(".")))),
                }
            }
        }
        Ok(Answer::default())
    }

    fn comment_view(&self, written: &[String], key: &str, text: Option<&str>) -> Result<()> {
        let (namespace, name) = split(written);
        let found = self.warehouse.catalog().kind(&TableName::new(namespace.as_str(), name.as_str()))?;
        if found != Some(Entry::View) {
            return Err(Fault::statement(format!("View '{namespace}.{name}' does not exist")));
        }
        let view = self.warehouse.view(&namespace, &name)?;
        let mut properties = view.properties;
        match text {
            Some(text) => properties.insert(key.to_owned(), text.to_owned()),
            None => properties.remove(key),
        };
        let new = NewView { sql: view.sql, dialect: view.dialect, schema: view.schema, properties };
        Ok(self.warehouse.create_view(&namespace, &name, new, true)?)
    }
}

fn property(key: &str, value: Option<&str>) -> TableChange {
    match value {
        Some(value) => TableChange { set: [(key.to_owned(), value.to_owned())].into(), ..TableChange::default() },
        None => TableChange { remove: vec![key.to_owned()], ..TableChange::default() },
    }
}
