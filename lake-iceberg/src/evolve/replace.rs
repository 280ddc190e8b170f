//! A table that takes the place of another, and goes on with its history: CREATE OR REPLACE.

use std::collections::HashMap;
use std::sync::Arc;

use iceberg::spec::{MAIN_BRANCH, NestedField, Schema, TableMetadata};

use super::columns::with_new_ids;
use crate::error::Result;
use crate::order::sort_order;
use crate::partition::evolved_spec;
use crate::warehouse::NewTable;

/// The metadata of a table before the first commit to what takes its place: columns, layout and properties are new, no
/// row is there, and what was there can be looked at by snapshot.
pub(crate) fn replaced(metadata: &TableMetadata, new: NewTable) -> Result<TableMetadata> {
    let schema = with_known_ids(metadata, &new.schema)?;
    let old: Vec<String> = metadata.properties().keys().cloned().collect();
    let spec = evolved_spec(metadata, &schema, &new.partitioning)?;
    let order = sort_order(&schema, &new.order)?;
    let builder = metadata
        .clone()
        .into_builder(None)
        .remove_ref(MAIN_BRANCH)
        .add_current_schema(schema)?
        .add_default_partition_spec(spec)?
        .add_sort_order(order)?
        .set_default_sort_order(-1)?
        .remove_properties(&old)?
        .set_properties(new.properties.into_iter().collect::<HashMap<_, _>>())?;
    Ok(builder.build()?.metadata)
}

/// The columns of the new table. One of the name and type of an old one is the same column for Iceberg.
fn with_known_ids(metadata: &TableMetadata, new: &Schema) -> Result<Schema> {
    let old = metadata.current_schema();
    let mut next_id = metadata.last_column_id() + 1;
    let mut fields = Vec::with_capacity(new.as_struct().fields().len());
    for field in new.as_struct().fields() {
        let same = |other: &&Arc<NestedField>| {
            other.name == field.name && field.field_type.is_primitive() && other.field_type == field.field_type
        };
        let mut field = (**field).clone();
        match old.as_struct().fields().iter().find(same) {
            Some(same) => field.id = same.id,
            None => {
                *field.field_type = with_new_ids(&field.field_type, &mut next_id)?;
                field.id = next_id;
                next_id += 1;
            }
        }
        fields.push(Arc::new(field));
    }
    Ok(Schema::builder().with_fields(fields).build()?)
}
