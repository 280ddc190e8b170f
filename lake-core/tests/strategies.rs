//! What each strategy does to tables, on the engine in memory.
#![allow(clippy::unwrap_used)]

mod lab;

use lab::*;
use lake_core::model::spec::*;

fn loads(kind: Kind) -> Lab {
    Lab::new(
        vec![files("raw.docs", "id bigint, word varchar?")],
        vec![model("a.rows", kind, "id bigint, word varchar?", "select * from {docs}", &["raw.docs"])],
    )
}

#[test]
fn a_table_and_a_view_over_it() {
    let lab = Lab::new(
        vec![table_source("raw.orders", "id bigint, amount bigint")],
        vec![
            model(
                "a.sums",
                Kind::Table,
                "n bigint, total bigint?",
                "select count(*) as n, sum(amount) as total from {orders}",
                &["raw.orders"],
            ),
            model("a.shown", Kind::View, "total bigint?", "select total from {sums}", &["a.sums"]),
        ],
    );
    lab.world.engine.execute("create schema raw").unwrap();
    lab.world
        .engine
        .execute("create table raw.orders as select * from (values (bigint '1', bigint '10'), (2, 20)) t (id, amount)")
        .unwrap();
    assert_eq!(lab.outcomes(), ["published 1", "published"]);
    assert_eq!(lab.rows("a.shown"), ["30"]);
    assert_eq!(lab.outcomes(), ["unchanged", "unchanged"]);

    lab.world.engine.execute("insert into raw.orders values (3, 30)").unwrap();
    assert_eq!(lab.outcomes(), ["published 1", "unchanged"]);
    assert_eq!(lab.rows("a.shown"), ["60"]);
    assert_eq!(lab.names(), ["a.shown", "a.sums", "a.sums", "raw.orders"]);
}

#[test]
fn appends_take_each_file_once() {
    let lab = loads(append());
    lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
    assert_eq!(lab.outcomes(), ["published 1"]);
    lab.land("2.json", r#"{"id": 1, "word": "a"}"#);
    assert_eq!(lab.outcomes(), ["published 1"]);
    assert_eq!(lab.outcomes(), ["unchanged"]);
    assert_eq!(lab.rows("a.rows"), ["1 | a", "1 | a"]);
    assert_eq!(lab.names(), ["a.rows"]);
}

#[test]
fn merges_write_only_what_differs() {
    let lab = loads(merge(&["id"]));
    lab.land("1.json", "{\"id\": 1, \"word\": \"a\"}\n{\"id\": 2, \"word\": null}");
    assert_eq!(lab.outcomes(), ["published 2"]);
    lab.land("2.json", "{\"id\": 1, \"word\": \"a\"}\n{\"id\": 2, \"word\": \"b\"}\n{\"id\": 3, \"word\": \"c\"}");
    assert_eq!(lab.outcomes(), ["published 2"]);
    assert_eq!(lab.rows("a.rows"), ["1 | a", "2 | b", "3 | c"]);
    let commits = lab.commits("a", "rows");
    lab.land("3.json", r#"{"id": 1, "word": "a"}"#);
    assert_eq!(lab.outcomes(), ["published 0"]);
    assert_eq!(lab.commits("a", "rows"), commits);
    assert_eq!(lab.names(), ["a.rows"]);
}

#[test]
fn rows_that_share_a_key_are_refused_even_if_one_is_known() {
    let lab = loads(merge(&["id"]));
    lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
    lab.run();
    lab.land("2.json", "{\"id\": 1, \"word\": \"a\"}\n{\"id\": 1, \"word\": \"b\"}");
    assert_eq!(lab.outcomes(), ["refused: 2 rows share their key `id` with another row of this load"]);
    assert_eq!(lab.rows("a.rows"), ["1 | a"]);
    lab.take_away("2.json");
    lab.land("3.json", r#"{"id": 1, "word": "b"}"#);
    assert_eq!(lab.outcomes(), ["published 1"]);
    assert_eq!(lab.names(), ["a.rows"]);

    let first = loads(merge(&["id"]));
    first.land("1.json", "{\"id\": 1, \"word\": \"a\"}\n{\"id\": 1, \"word\": \"b\"}");
    assert_eq!(first.outcomes(), ["refused: 1 value of `id` occurs more than once"]);
    assert_eq!(first.names(), ["a.rows"], "the draft alone");
}

#[test]
fn bad_rows_are_refused_before_readers_see_them() {
    let mut rows = model("a.rows", merge(&["id"]), "id bigint, word varchar?", "select * from {docs}", &["raw.docs"]);
    rows.columns[1].audits = vec![
        ColumnAudit::Accepted(vec!["a".into(), "b".into()]),
        ColumnAudit::Unique,
        ColumnAudit::Condition("length({column}) > 0".into()),
    ];
    let lab = Lab::new(vec![files("raw.docs", "id bigint, word varchar?")], vec![rows]);
    lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
    assert_eq!(lab.outcomes(), ["published 1"]);
    for (content, message) in [
        (r#"{"id": 2, "word": "c"}"#, "refused: 1 row has a `word` that is none of 'a', 'b'"),
        (r#"{"id": 2, "word": "a"}"#, "refused: 1 value of `word` occurs more than once"),
        (
            r#"{"id": 2, "word": ""}"#,
            "refused: 1 row has a `word` that is none of 'a', 'b'; 1 row does not meet `length(word) > 0`",
        ),
        (r#"{"word": "b"}"#, "refused: 1 row of `raw.docs` without `id`, which is declared as never null"),
    ] {
        lab.land("2.json", content);
        assert_eq!(lab.outcomes(), [message]);
        lab.take_away("2.json");
    }
    assert_eq!(lab.rows("a.rows"), ["1 | a"]);
    lab.land("3.json", "{\"id\": 1, \"word\": \"b\"}\n{\"id\": 2, \"word\": \"a\"}");
    assert_eq!(lab.outcomes(), ["published 2"], "unique in the end, though not one by one");
}

#[test]
fn faults_of_the_world_have_clear_words() {
    let lab = loads(append());
    lab.world.engine.execute("create schema a").unwrap();
    lab.world.engine.execute("create table a.rows as select bigint '1' as id, 'x' as word").unwrap();
    assert_eq!(lab.outcomes(), ["failed: a.rows exists, but the journal knows of no load of it"]);

    let lab = loads(merge(&["id"]));
    lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
    lab.run();
    lab.take_away("1.json");
    lab.land("1.json", r#"{"id": 1, "word": "changed"}"#);
    assert_eq!(lab.outcomes(), ["failed: `1.json` of `raw.docs` has changed since it was loaded: 28 bytes, then 22"]);

    let lab = Lab::new(
        vec![table_source("raw.orders", "id bigint, amount bigint")],
        vec![model("a.t", Kind::Table, "id bigint", "select id from {orders}", &["raw.orders"])],
    );
    assert_eq!(lab.outcomes(), ["failed: `raw.orders` is not in the catalog (looked for raw.orders)"]);
    lab.world.engine.execute("create schema raw").unwrap();
    lab.world.engine.execute("create table raw.orders as select 'x' as id").unwrap();
    assert_eq!(
        lab.outcomes(),
        [
            "failed: the source `raw.orders` is not as declared: `id` is varchar, declared as bigint; `amount` is missing, declared as bigint"
        ]
    );
}

#[test]
fn a_table_over_files_reads_all_of_them_every_time() {
    let lab = loads(Kind::Table);
    lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
    assert_eq!(lab.outcomes(), ["published 1"]);
    assert_eq!(lab.outcomes(), ["unchanged"]);
    lab.land("2.json", r#"{"id": 2, "word": "b"}"#);
    assert_eq!(lab.outcomes(), ["published 2"]);
    lab.take_away("1.json");
    lab.land("1.json", r#"{"id": 1, "word": "changed"}"#);
    assert_eq!(lab.outcomes(), ["published 2"]);
    assert_eq!(lab.rows("a.rows"), ["1 | changed", "2 | b"]);
    lab.take_away("2.json");
    assert_eq!(lab.outcomes(), ["published 1"]);
}

#[test]
fn a_model_may_read_itself_and_the_time() {
    let mut rows = model(
        "a.rows",
        append(),
        "id bigint, word varchar?, seen timestamp(6) with time zone",
        "select d.*, {now} as seen from {docs} d where {first_run} or d.id > (select max(id) from {this})",
        &["raw.docs"],
    );
    rows.query.bindings.push(("this".into(), Binding::This));
    rows.query.bindings.push(("now".into(), Binding::Now));
    rows.query.bindings.push(("first_run".into(), Binding::FirstRun));
    let lab = Lab::new(vec![files("raw.docs", "id bigint, word varchar?")], vec![rows.clone()]);
    lab.land("1.json", "{\"id\": 5, \"word\": \"a\"}");
    assert_eq!(lab.outcomes(), ["published 1"]);
    lab.land("2.json", "{\"id\": 4, \"word\": \"late\"}\n{\"id\": 6, \"word\": \"b\"}");
    assert_eq!(lab.outcomes(), ["published 1"]);
    assert_eq!(lab.rows("a.rows").len(), 2);

    rows.query.template = "select d.*, {now} as seen from {docs} d where d.id > (select max(id) from {this})".into();
    let lab = Lab::new(vec![files("raw.docs", "id bigint, word varchar?")], vec![rows]);
    let result = lab.only();
    assert_eq!(
        result.message.as_deref(),
        Some("the query reads `{this}` on the first run, when there is no table yet")
    );
    assert_eq!(result.help.as_deref(), Some("write `{first_run} or …` before the condition that reads `{this}`"));
}

#[test]
fn a_plan_shows_the_whole_project_before_anything_exists() {
    use lake_core::run::session::RunOptions;
    use lake_core::strategy::Decision;
    let lab = Lab::new(
        vec![files("raw.docs", "id bigint, word varchar?")],
        vec![
            model("a.rows", merge(&["id"]), "id bigint, word varchar?", "select * from {docs}", &["raw.docs"]),
            model("a.sums", Kind::Table, "n bigint", "select count(*) as n from {rows}", &["a.rows"]),
            model("a.shown", Kind::View, "n bigint", "select n from {sums}", &["a.sums"]),
        ],
    );
    lab.land("1.json", r#"{"id": 1, "word": "a"}"#);
    let reasons = || {
        let session = lab.session();
        let all = session.project().graph.models().map(|m| m.id.clone()).collect();
        let plans = session.plan(&all, &RunOptions::default());
        let reason = |decision| match decision {
            Ok(Decision::Run(plan)) => plan.reason,
            Ok(Decision::Unchanged(_)) => "unchanged".into(),
            Err(error) => format!("{error}"),
        };
        plans.into_iter().map(|plan| reason(plan.decision)).collect::<Vec<String>>()
    };
    assert_eq!(reasons(), ["first run", "first run", "first run"]);
    lab.settle();
    assert_eq!(reasons(), ["unchanged", "unchanged", "unchanged"]);
    lab.land("2.json", r#"{"id": 2, "word": "b"}"#);
    assert_eq!(reasons(), ["1 new file of raw.docs", "a.rows has changed", "unchanged"]);
}
