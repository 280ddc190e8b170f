//! Writing rows: checked, and encoded on several threads once there are many.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use lake_iceberg::{DataWriter, NewFiles, Table, WriteOptions};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::error::{Fault, Result};
use crate::table::schema::Column;
use crate::types;

/// Another thread begins to write, into files of its own, when each that writes has so many rows.
const ROWS_OF_THREAD: u64 = 1 << 20;

/// Batches that wait for a thread.
const WAITING: usize = 4;

/// Writes rows into data files of a table, after checking what may not be null.
pub(super) struct Writer {
    table: Table,
    columns: Vec<Column>,
    schema: SchemaRef,
    /// What this thread writes,
    own: DataWriter,
    /// and what others do.
    others: Vec<mpsc::Sender<RecordBatch>>,
    writing: JoinSet<Result<NewFiles>>,
    most: usize,
    batches: usize,
    rows: u64,
}

impl Writer {
    /// Writes on `threads` threads at most.
    pub fn new(table: &Table, columns: &[Column], threads: usize) -> Result<Self> {
        let field = |(name, ty, _): &Column| Ok(Field::new(name, types::arrow(ty)?, true));
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Result<Vec<_>>>()?));
        // A second writer would double the files of each partition, and take rows out of their order.
        let one = !table.partitioning().is_empty() || !table.ordering().is_empty();
        Ok(Self {
            table: table.clone(),
            columns: columns.to_vec(),
            schema,
            own: table.writer(WriteOptions::default())?,
            others: vec![],
            writing: JoinSet::new(),
            most: if one { 1 } else { threads },
            batches: 0,
            rows: 0,
        })
    }

    /// The table's columns in the types of plans.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Writes rows given by one array for each column of the table.
    pub async fn write(&mut self, arrays: &[ArrayRef], rows: usize) -> Result<()> {
        for (array, (name, _, nullable)) in arrays.iter().zip(&self.columns) {
            if !nullable && array.null_count() > 0 {
                return Err(Fault::data(format!("NULL value not allowed for NOT NULL column: {name}")));
            }
        }
        let arrays = arrays
            .iter()
            .zip(self.schema.fields())
            .map(|(array, field)| stored_array(array, field))
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?;
        self.rows += rows as u64;
        if self.rows > ROWS_OF_THREAD * (1 + self.others.len() as u64) && self.others.len() + 1 < self.most {
            self.begin_another()?;
        }
        self.batches += 1;
        let Some(other) = (self.batches % (self.others.len() + 1)).checked_sub(1) else {
            return Ok(self.own.write(batch).await?);
        };
        match self.others[other].send(batch).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.failure().await),
        }
    }

    fn begin_another(&mut self) -> Result<()> {
        let (sender, mut waiting) = mpsc::channel::<RecordBatch>(WAITING);
        let mut writer = self.table.writer(WriteOptions::default())?;
        self.writing.spawn(async move {
            while let Some(batch) = waiting.recv().await {
                writer.write(batch).await?;
            }
            Ok(writer.finish().await?)
        });
        self.others.push(sender);
        Ok(())
    }

    /// Why another thread has stopped.
    async fn failure(&mut self) -> Fault {
        while let Some(ended) = self.writing.join_next().await {
            match ended {
                Ok(Ok(_)) => continue,
                Ok(Err(fault)) => return fault,
                Err(error) => return Fault::internal(format!("a thread that writes has stopped: {error}")),
            }
        }
        Fault::internal("a thread that writes has stopped")
    }

    /// Closes the files.
    pub async fn finish(mut self) -> Result<NewFiles> {
        self.others.clear();
        let mut files = self.own.finish().await?;
        while let Some(ended) = self.writing.join_next().await {
            let others =
                ended.map_err(|error| Fault::internal(format!("a thread that writes has stopped: {error}")))??;
            files = files.and(others);
        }
        Ok(files)
    }
}

/// A query's column as a table's: Iceberg has no short integers.
fn stored_array(array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    use arrow::datatypes::DataType::{Int8, Int16, Int32};
    Ok(match (array.data_type(), field.data_type()) {
        (Int8 | Int16, Int32) => compute::cast(array, field.data_type())?,
        _ => array.clone(),
    })
}
