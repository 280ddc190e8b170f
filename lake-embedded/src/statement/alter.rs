//! ALTER TABLE and ALTER VIEW: columns, names, properties.

use iceberg::spec::{PrimitiveType, Type as Ice};
use lake_iceberg::{Entry, SchemaChange, Table, TableName};
use lake_sql::syntax::tree;
use lake_sql::types::Type;

use super::{Answer, Run, parts};
use crate::error::{Fault, Result};
use crate::names::split;
use crate::table::schema;

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
        if let Some(change) = column_change(&table, action)? {
            table.change_schema(&change).await?;
        }
        Ok(Answer::default())
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
        if !catalog.has_namespace(&to.namespace) {
            return Err(Fault::statement(format!("Target schema '{}' does not exist", to.namespace)));
        }
        match catalog.kind(&to)? {
            Some(found) => Err(Fault::statement(format!("Target {found} '{to}' already exists"))),
            None => Ok(catalog.rename(&from, &to, kind).map(|()| Answer::default())?),
        }
    }
}

/// What is to change of a table's columns; None if nothing is.
fn column_change(table: &Table, action: &tree::AlterAction) -> Result<Option<Vec<SchemaChange>>> {
    let exists = |name: &str| table.metadata().current_schema().field_by_name(name).is_some();
    Ok(Some(match action {
        tree::AlterAction::AddColumn { column, if_not_exists } => {
            let name = column.name.value.to_lowercase();
            if exists(&name) {
                let written = &column.name.value;
                return tolerated(*if_not_exists, format!("Column '{written}' already exists"));
            }
            added(column, name)?
        }
        tree::AlterAction::DropColumn { column, if_exists } => {
            let name = column.value.to_lowercase();
            if !exists(&name) {
                return tolerated(*if_exists, no_column(&name));
            }
            droppable(table, &name)?;
            vec![SchemaChange::Drop { name }]
        }
        tree::AlterAction::RenameColumn { from, to, if_exists } => {
            let (from, to) = (from.value.to_lowercase(), to.value.to_lowercase());
            if !exists(&from) {
                return tolerated(*if_exists, no_column(&from));
            }
            if exists(&to) {
                return Err(Fault::statement(format!("Column '{to}' already exists")));
            }
            vec![SchemaChange::Rename { from, to }]
        }
        tree::AlterAction::SetColumnType(column, ty) => {
            let name = column.value.to_lowercase();
            let wanted = Type::from_syntax(ty).map_err(|finding| Fault::statement(finding.message))?;
            match widened(table, &name, &wanted)? {
                Some(ty) => vec![SchemaChange::Promote { name, ty }],
                None => return Ok(None),
            }
        }
        tree::AlterAction::DropNotNull(column) => {
            let name = column.value.to_lowercase();
            let field = table.metadata().current_schema().field_by_name(&name);
            let field = field.ok_or_else(|| Fault::statement(no_column(&name)))?;
            if !field.required {
                return Err(Fault::statement("Column is already nullable"));
            }
            vec![SchemaChange::Relax { name }]
        }
        tree::AlterAction::AddColumns(_)
        | tree::AlterAction::ReplaceColumns(_)
        | tree::AlterAction::ChangeColumn(..)
        | tree::AlterAction::Storage => return Err(Fault::unsupported("ALTER TABLE in Hive's grammar")),
        tree::AlterAction::RenameTo(_) | tree::AlterAction::SetProperties(_) | tree::AlterAction::Execute(..) => {
            return Err(Fault::internal("this changes no column"));
        }
    }))
}

fn tolerated<T>(tolerated: bool, message: String) -> Result<Option<T>> {
    if tolerated { Ok(None) } else { Err(Fault::statement(message)) }
}

fn no_column(name: &str) -> String {
    format!("Column '{name}' does not exist")
}

fn added(column: &tree::ColumnDefinition, name: String) -> Result<Vec<SchemaChange>> {
    no_default(column)?;
    if column.not_null {
        return Err(Fault::statement("This connector does not support adding not null columns"));
    }
    let ty = Type::from_syntax(&column.ty).map_err(|finding| Fault::statement(finding.message))?;
    let mut changes = vec![SchemaChange::Add { ty: schema::added(&ty, &name)?, name: name.clone() }];
    if let Some(text) = &column.comment {
        changes.push(SchemaChange::Comment { name, text: Some(text.clone()) });
    }
    Ok(changes)
}

/// Iceberg has defaults since its third version only.
pub(super) fn no_default(column: &tree::ColumnDefinition) -> Result<()> {
    match &column.default {
        Some(_) => {
            Err(Fault::statement("Default column values are not supported for Iceberg table format version < 3"))
        }
        None => Ok(()),
    }
}

fn droppable(table: &Table, name: &str) -> Result<()> {
    let metadata = table.metadata();
    let schema = metadata.current_schema();
    let id = schema.field_id_by_name(name);
    let refused = |message: &str| Err(Fault::statement(format!("{message}: {name}")));
    if schema.as_struct().fields().len() == 1 {
        return Err(Fault::statement("Cannot drop the only column in a table"));
    }
    if metadata.default_partition_spec().fields().iter().any(|field| Some(field.source_id) == id) {
        return refused("Cannot drop partition field");
    }
    if metadata.partition_specs_iter().flat_map(|spec| spec.fields()).any(|field| Some(field.source_id) == id) {
        return refused("Cannot drop column which is used by an old partition spec");
    }
    if metadata.default_sort_order().fields.iter().any(|field| Some(field.source_id) == id) {
        return refused("Cannot drop sort field");
    }
    Ok(())
}

/// The wider type of a column; None if it has that type already.
fn widened(table: &Table, name: &str, wanted: &Type) -> Result<Option<PrimitiveType>> {
    let field = table.metadata().current_schema().field_by_name(name);
    let field = field.ok_or_else(|| Fault::statement(no_column(name)))?;
    if !field.field_type.is_primitive() {
        return Err(Fault::statement("Iceberg doesn't support changing column type from non-primitive types"));
    }
    let to = Ice::Primitive(schema::promoted(wanted, name)?);
    if *field.field_type == to {
        return Ok(None);
    }
    let allowed = match (&*field.field_type, &to) {
        (Ice::Primitive(PrimitiveType::Int), Ice::Primitive(PrimitiveType::Long)) => true,
        (Ice::Primitive(PrimitiveType::Float), Ice::Primitive(PrimitiveType::Double)) => true,
        (
            Ice::Primitive(PrimitiveType::Decimal { precision, scale }),
            Ice::Primitive(PrimitiveType::Decimal { precision: wider, scale: same }),
        ) => wider > precision && scale == same,
        _ => false,
    };
    match to {
        Ice::Primitive(ty) if allowed => Ok(Some(ty)),
        to => Err(Fault::statement(format!(
            "Failed to set column type: Cannot change column type: {name}: {} -> {}",
            spelt(&field.field_type),
            spelt(&to)
        ))),
    }
}

/// An Iceberg type as Iceberg's own messages spell it.
fn spelt(ty: &Ice) -> String {
    ty.to_string().replace(',', ", ").replace(",  ", ", ")
}
