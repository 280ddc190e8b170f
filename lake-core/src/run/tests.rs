//! The dispatcher on an engine that knows names and heads and no rows.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use chrono::{DateTime, TimeDelta, Utc};
use lake_sql::render::dialect::Dialect;
use lake_sql::types::Type;
use object_store::memory::InMemory;

use super::cancel::CancelToken;
use super::clock::Clock;
use super::event::Event;
use super::landing::{Landing, LandingError};
use super::session::{RunOptions, Session};
use super::summary::{Outcome, RunSummary};
use crate::engine::*;
use crate::journal::Journal;
use crate::model::spec::*;
use crate::plan::FileMark;
use crate::project::Project;
use crate::project::settings::Target;
use crate::testing::{files, model, source, table};

/// What the next statement that contains a text does instead of succeeding.
#[derive(Clone)]
enum Fault {
    Fails(ErrorKind),
    /// It takes effect, and the answer is lost.
    AnswerLost,
    Rows(i64),
    ChangesNothing,
    Panics,
    /// It is not known whether the engine has heard it.
    Unanswered {
        heard: bool,
    },
    /// The engine takes no statement now.
    NoRoom,
}

#[derive(Default)]
struct World {
    tables: BTreeMap<String, Described>,
    heads: i64,
    sent: Vec<String>,
    states: BTreeMap<String, (State, i64)>,
    faults: VecDeque<(String, Fault)>,
}

#[derive(Default)]
struct Names {
    world: Mutex<World>,
    /// A create that fails leaves its name.
    leaves_remains: AtomicBool,
}

const CAPABILITIES: Capabilities = Capabilities::FULL;

const UNCLEAN: Capabilities = Capabilities { clean_failures: false, ..Capabilities::FULL };

fn error(kind: ErrorKind, effect: Effect) -> EngineError {
    EngineError { kind, effect, message: format!("{kind:?} on schedule"), query: None, help: None }
}

impl World {
    fn described(&mut self, view: bool, definition: Option<String>) -> Described {
        self.heads += 1;
        let snapshot = (!view).then_some(self.heads);
        let columns = vec![("x".to_owned(), Type::BigInt, true)];
        Described { view, columns, snapshot, properties: vec![], definition }
    }

    fn take_effect(&mut self, sql: &str) {
        let name = |after: &str| {
            let rest = sql.split_once(after).map_or("", |(_, rest)| rest);
            rest.split([' ', '\n']).next().unwrap_or("").replace('"', "")
        };
        if sql.starts_with("create table") {
            let made = self.described(false, None);
            self.tables.insert(name("create table "), made);
        } else if sql.starts_with("create or replace view") {
            let made = self.described(true, Some(sql.to_owned()));
            self.tables.insert(name("view "), made);
        } else if sql.starts_with("drop table") {
            self.tables.remove(&name("if exists "));
        } else if sql.starts_with("alter table") {
            let moved = self.tables.remove(&name("alter table ")).unwrap();
            self.tables.insert(name("rename to "), moved);
        } else if sql.starts_with("insert into") || sql.starts_with("merge into") {
            self.heads += 1;
            let head = self.heads;
            self.tables.get_mut(&name("into ")).unwrap().snapshot = Some(head);
        }
    }

    fn submit(&mut self, sql: &str) -> (State, i64) {
        let fault = match self.faults.iter().position(|(text, _)| sql.contains(text.as_str())) {
            Some(at) => self.faults.remove(at).map(|(_, fault)| fault),
            None => None,
        };
        let stats = |rows| State::Succeeded(Stats { rows: Some(rows), bytes_scanned: None });
        match fault {
            Some(Fault::Fails(kind)) => {
                let query = Some(QueryId("began".into()));
                (State::Failed(EngineError { query, ..error(kind, Effect::None) }), 0)
            }
            Some(Fault::AnswerLost) => {
                self.take_effect(sql);
                (State::Failed(error(ErrorKind::Unavailable, Effect::Unknown)), 0)
            }
            Some(Fault::ChangesNothing) => (stats(0), 0),
            // Tells on, because a panic in here would poison the world.
            Some(Fault::Panics) => (State::Running(Progress::default()), i64::MIN),
            Some(Fault::Rows(rows)) => (stats(1), rows),
            None | Some(Fault::Unanswered { .. } | Fault::NoRoom) => {
                self.take_effect(sql);
                (stats(1), 0)
            }
        }
    }
}

impl Engine for Names {
    fn dialect(&self) -> &Dialect {
        &Dialect::EMBEDDED
    }

    fn capabilities(&self) -> &Capabilities {
        if self.leaves_remains.load(Ordering::SeqCst) { &UNCLEAN } else { &CAPABILITIES }
    }

    fn submit(&self, submission: &Submission) -> Result<QueryId, EngineError> {
        let mut world = self.world.lock().unwrap();
        let on_the_way = |(text, fault): &(String, Fault)| {
            matches!(fault, Fault::Unanswered { .. } | Fault::NoRoom) && submission.sql.contains(text.as_str())
        };
        let fault = world.faults.iter().position(on_the_way).and_then(|at| world.faults.remove(at));
        match fault {
            Some((_, Fault::NoRoom)) => return Err(error(ErrorKind::Throttled, Effect::None)),
            Some((_, Fault::Unanswered { heard: false })) => {
                return Err(error(ErrorKind::Unavailable, Effect::Unknown));
            }
            _ => {}
        }
        if !world.states.contains_key(&submission.token) {
            world.sent.push(submission.sql.clone());
            let state = world.submit(&submission.sql);
            world.states.insert(submission.token.clone(), state);
        }
        if fault.is_some() {
            return Err(error(ErrorKind::Unavailable, Effect::Unknown));
        }
        Ok(QueryId(submission.token.clone()))
    }

    fn poll(&self, ids: &[QueryId], _wait: Duration) -> Result<Vec<State>, EngineError> {
        let mut world = self.world.lock().unwrap();
        if let Some(id) = ids.iter().find(|id| world.states[&id.0].1 == i64::MIN) {
            world.states.insert(id.0.clone(), (State::Failed(error(ErrorKind::Internal, Effect::None)), 0));
            drop(world);
            panic!("on schedule");
        }
        Ok(ids.iter().map(|id| world.states[&id.0].0.clone()).collect())
    }

    fn cancel(&self, _id: &QueryId) -> Result<(), EngineError> {
        Ok(())
    }

    /// As many numbers as the statement has columns: the first is 1 row staged, unless a fault says otherwise.
    fn rows(&self, id: &QueryId) -> Result<Rows, EngineError> {
        let world = self.world.lock().unwrap();
        let failing = world.states[&id.0].1;
        let sql = world.sent.iter().rev().find(|sql| sql.starts_with("select")).unwrap();
        let columns = sql.split("\nfrom").next().unwrap().matches(", ").count() + 1;
        let values = (0..columns).map(|n| if n == 0 && columns > 1 { 1 } else { failing });
        let arrays: Vec<(String, ArrayRef)> = values
            .enumerate()
            .map(|(n, v)| (format!("c{n}"), Arc::new(Int64Array::from(vec![v])) as ArrayRef))
            .collect();
        Ok(Rows { columns: vec![], batches: vec![RecordBatch::try_from_iter(arrays).unwrap()] })
    }

    fn describe(&self, tables: &[PhysicalName]) -> Result<Vec<Option<Described>>, EngineError> {
        let world = self.world.lock().unwrap();
        Ok(tables.iter().map(|name| world.tables.get(&name.to_string()).cloned()).collect())
    }

    fn list(&self, schema: &str) -> Result<Vec<PhysicalName>, EngineError> {
        let world = self.world.lock().unwrap();
        let names = world.tables.keys().filter_map(|name| name.split_once('.'));
        let names = names.map(|(schema, table)| PhysicalName { schema: schema.into(), table: table.into() });
        Ok(names.filter(|name| name.schema == schema).collect())
    }
}

/// Time passes only by waiting.
#[derive(Default)]
struct Virtual(Mutex<TimeDelta>);

impl Clock for Virtual {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += TimeDelta::from_std(duration).unwrap();
    }
}

#[derive(Clone, Default)]
struct Files(Arc<Mutex<Vec<FileMark>>>);

impl Landing for Files {
    fn list(&self, _pattern: &str) -> Result<Vec<FileMark>, LandingError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn open_path(&self, path: &str) -> String {
        path.into()
    }
}

struct Lab {
    session: Session,
    engine: Arc<Names>,
    files: Files,
    events: Mutex<Vec<Event>>,
}

fn lab(sources: Vec<SourceSpec>, models: Vec<ModelSpec>) -> Lab {
    let project = Project::load(models, sources, Target::named("test")).unwrap();
    let engine = Arc::new(Names::default());
    let raw = engine.world.lock().unwrap().described(false, None);
    engine.world.lock().unwrap().tables.insert("raw.orders".into(), raw);
    let files = Files::default();
    let journal = Journal::new(Arc::new(InMemory::new())).unwrap();
    let session =
        Session::with(project, engine.clone(), journal, Box::new(files.clone()), Arc::new(Virtual::default()));
    Lab { session, engine, files, events: Mutex::default() }
}

impl Lab {
    fn run(&self) -> RunSummary {
        let all: BTreeSet<Id> = self.session.project().graph.models().map(|m| m.id.clone()).collect();
        let events = |event| self.events.lock().unwrap().push(event);
        self.session.run(&all, &RunOptions::default(), &CancelToken::default(), &events).unwrap()
    }

    fn outcomes(&self) -> Vec<Outcome> {
        self.run().models.iter().map(|m| m.outcome).collect()
    }

    fn fault(&self, text: &str, fault: Fault) {
        self.engine.world.lock().unwrap().faults.push_back((text.into(), fault));
    }

    fn tables(&self) -> Vec<String> {
        self.engine.world.lock().unwrap().tables.keys().filter(|name| *name != "raw.orders").cloned().collect()
    }

    fn sent(&self) -> Vec<String> {
        let mut world = self.engine.world.lock().unwrap();
        std::mem::take(&mut world.sent).iter().map(|sql| sql.split(['\n', '"']).next().unwrap().trim().into()).collect()
    }

    fn land(&self, path: &str) {
        self.files.0.lock().unwrap().push(FileMark { path: path.into(), size: 1 });
    }
}

fn tables() -> Lab {
    lab(
        vec![source("raw.orders", &["x bigint null"])],
        vec![
            table("a.daily", "select x from {orders}", &["raw.orders"]),
            model("a.shown", Kind::View, &["x bigint"], "select x from {daily}", &["a.daily"]),
        ],
    )
}

fn loads(write: Write) -> Lab {
    lab(
        vec![files("raw.docs", "*.json", &["x bigint null"])],
        vec![model("a.rows", Kind::Incremental(write), &["x bigint"], "select x from {docs}", &["raw.docs"])],
    )
}

#[test]
fn a_table_is_released_and_then_left_alone() {
    let lab = tables();
    assert_eq!(lab.outcomes(), [Outcome::Published, Outcome::Published]);
    assert_eq!(
        lab.sent(),
        [
            "create schema if not exists",
            "create table",
            "select r.",
            "create or replace view",
            "create or replace view"
        ]
    );
    let writes = lab.session.journal().writes();
    assert_eq!(lab.outcomes(), [Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(lab.sent(), [""; 0]);
    assert_eq!(lab.session.journal().writes() - writes, 2, "the run, when it begins and when it ends");

    // A new head upstream makes a new draft; the superseded one goes.
    lab.engine.world.lock().unwrap().tables.get_mut("raw.orders").unwrap().snapshot = Some(99);
    assert_eq!(lab.outcomes(), [Outcome::Published, Outcome::Unchanged]);
    assert_eq!(lab.sent(), ["create table", "select r.", "create or replace view", "drop table if exists"]);
    assert_eq!(lab.tables().len(), 3, "{:?}", lab.tables());
}

#[test]
fn a_refused_draft_is_kept_until_the_next_plan() {
    let lab = tables();
    lab.fault("select r.", Fault::Rows(3));
    let summary = lab.run();
    assert_eq!(summary.models[0].outcome, Outcome::Refused);
    assert_eq!(summary.models[0].message.as_deref(), Some("3 rows have no `x`, which is declared as never null"));
    assert!(summary.models[0].help.as_ref().unwrap().starts_with("look at the rows:\nselect *\nfrom \"a\".\"daily__r"));
    assert_eq!(summary.models[1].outcome, Outcome::Skipped);
    assert_eq!(lab.tables().len(), 1);
    assert_eq!(lab.outcomes(), [Outcome::Published, Outcome::Published]);
    assert_eq!(lab.tables().len(), 3, "{:?}", lab.tables());
}

#[test]
fn a_statement_that_fails_for_good_is_undone() {
    let lab = loads(Write::Append);
    lab.land("1.json");
    lab.fault("select r.", Fault::Fails(ErrorKind::Data));
    let summary = lab.run();
    assert_eq!((summary.models[0].outcome, lab.tables()), (Outcome::Failed, vec![]));
    assert_eq!(lab.outcomes(), [Outcome::Published]);
}

#[test]
fn throttled_statements_are_sent_again() {
    let lab = tables();
    lab.fault("create table", Fault::Fails(ErrorKind::Throttled));
    lab.fault("create table", Fault::Fails(ErrorKind::Unavailable));
    assert_eq!(lab.outcomes(), [Outcome::Published, Outcome::Published]);
    assert_eq!(lab.events.lock().unwrap().iter().filter(|e| matches!(e, Event::StepRetried { .. })).count(), 2);
}

#[test]
fn a_start_without_an_answer_is_sent_again_as_the_same_execution() {
    for heard in [true, false] {
        let lab = tables();
        for _ in 0..3 {
            lab.fault("create table", Fault::Unanswered { heard });
        }
        assert_eq!(lab.outcomes(), [Outcome::Published, Outcome::Published]);
        assert_eq!(lab.sent().iter().filter(|sql| sql.starts_with("create table")).count(), 1, "{heard}");
    }
}

#[test]
fn a_start_that_is_never_answered_is_left_for_the_next_run() {
    let lab = loads(Write::Append);
    lab.land("1.json");
    for _ in 0..6 {
        lab.fault("create table", Fault::Unanswered { heard: false });
    }
    assert_eq!(lab.outcomes(), [Outcome::Failed]);
    let summary = lab.run();
    assert_eq!(summary.models[0].message.as_deref(), Some("finished what an interrupted run had begun"));
    assert_eq!(lab.sent().iter().filter(|sql| sql.starts_with("create table")).count(), 1);
}

#[test]
fn an_engine_without_room_is_waited_for() {
    let lab = tables();
    for _ in 0..40 {
        lab.fault("create table", Fault::NoRoom);
    }
    assert_eq!(lab.outcomes(), [Outcome::Published, Outcome::Published]);
    let waited = lab.session.clock().now() - DateTime::UNIX_EPOCH;
    assert!(waited > TimeDelta::minutes(8) && waited < TimeDelta::minutes(30), "{waited}");

    let lab = tables();
    for _ in 0..400 {
        lab.fault("create table", Fault::NoRoom);
    }
    assert_eq!(lab.outcomes(), [Outcome::Failed, Outcome::Skipped]);
}

#[test]
fn what_a_failed_create_may_leave_is_not_in_the_way() {
    let lab = tables();
    lab.engine.leaves_remains.store(true, Ordering::SeqCst);
    lab.fault("create table", Fault::Fails(ErrorKind::Unavailable));
    assert_eq!(lab.outcomes(), [Outcome::Published, Outcome::Published]);
    let sent = lab.engine.world.lock().unwrap().sent.clone();
    let created: Vec<&str> = sent.iter().filter(|sql| sql.starts_with("create table")).map(|sql| &sql[..]).collect();
    let [first, second] = created.as_slice() else { panic!("{created:?}") };
    assert!(first.contains("_1\"") && second.contains("_2\""), "{created:?}");
    assert!(sent.iter().any(|sql| sql.starts_with("drop table if exists") && sql.contains("_1\"")));
}

#[test]
fn lost_answers_are_found_out() {
    for text in ["create table", "alter table", "merge into"] {
        let lab = loads(Write::Append);
        lab.land("1.json");
        if text == "merge into" {
            lab.run();
            lab.land("2.json");
        }
        lab.fault(text, Fault::AnswerLost);
        assert_eq!(lab.outcomes(), [Outcome::Published], "{text}");
        let sent = lab.sent();
        assert_eq!(
            sent.iter().filter(|sql| sql.starts_with(text)).count(),
            1 + usize::from(text == "create table" && sent.len() > 9)
        );
        assert_eq!(lab.tables(), ["a.rows"]);
        assert_eq!(lab.outcomes(), [Outcome::Unchanged]);
    }
}

#[test]
fn a_conflict_is_planned_anew() {
    let lab = loads(Write::Merge { key: vec!["x".into()] });
    lab.land("1.json");
    assert_eq!(lab.outcomes(), [Outcome::Published]);
    lab.land("2.json");
    lab.fault("merge into", Fault::Fails(ErrorKind::Conflict));
    lab.fault("merge into", Fault::ChangesNothing);
    lab.fault("select count(*) as n\nfrom", Fault::Rows(1));
    assert_eq!(lab.outcomes(), [Outcome::Published]);
    assert_eq!(lab.events.lock().unwrap().iter().filter(|e| matches!(e, Event::Conflict { .. })).count(), 2);
    assert_eq!(lab.tables(), ["a.rows"]);
}

#[test]
fn an_engine_that_is_away_leaves_the_plan_for_the_next_run() {
    let lab = loads(Write::Append);
    lab.land("1.json");
    for _ in 0..6 {
        lab.fault("alter table", Fault::Fails(ErrorKind::Unavailable));
    }
    assert_eq!(lab.outcomes(), [Outcome::Failed]);
    assert_eq!(lab.tables().len(), 1);
    let summary = lab.run();
    assert_eq!(summary.models[0].message.as_deref(), Some("finished what an interrupted run had begun"));
    assert_eq!(lab.tables(), ["a.rows"]);
}

#[test]
fn planning_alone_writes_nothing() {
    let lab = tables();
    let all: BTreeSet<Id> = lab.session.project().graph.models().map(|m| m.id.clone()).collect();
    let plans = lab.session.plan(&all, &RunOptions::default());
    assert!(plans.iter().all(|plan| matches!(plan.decision, Ok(crate::strategy::Decision::Run(_)))));
    assert_eq!((lab.session.journal().writes(), lab.sent()), (0, vec![]));
}

#[test]
fn a_panic_is_the_failure_of_one_model() {
    let lab = tables();
    lab.fault("create table", Fault::Panics);
    let summary = lab.run();
    assert_eq!(summary.models[0].message.as_deref(), Some("a defect of this program: on schedule"));
    assert_eq!(summary.models[1].outcome, Outcome::Skipped);
    assert_eq!(lab.outcomes(), [Outcome::Published, Outcome::Published]);
}
