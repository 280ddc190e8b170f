//! Loads and plans all models of a program, and says how long it took. The program is generated; this is compiled with
//! the rest of the workspace, so that it cannot lag behind.

use std::collections::BTreeMap;
use std::time::Instant;

use lake_core::engine::Capabilities;
use lake_core::model::registry::declarations;
use lake_core::plan::facts::{Facts, TableFact, UpstreamFact};
use lake_core::project::Project;
use lake_core::project::settings::Target;
use lake_core::strategy::{Context, Decision, plan};
use lake_sql::render::dialect::Dialect;

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
    let start = Instant::now();
    let mut steps = 0;
    for (model, facts) in &models {
        match plan(&context, model, facts).expect("every model can be planned") {
            Decision::Run(plan) => steps += plan.steps.len(),
            Decision::Unchanged(_) => {}
        }
    }
    let plans_ms = ms(start);
    let total_ms = declared_ms + graph_ms + plans_ms;
    println!(
        "{} models: declarations {declared_ms:.1} ms, graph {graph_ms:.1} ms, plans {plans_ms:.1} ms ({steps} steps), \
         all {total_ms:.1} ms",
        models.len()
    );
}

/// A first run on upstreams that are there.
fn facts(project: &Project, model: &lake_core::model::spec::ModelSpec) -> Facts {
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
        landed: BTreeMap::new(),
        leftovers: vec![],
        force: false,
    }
}
