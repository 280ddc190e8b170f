//! Views, kept as the Iceberg view spec says.

use std::collections::HashMap;

use iceberg::spec::{Schema, ViewMetadata, ViewMetadataBuilder, ViewRepresentation, ViewRepresentations, ViewVersion};
use iceberg::{NamespaceIdent, ViewCreation};

use super::pointer::Advance;
use super::{FileCatalog, TableName};
use crate::commit::{CommitError, ConflictReason};
use crate::error::{Entry, Error, Result};

/// What a view is made of.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub sql: String,
    pub dialect: String,
    pub schema: Schema,
    pub properties: HashMap<String, String>,
}

impl FileCatalog {
    pub(crate) fn view_metadata(&self, name: &TableName) -> Result<ViewMetadata> {
        let head = self.head(name, Entry::View)?;
        self.read_view(&self.metadata_of(&head.pointer))
    }

    pub(crate) fn create_view(&self, name: &TableName, definition: Definition) -> Result<()> {
        let location = self.new_location(name);
        let metadata = first_version(name, &location, definition)?;
        let written = self.write_metadata(&metadata, &location, None)?;
        let created = self.pointers().create(&name.namespace, &name.name, self.pointer_to(Entry::View, &written));
        if created.is_err() {
            let _ = self.store().remove_all(&location);
        }
        created.map(|_| ())
    }

    /// Replaces the view's definition: readers see the old one or the new one.
    pub(crate) fn replace_view(&self, name: &TableName, definition: Definition) -> Result<()> {
        let head = self.head(name, Entry::View)?;
        let current = self.metadata_of(&head.pointer);
        let metadata = next_version(name, self.read_view(&current)?, definition)?;
        let location = self.location_of(&current, metadata.location());
        let written = self.write_metadata(&metadata, &location, Some(&current))?;
        let pointer = self.pointer_to(Entry::View, &written);
        let refused = match self.pointers().advance(&name.namespace, &name.name, &head, pointer)? {
            Advance::Done(_) => return Ok(()),
            Advance::Lost => {
                CommitError::Conflict { table: name.clone(), base: None, head: None, reason: ConflictReason::HeadMoved }
                    .into()
            }
            Advance::Gone => Error::NotFound { entry: Entry::View, name: name.to_string() },
        };
        self.store().remove(&written);
        Err(refused)
    }

    fn read_view(&self, location: &str) -> Result<ViewMetadata> {
        serde_json::from_slice(&self.store().read(location)?)
            .map_err(|error| Error::Invalid(format!("{location} is damaged: {error}")))
    }
}

/// The crate has no constructor for representations: they are made from their JSON.
fn representations(definition: &Definition) -> Result<ViewRepresentations> {
    let json = serde_json::json!([{ "type": "sql", "sql": definition.sql, "dialect": definition.dialect }]);
    serde_json::from_value(json).map_err(|error| Error::Invalid(format!("view cannot be written: {error}")))
}

fn first_version(name: &TableName, location: &str, definition: Definition) -> Result<ViewMetadata> {
    let creation = ViewCreation::builder()
        .name(name.name.clone())
        .location(location.to_owned())
        .representations(representations(&definition)?)
        .schema(definition.schema)
        .properties(definition.properties)
        .default_namespace(NamespaceIdent::new(name.namespace.clone()))
        .build();
    Ok(ViewMetadataBuilder::from_view_creation(creation)?.build()?.metadata)
}

fn next_version(name: &TableName, current: ViewMetadata, definition: Definition) -> Result<ViewMetadata> {
    let version = ViewVersion::builder()
        .with_version_id(0)
        .with_schema_id(0)
        .with_timestamp_ms(crate::commit::now_ms())
        .with_representations(representations(&definition)?)
        .with_default_namespace(NamespaceIdent::new(name.namespace.clone()))
        .build();
    let mut old: Vec<String> = current.properties().keys().cloned().collect();
    old.retain(|key| !definition.properties.contains_key(key));
    let builder = current.into_builder().remove_properties(&old).set_properties(definition.properties)?;
    Ok(builder.set_current_version(version, definition.schema)?.build()?.metadata)
}

/// The SQL and dialect of a view's current version.
pub(crate) fn current_sql(metadata: &ViewMetadata) -> Option<(String, String)> {
    metadata.current_version().representations().iter().next().map(|representation| match representation {
        ViewRepresentation::Sql(sql) => (sql.sql.clone(), sql.dialect.clone()),
    })
}
