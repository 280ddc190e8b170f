//! Histories: every case of slowly changing dimensions that is known to corrupt one, and an oracle in plain Rust.
#![allow(clippy::unwrap_used)]

mod lab;

use lab::*;
use lake_core::model::spec::*;

const COLUMNS: &str = "id bigint, at date, value varchar?, valid_from date, valid_to date?, is_current boolean";

fn events(spec: HistorySpec) -> Lab {
    let source = files("raw.feed", "id bigint, at date, value varchar?");
    Lab::new(
        vec![source],
        vec![model("a.h", Kind::History(spec), COLUMNS, "select id, at, value from {feed}", &["raw.feed"])],
    )
}

/// `1 2022-01-01 a` becomes a row; `-` is null.
fn land(lab: &Lab, path: &str, rows: &[&str]) {
    let line = |row: &&str| {
        let words: Vec<&str> = row.split(' ').collect();
        let value = if words[2] == "-" { "null".to_owned() } else { format!("\"{}\"", words[2]) };
        format!("{{\"id\": {}, \"at\": \"2022-{}\", \"value\": {value}}}", words[0], words[1])
    };
    lab.land(path, &rows.iter().map(line).collect::<Vec<_>>().join("\n"));
}

/// Versions as `id value from–to`.
fn versions(lab: &Lab) -> Vec<String> {
    let rows = lab
        .world
        .engine
        .execute("select id, value, valid_from, valid_to from a.h order by id, valid_from")
        .unwrap()
        .strings();
    rows.iter()
        .map(|row| {
            let words: Vec<&str> = row.split(" | ").collect();
            let end = if words[3] == "null" { "" } else { &words[3][5..] };
            format!("{} {} {}–{end}", words[0], words[1], &words[2][5..])
        })
        .collect()
}

fn check(lab: &Lab, loads: &[&[&str]], expected: &[&str]) {
    for (n, load) in loads.iter().enumerate() {
        land(lab, &format!("{n}.json"), load);
        let result = lab.only();
        assert!(result.outcome.is_good(), "{result:?}");
    }
    assert_eq!(versions(lab), expected);
}

fn feed() -> Lab {
    events(history(HistoryInput::Events { delete_when: None }))
}

fn extracts() -> Lab {
    events(history(full_extract()))
}

#[test]
fn several_changes_of_a_key_in_one_load() {
    check(&feed(), &[&["1 01-03 c", "1 01-01 a", "1 01-02 b"]], &["1 a 01-01–01-02", "1 b 01-02–01-03", "1 c 01-03–"]);
}

#[test]
fn a_null_becomes_a_value_and_the_old_version_keeps_its_null() {
    check(&feed(), &[&["1 01-01 -"], &["1 01-02 x"]], &["1 null 01-01–01-02", "1 x 01-02–"]);
}

#[test]
fn duplicates_count_once_and_values_may_return() {
    check(
        &feed(),
        &[&["1 01-01 a", "1 01-01 a"], &["1 01-02 b"], &["1 01-03 a"]],
        &["1 a 01-01–01-02", "1 b 01-02–01-03", "1 a 01-03–"],
    );
}

#[test]
fn late_rows_relink_their_neighbours() {
    check(
        &feed(),
        &[&["1 01-01 a", "2 01-01 b"], &["1 03-01 c"], &["3 04-01 d"], &["1 02-01 late"]],
        &["1 a 01-01–02-01", "1 late 02-01–03-01", "1 c 03-01–", "2 b 01-01–", "3 d 04-01–"],
    );
}

#[test]
fn a_late_row_may_only_move_a_start_or_change_nothing() {
    check(&feed(), &[&["1 02-01 a"], &["1 01-01 a"]], &["1 a 01-01–"]);
    check(&feed(), &[&["1 01-01 a"], &["1 02-01 a"]], &["1 a 01-01–"]);
    check(&feed(), &[&["1 01-01 a", "1 03-01 b"], &["1 02-01 b"]], &["1 a 01-01–02-01", "1 b 02-01–"]);
}

#[test]
fn a_late_row_before_a_repeat_ends_at_the_repeat() {
    check(
        &feed(),
        &[&["1 01-01 a"], &["1 01-05 a"], &["1 01-03 b"]],
        &["1 a 01-01–01-03", "1 b 01-03–01-05", "1 a 01-05–"],
    );
    check(
        &feed(),
        &[&["1 01-05 b"], &["1 01-03 b"], &["1 01-01 a"], &["1 01-04 a"]],
        &["1 a 01-01–01-03", "1 b 01-03–01-04", "1 a 01-04–01-05", "1 b 01-05–"],
    );
}

#[test]
fn a_delete_may_come_before_what_it_deletes() {
    let input = HistoryInput::Events { delete_when: Some("value = 'gone'".into()) };
    let spec = HistorySpec { tracked: Some(vec!["value".into()]), ..history(input) };
    check(
        &events(spec),
        &[&["1 01-03 gone", "2 01-01 x"], &["1 01-05 gone"], &["1 01-01 a"], &["1 01-04 b"]],
        &["1 a 01-01–01-03", "1 b 01-04–01-05", "2 x 01-01–"],
    );
}

#[test]
fn a_row_that_contradicts_a_repeat_is_refused() {
    let lab = feed();
    check(&lab, &[&["1 01-01 a"], &["1 01-05 a"]], &["1 a 01-01–"]);
    land(&lab, "2.json", &["1 01-05 b"]);
    assert_eq!(lab.outcomes(), ["refused: 1 row contradicts what the history says of the same `at`"]);
}

#[test]
fn a_history_without_its_events_is_not_added_to() {
    let lab = feed();
    check(&lab, &[&["1 01-01 a"]], &["1 a 01-01–"]);
    let tables = lab.world.engine.names();
    let kept = tables.iter().find(|name| name.ends_with("_events")).unwrap();
    lab.world.engine.execute(&format!("drop table {kept}")).unwrap();
    land(&lab, "1.json", &["1 01-02 b"]);
    assert_eq!(lab.outcomes(), [format!("failed: {kept}, which keeps the events that a.h is made from, is gone")]);
}

#[test]
fn the_same_load_again_writes_nothing() {
    for lab in [feed(), extracts()] {
        land(&lab, "0.json", &["1 01-01 a", "2 01-01 b"]);
        lab.run();
        land(&lab, "1.json", &["1 01-02 x", "3 01-02 c"]);
        lab.run();
        let (before, commits) = (versions(&lab), lab.commits("a", "h"));
        land(&lab, "2.json", &["1 01-01 a", "2 01-01 b"]);
        land(&lab, "3.json", &["1 01-02 x", "3 01-02 c"]);
        assert_eq!(lab.outcomes(), ["published 0"]);
        assert_eq!((versions(&lab), lab.commits("a", "h")), (before, commits));
    }
}

#[test]
fn ties_are_refused_within_a_load_and_against_the_history() {
    let lab = feed();
    land(&lab, "0.json", &["1 01-01 a", "1 01-01 b"]);
    assert_eq!(
        lab.outcomes(),
        [
            "refused: 1 pair of key and `at` has rows that differ: say which wins with `.ties(ties::last_by(Row::column))`"
        ]
    );
    lab.take_away("0.json");
    land(&lab, "1.json", &["1 01-01 a"]);
    assert_eq!(lab.outcomes(), ["published 1"]);
    land(&lab, "2.json", &["1 01-01 b"]);
    assert_eq!(lab.outcomes(), ["refused: 1 row contradicts what the history says of the same `at`"]);
    assert_eq!(versions(&lab), ["1 a 01-01–"]);
}

#[test]
fn a_row_and_a_delete_at_one_moment_contradict_each_other() {
    let gone = || {
        let input = HistoryInput::Events { delete_when: Some("value = 'gone'".into()) };
        events(HistorySpec { tracked: Some(vec!["value".into()]), ..history(input) })
    };
    let loads: [(Lab, &[&str], &[&str]); 4] = [
        (gone(), &["1 01-01 a", "1 01-03 gone"], &["1 01-03 b"]),
        (gone(), &["1 01-01 a", "1 01-03 b"], &["1 01-03 gone"]),
        (extracts(), &["1 01-01 a", "2 01-01 b", "2 01-03 b"], &["1 01-03 a", "2 01-03 b"]),
        (extracts(), &["1 01-01 a", "2 01-01 b", "1 01-03 x", "2 01-03 b"], &["2 01-03 b"]),
    ];
    for (lab, first, second) in loads {
        land(&lab, "0.json", first);
        assert!(lab.only().outcome.is_good());
        let before = versions(&lab);
        land(&lab, "1.json", second);
        let words = &lab.outcomes()[0];
        assert!(words.contains("contradicts what the history says of the same `at`"), "{words}");
        assert_eq!(versions(&lab), before);
    }
}

#[test]
fn ties_may_be_settled_by_another_column() {
    let lab = events(HistorySpec {
        ties: Ties::LastBy("value".into()),
        ..history(HistoryInput::Events { delete_when: None })
    });
    check(&lab, &[&["1 01-01 a", "1 01-01 b"], &["1 01-01 c"]], &["1 c 01-01–"]);
}

#[test]
fn deletes_in_events_close_and_a_key_may_come_back() {
    let input = HistoryInput::Events { delete_when: Some("value = 'gone'".into()) };
    let mut spec = history(input);
    spec.tracked = Some(vec!["value".into()]);
    check(
        &events(spec),
        &[&["1 01-01 a", "1 01-05 gone", "2 01-02 gone"], &["1 01-05 gone"], &["1 01-07 a"], &["1 01-06 gone"]],
        &["1 a 01-01–01-05", "1 a 01-07–"],
    );
}

#[test]
fn keys_that_an_extract_lacks_are_closed_and_reopened_after_a_gap() {
    check(
        &extracts(),
        &[
            &["1 01-01 a", "2 01-01 b", "1 01-02 a", "1 01-03 a", "2 01-03 b"],
            &["2 01-04 b"],
            &["1 01-05 a", "2 01-05 x"],
        ],
        &["1 a 01-01–01-04", "1 a 01-05–", "2 b 01-01–01-02", "2 b 01-03–01-05", "2 x 01-05–"],
    );
}

#[test]
fn missing_keys_may_be_ignored() {
    let lab = events(history(HistoryInput::FullExtract(Deletes::Ignore)));
    check(&lab, &[&["1 01-01 a", "2 01-01 b"], &["2 01-02 c"]], &["1 a 01-01–", "2 b 01-01–01-02", "2 c 01-02–"]);
}

#[test]
fn empty_extracts_and_mass_deletes_are_refused() {
    let guarded = HistoryInput::FullExtract(Deletes::Close { max_percent: 50, allow_empty: false });
    let lab = events(history(guarded));
    land(&lab, "0.json", &["1 01-01 a", "2 01-01 b", "3 01-01 c"]);
    assert_eq!(lab.outcomes(), ["published 3"]);
    lab.land("1.json", "");
    assert_eq!(
        lab.outcomes(),
        ["refused: the full extract has no rows, which would close every key: allow it with `.allow_empty()`"]
    );
    lab.take_away("1.json");
    land(&lab, "2.json", &["1 01-02 a"]);
    assert_eq!(
        lab.outcomes(),
        ["refused: 1 extract closes more than 50 % of the open keys: allow it with `.max_percent(..)`"]
    );
    lab.take_away("2.json");
    land(&lab, "3.json", &["1 01-02 a", "2 01-02 b"]);
    assert_eq!(lab.outcomes(), ["published 1"]);
    assert_eq!(versions(&lab), ["1 a 01-01–", "2 b 01-01–", "3 c 01-01–01-02"]);
    land(&lab, "4.json", &["1 01-03 a", "2 01-03 b", "1 01-04 x", "2 01-04 b", "4 01-04 d", "4 01-05 d"]);
    assert_eq!(lab.only().outcome, lake_core::run::summary::Outcome::Refused);
}

#[test]
fn a_late_extract_is_refused_unless_it_changes_nothing() {
    let lab = extracts();
    land(&lab, "0.json", &["1 01-01 a", "1 01-03 a"]);
    assert_eq!(lab.outcomes(), ["published 1"]);
    land(&lab, "1.json", &["2 01-02 b"]);
    let words = &lab.outcomes()[0];
    assert!(words.contains("would change at or before 2022-01-03, the newest extract that was loaded"), "{words}");
    lab.take_away("1.json");
    land(&lab, "2.json", &["1 01-02 a"]);
    assert_eq!(lab.outcomes(), ["published 0"]);
}

#[test]
fn a_key_or_a_moment_that_is_null_is_refused_with_a_count() {
    let lab = feed();
    lab.land(
        "0.json",
        "{\"id\": null, \"at\": \"2022-01-01\", \"value\": \"a\"}\n{\"id\": 1, \"at\": null, \"value\": \"a\"}",
    );
    assert_eq!(
        lab.outcomes(),
        ["refused: 1 row of `raw.feed` without `id`, which is declared as never null; \
          1 row of `raw.feed` without `at`, which is declared as never null"]
    );
}

#[test]
fn untracked_columns_are_updated_in_place() {
    let source = files("raw.feed", "id bigint, at date, value varchar?, note varchar?");
    let columns = "id bigint, at date, value varchar?, note varchar?, start date, finish date, latest boolean";
    let spec = HistorySpec {
        tracked: Some(vec!["value".into()]),
        names: HistoryNames {
            from: "start".into(),
            to: "finish".into(),
            open_end: Some("2999-01-01".into()),
            current: "latest".into(),
        },
        ..history(HistoryInput::Events { delete_when: None })
    };
    let lab =
        Lab::new(vec![source], vec![model("a.h", Kind::History(spec), columns, "select * from {feed}", &["raw.feed"])]);
    lab.land("0.json", "{\"id\":1,\"at\":\"2022-01-01\",\"value\":\"a\",\"note\":\"n1\"}\n{\"id\":1,\"at\":\"2022-01-02\",\"value\":\"a\",\"note\":\"n2\"}");
    assert_eq!(lab.outcomes(), ["published 1"]);
    assert_eq!(lab.rows("a.h"), ["1 | 2022-01-01 | a | n2 | 2022-01-01 | 2999-01-01 | true"]);
    lab.land("1.json", "{\"id\":1,\"at\":\"2022-01-03\",\"value\":\"a\",\"note\":\"n3\"}");
    assert_eq!(lab.outcomes(), ["published 1"]);
    lab.land("2.json", "{\"id\":1,\"at\":\"2022-01-04\",\"value\":\"b\",\"note\":\"n4\"}");
    assert_eq!(lab.outcomes(), ["published 2"]);
    assert_eq!(
        lab.rows("a.h"),
        [
            "1 | 2022-01-01 | a | n3 | 2022-01-01 | 2022-01-04 | false",
            "1 | 2022-01-04 | b | n4 | 2022-01-04 | 2999-01-01 | true"
        ]
    );
}

#[test]
fn a_history_of_keys_alone() {
    let source = files("raw.feed", "id bigint, at date, value varchar?");
    let columns = "id bigint, at date, valid_from date, valid_to date?, is_current boolean";
    let spec = history(full_extract());
    let lab = Lab::new(
        vec![source],
        vec![model("a.h", Kind::History(spec), columns, "select id, at from {feed}", &["raw.feed"])],
    );
    land(&lab, "0.json", &["1 01-01 a", "2 01-01 b", "1 01-02 x"]);
    land(&lab, "1.json", &["1 01-03 a", "2 01-03 b"]);
    assert_eq!(lab.outcomes(), ["published 3"]);
    assert_eq!(
        lab.rows("a.h"),
        [
            "1 | 2022-01-01 | 2022-01-01 | null | true",
            "2 | 2022-01-01 | 2022-01-01 | 2022-01-02 | false",
            "2 | 2022-01-03 | 2022-01-03 | null | true"
        ]
    );
}
