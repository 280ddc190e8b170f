//! Queries: lowered, optimised, executed; their rows as a stream or all at once.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use lake_core::engine::Stats;
use lake_sql::bound::BoundQuery;
use lake_sql::types::Type;
use std::sync::Arc;

use super::{Answer, Run, clock, views};
use crate::error::{Fault, Result};
use crate::eval::zone::Zone;
use crate::lower::{self, Lowered};
use crate::types;

/// Rows as they come, in the types of the query's columns.
pub(crate) struct Rows {
    pub columns: Vec<(String, Type, Zone)>,
    pub stream: SendableRecordBatchStream,
}

impl Run<'_> {
    pub(super) async fn query(&self, query: &BoundQuery) -> Result<Answer> {
        let mut rows = self.execute(query).await?;
        for (_, ty, zone) in &rows.columns {
            if matches!(ty, Type::TimestampTz(_)) {
                zone.name()?;
            }
        }
        let schema = result_schema(&rows.columns)?;
        let mut batches = vec![];
        let mut count = 0;
        while let Some(batch) = self.next(&mut rows).await? {
            count += batch.num_rows() as u64;
            batches.push(result(&batch, &schema)?);
        }
        let columns = rows.columns.into_iter().map(|(name, ty, _)| (name, ty)).collect();
        Ok(Answer { columns, batches, stats: Stats { rows: Some(count), bytes_scanned: None } })
    }

    /// Plans a query without running it.
    pub(super) fn plan(&self, query: &BoundQuery) -> Result<Lowered> {
        self.plan_inside(query, None)
    }

    /// Plans the query of a view.
    pub(super) fn plan_inside(&self, query: &BoundQuery, view: Option<(String, String)>) -> Result<Lowered> {
        let mut query = query.clone();
        views::replace(&mut query, self, view)?;
        clock::fix(&mut query, self.now);
        lower::lower(&query, &self.names)
    }

    /// Starts a query.
    pub(super) async fn execute(&self, query: &BoundQuery) -> Result<Rows> {
        let lowered = self.plan(query)?;
        let physical = self.unless_cancelled(self.state.create_physical_plan(&lowered.plan)).await??;
        for (field, (name, ty, _)) in physical.schema().fields().iter().zip(&lowered.columns) {
            if *field.data_type() != types::arrow(ty)? {
                let found = field.data_type();
                return Err(Fault::internal(format!("column {name} became {found} instead of {ty} by optimisation")));
            }
        }
        let stream = execute_stream(physical, self.state.task_ctx())?;
        Ok(Rows { columns: lowered.columns, stream })
    }

    /// The next batch.
    pub(super) async fn next(&self, rows: &mut Rows) -> Result<Option<RecordBatch>> {
        Ok(self.unless_cancelled(rows.stream.next()).await?.transpose()?)
    }

    pub(super) async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        self.cancel.unless_asked(work).await.map_err(|_| Fault::cancelled())
    }
}

fn result_schema(columns: &[(String, Type, Zone)]) -> Result<Arc<Schema>> {
    let field = |(name, ty, zone): &(String, Type, Zone)| {
        let arrow = match ty {
            Type::TimestampTz(_) => DataType::Timestamp(TimeUnit::Microsecond, Some(zone.name()?.into())),
            _ => types::arrow(ty)?,
        };
        Ok(Field::new(name, arrow, true))
    };
    Ok(Arc::new(Schema::new(columns.iter().map(field).collect::<Result<Vec<_>>>()?)))
}

fn result(batch: &RecordBatch, schema: &Arc<Schema>) -> Result<RecordBatch> {
    let column = |(array, field): (&ArrayRef, &Arc<Field>)| match field.data_type() {
        DataType::Timestamp(_, Some(_)) => Ok(arrow::compute::cast(array, field.data_type())?),
        _ => Ok(array.clone()),
    };
    let columns = batch.columns().iter().zip(schema.fields()).map(column).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}
