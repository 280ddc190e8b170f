//! A Trino server.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use lake_behaviour::{Lab, server, statements};
use lake_core::engine::{Engine, ErrorKind, State, Submission};
use lake_trino::{Trino, TrinoConfig};

fn engine() -> Option<Arc<dyn Engine>> {
    let config = TrinoConfig::new(&server::trino()?, "iceberg");
    Some(Arc::new(Trino::open(config).unwrap()))
}

lake_behaviour::behaviours!(engine);
lake_behaviour::statements_of_trino!(engine);

#[test]
fn a_hundred_races_of_guarded_writers() {
    let Some(engine) = engine() else { return };
    let lab = Lab::new(engine);
    let refused = statements::races(&lab, 100);
    assert!(refused > 10, "the writers met only {refused} times");
}

#[test]
fn a_statement_can_be_stopped() {
    let Some(engine) = engine() else { return };
    let numbers = "unnest(sequence(1, 10000))";
    let sql = format!("select count(*) from {numbers} a(x), {numbers} b(x), {numbers} c(x) where a.x + b.x + c.x = 7");
    let submission = Submission { sql, token: uuid(), files: vec![] };
    let id = engine.submit(&submission).unwrap();
    assert!(matches!(
        engine.poll(std::slice::from_ref(&id), Duration::from_millis(500)).unwrap()[0],
        State::Running(_)
    ));
    engine.cancel(&id).unwrap();
    let state = engine.poll(std::slice::from_ref(&id), Duration::from_secs(30)).unwrap().remove(0);
    assert!(matches!(state, State::Cancelled), "{state:?}");
}

fn uuid() -> String {
    format!("{:?}", std::time::SystemTime::now()).chars().filter(char::is_ascii_digit).collect()
}

fn executions(lab: &Lab, token: &str) -> Vec<String> {
    lab.rows(&format!("select count(*) from system.runtime.queries where source = 'lake-{token}'"))
}

/// The first process dies after the server has ended its statement; a second one finds it by its token.
#[test]
fn another_process_finds_what_was_executed() {
    let (Some(first), Some(second)) = (engine(), engine()) else { return };
    let lab = Lab::new(first);
    lab.run("create table @t as select 1 as n");
    let token = uuid();
    lab.try_run_as("insert into @t select 2", &token).unwrap();
    let sql = format!("insert into \"{}\".t select 2", lab.schema);
    let id = second.submit(&Submission { sql, token: token.clone(), files: vec![] }).unwrap();
    assert!(matches!(second.poll(&[id], Duration::ZERO).unwrap()[0], State::Succeeded(_)));
    assert_eq!(lab.rows("select count(*) from @t"), ["[2]"]);
    assert_eq!(executions(&lab, &token), ["[1]"]);
}

/// What was posted and never asked for does not run, so that a post whose answer is lost can be repeated.
#[test]
fn a_post_alone_executes_nothing() {
    let Some(engine) = engine() else { return };
    let lab = Lab::new(engine);
    lab.run("create table @t as select 1 as n");
    let token = uuid();
    let sql = format!("insert into iceberg.\"{}\".t select 2", lab.schema);
    for _ in 0..2 {
        post(&server::trino().unwrap(), &sql, &token);
    }
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(executions(&lab, &token), ["[0]"]);
    lab.try_run_as("insert into @t select 2", &token).unwrap();
    assert_eq!(executions(&lab, &token), ["[1]"]);
    assert_eq!(lab.rows("select count(*) from @t"), ["[2]"]);
}

/// A request as a process sends it that dies before it reads the answer.
fn post(url: &str, sql: &str, token: &str) {
    use std::io::{Read, Write};
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head =
        format!("POST /v1/statement HTTP/1.1\r\nHost: {address}\r\nX-Trino-User: lake\r\nX-Trino-Source: lake-{token}");
    write!(stream, "{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{sql}", sql.len()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[test]
fn wrong_settings_are_refused_before_anything_is_sent() {
    let Some(url) = server::trino() else { return };
    let refused = |url: &str, catalog: &str| Trino::open(TrinoConfig::new(url, catalog)).err().unwrap();
    assert_eq!(refused(&url, "icebrg").message, "the server has no catalog `icebrg`; did you mean `iceberg`?");
    assert_eq!(refused(&url, "hive").message, "the server has no catalog `hive` (there is `iceberg`, `system`)");
    let away = refused("http://127.0.0.1:9", "iceberg");
    assert_eq!(away.kind, ErrorKind::Unavailable);
    assert!(away.message.starts_with("the server at http://127.0.0.1:9 cannot be reached"), "{}", away.message);
}
