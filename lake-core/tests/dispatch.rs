//! The dispatcher: order, threads, interruption, leases, what a node costs.
#![allow(clippy::unwrap_used)]

mod lab;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use lab::*;
use lake_core::model::spec::*;
use lake_core::run::cancel::CancelToken;
use lake_core::run::event::Event;
use lake_core::run::session::RunOptions;
use lake_core::run::summary::Outcome;
use lake_model_engine::Fault;

fn feed() -> Vec<SourceSpec> {
    vec![files("raw.feed", "id bigint, word varchar?")]
}

fn rows() -> ModelSpec {
    model("a.rows", merge(&["id"]), "id bigint, word varchar?", "select * from {feed}", &["raw.feed"])
}

fn wide() -> Lab {
    let mut models = vec![rows()];
    for n in 0..12 {
        let table = format!("a.t{n}");
        models.push(model(&table, Kind::Table, "n bigint", "select count(*) as n from {rows}", &["a.rows"]));
        models.push(model(&format!("a.v{n}"), Kind::View, "n bigint", &format!("select n from {{t{n}}}"), &[&table]));
    }
    let lab = Lab::new(feed(), models);
    lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
    lab
}

#[test]
fn threads_keep_the_order_of_the_graph() {
    let mut lab = wide();
    lab.threads = 4;
    assert!(lab.run().is_good());
    let events = lab.events.lock().unwrap();
    let finished = |name: &str| {
        events.iter().position(|e| matches!(e, Event::ModelFinished(result) if result.model == name)).unwrap()
    };
    let started =
        |name: &str| events.iter().position(|e| matches!(e, Event::ModelStarted { model } if model == name)).unwrap();
    for n in 0..12 {
        assert!(finished("a.rows") < started(&format!("a.t{n}")));
        assert!(finished(&format!("a.t{n}")) < started(&format!("a.v{n}")));
    }
    assert_eq!(lab.rows("a.v7"), ["1"]);
}

#[test]
fn what_reads_a_failed_model_is_skipped_and_retry_takes_it_up() {
    let mut lab = wide();
    lab.threads = 3;
    lab.fault(3, Fault::Internal);
    let summary = lab.run();
    assert_eq!((summary.count(Outcome::Failed), summary.count(Outcome::Skipped)), (1, 24));
    assert_eq!(summary.models[1].message.as_deref(), Some("`a.rows` did not end well"));
    let again = lab.session().retry(&RunOptions::default(), &CancelToken::default(), &|_| {}).unwrap().unwrap();
    assert_eq!(again.count(Outcome::Published), 25);
    assert!(lab.session().retry(&RunOptions::default(), &CancelToken::default(), &|_| {}).unwrap().is_none());
}

#[test]
fn an_interrupted_run_is_continued() {
    for nth in 1..8 {
        let lab = Lab::new(feed(), vec![rows()]);
        lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
        lab.settle();
        lab.land("2.json", r#"{"id": 1, "word": "b"}"#);
        lab.fault(nth, Fault::Hang);
        let session = lab.session();
        let all: BTreeSet<Id> = session.project().graph.models().map(|m| m.id.clone()).collect();
        let cancel = CancelToken::default();
        let ended = AtomicBool::new(false);
        let summary = std::thread::scope(|scope| {
            // The wish to stop comes while the statement hangs.
            scope.spawn(|| {
                while lab.world.engine.is_fault_pending() && !ended.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                cancel.cancel();
            });
            let summary = session.run(&all, &RunOptions::default(), &cancel, &|_| {}).unwrap();
            ended.store(true, Ordering::SeqCst);
            summary
        });
        if lab.world.engine.is_fault_pending() {
            assert_eq!(summary.count(Outcome::Published), 1, "{nth}: {summary:?}");
            assert!(nth > 4);
            return;
        }
        assert!(summary.is_cancelled(), "{summary:?}");
        drop(session);
        lab.settle();
        assert_eq!((lab.rows("a.rows"), lab.names()), (vec!["1 | b".to_owned()], vec!["a.rows".to_owned()]), "{nth}");
    }
}

#[test]
fn retry_takes_up_what_a_killed_process_has_left() {
    let lab = wide();
    lab.fault(2, Fault::DieAfter);
    let _ = lab.try_run();
    let all = lab.session().project().graph.models().map(|m| m.id.clone()).collect();
    let plans = lab.session().plan(&all, &RunOptions::default());
    assert!(plans[0].unfinished.as_ref().is_some_and(|run| run.starts_with("r2026")));
    assert_eq!(plans[1].unfinished, None);
    let again = lab.session().retry(&RunOptions::default(), &CancelToken::default(), &|_| {}).unwrap().unwrap();
    assert_eq!(again.count(Outcome::Published), 25);
    assert_eq!(lab.rows("a.v7"), ["1"]);
}

#[test]
fn a_second_process_waits_for_the_lease() {
    let lab = Lab::new(feed(), vec![rows()]);
    lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
    lab.fault(2, Fault::DieAfter);
    let _ = lab.try_run();
    assert!(lab.run().is_good());
    assert!(lab.events.lock().unwrap().iter().any(|e| matches!(e, Event::WaitingForLease { .. })));
    assert!(lab.events.lock().unwrap().iter().any(|e| matches!(e, Event::ModelResumed { .. })));
}

#[test]
fn what_a_node_costs_in_writes_of_the_journal() {
    let lab = Lab::new(feed(), vec![rows()]);
    let writes = |content: &str, path: &str| {
        lab.land(path, content);
        let session = lab.session();
        let all: BTreeSet<Id> = session.project().graph.models().map(|m| m.id.clone()).collect();
        session.run(&all, &RunOptions::default(), &CancelToken::default(), &|_| {}).unwrap();
        session.journal().writes()
    };
    // Lease, plan, outcomes before the apply, publication, ended plan; and the run's record twice.
    assert_eq!(writes(r#"{"id": 1, "word": "a"}"#, "1.json"), 7);
    assert_eq!(writes(r#"{"id": 1, "word": "b"}"#, "2.json"), 7);
}

#[test]
fn a_direct_publication_is_audited_afterwards() {
    for kind in [Kind::Table, append(), merge(&["id"])] {
        let mut rows = model("a.rows", kind, "id bigint, word varchar", "select * from {feed}", &["raw.feed"]);
        rows.publish = Publish::Direct;
        let lab = Lab::new(feed(), vec![rows]);
        lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
        assert_eq!(lab.outcomes(), ["published 1"]);
        lab.land("2.json", r#"{"id": 2, "word": null}"#);
        assert_eq!(lab.outcomes(), ["failed: published, but 1 row has no `word`, which is declared as never null"]);
        assert_eq!(lab.rows("a.rows"), ["1 | a", "2 | null"]);
        assert_eq!(lab.outcomes(), ["unchanged"]);
    }
}

#[test]
fn a_changed_model_is_loaded_anew_where_that_is_possible() {
    let mut lab = wide();
    lab.run();
    let mut models = vec![rows()];
    models[0].query.template = "select id, upper(word) as word from {feed}".into();
    lab.rebuild(models.clone());
    assert_eq!(lab.outcomes(), ["unchanged"], "the next files will be read in the new way");
    lab.land("2.json", r#"{"id": 2, "word": "b"}"#);
    assert_eq!(lab.outcomes(), ["published 1"]);
    assert_eq!(lab.rows("a.rows"), ["1 | a", "2 | B"]);
    models[0].columns.push(column("more varchar?"));
    models[0].query.template = "select id, word, word as more from {feed}".into();
    lab.rebuild(models);
    let result = lab.only();
    assert_eq!(
        result.message.as_deref(),
        Some("the table a.rows does not have the model's columns: `more` is missing, declared as varchar")
    );
    assert_eq!(result.help.as_deref(), Some("alter table a.rows add column \"more\" varchar"));
}

#[test]
fn a_view_that_was_pointed_elsewhere_is_repaired() {
    let lab = wide();
    lab.run();
    lab.world.engine.execute("create or replace view a.t3 as select bigint '99' as n").unwrap();
    assert_eq!(lab.rows("a.v3"), ["99"]);
    assert!(lab.run().is_good());
    assert_eq!(lab.rows("a.v3"), ["1"]);
}

#[test]
fn what_a_statement_has_read_is_told() {
    let lab = wide();
    lab.fault(3, Fault::Slow(2));
    assert!(lab.run().is_good());
    let events = std::mem::take(&mut *lab.events.lock().unwrap());
    let told = events.iter().filter_map(|event| match event {
        Event::StepProgress { model, progress, .. } if model == "a.rows" => progress.rows,
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [1, 0]);
}

/// What a person asks the engine's own tools with.
#[test]
fn executions_are_on_record_by_the_engines_names() {
    let lab = wide();
    lab.fault(3, Fault::Internal);
    let failed = lab.run().models.remove(0);
    let last = failed.queries.iter().rfind(|executed| executed.step != "undo").unwrap();
    assert_eq!(failed.message, Some(format!("GENERIC_INTERNAL_ERROR: the worker failed (query {})", last.query.0)));

    assert!(lab.run().is_good());
    let events = std::mem::take(&mut *lab.events.lock().unwrap());
    let submitted = events.iter().filter_map(|event| match event {
        Event::StepSubmitted { model, step, query } if model == "a.rows" => Some((step.as_str(), query)),
        _ => None,
    });
    let results = events.iter().filter_map(|event| match event {
        Event::ModelFinished(result) if result.model == "a.rows" => Some(&result.queries),
        _ => None,
    });
    let results: Vec<_> = results.flatten().map(|executed| (executed.step.as_str(), &executed.query)).collect();
    assert_eq!(submitted.collect::<Vec<_>>(), results);

    let process = lab.session();
    let published = process.journal().latest_publication("a.rows").unwrap().unwrap();
    let key = format!("{}-{}", published.run, published.attempt);
    let ended = process.journal().ended_plan("a.rows", &key).unwrap().unwrap();
    for step in ended.plan.steps.iter().filter(|step| step.sql().is_some()) {
        let kept = &ended.outcomes[&step.name].queries;
        let told = results.iter().filter(|(name, _)| *name == step.name).map(|(_, query)| (*query).clone());
        assert!(!kept.is_empty(), "{}", step.name);
        assert!(told.collect::<Vec<_>>().ends_with(kept), "{}", step.name);
    }
}
