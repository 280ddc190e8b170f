//! Whole loads: the same three deliveries end in the same rows on every engine.

use std::collections::BTreeSet;
use std::sync::Arc;

use lake_core::journal::Journal;
use lake_core::model::spec::*;
use lake_core::project::Project;
use lake_core::project::settings::Target;
use lake_core::run::cancel::CancelToken;
use lake_core::run::clock::SystemClock;
use lake_core::run::landing::LandingFolder;
use lake_core::run::session::{RunOptions, Session};
use lake_core::run::summary::Outcome;

use crate::Lab;
use crate::declare::{append, files, full_extract, history, merge, model};

/// Three deliveries: a change, a key that leaves, and in the last one a day that comes late.
const DELIVERIES: [&str; 3] = [
    r#"{"id": 1, "at": "2022-01-01", "word": "a", "price": 1.10}
{"id": 2, "at": "2022-01-01", "word": "it's", "price": 2.25}"#,
    r#"{"id": 1, "at": "2022-01-03", "word": "b", "price": 1.10}
{"id": 3, "at": "2022-01-03", "word": null, "price": 99999.99}"#,
    r#"{"id": 1, "at": "2022-01-02", "word": "late", "price": 0.01}
{"id": 3, "at": "2022-01-04", "word": "c", "price": 99999.99}"#,
];

/// Three extracts: the second lacks a key and brings one, the third changes one.
const EXTRACTS: [&str; 3] = [
    DELIVERIES[0],
    DELIVERIES[1],
    r#"{"id": 1, "at": "2022-01-04", "word": "b", "price": 1.10}
{"id": 3, "at": "2022-01-04", "word": "c", "price": 99999.99}"#,
];

const COLUMNS: &str = "id bigint, at date, word varchar?, price decimal(18,6)";

/// Runs models over the deliveries; after each the project has nothing left to do.
fn load(lab: &Lab, kind: Kind, columns: &str, more: Vec<ModelSpec>) {
    deliver(lab, kind, columns, more, &DELIVERIES);
}

fn deliver(lab: &Lab, kind: Kind, columns: &str, more: Vec<ModelSpec>, deliveries: &[&str]) {
    let (landing, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut models = vec![model("a.rows", kind, columns, "select * from {feed}", &["raw.feed"])];
    models.extend(more);
    let mut target = Target::named("lab");
    target.schemas.insert("a".into(), lab.schema.clone());
    target.warehouse = "s3://lab/warehouse".into();
    for (at, delivery) in deliveries.iter().enumerate() {
        std::fs::write(landing.path().join(format!("{at}.json")), delivery).unwrap();
        let project = Project::load(models.clone(), vec![files("raw.feed", COLUMNS)], target.clone()).unwrap();
        let session = Session::with(
            project,
            lab.engine.clone(),
            Journal::folder(state.path()).unwrap(),
            Box::new(LandingFolder(landing.path().to_owned())),
            Arc::new(SystemClock),
        );
        for outcome in [Outcome::Published, Outcome::Unchanged] {
            let all: BTreeSet<Id> = session.project().graph.models().map(|m| m.id.clone()).collect();
            let summary = session.run(&all, &RunOptions::default(), &CancelToken::default(), &|_| {}).unwrap();
            assert_eq!(summary.models[0].outcome, outcome, "{summary:#?}");
            assert!(summary.is_good(), "{summary:#?}");
        }
    }
    let left: Vec<_> = lab.engine.list(&lab.schema).unwrap();
    // What a table's view shows, and the events that a history keeps, stay.
    let stays = |table: &str| table.starts_with("sums__") || table.ends_with("_events");
    let runs = left.iter().filter(|name| name.table.contains("__r") && !stays(&name.table)).count();
    assert_eq!(runs, 0, "tables of runs are dropped: {left:?}");
}

fn rows(lab: &Lab) -> Vec<String> {
    lab.rows("select * from @rows order by id, at, word")
}

/// A view over rows that were appended.
pub fn views(lab: &Lab) {
    let shown = model("a.shown", Kind::View, "id bigint", "select id from {rows} where price > 2", &["a.rows"]);
    load(lab, append(), COLUMNS, vec![shown]);
    assert_eq!(lab.rows("select id from @shown order by 1"), ["[2]", "[3]", "[3]"]);
}

/// A table that is computed anew.
pub fn tables(lab: &Lab) {
    let query = "select id, sum(price) as total from {rows} group by id";
    let sums = model("a.sums", Kind::Table, "id bigint, total decimal(38,6)", query, &["a.rows"]);
    load(lab, append(), COLUMNS, vec![sums]);
    assert_eq!(
        lab.rows("select * from @sums order by 1"),
        [r#"[1,"2.210000"]"#, r#"[2,"2.250000"]"#, r#"[3,"199999.980000"]"#]
    );
}

/// Rows that are added.
pub fn appends(lab: &Lab) {
    load(lab, append(), COLUMNS, vec![]);
    assert_eq!(
        rows(lab),
        [
            r#"[1,"2022-01-01","a","1.100000"]"#,
            r#"[1,"2022-01-02","late","0.010000"]"#,
            r#"[1,"2022-01-03","b","1.100000"]"#,
            r#"[2,"2022-01-01","it's","2.250000"]"#,
            r#"[3,"2022-01-03",null,"99999.990000"]"#,
            r#"[3,"2022-01-04","c","99999.990000"]"#,
        ]
    );
}

/// Rows that replace those of the same key.
pub fn merges(lab: &Lab) {
    load(lab, merge(&["id"]), COLUMNS, vec![]);
    assert_eq!(
        rows(lab),
        [
            r#"[1,"2022-01-02","late","0.010000"]"#,
            r#"[2,"2022-01-01","it's","2.250000"]"#,
            r#"[3,"2022-01-04","c","99999.990000"]"#,
        ]
    );
}

fn versions() -> String {
    format!("{COLUMNS}, valid_from date, valid_to date?, is_current boolean")
}

/// Versions from full extracts: what an extract lacks is closed.
pub fn histories_of_extracts(lab: &Lab) {
    deliver(lab, Kind::History(history(full_extract())), &versions(), vec![], &EXTRACTS);
    check_versions(
        lab,
        &[
            r#"[1,"a","2022-01-01","2022-01-03",false]"#,
            r#"[1,"b","2022-01-03",null,true]"#,
            r#"[2,"it's","2022-01-01","2022-01-03",false]"#,
            r#"[3,null,"2022-01-03","2022-01-04",false]"#,
            r#"[3,"c","2022-01-04",null,true]"#,
        ],
    );
}

/// Versions from events: a late one relinks its neighbours.
pub fn histories_of_events(lab: &Lab) {
    let input = HistoryInput::Events { delete_when: None };
    load(lab, Kind::History(history(input)), &versions(), vec![]);
    check_versions(
        lab,
        &[
            r#"[1,"a","2022-01-01","2022-01-02",false]"#,
            r#"[1,"late","2022-01-02","2022-01-03",false]"#,
            r#"[1,"b","2022-01-03",null,true]"#,
            r#"[2,"it's","2022-01-01",null,true]"#,
            r#"[3,null,"2022-01-03","2022-01-04",false]"#,
            r#"[3,"c","2022-01-04",null,true]"#,
        ],
    );
}

fn check_versions(lab: &Lab, expected: &[&str]) {
    let query = "select id, word, valid_from, valid_to, is_current from @rows order by id, valid_from";
    assert_eq!(lab.rows(query), expected);
}
