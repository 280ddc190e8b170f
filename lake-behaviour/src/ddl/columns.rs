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

/// Fields of the rows in columns are added, renamed, widened and dropped.
pub fn fields_come_and_go(lab: &Lab) {
    lab.run(
        "create table @t (a integer, r row(x integer, y row(z varchar)), l array(row(p integer)),
         m map(varchar, row(q integer)))",
    );
    lab.run("insert into @t values (1, row(1, row('z')), array[row(1), null], map(array['k'], array[row(5)])), (2, null, null, null)");
    for change in [
        "add column r.w bigint",
        "add column if not exists R.W varchar",
        "add column r.y.more varchar",
        "add column r.deep row(k integer)",
        "add column l.element.pp bigint",
        "rename column r.x to xx",
        "rename column r.y.z to zz",
        "rename column if exists r.nope to x",
        "drop column if exists r.nope",
        "drop column if exists l.element.nope",
        "alter column r.xx set data type bigint",
        "alter column l.element.p set data type bigint",
    ] {
        lab.run(&format!("alter table @t {change}"));
    }
    assert_eq!(
        lab.rows("select a, r, l, m['k'].q from @t order by a"),
        [r#"[1,[1,["z",null],null,null],[[1,null],null],5]"#, "[2,null,null,null]"].map(str::to_owned)
    );
    lab.run(
        "insert into @t (a, r, l) values (3, row(3000000000, row('Z', 'm'), 9, row(1)), array[row(3000000000, 2)])",
    );
    assert_eq!(lab.rows("select a from @t where r.xx > 2"), ["[3]"]);
    assert_eq!(
        lab.rows("select a, r.y.zz, r.w from @t where r.y.zz is not null order by a"),
        [r#"[1,"z",null]"#, r#"[3,"Z",9]"#]
    );
    lab.run("alter table @t drop column r.xx");
    lab.run("alter table @t add column r.xx varchar");
    lab.run("update @t set a = a + 10 where a = 1");
    assert_eq!(lab.rows("select r.xx, l[1].p, l[1].pp from @t where a = 11"), ["[null,1,null]"]);
    for (change, words) in [
        ("add column r.w integer", "Field 'w' already exists"),
        ("add column nope.x integer", "Column 'nope' does not exist"),
        ("add column r.nope.x integer", "Field 'nope' does not exist within row("),
        ("add column a.x integer", "Unsupported type: integer"),
        ("add column l.x integer", "Unsupported type: array(row("),
        ("add column m.value.x integer", "Unsupported type: map(varchar, row("),
        ("add column r.first integer first", "Specifying column position is not supported for nested columns"),
        ("rename column r.nope to x", "does not exist"),
        ("rename column r.w to XX", "Field 'xx' already exists"),
        ("rename column l.element.p to x", "Unsupported type: array(row("),
        ("drop column r.nope", "Cannot resolve field 'nope' within row("),
        ("drop column nope.x", "Column 'nope' does not exist"),
        ("drop column r.deep.k", "Cannot drop the only field in a row type"),
        (
            "alter column r.w set data type integer",
            "Failed to set field type: Cannot change column type: r.w: long -> int",
        ),
        ("alter column r.nope set data type integer", "Field 'nope' does not exist within row("),
        ("alter column l.element set data type bigint", "Field path [l, element] does not point to row field"),
    ] {
        lab.refuses(&format!("alter table @t {change}"), words);
    }
}

/// A column is added first, last or behind another.
pub fn columns_stand_where_they_are_put(lab: &Lab) {
    lab.run("create table @t (a integer, b varchar)");
    lab.run("insert into @t values (1, 'x')");
    for change in ["c bigint first", "d varchar after a", "e integer last", "f array(integer) after b"] {
        lab.run(&format!("alter table @t add column {change}"));
    }
    lab.refuses("alter table @t add column g integer after nope", "Column 'nope' does not");
    lab.run("insert into @t values (2, 3, 'd', 'b', array[1], 4)");
    assert_eq!(lab.rows("select * from @t order by a"), [r#"[null,1,null,"x",null,null]"#, r#"[2,3,"d","b",[1],4]"#]);
    assert_eq!(lab.rows("select c, e from @t where a = 3"), ["[2,4]"]);
}

/// A column of rows takes the fields of its new type; those of the same name keep their values.
pub fn rows_get_another_type(lab: &Lab) {
    lab.run("create table @t (a integer, r row(x integer, gone varchar, y varchar), l array(integer), m map(varchar, row(q integer)))");
    lab.run("insert into @t values (1, row(1, 'gone', 'y'), array[1, null], map(array['k'], array[row(5)]))");
    lab.run("alter table @t alter column r set data type row(y varchar, new bigint, x bigint)");
    lab.run("alter table @t alter column l set data type array(bigint)");
    lab.run("alter table @t alter column m set data type map(varchar, row(q bigint, v varchar))");
    lab.run("insert into @t values (2, row('Y', 9, 3000000000), array[3000000000], null)");
    assert_eq!(lab.rows("select a, r, l, m['k'].q from @t where a = 1"), [r#"[1,["y",null,1],[1,null],5]"#]);
    assert_eq!(lab.rows("select r, l from @t where a = 2"), [r#"[["Y",9,3000000000],[3000000000]]"#]);
    for (column, ty, words) in [
        ("r", "bigint", "Failed to set column type: Cannot change type from struct<"),
        ("a", "row(x integer)", "Failed to set column type: Cannot change type from int to struct<"),
        ("l", "array(varchar)", "Failed to set column type: Cannot change column type: l.element: long -> string"),
        (
            "m",
            "map(integer, row(q bigint))",
            "Failed to set column type: Cannot change column type: m.key: string -> int",
        ),
    ] {
        lab.refuses(&format!("alter table @t alter column {column} set data type {ty}"), words);
    }
}
