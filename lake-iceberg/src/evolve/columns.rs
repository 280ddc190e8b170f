//! The columns of a table after changes of them, and of fields inside of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use iceberg::spec::{
    ListType, MapType, NestedField, NestedFieldRef, PrimitiveType, Schema, StructType, TableMetadata, Type,
};

use crate::error::{Error, Result};

/// A change of a table's columns.
///
/// A path names a column, or a field inside of one: the fields of a row by their names, what a list holds by `element`,
/// what a map holds by `key` and `value`. Names are the same in whatever case.
#[derive(Clone, Debug, PartialEq)]
pub enum SchemaChange {
    /// Adds a nullable column or field; it is null in rows that are there already.
    Add {
        /// Path of the row that gets a field; empty for a column.
        within: Vec<String>,
        /// Name.
        name: String,
        /// Type; field ids inside of it, counted from 1, are assigned anew.
        ty: Type,
        /// Where it goes.
        place: ColumnPlace,
    },
    /// Removes a column or a field.
    Drop {
        /// Its path.
        path: Vec<String>,
    },
    /// Renames a column or a field; its values stay.
    Rename {
        /// Its path.
        path: Vec<String>,
        /// New name.
        to: String,
    },
    /// Gives a column or a field another type. Single values get wider: int to long, float to double, decimal to more
    /// digits of the same scale. Rows get the fields of the new type: those of the same name stay.
    Retype {
        /// Its path.
        path: Vec<String>,
        /// New type; field ids in it, counted from 1, are assigned anew for fields that are new.
        ty: Type,
    },
    /// Allows null in a column.
    Relax {
        /// Name.
        name: String,
    },
    /// Describes a column.
    Comment {
        /// Name.
        name: String,
        /// The description; None removes it.
        text: Option<String>,
    },
}

/// Where an added column goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnPlace {
    /// Before all others.
    First,
    /// Behind all others.
    Last,
    /// Behind this one.
    After(String),
}

/// The schema of a table after changes.
pub(super) fn changed(metadata: &TableMetadata, changes: &[SchemaChange]) -> Result<Schema> {
    let current = metadata.current_schema();
    let mut fields: Vec<NestedField> = current.as_struct().fields().iter().map(|field| (**field).clone()).collect();
    let mut next_id = metadata.last_column_id() + 1;
    for change in changes {
        apply(change, metadata, &mut fields, &mut next_id)?;
    }
    let schema = Schema::builder()
        .with_fields(fields.into_iter().map(Arc::new))
        .with_identifier_field_ids(current.identifier_field_ids())
        .build()?;
    Ok(schema)
}

fn apply(
    change: &SchemaChange,
    metadata: &TableMetadata,
    fields: &mut Vec<NestedField>,
    next_id: &mut i32,
) -> Result<()> {
    match change {
        SchemaChange::Add { within, name, ty, place } => edit(fields, within, &mut |fields| {
            free(fields, name)?;
            let ty = with_new_ids(ty, next_id)?;
            let at = match place {
                ColumnPlace::First => 0,
                ColumnPlace::Last => fields.len(),
                ColumnPlace::After(name) => position(fields, name)? + 1,
            };
            fields.insert(at, NestedField::optional(*next_id, name, ty));
            *next_id += 1;
            Ok(())
        }),
        SchemaChange::Drop { path } => edit_field(fields, path, &mut |fields, at| {
            used_by_layout(metadata, &fields[at])?;
            fields.remove(at);
            Ok(())
        }),
        SchemaChange::Rename { path, to } => edit_field(fields, path, &mut |fields, at| {
            free(fields, to)?;
            fields[at].name = to.clone();
            Ok(())
        }),
        SchemaChange::Retype { path, ty } => edit_field(fields, path, &mut |fields, at| {
            let retyped = retyped(&path.join("."), &fields[at].field_type, ty, next_id)?;
            *fields[at].field_type = retyped;
            Ok(())
        }),
        SchemaChange::Relax { name } => {
            let at = position(fields, name)?;
            fields[at].required = false;
            Ok(())
        }
        SchemaChange::Comment { name, text } => {
            let at = position(fields, name)?;
            fields[at].doc.clone_from(text);
            Ok(())
        }
    }
}

/// What is done with the fields of a row or the columns of a table.
type Edit<'a> = dyn FnMut(&mut Vec<NestedField>) -> Result<()> + 'a;

/// Edits the fields of the row that a path leads to.
fn edit(fields: &mut Vec<NestedField>, path: &[String], change: &mut Edit<'_>) -> Result<()> {
    let Some((first, rest)) = path.split_first() else { return change(fields) };
    let at = position(fields, first)?;
    edit_type(&mut fields[at].field_type, first, rest, change)
}

fn edit_type(ty: &mut Type, name: &str, path: &[String], change: &mut Edit<'_>) -> Result<()> {
    let inner = |field: &NestedFieldRef, change: &mut Edit<'_>| {
        let mut field = (**field).clone();
        edit_type(&mut field.field_type, &path[0], &path[1..], change)?;
        Ok::<_, Error>(Arc::new(field))
    };
    let step = path.first().map(String::as_str);
    *ty = match (&*ty, step) {
        (Type::Struct(row), _) => {
            let mut fields = row.fields().iter().map(|field| (**field).clone()).collect();
            edit(&mut fields, path, change)?;
            Type::Struct(StructType::new(fields.into_iter().map(Arc::new).collect()))
        }
        (Type::List(list), Some("element")) => Type::List(ListType::new(inner(&list.element_field, change)?)),
        (Type::Map(map), Some("value")) => {
            Type::Map(MapType::new(map.key_field.clone(), inner(&map.value_field, change)?))
        }
        (other, _) => return Err(Error::Invalid(format!("{name} is no row, found {other}"))),
    };
    Ok(())
}

/// Edits one field of the row that a path leads to.
fn edit_field(
    fields: &mut Vec<NestedField>,
    path: &[String],
    change: &mut dyn FnMut(&mut Vec<NestedField>, usize) -> Result<()>,
) -> Result<()> {
    let Some((name, within)) = path.split_last() else {
        return Err(Error::Invalid("a change of a column needs its name".to_owned()));
    };
    edit(fields, within, &mut |fields| {
        let at = position(fields, name)?;
        change(fields, at)
    })
}

fn position(fields: &[NestedField], name: &str) -> Result<usize> {
    fields
        .iter()
        .position(|field| field.name.eq_ignore_ascii_case(name))
        .ok_or_else(|| Error::Invalid(format!("the table has no column {name}")))
}

fn free(fields: &[NestedField], name: &str) -> Result<()> {
    match position(fields, name) {
        Ok(_) => Err(Error::Invalid(format!("the table has a column {name} already"))),
        Err(_) => Ok(()),
    }
}

fn used_by_layout(metadata: &TableMetadata, field: &NestedField) -> Result<()> {
    let mut ids = BTreeSet::from([field.id]);
    ids_in(&field.field_type, &mut ids);
    // Also by a partitioning of before: its manifests could not be written any more.
    let mut parts = metadata.partition_specs_iter().flat_map(|spec| spec.fields());
    if parts.any(|part| ids.contains(&part.source_id)) {
        return Err(Error::Invalid(format!("column {} cannot be dropped: the table is partitioned by it", field.name)));
    }
    match metadata.default_sort_order().fields.iter().any(|part| ids.contains(&part.source_id)) {
        true => Err(Error::Invalid(format!("column {} cannot be dropped: the table is sorted by it", field.name))),
        false => Ok(()),
    }
}

fn ids_in(ty: &Type, found: &mut BTreeSet<i32>) {
    let inner: Vec<&NestedFieldRef> = match ty {
        Type::Primitive(_) => vec![],
        Type::Struct(row) => row.fields().iter().collect(),
        Type::List(list) => vec![&list.element_field],
        Type::Map(map) => vec![&map.key_field, &map.value_field],
    };
    for field in inner {
        found.insert(field.id);
        ids_in(&field.field_type, found);
    }
}

/// The type of a column or field that is to become `to`.
fn retyped(name: &str, from: &Type, to: &Type, next_id: &mut i32) -> Result<Type> {
    let inner = |old: &NestedFieldRef, new: &Type, next_id: &mut i32| {
        let ty = retyped(&format!("{name}.{}", old.name), &old.field_type, new, next_id)?;
        Ok::<_, Error>(NestedField { field_type: Box::new(ty), ..(**old).clone() })
    };
    Ok(match (from, to) {
        (Type::Primitive(old), Type::Primitive(new)) => {
            promotable(name, old, new)?;
            to.clone()
        }
        (Type::Struct(old), Type::Struct(new)) => {
            let mut fields = Vec::with_capacity(new.fields().len());
            for field in new.fields() {
                let found = old.fields().iter().find(|other| other.name.eq_ignore_ascii_case(&field.name));
                fields.push(Arc::new(match found {
                    Some(old) => inner(old, &field.field_type, next_id)?,
                    None => {
                        let ty = with_new_ids(&field.field_type, next_id)?;
                        *next_id += 1;
                        NestedField::optional(*next_id - 1, &field.name, ty)
                    }
                }));
            }
            Type::Struct(StructType::new(fields))
        }
        (Type::List(old), Type::List(new)) => {
            let element = inner(&old.element_field, &new.element_field.field_type, next_id)?;
            Type::List(ListType::new(Arc::new(element)))
        }
        (Type::Map(old), Type::Map(new)) => {
            let key = inner(&old.key_field, &new.key_field.field_type, next_id)?;
            if key.field_type != old.key_field.field_type {
                return Err(Error::Invalid(format!("Cannot alter map keys: {name}.key")));
            }
            let value = inner(&old.value_field, &new.value_field.field_type, next_id)?;
            Type::Map(MapType::new(Arc::new(key), Arc::new(value)))
        }
        (from, to) => return Err(Error::Invalid(format!("Cannot change type from {} to {}", spelt(from), spelt(to)))),
    })
}

/// The words are those of Iceberg's own library.
fn promotable(name: &str, from: &PrimitiveType, to: &PrimitiveType) -> Result<()> {
    let allowed = match (from, to) {
        (from, to) if from == to => true,
        (PrimitiveType::Int, PrimitiveType::Long) | (PrimitiveType::Float, PrimitiveType::Double) => true,
        (PrimitiveType::Decimal { precision, scale }, PrimitiveType::Decimal { precision: wider, scale: same }) => {
            wider >= precision && same == scale
        }
        _ => false,
    };
    match allowed {
        true => Ok(()),
        false => {
            let (from, to) = (spelt(&Type::Primitive(from.clone())), spelt(&Type::Primitive(to.clone())));
            Err(Error::Invalid(format!("Cannot change column type: {name}: {from} -> {to}")))
        }
    }
}

/// A type as Iceberg's own library spells it.
fn spelt(ty: &Type) -> String {
    ty.to_string().replace(',', ", ").replace(",  ", ", ")
}

/// The type with ids from `next_id` on for what is inside.
pub(super) fn with_new_ids(ty: &Type, next_id: &mut i32) -> Result<Type> {
    if matches!(ty, Type::Primitive(_)) {
        return Ok(ty.clone());
    }
    // Its ids count from 1: move them behind those of the table.
    let shift = *next_id - 1;
    let json = serde_json::to_value(ty).map_err(|error| Error::Invalid(format!("type cannot be added: {error}")))?;
    let (json, highest) = shifted(json, shift);
    *next_id = highest.max(*next_id) + 1;
    serde_json::from_value(json).map_err(|error| Error::Invalid(format!("type cannot be added: {error}")))
}

/// The JSON of a type with its ids moved by `shift`, and the highest of them.
fn shifted(json: serde_json::Value, shift: i32) -> (serde_json::Value, i32) {
    use serde_json::Value;
    let mut highest = 0;
    let json = match json {
        Value::Object(object) => {
            let entries = object.into_iter().map(|(key, value)| {
                let value = match (key.as_str(), value.as_i64()) {
                    ("id" | "element-id" | "key-id" | "value-id", Some(id)) => {
                        highest = highest.max(id as i32 + shift);
                        Value::from(id as i32 + shift)
                    }
                    _ => {
                        let (value, inner) = shifted(value, shift);
                        highest = highest.max(inner);
                        value
                    }
                };
                (key, value)
            });
            Value::Object(entries.collect())
        }
        Value::Array(items) => Value::Array(
            items
                .into_iter()
                .map(|item| {
                    let (item, inner) = shifted(item, shift);
                    highest = highest.max(inner);
                    item
                })
                .collect(),
        ),
        other => other,
    };
    (json, highest)
}
