//! ALTER TABLE: columns, and fields of the rows in them.

use iceberg::spec::{NestedFieldRef, Schema, StructType, Type as Ice};
use lake_iceberg::{ColumnPlace, SchemaChange, Table};
use lake_sql::syntax::tree;
use lake_sql::types::Type;

use super::properties::refused;
use super::{Answer, Run};
use crate::error::{Fault, Result};
use crate::table::schema;

impl Run<'_> {
    /// Changes a table's columns.
    pub(super) async fn change_columns(&self, table: &Table, action: &tree::AlterAction) -> Result<Answer> {
        let Some(changes) = column_change(table, action)? else { return Ok(Answer::default()) };
        let failed = |error| match (refused(error), action) {
            (fault, tree::AlterAction::SetColumnType(name, _)) => {
                let what = if name.parts.len() == 1 { "column" } else { "field" };
                fault.trying(&format!("Failed to set {what} type"))
            }
            (fault, _) => fault,
        };
        table.change_schema(&changes).await.map_err(failed)?;
        Ok(Answer::default())
    }
}

/// What is to change; None if nothing is.
fn column_change(table: &Table, action: &tree::AlterAction) -> Result<Option<Vec<SchemaChange>>> {
    let schema = table.metadata().current_schema();
    Ok(Some(match action {
        tree::AlterAction::AddColumn { within, column, if_not_exists, place } => {
            let existing = match within.as_slice() {
                [] => top(schema).then_field(&column.name).map(|_| "Column"),
                within => row_at(schema, within)?.then_field(&column.name).map(|_| "Field"),
            };
            if let Some(what) = existing {
                return tolerated(*if_not_exists, format!("{what} '{}' already exists", column.name.value));
            }
            added(schema, within, column, place)?
        }
        tree::AlterAction::DropColumn { column, if_exists } => match dropped(table, column)? {
            Ok(change) => vec![change],
            Err(missing) => return tolerated(*if_exists, missing),
        },
        tree::AlterAction::RenameColumn { from, to, if_exists } => match renamed(schema, from, to)? {
            Ok(change) => vec![change],
            Err(missing) => return tolerated(*if_exists, missing),
        },
        tree::AlterAction::SetColumnType(column, ty) => vec![retyped(schema, column, ty)?],
        tree::AlterAction::DropNotNull(column) => {
            let field = top(schema).then_field(column).ok_or_else(|| Fault::statement(no_column(column)))?;
            if !field.required {
                return Err(Fault::statement("Column is already nullable"));
            }
            vec![SchemaChange::Relax { name: field.name.clone() }]
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

/// The message that something is missing, where that may be tolerated.
type Missing = String;

fn no_column(name: &tree::Ident) -> String {
    format!("Column '{}' does not exist", name.value.to_lowercase())
}

fn path(parts: &[tree::Ident]) -> Vec<String> {
    parts.iter().map(|part| part.value.to_lowercase()).collect()
}

/// Fields of a row or columns of a table.
trait Fields {
    fn then_field(&self, name: &tree::Ident) -> Option<&NestedFieldRef>;
}

impl Fields for StructType {
    fn then_field(&self, name: &tree::Ident) -> Option<&NestedFieldRef> {
        self.fields().iter().find(|field| field.name.eq_ignore_ascii_case(&name.value))
    }
}

fn top(schema: &Schema) -> &StructType {
    schema.as_struct()
}

/// A type as Trino spells it.
fn spelt(ty: &Ice) -> Result<Type> {
    schema::trino(ty)
}

/// The type that a path leads to: fields of rows by name, what a list holds by `element`.
fn type_at<'a>(schema: &'a Schema, path: &[tree::Ident]) -> Result<&'a Ice> {
    let Some((first, rest)) = path.split_first() else { return Err(Fault::internal("a column without name")) };
    let column = top(schema).then_field(first).ok_or_else(|| Fault::statement(no_column(first)))?;
    let mut at = &*column.field_type;
    for name in rest {
        at = match at {
            Ice::Struct(row) => match row.then_field(name) {
                Some(field) => &field.field_type,
                None => {
                    let message = format!("Field '{}' does not exist within {}", name.value, spelt(at)?);
                    return Err(Fault::statement(message));
                }
            },
            Ice::List(list) if name.value.eq_ignore_ascii_case("element") => &list.element_field.field_type,
            other => return Err(no_row(other)),
        };
    }
    Ok(at)
}

fn no_row(ty: &Ice) -> Fault {
    match spelt(ty) {
        Ok(ty) => Fault::statement(format!("Unsupported type: {ty}")).help("only rows have fields"),
        Err(fault) => fault,
    }
}

/// The row that a path leads to.
fn row_at<'a>(schema: &'a Schema, path: &[tree::Ident]) -> Result<&'a StructType> {
    match type_at(schema, path)? {
        Ice::Struct(row) => Ok(row),
        other => Err(no_row(other)),
    }
}

fn added(
    schema: &Schema,
    within: &[tree::Ident],
    column: &tree::ColumnDefinition,
    place: &tree::ColumnPlace,
) -> Result<Vec<SchemaChange>> {
    no_default(column)?;
    if column.not_null {
        return Err(Fault::statement("This connector does not support adding not null columns"));
    }
    if !within.is_empty() && *place != tree::ColumnPlace::Last {
        return Err(Fault::statement("Specifying column position is not supported for nested columns"));
    }
    let place = match place {
        tree::ColumnPlace::First => ColumnPlace::First,
        tree::ColumnPlace::Last => ColumnPlace::Last,
        tree::ColumnPlace::After(name) => match top(schema).then_field(name) {
            Some(field) => ColumnPlace::After(field.name.clone()),
            None => return Err(Fault::statement(no_column(name))),
        },
    };
    let name = column.name.value.to_lowercase();
    let ty = Type::from_syntax(&column.ty).map_err(|finding| Fault::statement(finding.message))?;
    let ty = schema::added(&ty, &name)?;
    let mut changes = vec![SchemaChange::Add { within: path(within), name: name.clone(), ty, place }];
    if let (Some(text), true) = (&column.comment, within.is_empty()) {
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

fn dropped(table: &Table, column: &tree::Name) -> Result<Result<SchemaChange, Missing>> {
    let schema = table.metadata().current_schema();
    let Some((name, within)) = column.parts.split_last() else {
        return Err(Fault::internal("a column without name"));
    };
    let (row, only) = match within {
        [] => (top(schema), "Cannot drop the only column in a table"),
        within => (row_at(schema, within)?, "Cannot drop the only field in a row type"),
    };
    let Some(field) = row.then_field(name) else {
        return Ok(Err(match within {
            [] => no_column(name),
            within => {
                format!("Cannot resolve field '{}' within {} type", name.value, spelt(type_at(schema, within)?)?)
            }
        }));
    };
    droppable(table, field.id, &path(&column.parts).join("."))?;
    match row.fields().len() {
        1 => Err(Fault::statement(only)),
        _ => Ok(Ok(SchemaChange::Drop { path: path(&column.parts) })),
    }
}

fn droppable(table: &Table, id: i32, name: &str) -> Result<()> {
    let metadata = table.metadata();
    let refused = |message: &str| Err(Fault::statement(format!("{message}: {name}")));
    if metadata.default_partition_spec().fields().iter().any(|field| field.source_id == id) {
        return refused("Cannot drop partition field");
    }
    if metadata.partition_specs_iter().flat_map(|spec| spec.fields()).any(|field| field.source_id == id) {
        return refused("Cannot drop column which is used by an old partition spec");
    }
    if metadata.default_sort_order().fields.iter().any(|field| field.source_id == id) {
        return refused("Cannot drop sort field");
    }
    Ok(())
}

fn renamed(schema: &Schema, from: &tree::Name, to: &tree::Ident) -> Result<Result<SchemaChange, Missing>> {
    let Some((name, within)) = from.parts.split_last() else {
        return Err(Fault::internal("a column without name"));
    };
    let (row, what) = match within {
        [] => (top(schema), "Column"),
        within => (row_at(schema, within)?, "Field"),
    };
    if row.then_field(name).is_none() {
        return Ok(Err(format!("{what} '{}' does not exist", name.value.to_lowercase())));
    }
    // Trino renames in rows alone.
    for depth in 1..within.len() {
        row_at(schema, &within[..depth])?;
    }
    match row.then_field(to) {
        Some(_) => Err(Fault::statement(format!("{what} '{}' already exists", to.value.to_lowercase()))),
        None => Ok(Ok(SchemaChange::Rename { path: path(&from.parts), to: to.value.to_lowercase() })),
    }
}

fn retyped(schema: &Schema, column: &tree::Name, ty: &tree::TypeName) -> Result<SchemaChange> {
    if let [.., _, name] = column.parts.as_slice() {
        let within = &column.parts[..column.parts.len() - 1];
        let row = type_at(schema, within)?;
        if matches!(row, Ice::List(_)) {
            let path: Vec<&str> = column.parts.iter().map(|part| part.value.as_str()).collect();
            let message = format!("Field path [{}] does not point to row field", path.join(", "));
            return Err(Fault::statement(message).help(format!("change the type of `{}` as a whole", path[0])));
        }
        row_at(schema, within)?;
        type_at(schema, &column.parts)?;
        let wanted = Type::from_syntax(ty).map_err(|finding| Fault::statement(finding.message))?;
        return Ok(SchemaChange::Retype { path: path(&column.parts), ty: schema::added(&wanted, &name.value)? });
    }
    type_at(schema, &column.parts)?;
    let wanted = Type::from_syntax(ty).map_err(|finding| Fault::statement(finding.message))?;
    let path = path(&column.parts);
    Ok(SchemaChange::Retype { ty: schema::added(&wanted, &path[0])?, path })
}
