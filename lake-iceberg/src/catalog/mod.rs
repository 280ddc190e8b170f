//! The catalog of a warehouse: namespaces, tables and views by name.

mod api;
pub(crate) mod pointer;
pub(crate) mod views;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use iceberg::io::FileIO;
use iceberg::spec::TableMetadata;
use iceberg::{NamespaceIdent, Runtime, TableIdent};
use uuid::Uuid;

use self::pointer::{Head, Pointer, Pointers, write_synced};
use crate::error::{Entry, Error, Result};
use crate::storage::{self, TABLES};

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
    root: PathBuf,
    pointers: Pointers,
    file_io: FileIO,
}

impl FileCatalog {
    /// Opens the catalog of the warehouse in `root`; makes an empty one if there is none.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        for folder in [CATALOG, TABLES] {
            let folder = root.join(folder);
            fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        }
        // Recorded paths are compared with this one.
        let root = root.canonicalize().map_err(Error::io("open", root))?;
        let pointers = Pointers::new(root.join(CATALOG));
        Ok(Self { pointers, file_io: storage::file_io(&root), root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn file_io(&self) -> &FileIO {
        &self.file_io
    }

    pub(crate) fn pointers(&self) -> &Pointers {
        &self.pointers
    }

    /// The names of all namespaces, in order.
    pub fn namespaces(&self) -> Result<Vec<String>> {
        self.pointers.namespaces()
    }

    /// Whether there is such a namespace.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        self.pointers.namespace_path(namespace).is_dir()
    }

    /// Makes a namespace; false if it exists already.
    pub fn make_namespace(&self, namespace: &str) -> Result<bool> {
        if namespace.is_empty() {
            return Err(Error::Invalid("a schema needs a name".to_owned()));
        }
        let path = self.pointers.namespace_path(namespace);
        match fs::create_dir(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(Error::io("create", &path)(error)),
        }
    }

    /// Removes an empty namespace.
    pub fn remove_namespace(&self, namespace: &str) -> Result<()> {
        let path = self.pointers.namespace_path(namespace);
        if !path.is_dir() {
            return Err(Error::NotFound { entry: Entry::Namespace, name: namespace.to_owned() });
        }
        if let Some(name) = self.pointers.names(namespace)?.first() {
            return Err(Error::Invalid(format!("schema {namespace} is not empty: it has {namespace}.{name}")));
        }
        let _ = fs::remove_file(path.join(PROPERTIES));
        fs::remove_dir(&path).map_err(Error::io("remove", &path))
    }

    fn namespace_properties(&self, namespace: &str) -> Result<BTreeMap<String, String>> {
        let path = self.pointers.namespace_path(namespace).join(PROPERTIES);
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| Error::Invalid(format!("{} is damaged: {error}", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    fn set_namespace_properties(&self, namespace: &str, properties: &BTreeMap<String, String>) -> Result<()> {
        let folder = self.pointers.namespace_path(namespace);
        let scratch = folder.join(format!(".new-{}", Uuid::new_v4().simple()));
        write_synced(&scratch, &serde_json::to_vec(properties).expect("strings are JSON"))?;
        let path = folder.join(PROPERTIES);
        fs::rename(&scratch, &path).map_err(Error::io("write", &path))
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
    pub(crate) fn new_location(&self, name: &TableName) -> PathBuf {
        let readable: String = format!("{}.{}", name.namespace, name.name)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
            .take(80)
            .collect();
        self.root.join(TABLES).join(format!("{readable}-{}", Uuid::new_v4().simple()))
    }

    /// Absolute path of the metadata that a pointer names.
    pub(crate) fn metadata_path(&self, pointer: &Pointer) -> PathBuf {
        self.root.join(&pointer.metadata)
    }

    /// A pointer to a metadata file.
    pub(crate) fn pointer_to(&self, kind: Entry, metadata: &Path) -> Pointer {
        let path = metadata.strip_prefix(&self.root).unwrap_or(metadata);
        Pointer { kind, metadata: path.to_string_lossy().into_owned() }
    }

    /// The folder of the table whose metadata is at `path`, where that is ours; else where the metadata says it is.
    pub(crate) fn location_of(&self, path: &Path, recorded: &str) -> PathBuf {
        match path.parent().and_then(Path::parent) {
            Some(folder) if path.starts_with(&self.root) => folder.to_path_buf(),
            _ => PathBuf::from(recorded),
        }
    }

    /// Reads a table as the `iceberg` crate sees it, with the pointer it was read through.
    pub(crate) async fn load(&self, name: &TableName) -> Result<(Head, iceberg::table::Table)> {
        let head = self.head(name, Entry::Table)?;
        let table = self.load_metadata(name, &self.metadata_path(&head.pointer)).await?;
        Ok((head, table))
    }

    async fn load_metadata(&self, name: &TableName, path: &Path) -> Result<iceberg::table::Table> {
        let metadata = TableMetadata::read_from(&self.file_io, path.to_string_lossy()).await?;
        self.table_of(name, metadata, path)
    }

    /// The `iceberg` crate's table for metadata at `path`.
    pub(crate) fn table_of(
        &self,
        name: &TableName,
        metadata: TableMetadata,
        path: &Path,
    ) -> Result<iceberg::table::Table> {
        Ok(iceberg::table::Table::builder()
            .identifier(name.ident())
            .file_io(self.file_io.clone())
            .metadata(metadata)
            .metadata_location(path.to_string_lossy())
            .runtime(Runtime::try_current()?)
            .build()?)
    }

    /// Writes metadata as version `version` of a table in `location`, down to the disk, and returns its path.
    pub(crate) fn write_metadata(
        &self,
        metadata: &impl serde::Serialize,
        location: &Path,
        version: u64,
    ) -> Result<PathBuf> {
        let folder = location.join("metadata");
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let path = folder.join(format!("{version:05}-{}.metadata.json", Uuid::new_v4()));
        let text = serde_json::to_vec(metadata)
            .map_err(|error| Error::Invalid(format!("metadata cannot be written as JSON: {error}")))?;
        write_synced(&path, &text)?;
        pointer::sync_dir(&folder);
        Ok(path)
    }
}
