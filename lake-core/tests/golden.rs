//! The statements of every strategy, for every dialect.
#![allow(clippy::unwrap_used)]

mod lab;

use std::collections::BTreeMap;

use chrono::DateTime;
use lab::*;
use lake_core::engine::Capabilities;
use lake_core::model::spec::*;
use lake_core::plan::facts::{BadRowsFact, Facts, Publication, TableFact, UpstreamFact};
use lake_core::plan::{Action, FileMark, Probe};
use lake_core::project::Project;
use lake_core::project::settings::Target;
use lake_core::strategy::{Context, Decision, plan};
use lake_sql::render::dialect::Dialect;

const CAPABILITIES: Capabilities = Capabilities { max_concurrency: 1, ..Capabilities::FULL };

fn published() -> Publication {
    Publication {
        version: 1,
        number: 1,
        run: "r1".into(),
        attempt: 1,
        at: String::new(),
        fingerprint: "older".into(),
        table: None,
        events: None,
        inputs: BTreeMap::new(),
        files: BTreeMap::new(),
        files_before: None,
        rows: None,
        high_water: Some("2026-02-27".into()),
    }
}

/// Facts of a first run, or of a later one.
fn facts(model: &ModelSpec, first: bool) -> Facts {
    let view = matches!(model.kind, Kind::View | Kind::Table);
    let columns = model.columns.iter().map(|c| (c.name.clone(), c.ty.clone(), c.nullable)).collect();
    let table = TableFact { view, columns, snapshot: Some(4711), definition: None };
    let upstream = match model.query.bindings[0].1.clone() {
        Binding::Ref(id) if id.name == "feed" => {
            (id, UpstreamFact::Files(vec![FileMark { path: "feed/1.json".into(), size: 10 }]))
        }
        Binding::Ref(id) => {
            let columns = columns_of("day date, code varchar, price decimal(18,6)");
            let found = Some(TableFact { view: false, columns, snapshot: Some(8_000_000_000_000), definition: None });
            (id, UpstreamFact::Table { found, leaves: BTreeMap::new() })
        }
        other => panic!("{other:?}"),
    };
    let superseded = lake_core::engine::PhysicalName { schema: "a".into(), table: "t__r1_1".into() };
    let events = match &model.kind {
        Kind::History(HistorySpec { input: HistoryInput::Events { .. }, .. }) if !first => Some(table.clone()),
        _ => None,
    };
    let kept = lake_core::engine::PhysicalName { schema: "a".into(), table: "h__r1_1_events".into() };
    Facts {
        run: if first { "r1" } else { "r2" }.into(),
        attempt: 1,
        now: DateTime::from_timestamp(1_772_000_000, 0).unwrap(),
        schema_exists: !first,
        target: (!first).then_some(table),
        events: events.clone(),
        upstreams: [upstream].into(),
        published: (!first).then(|| Publication {
            table: (model.kind == Kind::Table).then_some(superseded),
            events: events.map(|_| kept),
            ..published()
        }),
        consumed: BTreeMap::new(),
        bad_rows: BadRowsFact::default(),
        landed: BTreeMap::new(),
        leftovers: vec![],
        force: false,
    }
}

fn columns_of(text: &str) -> Vec<(String, lake_sql::types::Type, bool)> {
    columns(text).into_iter().map(|c| (c.name, c.ty, c.nullable)).collect()
}

/// All statements of a plan, with their step, effect and fence.
fn statements(dialect: &Dialect, model: ModelSpec, first: bool) -> String {
    let sources = vec![
        files("raw.feed", "day date, code varchar, price decimal(18,6)?"),
        table_source("raw.prices", "day date, code varchar, price decimal(18,6)"),
    ];
    let facts = facts(&model, first);
    planned(dialect, &CAPABILITIES, sources, model, &facts)
}

fn planned(
    dialect: &Dialect,
    capabilities: &Capabilities,
    sources: Vec<SourceSpec>,
    model: ModelSpec,
    facts: &Facts,
) -> String {
    let mut target = Target::named("golden");
    target.warehouse = "s3://lake/warehouse".into();
    let project = Project::load(vec![model.clone()], sources, target).unwrap();
    let context = Context { project: &project, dialect, capabilities };
    let Decision::Run(plan) = plan(&context, &model, facts).unwrap() else { panic!("nothing to do") };
    let mut text = String::new();
    for step in &plan.steps {
        let sql = match &step.action {
            Action::Statement(sql) => sql.as_str(),
            Action::Release => "(the journal records the publication)",
        };
        text.push_str(&format!("-- {} ({:?})\n{sql}\n\n", step.name, step.effect));
        if let Probe::Zero(sql) = &step.probe {
            text.push_str(&format!("-- probe of {} (Read)\n{sql}\n\n", step.name));
        }
    }
    text
}

fn check(name: &str, model: &ModelSpec) {
    for dialect in [Dialect::EMBEDDED, Dialect::ATHENA, Dialect::TRINO] {
        for (first, when) in [(true, "first"), (false, "later")] {
            let text = statements(&dialect, model.clone(), first);
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("{name}-{}-{when}", dialect.name), text);
            });
        }
    }
}

/// Rows of files as statements carry them, to engines that cannot open files. The second row is too long to share a
/// statement with the first.
#[test]
fn rows_of_files_in_statements() {
    let long = "x".repeat(199_800);
    let sources =
        vec![files("raw.feed", "day date, code varchar(9), price decimal(18,6)?, extra json?, tags array(json)?")];
    let query =
        "select day, code, price, json_extract_scalar(extra, '$.n') as n, cardinality(tags) as tags from {feed}";
    let model = model("a.t", append(), &format!("{PRICES}?, n varchar?, tags bigint?"), query, &["raw.feed"]);
    let capabilities = Capabilities { files: false, ..CAPABILITIES };
    for dialect in [Dialect::ATHENA, Dialect::TRINO] {
        let mut facts = facts(&model, false);
        let rows = vec![
            r#"["2026-03-01","it's","1.500000","{\"n\":1}",["1","\"a\""]]"#.to_owned(),
            format!(r#"["2026-03-02","é",null,"{long}",null]"#),
        ];
        facts.landed = [(id("raw.feed"), rows)].into();
        let text = planned(&dialect, &capabilities, sources.clone(), model.clone(), &facts).replace(&long, "x…");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("files-{}-later", dialect.name), text);
        });
    }
}

/// Bad rows of files, as the engine finds them or as statements carry them.
#[test]
fn bad_rows_kept_aside() {
    let mut feed = files("raw.feed", "day date, code varchar, price decimal(18,6)?");
    let Origin::Files { bad_rows, .. } = &mut feed.origin else { unreachable!("it is a source of files") };
    *bad_rows = BadRows::Keep;
    let model = model("a.t", append(), &format!("{PRICES}?"), "select day, code, price from {feed}", &["raw.feed"]);
    for (dialect, opens_files) in [(Dialect::EMBEDDED, true), (Dialect::ATHENA, false), (Dialect::TRINO, false)] {
        let mut facts = facts(&model, false);
        if !opens_files {
            let good = vec![r#"["2026-03-01","a","1.500000"]"#.to_owned()];
            let bad = vec![r#"["feed/1.json",2,"{\"day\":1}","column 8: day: expected date, it's 1"]"#.to_owned()];
            facts.landed = [(id("raw.feed"), good)].into();
            facts.bad_rows.landed = [(id("raw.feed"), bad)].into();
        }
        let capabilities = Capabilities { files: opens_files, ..CAPABILITIES };
        let text = planned(&dialect, &capabilities, vec![feed.clone()], model.clone(), &facts);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("bad-rows-{}-later", dialect.name), text);
        });
    }
}

const PRICES: &str = "day date, code varchar, price decimal(18,6)";

#[test]
fn view() {
    check("view", &model("a.t", Kind::View, PRICES, "select * from {prices} where price > 1.5", &["raw.prices"]));
}

#[test]
fn table() {
    let mut columns = model("a.t", Kind::Table, PRICES, "select * from {prices} where price > 1.5", &["raw.prices"]);
    columns.columns[2].audits = vec![ColumnAudit::Condition("{column} > 0".into())];
    check("table", &columns);
}

#[test]
fn rows_appended() {
    check("append", &model("a.t", append(), PRICES, "select day, code, price from {feed}", &["raw.feed"]));
}

#[test]
fn rows_merged() {
    let kind = merge(&["day", "code"]);
    check("merge", &model("a.t", kind, PRICES, "select day, code, price from {feed}", &["raw.feed"]));
}

#[test]
fn history_of_full_extracts() {
    let spec = HistorySpec {
        key: vec!["code".into()],
        sequence: "day".into(),
        ..history(HistoryInput::FullExtract(Deletes::Close { max_percent: 50, allow_empty: false }))
    };
    let columns = format!("{PRICES}, valid_from date, valid_to date?, is_current boolean");
    check(
        "history-extract",
        &model("a.t", Kind::History(spec), &columns, "select day, code, price from {feed}", &["raw.feed"]),
    );
}

#[test]
fn history_of_events() {
    let spec = HistorySpec {
        key: vec!["code".into()],
        sequence: "day".into(),
        tracked: Some(vec![]),
        ties: Ties::LastBy("price".into()),
        names: HistoryNames {
            from: "start".into(),
            to: "finish".into(),
            open_end: Some("2999-01-01".into()),
            current: "latest".into(),
        },
        input: HistoryInput::Events { delete_when: Some("price is null".into()) },
    };
    let columns = format!("{PRICES}, start date, finish date, latest boolean");
    check(
        "history-events",
        &model("a.t", Kind::History(spec), &columns, "select day, code, price from {feed}", &["raw.feed"]),
    );
}
