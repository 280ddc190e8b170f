//! Scans of Iceberg tables: projection, pruning, a snapshot, and rows with their places for changes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, Int64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use iceberg::expr::Predicate;
use iceberg::scan::FileScanTask;
use lake_core::engine::Progress;
use lake_iceberg::{RowFilterByKeys, Scan, Table};

use super::convert::convert;
use super::filter;
use super::scan::{self, ScanExec};
use super::schema::Column;
use crate::error::{Fault, Result};
use crate::types;

/// What the scans of a statement read.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    planned_bytes: AtomicU64,
    bytes: AtomicU64,
    rows: AtomicU64,
}

impl Reads {
    /// Bytes of the files that were planned, or of parts of them.
    pub fn planned_bytes(&self) -> u64 {
        self.planned_bytes.load(Ordering::Relaxed)
    }

    /// How far the scans are.
    pub fn progress(&self) -> Progress {
        let value = |of: &AtomicU64| Some(of.load(Ordering::Relaxed));
        Progress { rows: value(&self.rows), bytes: value(&self.bytes), total_bytes: Some(self.planned_bytes()) }
    }

    /// Counts the rows of a part of a file, and its bytes when it has been read.
    fn counted(
        self: Arc<Self>,
        rows: BoxStream<'static, Result<RecordBatch>>,
        bytes: u64,
    ) -> BoxStream<'static, Result<RecordBatch>> {
        let reads = self.clone();
        let rows = rows.inspect_ok(move |batch| {
            reads.rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        });
        let end = futures::stream::poll_fn(move |_| {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            std::task::Poll::Ready(None)
        });
        rows.chain(end).boxed()
    }
}

/// Which rows each scan of a target asked for; None is all.
pub(crate) type Asked = Arc<Mutex<Vec<Option<Predicate>>>>;

/// The columns in which a scan for changes gives the place of each row: the number of its file in [`FileNames`],
pub(crate) const FILE: &str = "$file";
/// and its position in that.
pub(crate) const POSITION: &str = "$position";

/// Rows of a batch: as many as DataFusion's operators make.
const BATCH_ROWS: usize = 8192;

/// The files of a target, numbered as they are met.
#[derive(Debug, Default)]
pub(crate) struct FileNames(Mutex<Vec<Arc<str>>>);

impl FileNames {
    fn number(&self, file: &Arc<str>) -> i64 {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.iter().rposition(|name| name == file);
        known.unwrap_or_else(|| {
            names.push(file.clone());
            names.len() - 1
        }) as i64
    }

    /// The file of a number.
    pub fn name(&self, number: i64) -> Option<Arc<str>> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        usize::try_from(number).ok().and_then(|number| names.get(number).cloned())
    }
}

/// The target of a change: what its scans need beside the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changing {
    /// Where scans leave what they asked for.
    pub asked: Asked,
    pub files: Arc<FileNames>,
    /// Which rows are of use, where keys tell.
    pub keys: Option<Keys>,
}

/// The keys of a merge's source.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub rows: RowFilterByKeys,
    /// How many there are at most.
    pub count: u64,
}

/// A table at one of its snapshots.
#[derive(Clone)]
pub(crate) struct IcebergTable {
    table: Arc<Table>,
    snapshot: Option<i64>,
    /// In the table's spelling, with the types of plans.
    schema: SchemaRef,
    /// For the target of a change: its rows come with their places, as two further columns.
    changing: Option<Changing>,
    /// The files to read; None reads all.
    files: Option<Arc<BTreeSet<String>>>,
    reads: Arc<Reads>,
}

impl fmt::Debug for IcebergTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}", self.table.name(), self.snapshot)
    }
}

impl IcebergTable {
    pub fn new(table: Arc<Table>, columns: &[Column], snapshot: Option<i64>, reads: Arc<Reads>) -> Result<Self> {
        let schema = Arc::new(Schema::new(fields(columns)?));
        Ok(Self { table, snapshot, schema, changing: None, files: None, reads })
    }

    /// Some of the files of the current state.
    pub fn of_files(table: Arc<Table>, columns: &[Column], files: Vec<String>, reads: Arc<Reads>) -> Result<Self> {
        let files = Some(Arc::new(files.into_iter().collect()));
        Ok(Self { files, ..Self::new(table, columns, None, reads)? })
    }

    /// The target of a change.
    pub fn with_places(table: Arc<Table>, columns: &[Column], changing: Changing, reads: Arc<Reads>) -> Result<Self> {
        let mut fields = fields(columns)?;
        fields.push(Field::new(FILE, DataType::Int64, true));
        fields.push(Field::new(POSITION, DataType::Int64, true));
        let schema = Arc::new(Schema::new(fields));
        Ok(Self { table, snapshot: None, schema, changing: Some(changing), files: None, reads })
    }

    fn scan_of<'a>(&self, table: &'a Table, names: Vec<String>, filters: &[Expr]) -> Scan<'a> {
        let mut scan = table.scan().columns(names).batch_rows(BATCH_ROWS);
        if let Some(snapshot) = self.snapshot {
            scan = scan.at_snapshot(snapshot);
        }
        for predicate in filters.iter().filter_map(filter::predicate) {
            scan = scan.filter(predicate);
        }
        if let Some(keys) = self.changing.as_ref().and_then(|changing| changing.keys.as_ref()) {
            scan = scan.keys(keys.rows.clone());
        }
        scan
    }

    /// The tasks of a scan.
    async fn tasks(&self, scan: &Scan<'_>) -> Result<Vec<FileScanTask>> {
        let mut tasks = scan.plan().await.map_err(Fault::from)?;
        if let Some(files) = &self.files {
            tasks.retain(|task| files.contains(&task.data_file_path));
        }
        self.reads.planned_bytes.fetch_add(tasks.iter().map(|task| task.length).sum(), Ordering::Relaxed);
        Ok(tasks)
    }
}

/// What is read of a table.
pub(super) struct Reading {
    pub table: IcebergTable,
    schema: SchemaRef,
    filters: Vec<Expr>,
}

impl Reading {
    fn scan(&self) -> Scan<'_> {
        let is_place = |name: &str| self.table.changing.is_some() && (name == FILE || name == POSITION);
        let names = self.schema.fields().iter().map(|field| field.name().clone()).filter(|name| !is_place(name));
        self.table.scan_of(&self.table.table, names.collect(), &self.filters)
    }

    /// Rows of parts of files, in the types of plans.
    pub async fn rows(self: Arc<Self>, tasks: Vec<FileScanTask>) -> Result<BoxStream<'static, Result<RecordBatch>>> {
        let reads = self.table.reads.clone();
        if let Some(changing) = self.table.changing.clone() {
            let schema = self.schema.clone();
            let bytes = tasks.iter().map(|task| task.length).sum();
            let batches = self.scan().positions_of(tasks).await?;
            return Ok(
                reads.counted(batches.map(move |found| placed(&found?, &changing.files, &schema)).boxed(), bytes)
            );
        }
        let part = move |task: FileScanTask| {
            let (schema, bytes) = (self.schema.clone(), task.length);
            let batches = self.scan().read(vec![task])?.map(move |batch| conformed(&batch?, &schema));
            Ok::<_, Fault>(reads.clone().counted(batches.boxed(), bytes))
        };
        Ok(futures::stream::iter(tasks).map(part).try_flatten().boxed())
    }
}

fn fields(columns: &[Column]) -> Result<Vec<Field>> {
    columns.iter().map(|(name, ty, _)| Ok(Field::new(name, types::arrow(ty)?, true))).collect()
}

#[async_trait]
impl TableProvider for IcebergTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> datafusion::error::Result<Vec<TableProviderFilterPushDown>> {
        let support = |expr: &&Expr| match filter::predicate(expr) {
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => self.schema.clone(),
        };
        if let Some(changing) = &self.changing {
            let rows = filters.iter().filter_map(filter::predicate).reduce(Predicate::and);
            changing.asked.lock().unwrap_or_else(PoisonError::into_inner).push(rows);
        }
        let reading = Reading { table: self.clone(), schema: schema.clone(), filters: filters.to_vec() };
        let (tasks, known) = {
            let scan = reading.scan();
            let mut tasks = self.tasks(&scan).await?;
            let keys = self.changing.as_ref().and_then(|changing| changing.keys.as_ref());
            let known = scan::statistics(&self.table, &scan, &tasks, &schema, keys.map(|keys| keys.count)).await?;
            if scan::keep_nearly_all(filters, &schema, &known) {
                tasks.iter_mut().for_each(|task| task.predicate = None);
            }
            (tasks, known)
        };
        let count = state.config().target_partitions();
        Ok(Arc::new(ScanExec::new(reading, schema, tasks, count, known)))
    }
}

/// A batch in the types of plans; columns by name.
pub(crate) fn conformed(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| named(batch, field)).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}

fn named(batch: &RecordBatch, field: &Field) -> Result<ArrayRef> {
    let column = batch.column_by_name(field.name());
    let column = column.ok_or_else(|| Fault::internal(format!("a scan lost column {}", field.name())))?;
    convert(column, field.data_type())
}

fn placed(found: &lake_iceberg::PositionedBatch, files: &FileNames, schema: &SchemaRef) -> Result<RecordBatch> {
    let rows = arrow::array::Array::len(&found.positions);
    let column = |field: &Arc<Field>| match field.name().as_str() {
        FILE => Ok(Arc::new(Int64Array::from_value(files.number(&found.file), rows)) as ArrayRef),
        POSITION => Ok(Arc::new(found.positions.clone()) as ArrayRef),
        _ => named(&found.batch, field),
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}

/// A table in memory, as of a statement: metadata tables.
pub(crate) fn in_memory(batch: RecordBatch, columns: &[Column]) -> Result<Arc<dyn TableProvider>> {
    let schema: SchemaRef = Arc::new(Schema::new(fields(columns)?));
    let batch = conformed(&batch, &schema)?;
    Ok(Arc::new(datafusion::datasource::MemTable::try_new(schema, vec![vec![batch]])?))
}
