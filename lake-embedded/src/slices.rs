//! UNNEST makes of each batch one batch, however long the lists are: two of ten thousand values on top of each other would
//! ask for gigabytes at once, and could not be stopped meanwhile. So it is given few rows at a time.

use std::fmt;
use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::{StreamExt, TryStreamExt};

/// Rows whose lists are made and unnested at a time: of lists of ten thousand bigints, 40 MB.
const ROWS: usize = 512;

/// Cuts what goes into each UNNEST, and into the projection that makes its lists.
#[derive(Debug)]
pub(crate) struct SliceBeforeUnnest;

impl PhysicalOptimizerRule for SliceBeforeUnnest {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let sliced = |plan: Arc<dyn ExecutionPlan>| {
            if plan.downcast_ref::<UnnestExec>().is_none() {
                return Ok(Transformed::no(plan));
            }
            let lists = plan.children()[0].clone();
            let lists = match lists.downcast_ref::<ProjectionExec>() {
                Some(projection) => {
                    let rows = Slices::of(projection.input().clone());
                    lists.clone().with_new_children(vec![rows])?
                }
                None => Slices::of(lists),
            };
            Ok(Transformed::yes(plan.with_new_children(vec![lists])?))
        };
        plan.transform_up(sliced).data()
    }

    fn name(&self) -> &str {
        "SliceBeforeUnnest"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Lets others work after each batch that a join makes: of one batch of rows it may make millions, and a statement is stopped
/// only where it lets go.
#[derive(Debug)]
pub(crate) struct YieldAfterJoins;

impl PhysicalOptimizerRule for YieldAfterJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let yielding = |plan: Arc<dyn ExecutionPlan>| {
            let joins = plan.downcast_ref::<CrossJoinExec>().is_some()
                || plan.downcast_ref::<NestedLoopJoinExec>().is_some()
                || plan.downcast_ref::<HashJoinExec>().is_some();
            match joins {
                true => Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan)) as Arc<dyn ExecutionPlan>)),
                false => Ok(Transformed::no(plan)),
            }
        };
        plan.transform_up(yielding).data()
    }

    fn name(&self) -> &str {
        "YieldAfterJoins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The same rows in small batches.
#[derive(Debug)]
struct Slices {
    input: Arc<dyn ExecutionPlan>,
}

impl Slices {
    /// With a chance to stop after each few of them.
    fn of(input: Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        Arc::new(CooperativeExec::new(Arc::new(Self { input })))
    }
}

impl DisplayAs for Slices {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slices: {ROWS} rows")
    }
}

impl ExecutionPlan for Slices {
    fn name(&self) -> &str {
        "Slices"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(input) = children.into_iter().next() else { return Ok(self) };
        Ok(Arc::new(Self { input }))
    }

    fn execute(&self, part: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let slices = self.input.execute(part, context)?.map_ok(|batch| {
            let starts = (0..batch.num_rows()).step_by(ROWS);
            let slice = move |start| Ok(batch.slice(start, ROWS.min(batch.num_rows() - start)));
            futures::stream::iter(starts.map(slice))
        });
        let schema = self.input.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, slices.try_flatten().boxed())))
    }
}
