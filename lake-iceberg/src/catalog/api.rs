//! The `iceberg` crate's `Catalog` over the pointers, so that its own transactions go through the same compare-and-swap.

use std::collections::HashMap;

use async_trait::async_trait;
use iceberg::spec::TableMetadataBuilder;
use iceberg::table::Table;
use iceberg::{Catalog, ErrorKind, Namespace, NamespaceIdent, TableCommit, TableCreation, TableIdent};

use super::pointer::Advance;
use super::{FileCatalog, TableName};
use crate::error::{Entry, Error};
use crate::store::below;

fn namespace_name(namespace: &NamespaceIdent) -> iceberg::Result<String> {
    match namespace.as_ref().as_slice() {
        [name] => Ok(name.clone()),
        names => Err(iceberg::Error::new(
            ErrorKind::FeatureUnsupported,
            format!("schemas have one level here, found {}", names.join(".")),
        )),
    }
}

fn table_name(ident: &TableIdent) -> iceberg::Result<TableName> {
    Ok(TableName::new(namespace_name(ident.namespace())?, ident.name()))
}

impl From<Error> for iceberg::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Format(_) => ErrorKind::DataInvalid,
            Error::NotFound { entry: Entry::Namespace, .. } => ErrorKind::NamespaceNotFound,
            Error::NotFound { .. } | Error::Replaced { .. } => ErrorKind::TableNotFound,
            Error::Exists { entry: Entry::Namespace, .. } => ErrorKind::NamespaceAlreadyExists,
            Error::Exists { .. } => ErrorKind::TableAlreadyExists,
            Error::Commit(_) => ErrorKind::CatalogCommitConflicts,
            Error::Io { .. } | Error::Store { .. } | Error::WrongEntry { .. } | Error::Invalid(_) => {
                ErrorKind::Unexpected
            }
        };
        match error {
            Error::Format(error) => error,
            error => iceberg::Error::new(kind, error.to_string()),
        }
    }
}

fn lost(name: &TableName) -> iceberg::Error {
    let message = format!("another commit to {name} was first");
    iceberg::Error::new(ErrorKind::CatalogCommitConflicts, message).with_retryable(true)
}

#[async_trait]
impl Catalog for FileCatalog {
    async fn list_namespaces(&self, parent: Option<&NamespaceIdent>) -> iceberg::Result<Vec<NamespaceIdent>> {
        match parent {
            Some(_) => Ok(Vec::new()),
            None => Ok(self.namespaces()?.into_iter().map(NamespaceIdent::new).collect()),
        }
    }

    async fn create_namespace(
        &self,
        namespace: &NamespaceIdent,
        properties: HashMap<String, String>,
    ) -> iceberg::Result<Namespace> {
        let name = namespace_name(namespace)?;
        if !self.make_namespace(&name)? {
            return Err(Error::Exists { entry: Entry::Namespace, name }.into());
        }
        if !properties.is_empty() {
            self.set_namespace_properties(&name, &properties.clone().into_iter().collect())?;
        }
        Ok(Namespace::with_properties(namespace.clone(), properties))
    }

    async fn get_namespace(&self, namespace: &NamespaceIdent) -> iceberg::Result<Namespace> {
        let name = namespace_name(namespace)?;
        if !self.has_namespace(&name)? {
            return Err(Error::NotFound { entry: Entry::Namespace, name }.into());
        }
        let properties = self.namespace_properties(&name)?.into_iter().collect();
        Ok(Namespace::with_properties(namespace.clone(), properties))
    }

    async fn namespace_exists(&self, namespace: &NamespaceIdent) -> iceberg::Result<bool> {
        Ok(self.has_namespace(&namespace_name(namespace)?)?)
    }

    async fn update_namespace(
        &self,
        namespace: &NamespaceIdent,
        properties: HashMap<String, String>,
    ) -> iceberg::Result<()> {
        self.get_namespace(namespace).await?;
        Ok(self.set_namespace_properties(&namespace_name(namespace)?, &properties.into_iter().collect())?)
    }

    async fn drop_namespace(&self, namespace: &NamespaceIdent) -> iceberg::Result<()> {
        Ok(self.remove_namespace(&namespace_name(namespace)?)?)
    }

    async fn list_tables(&self, namespace: &NamespaceIdent) -> iceberg::Result<Vec<TableIdent>> {
        let entries = self.list(&namespace_name(namespace)?)?;
        let tables = entries.into_iter().filter(|(_, kind)| *kind == Entry::Table);
        Ok(tables.map(|(name, _)| TableIdent::new(namespace.clone(), name)).collect())
    }

    async fn create_table(&self, namespace: &NamespaceIdent, creation: TableCreation) -> iceberg::Result<Table> {
        let name = TableName::new(namespace_name(namespace)?, creation.name.clone());
        let location = creation.location.clone().unwrap_or_else(|| self.new_location(&name));
        let creation = TableCreation { location: Some(location.clone()), ..creation };
        let metadata = TableMetadataBuilder::from_table_creation(creation)?.build()?.metadata;
        let written = self.write_metadata(&metadata, &location, None)?;
        let pointer = self.pointer_to(Entry::Table, &written);
        if let Err(error) = self.pointers.create(&name.namespace, &name.name, pointer) {
            self.store().remove(&written);
            return Err(error.into());
        }
        Ok(self.table_of(&name, metadata, &written)?)
    }

    async fn load_table(&self, ident: &TableIdent) -> iceberg::Result<Table> {
        Ok(self.load(&table_name(ident)?).await?.1)
    }

    async fn drop_table(&self, ident: &TableIdent) -> iceberg::Result<()> {
        Ok(self.remove(&table_name(ident)?, Entry::Table)?)
    }

    async fn purge_table(&self, ident: &TableIdent) -> iceberg::Result<()> {
        let name = table_name(ident)?;
        let (head, table) = self.load(&name).await?;
        let location = self.location_of(&self.metadata_of(&head.pointer), table.metadata().location());
        self.remove(&name, Entry::Table)?;
        if below(&self.store().tables(), &location).is_some() {
            self.store().remove_all(&location)?;
        }
        Ok(())
    }

    async fn table_exists(&self, ident: &TableIdent) -> iceberg::Result<bool> {
        Ok(self.kind(&table_name(ident)?)? == Some(Entry::Table))
    }

    async fn rename_table(&self, from: &TableIdent, to: &TableIdent) -> iceberg::Result<()> {
        Ok(self.rename(&table_name(from)?, &table_name(to)?, Entry::Table)?)
    }

    async fn register_table(&self, ident: &TableIdent, metadata_location: String) -> iceberg::Result<Table> {
        let name = table_name(ident)?;
        Ok(self.register(&name, &metadata_location).await?)
    }

    async fn update_table(&self, commit: TableCommit) -> iceberg::Result<Table> {
        let name = table_name(commit.identifier())?;
        let (head, current) = self.load(&name).await?;
        let previous = self.metadata_of(&head.pointer);
        let location = self.location_of(&previous, current.metadata().location());
        let updated = commit.apply(current)?;
        let written = self.write_metadata(updated.metadata(), &location, Some(&previous))?;
        let pointer = self.pointer_to(Entry::Table, &written);
        match self.pointers.advance(&name.namespace, &name.name, &head, pointer)? {
            Advance::Done(_) => Ok(self.table_of(&name, updated.metadata().clone(), &written)?),
            Advance::Lost => {
                self.store().remove(&written);
                Err(lost(&name))
            }
            Advance::Gone => {
                self.store().remove(&written);
                Err(Error::NotFound { entry: Entry::Table, name: name.to_string() }.into())
            }
        }
    }
}
