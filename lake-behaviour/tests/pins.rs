//! Expiry on the embedded engine leaves what runs still read.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use lake_behaviour::Lab;
use lake_behaviour::declare::{model, table_source};
use lake_core::engine::Engine;
use lake_core::journal::{End, Journal};
use lake_core::model::spec::{Id, Kind};
use lake_core::project::Project;
use lake_core::project::settings::Target;
use lake_core::run::cancel::CancelToken;
use lake_core::run::clock::SystemClock;
use lake_core::run::event::Event;
use lake_core::run::landing::LandingFolder;
use lake_core::run::session::{RunOptions, Session};
use lake_core::run::summary::{Outcome, RunSummary};
use lake_embedded::{Embedded, EmbeddedConfig};

const COLUMNS: &str = "id bigint?";

fn engine(warehouse: &Path, state: &Path) -> Arc<Embedded> {
    let config = EmbeddedConfig { warehouse: warehouse.to_owned(), threads: 2, memory_bytes: 1 << 28 };
    let state = state.to_owned();
    let pins = move || Journal::folder(&state).and_then(|journal| journal.pins()).map_err(|error| error.to_string());
    Arc::new(Embedded::open(config).unwrap().keeping(pins))
}

fn run(lab: &Lab, engine: Arc<Embedded>, state: &Path, stop: impl Fn(&Event) -> bool + Sync) -> RunSummary {
    let query = "select id from {feed}";
    let models = vec![model("a.rows", Kind::Table, COLUMNS, query, &["a.feed"])];
    let mut target = Target::named("lab");
    target.schemas.insert("a".into(), lab.schema.clone());
    let project = Project::load(models, vec![table_source("a.feed", COLUMNS)], target).unwrap();
    let journal = Journal::folder(state).unwrap();
    let session =
        Session::with(project, engine, journal, Box::new(LandingFolder(state.to_owned())), Arc::new(SystemClock));
    let all: BTreeSet<Id> = session.project().graph.models().map(|model| model.id.clone()).collect();
    let cancel = CancelToken::default();
    let heard = |event: Event| {
        if stop(&event) {
            cancel.cancel();
        }
    };
    session.run(&all, &RunOptions::default(), &cancel, &heard).unwrap()
}

/// The run stops once its plan is written; the table that it reads changes and its snapshots are expired; the next run
/// takes the plan up and reads what was planned.
#[test]
fn a_run_that_is_taken_up_reads_what_was_pinned() {
    let (warehouse, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = engine(warehouse.path(), state.path());
    let lab = Lab::new(engine.clone() as Arc<dyn Engine>);
    let age = "extra_properties = map(array['vacuum_max_snapshot_age_seconds'], array['0'])";
    lab.run(&format!("create table @feed (id bigint) with ({age})"));
    lab.run("insert into @feed values 1, 2");
    let pinned = lab.head("feed").unwrap();

    let stopped = run(&lab, engine.clone(), state.path(), |event| matches!(event, Event::ModelPlanned { .. }));
    assert_eq!(stopped.models[0].outcome, Outcome::Cancelled, "{stopped:#?}");
    let snapshots = |lab: &Lab| lab.rows("select count(*) from @\"feed$snapshots\"");
    lab.run("insert into @feed values 3");
    lab.run("delete from @feed where id = 1");
    assert_eq!(snapshots(&lab), ["[4]"]);
    std::thread::sleep(std::time::Duration::from_millis(20));
    lab.run("vacuum @feed");
    assert_eq!(snapshots(&lab), ["[2]"]);
    assert_eq!(lab.rows(&format!("select id from @feed for version as of {pinned} order by 1")), ["[1]", "[2]"]);

    let resumed = run(&lab, engine, state.path(), |_| false);
    assert_eq!(resumed.models[0].outcome, Outcome::Published, "{resumed:#?}");
    let plan = Journal::folder(state.path()).unwrap().ended_plan("a.rows", &format!("{}-1", stopped.run)).unwrap();
    assert_eq!(plan.unwrap().end, End::Done, "the first plan came to its end with what it had pinned");
    // Then the run saw what had come since.
    assert_eq!(lab.rows("select id from @rows order by 1"), ["[2]", "[3]"]);
    lab.run("vacuum @feed");
    assert_eq!(snapshots(&lab), ["[1]"]);
}

/// Without the journal nobody knows what may go.
#[test]
fn nothing_goes_while_the_journal_cannot_be_read() {
    let warehouse = tempfile::tempdir().unwrap();
    let config = EmbeddedConfig { warehouse: warehouse.path().to_owned(), threads: 2, memory_bytes: 1 << 28 };
    let engine = Embedded::open(config).unwrap().keeping(|| Err("it is on another machine".to_owned()));
    let lab = Lab::new(Arc::new(engine));
    lab.run("create table @t (id bigint)");
    lab.refuses("alter table @t execute expire_snapshots", "it is on another machine");
}
