//! Columns of tables change; their rows stay.

use crate::Lab;

/// Columns are added, renamed and dropped; a dropped name that is added again is another column.
pub fn columns_come_and_go(lab: &Lab) {
    lab.run("create table @t (a integer, b varchar, c row(x integer, y varchar))");
    lab.run("insert into @t values (1, 'one', row(1, 'p')), (2, 'two', null)");
    lab.run("alter table @t add column e row(n bigint, m varchar)");
    lab.run("alter table @t add column if not exists e varchar");
    lab.run("alter table @t add column f array(integer)");
    lab.run("alter table @t rename column b to bb");
    lab.run("alter table @t rename column if exists nope to x");
    assert_eq!(
        lab.rows("select * from @t order by a"),
        [r#"[1,"one",[1,"p"],null,null]"#, r#"[2,"two",null,null,null]"#]
    );
    lab.run("insert into @t (a, bb, e, f) values (3, 'three', row(9, 'q'), array[7])");
    assert_eq!(lab.rows("select bb, e.m, e.n, f from @t where a = 3"), [r#"["three","q",9,[7]]"#]);
    lab.run("alter table @t drop column bb");
    lab.run("alter table @t drop column if exists bb");
    lab.run("alter table @t add column bb integer");
    lab.run("update @t set bb = a * 10 where a > 1");
    lab.run("delete from @t where a = 2");
    lab.run("alter table if exists @nothing add column x integer");
    assert_eq!(lab.rows("select a, bb from @t order by a"), ["[1,null]", "[3,30]"]);
    assert_eq!(
        lab.rows("describe @t"),
        [
            r#"["a","integer","",""]"#,
            r#"["c","row(\"x\" integer, \"y\" varchar)","",""]"#,
            r#"["e","row(\"n\" bigint, \"m\" varchar)","",""]"#,
            r#"["f","array(integer)","",""]"#,
            r#"["bb","integer","",""]"#,
        ]
    );
}

/// What cannot be done to a column is refused in Trino's words.
pub fn columns_that_cannot_change(lab: &Lab) {
    lab.run("create table @t (a integer not null, b varchar, p integer) with (partitioning = array['p'])");
    lab.refuses("alter table @t add column B varchar", "Column 'B' already exists");
    lab.refuses("alter table @t add column n integer not null", "does not support adding not null columns");
    lab.refuses("alter table @t drop column nope", "Column 'nope' does not exist");
    lab.refuses("alter table @t drop column p", "Cannot drop partition field: p");
    lab.refuses("alter table @t rename column nope to x", "Column 'nope' does not exist");
    lab.refuses("alter table @t rename column b to a", "Column 'a' already exists");
    lab.refuses("alter table @t alter column nope set data type bigint", "Column 'nope' does not exist");
    lab.refuses("alter table @nothing add column x integer", "does not exist");
    lab.refuses("create table @u (a integer default 1)", "Default column values are not supported");
    lab.refuses("insert into @t (b) values ('x')", "NULL value not allowed for NOT NULL column: a");
    lab.run("alter table @t alter column a drop not null");
    lab.run("insert into @t (b) values ('x')");
    lab.run("alter table @t set properties partitioning = array[]");
    lab.refuses("alter table @t drop column p", "Cannot drop column which is used by an old partition spec: p");
    lab.run("create table @one (a integer)");
    lab.refuses("alter table @one drop column a", "Cannot drop the only column in a table");
}

/// Types get wider where Iceberg lets them; rows from before are found by their values, also in a partition.
pub fn columns_get_wider(lab: &Lab) {
    lab.run("create table @t (a integer, d decimal(10,2), f real, s varchar, ts timestamp(6))");
    lab.run("insert into @t values (1, 1.25, real '0.5', 'x', timestamp '2024-01-01 00:00:00'), (2, 2.5, real '1.5', 'y', null)");
    for (column, ty) in [("a", "bigint"), ("f", "double"), ("d", "decimal(12,2)")] {
        lab.run(&format!("alter table @t alter column {column} set data type {ty}"));
    }
    lab.run("insert into @t values (3000000000, 1234567890.25, 2.5e0, 'z', null)");
    assert_eq!(lab.rows("select s from @t where a = 2"), [r#"["y"]"#]);
    assert_eq!(lab.rows("select s from @t where a < 3 and s <> 'x'"), [r#"["y"]"#]);
    assert_eq!(lab.rows("select s from @t where d = decimal '1.25'"), [r#"["x"]"#]);
    assert_eq!(lab.rows("select a from @t where a in (1, 3000000000) order by a"), ["[1]", "[3000000000]"]);
    lab.run("merge into @t t using (values bigint '1') v(k) on t.a = v.k when matched then update set s = 'X'");
    lab.run("delete from @t where a = 2");
    assert_eq!(
        lab.rows("select a, d, s from @t order by a"),
        [r#"[1,"1.25","X"]"#, r#"[3000000000,"1234567890.25","z"]"#]
    );
    for (column, ty, words) in [
        ("a", "integer", "a: long -> int"),
        ("a", "varchar", "a: long -> string"),
        ("f", "real", "f: double -> float"),
        ("d", "decimal(12,3)", "d: decimal(12, 2) -> decimal(12, 3)"),
        ("d", "decimal(8,2)", "d: decimal(12, 2) -> decimal(8, 2)"),
        ("s", "integer", "s: string -> int"),
        ("ts", "date", "ts: timestamp -> date"),
    ] {
        let words = format!("Failed to set column type: Cannot change column type: {words}");
        lab.refuses(&format!("alter table @t alter column {column} set data type {ty}"), &words);
    }
    lab.run("create table @p (k integer, v varchar) with (partitioning = array['k', 'bucket(k, 4)'])");
    lab.run("insert into @p values (1, 'a'), (2, 'b')");
    lab.run("alter table @p alter column k set data type bigint");
    lab.run("insert into @p values (1, 'c'), (3000000000, 'd')");
    assert_eq!(lab.rows("select v from @p where k = 1 order by v"), [r#"["a"]"#, r#"["c"]"#]);
    lab.run("delete from @p where k = 1 and v = 'a'");
    assert_eq!(lab.rows("select k, v from @p order by k"), [r#"[1,"c"]"#, r#"[2,"b"]"#, r#"[3000000000,"d"]"#]);
}

/// Descriptions of tables, views and columns.
pub fn comments(lab: &Lab) {
    lab.run("create table @t (a integer comment 'the key', b varchar) comment 'things'");
    lab.run("comment on column @t.b is 'it''s b'");
    let of = |lab: &Lab, name: &str| lab.rows(&format!("show columns from @{name}"));
    assert_eq!(of(lab, "t"), [r#"["a","integer","","the key"]"#, r#"["b","varchar","","it's b"]"#]);
    lab.run("comment on column @t.a is null");
    assert_eq!(of(lab, "t")[0], r#"["a","integer","",""]"#);
    lab.run("comment on table @t is 'other things'");
    lab.run("create view @v comment 'seen' as select a as x from @t");
    lab.run("comment on view @v is 'seen again'");
    lab.run("comment on column @v.x is 'one'");
    assert_eq!(of(lab, "v"), [r#"["x","integer","","one"]"#]);
    lab.refuses("comment on table @nope is 'x'", "does not exist");
    lab.refuses("comment on column @t.nope is 'x'", "does not exist");
    assert_eq!(lab.rows("select * from @t"), Vec::<String>::new());
}
