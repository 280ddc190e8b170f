//! The engine's own threads, and DataFusion's state on them.

use std::future::Future;
use std::sync::Arc;

use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::SessionConfig;

use crate::error::{Fault, Result};
use crate::slices::{SliceBeforeUnnest, YieldAfterJoins};

/// Stack of a thread: plans are trees, and trees of generated queries are deep.
const STACK: usize = 16 << 20;

/// Least memory with which sorting and grouping can spill.
const LEAST_MEMORY: usize = 64 << 20;

/// A join's smaller side up to so many bytes is built once for all threads.
const BUILT_ONCE: usize = 64 << 20;

/// Threads for the statements of an engine.
pub(crate) fn threads(count: usize) -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(count.max(1))
        .thread_name("lake-embedded")
        .thread_stack_size(STACK)
        .enable_time()
        .build()
        .map_err(|error| Fault::unavailable(format!("cannot start threads: {error}")))
}

/// Waits for a future on one of the engine's threads, in code that is not asynchronous.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

/// Memory that all statements of an engine share; what does not fit is spilled where it can be.
pub(crate) fn memory(bytes: usize) -> Result<Arc<RuntimeEnv>> {
    let pool = FairSpillPool::new(bytes.max(LEAST_MEMORY));
    Ok(RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()?)
}

/// DataFusion with its optimizer, and without anything that changes what an expression means.
pub(crate) fn session(threads: usize, memory: Arc<RuntimeEnv>) -> SessionState {
    let mut config = SessionConfig::new().with_target_partitions(threads.max(1));
    let options = config.options_mut();
    options.execution.parquet.schema_force_view_types = false;
    options.execution.sort_spill_reservation_bytes = 4 << 20;
    // With the few threads of one machine a smaller side that all of them look into costs less than dividing both.
    options.optimizer.hash_join_single_partition_threshold = BUILT_ONCE;
    options.optimizer.hash_join_single_partition_threshold_rows = BUILT_ONCE / 16;
    // Filters stay where the logical plan has them: pushed further down, one that can fail meets rows that another
    // filter takes out. Our scans get theirs from the logical plan.
    let rules = PhysicalOptimizer::new().rules.into_iter().filter(|rule| !rule.name().starts_with("FilterPushdown"));
    let rules = rules.chain([Arc::new(SliceBeforeUnnest) as _, Arc::new(YieldAfterJoins) as _]);
    SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(memory)
        .with_analyzer_rules(vec![])
        .with_physical_optimizer_rules(rules.collect())
        .build()
}
