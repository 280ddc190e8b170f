//! The example's models on the engine in memory: what they make, and what they make of trouble.
#![allow(clippy::unwrap_used)]

#[path = "../../examples/daily_refresh/models.rs"]
mod models;

#[cfg(feature = "athena-local")]
mod athena;
mod crashes;
#[cfg(feature = "embedded")]
mod embedded;
mod golden;
#[cfg(feature = "embedded")]
mod lake;
#[cfg(all(feature = "embedded", feature = "trino"))]
mod trino;

use std::collections::BTreeSet;
use std::fs;

use lake_core::model::registry;
use lake_core::model::spec::Id;
use lake_core::project::Project;
use lake_core::project::settings::Target;
use lake_core::run::cancel::CancelToken;
use lake_core::run::landing::LandingFolder;
use lake_core::run::session::RunOptions;
use lake_core::run::summary::{Outcome, RunSummary};
use lake_model_engine::{Death, Process, World};
use tempfile::TempDir;

/// Two deliveries. The rouble leaves with the second one, the króna misses a day, and a day is corrected late.
const DELIVERIES: [&[(&str, &str)]; 2] = [
    &[
        ("2022-02-28", r#""USD":1.1199,"JPY":129.31,"SEK":10.6055,"DKK":7.4404,"RUB":117.2010,"ISK":141.30"#),
        ("2022-03-01", r#""USD":1.1162,"JPY":128.35,"SEK":10.7405,"DKK":7.4394,"RUB":117.2010,"ISK":143.50"#),
    ],
    &[
        ("2022-03-01-corrected", r#""USD":1.1172,"JPY":128.35,"SEK":10.7405,"DKK":7.4394,"RUB":117.2010,"ISK":143.50"#),
        ("2022-03-02", r#""USD":1.1106,"JPY":128.20,"SEK":10.8045,"DKK":7.4384"#),
        ("2022-04-01", r#""USD":1.1052,"JPY":135.35,"SEK":10.3498,"DKK":7.4386,"ISK":142.40"#),
    ],
];

const TABLES: [&str; 7] = [
    "fx.rates",
    "fx.currency_history",
    "fx.monthly_rates",
    "fx.volatility",
    "fx.american_rates",
    "fx.asian_rates",
    "fx.nordic_rates",
];

/// The example's project over one landing folder.
struct Refresh {
    landing: TempDir,
    cancel: CancelToken,
}

impl Refresh {
    fn new(deliveries: usize) -> Self {
        let landing = tempfile::tempdir().unwrap();
        fs::create_dir(landing.path().join("fx")).unwrap();
        let refresh = Self { landing, cancel: CancelToken::default() };
        DELIVERIES[..deliveries].iter().for_each(|delivery| refresh.deliver(delivery));
        refresh
    }

    fn deliver(&self, days: &[(&str, &str)]) {
        for (name, rates) in days {
            let day = &name[..10];
            let document = format!(r#"{{"base":"EUR","date":"{day}","rates":{{{rates}}}}}"#);
            fs::write(self.landing.path().join(format!("fx/{name}.json")), document).unwrap();
        }
    }

    fn project(&self) -> (Project, Box<LandingFolder>) {
        self.project_on(Target::named("test"))
    }

    fn project_on(&self, target: Target) -> (Project, Box<LandingFolder>) {
        let found = registry::declarations().unwrap();
        let project = Project::load(found.models, found.sources, target).unwrap();
        (project, Box::new(LandingFolder(self.landing.path().to_owned())))
    }

    /// Every model, each after what it reads.
    fn models_in_order(&self) -> Vec<Id> {
        self.project().0.graph.models().map(|model| model.id.clone()).collect()
    }

    fn models(&self) -> BTreeSet<Id> {
        self.models_in_order().into_iter().collect()
    }

    /// A run of all models in a new process; None if it died.
    fn run(&self, world: &World, death: Option<Death>) -> Option<RunSummary> {
        let (project, landing) = self.project();
        self.run_in(&world.start(project, landing, death), &self.models())
    }

    fn run_in(&self, process: &Process, models: &BTreeSet<Id>) -> Option<RunSummary> {
        let options = RunOptions { threads: Some(1), ..RunOptions::default() };
        let summary = process.run(models, &options, &self.cancel, &|_| {}).ok();
        summary.filter(|_| process.is_alive())
    }

    /// Runs until nothing is left to do, as a scheduler would.
    fn settle(&self, world: &World) {
        let mut last = None;
        for _ in 0..4 {
            last = self.run(world, None);
            if last.as_ref().is_some_and(RunSummary::is_good) {
                return;
            }
        }
        panic!("never settled: {last:#?}");
    }
}

/// What readers see, and which tables there are without their run ids.
fn state(world: &World) -> (Vec<Vec<String>>, Vec<String>) {
    let shown = TABLES.iter().map(|table| world.engine.table(table)).collect();
    let mut names: Vec<String> =
        world.engine.names().iter().map(|name| name.split("__r2").next().unwrap().to_owned()).collect();
    names.sort();
    (shown, names)
}

/// The world before the nth delivery is run, with the project that will run it.
fn before(delivery: usize) -> (World, Refresh) {
    let world = World::default();
    for n in 1..=delivery {
        Refresh::new(n).settle(&world);
    }
    (world, Refresh::new(delivery + 1))
}

#[test]
fn what_a_refresh_makes() {
    let (world, refresh) = before(1);
    refresh.settle(&world);
    let history = world.engine.execute(
        "select currency, valid_from, valid_to, is_current from fx.currency_history
         where currency in ('RUB', 'ISK', 'USD') order by 1, 2",
    );
    assert_eq!(
        history.unwrap().strings(),
        [
            "ISK | 2022-02-28 | 2022-03-02 | false",
            "ISK | 2022-04-01 | null | true",
            "RUB | 2022-02-28 | 2022-03-02 | false",
            "USD | 2022-02-28 | null | true",
        ]
    );
    let months =
        world.engine.execute("select * from fx.monthly_rates where currency = 'USD' and month = date '2022-03-01'");
    assert_eq!(
        months.unwrap().strings(),
        ["2022-03-01 | USD | 1.117200 | 1.110600 | 1.110600 | 1.117200 | 1.113900 | 2"]
    );
    let statements = world.engine.statements().len();
    let again = refresh.run(&world, None).unwrap();
    assert!(again.is_good());
    let written = world.engine.statements()[statements..].iter().filter(|sql| !sql.starts_with("select")).count();
    assert_eq!(written, 0, "a run with nothing new writes nothing");
}

#[test]
fn a_damaged_document_can_be_mended() {
    let (world, refresh) = before(0);
    refresh.settle(&world);
    let seen = state(&world).0;
    let document = refresh.landing.path().join("fx/2022-03-02.json");
    fs::write(&document, r#"{"base":"EUR","date":"2022-03-02","rates":{"USD":1.11"#).unwrap();
    let summary = refresh.run(&world, None).unwrap();
    let failed: Vec<_> = summary.models.iter().filter(|model| model.outcome == Outcome::Failed).collect();
    assert_eq!(
        failed.iter().map(|model| model.model.as_str()).collect::<Vec<_>>(),
        ["fx.currency_history", "fx.rates"]
    );
    for model in failed {
        let message = model.message.clone().unwrap();
        assert!(message.contains("2022-03-02.json is damaged at line 1, column"), "{message}");
    }
    assert_eq!(state(&world).0, seen, "readers keep what they had");

    refresh.deliver(DELIVERIES[1]);
    refresh.settle(&world);
    let (expected, fresh) = before(1);
    fresh.settle(&expected);
    assert_eq!(state(&world), state(&expected));
}
