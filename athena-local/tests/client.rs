//! The SDK's client and Athena's engine against the server: what each promises of the other.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use athena_local::{AthenaLocal, Config, Fault, Handle, Rule, Script, Workgroup};
use lake_athena::{Athena, AthenaConfig, Keys};
use lake_core::engine::*;
use lake_sql::types::Type;
use tempfile::TempDir;

struct Lab {
    server: Handle,
    engine: Athena,
    _folder: TempDir,
}

fn settings(server: &Handle) -> AthenaConfig {
    AthenaConfig {
        region: Some("eu-west-1".into()),
        endpoint: Some(server.url()),
        keys: Some(Keys { id: "local".into(), secret: "local".into() }),
        poll: Duration::from_millis(1),
        ..AthenaConfig::new("s3://bucket/lake")
    }
}

fn lab_with(change: impl FnOnce(&mut Config)) -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    change(&mut config);
    let server = AthenaLocal::start(config).unwrap();
    let engine = Athena::open(settings(&server)).unwrap();
    Lab { server, engine, _folder: folder }
}

fn lab() -> Lab {
    lab_with(|_| {})
}

fn submission(sql: &str, token: &str) -> Submission {
    Submission { sql: sql.into(), token: format!("{token:-<32}"), files: vec![] }
}

impl Lab {
    fn wait(&self, id: &QueryId) -> State {
        loop {
            match self.engine.poll(std::slice::from_ref(id), Duration::from_secs(5)).unwrap().remove(0) {
                State::Running(_) => {}
                state => return state,
            }
        }
    }

    fn end(&self, sql: &str) -> (QueryId, State) {
        let token = format!("{:032x}", self.server.executions().len());
        let id = self.engine.submit(&submission(sql, &token)).unwrap();
        let state = self.wait(&id);
        (id, state)
    }

    fn succeed(&self, sql: &str) -> (QueryId, Stats) {
        match self.end(sql) {
            (id, State::Succeeded(stats)) => (id, stats),
            (_, state) => panic!("{sql}: {state:?}"),
        }
    }

    fn fail(&self, sql: &str) -> EngineError {
        match self.end(sql) {
            (_, State::Failed(error)) => error,
            (_, state) => panic!("{sql}: {state:?}"),
        }
    }

    fn create(&self, table: &str, query: &str) -> (QueryId, Stats) {
        self.succeed("create schema if not exists `a`");
        self.succeed(&ctas(table, table, query))
    }

    fn describe(&self, table: &str) -> Option<Described> {
        self.engine.describe(&[name(table)]).unwrap().remove(0)
    }

    /// How many executions there were of statements that contain a text.
    fn count(&self, text: &str) -> usize {
        self.server.executions().iter().filter(|execution| execution.sql.contains(text)).count()
    }
}

fn name(table: &str) -> PhysicalName {
    PhysicalName { schema: "a".into(), table: table.into() }
}

fn ctas(table: &str, location: &str, query: &str) -> String {
    format!(
        "create table \"a\".\"{table}\" with (table_type = 'ICEBERG', is_external = false, format = 'PARQUET', location \
         = 's3://bucket/lake/a/{location}/') as\n{query}"
    )
}

#[test]
fn a_statement_is_started_looked_at_and_read() {
    let lab = lab();
    let (_, stats) = lab.create("t", "select * from (values (1, 'x'), (2, null)) as v(id, word)");
    assert_eq!(stats.rows, Some(2));
    let (id, stats) = lab.succeed("select id, word, 1.5 as d, decimal '2.50' as e from a.t order by id");
    assert!(stats.bytes_scanned.unwrap() > 0);
    let rows = lab.engine.rows(&id).unwrap();
    let types: Vec<String> = rows.columns.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
    assert_eq!(types, ["id integer", "word varchar", "d double", "e decimal(3,2)"]);
    assert_eq!(rows.batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 2);
    assert!(rows.batches[0].column(1).is_null(1));

    let (_, stats) = lab.succeed(
        "merge into a.t t using (values (2, 'y'), (3, 'z')) as s(id, word) on t.id = s.id when \
                                  matched then update set word = s.word when not matched then insert (id, word) values \
                                  (s.id, s.word)",
    );
    assert_eq!(stats.rows, Some(2));
    let (_, stats) = lab.succeed("drop table if exists `a`.`t`");
    assert_eq!(stats, Stats { rows: None, bytes_scanned: None }, "DDL is free");
    assert!(lab.describe("t").is_none());
}

#[test]
fn results_come_in_pages_without_the_header() {
    let lab = lab();
    for count in [0_i64, 999, 1000, 2500] {
        let sql = format!("select n from unnest(sequence(1, {})) as t(n) where n <= {count}", count.max(1));
        let (id, _) = lab.succeed(&sql);
        let rows = lab.engine.rows(&id).unwrap();
        let sum: i64 =
            rows.batches.iter().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).sum();
        assert_eq!(sum, count * (count + 1) / 2, "{count}");
    }
}

#[test]
fn nested_values_stay_text() {
    let lab = lab();
    let (id, _) = lab.succeed(
        "select array[1, 2] as a, map(array['k'], array[1]) as m, cast(row(1, 'x') as row(id integer, name varchar)) as \
         r, to_utf8('A') as b, timestamp '2024-01-01 10:00:00.123 UTC' as z",
    );
    let rows = lab.engine.rows(&id).unwrap();
    let batch = &rows.batches[0];
    let text = |n: usize| arrow::util::display::array_value_to_string(batch.column(n), 0).unwrap();
    assert_eq!([text(0), text(1), text(2)], ["[1, 2]", "{k=1}", "{id=1, name=x}"]);
    assert_eq!((text(3), text(4)), ("41".into(), "2024-01-01T10:00:00.123Z".into()));
    assert_eq!(rows.columns[4].1, Type::TimestampTz(6));
}

#[test]
fn one_token_is_one_execution() {
    let lab = lab();
    let first = lab.engine.submit(&submission("select 1 as x", "token")).unwrap();
    assert_eq!(lab.engine.submit(&submission("select 1 as x", "token")).unwrap(), first);
    let error = lab.engine.submit(&submission("select 2 as x", "token")).unwrap_err();
    assert_eq!(error.message, "Idempotent parameters do not match");
    // Also after it failed: the dead execution is given back.
    let dead = lab.engine.submit(&submission("select 1/0 as x", "dead")).unwrap();
    assert!(matches!(lab.wait(&dead), State::Failed(_)));
    assert_eq!(lab.engine.submit(&submission("select 1/0 as x", "dead")).unwrap(), dead);
    assert_eq!(lab.count("select"), 2);
}

#[test]
fn both_ways_to_fail_are_one_error() {
    let lab = lab();
    let error = lab.engine.submit(&submission("selec 1", "t")).unwrap_err();
    assert_eq!((error.kind, error.effect, error.query), (ErrorKind::Statement, Effect::None, None));
    assert!(error.message.starts_with("line 1:1: mismatched input 'selec'. Expecting:"), "{}", error.message);

    let error = lab.fail("select * from a.nowhere");
    assert_eq!((error.kind, error.effect), (ErrorKind::Statement, Effect::None));
    assert!(error.message.starts_with("TABLE_NOT_FOUND: line 1:"), "{}", error.message);
    assert!(error.query.is_some());
    let error = lab.fail("select 1 / 0 as x");
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Data, "DIVISION_BY_ZERO: Division by zero"));
}

#[test]
fn tables_and_views_are_described() {
    let lab = lab();
    let query = "select 1 as id, timestamp '2024-01-01 00:00:00.000000' as at, cast(null as varchar) as w, cast(timestamp \
                 '2024-01-01 00:00:00 UTC' as timestamp(6) with time zone) as z";
    lab.create("t", query);
    lab.succeed("create or replace view \"a\".\"v\" as select id, w from \"a\".\"t\"");
    let table = lab.describe("t").unwrap();
    let types: Vec<String> = table.columns.iter().map(|(name, ty, _)| format!("{name} {ty}")).collect();
    assert_eq!(types, ["id integer", "at timestamp(6)", "w varchar", "z timestamp(6) with time zone"]);
    let view = lab.describe("v").unwrap();
    assert!(view.view && view.definition.unwrap().contains("\"a\".\"t\""));
    assert_eq!(view.columns[1].1, Type::Varchar(None));

    // Nothing is asked twice of a table that has not changed; a commit is seen.
    let asked = lab.count("t$refs");
    assert_eq!(lab.describe("t").unwrap().snapshot, table.snapshot);
    assert_eq!(lab.count("t$refs"), asked);
    lab.succeed("insert into \"a\".\"t\" (id) values (2)");
    let later = lab.describe("t").unwrap();
    assert!(later.snapshot.is_some() && later.snapshot != table.snapshot);
    assert_eq!(lab.count("t$refs"), asked + 1);

    let names = lab.engine.list("a").unwrap();
    assert_eq!(names, [name("t"), name("v")]);
    assert_eq!(lab.engine.list("nowhere").unwrap(), []);
    let many = [name("v"), name("missing"), name("t")];
    let found = lab.engine.describe(&many).unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn all_running_statements_are_looked_at_in_one_call() {
    let lab = lab();
    lab.server.meet(Rule::start("hanging", Fault::Hang).times(60));
    let ids: Vec<QueryId> = (0..60)
        .map(|n| lab.engine.submit(&submission(&format!("select 'hanging' as x{n}"), &n.to_string())).unwrap())
        .collect();
    let before = lab.server.calls("BatchGetQueryExecution");
    let states = lab.engine.poll(&ids, Duration::from_millis(300)).unwrap();
    assert!(states.iter().all(|state| matches!(state, State::Running(_))));
    let looks = lab.server.calls("BatchGetQueryExecution") - before;
    assert!(looks >= 2 && lab.server.calls("GetQueryExecution") == 0, "{looks}");
    for id in &ids {
        lab.engine.cancel(id).unwrap();
    }
    for id in &ids {
        assert!(matches!(lab.wait(id), State::Cancelled));
    }
}

#[test]
fn scripted_states_and_late_stops() {
    let lab = lab();
    use athena_local::Shown::{Queued, Running};
    lab.server.meet(Rule::start("again", Fault::States(vec![Queued, Running, Queued, Running])));
    let before = lab.server.calls("BatchGetQueryExecution");
    lab.succeed("select 'again' as x");
    assert!(lab.server.calls("BatchGetQueryExecution") - before >= 5);

    lab.server.meet(Rule::start("deaf", Fault::IgnoreStop));
    let id = lab.engine.submit(&submission("select 'deaf' as x", "deaf")).unwrap();
    lab.engine.cancel(&id).unwrap();
    assert!(matches!(lab.wait(&id), State::Succeeded(_)));
    // Stopping what has ended changes nothing.
    lab.engine.cancel(&id).unwrap();
    assert!(matches!(lab.wait(&id), State::Succeeded(_)));
}

#[test]
fn refused_calls_say_whether_they_had_an_effect() {
    let lab = lab();
    lab.succeed("select 1 as warm");
    let cases = [
        (Fault::Throttle, ErrorKind::Throttled, Effect::None, 0),
        (Fault::TooManyQueries, ErrorKind::Throttled, Effect::None, 0),
        (Fault::InternalError, ErrorKind::Unavailable, Effect::Unknown, 0),
        (Fault::LoseRequest, ErrorKind::Unavailable, Effect::Unknown, 0),
        (Fault::LoseAnswer, ErrorKind::Unavailable, Effect::Unknown, 1),
    ];
    for (n, (fault, kind, effect, executions)) in cases.into_iter().enumerate() {
        let sql = format!("select {n} as case_{n}");
        lab.server.meet(Rule::start(&format!("case_{n}"), fault.clone()));
        let error = lab.engine.submit(&submission(&sql, &format!("case-{n}"))).unwrap_err();
        assert_eq!((error.kind, error.effect), (kind, effect), "{fault:?}: {error:?}");
        assert_eq!(lab.count(&format!("case_{n}")), executions, "{fault:?}");
        // The same token again is the same execution.
        let id = lab.engine.submit(&submission(&sql, &format!("case-{n}"))).unwrap();
        assert!(matches!(lab.wait(&id), State::Succeeded(_)));
        assert_eq!(lab.count(&format!("case_{n}")), 1, "{fault:?}");
    }
}

#[test]
fn the_quota_counts_what_waits_and_runs() {
    let lab = lab_with(|config| {
        config.quota = 1;
        config.script = Script { rules: vec![Rule::start("hanging", Fault::Hang)] };
    });
    let id = lab.engine.submit(&submission("select 'hanging' as x", "1")).unwrap();
    let error = lab.engine.submit(&submission("select 1 as x", "2")).unwrap_err();
    assert_eq!((error.kind, error.effect), (ErrorKind::Throttled, Effect::None));
    assert!(error.message.contains("exceeded the limit for the number of queries"), "{}", error.message);
    lab.engine.cancel(&id).unwrap();
    assert!(matches!(lab.wait(&id), State::Cancelled));
    lab.succeed("select 1 as x");
}

#[test]
fn scripted_failures_have_athenas_numbers() {
    let lab = lab();
    let failing = |number, message: &str| -> Fault {
        let text = format!("{{\"fail\": {{\"category\": 2, \"type\": {number}, \"message\": \"{message}\"}}}}");
        serde_json::from_str(&text).unwrap()
    };
    let cases = [
        (233, "ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: a.t", ErrorKind::Conflict, Effect::None),
        (
            233,
            "ICEBERG_COMMIT_ERROR: Cannot determine whether the commit was successful or not",
            ErrorKind::Unavailable,
            Effect::Unknown,
        ),
        (1401, "AWSGlueException: Rate exceeded.", ErrorKind::Throttled, Effect::Unknown),
        (1500, "PERMISSION_DENIED: no", ErrorKind::Denied, Effect::None),
    ];
    for (number, message, kind, effect) in cases {
        lab.server.meet(Rule::start("", failing(number, message)));
        let error = lab.fail(&format!("select '{number}' as x, '{effect:?}' as y"));
        assert_eq!((error.kind, error.effect, error.message.as_str()), (kind, effect, message));
    }
}

#[test]
fn ctas_is_refused_as_athena_refuses_it() {
    let lab = lab();
    lab.create("t", "select 1 as id");
    let with = |properties: &str, query: &str| format!("create table a.u with ({properties}) as {query}");
    let full = "table_type = 'ICEBERG', is_external = false, location = 's3://bucket/u/'";
    let cases = [
        (with("location = 's3://bucket/u/'", "select 1 as x"), "NOT_SUPPORTED: a table that is not Iceberg"),
        (with("table_type = 'ICEBERG', location = 's3://bucket/u/'", "select 1 as x"), "is_external must be false"),
        (with("table_type = 'ICEBERG', is_external = false", "select 1 as x"), "Table location must be specified"),
        (with(&format!("{full}, extra = 'x'"), "select 1 as x"), "table property 'extra' does not exist"),
        (with(full, "select cast(1 as smallint) as x"), "NOT_SUPPORTED: Type not supported for Iceberg: smallint"),
        (with(full, "select json '1' as x"), "NOT_SUPPORTED: Type not supported for Iceberg: json"),
        (
            with(&format!("{full}, partitioning = array['n']"), "select n from unnest(sequence(1, 101)) as t(n)"),
            "ICEBERG_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers",
        ),
        (ctas("u", "t", "select 1 as x"), "ICEBERG_FILESYSTEM_ERROR: Cannot create a table on a non-empty location"),
        (ctas("t", "t2", "select 1 as x"), "TABLE_ALREADY_EXISTS"),
        ("create table a.u (x) with (table_type = 'ICEBERG') as select 1".into(), "MISSING_COLUMN_NAME"),
    ];
    for (sql, words) in cases {
        let error = lab.fail(&sql);
        assert!(error.message.contains(words), "{sql}: {}", error.message);
    }
    lab.succeed(&with(&format!("{full}, partitioning = array['n']"), "select n from unnest(sequence(1, 100)) as t(n)"));
    let many = "select n from unnest(sequence(1001, 1101)) as t(n)";
    let too_many = [
        format!("insert into a.u {many}"),
        format!("merge into a.u t using ({many}) s on false when not matched then insert (n) values (s.n)"),
        format!("merge into a.u using ({many}) s on u.n = s.n when not matched and s.n > 0 then insert (n) values (s.n)"),
        "merge into a.u t using (select n from unnest(sequence(1, 51)) as x(n) union all select n from \
         unnest(sequence(2001, 2050)) as y(n)) s on t.n = s.n when matched then update set n = t.n + 5000 when not matched \
         then insert (n) values (s.n)"
            .into(),
    ];
    for sql in too_many {
        let error = lab.fail(&sql);
        assert!(error.message.contains("ICEBERG_TOO_MANY_OPEN_PARTITIONS"), "{sql}: {}", error.message);
    }
    lab.succeed("merge into a.u t using (select 1 as n) s on t.n = s.n when matched then delete");
    assert_eq!(lab.succeed("insert into a.u select n from unnest(sequence(1001, 1100)) as t(n)").1.rows, Some(100));
    let long = format!("select '{}' as x", "x".repeat(262_144));
    assert!(lab.engine.submit(&submission(&long, "long")).unwrap_err().message.contains("262144"));
    assert_eq!(lab.count("x".repeat(1000).as_str()), 0);
}

#[test]
fn a_failed_create_leaves_files_and_a_table_without_a_snapshot() {
    let lab = lab();
    lab.succeed("create schema if not exists `a`");
    let fault =
        r#"{"fail": {"category": 1, "type": 235, "message": "GENERIC_INTERNAL_ERROR: lost", "leaves_table": true}}"#;
    lab.server.meet(Rule::start("create table", serde_json::from_str(fault).unwrap()));
    let error = lab.fail(&ctas("t", "t", "select 1 as id"));
    assert_eq!((error.kind, error.effect), (ErrorKind::Unavailable, Effect::Unknown));
    assert_eq!(lab.describe("t").unwrap().snapshot, None);
    assert!(lab.fail(&ctas("t", "t", "select 1 as id")).message.contains("already exists"));
    lab.succeed("drop table if exists `a`.`t`");
    assert!(lab.fail(&ctas("t", "t", "select 1 as id")).message.contains("non-empty location"));
    lab.succeed(&ctas("t", "other", "select 1 as id"));
}

#[test]
fn renames_move_no_files() {
    let lab = lab();
    lab.create("draft", "select 1 as id");
    lab.succeed("alter table `a`.`draft` rename to `a`.`t`");
    assert!(lab.describe("draft").is_none() && lab.describe("t").is_some());
    assert!(lab.fail(&ctas("draft", "draft", "select 1 as id")).message.contains("non-empty location"));
    lab.create("other", "select 1 as id");
    let error = lab.fail("alter table `a`.`other` rename to `a`.`t`");
    assert!(error.message.contains("exists"), "{}", error.message);
}

#[test]
fn guards_read_the_head_inside_of_a_merge() {
    let lab = lab();
    lab.create("t", "select 1 as id");
    let head = lab.describe("t").unwrap().snapshot.unwrap();
    let merge = |id: i64| {
        format!(
            "merge into \"a\".\"t\" t using (select 2 as id where (select snapshot_id from \"a\".\"t$refs\" where name = \
             'main') = {id}) s on t.id = s.id when not matched then insert (id) values (s.id)"
        )
    };
    assert_eq!(lab.succeed(&merge(head - 1)).1.rows, Some(0));
    assert_eq!(lab.succeed(&merge(head)).1.rows, Some(1));
}

#[test]
fn wrong_settings_are_told_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config { access_key: Some("local".into()), ..Config::new(folder.path()) };
    config.workgroups.insert("etl".into(), Workgroup { output_location: None, enabled: true });
    config.workgroups.insert("closed".into(), Workgroup { output_location: None, enabled: false });
    let server = AthenaLocal::start(config).unwrap();
    type Change = fn(AthenaConfig) -> AthenaConfig;
    let cases: [(&str, Change, ErrorKind, &str, &str); 5] = [
        (
            "key",
            |config| AthenaConfig { keys: Some(Keys { id: "other".into(), secret: "x".into() }), ..config },
            ErrorKind::Denied,
            "GetWorkGroup: The security token included in the request is invalid.",
            "AWS_ACCESS_KEY_ID",
        ),
        (
            "workgroup",
            |config| AthenaConfig { workgroup: "elt".into(), ..config },
            ErrorKind::Statement,
            "the workgroup `elt` in eu-west-1: WorkGroup elt is not found.",
            "did you mean `workgroup = \"etl\"`?",
        ),
        (
            "closed",
            |config| AthenaConfig { workgroup: "closed".into(), ..config },
            ErrorKind::Denied,
            "the workgroup `closed` is disabled",
            "enable it",
        ),
        (
            "output",
            |config| AthenaConfig { workgroup: "etl".into(), ..config },
            ErrorKind::Statement,
            "the workgroup `etl` has no place for results",
            "write `output_location = \"s3://bucket/results/\"`",
        ),
        (
            "address",
            |config| AthenaConfig { endpoint: Some("http://127.0.0.1:9".into()), ..config },
            ErrorKind::Unavailable,
            "GetWorkGroup: ",
            "",
        ),
    ];
    for (what, change, kind, message, help) in cases {
        let engine = Athena::open(change(settings(&server))).unwrap();
        let error = engine.submit(&submission("select 1 as x", what)).unwrap_err();
        assert_eq!((error.kind, error.effect), (kind, Effect::None), "{what}: {error:?}");
        assert!(error.message.starts_with(message), "{what}: {}", error.message);
        assert!(error.help.unwrap_or_default().contains(help), "{what}");
    }
    assert_eq!(server.calls("StartQueryExecution"), 0);
    let with_place =
        AthenaConfig { output_location: Some("s3://b/r/".into()), workgroup: "etl".into(), ..settings(&server) };
    let engine = Athena::open(with_place).unwrap();
    engine.submit(&submission("select 1 as x", "x")).unwrap();
}
