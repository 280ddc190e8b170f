//! Changes of a table's columns and properties.

mod columns;
mod replace;

use std::collections::{BTreeMap, HashMap};

use iceberg::spec::{TableMetadata, TableMetadataBuilder};

use self::columns::changed;
pub use self::columns::{ColumnPlace, SchemaChange};
pub(crate) use self::replace::replaced;
use crate::commit::{CommitError, move_head};
use crate::error::Result;
use crate::order::{SortBy, sort_order};
use crate::partition::{PartitionBy, evolved_spec};
use crate::table::Table;

/// How often a lost race is run again.
const ATTEMPTS: u32 = 32;

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
    /// Changes the table's columns. Changes nothing if they are as asked for already.
    pub async fn change_schema(&self, changes: &[SchemaChange]) -> Result<Table> {
        if changed(self.metadata(), changes)?.as_struct() == self.metadata().current_schema().as_struct() {
            return Ok(self.clone());
        }
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
                builder = builder.add_default_partition_spec(evolved_spec(metadata, metadata.current_schema(), by)?)?;
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
            let file = current.metadata_location().to_owned();
            let builder = current.metadata().clone().into_builder(Some(file));
            let metadata = change(current.metadata(), builder)?.build()?.metadata;
            let catalog = current.warehouse.catalog();
            let written =
                catalog.write_metadata(&metadata, &current.location(), current.previous_metadata().as_deref())?;
            if let Some(head) = move_head(&current, &written)? {
                let inner = catalog.table_of(&current.name, metadata, &written)?;
                return Ok(Table { head: Some(head), inner, ..current });
            }
            current.warehouse.store().remove(&written);
            tokio::time::sleep(crate::commit::back_off(attempt)).await;
        }
        Err(CommitError::Contention { table: self.name.clone(), attempts: ATTEMPTS }.into())
    }
}
