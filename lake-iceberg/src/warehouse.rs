//! A warehouse: a folder with a catalog and the files of its tables.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use iceberg::TableCreation;
use iceberg::spec::{Schema, TableMetadataBuilder};
use object_store::ObjectStore;

use crate::bucket;
use crate::catalog::pointer::Head;
use crate::catalog::views::{Definition, current_sql};
use crate::catalog::{FileCatalog, TableName};
use crate::commit::{Change, CommitOptions, Committed};
use crate::error::{Entry, Result};
use crate::order::{SortBy, sort_order};
use crate::partition::{PartitionBy, unbound_spec};
use crate::store::objects::Objects;
use crate::store::{Store, join};
use crate::table::Table;

/// Stands for the metadata file that the first commit to a new table writes.
const STAGED: &str = "staged";

/// A folder of Iceberg tables. Cheap to clone; any number of threads and processes may use one folder.
#[derive(Clone, Debug)]
pub struct Warehouse {
    catalog: FileCatalog,
}

/// A table to be made.
#[derive(Clone, Debug)]
pub struct NewTable {
    pub(crate) schema: Schema,
    pub(crate) partitioning: Vec<PartitionBy>,
    pub(crate) order: Vec<SortBy>,
    pub(crate) properties: BTreeMap<String, String>,
}

impl NewTable {
    /// A table with the columns of an Arrow schema. Timestamps must be in microseconds, their time zone UTC.
    pub fn new(schema: &arrow::datatypes::Schema) -> Result<Self> {
        Ok(Self::with_schema(iceberg::arrow::arrow_schema_to_schema_auto_assign_ids(schema)?))
    }

    /// A table with the columns of an Iceberg schema, for what Arrow cannot say: uuid, comments.
    pub fn with_schema(schema: Schema) -> Self {
        Self { schema, partitioning: Vec::new(), order: Vec::new(), properties: BTreeMap::new() }
    }

    /// Partitions the table.
    pub fn partition_by(mut self, fields: impl IntoIterator<Item = PartitionBy>) -> Self {
        self.partitioning.extend(fields);
        self
    }

    /// Says how rows are ordered in files. Whoever writes them has to order them so.
    pub fn sort_by(mut self, fields: impl IntoIterator<Item = SortBy>) -> Self {
        self.order.extend(fields);
        self
    }

    /// Sets a table property.
    pub fn property(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(key.into(), value.into());
        self
    }
}

/// A view to be made.
#[derive(Clone, Debug)]
pub struct NewView {
    /// Its query.
    pub sql: String,
    /// Dialect of the query, such as `trino`.
    pub dialect: String,
    /// Its columns.
    pub schema: arrow::datatypes::SchemaRef,
    /// View properties, such as an ownership mark.
    pub properties: BTreeMap<String, String>,
}

/// A view.
#[derive(Clone, Debug)]
pub struct View {
    /// Its name.
    pub name: TableName,
    /// Its query.
    pub sql: String,
    /// Dialect of the query.
    pub dialect: String,
    /// Its columns, nullable unless said otherwise when it was made.
    pub schema: arrow::datatypes::SchemaRef,
    /// View properties.
    pub properties: BTreeMap<String, String>,
    /// Which definition this is: another one with each replacement, and the old one again if an old definition returns.
    pub version: i32,
}

impl Warehouse {
    /// Opens the warehouse in a folder; makes an empty one if there is none. A folder that was moved or copied opens
    /// with all its tables.
    ///
    /// `s3://bucket/folder` is a warehouse in a bucket, if the crate has the feature `s3`. Who may enter and where the
    /// bucket is come from the environment, as AWS's own tools have it: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, or the role of the machine.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        match root.as_ref().to_str().filter(|text| text.contains("://")) {
            Some(location) => bucket::open(location),
            None => Ok(Self { catalog: FileCatalog::open(root.as_ref())? }),
        }
    }

    /// Opens the warehouse at `location` in an object store that can write conditionally; there need be nothing.
    /// `base` is the location of the store as a whole, such as `s3://bucket`.
    pub fn in_objects(store: Arc<dyn ObjectStore>, base: &str, location: &str) -> Result<Self> {
        Ok(Self { catalog: FileCatalog::in_objects(Objects::new(store, base, location)?) })
    }

    /// Where it is, as Iceberg records it: `file:///lake`.
    pub fn location(&self) -> &str {
        self.store().root()
    }

    pub(crate) fn store(&self) -> &Store {
        self.catalog.store()
    }

    /// The catalog: namespaces, names, renames.
    pub fn catalog(&self) -> &FileCatalog {
        &self.catalog
    }

    /// Opens a table.
    pub async fn table(&self, namespace: &str, name: &str) -> Result<Table> {
        let name = TableName::new(namespace, name);
        let (head, inner) = self.catalog.load(&name).await?;
        Ok(Table { warehouse: self.clone(), name, head: Some(head), replaces: None, inner })
    }

    /// Makes an empty table. Its namespace must exist.
    pub async fn create_table(&self, namespace: &str, name: &str, new: NewTable) -> Result<Table> {
        let staged = self.stage_table(namespace, name, new)?;
        let written = self.catalog.write_metadata(staged.metadata(), staged.metadata().location(), None)?;
        let head = self.publish(&staged.name, &written)?;
        let inner = self.catalog.table_of(&staged.name, staged.metadata().clone(), &written)?;
        Ok(Table { head: Some(head), inner, ..staged })
    }

    /// A table that nobody sees before its first commit, by which it appears together with its rows. Use its writer
    /// and then [`Table::commit`] with an append; it appears even if there are no rows.
    pub fn stage_table(&self, namespace: &str, name: &str, new: NewTable) -> Result<Table> {
        let name = TableName::new(namespace, name);
        if !self.catalog.has_namespace(namespace)? {
            return Err(crate::Error::NotFound { entry: Entry::Namespace, name: namespace.to_owned() });
        }
        if let Some(entry) = self.catalog.kind(&name)? {
            return Err(crate::Error::Exists { entry, name: name.to_string() });
        }
        self.stage(name, new)
    }

    /// Like [`Warehouse::stage_table`], for a table that takes the place of another with its first commit: readers see
    /// the old one or the new one. Whoever has changed the old one in the meantime makes that commit a conflict. It is
    /// the same table to Iceberg: the snapshots from before stay until they expire.
    pub async fn stage_replacement(&self, namespace: &str, name: &str, new: NewTable) -> Result<Table> {
        let table = self.table(namespace, name).await?;
        let metadata = crate::evolve::replaced(table.metadata(), new)?;
        let staged = join(&join(&table.location(), "metadata"), STAGED);
        let inner = self.catalog.table_of(&table.name, metadata, &staged)?;
        Ok(Table { head: None, replaces: table.head, inner, ..table })
    }

    fn stage(&self, name: TableName, new: NewTable) -> Result<Table> {
        let location = self.catalog.new_location(&name);
        let creation = TableCreation::builder()
            .name(name.name.clone())
            .location(location.clone())
            .partition_spec(unbound_spec(&new.schema, &new.partitioning)?)
            .sort_order(sort_order(&new.schema, &new.order)?)
            .schema(new.schema)
            .properties(new.properties)
            .build();
        let metadata = TableMetadataBuilder::from_table_creation(creation)?.build()?.metadata;
        let written = join(&join(&location, "metadata"), STAGED);
        let inner = self.catalog.table_of(&name, metadata, &written)?;
        Ok(Table { warehouse: self.clone(), name, head: None, replaces: None, inner })
    }

    /// Makes a table together with its first rows: it appears with all of them or not at all.
    pub async fn create_table_as(
        &self,
        namespace: &str,
        name: &str,
        new: NewTable,
        batches: impl IntoIterator<Item = arrow::record_batch::RecordBatch>,
        options: CommitOptions,
    ) -> Result<Committed> {
        let staged = self.stage_table(namespace, name, new)?;
        let mut writer = staged.writer(Default::default())?;
        for batch in batches {
            writer.write(batch).await?;
        }
        let files = writer.finish().await?;
        staged.commit(Change::append(files), options).await
    }

    /// Gives a name to metadata that was written.
    pub(crate) fn publish(&self, name: &TableName, metadata: &str) -> Result<Head> {
        let pointer = self.catalog.pointer_to(Entry::Table, metadata);
        let created = self.catalog.pointers().create(&name.namespace, &name.name, pointer);
        if created.is_err() {
            self.store().remove(metadata);
        }
        created
    }

    /// Removes a table's name. Its files stay until garbage is collected, so that readers can finish.
    pub fn drop_table(&self, namespace: &str, name: &str) -> Result<()> {
        self.catalog.remove(&TableName::new(namespace, name), Entry::Table)
    }

    /// Gives a table another name, which must be free.
    pub fn rename_table(&self, from: &TableName, to: &TableName) -> Result<()> {
        self.catalog.rename(from, to, Entry::Table)
    }

    /// Makes a view; with `replace`, takes the place of a view of that name, atomically for readers.
    pub fn create_view(&self, namespace: &str, name: &str, new: NewView, replace: bool) -> Result<()> {
        let name = TableName::new(namespace, name);
        let definition = Definition {
            sql: new.sql,
            dialect: new.dialect,
            schema: iceberg::arrow::arrow_schema_to_schema_auto_assign_ids(&new.schema)?,
            properties: new.properties.into_iter().collect::<HashMap<_, _>>(),
        };
        match self.catalog.kind(&name)? {
            Some(_) if replace => self.catalog.replace_view(&name, definition),
            _ => self.catalog.create_view(&name, definition),
        }
    }

    /// Reads a view.
    pub fn view(&self, namespace: &str, name: &str) -> Result<View> {
        let name = TableName::new(namespace, name);
        let metadata = self.catalog.view_metadata(&name)?;
        let (sql, dialect) =
            current_sql(&metadata).ok_or_else(|| crate::Error::Invalid(format!("view {name} holds no query")))?;
        let schema = metadata.current_version().schema(&metadata)?;
        Ok(View {
            sql,
            dialect,
            schema: iceberg::arrow::schema_to_arrow_schema(&schema)?.into(),
            properties: metadata.properties().clone().into_iter().collect(),
            version: metadata.current_version_id(),
            name,
        })
    }

    /// Removes a view.
    pub fn drop_view(&self, namespace: &str, name: &str) -> Result<()> {
        self.catalog.remove(&TableName::new(namespace, name), Entry::View)
    }
}
