//! Loads and plans all models of a program, binds a long query, and says how long it took. The program is generated; this is compiled with
//! the rest of the workspace, so that it cannot lag behind.

mod query;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use lake_core::engine::Capabilities;
use lake_core::model::registry::declarations;
use lake_core::model::spec::ModelSpec;
use lake_core::plan::facts::{BadRowsFact, Facts, TableFact, UpstreamFact};
use lake_core::project::Project;
use lake_core::project::settings::Target;
use lake_core::strategy::{Context, Decision, plan};
use lake_sql::render::dialect::Dialect;

pub use query::parse_and_bind;

/// As programs have it by default.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Prints milliseconds for reading the declarations, the graph and a first plan of each model.
pub fn load_and_plan() {
    let start = Instant::now();
    let ms = |from: Instant| from.elapsed().as_secs_f64() * 1000.0;
    let found = declarations().expect("names are unique");
    let declared_ms = ms(start);
    let start = Instant::now();
    let project = Project::load(found.models, found.sources, Target::named("bench")).expect("the graph is sound");
    let graph_ms = ms(start);
    let context = Context { project: &project, dialect: &Dialect::TRINO, capabilities: &Capabilities::FULL };
    let models: Vec<_> = project.graph.models().map(|model| (model, facts(&project, model))).collect();
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    for threads in [1, threads] {
        let start = Instant::now();
        let steps = plans(&context, &models, threads);
        let plans_ms = ms(start);
        let total_ms = declared_ms + graph_ms + plans_ms;
        println!(
            "{} models: declarations {declared_ms:.1} ms, graph {graph_ms:.1} ms, plans {plans_ms:.1} ms on {threads} \
             threads ({steps} steps), all {total_ms:.1} ms",
            models.len()
        );
    }
}

/// Plans all models, on threads as a run does; the number of steps.
fn plans(context: &Context<'_>, models: &[(&ModelSpec, Facts)], threads: usize) -> usize {
    let (next, steps) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((model, facts)) = models.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let decision = plan(context, model, facts).expect("every model can be planned");
                    if let Decision::Run(plan) = decision {
                        steps.fetch_add(plan.steps.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    steps.into_inner()
}

/// A first run on upstreams that are there.
fn facts(project: &Project, model: &ModelSpec) -> Facts {
    let mut upstreams = BTreeMap::new();
    for id in project.graph.upstreams(&model.id) {
        let columns = match (project.graph.model(id), project.graph.source(id)) {
            (Some(model), _) => &model.columns,
            (_, Some(source)) => &source.columns,
            _ => continue,
        };
        let columns = columns.iter().map(|column| (column.name.clone(), column.ty.clone(), column.nullable)).collect();
        let found = TableFact { view: false, columns, snapshot: Some(1), definition: None };
        upstreams.insert(id.clone(), UpstreamFact::Table { found: Some(found), leaves: BTreeMap::new() });
    }
    Facts {
        run: "20260101t000000".into(),
        attempt: 1,
        now: chrono::DateTime::UNIX_EPOCH,
        schema_exists: true,
        target: None,
        events: None,
        upstreams,
        published: None,
        consumed: BTreeMap::new(),
        bad_rows: BadRowsFact::default(),
        landed: BTreeMap::new(),
        leftovers: vec![],
        force: false,
    }
}
