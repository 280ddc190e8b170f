//! The same on Athena's client, over a server that speaks Athena's protocol: faults happen on the wire, the server lives
//! on when a process dies, and it counts what it has executed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use athena_local::{AthenaLocal, Config, Counted, Each, Fault as Wire, Handle, Rule, Shown as Seen};
use lake_athena::{Athena, AthenaConfig, Keys};
use lake_core::run::summary::Outcome;

use crate::Refresh;
use crate::embedded::InProcess;
use crate::lake::{Host, Lake, Shown, check_foreign_row};

/// A server that outlives the processes.
struct Served {
    server: Arc<Handle>,
}

impl Host for Served {
    type Engine = Athena;

    fn over(warehouse: &Path) -> Self {
        let config = Config { threads: 1, memory_bytes: 64 << 20, ..Config::new(warehouse) };
        Self { server: Arc::new(AthenaLocal::start(config).unwrap()) }
    }

    fn open(&self) -> Athena {
        let keys = Some(Keys { id: "local".into(), secret: "local".into() });
        Athena::open(AthenaConfig {
            region: Some("eu-west-1".into()),
            endpoint: Some(self.server.url()),
            keys,
            poll: Duration::from_millis(1),
            ..AthenaConfig::new("s3://bucket/lake")
        })
        .unwrap()
    }
}

impl Served {
    /// Executions of statements that plans hold; their tokens are digests.
    fn planned(&self) -> Vec<Counted> {
        let mut all = self.server.executions();
        all.retain(|execution| is_planned(&execution.token));
        all
    }

    /// How often each statement that writes was executed. A schema may be asked for by several models.
    fn writes(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for execution in self.server.executions() {
            if !execution.sql.starts_with("select") && !execution.sql.starts_with("create schema") {
                *counts.entry(execution.sql).or_default() += 1;
            }
        }
        counts
    }

    fn assert_each_write_happened_once(&self) {
        let twice: Vec<_> = self.writes().into_iter().filter(|(_, count)| *count > 1).collect();
        assert_eq!(twice, []);
    }
}

fn is_planned(token: &str) -> bool {
    token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What both deliveries come to when nothing happens.
struct Undisturbed {
    shown: Shown,
    /// Executions of planned statements.
    planned: usize,
}

fn undisturbed() -> &'static Undisturbed {
    static UNDISTURBED: OnceLock<Undisturbed> = OnceLock::new();
    UNDISTURBED.get_or_init(|| {
        let lake = Lake::<Served>::new();
        for delivery in 1..=2 {
            lake.succeed(&Refresh::new(delivery));
        }
        lake.host.assert_each_write_happened_once();
        let planned = lake.host.planned().len();
        assert!(planned > 60, "{planned} statements");
        Undisturbed { shown: lake.shown(), planned }
    })
}

#[test]
fn ends_in_the_same_tables_and_a_second_run_does_nothing() {
    let (lake, embedded) = (Lake::<Served>::new(), Lake::<InProcess>::new());
    for delivery in 1..=2 {
        lake.succeed(&Refresh::new(delivery));
        embedded.succeed(&Refresh::new(delivery));
    }
    assert_eq!(lake.shown().0, embedded.shown().0);
    lake.host.assert_each_write_happened_once();

    let writes = lake.host.writes();
    let again = lake.succeed(&Refresh::new(2));
    assert!(again.models.iter().all(|model| model.outcome == Outcome::Unchanged), "{again:#?}");
    assert_eq!(lake.host.writes(), writes);
}

/// What a person looks up in Athena's history is what the run and the journal say.
#[test]
fn the_journal_names_the_executions_of_the_server() {
    let lake = Lake::<Served>::new();
    let (refresh, journal) = (Refresh::new(1), lake.journal());
    let summary = lake.succeed(&refresh);
    let executions = lake.host.planned();
    let known: BTreeMap<&str, &str> = executions.iter().map(|e| (e.id.as_str(), e.sql.as_str())).collect();
    let mut named = BTreeSet::new();
    for model in &summary.models {
        let published = journal.latest_publication(&model.model).unwrap().unwrap();
        let key = format!("{}-{}", published.run, published.attempt);
        let ended = journal.ended_plan(&model.model, &key).unwrap().unwrap();
        for step in &ended.plan.steps {
            let Some(sql) = step.sql() else { continue };
            let [query] = ended.outcomes[&step.name].queries.as_slice() else { panic!("{}", step.name) };
            assert_eq!(known.get(query.0.as_str()), Some(&sql), "{} of {}", step.name, model.model);
            assert!(model.queries.iter().any(|executed| executed.step == step.name && executed.query == *query));
            named.insert(query.0.clone());
        }
    }
    assert_eq!(named.len(), known.len());
    let kept = journal.last_run().unwrap().unwrap();
    assert_eq!(kept, summary);
}

/// Every statement of both deliveries meets the fault when it is first sent, in a process that goes on.
fn check_starts(fault: &Wire) {
    let lake = Lake::<Served>::new();
    for delivery in 1..=2 {
        lake.host.server.meet(Rule::start("", fault.clone()).each(Each::Token));
        lake.succeed(&Refresh::new(delivery));
    }
    assert_eq!(lake.shown(), undisturbed().shown);
    lake.host.assert_each_write_happened_once();
    assert_eq!(lake.host.planned().len(), undisturbed().planned, "one execution a statement");
}

#[test]
fn the_answer_to_every_start_is_lost() {
    check_starts(&Wire::LoseAnswer);
}

#[test]
fn every_start_is_lost_on_its_way() {
    check_starts(&Wire::LoseRequest);
}

#[test]
fn every_start_is_throttled() {
    check_starts(&Wire::Throttle);
}

#[test]
fn every_start_finds_no_room() {
    check_starts(&Wire::TooManyQueries);
}

#[test]
fn every_start_meets_an_error_of_the_service() {
    check_starts(&Wire::InternalError);
}

/// Looks, results and look-ups fail too, each now and then.
#[test]
fn other_calls_fail_as_well() {
    let lake = Lake::<Served>::new();
    let operations = ["BatchGetQueryExecution", "GetQueryResults", "GetTables", "GetTable", "GetWorkGroup"];
    let faults = [Wire::Throttle, Wire::LoseAnswer, Wire::InternalError, Wire::LoseRequest];
    for delivery in 1..=2 {
        for operation in operations {
            for (n, fault) in faults.iter().enumerate() {
                for round in 0..6 {
                    lake.host.server.meet(Rule::call(operation, fault.clone()).nth(2 + n as u64 * 7 + round * 28));
                }
            }
        }
        lake.settle(&Refresh::new(delivery), &Refresh::new(delivery).models());
    }
    assert_eq!(lake.shown(), undisturbed().shown);
    lake.host.assert_each_write_happened_once();
}

/// A process dies after each statement that it has handed over, before it has looked at it; the next process goes on
/// while the statement may still run.
#[test]
fn death_between_every_submission_and_its_first_look() {
    let lake = Lake::<Served>::new();
    let slow = Wire::States(vec![Seen::Queued, Seen::Running]);
    lake.host.server.meet(Rule::start("", slow).each(Each::Token));
    let mut deaths = 0;
    for delivery in 1..=2 {
        let refresh = Refresh::new(delivery);
        loop {
            let server = lake.host.server.clone();
            let engine = lake.engine().die_once_sent(move |submission| {
                let token = &submission.token;
                is_planned(token) && server.executions().iter().all(|execution| execution.token != *token)
            });
            match lake.run(&refresh, &refresh.models(), &Arc::new(engine), None) {
                Some(summary) if summary.is_good() => break,
                Some(summary) => panic!("{summary:#?}"),
                None => deaths += 1,
            }
            assert!(deaths < 500, "it never ends");
        }
    }
    assert_eq!(deaths, undisturbed().planned, "a death for every statement");
    assert_eq!(lake.shown(), undisturbed().shown);
    lake.host.assert_each_write_happened_once();
    assert_eq!(lake.host.planned().len(), undisturbed().planned, "one execution a statement");
}

fn failing(message: &str, took_effect: bool) -> Wire {
    let text =
        format!(r#"{{"fail": {{"category": 1, "type": 233, "message": "{message}", "took_effect": {took_effect}}}}}"#);
    serde_json::from_str(&text).unwrap()
}

/// Every statement fails once for this reason; whatever is planned anew for it ends where it should.
fn check_failures(fault: &Wire) {
    let lake = Lake::<Served>::new();
    for delivery in 1..=2 {
        let refresh = Refresh::new(delivery);
        lake.host.server.meet(Rule::start("", fault.clone()).each(Each::Text));
        lake.settle_within(40, &refresh, &refresh.models());
    }
    assert_eq!(lake.shown(), undisturbed().shown);
    let failed = lake.host.server.executions().iter().filter(|execution| execution.state == "FAILED").count();
    assert!(failed > 40, "{failed} statements failed");
}

#[test]
fn another_writer_is_first_at_every_statement() {
    check_failures(&failing("ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: fx.t", false));
}

#[test]
fn nobody_knows_whether_any_statement_was_committed_and_it_was() {
    check_failures(&failing("ICEBERG_COMMIT_ERROR: Cannot determine whether the commit was successful or not", true));
}

#[test]
fn nobody_knows_whether_any_statement_was_committed_and_it_was_not() {
    check_failures(&failing("ICEBERG_COMMIT_ERROR: Cannot determine whether the commit was successful or not", false));
}

#[test]
fn a_row_of_another_writer_between_any_two_statements_stays() {
    check_foreign_row::<Served>();
}

/// What a create leaves when it fails is not taken for its success, and is not in the way of the next plan.
#[test]
fn remains_of_failed_creates_are_cleared_away() {
    let lake = Lake::<Served>::new();
    let fault =
        r#"{"fail": {"category": 1, "type": 235, "message": "GENERIC_INTERNAL_ERROR: lost", "leaves_table": true}}"#;
    let fault: Wire = serde_json::from_str(fault).unwrap();
    lake.host.server.meet(Rule::start("create table", fault).each(Each::Text));
    for delivery in 1..=2 {
        let refresh = Refresh::new(delivery);
        lake.settle_within(40, &refresh, &refresh.models());
    }
    assert_eq!(lake.shown(), undisturbed().shown);
}
