use crate::{check_on, engine, refuse_on};

#[test]
fn tables_are_made() {
    let engine = engine(&["create table s.a as select 1 as n, 'x' as s, cast(2 as smallint) as small"]);
    let described = engine.execute("select * from s.a").unwrap();
    let types: Vec<String> = described.columns.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
    assert_eq!(types, ["n integer", "s varchar", "small integer"]);
    refuse_on(&engine, "create table s.a as select 1 as n", "TABLE_ALREADY_EXISTS");
    refuse_on(&engine, "create table s.b as select null as n", "COLUMN_TYPE_UNKNOWN");
    refuse_on(&engine, "create table s.b as select 1", "MISSING_COLUMN_NAME");
    refuse_on(&engine, "create table nowhere.b as select 1 as n", "SCHEMA_NOT_FOUND");
    engine.execute("create table if not exists s.a as select 2 as n").unwrap();
    assert_eq!(engine.table("s.a"), ["1 | x | 2"]);
    engine.execute("create or replace table s.a as select 2 as n").unwrap();
    assert_eq!(engine.table("s.a"), ["2"]);
    check_on(&engine, "select count(*) from s.\"a$snapshots\"", &["2"]);
}

#[test]
fn rows_are_added() {
    let engine = engine(&["create table s.t (n integer not null, d decimal(5, 2), s varchar)"]);
    assert_eq!(engine.execute("insert into s.t values (1, 1.239, 'a'), (2, null, null)").unwrap().count, Some(2));
    engine.execute("insert into s.t (s, n) select 'b', 2.7").unwrap();
    assert_eq!(engine.table("s.t"), ["1 | 1.24 | a", "2 | null | null", "3 | null | b"]);
    refuse_on(&engine, "insert into s.t values (null, 1, 'a')", "NOT NULL");
    refuse_on(&engine, "insert into s.t values ('1', 1, 'a')", "");
    refuse_on(&engine, "insert into s.t values (1, 1000, 'a')", "");
    refuse_on(&engine, "insert into s.t values (1)", "");
    assert_eq!(engine.table("s.t").len(), 3);
}

#[test]
fn writing_nothing_makes_no_snapshot() {
    let engine = engine(&["create table s.t as select 1 as n"]);
    engine.execute("insert into s.t select 1 where false").unwrap();
    engine.execute("delete from s.t where n = 9").unwrap();
    engine.execute("merge into s.t using (values 9) u(n) on t.n = u.n when matched then delete").unwrap();
    check_on(&engine, "select count(*) from s.\"t$snapshots\"", &["1"]);
}

#[test]
fn rows_change() {
    let engine = engine(&["create table s.t as select * from (values (1, 'a'), (2, 'b'), (3, 'c')) t(n, s)"]);
    assert_eq!(engine.execute("update s.t set s = s || '!', n = n + 10 where n > 1").unwrap().count, Some(2));
    assert_eq!(engine.table("s.t"), ["1 | a", "12 | b!", "13 | c!"]);
    assert_eq!(engine.execute("delete from s.t where n in (select max(n) from s.t)").unwrap().count, Some(1));
    assert_eq!(engine.table("s.t"), ["1 | a", "12 | b!"]);
    engine.execute("truncate table s.t").unwrap();
    assert_eq!(engine.table("s.t"), [""; 0]);
}

#[test]
fn merge_has_all_clauses() {
    let engine =
        engine(&["create table s.t as select * from (values (1, 'a', 1), (2, 'b', 1), (3, 'c', 1)) t(k, v, n)"]);
    let answer = engine.execute(
        "merge into s.t t using (values (1, 'x'), (2, null), (4, 'new'), (5, 'skip')) u(k, v) on t.k = u.k
         when matched and u.v is null then delete
         when matched then update set v = u.v, n = t.n + 1
         when not matched and u.v <> 'skip' then insert (k, v) values (u.k, u.v)",
    );
    assert_eq!(answer.unwrap().count, Some(3));
    assert_eq!(engine.table("s.t"), ["1 | x | 2", "3 | c | 1", "4 | new | null"]);
    refuse_on(
        &engine,
        "merge into s.t t using (values 1, 1) u(k) on t.k = u.k when matched then delete",
        "One MERGE target table row matched more than one source row",
    );
    let twice = "merge into s.t t using (values 9, 9) u(k) on t.k = u.k when not matched then insert (k) values (u.k)";
    assert_eq!(engine.execute(twice).unwrap().count, Some(2));
}

#[test]
fn only_the_clause_that_holds_is_computed() {
    let engine = engine(&["create table s.t as select 1 as k, 0 as v"]);
    engine
        .execute(
            "merge into s.t t using (values (1, 0), (2, 5)) u(k, v) on t.k = u.k
             when matched then update set v = 7 when not matched then insert values (u.k, 10 / u.v)",
        )
        .unwrap();
    assert_eq!(engine.table("s.t"), ["1 | 7", "2 | 2"]);
}

#[test]
fn names_come_and_go() {
    let engine = engine(&["create table s.a as select 1 as n", "create view s.v as select n from s.a"]);
    refuse_on(&engine, "create or replace view s.a as select 1 as n", "TABLE_ALREADY_EXISTS");
    refuse_on(&engine, "create view s.v as select 1 as n", "already exists");
    refuse_on(&engine, "drop table s.v", "not a Table");
    refuse_on(&engine, "alter table s.a rename to s.v", "already exists");
    engine.execute("alter table s.a rename to s.b").unwrap();
    refuse_on(&engine, "select * from s.v", "INVALID_VIEW");
    engine.execute("drop view s.v").unwrap();
    engine.execute("drop table if exists s.nothing").unwrap();
    assert_eq!(engine.names(), ["s.b"]);
    refuse_on(&engine, "drop schema s", "SCHEMA_NOT_EMPTY");
}

#[test]
fn a_view_over_a_changed_table_is_stale() {
    let engine = engine(&["create table s.t as select 1 as n", "create view s.v as select * from s.t"]);
    engine.execute("alter table s.t add column m bigint").unwrap();
    refuse_on(&engine, "select * from s.v", "VIEW_IS_STALE");
    assert_eq!(engine.table("s.t"), ["1 | null"]);
}

#[test]
fn columns_change_without_their_data() {
    let engine = engine(&[
        "create table s.t as select 1 as a, 2 as b",
        "alter table s.t rename column a to x",
        "alter table s.t drop column b",
        "alter table s.t add column b varchar",
        "insert into s.t values (5, 'new')",
    ]);
    assert_eq!(engine.table("s.t"), ["1 | null", "5 | new"]);
}
