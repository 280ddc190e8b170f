//! Running scans: files in parts that threads read beside each other, and what is known of their rows beforehand.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, SchedulingType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, coop::make_cooperative,
};
use futures::TryStreamExt;
use iceberg::scan::FileScanTask;
use iceberg::spec::{Datum, PrimitiveLiteral};
use lake_iceberg::{Bounds, Table};

use super::provider::Reading;
use crate::error::Result;

/// A filter that leaves this share of the rows is not worth evaluating while reading.
const NEARLY_ALL: f64 = 0.7;

/// A part of a file is not smaller than this: its footer is read once more for each.
const LEAST_PART: u64 = 8 << 20;

/// Reads files of a table in parts.
pub(super) struct ScanExec {
    reading: Arc<Reading>,
    schema: SchemaRef,
    parts: Vec<Vec<FileScanTask>>,
    statistics: Arc<Statistics>,
    properties: Arc<PlanProperties>,
}

impl ScanExec {
    pub fn new(reading: Reading, schema: SchemaRef, tasks: Vec<FileScanTask>, parts: usize, known: Statistics) -> Self {
        let parts = divided(tasks, parts);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema.clone()),
            Partitioning::UnknownPartitioning(parts.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_scheduling_type(SchedulingType::Cooperative);
        Self {
            reading: Arc::new(reading),
            schema,
            parts,
            statistics: Arc::new(known),
            properties: Arc::new(properties),
        }
    }
}

/// Tasks of about the same size for each of `count` threads. Files are cut between row groups.
fn divided(tasks: Vec<FileScanTask>, count: usize) -> Vec<Vec<FileScanTask>> {
    let all: u64 = tasks.iter().map(|task| task.length).sum();
    let share = (all / count.max(1) as u64).max(LEAST_PART);
    let mut pieces = vec![];
    for task in tasks {
        let number = task.length.div_ceil(share).max(1);
        let length = task.length.div_ceil(number);
        for at in 0..number {
            let (start, end) =
                (task.start + at * length, (task.start + (at + 1) * length).min(task.start + task.length));
            let record_count = task.record_count.filter(|_| number == 1);
            pieces.push(FileScanTask { start, length: end - start, record_count, ..task.clone() });
        }
    }
    let mut parts: Vec<(u64, Vec<FileScanTask>)> = vec![(0, vec![]); count.min(pieces.len()).max(1)];
    for piece in pieces {
        let part = parts.iter_mut().min_by_key(|(size, _)| *size).expect("there is at least one part");
        part.0 += piece.length;
        part.1.push(piece);
    }
    parts.into_iter().map(|(_, tasks)| tasks).collect()
}

impl fmt::Debug for ScanExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: usize = self.parts.iter().map(Vec::len).sum();
        write!(f, "{:?}: {files} parts of files, {:?} rows", self.reading.table, self.statistics.num_rows)
    }
}

impl DisplayAs for ScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScanExec: {self:?}")
    }
}

impl ExecutionPlan for ScanExec {
    fn name(&self) -> &str {
        "ScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![]
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, part: usize, _: Arc<TaskContext>) -> datafusion::error::Result<SendableRecordBatchStream> {
        let tasks = self.parts[part].clone();
        let batches = futures::stream::once(self.reading.clone().rows(tasks)).try_flatten().err_into();
        Ok(make_cooperative(Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))))
    }

    fn partition_statistics(&self, part: Option<usize>) -> datafusion::error::Result<Arc<Statistics>> {
        match part {
            None => Ok(self.statistics.clone()),
            Some(_) => Ok(Arc::new(Statistics::new_unknown(&self.schema))),
        }
    }
}

/// What the manifests say of the rows that a scan gives, which are `most` at most; all of it only counts for the choice of
/// a plan.
pub(super) async fn statistics(
    table: &Table,
    scan: &lake_iceberg::Scan<'_>,
    tasks: &[FileScanTask],
    schema: &SchemaRef,
    most: Option<u64>,
) -> Result<Statistics> {
    let rows: Option<u64> = tasks.iter().map(|task| task.record_count).sum();
    let rows = rows.map(|rows| most.unwrap_or(rows).min(rows));
    let Some(rows) = rows.and_then(|rows| usize::try_from(rows).ok()) else {
        return Ok(Statistics::new_unknown(schema));
    };
    let bounds = scan.bounds(tasks).await?;
    let ids = table.metadata().current_schema().clone();
    let columns = schema.fields().iter().map(|field| {
        let bounds = ids.field_id_by_name(field.name()).and_then(|id| bounds.get(&id));
        bounds.map_or_else(ColumnStatistics::new_unknown, |bounds| column(bounds, rows, field.data_type()))
    });
    let width: usize = schema.fields().iter().map(|field| field.data_type().primitive_width().unwrap_or(24)).sum();
    Ok(Statistics {
        num_rows: Precision::Inexact(rows),
        total_byte_size: Precision::Inexact(rows * width.max(1)),
        column_statistics: columns.collect(),
    })
}

fn column(bounds: &Bounds, rows: usize, ty: &DataType) -> ColumnStatistics {
    let mut known = ColumnStatistics::new_unknown();
    if let Some(nulls) = bounds.nulls {
        known.null_count = Precision::Inexact(nulls as usize);
    }
    let value = |bound: &Option<Datum>| bound.as_ref().and_then(|datum| scalar(datum, ty));
    // DataFusion counts the values in between, and must be able to.
    let countable = |low: i64, high: i64| high.checked_sub(low).is_some();
    if let (Some((low, least)), Some((high, greatest))) = (value(&bounds.least), value(&bounds.greatest))
        && countable(low, high)
    {
        known.min_value = Precision::Inexact(least);
        known.max_value = Precision::Inexact(greatest);
        let range = usize::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(usize::MAX);
        known.distinct_count = Precision::Inexact(range.min(rows).max(1));
    }
    known
}

/// Whether filters leave nearly all rows, by the bounds of their columns: then taking the others out while reading costs
/// more than it saves.
pub(super) fn keep_nearly_all(filters: &[Expr], schema: &SchemaRef, known: &Statistics) -> bool {
    let shares: Option<Vec<f64>> = filters.iter().map(|filter| share(filter, schema, known)).collect();
    shares.is_some_and(|shares| shares.into_iter().product::<f64>() > NEARLY_ALL)
}

/// The share of rows that a comparison of a column with a constant leaves, if values are spread evenly.
fn share(filter: &Expr, schema: &SchemaRef, known: &Statistics) -> Option<f64> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
    let (Expr::Column(column), Expr::Literal(value, _)) = (&**left, &**right) else { return None };
    let of_column = known.column_statistics.get(schema.index_of(&column.name).ok()?)?;
    let [least, greatest, value] =
        [of_column.min_value.get_value()?, of_column.max_value.get_value()?, value].map(number);
    let (least, greatest, value) = (least?, greatest?, value?);
    let below = ((value - least) / (greatest - least).max(1.0)).clamp(0.0, 1.0);
    match op {
        Operator::Lt | Operator::LtEq => Some(below),
        Operator::Gt | Operator::GtEq => Some(1.0 - below),
        _ => None,
    }
}

fn number(value: &ScalarValue) -> Option<f64> {
    match value {
        ScalarValue::Int32(value) | ScalarValue::Date32(value) => value.map(f64::from),
        ScalarValue::Int64(value) => value.map(|value| value as f64),
        _ => None,
    }
}

/// A bound as a number and as a value of plans: of the types that keys have.
fn scalar(datum: &Datum, ty: &DataType) -> Option<(i64, ScalarValue)> {
    let number = match datum.literal() {
        PrimitiveLiteral::Int(value) => i64::from(*value),
        PrimitiveLiteral::Long(value) => *value,
        _ => return None,
    };
    let value = match ty {
        DataType::Int32 => ScalarValue::Int32(Some(i32::try_from(number).ok()?)),
        DataType::Int64 => ScalarValue::Int64(Some(number)),
        DataType::Date32 => ScalarValue::Date32(Some(i32::try_from(number).ok()?)),
        _ => return None,
    };
    Some((number, value))
}
