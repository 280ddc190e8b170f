//! ALTER TABLE and ALTER VIEW: names, properties, and what goes to others.

use lake_iceberg::{Entry, TableName};
use lake_sql::syntax::tree;

use super::{Answer, Run, parts};
use crate::error::{Fault, Result};
use crate::names::split;

impl Run<'_> {
    pub(super) async fn alter(&self, if_exists: bool, name: &tree::Name, action: &tree::AlterAction) -> Result<Answer> {
        let written = parts(name);
        if if_exists && self.names.find(&written)?.is_none() {
            return Ok(Answer::default());
        }
        if let tree::AlterAction::RenameTo(to) = action {
            return self.rename(&written, &parts(to), Entry::Table);
        }
        let table = self.names.table(&written)?;
        if let tree::AlterAction::SetProperties(properties) = action {
            return self.set_properties(&table, properties).await;
        }
        if let tree::AlterAction::Execute(procedure, arguments) = action {
            return self.procedure(&table, &written, procedure, arguments).await;
        }
        self.change_columns(&table, action).await
    }

    /// Gives a table or a view another name.
    pub(super) fn rename(&self, from: &[String], to: &[String], kind: Entry) -> Result<Answer> {
        let (namespace, name) = split(from);
        // A new name without schema stays in the old one's.
        let (new_namespace, new_name) = match to {
            [name] => (namespace.clone(), name.to_lowercase()),
            _ => split(to),
        };
        let (from, to) = (TableName::new(namespace, name), TableName::new(new_namespace, new_name));
        let catalog = self.warehouse.catalog();
        let (word, other) = match kind {
            Entry::View => ("View", "table"),
            _ => ("Table", "view"),
        };
        match catalog.kind(&from)? {
            None => return Err(Fault::statement(format!("{word} '{from}' does not exist"))),
            Some(found) if found != kind => {
                let meant = other.to_uppercase();
                return Err(Fault::statement(format!(
                    "{word} '{from}' does not exist, but a {other} with that name exists"
                ))
                .help(format!("write `ALTER {meant} {from} RENAME TO {to}`")));
            }
            Some(_) => {}
        }
        if !catalog.has_namespace(&to.namespace)? {
            return Err(Fault::statement(format!("Target schema '{}' does not exist", to.namespace)));
        }
        match catalog.kind(&to)? {
            Some(found) => Err(Fault::statement(format!("Target {found} '{to}' already exists"))),
            None => Ok(catalog.rename(&from, &to, kind).map(|()| Answer::default())?),
        }
    }
}
