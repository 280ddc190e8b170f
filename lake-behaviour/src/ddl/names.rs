//! Tables, views and schemas are made, renamed and dropped.

use crate::Lab;

/// A table or view gets another name, in its schema or in another.
pub fn tables_and_views_are_renamed(lab: &Lab) {
    lab.run("create table @t as select 1 as n");
    lab.run("create table @other as select 2 as n");
    lab.run("create view @v as select n from @t");
    let schema = &lab.schema;
    lab.refuses(&format!("alter table @t rename to {schema}.other"), "already exists");
    lab.refuses(&format!("alter table @nope rename to {schema}.x"), "does not exist");
    lab.fails(&format!("alter table @t rename to {schema}_nowhere.x"));
    lab.run(&format!("alter view @v rename to {schema}.w"));
    assert_eq!(lab.rows("select n from @w"), ["[1]"]);
    lab.fails("select n from @v");
    lab.run(&format!("create schema {schema}2"));
    lab.run(&format!("alter table @other rename to {schema}2.moved"));
    assert_eq!(lab.rows(&format!("select n from {schema}2.moved")), ["[2]"]);
    lab.run(&format!("drop schema {schema}2 cascade"));
    lab.fails(&format!("select n from {schema}2.moved"));
    lab.refuses("drop view @t", "does not exist, but a table with that name exists. Did you mean DROP TABLE");
    lab.refuses("drop table @w", "does not exist, but a view with that name exists. Did you mean DROP VIEW");
    lab.run("drop view @w");
    lab.run("drop view if exists @w");
    lab.refuses("drop view @w", "does not exist");
}

/// A schema that holds something stays.
pub fn schemas_and_what_is_in_them(lab: &Lab) {
    let schema = &lab.schema;
    lab.refuses(&format!("create schema {schema}"), "already exists");
    lab.run(&format!("create schema if not exists {schema}"));
    lab.run("create table @t as select 1 as n");
    lab.refuses(&format!("drop schema {schema}"), &format!("Cannot drop non-empty schema '{schema}'"));
    lab.fails(&format!("create table {schema}_nowhere.t as select 1 as n"));
    lab.refuses(&format!("drop schema {schema}_nowhere"), "does not exist");
    lab.run(&format!("drop schema if exists {schema}_nowhere"));
    assert_eq!(lab.rows("select n from @t"), ["[1]"]);
}

/// IF NOT EXISTS and OR REPLACE.
pub fn tables_are_made_once_or_anew(lab: &Lab) {
    lab.run("create table @t (a integer, b varchar)");
    lab.refuses("create table @t (a integer)", "already exists");
    lab.run("create table if not exists @t (x integer)");
    lab.run("create table if not exists @t as select 7 as x");
    assert_eq!(lab.rows("select * from @t"), Vec::<String>::new());
    lab.run("create or replace table @t as select 1 as n");
    lab.run("create or replace table @t (c date)");
    assert_eq!(lab.rows("describe @t"), [r#"["c","date","",""]"#]);
    lab.run("insert into @t values date '2024-02-29'");
    lab.run("truncate table @t");
    assert_eq!(lab.rows("select count(*) from @t"), ["[0]"]);
    lab.run("create table @stored (a tinyint, b char(3), c timestamp(3), d varchar(5), e time(3))");
    assert_eq!(
        lab.rows("describe @stored"),
        [
            r#"["a","integer","",""]"#,
            r#"["b","varchar","",""]"#,
            r#"["c","timestamp(6)","",""]"#,
            r#"["d","varchar","",""]"#,
            r#"["e","time(6)","",""]"#,
        ]
    );
    lab.fails("create table @dup (a integer, A varchar)");
    lab.refuses("create table @j as select json '1' as c", "Type not supported for Iceberg: json");
    lab.fails("create table @n as select null as x");
}

/// Properties that no table has, and values that they cannot have.
pub fn wrong_properties(lab: &Lab) {
    lab.refuses("create table @t (a integer) with (table_type = 'ICEBERG')", "property 'table_type' does not exist");
    for field in ["bucket(4, a)", "days(a)", "month(a"] {
        let sql = format!("create table @t (a integer) with (partitioning = array['{field}'])");
        lab.refuses(&sql, "Unable to parse partitioning value");
    }
    lab.refuses("create table @t (a integer) with (partitioning = array['nope'])", "nope");
    lab.fails("create table @t (a integer) with (partitioning = array['month(a)'])");
    lab.run("create table @t (a integer) with (format = 'PARQUET', format_version = 2, sorted_by = array['a desc'])");
    lab.refuses("alter table @t set properties nope = 'x'", "property 'nope' does not exist");
    lab.fails("alter table @t drop column a");
}

/// A table that takes the place of another is the same table: what was there is found by its snapshots.
pub fn a_replaced_table_keeps_its_history(lab: &Lab) {
    lab.run(
        "create table @t (a integer, b varchar, c varchar) comment 'one'
         with (partitioning = array['c'], sorted_by = array['a'])",
    );
    lab.run("insert into @t values (1, 'x', 'c'), (2, 'y', 'c')");
    let first = lab.head("t").unwrap();
    lab.run("create or replace table @t (c varchar, k bigint, r row(x integer)) comment 'two'");
    assert_eq!(lab.rows("select * from @t"), Vec::<String>::new());
    let second = lab.head("t").unwrap();
    lab.run("insert into @t values ('new', 3, row(7))");
    lab.run("create or replace table @t with (partitioning = array['k']) as select k, c from @t");
    assert_eq!(lab.rows("select * from @t"), [r#"[3,"new"]"#]);
    assert_eq!(
        lab.rows(&format!("select * from @t for version as of {first} order by a")),
        [r#"[1,"x","c"]"#, r#"[2,"y","c"]"#]
    );
    assert_eq!(lab.rows(&format!("select count(*) from @t for version as of {second}")), ["[0]"]);
    assert_eq!(lab.rows(&format!("select a from @t for version as of {first} where b = 'y'")), ["[2]"]);
    let history = "select count(*), count_if(is_current_ancestor) from @\"t$history\"";
    assert_eq!(lab.rows(history), ["[5,1]"]);
    assert_eq!(lab.rows("select count(*), count(parent_id) from @\"t$snapshots\""), ["[5,2]"]);
    assert_eq!(lab.rows("select partition.k, record_count, data.c.max from @\"t$partitions\""), [r#"[3,1,"new"]"#]);
    let text = lab.rows("show create table @t").remove(0);
    assert!(!text.contains("COMMENT") && !text.contains("sorted_by"), "{text}");
    lab.run("update @t set c = 'changed' where k = 3");
    lab.run("insert into @t values (4, 'four')");
    assert_eq!(lab.rows("select c from @t order by k"), [r#"["changed"]"#, r#"["four"]"#]);
    lab.run("create view @v as select 1 as a");
    lab.refuses("create or replace table @v (a integer)", "already exists");
}
