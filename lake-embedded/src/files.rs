//! Source files as a table that DataFusion can read.

use std::fmt;
use std::sync::Arc;

use ::arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use lake_core::engine::FileRelation;

use lake_core::files::Files;

use crate::error::{Fault, Result};

/// Batches that may wait for their reader.
const WAITING: usize = 2;

/// The files of a relation as one table. What files of its format cannot hold is refused here.
pub(crate) fn table(relation: &FileRelation) -> Result<Arc<dyn TableProvider>> {
    let schema = Files::new(relation)?.schema().clone();
    Ok(Arc::new(FileTable { relation: Arc::new(relation.clone()), schema }))
}

#[derive(Clone, Debug)]
struct FileTable {
    relation: Arc<FileRelation>,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for FileTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        let files = Arc::new(FileScan { relation: self.relation.clone(), schema: self.schema.clone() });
        let schema = self.schema.clone();
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![files], projection, vec![], false, limit)?))
    }
}

/// Reads all columns, also those that no one asks for: a file is right as a whole or not at all.
struct FileScan {
    relation: Arc<FileRelation>,
    schema: SchemaRef,
}

impl fmt::Debug for FileScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.relation.name;
        write!(f, "{} files of {}.{}", self.relation.files.len(), name.schema, name.table)
    }
}

impl PartitionStream for FileScan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStream::builder(self.schema.clone(), WAITING);
        let (sender, relation) = (stream.tx(), self.relation.clone());
        stream.spawn_blocking(move || {
            for batch in Files::new(&relation).map_err(Fault::from)? {
                // Nobody listens any more: the statement has ended.
                if sender.blocking_send(batch.map_err(|error| Fault::from(error).into())).is_err() {
                    break;
                }
            }
            Ok(())
        });
        stream.build()
    }
}
