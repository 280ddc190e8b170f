//! Histories against an oracle in plain Rust, on random loads.
#![allow(clippy::unwrap_used)]

mod lab;

use std::collections::{BTreeMap, BTreeSet};

use lab::*;
use lake_core::model::spec::*;
use proptest::prelude::*;

/// Day of January, end, value, note.
type Version = (u32, Option<u32>, Option<String>, String);
/// From day to day, with a value.
type Versions = BTreeMap<u32, Vec<Version>>;
/// All that has happened: by key and day, a value with a note, or a delete.
type Events = BTreeMap<(u32, u32), Option<(Option<String>, String)>>;

/// The versions that events make, one after the other. Only the value makes versions; the note is updated in place.
fn versions(events: &Events) -> Versions {
    let mut all: Versions = BTreeMap::new();
    for ((key, day), what) in events {
        let versions = all.entry(*key).or_default();
        let open = versions.last_mut().filter(|(_, to, ..)| to.is_none());
        match (open, what) {
            (Some((_, _, value, note)), Some((new, newer))) if value == new => note.clone_from(newer),
            (Some((_, to, ..)), what) => {
                *to = Some(*day);
                versions.extend(what.clone().map(|(value, note)| (*day, None, value, note)));
            }
            (None, Some((value, note))) => versions.push((*day, None, value.clone(), note.clone())),
            (None, None) => {}
        }
    }
    all.retain(|_, versions| !versions.is_empty());
    all
}

/// A row of the feed; the value of a key and day is always the same, so that there are no ties.
fn row(key: u32, day: u32, deleted: bool, seed: u32) -> (String, Option<(Option<String>, String)>) {
    let value = match (key * 7 + day * day + seed) % 3 {
        0 => None,
        n => Some(format!("v{n}")),
    };
    let word = value.as_ref().map_or("null".to_owned(), |v| format!("\"{v}\""));
    let line = format!(
        "{{\"id\": {key}, \"at\": \"2022-01-{day:02}\", \"value\": {word}, \"note\": \"n{day}\", \"gone\": {deleted}}}"
    );
    (line, (!deleted).then_some((value, format!("n{day}"))))
}

fn lab_of(input: HistoryInput) -> Lab {
    let source = files("raw.feed", "id bigint, at date, value varchar?, note varchar, gone boolean");
    let columns = "id bigint, at date, value varchar?, note varchar, gone boolean, valid_from date, valid_to date?, is_current boolean";
    let spec = HistorySpec { tracked: Some(vec!["value".into()]), ..history(input) };
    Lab::new(vec![source], vec![model("a.h", Kind::History(spec), columns, "select * from {feed}", &["raw.feed"])])
}

fn read(lab: &Lab) -> Versions {
    let sql =
        "select id, day(valid_from), day(valid_to), value, is_current, day(at), note from a.h order by id, valid_from";
    let mut all: Versions = BTreeMap::new();
    for row in lab.world.engine.execute(sql).unwrap().strings() {
        let words: Vec<&str> = row.split(" | ").collect();
        let text = |n: usize| (words[n] != "null").then(|| words[n].to_owned());
        assert_eq!(text(2).is_none(), words[4] == "true", "{row}");
        assert_eq!(words[1], words[5], "{row}");
        let version = (words[1].parse().unwrap(), text(2).map(|to| to.parse().unwrap()), text(3), words[6].to_owned());
        all.entry(words[0].parse().unwrap()).or_default().push(version);
    }
    all
}

/// Loads of events in any order: key, day, whether deleted.
fn loads() -> impl Strategy<Value = Vec<BTreeSet<(u32, u32)>>> {
    prop::collection::vec(prop::collection::btree_set((1u32..4, 1u32..12), 1..8), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Events in any order and any number of loads, some of them again: after each load the versions are those of one
    /// load of all events so far.
    #[test]
    fn events_in_any_order(loads in loads(), seed in 0u32..50) {
        let lab = lab_of(HistoryInput::Events { delete_when: Some("gone".into()) });
        let mut events = Events::new();
        for (n, load) in loads.iter().enumerate() {
            let mut lines = vec![];
            for (key, day) in load {
                let deleted = (key + day * 5 + seed) % 5 == 0;
                let (line, what) = row(*key, *day, deleted, seed);
                lines.push(line);
                events.insert((*key, *day), what);
            }
            lab.land(&format!("{n}.json"), &lines.join("\n"));
            // The first load may hold deletes alone, which make an empty history.
            prop_assert!(lab.only().outcome.is_good());
            prop_assert_eq!(read(&lab), versions(&events));
        }
    }

    /// Full extracts in order, cut into loads anyhow: a key that is absent is deleted.
    #[test]
    fn full_extracts(days in prop::collection::vec(prop::collection::btree_set(1u32..6, 1..5), 1..12), cuts in prop::collection::btree_set(1usize..12, 0..5), seed in 0u32..50) {
        let lab = lab_of(full_extract());
        let mut events = Events::new();
        let mut before = BTreeSet::new();
        let mut lines = vec![];
        let mut files = 0;
        for (n, keys) in days.iter().enumerate() {
            let day = n as u32 + 1;
            for key in keys {
                let (line, what) = row(*key, day / 3, false, seed);
                lines.push(line.replace(&format!("2022-01-{:02}", day / 3), &format!("2022-01-{day:02}")));
                events.insert((*key, day), what);
            }
            events.extend(before.difference(keys).map(|key| ((*key, day), None)));
            before = keys.clone();
            if cuts.contains(&n) || n + 1 == days.len() {
                files += 1;
                lab.land(&format!("{files:02}.json"), &std::mem::take(&mut lines).join("\n"));
                let result = lab.only();
                prop_assert!(result.outcome.is_good(), "{:?}", result);
            }
        }
        prop_assert_eq!(read(&lab), versions(&events));
    }
}
