//! Arrow batches → data files that no one sees before they are committed.

mod conform;
pub(crate) mod deletes;

use std::sync::{Arc, Mutex};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use iceberg::arrow::RecordBatchPartitionSplitter;
use iceberg::spec::{DataFile, DataFileFormat, PartitionKey};
use iceberg::writer::IcebergWriter;
use iceberg::writer::IcebergWriterBuilder;
use iceberg::writer::base_writer::data_file_writer::{DataFileWriter, DataFileWriterBuilder};
use iceberg::writer::file_writer::ParquetWriterBuilder;
use iceberg::writer::file_writer::location_generator::{FileNameGenerator, LocationGenerator};
use iceberg::writer::file_writer::rolling_writer::RollingFileWriterBuilder;
use iceberg::writer::partitioning::PartitioningWriter;
use iceberg::writer::partitioning::fanout_writer::FanoutWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::store::{Store, join};
use crate::table::Table;

/// How data files are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// A file that has grown to this size is closed and the next begun.
    pub target_file_bytes: usize,
    /// Rows of a row group at most: what a reader can skip within a file.
    pub row_group_rows: usize,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { target_file_bytes: 256 << 20, row_group_rows: 1 << 20 }
    }
}

type Builder = DataFileWriterBuilder<ParquetWriterBuilder, Names, Names>;
type Single = DataFileWriter<ParquetWriterBuilder, Names, Names>;

/// Writes the data files of one statement. Dropped before [`DataWriter::finish`], it removes what it has written.
pub struct DataWriter {
    schema: SchemaRef,
    spec_id: i32,
    target: Target,
    written: WrittenPaths,
    rows: u64,
}

enum Target {
    Whole { builder: Box<Builder>, writer: Option<Box<Single>> },
    Parts { splitter: Box<RecordBatchPartitionSplitter>, writer: Box<FanoutWriter<Builder>> },
}

/// Data files that are written and wait for their commit. Dropped without one, they are removed.
#[derive(Debug)]
pub struct NewFiles {
    pub(crate) files: Vec<DataFile>,
    pub(crate) spec_id: i32,
    pub(crate) written: WrittenPaths,
}

impl NewFiles {
    /// Rows in them.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(DataFile::record_count).sum()
    }

    /// How many files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// These files and others of the same table.
    pub fn and(mut self, other: NewFiles) -> Self {
        self.files.extend(other.files);
        self.written.take_over(&other.written);
        self
    }

    /// No files, for a change that only removes.
    pub fn none() -> Self {
        Self { files: Vec::new(), spec_id: 0, written: WrittenPaths::default() }
    }
}

impl DataWriter {
    pub(crate) fn new(table: &Table, options: WriteOptions) -> Result<Self> {
        let metadata = table.metadata();
        let iceberg_schema = metadata.current_schema().clone();
        let spec = metadata.default_partition_spec().clone();
        let names = Names::new(table, "");
        let parquet = ParquetWriterBuilder::new(properties(options.row_group_rows), iceberg_schema.clone());
        let rolling = RollingFileWriterBuilder::new(
            parquet,
            options.target_file_bytes,
            table.inner.file_io().clone(),
            names.clone(),
            names.clone(),
        );
        let builder = DataFileWriterBuilder::new(rolling);
        let target = if spec.is_unpartitioned() {
            Target::Whole { builder: Box::new(builder), writer: None }
        } else {
            let splitter = RecordBatchPartitionSplitter::try_new_with_computed_values(iceberg_schema, spec.clone())?;
            Target::Parts { splitter: Box::new(splitter), writer: Box::new(FanoutWriter::new(builder)) }
        };
        Ok(Self { schema: table.arrow_schema()?, spec_id: spec.spec_id(), target, written: names.written, rows: 0 })
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes rows. Columns are found by name; one that is missing is null. Types must be the table's, in whatever
    /// representation (dictionary, view, large).
    pub async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = conform::conform(&batch, &self.schema)?;
        self.rows += batch.num_rows() as u64;
        match &mut self.target {
            Target::Whole { builder, writer } => {
                let writer = match writer {
                    Some(writer) => writer,
                    None => writer.insert(Box::new(builder.build(None).await?)),
                };
                writer.write(batch).await?;
            }
            Target::Parts { splitter, writer } => {
                for (key, part) in splitter.split(&batch)? {
                    writer.write(key, part).await?;
                }
            }
        }
        Ok(())
    }

    /// Closes the files.
    pub async fn finish(self) -> Result<NewFiles> {
        let files = match self.target {
            Target::Whole { writer: None, .. } => Vec::new(),
            Target::Whole { writer: Some(mut writer), .. } => writer.close().await?,
            Target::Parts { writer, .. } => writer.close().await?,
        };
        Ok(NewFiles { files, spec_id: self.spec_id, written: self.written })
    }
}

/// Parquet as every file of ours is written.
///
/// Statistics are never truncated: the iceberg crate takes a file's bounds from those row groups whose statistics are
/// exact, and so loses rows to pruning where others are not. Arrow's own schema is left out, because it would tell
/// other readers of representations (views, large types) that they need not know.
pub(crate) fn properties(row_group_rows: usize) -> WriterProperties {
    WriterProperties::builder()
        .set_statistics_truncate_length(None)
        .set_column_index_truncate_length(None)
        .set_max_row_group_row_count(Some(row_group_rows))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build()
}

/// Names of new files: one flat folder, because the iceberg crate would put partition values into paths unescaped.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    folder: String,
    prefix: String,
    pub written: WrittenPaths,
    next: Arc<Mutex<u32>>,
}

impl Names {
    pub fn new(table: &Table, suffix: &str) -> Self {
        Self {
            folder: join(&table.location(), "data"),
            prefix: format!("{}{suffix}", Uuid::now_v7().simple()),
            written: WrittenPaths::new(table.warehouse.store()),
            next: Arc::default(),
        }
    }
}

impl LocationGenerator for Names {
    fn generate_location(&self, _: Option<&PartitionKey>, file_name: &str) -> String {
        let path = join(&self.folder, file_name);
        self.written.record(path.clone());
        path
    }
}

impl FileNameGenerator for Names {
    fn generate_file_name(&self) -> String {
        let mut next = self.next.lock().expect("nothing panics while it holds this lock");
        *next += 1;
        format!("{}-{:05}.{}", self.prefix, *next, DataFileFormat::Parquet)
    }
}

/// Files that a statement has begun. The last one to hold them removes them, unless they were kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct WrittenPaths(Arc<Paths>);

#[derive(Debug, Default)]
struct Paths {
    store: Option<Store>,
    paths: Mutex<Vec<String>>,
}

impl WrittenPaths {
    pub fn new(store: &Store) -> Self {
        Self(Arc::new(Paths { store: Some(store.clone()), paths: Mutex::default() }))
    }

    pub fn record(&self, path: String) {
        self.0.paths.lock().expect("nothing panics while it holds this lock").push(path);
    }

    /// Answers for the files of another one as well, which no longer does.
    fn take_over(&self, other: &WrittenPaths) {
        let taken = std::mem::take(&mut *other.0.paths.lock().expect("nothing panics while it holds this lock"));
        self.0.paths.lock().expect("nothing panics while it holds this lock").extend(taken);
    }

    /// They are committed, or may be.
    pub fn keep(&self) {
        self.0.paths.lock().expect("nothing panics while it holds this lock").clear();
    }
}

impl Drop for Paths {
    fn drop(&mut self) {
        for path in self.paths.lock().expect("nothing panics while it holds this lock").drain(..) {
            if let Some(store) = &self.store {
                store.remove(&path);
            }
        }
    }
}

impl Table {
    /// Folder of the table's files.
    pub(crate) fn location(&self) -> String {
        self.warehouse.catalog().location_of(self.metadata_location(), self.metadata().location())
    }

    /// The metadata that the next one follows: of this table, or of the one whose place it takes.
    pub(crate) fn previous_metadata(&self) -> Option<String> {
        let head = self.head.as_ref().or(self.replaces.as_ref());
        head.map(|head| self.warehouse.catalog().metadata_of(&head.pointer))
    }
}

pub(crate) fn parquet_error(error: parquet::errors::ParquetError) -> Error {
    Error::Invalid(format!("file cannot be read as Parquet: {error}"))
}
