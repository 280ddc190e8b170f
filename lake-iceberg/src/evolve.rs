//! Changes of a table's columns and properties.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use iceberg::spec::{NestedField, PrimitiveType, Schema, TableMetadata, TableMetadataBuilder, Type};

use crate::commit::{CommitError, move_head};
use crate::error::{Error, Result};
use crate::order::{SortBy, sort_order};
use crate::partition::{PartitionBy, evolved_spec};
use crate::table::Table;

/// How often a lost race is run again.
const ATTEMPTS: u32 = 32;

/// A change of a table's columns.
#[derive(Clone, Debug, PartialEq)]
pub enum SchemaChange {
    /// Adds a nullable column at the end; it is null in rows that are there already.
    Add {
        /// Name.
        name: String,
        /// Type; field ids inside of it, counted from 1, are assigned anew.
        ty: Type,
    },
    /// Removes a column.
    Drop {
        /// Name.
        name: String,
    },
    /// Renames a column; its values stay.
    Rename {
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
    /// Widens a column: int to long, float to double, decimal to more digits of the same scale.
    Promote {
        /// Name.
        name: String,
        /// New type.
        ty: PrimitiveType,
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

/// A change of how a table is kept.
#[derive(Clone, Debug, Default)]
pub struct TableChange {
    /// Properties to set.
    pub set: BTreeMap<String, String>,
    /// Properties to remove.
    pub remove: Vec<String>,
    /// How files that are written from now on are partitioned.
    pub partitioning: Option<Vec<PartitionBy>>,
    /// How rows that are written from now on are ordered.
    pub order: Option<Vec<SortBy>>,
}

impl Table {
    /// Changes the table's columns.
    pub async fn change_schema(&self, changes: &[SchemaChange]) -> Result<Table> {
        self.update(|metadata, builder| {
            let schema = changed(metadata, changes)?;
            Ok(builder.add_current_schema(schema)?)
        })
        .await
    }

    /// Changes how the table is kept; its files stay as they are.
    pub async fn alter(&self, change: &TableChange) -> Result<Table> {
        self.update(|metadata, builder| {
            let mut builder = builder
                .set_properties(change.set.clone().into_iter().collect::<HashMap<_, _>>())?
                .remove_properties(&change.remove)?;
            if let Some(by) = &change.partitioning {
                builder = builder.add_default_partition_spec(evolved_spec(metadata, by)?)?;
            }
            if let Some(by) = &change.order {
                let order = sort_order(metadata.current_schema(), by)?;
                builder = builder.add_sort_order(order)?.set_default_sort_order(-1)?;
            }
            Ok(builder)
        })
        .await
    }

    /// Sets table properties.
    pub async fn set_properties(&self, properties: BTreeMap<String, String>) -> Result<Table> {
        self.update(|_, builder| Ok(builder.set_properties(properties.clone().into_iter().collect::<HashMap<_, _>>())?))
            .await
    }

    /// Removes table properties.
    pub async fn remove_properties(&self, keys: &[String]) -> Result<Table> {
        self.update(|_, builder| Ok(builder.remove_properties(keys)?)).await
    }

    /// Commits a change of metadata alone, computed anew on the head that it is put on.
    pub(crate) async fn update(
        &self,
        change: impl Fn(&TableMetadata, TableMetadataBuilder) -> Result<TableMetadataBuilder>,
    ) -> Result<Table> {
        for attempt in 1..=ATTEMPTS {
            let current = self.refresh().await?;
            let file = current.metadata_file().to_string_lossy().into_owned();
            let builder = current.metadata().clone().into_builder(Some(file));
            let metadata = change(current.metadata(), builder)?.build()?.metadata;
            let version = current.head.as_ref().map_or(1, |head| head.version + 1);
            let catalog = current.warehouse.catalog();
            let path = catalog.write_metadata(&metadata, &current.location(), version)?;
            if let Some(head) = move_head(&current, &path)? {
                let inner = catalog.table_of(&current.name, metadata, &path)?;
                return Ok(Table { head: Some(head), inner, ..current });
            }
            let _ = std::fs::remove_file(&path);
            tokio::time::sleep(crate::commit::back_off(attempt)).await;
        }
        Err(CommitError::Contention { table: self.name.clone(), attempts: ATTEMPTS }.into())
    }
}

fn changed(metadata: &TableMetadata, changes: &[SchemaChange]) -> Result<Schema> {
    let current = metadata.current_schema();
    let mut fields: Vec<NestedField> = current.as_struct().fields().iter().map(|field| (**field).clone()).collect();
    let mut next_id = metadata.last_column_id() + 1;
    for change in changes {
        match change {
            SchemaChange::Add { name, ty } => {
                free(&fields, name)?;
                let ty = with_new_ids(ty, &mut next_id)?;
                fields.push(NestedField::optional(next_id, name, ty));
                next_id += 1;
            }
            SchemaChange::Drop { name } => {
                let at = position(&fields, name)?;
                used_by_partitioning(metadata, &fields[at])?;
                fields.remove(at);
            }
            SchemaChange::Rename { from, to } => {
                let at = position(&fields, from)?;
                free(&fields, to)?;
                fields[at].name = to.clone();
            }
            SchemaChange::Promote { name, ty } => {
                let at = position(&fields, name)?;
                promotable(name, &fields[at].field_type, ty)?;
                *fields[at].field_type = Type::Primitive(ty.clone());
            }
            SchemaChange::Relax { name } => {
                let at = position(&fields, name)?;
                fields[at].required = false;
            }
            SchemaChange::Comment { name, text } => {
                let at = position(&fields, name)?;
                fields[at].doc.clone_from(text);
            }
        }
    }
    let schema = Schema::builder()
        .with_fields(fields.into_iter().map(Arc::new))
        .with_identifier_field_ids(current.identifier_field_ids())
        .build()?;
    Ok(schema)
}

fn position(fields: &[NestedField], name: &str) -> Result<usize> {
    fields
        .iter()
        .position(|field| field.name == name)
        .ok_or_else(|| Error::Invalid(format!("the table has no column {name}")))
}

fn free(fields: &[NestedField], name: &str) -> Result<()> {
    match fields.iter().any(|field| field.name == name) {
        true => Err(Error::Invalid(format!("the table has a column {name} already"))),
        false => Ok(()),
    }
}

fn used_by_partitioning(metadata: &TableMetadata, field: &NestedField) -> Result<()> {
    // Also by a partitioning of before: its manifests could not be written any more.
    let mut parts = metadata.partition_specs_iter().flat_map(|spec| spec.fields());
    if parts.any(|part| part.source_id == field.id) {
        return Err(Error::Invalid(format!("column {} cannot be dropped: the table is partitioned by it", field.name)));
    }
    match metadata.default_sort_order().fields.iter().any(|part| part.source_id == field.id) {
        true => Err(Error::Invalid(format!("column {} cannot be dropped: the table is sorted by it", field.name))),
        false => Ok(()),
    }
}

fn promotable(name: &str, from: &Type, to: &PrimitiveType) -> Result<()> {
    let allowed = match (from, to) {
        (Type::Primitive(PrimitiveType::Int), PrimitiveType::Long) => true,
        (Type::Primitive(PrimitiveType::Float), PrimitiveType::Double) => true,
        (
            Type::Primitive(PrimitiveType::Decimal { precision, scale }),
            PrimitiveType::Decimal { precision: wider, scale: same },
        ) => wider >= precision && same == scale,
        _ => false,
    };
    match allowed {
        true => Ok(()),
        false => Err(Error::Invalid(format!(
            "column {name} cannot change from {from} to {to}: only int to long, float to double, \
             and decimals to more digits of the same scale"
        ))),
    }
}

/// The type with ids from `next_id` on for what is inside.
fn with_new_ids(ty: &Type, next_id: &mut i32) -> Result<Type> {
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
