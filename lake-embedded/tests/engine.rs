//! Statements in, rows out, through the engine's border.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use lake_core::engine::{
    Engine, EngineError, ErrorKind, FileRelation, FileRows, PhysicalName, SourceFile, State, Submission, execute,
};
use lake_core::model::spec::{ColumnSpec, Content, FileFormat};
use lake_embedded::{Embedded, EmbeddedConfig};

#[path = "engine/plans.rs"]
mod plans;
#[path = "engine/tables.rs"]
mod tables;

struct Lab {
    engine: Embedded,
    folder: tempfile::TempDir,
    next: std::cell::Cell<u32>,
}

impl Lab {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Embedded::open(config(&folder)).unwrap();
        let lab = Self { engine, folder, next: 0.into() };
        lab.run("create schema s");
        lab
    }

    fn submit(&self, sql: &str) -> Result<Vec<Vec<String>>, EngineError> {
        self.next.set(self.next.get() + 1);
        self.submit_as(sql, &format!("token-{:032}", self.next.get()))
    }

    fn submit_as(&self, sql: &str, token: &str) -> Result<Vec<Vec<String>>, EngineError> {
        self.submit_with(sql, token, vec![])
    }

    fn submit_with(&self, sql: &str, token: &str, files: Vec<FileRelation>) -> Result<Vec<Vec<String>>, EngineError> {
        let submission = Submission { sql: sql.into(), token: token.into(), files };
        let ran = execute(&self.engine, &submission, || false)?;
        let (_, rows) = ran.unwrap_or_else(|| panic!("cancelled: {sql}"));
        let options = FormatOptions::default().with_null("null");
        let mut found = vec![];
        for batch in &rows.batches {
            let columns: Vec<_> =
                batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
            for row in 0..batch.num_rows() {
                found.push(columns.iter().map(|c| c.value(row).to_string()).collect());
            }
        }
        Ok(found)
    }

    /// Bytes of tables that a statement read.
    fn scanned(&self, sql: &str) -> u64 {
        let ran = execute(&self.engine, &Submission::once(sql), || false);
        let (stats, _) = ran.unwrap_or_else(|error| panic!("{sql}: {error:?}")).expect("nobody stops it");
        stats.bytes_scanned.unwrap()
    }

    fn run(&self, sql: &str) -> Vec<Vec<String>> {
        self.submit(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// Rows in any order, cells joined by `|`.
    fn rows(&self, sql: &str) -> Vec<String> {
        let mut rows: Vec<String> = self.run(sql).iter().map(|row| row.join("|")).collect();
        rows.sort();
        rows
    }

    fn fails(&self, sql: &str) -> String {
        match self.submit(sql) {
            Ok(rows) => panic!("{sql} gave {rows:?}"),
            Err(error) => error.message,
        }
    }
}

fn config(folder: &tempfile::TempDir) -> EmbeddedConfig {
    EmbeddedConfig { warehouse: folder.path().join("warehouse"), threads: 2, memory_bytes: 256 << 20 }
}

#[test]
fn tables_are_made_filled_and_read() {
    let lab = Lab::new();
    lab.run("create table s.t as select * from (values (1, 'a', decimal '1.50'), (2, 'b', null)) v(id, name, price)");
    lab.run("insert into s.t (name, id) select name || 'x', id + 10 from s.t");
    assert_eq!(lab.rows("select id, name, price from s.t"), ["11|ax|null", "12|bx|null", "1|a|1.50", "2|b|null"]);
    assert_eq!(lab.rows("select count(*), sum(id), max(name), avg(price) from s.t where id < 12"), ["3|14|b|1.50"]);
    lab.run("create view s.v as select id, upper(name) as name from s.t where id > 1");
    assert_eq!(lab.rows("select name, id from s.v v where id <> 11"), ["BX|12", "B|2"]);
    drop(lab.folder);
}

#[test]
fn joins_and_groups() {
    let lab = Lab::new();
    lab.run("create table s.a as select * from (values (1, 10), (2, 20), (3, null)) v(k, x)");
    lab.run("create table s.b as select * from (values (1, 'one'), (1, 'uno'), (4, 'four')) v(k, y)");
    assert_eq!(lab.rows("select a.k, y from s.a a join s.b b on a.k = b.k"), ["1|one", "1|uno"]);
    assert_eq!(
        lab.rows("select a.k, y from s.a a full join s.b b on a.k = b.k and x < 15"),
        ["1|one", "1|uno", "2|null", "3|null", "null|four"]
    );
    assert_eq!(lab.rows("select k % 2, count(*), sum(x) from s.a group by 1"), ["0|1|20", "1|2|10"]);
    assert_eq!(
        lab.rows("select k, sum(x), grouping(k) from s.a group by rollup (k)"),
        ["1|10|0", "2|20|0", "3|null|0", "null|30|1"]
    );
}

#[test]
fn rows_change() {
    let lab = Lab::new();
    lab.run("create table s.t as select * from (values (1, 'a'), (2, 'b'), (3, 'c')) v(id, name)");
    lab.run("update s.t set name = name || '!' where id >= 2");
    lab.run("delete from s.t where id = 3");
    assert_eq!(lab.rows("select * from s.t"), ["1|a", "2|b!"]);
    lab.run(
        "merge into s.t using (values (1, 'A'), (2, null), (9, 'new')) s(id, name) on t.id = s.id
         when matched and s.name is null then delete
         when matched then update set name = s.name
         when not matched then insert (id, name) values (s.id, s.name)",
    );
    assert_eq!(lab.rows("select * from s.t"), ["1|A", "9|new"]);
    assert_eq!(
        lab.fails("merge into s.t using (values (1, 'x'), (1, 'y')) s(id, name) on t.id = s.id when matched then update set name = s.name"),
        "One MERGE target table row matched more than one source row"
    );
    assert_eq!(lab.rows("select count(*) from s.\"t$snapshots\""), ["4"]);
    let first = lab.rows("select snapshot_id from s.\"t$history\" order by made_current_at limit 1").remove(0);
    assert_eq!(lab.rows(&format!("select count(*) from s.t for version as of {first}")), ["3"]);
    lab.run("alter table s.t rename to s.u");
    lab.run("alter table s.u add column price decimal(5, 2)");
    assert_eq!(lab.rows("select * from s.u"), ["1|A|null", "9|new|null"]);
    lab.run("truncate table s.u");
    assert_eq!(lab.rows("select count(*) from s.u"), ["0"]);
    lab.run("drop table s.u");
    assert!(lab.fails("select * from s.u").contains("s.u"));
}

#[test]
fn a_statement_applies_once() {
    let lab = Lab::new();
    lab.run("create table s.t as select 1 as x");
    let token = "the-same-token-0123456789012345678901234567";
    lab.submit_as("insert into s.t values 2", token).unwrap();
    lab.submit_as("insert into s.t values 2", token).unwrap();
    let folder = lab.folder;
    drop(lab.engine);
    let engine = Embedded::open(config(&folder)).unwrap();
    let lab = Lab { engine, folder, next: 100.into() };
    lab.submit_as("insert into s.t values 2", token).unwrap();
    assert_eq!(lab.rows("select count(*) from s.t"), ["2"]);
}

#[test]
fn a_guard_sees_what_the_commit_is_put_on() {
    let lab = Lab::new();
    lab.run("create table s.t as select 1 as x");
    let head = lab.rows("select snapshot_id from s.\"t$refs\" where name = 'main'").remove(0);
    let guarded =
        format!("insert into s.t select 5 where (select snapshot_id from s.\"t$refs\" where name = 'main') = {head}");
    lab.run(&guarded);
    lab.run(&guarded);
    assert_eq!(lab.rows("select x from s.t"), ["1", "5"]);
}

#[test]
fn subqueries() {
    let lab = Lab::new();
    lab.run("create table s.a as select * from (values (1, 10), (2, 20), (3, null)) v(k, x)");
    lab.run("create table s.b as select * from (values (1, 1), (1, 2), (4, null)) v(k, y)");
    let cases = [
        ("select k, (select sum(y) from s.b b where b.k = a.k) from s.a a", vec!["1|3", "2|null", "3|null"]),
        ("select k, (select count(*) from s.b b where b.k = a.k) from s.a a", vec!["1|2", "2|0", "3|0"]),
        ("select k, (select max(y) from s.b b where b.k < a.k) from s.a a", vec!["1|null", "2|2", "3|2"]),
        ("select k from s.a a where exists (select 1 from s.b b where b.k = a.k)", vec!["1"]),
        ("select k from s.a a where not exists (select 1 from s.b b where b.k = a.k)", vec!["2", "3"]),
        ("select k, k in (select k from s.b) from s.a", vec!["1|true", "2|false", "3|false"]),
        ("select k, k in (select y from s.b) from s.a", vec!["1|true", "2|true", "3|null"]),
        ("select k, x in (select y from s.b b where b.k = a.k) from s.a a", vec!["1|false", "2|false", "3|false"]),
        ("select k from s.a where k > all (select y from s.b where y is not null)", vec!["3"]),
        (
            "select k, t.y + a.x from s.a a cross join lateral (select y from s.b b where b.k = a.k) t",
            vec!["1|11", "1|12"],
        ),
        (
            "select k, y from s.a a left join lateral (select y from s.b b where b.k = a.k order by y desc limit 1) on true",
            vec!["1|2", "2|null", "3|null"],
        ),
        ("select (select max(k) from s.a)", vec!["3"]),
        (
            "select k from s.a a where x = (select max(x) from s.a i where i.k = a.k and exists (select 1 from s.b b where b.k = i.k))",
            vec!["1"],
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(lab.rows(sql), expected, "{sql}");
    }
    assert_eq!(lab.fails("select (select k from s.a)"), "Scalar sub-query has returned multiple rows");
}

/// A comma in FROM is a cross join only as long as the conditions beside a subquery are above it.
#[test]
fn tables_in_from_are_joined_before_a_subquery_is() {
    let lab = Lab::new();
    for (name, rows) in [("a", "(1, 10), (2, 20)"), ("b", "(1, 5), (2, 7), (3, 9)")] {
        lab.run(&format!("create table s.{name} as select * from (values {rows}) t(id, n)"));
    }
    let sql = "select a.id, b.n from s.a a, s.b b where a.id = b.id and exists (select 1 from s.b c where c.id = a.id)";
    assert_eq!(lab.rows(sql), ["1|5", "2|7"]);
    let plan = lab.rows(&format!("explain {sql}")).join("\n");
    assert!(plan.contains("Inner Join") && !plan.contains("Cross Join"), "{plan}");
}

#[test]
fn windows_and_sets() {
    let lab = Lab::new();
    lab.run("create table s.a as select * from (values (1, 'x', 10), (2, 'x', 20), (3, 'y', null)) v(k, g, x)");
    let cases = [
        ("select k, row_number() over (partition by g order by k desc) from s.a", vec!["1|2", "2|1", "3|1"]),
        ("select k, sum(x) over (order by k) from s.a", vec!["1|10", "2|30", "3|30"]),
        (
            "select k, lag(k) over (order by k), lead(k, 1, 0) over (order by k) from s.a",
            vec!["1|null|2", "2|1|3", "3|2|0"],
        ),
        (
            "select k, avg(x) over (order by k rows between 1 preceding and current row) from s.a",
            vec!["1|10.0", "2|15.0", "3|20.0"],
        ),
        (
            "select k, last_value(x) ignore nulls over (order by k rows between unbounded preceding and unbounded following) from s.a",
            vec!["1|20", "2|20", "3|20"],
        ),
        ("values 1, 2 union select k from s.a", vec!["1", "2", "3"]),
        ("select * from (values 1, 1, 2) v(x) intersect all select * from (values 1, 1, 1) v(x)", vec!["1", "1"]),
        ("select * from (values 1, 1, 2) v(x) except all select * from (values 1) v(x)", vec!["1", "2"]),
        ("select * from unnest(array[1, 2], array['a']) with ordinality t(x, y, n)", vec!["1|a|1", "2|null|2"]),
        (
            "with recursive r(n) as (select 1 union all select n + 1 from r where n < 4) select n from r",
            vec!["1", "2", "3", "4"],
        ),
        ("with c as (select k from s.a) select a.k from c a join c b on a.k = b.k + 1", vec!["2", "3"]),
        ("select k from s.a order by g fetch first 1 row with ties", vec!["1", "2"]),
        ("select array_agg(k order by k desc), count(distinct g) from s.a", vec!["[3, 2, 1]|2"]),
        ("select x from (select 10 / (k - 1) as x, k from s.a where k <> 1) where x > 5", vec!["10"]),
        ("select try(10 / (k - 1)) from s.a", vec!["10", "5", "null"]),
        ("select k from s.a where k <> 1 and 10 / (k - 1) > 5", vec!["2"]),
    ];
    for (sql, expected) in cases {
        assert_eq!(lab.rows(sql), expected, "{sql}");
    }
    assert_eq!(lab.fails("select 10 / (k - 1) from s.a"), "Division by zero");
}

/// Documents of exchange rates, in files that are written for the test.
fn documents(lab: &Lab, contents: &[&str]) -> FileRelation {
    let column = |name: &str, ty: &str, content| ColumnSpec {
        name: name.into(),
        ty: ty.parse().unwrap(),
        nullable: false,
        brand: None,
        description: String::new(),
        audits: vec![],
        content,
    };
    let columns = vec![
        column("date", "date", Content::Value),
        column("rates", "map(varchar, decimal(18,6))", Content::Value),
        column("file", "varchar", Content::File),
    ];
    let write = |(at, content): (usize, &&str)| {
        let path = lab.folder.path().join(format!("{at}.json"));
        std::fs::write(&path, content).unwrap();
        SourceFile { path: format!("docs/{at}.json"), location: path.to_string_lossy().into_owned() }
    };
    let files = contents.iter().enumerate().map(write).collect();
    let name = PhysicalName { schema: "raw".into(), table: "documents".into() };
    FileRelation { name, columns, format: FileFormat::JsonDocument, files, rows: FileRows::All }
}

#[test]
fn files_are_read_as_tables() {
    let lab = Lab::new();
    let days = [
        r#"{"date": "2022-03-01", "rates": {"USD": 1.1162, "RUB": 117.201}}"#,
        r#"{"date": "2022-03-02", "rates": {"USD": 1.1106}}"#,
    ];
    let create = "create table s.rates as select d.date as day, r.currency, r.rate, d.file like 'docs/%.json' as ok
                  from raw.documents d cross join unnest(d.rates) as r(currency, rate)";
    lab.submit_with(create, &"a".repeat(32), vec![documents(&lab, &days)]).unwrap();
    assert_eq!(
        lab.rows("select * from s.rates"),
        ["2022-03-01|RUB|117.201000|true", "2022-03-01|USD|1.116200|true", "2022-03-02|USD|1.110600|true"]
    );
    let count = "select count(*), max(date) from raw.documents";
    let rows = lab.submit_with(count, &"b".repeat(32), vec![documents(&lab, &days)]).unwrap();
    assert_eq!(rows, [["2", "2022-03-02"]]);
    let rows = lab.submit_with(count, &"c".repeat(32), vec![documents(&lab, &[])]).unwrap();
    assert_eq!(rows, [["0", "null"]]);
    let damaged = [days[0], r#"{"date": "2022-03-02", "rates": {"USD": "n/a"}}"#];
    let insert = "insert into s.rates select d.date, 'all', null, null from raw.documents d";
    let error = lab.submit_with(insert, &"d".repeat(32), vec![documents(&lab, &damaged)]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Data);
    let expected = "1.json:1:41: rates.USD: expected decimal(18,6), found the string \"n/a\"";
    assert!(error.message.ends_with(expected), "{}", error.message);
    assert_eq!(lab.rows("select count(*) from s.rates"), ["3"]);
}

#[test]
fn views_in_views() {
    let lab = Lab::new();
    lab.run("create table s.t as select x as id from unnest(sequence(1, 9)) u(x)");
    lab.run("create view s.v as with c as (select id from s.t where id < 4) select c.id, count(*) over () as n from c");
    lab.run("create view s.w as select a.id, b.n from s.v a join s.v b on a.id = b.id + 1");
    assert_eq!(lab.rows("select * from s.w"), ["2|3", "3|3"]);
    assert_eq!(lab.fails("create or replace view s.v as select * from s.w"), "view s.v reads itself");
    lab.run("alter table s.t rename column id to key");
    assert_eq!(lab.fails("select * from s.v"), "view s.v: line 1:19: no column `id` in `t`");
}

#[test]
fn subqueries_in_changes() {
    let lab = Lab::new();
    lab.run("create table s.t as select x as id, 'n' || cast(x as varchar) as name from unnest(sequence(1, 6)) u(x)");
    lab.run("delete from s.t where id in (select id from s.t where id % 2 = 0)");
    lab.run("update s.t set name = (select max(name) from s.t i where i.id = t.id + 2) where id < 5");
    assert_eq!(lab.rows("select * from s.t"), ["1|n3", "3|n5", "5|n5"]);
}

/// Forms that DataFusion answers wrongly or not at all when they are handed to it as they are.
#[test]
fn known_traps() {
    let lab = Lab::new();
    lab.run("create table s.a as select * from (values (1, 10), (2, 20), (3, null)) v(k, x)");
    lab.run("create table s.b as select * from (values (1, 10), (1, null), (2, 5)) v(k, y)");
    lab.run("create table s.f as select * from (values (1, nan()), (2, 0e0), (3, -0e0), (4, null)) v(k, d)");
    let cases = [
        ("select k from s.a a where x not in (select y from s.b b where b.k = a.k)", vec!["2", "3"]),
        ("select k, (x in (select y from s.b)) is null from s.a", vec!["1|false", "2|true", "3|true"]),
        ("select k from s.a where x not in (select y from s.b)", vec![]),
        ("select k, lead(x) ignore nulls over (order by k desc) from s.a", vec!["1|null", "2|10", "3|20"]),
        (
            "select k % 2, sum(60 / x) filter (where x <> 0) from (values (1, 10), (2, 0), (3, 20)) v(k, x) group by 1",
            vec!["0|null", "1|9"],
        ),
        ("select a.k, b.y from s.a a left join s.b b on a.k = b.k and 10 / b.y > 1", vec!["1|null", "2|5", "3|null"]),
        ("select count(*) from s.f a join s.f b on a.d = b.d", vec!["4"]),
        ("select count(*) from (select d from s.f group by d)", vec!["3"]),
        ("select count(*) from (select distinct d from s.f)", vec!["3"]),
        ("select k from s.f where d = 0e0", vec!["2", "3"]),
        ("select k from s.f where d > 1e308", vec![]),
        ("select k from s.f order by d desc nulls last limit 1", vec!["1"]),
        (
            "select count(*) from (values row(1, null)) a(x, y) join (values row(1, null)) b(x, y) on row(a.x, a.y) = row(b.x, b.y)",
            vec!["0"],
        ),
        (
            "select 'a\\b' like 'a\\b', 'a_b' like 'a$_b' escape '$', 'axb' like 'a$_b' escape '$'",
            vec!["true|true|false"],
        ),
        ("select count(*) from (select (x > 10) is true as t from s.a) where t group by t", vec!["1"]),
        (
            "select k, e from s.a a left join unnest(case when k = 1 then array[7, 8] when k = 2 then array[] end) u(e) on true",
            vec!["1|7", "1|8", "2|null", "3|null"],
        ),
        ("select count(*) from (select random() as r from unnest(sequence(1, 50))) where r <> r", vec!["0"]),
        ("select case when k = 1 then 0 else 10 / (k - 1) end from s.a", vec!["0", "10", "5"]),
        ("select k from s.a where coalesce(x, 1 / 0) > 5 and k < 3", vec!["1", "2"]),
        ("select x from s.a order by x nulls first limit 1", vec!["null"]),
        ("select x, count(*) from s.a group by grouping sets ((x), ())", vec!["10|1", "20|1", "null|1", "null|3"]),
        ("select a.k from s.a a where (select count(*) from s.b b where b.k = a.k) = 0", vec!["3"]),
        (
            "select a.k, t.n from s.a a cross join lateral (select count(*) as n from s.b b where b.k = a.k) t",
            vec!["1|2", "2|1", "3|0"],
        ),
        (
            "select a.k, (select array_agg(y order by y) from s.b b where b.k = a.k and b.y is not null) from s.a a",
            vec!["1|[10]", "2|[5]", "3|null"],
        ),
        (
            "select a.k from s.a a left join s.b b on a.k = b.k and b.y = (select max(y) from s.b c where c.k = b.k) where b.k is null",
            vec!["3"],
        ),
        ("select transform(array[1, 2], v -> v * k) from s.a where k < 3", vec!["[1, 2]", "[2, 4]"]),
        ("select filter(array[0, 1, 2], v -> v <> 0 and 10 / v > 5)", vec!["[1]"]),
    ];
    let mut wrong = vec![];
    for (sql, expected) in cases {
        let found = lab.submit(sql).map(|rows| {
            let mut rows: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
            rows.sort();
            rows
        });
        match found {
            Ok(rows) if rows == expected => {}
            other => wrong.push(format!("{sql}\n    {other:?}\n    instead of {expected:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        lab.fails("select sum(x) from (values 9223372036854775807, 1) v(x)"),
        "bigint sum overflow: 9223372036854775808"
    );
    assert_eq!(lab.fails("select 2147483647 + 1"), "integer addition overflow: 2147483647 + 1");
    assert!(lab.fails("select '1' = 1").contains("varchar(1)"));
}

#[test]
fn a_statement_can_be_stopped() {
    let lab = Lab::new();
    let sql = "select count(*) from unnest(sequence(1, 10000)) a(x) cross join unnest(sequence(1, 10000)) b(y)
               cross join unnest(sequence(1, 100)) c(z) where x % (y + z) = 1";
    let submission =
        Submission { sql: sql.into(), token: "stopped-0123456789012345678901234567890".into(), files: vec![] };
    let id = lab.engine.submit(&submission).unwrap();
    let states = lab.engine.poll(std::slice::from_ref(&id), Duration::from_millis(100)).unwrap();
    assert!(matches!(states[0], State::Running(_)), "{states:?}");
    lab.engine.cancel(&id).unwrap();
    let states = lab.engine.poll(&[id], Duration::from_secs(60)).unwrap();
    assert!(matches!(states[0], State::Cancelled), "{states:?}");
}

#[test]
fn a_running_statement_tells_what_it_has_read() {
    let lab = Lab::new();
    lab.run("create table s.t as select * from (values 1, 2, 3) v(n)");
    let sql = "select count(*) from s.t cross join unnest(sequence(1, 10000)) a(x)
               cross join unnest(sequence(1, 10000)) b(y) where n % (x + y) = 1";
    let id = lab.engine.submit(&Submission::once(sql)).unwrap();
    let progress = loop {
        match &lab.engine.poll(std::slice::from_ref(&id), Duration::from_millis(20)).unwrap()[0] {
            State::Running(progress) if progress.rows == Some(3) => break *progress,
            State::Running(_) => {}
            ended => panic!("{ended:?}"),
        }
    };
    assert!(progress.total_bytes.unwrap() > 0 && progress.bytes <= progress.total_bytes, "{progress:?}");
    lab.engine.cancel(&id).unwrap();
}

#[test]
fn writers_conflict() {
    let lab = Lab::new();
    lab.run("create table s.t as select 1 as id, 0 as n");
    // Many read-modify-writes at once: each takes effect on the one before, or says that it did not.
    let submit = |token: String| {
        let sql = "update s.t set n = n + 1".to_owned();
        lab.engine.submit(&Submission { sql, token, files: vec![] }).unwrap()
    };
    let ids: Vec<_> = (0..8).map(|number| submit(format!("writer-{number:032}"))).collect();
    let mut succeeded = 0;
    for id in ids {
        match lab.engine.poll(&[id], Duration::from_secs(60)).unwrap().remove(0) {
            State::Succeeded(_) => succeeded += 1,
            State::Failed(error) => assert_eq!(error.kind, lake_core::engine::ErrorKind::Conflict, "{error:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(succeeded >= 1);
    assert_eq!(lab.rows("select n from s.t"), [succeeded.to_string()]);
}

#[test]
fn little_memory_is_enough_for_sorting_and_grouping() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Embedded::open(EmbeddedConfig { memory_bytes: 1, ..config(&folder) }).unwrap();
    let lab = Lab { engine, folder, next: 0.into() };
    lab.run("create schema s");
    lab.run(
        "create table s.t as select x * 500 + y as id, rpad('x', 100, 'y') as filler
         from unnest(sequence(1, 600)) a(x) cross join unnest(sequence(1, 500)) b(y)",
    );
    lab.run("create table s.u as select * from s.t order by id desc");
    assert_eq!(lab.rows("select count(*) from (select id, count(*) from s.u group by id)"), ["300000"]);
}

/// One answer for all rows, or none: each row keeps its own values beside it.
#[test]
fn one_answer_stands_beside_many_rows() {
    let lab = Lab::new();
    lab.run("create table s.t as select x as id from unnest(sequence(1, 9000)) u(x)");
    lab.run("create table s.none as select 1 as x where false");
    assert_eq!(lab.rows("select count(*), sum(id) from s.t where (select max(id) from s.t) = 9000"), ["9000|40504500"]);
    assert_eq!(lab.rows("select count(*) from s.t where (select x from s.none) is null"), ["9000"]);
    assert_eq!(lab.rows("select count(*) from s.t where (select x from s.none) = 1"), ["0"]);
    assert_eq!(lab.rows("select count(*) from s.t where id not in (select x + 1 from s.none)"), ["9000"]);
}

#[test]
fn a_merge_on_false_reads_nothing_of_its_target() {
    let lab = Lab::new();
    lab.run("create table s.t as select n, random() as r from unnest(sequence(1, 9000)) as x (n)");
    lab.run("create table s.more as select bigint '0' as n, 0.5e0 as r");
    let source = lab.scanned("select * from s.more");
    let merge =
        |on: &str| format!("merge into s.t using s.more m on {on} when not matched then insert values (m.n, m.r)");
    assert_eq!(lab.scanned(&merge("false")), source);
    assert!(lab.scanned(&merge("t.n < m.n")) > 10 * source);
    assert_eq!(lab.run("select count(*), min(n) from s.t"), [["9002", "0"]]);
}

#[test]
fn a_merge_reads_the_files_of_its_target_that_can_match() {
    let lab = Lab::new();
    for (table, values) in
        [("n", "n"), ("d", "date '2024-01-01' + n * interval '1' day"), ("v", "lpad(cast(n as varchar), 6, 'x')")]
    {
        lab.run(&format!("create table s.{table} as select {values} as k, 0 as hits, random() as r from unnest(sequence(1, 9000)) as x (n)"));
        lab.run(&format!(
            "insert into s.{table} select {values}, 0, random() from unnest(sequence(9001, 18000)) as x (n)"
        ));
        lab.run(&format!(
            "create table s.{table}_more as select k from s.{table} where k in (select max(k) from s.{table})"
        ));
        lab.run(&format!("insert into s.{table}_more values null"));
        let all = lab.scanned(&format!("select k, hits, r from s.{table}"));
        let merge = |source: &str| {
            format!("merge into s.{table} t using {source} m on t.k = m.k when matched then update set hits = hits + 1")
        };
        let read = lab.scanned(&merge(&format!("s.{table}_more")));
        assert!(read * 10 < all * 6, "{table}: {read} of {all}");
        // Drawn anew at each reading, a source has no bounds.
        let drawn = lab.scanned(&merge(&format!("(select k from s.{table}_more where random() >= 0e0)")));
        assert!(drawn >= all, "{table}: {drawn} of {all}");
        assert_eq!(lab.rows(&format!("select count(*), sum(hits), max(hits) from s.{table}")), ["18000|2|2"]);
    }
    lab.run("delete from s.n_more where k is not null");
    assert!(lab.scanned("merge into s.n t using s.n_more m on t.k = m.k when matched then delete") < 10_000);
    assert_eq!(lab.rows("select count(*) from s.n"), ["18000"]);
}
