use std::time::Duration;

use lake_core::engine::{Effect, Engine, EngineError, ErrorKind, QueryId, State, Stats, Submission};
use lake_model_engine::{Fault, ModelEngine};

use crate::engine;

const WAIT: Duration = Duration::from_secs(1);

pub fn submit(engine: &ModelEngine, sql: &str, token: &str) -> Result<QueryId, EngineError> {
    engine.submit(&Submission { sql: sql.into(), token: format!("{token:0>32}"), files: vec![] })
}

/// Submits, and waits for the end.
pub fn run(engine: &ModelEngine, sql: &str) -> Result<Stats, EngineError> {
    let id = submit(engine, sql, &engine.statements().len().to_string())?;
    match engine.poll(&[id], WAIT)?.remove(0) {
        State::Succeeded(stats) => Ok(stats),
        State::Failed(error) => Err(error),
        other => panic!("{other:?}"),
    }
}

const INSERT: &str = "insert into s.t values 2";

/// The error of an insert that meets a fault, and whether its row is there.
fn fault(fault: Fault) -> (ErrorKind, Effect, bool) {
    let engine = engine(&["create table s.t as select 1 as n"]);
    engine.schedule(1, fault);
    let error = run(&engine, INSERT).unwrap_err();
    assert!(!engine.is_fault_pending());
    (error.kind, error.effect, engine.table("s.t").len() == 2)
}

#[test]
fn each_fault_has_its_effect() {
    assert_eq!(fault(Fault::DieBefore), (ErrorKind::Unavailable, Effect::Unknown, false));
    assert_eq!(fault(Fault::DieAfter), (ErrorKind::Unavailable, Effect::Unknown, true));
    assert_eq!(fault(Fault::LoseAnswer), (ErrorKind::Unavailable, Effect::Unknown, true));
    assert_eq!(fault(Fault::LoseRequest), (ErrorKind::Unavailable, Effect::Unknown, false));
    assert_eq!(fault(Fault::Unclear { took_effect: true }), (ErrorKind::Unavailable, Effect::Unknown, true));
    assert_eq!(fault(Fault::Unclear { took_effect: false }), (ErrorKind::Unavailable, Effect::Unknown, false));
    assert_eq!(fault(Fault::Conflict), (ErrorKind::Conflict, Effect::None, false));
    assert_eq!(fault(Fault::Throttle), (ErrorKind::Throttled, Effect::None, false));
    assert_eq!(fault(Fault::Internal), (ErrorKind::Internal, Effect::None, false));
}

#[test]
fn a_token_is_one_execution() {
    let engine = engine(&["create table s.t as select 1 as n"]);
    engine.schedule(1, Fault::LoseAnswer);
    submit(&engine, INSERT, "a").unwrap_err();
    let id = submit(&engine, INSERT, "a").unwrap();
    assert!(matches!(engine.poll(&[id], WAIT).unwrap()[0], State::Succeeded(Stats { rows: Some(1), .. })));
    assert_eq!(engine.table("s.t"), ["1", "2"]);
    let other = submit(&engine, "select 1", "a").unwrap_err();
    assert!(other.message.contains("another statement"), "{}", other.message);
}

#[test]
fn the_dead_stay_dead_and_the_next_process_goes_on() {
    let first = engine(&["create table s.t as select 1 as n"]);
    first.schedule(1, Fault::DieAfter);
    run(&first, INSERT).unwrap_err();
    assert!(!first.life().is_alive());
    assert!(run(&first, INSERT).is_err());
    let second = first.connect();
    assert_eq!(run(&second, "select count(*) from s.t").unwrap().rows, Some(1));
    assert_eq!(second.table("s.t"), ["1", "2"]);
}

#[test]
fn what_hangs_ends_when_it_is_cancelled() {
    let engine = engine(&["create table s.t as select 1 as n"]);
    engine.schedule(1, Fault::Hang);
    engine.schedule(2, Fault::Slow(2));
    let hanging = submit(&engine, INSERT, "a").unwrap();
    let slow = submit(&engine, "insert into s.t values 3", "b").unwrap();
    let before = engine.now();
    for _ in 0..2 {
        let states = engine.poll(&[hanging.clone(), slow.clone()], WAIT).unwrap();
        assert!(states.iter().all(|state| matches!(state, State::Running(_))));
    }
    assert_eq!(engine.now() - before, 2_000_000);
    engine.cancel(&hanging).unwrap();
    let states = engine.poll(&[hanging, slow], WAIT).unwrap();
    assert!(matches!(states[..], [State::Cancelled, State::Succeeded(_)]));
    assert_eq!(engine.table("s.t"), ["1", "3"]);
}
