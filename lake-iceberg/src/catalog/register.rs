//! Tables that are there already and get a name.

use iceberg::spec::{FormatVersion, TableMetadata};

use super::{FileCatalog, TableName, version_of};
use crate::error::{Entry, Error, Result};
use crate::store::{file_name, join, parent};
use crate::table::Table;
use crate::warehouse::Warehouse;

impl Warehouse {
    /// Gives a free name to a table that another writer of Iceberg has made, at its location, and uses it as it is:
    /// later commits of ours are put beside its files. Without the name of a metadata file, the newest one is taken.
    ///
    /// The other writer's catalog does not learn of our commits, nor this one of its.
    pub async fn register_table(
        &self,
        namespace: &str,
        name: &str,
        location: &str,
        metadata_file: Option<&str>,
    ) -> Result<Table> {
        let name = TableName::new(namespace, name);
        let store = self.store();
        let location = store.rebase(location.trim_end_matches('/'));
        let folder = join(&location, "metadata");
        let metadata = match metadata_file {
            Some(file) => join(&folder, file),
            None => self.newest_metadata(&folder)?,
        };
        self.catalog().not_registered(&location)?;
        let table =
            self.catalog().load_metadata(&name, &metadata).await.map_err(|error| unreadable(&metadata, error))?;
        usable(table.metadata())?;
        let declared = store.rebase(table.metadata().location().trim_end_matches('/'));
        if declared != location {
            return Err(Error::Invalid(format!(
                "Table metadata file [{metadata}] declares table location as [{declared}] which is differs from location \
                 provided [{location}]. Iceberg table can only be registered with the same location it was created with"
            )));
        }
        let inner = self.catalog().register(&name, &metadata).await?;
        let head = self.catalog().head(&name, Entry::Table)?;
        Ok(Table { warehouse: self.clone(), name, head: Some(head), replaces: None, inner })
    }

    fn newest_metadata(&self, folder: &str) -> Result<String> {
        let found = self.store().list(folder)?.into_iter().map(|file| file.location);
        let files: Vec<String> = found.filter(|file| file.ends_with(".metadata.json")).collect();
        let newest = files.iter().map(|file| version_of(file)).max();
        let mut newest = files.iter().filter(|file| Some(version_of(file)) == newest);
        match (newest.next(), newest.next()) {
            (None, _) => Err(Error::Invalid(format!("No versioned metadata file exists at location: {folder}"))),
            (Some(file), None) => Ok(file.clone()),
            (Some(one), Some(other)) => Err(Error::Invalid(format!(
                "More than one latest metadata file found at location: {folder}, latest metadata files are {} and {}: \
                 name the one that is meant",
                file_name(one),
                file_name(other)
            ))),
        }
    }
}

impl FileCatalog {
    /// Two names for one table would each have commits that the other does not know.
    fn not_registered(&self, location: &str) -> Result<()> {
        for namespace in self.namespaces()? {
            for name in self.pointers().names(&namespace)? {
                let Some(head) = self.pointers().head(&namespace, &name)? else { continue };
                if parent(&self.metadata_of(&head.pointer)).and_then(parent) == Some(location) {
                    return Err(Error::Invalid(format!("{location} is table {namespace}.{name} already")));
                }
            }
        }
        Ok(())
    }
}

fn unreadable(metadata: &str, error: Error) -> Error {
    match error {
        Error::Format(source) => Error::Invalid(format!("Invalid metadata file: {metadata}: {}", source.message())),
        other => other,
    }
}

/// What is written by other rules cannot be read or written by ours.
fn usable(metadata: &TableMetadata) -> Result<()> {
    match metadata.format_version() {
        FormatVersion::V2 => Ok(()),
        found => {
            Err(Error::Invalid(format!("the table is of version {} of Iceberg's format, expected 2", found as u8)))
        }
    }
}
