use lake_core::engine::ErrorKind;
use lake_model_engine::Fault;

use crate::faults::{run, submit};
use crate::{check_on, engine, refuse_on};

#[test]
fn snapshots_are_a_chain() {
    let engine =
        engine(&["create table s.t as select 1 as n", "insert into s.t values 2", "delete from s.t where n = 1"]);
    check_on(&engine, "select operation from s.\"t$snapshots\" order by committed_at", &["append", "append", "delete"]);
    check_on(
        &engine,
        "select count(*) from s.\"t$snapshots\" a join s.\"t$snapshots\" b on a.parent_id = b.snapshot_id",
        &["2"],
    );
    check_on(
        &engine,
        "select name, snapshot_id = (select max_by(snapshot_id, made_current_at) from s.\"t$history\") from s.\"t$refs\"",
        &["main | true"],
    );
}

#[test]
fn old_versions_stay_readable() {
    let engine = engine(&["create table s.t as select 1 as n"]);
    let first = engine.execute("select snapshot_id from s.\"t$refs\"").unwrap().strings().remove(0);
    engine.execute("insert into s.t values 2").unwrap();
    check_on(&engine, &format!("select count(*) from s.t for version as of {first}"), &["1"]);
    check_on(&engine, "select count(*) from s.t", &["2"]);
    refuse_on(&engine, "select * from s.t for version as of 1", "takes a bigint");
    refuse_on(
        &engine,
        "select * from s.t for timestamp as of timestamp '2020-01-01 00:00:00 UTC'",
        "No version history",
    );
}

/// The outcome of a statement while another writer commits in between.
fn race(sql: &str, other: &str) -> (Result<(), ErrorKind>, Vec<String>) {
    let engine = engine(&["create table s.t as select 1 as n"]);
    engine.schedule(1, Fault::Meanwhile(vec![other.into()]));
    let outcome = run(&engine, sql).map(|_| ()).map_err(|error| error.kind);
    let rows = if engine.names().contains(&"s.t".to_owned()) { engine.table("s.t") } else { vec![] };
    (outcome, rows)
}

#[test]
fn appends_never_conflict_and_all_else_does() {
    let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
    let merge = "merge into s.t using (values 5) u(n) on t.n = u.n when not matched then insert values (u.n)";
    assert_eq!(race("insert into s.t values 2", "insert into s.t values 3"), (Ok(()), rows(&["1", "2", "3"])));
    assert_eq!(race("insert into s.t values 2", "delete from s.t"), (Ok(()), rows(&["2"])));
    assert_eq!(race(merge, "insert into s.t values 3"), (Err(ErrorKind::Conflict), rows(&["1", "3"])));
    assert_eq!(race("delete from s.t", "update s.t set n = 2"), (Err(ErrorKind::Conflict), rows(&["2"])));
    assert_eq!(race(merge, "alter table s.t rename to s.u"), (Err(ErrorKind::Conflict), rows(&[])));
    assert_eq!(
        race("create table s.u as select 1 as n", "create table s.u as select 2 as n").0,
        Err(ErrorKind::Conflict)
    );
    assert_eq!(
        race("create or replace table s.t as select 2 as n", "create or replace table s.t as select 3 as n"),
        (Err(ErrorKind::Conflict), rows(&["3"]))
    );
}

#[test]
fn a_guard_holds_the_base() {
    let engine = engine(&["create table s.t as select 1 as n"]);
    let base = engine.execute("select snapshot_id from s.\"t$refs\"").unwrap().strings().remove(0);
    let guarded = format!(
        "merge into s.t using (select 5 as n where (select snapshot_id from s.\"t$refs\" where name = 'main') = {base}) u
         on t.n = u.n when not matched then insert values (u.n)"
    );
    submit(&engine, &guarded, "a").unwrap();
    submit(&engine, &guarded, "b").unwrap();
    assert_eq!(engine.table("s.t"), ["1", "5"]);
}
