//! The catalog of a warehouse: namespaces, tables and views by name.

mod api;
mod folder;
mod objects;
pub(crate) mod pointer;
mod register;
pub(crate) mod views;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use iceberg::io::FileIO;
use iceberg::spec::TableMetadata;
use iceberg::{NamespaceIdent, Runtime, TableIdent};
use uuid::Uuid;

use self::folder::FolderPointers;
use self::objects::ObjectPointers;
use self::pointer::{Head, Pointer, Pointers};
use crate::error::{Entry, Error, Result};
use crate::store::objects::Objects;
use crate::store::{Store, below, file_name, join, parent};

/// Folder below a warehouse that holds the pointers.
const CATALOG: &str = "catalog";
/// File in a namespace's folder that holds its properties.
const PROPERTIES: &str = ".properties.json";

/// Name of a table or view.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// Namespace, called schema in SQL.
    pub namespace: String,
    /// Name in it.
    pub name: String,
}

impl TableName {
    /// A name from its parts.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    pub(crate) fn ident(&self) -> TableIdent {
        TableIdent::new(NamespaceIdent::new(self.namespace.clone()), self.name.clone())
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.namespace, self.name)
    }
}

/// A catalog in a folder. It implements the `iceberg` crate's `Catalog`, so its transactions commit through it.
#[derive(Clone, Debug)]
pub struct FileCatalog {
    store: Store,
    pointers: Pointers,
    file_io: FileIO,
}

impl FileCatalog {
    /// Opens the catalog of the warehouse in `root`; makes an empty one if there is none.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        let store = Store::folder(root)?;
        let folder = root.join(CATALOG);
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let pointers = Pointers::Folder(FolderPointers::new(folder));
        Ok(Self { pointers, file_io: store.file_io(), store })
    }

    /// Opens the catalog of the warehouse in an object store; there need be nothing.
    pub(crate) fn in_objects(objects: Objects) -> Self {
        let root = join(objects.location(), CATALOG);
        let pointers = Pointers::Objects(ObjectPointers::new(objects.clone(), root));
        let store = Store::Objects(objects);
        Self { pointers, file_io: store.file_io(), store }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn pointers(&self) -> &Pointers {
        &self.pointers
    }

    /// The names of all namespaces, in order.
    pub fn namespaces(&self) -> Result<Vec<String>> {
        self.pointers.namespaces()
    }

    /// Whether there is such a namespace.
    pub fn has_namespace(&self, namespace: &str) -> Result<bool> {
        self.pointers.has_namespace(namespace)
    }

    /// Makes a namespace; false if it exists already.
    pub fn make_namespace(&self, namespace: &str) -> Result<bool> {
        match namespace.is_empty() {
            true => Err(Error::Invalid("a schema needs a name".to_owned())),
            false => self.pointers.make_namespace(namespace),
        }
    }

    /// Removes an empty namespace.
    pub fn remove_namespace(&self, namespace: &str) -> Result<()> {
        if !self.has_namespace(namespace)? {
            return Err(Error::NotFound { entry: Entry::Namespace, name: namespace.to_owned() });
        }
        match self.pointers.names(namespace)?.first() {
            Some(name) => Err(Error::Invalid(format!("schema {namespace} is not empty: it has {namespace}.{name}"))),
            None => self.pointers.remove_namespace(namespace),
        }
    }

    fn namespace_properties(&self, namespace: &str) -> Result<BTreeMap<String, String>> {
        match self.pointers.properties(namespace)? {
            Some(text) => serde_json::from_slice(&text)
                .map_err(|error| Error::Invalid(format!("the properties of schema {namespace} are damaged: {error}"))),
            None => Ok(BTreeMap::new()),
        }
    }

    fn set_namespace_properties(&self, namespace: &str, properties: &BTreeMap<String, String>) -> Result<()> {
        self.pointers.set_properties(namespace, serde_json::to_vec(properties).expect("strings are JSON"))
    }

    /// What a name is, and None if it is free.
    pub fn kind(&self, name: &TableName) -> Result<Option<Entry>> {
        Ok(self.pointers.head(&name.namespace, &name.name)?.map(|head| head.pointer.kind))
    }

    /// Names and kinds of what is in a namespace, in order.
    pub fn list(&self, namespace: &str) -> Result<Vec<(String, Entry)>> {
        let mut found = Vec::new();
        for name in self.pointers.names(namespace)? {
            if let Some(head) = self.pointers.head(namespace, &name)? {
                found.push((name, head.pointer.kind));
            }
        }
        Ok(found)
    }

    /// Gives a table or view another name. Refuses one that is taken; readers see one of the two names, never both.
    pub fn rename(&self, from: &TableName, to: &TableName, kind: Entry) -> Result<()> {
        self.head(from, kind)?;
        self.pointers.rename((&from.namespace, &from.name), (&to.namespace, &to.name), kind)
    }

    /// Removes a name. The files stay until garbage is collected, so that readers can finish.
    pub fn remove(&self, name: &TableName, kind: Entry) -> Result<()> {
        self.head(name, kind)?;
        self.pointers.remove(&name.namespace, &name.name, kind)
    }

    /// The pointer of a name that must be a `kind`.
    pub(crate) fn head(&self, name: &TableName, kind: Entry) -> Result<Head> {
        match self.pointers.head(&name.namespace, &name.name)? {
            Some(head) if head.pointer.kind == kind => Ok(head),
            Some(head) => Err(Error::WrongEntry { name: name.to_string(), found: head.pointer.kind, expected: kind }),
            None => Err(Error::NotFound { entry: kind, name: name.to_string() }),
        }
    }

    /// A folder for a new table or view, unique for ever.
    pub(crate) fn new_location(&self, name: &TableName) -> String {
        let readable: String = format!("{}.{}", name.namespace, name.name)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
            .take(80)
            .collect();
        join(&self.store.tables(), &format!("{readable}-{}", Uuid::new_v4().simple()))
    }

    /// Location of the metadata that a pointer names.
    pub(crate) fn metadata_of(&self, pointer: &Pointer) -> String {
        match is_absolute(&pointer.metadata) {
            true => pointer.metadata.clone(),
            false => join(self.store.root(), &pointer.metadata),
        }
    }

    /// A pointer to a metadata file.
    pub(crate) fn pointer_to(&self, kind: Entry, metadata: &str) -> Pointer {
        Pointer { kind, metadata: below(self.store.root(), metadata).unwrap_or(metadata).to_owned() }
    }

    /// The folder of the table whose metadata is at `metadata`, where that is ours; else where the metadata says it is.
    pub(crate) fn location_of(&self, metadata: &str, recorded: &str) -> String {
        match parent(metadata).and_then(parent) {
            Some(folder) if self.store.holds(metadata) => folder.to_owned(),
            _ => recorded.trim_end_matches('/').to_owned(),
        }
    }

    /// Reads a table as the `iceberg` crate sees it, with the pointer it was read through.
    pub(crate) async fn load(&self, name: &TableName) -> Result<(Head, iceberg::table::Table)> {
        let head = self.head(name, Entry::Table)?;
        let table = self.load_metadata(name, &self.metadata_of(&head.pointer)).await?;
        Ok((head, table))
    }

    /// Gives a free name to a table that is there already, wherever it is: its newest metadata is at `metadata`.
    pub(crate) async fn register(&self, name: &TableName, metadata: &str) -> Result<iceberg::table::Table> {
        let metadata = self.store.rebase(metadata);
        let table = self.load_metadata(name, &metadata).await?;
        self.pointers.create(&name.namespace, &name.name, self.pointer_to(Entry::Table, &metadata))?;
        Ok(table)
    }

    async fn load_metadata(&self, name: &TableName, location: &str) -> Result<iceberg::table::Table> {
        let metadata = TableMetadata::read_from(&self.file_io, location).await?;
        self.table_of(name, metadata, location)
    }

    /// The `iceberg` crate's table for metadata at a location.
    pub(crate) fn table_of(
        &self,
        name: &TableName,
        metadata: TableMetadata,
        location: &str,
    ) -> Result<iceberg::table::Table> {
        Ok(iceberg::table::Table::builder()
            .identifier(name.ident())
            .file_io(self.file_io.clone())
            .metadata(metadata)
            .metadata_location(location)
            .runtime(Runtime::try_current()?)
            .build()?)
    }

    /// Writes the metadata that follows the one at `previous` for a table in `location`, so that it survives a crash,
    /// and returns where.
    pub(crate) fn write_metadata(
        &self,
        metadata: &impl serde::Serialize,
        location: &str,
        previous: Option<&str>,
    ) -> Result<String> {
        let version = previous.map_or(0, version_of) + 1;
        let name = format!("{version:05}-{}.metadata.json", Uuid::new_v4());
        let written = join(&join(location, "metadata"), &name);
        let json = serde_json::to_value(metadata).map(ordered);
        let text = json.and_then(|json| serde_json::to_vec(&json));
        let text = text.map_err(|error| Error::Invalid(format!("metadata cannot be written as JSON: {error}")))?;
        self.store.write_new(&written, &text)?;
        Ok(written)
    }
}

/// Metadata with its lists in order. The iceberg crate writes them in any, and some readers go by it: the columns of
/// Trino's tables about partitions follow the partition specs.
fn ordered(mut metadata: serde_json::Value) -> serde_json::Value {
    for (list, key) in [
        ("schemas", "schema-id"),
        ("partition-specs", "spec-id"),
        ("sort-orders", "order-id"),
        ("snapshots", "sequence-number"),
        ("versions", "version-id"),
    ] {
        if let Some(items) = metadata.get_mut(list).and_then(|items| items.as_array_mut()) {
            items.sort_by_key(|item| item.get(key).and_then(serde_json::Value::as_i64));
        }
    }
    metadata
}

/// Whether a pointer names a place outside of the warehouse.
fn is_absolute(metadata: &str) -> bool {
    metadata.starts_with('/') || metadata.contains("://")
}

/// The number in a metadata file's name: `00003-….metadata.json`, `v3.metadata.json`. Readers that look for the newest
/// file of a folder go by it.
fn version_of(location: &str) -> u64 {
    let name = file_name(location);
    let digits: String = name.trim_start_matches('v').chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}
