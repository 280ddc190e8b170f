//! ALTER TABLE.

use std::collections::BTreeMap;

use lake_iceberg::{SchemaChange, TableName};
use lake_sql::syntax::tree;
use lake_sql::types::Type;

use super::create::text;
use super::{Answer, Run, parts};
use crate::error::{Fault, Result};
use crate::names::split;
use crate::table::schema::{promoted, stored};
use crate::types;

impl Run<'_> {
    pub(super) async fn alter(&self, if_exists: bool, name: &tree::Name, action: &tree::AlterAction) -> Result<Answer> {
        let written = parts(name);
        if if_exists && self.names.find(&written)?.is_none() {
            return Ok(Answer::default());
        }
        let table = self.names.table(&written)?;
        let change = match action {
            tree::AlterAction::RenameTo(to) => return self.rename(&written, &parts(to)),
            tree::AlterAction::AddColumn(definition) => {
                if definition.not_null {
                    return Err(Fault::statement("This connector does not support adding not null columns"));
                }
                let ty = Type::from_syntax(&definition.ty).map_err(|finding| Fault::statement(finding.message))?;
                let ty = stored(&ty);
                let name = definition.name.value.to_lowercase();
                promoted(&ty, &name).map(drop).or_else(|fault| if is_nested(&ty) { Ok(()) } else { Err(fault) })?;
                SchemaChange::Add { name, ty: types::arrow(&ty)? }
            }
            tree::AlterAction::DropColumn(column) => SchemaChange::Drop { name: column.value.to_lowercase() },
            tree::AlterAction::RenameColumn(from, to) => {
                SchemaChange::Rename { from: from.value.to_lowercase(), to: to.value.to_lowercase() }
            }
            tree::AlterAction::SetColumnType(column, ty) => {
                let ty = Type::from_syntax(ty).map_err(|finding| Fault::statement(finding.message))?;
                let name = column.value.to_lowercase();
                SchemaChange::Promote { ty: promoted(&ty, &name)?, name }
            }
            tree::AlterAction::SetProperties(properties) => {
                let values = properties.iter().map(|(key, value)| Ok((key.value.clone(), text(value)?)));
                table.set_properties(values.collect::<Result<BTreeMap<_, _>>>()?).await?;
                return Ok(Answer::default());
            }
            tree::AlterAction::AddColumns(_)
            | tree::AlterAction::ReplaceColumns(_)
            | tree::AlterAction::ChangeColumn(..)
            | tree::AlterAction::Storage => return Err(Fault::unsupported("ALTER TABLE in Hive's grammar")),
            tree::AlterAction::DropNotNull(_) => return Err(Fault::unsupported("ALTER COLUMN .. DROP NOT NULL")),
            tree::AlterAction::Execute(procedure, _) => {
                return Err(Fault::unsupported(format!("table procedure {}", procedure.value)));
            }
        };
        table.change_schema(&[change]).await?;
        Ok(Answer::default())
    }

    fn rename(&self, from: &[String], to: &[String]) -> Result<Answer> {
        let (namespace, name) = split(from);
        // A new name without schema stays in the table's.
        let (new_namespace, new_name) = match to {
            [name] => (namespace.clone(), name.to_lowercase()),
            _ => split(to),
        };
        let (from, to) = (TableName::new(namespace, name), TableName::new(new_namespace, new_name));
        self.warehouse.rename_table(&from, &to)?;
        Ok(Answer::default())
    }
}

fn is_nested(ty: &Type) -> bool {
    matches!(ty, Type::Array(_) | Type::Map(..) | Type::Row(_))
}
