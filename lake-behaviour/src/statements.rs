//! What single statements do.

use std::sync::atomic::{AtomicUsize, Ordering};

use lake_core::engine::ErrorKind;

use crate::Lab;

/// `create table … as` shows all rows at once, with types and nullability in the catalog.
pub fn tables_appear_with_all_rows(lab: &Lab) {
    assert_eq!(lab.engine.describe(&[lab.name("t")]).unwrap(), [None]);
    lab.run("create table @t as select * from (values (1, 'a', decimal '1.50'), (2, null, decimal '2.25')) v(n, s, d)");
    assert_eq!(lab.rows("select * from @t order by n"), [r#"[1,"a","1.50"]"#, r#"[2,null,"2.25"]"#]);
    let described = lab.engine.describe(&[lab.name("t"), lab.name("nothing")]).unwrap();
    let table = described[0].clone().unwrap();
    let columns: Vec<String> = table.columns.iter().map(|(name, ty, _)| format!("{name} {ty}")).collect();
    assert_eq!(columns, ["n integer", "s varchar", "d decimal(3,2)"]);
    assert!(!table.view && table.snapshot.is_some() && table.definition.is_none());
    assert_eq!(described[1], None);
    assert_eq!(lab.engine.list(&lab.schema).unwrap(), [lab.name("t")]);
    lab.run("create table @empty as select 1 as n where false");
    assert_eq!(lab.rows("select count(*) from @empty"), ["[0]"]);
}

/// A name that is taken is refused, by `create table` and by `rename`.
pub fn names_are_given_once(lab: &Lab) {
    lab.run("create table @a as select 1 as n");
    lab.run("create table @b as select 2 as n");
    assert!(matches!(lab.fails("create table @a as select 3 as n"), ErrorKind::Statement | ErrorKind::Conflict));
    if lab.engine.capabilities().rename_table {
        let named = |table| lab.engine.dialect().ddl_table(&lab.schema, table);
        lab.fails(&format!("alter table {} rename to {}", named("b"), named("a")));
        lab.run(&format!("alter table {} rename to {}", named("b"), named("c")));
        assert_eq!(lab.engine.list(&lab.schema).unwrap(), [lab.name("a"), lab.name("c")]);
        assert_eq!(lab.rows("select n from @c"), ["[2]"]);
    }
    assert_eq!(lab.rows("select n from @a"), ["[1]"]);
}

/// A view is replaced in one statement, and the catalog keeps its query.
pub fn views_are_replaced(lab: &Lab) {
    if !lab.engine.capabilities().replace_view {
        return;
    }
    lab.run("create table @first as select 1 as n");
    lab.run("create table @second as select 2 as n");
    lab.run("create or replace view @v as select n from @first");
    assert_eq!(lab.rows("select n from @v"), ["[1]"]);
    lab.run("create or replace view @v as select n from @second");
    assert_eq!(lab.rows("select n from @v"), ["[2]"]);
    let view = lab.engine.describe(&[lab.name("v")]).unwrap().remove(0).unwrap();
    assert!(view.view && view.definition.unwrap().contains("second"));
    assert_eq!((view.columns[0].0.as_str(), view.snapshot), ("n", None));
}

/// An append that matches nothing, and a guard that compares the head.
pub fn appends_and_guards(lab: &Lab) {
    lab.run("create table @t as select * from (values (1, 'a'), (2, 'b')) v(k, s)");
    let head = lab.head("t").unwrap();
    let append = |head: i64, key: i64| {
        let guard = guard(lab, head);
        lab.run(&format!(
            "merge into @t t using (select {key} as k, 'x' as s where {guard}) s on false
             when not matched then insert (k, s) values (s.k, s.s)"
        ));
    };
    append(head, 3);
    let moved = lab.head("t").unwrap();
    assert_ne!(moved, head);
    if lab.engine.capabilities().guard_by_refs {
        append(head, 4);
        assert_eq!(lab.head("t"), Some(moved), "another head: nothing is written");
    }
    let guard = guard(lab, moved);
    lab.run(&format!(
        "merge into @t t using (select * from (values (1, 'z'), (9, 'new')) v(k, s) where {guard}) s on t.k = s.k
         when matched then update set s = s.s when not matched then insert (k, s) values (s.k, s.s)"
    ));
    assert_eq!(lab.rows("select * from @t order by k"), [r#"[1,"z"]"#, r#"[2,"b"]"#, r#"[3,"x"]"#, r#"[9,"new"]"#]);
}

fn guard(lab: &Lab, head: i64) -> String {
    match lab.engine.capabilities().guard_by_refs {
        true => format!("(select snapshot_id from @\"t$refs\" where name = 'main') = {head}"),
        false => "true".into(),
    }
}

/// Of writers that were planned on one head at most one has an effect, however they meet.
pub fn one_of_two_guarded_writers_wins(lab: &Lab) {
    races(lab, 4);
}

/// Rounds in which two writers append, planned on one head; the number of rounds in which one was refused while it ran.
pub fn races(lab: &Lab, rounds: usize) -> usize {
    if !lab.engine.capabilities().guard_by_refs {
        return 0;
    }
    lab.run("create table @t as select 0 as k, 'x' as s");
    let refused = AtomicUsize::new(0);
    for round in 1..=rounds {
        let guard = guard(lab, lab.head("t").unwrap());
        let won = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let sql = format!(
                        "merge into @t t using (select {round} as k, 'y' as s where {guard}) s on false
                         when not matched then insert (k, s) values (s.k, s.s)"
                    );
                    match lab.try_run(&sql) {
                        Ok((stats, _)) => won.fetch_add(stats.rows.unwrap_or(0) as usize, Ordering::SeqCst),
                        Err(error) => {
                            assert_eq!(error.kind, ErrorKind::Conflict, "{error:?}");
                            refused.fetch_add(1, Ordering::SeqCst)
                        }
                    };
                });
            }
        });
        assert_eq!(won.into_inner(), 1, "round {round}");
        assert_eq!(lab.rows(&format!("select count(*) from @t where k = {round}")), ["[1]"], "round {round}");
    }
    refused.into_inner()
}

/// Heads, snapshots, and a table as it was.
pub fn heads_and_time_travel(lab: &Lab) {
    lab.run("create table @t as select 1 as n");
    let before = lab.head("t").unwrap();
    lab.run("insert into @t select 2");
    let after = lab.head("t").unwrap();
    assert_eq!(lab.rows("select snapshot_id from @\"t$refs\" where name = 'main'"), [format!("[{after}]")]);
    assert_eq!(lab.rows("select count(*) from @\"t$snapshots\""), ["[2]"]);
    assert_eq!(lab.rows(&format!("select count(*) from @t for version as of bigint '{before}'")), ["[1]"]);
    assert_eq!(lab.rows("select count(*) from @t"), ["[2]"]);
}

/// Update, delete, drop.
pub fn rows_change_and_tables_go(lab: &Lab) {
    lab.run("create table @t as select * from (values (1, 'a'), (2, 'b'), (3, 'c')) v(n, s)");
    assert_eq!(lab.run("update @t set s = s || '!' where n > 1").rows.unwrap_or(2), 2);
    assert_eq!(lab.run("delete from @t where n = 3").rows.unwrap_or(1), 1);
    assert_eq!(lab.rows("select * from @t order by n"), [r#"[1,"a"]"#, r#"[2,"b!"]"#]);
    let name = lab.engine.dialect().ddl_table(&lab.schema, "t");
    lab.run(&format!("drop table {name}"));
    lab.run(&format!("drop table if exists {name}"));
    assert_eq!(lab.engine.list(&lab.schema).unwrap(), []);
}

/// The same token gives the same execution, also after its end.
pub fn a_token_is_one_execution(lab: &Lab) {
    lab.run("create table @t as select 1 as n");
    let token = uuid::Uuid::new_v4().simple().to_string();
    for _ in 0..3 {
        lab.try_run_as("insert into @t select 2", &token).unwrap();
    }
    assert_eq!(lab.rows("select count(*) from @t where n = 2"), ["[1]"]);
}

/// Values come back digit by digit, from a query and from a table.
pub fn values_of_every_type(lab: &Lab) {
    let flat = [
        ("true", r"true"),
        ("integer '-2147483648'", "-2147483648"),
        ("bigint '9223372036854775807'", "9223372036854775807"),
        ("real '0.1'", r#""1e-1""#),
        ("double '0.1' + double '0.2'", r#""3.0000000000000004e-1""#),
        ("nan()", r#""NaN""#),
        ("decimal '12345678901234567890123456789012345.678'", r#""12345678901234567890123456789012345.678""#),
        ("'it''s ü'", r#""it's ü""#),
        ("date '1969-12-31'", r#""1969-12-31""#),
        ("timestamp '2022-03-01 10:00:00.123456'", r#""2022-03-01 10:00:00.123456""#),
        ("timestamp '2022-03-01 10:00:00.123456 UTC'", r#""2022-03-01 10:00:00.123456 UTC""#),
        ("cast(null as bigint)", "null"),
    ];
    let nested = [
        ("array[1, null, 3]", "[1,null,3]"),
        ("map(array['a'], array[decimal '1.5'])", r#"{"a":"1.5"}"#),
        ("cast(row(1, 'x') as row(a bigint, b varchar))", r#"[1,"x"]"#),
    ];
    let nested = if lab.engine.capabilities().nested_rows { &nested[..] } else { &[] };
    let values: Vec<(&str, &str)> = flat.iter().chain(nested).copied().collect();
    let items: Vec<String> = values.iter().enumerate().map(|(at, (sql, _))| format!("{sql} as c{at}")).collect();
    let expected = format!("[{}]", values.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(","));
    let query = format!("select {}", items.join(", "));
    assert_eq!(lab.rows(&query), [expected.as_str()]);
    lab.run(&format!("create table @t as {query}"));
    assert_eq!(lab.rows("select * from @t"), [expected]);
}

/// What is wrong with the statement, and what with the data.
pub fn kinds_of_errors(lab: &Lab) {
    lab.run("create table @t as select * from (values (1, 'x'), (0, '7')) v(n, s)");
    assert_eq!(lab.fails("selec 1"), ErrorKind::Statement);
    assert_eq!(lab.fails("select nothing from @t"), ErrorKind::Statement);
    assert_eq!(lab.fails("select * from @nothing"), ErrorKind::Statement);
    assert_eq!(lab.fails("select 1 / n from @t"), ErrorKind::Data);
    assert_eq!(lab.fails("select cast(s as bigint) from @t"), ErrorKind::Data);
    let twice = "merge into @t t using (values 1, 1) s(k) on t.n = s.k when matched then update set s = 'z'";
    assert_eq!(lab.fails(twice), ErrorKind::Data);
}
