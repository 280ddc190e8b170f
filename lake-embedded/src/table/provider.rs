//! Scans of Iceberg tables: projection, pruning, a snapshot, and rows with their places for changes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::{StreamExt, TryStreamExt};
use iceberg::expr::Predicate;
use iceberg::scan::FileScanTask;
use lake_iceberg::{Scan, Table};

use super::convert::convert;
use super::filter;
use super::schema::Column;
use crate::error::{Fault, Result};
use crate::types;

/// Bytes of the files that the scans of a statement read.
pub(crate) type Bytes = Arc<AtomicU64>;

/// Which rows each scan of a target asked for; None is all.
pub(crate) type Asked = Arc<Mutex<Vec<Option<Predicate>>>>;

/// The columns in which a scan for changes gives the place of each row.
pub(crate) const FILE: &str = "$file";
/// Position of the row in its file.
pub(crate) const POSITION: &str = "$position";

/// A table at one of its snapshots.
#[derive(Clone)]
pub(crate) struct IcebergTable {
    table: Arc<Table>,
    snapshot: Option<i64>,
    /// In the table's spelling, with the types of plans.
    schema: SchemaRef,
    /// Whether the rows come with their places, as two further columns.
    places: bool,
    /// The files to read; None reads all.
    files: Option<Arc<BTreeSet<String>>>,
    /// Where scans of the target leave what they asked for.
    asked: Option<Asked>,
    bytes: Bytes,
}

impl fmt::Debug for IcebergTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}", self.table.name(), self.snapshot)
    }
}

impl IcebergTable {
    pub fn new(table: Arc<Table>, columns: &[Column], snapshot: Option<i64>, bytes: Bytes) -> Result<Self> {
        let schema = Arc::new(Schema::new(fields(columns)?));
        Ok(Self { table, snapshot, schema, places: false, files: None, asked: None, bytes })
    }

    /// Some of the files of the current state.
    pub fn of_files(table: Arc<Table>, columns: &[Column], files: Vec<String>, bytes: Bytes) -> Result<Self> {
        let files = Some(Arc::new(files.into_iter().collect()));
        Ok(Self { files, ..Self::new(table, columns, None, bytes)? })
    }

    /// The same with the places of the rows.
    pub fn with_places(table: Arc<Table>, columns: &[Column], asked: Asked, bytes: Bytes) -> Result<Self> {
        let mut fields = fields(columns)?;
        fields.push(Field::new(FILE, DataType::Utf8, true));
        fields.push(Field::new(POSITION, DataType::Int64, true));
        let schema = Arc::new(Schema::new(fields));
        Ok(Self { table, snapshot: None, schema, places: true, files: None, asked: Some(asked), bytes })
    }

    fn scan_of<'a>(&self, table: &'a Table, names: Vec<String>, filters: &[Expr]) -> Scan<'a> {
        let mut scan = table.scan().columns(names);
        if let Some(snapshot) = self.snapshot {
            scan = scan.at_snapshot(snapshot);
        }
        for predicate in filters.iter().filter_map(filter::predicate) {
            scan = scan.filter(predicate);
        }
        scan
    }

    async fn partitions(
        &self,
        schema: &SchemaRef,
        filters: &[Expr],
        count: usize,
    ) -> Result<Vec<Arc<dyn PartitionStream>>> {
        let names: Vec<String> = schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .filter(|name| !self.places || (name != FILE && name != POSITION))
            .collect();
        let scan = self.scan_of(&self.table, names.clone(), filters);
        let mut tasks = scan.plan().await.map_err(Fault::from)?;
        if let Some(files) = &self.files {
            tasks.retain(|task| files.contains(&task.data_file_path));
        }
        self.bytes.fetch_add(tasks.iter().map(|task| task.length).sum(), Ordering::Relaxed);
        let read = |tasks: Vec<FileScanTask>| -> Arc<dyn PartitionStream> {
            Arc::new(Files {
                table: self.clone(),
                schema: schema.clone(),
                names: names.clone(),
                filters: filters.to_vec(),
                tasks,
            })
        };
        if self.places || tasks.is_empty() {
            return Ok(vec![read(tasks)]);
        }
        let mut parts: Vec<Vec<FileScanTask>> = vec![vec![]; count.min(tasks.len()).max(1)];
        for (number, task) in tasks.into_iter().enumerate() {
            let part = number % parts.len();
            parts[part].push(task);
        }
        Ok(parts.into_iter().map(read).collect())
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
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => self.schema.clone(),
        };
        if let Some(asked) = &self.asked {
            let rows = filters.iter().filter_map(filter::predicate).reduce(Predicate::and);
            asked.lock().unwrap_or_else(PoisonError::into_inner).push(rows);
        }
        let count = state.config().target_partitions();
        let partitions = self.partitions(&schema, filters, count).await?;
        let limit = if filters.is_empty() { limit } else { None };
        Ok(Arc::new(StreamingTableExec::try_new(schema, partitions, None, vec![], false, limit)?))
    }
}

/// Some of a table's files as one stream.
struct Files {
    table: IcebergTable,
    schema: SchemaRef,
    names: Vec<String>,
    filters: Vec<Expr>,
    tasks: Vec<FileScanTask>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {} files", self.table, self.tasks.len())
    }
}

impl PartitionStream for Files {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = self.schema.clone();
        if self.tasks.is_empty() {
            return Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::empty()));
        }
        let (table, names, filters) = (self.table.clone(), self.names.clone(), self.filters.clone());
        if self.table.places {
            let rows = self.schema.clone();
            let batches = async move {
                let inner = table.table.clone();
                let scan = table.scan_of(&inner, names, &filters);
                let batches = scan.positions().await.map_err(Fault::from)?;
                Ok::<_, datafusion::error::DataFusionError>(batches.map(move |found| {
                    let found = found.map_err(Fault::from)?;
                    Ok(placed(&found, &rows)?)
                }))
            };
            return Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::once(batches).try_flatten()));
        }
        let scan = table.scan_of(&table.table, names, &filters);
        let rows = self.schema.clone();
        let batches = match scan.read(self.tasks.clone()) {
            Ok(batches) => batches.map(move |batch| Ok(conformed(&batch.map_err(Fault::from)?, &rows)?)).left_stream(),
            Err(error) => futures::stream::once(async move { Err(Fault::from(error).into()) }).right_stream(),
        };
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
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

fn placed(found: &lake_iceberg::PositionedBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let rows = arrow::array::Array::len(&found.positions);
    let column = |field: &Arc<Field>| match field.name().as_str() {
        FILE => Ok(Arc::new(StringArray::from(vec![&*found.file; rows])) as ArrayRef),
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
