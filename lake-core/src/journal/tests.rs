//! The journal on an object store in memory.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use object_store::memory::InMemory;

use super::*;
use crate::plan::facts::Publication;
use crate::plan::{FileMark, Release, StepOutcome, VERSION};

fn journal() -> Journal {
    Journal::new(Arc::new(InMemory::new())).unwrap()
}

fn plan(attempt: u32) -> Plan {
    Plan {
        version: VERSION,
        run: "r1".into(),
        model: "fx.rates".into(),
        attempt,
        kind: "merge".into(),
        reason: "first run".into(),
        now: String::new(),
        fingerprint: "f".into(),
        pins: vec![],
        files: vec![],
        steps: vec![],
        bad_rows: None,
        release: Release {
            number: 1,
            table: None,
            events: None,
            inputs: BTreeMap::new(),
            rows: None,
            high_water: None,
        },
    }
}

fn publication(number: u64, run: &str, file: &str) -> Publication {
    Publication {
        version: VERSION,
        number,
        run: run.into(),
        attempt: 1,
        at: String::new(),
        fingerprint: "f".into(),
        table: None,
        events: None,
        inputs: BTreeMap::new(),
        files: [("raw.docs".to_owned(), vec![FileMark { path: file.into(), size: 1 }])].into(),
        files_before: None,
        rows: None,
        high_water: None,
    }
}

#[test]
fn open_plans_pin_what_they_read() {
    let journal = journal();
    let relation = PhysicalName { schema: "raw".into(), table: "feed".into() };
    let pin = |id: &str, version| crate::plan::Pin { id: id.into(), relation: relation.clone(), version };
    let of = |model: &str, snapshot| Plan {
        model: model.into(),
        pins: vec![pin("raw.feed", Version::Snapshot(snapshot)), pin("raw.other", Version::None)],
        ..plan(1)
    };
    assert_eq!(journal.pins().unwrap(), Pins::new());
    for (model, snapshot) in [("a.x", 1), ("a.y", 2), ("a.z", 1)] {
        journal.begin(&of(model, snapshot)).unwrap();
    }
    assert_eq!(journal.pins().unwrap(), Pins::from([(relation.clone(), [1, 2].into())]));
    journal.end(&of("a.y", 2), &Outcomes::new(), End::Done).unwrap();
    assert_eq!(journal.pins().unwrap(), Pins::from([(relation.clone(), [1].into())]));
}

#[test]
fn a_model_has_one_open_plan() {
    let journal = journal();
    assert!(journal.begin(&plan(1)).unwrap());
    assert!(!journal.begin(&plan(2)).unwrap());
    let stage: Outcomes = [("stage".to_owned(), StepOutcome::effective(Some(3)))].into();
    journal.record(&plan(1), 1, &stage).unwrap();
    let open = journal.open_plan("fx.rates").unwrap().unwrap();
    assert_eq!((open.outcomes, open.groups), (stage.clone(), 1));

    journal.end(&plan(1), &stage, End::Done).unwrap();
    assert_eq!(journal.open_plan("fx.rates").unwrap(), None);
    assert_eq!(journal.ended_plan("fx.rates", "r1-1").unwrap().unwrap().end, End::Done);
    assert!(journal.begin(&plan(2)).unwrap());
}

#[test]
fn a_publication_number_is_taken_once() {
    let journal = journal();
    assert_eq!(journal.release("m.a", publication(1, "r1", "a")).unwrap(), Released::Ours);
    assert_eq!(journal.release("m.a", publication(1, "r1", "a")).unwrap(), Released::Ours);
    assert_eq!(journal.release("m.a", publication(1, "r2", "b")).unwrap(), Released::Taken { run: "r1".into() });
    assert!(journal.is_released("m.a", 1, "r1", 1).unwrap());
    assert!(!journal.is_released("m.a", 1, "r1", 2).unwrap());
}

#[test]
fn files_of_all_loads_are_found() {
    let journal = journal();
    for number in 1..=70 {
        journal.release("m.a", publication(number, "r", &format!("{number}.json"))).unwrap();
    }
    let published = journal.published("m.a").unwrap();
    assert_eq!(published.latest.unwrap().number, 70);
    assert_eq!(published.consumed["raw.docs"].len(), 70);
}

#[test]
fn a_lease_passes_on_when_its_time_is_over_or_its_process_is_gone() {
    let journal = journal();
    let holder = |run: &str| Holder { run: run.into(), host: "h".into(), process: 1 };
    let start = DateTime::<Utc>::UNIX_EPOCH;
    let long = TimeDelta::seconds(30);
    let take = |run: &str, at: i64, gone: bool| {
        journal.acquire("m.a", &holder(run), start + TimeDelta::seconds(at), long, |_| gone).unwrap()
    };
    let LeaseOutcome::Held(mut first) = take("r1", 0, false) else { panic!("nobody had it") };
    assert!(matches!(take("r2", 20, false), LeaseOutcome::Taken { .. }));
    assert!(journal.renew(&mut first, start + TimeDelta::seconds(20), long).unwrap());
    assert!(matches!(take("r2", 40, false), LeaseOutcome::Taken { .. }));
    let LeaseOutcome::Held(second) = take("r2", 51, false) else { panic!("its time was over") };
    assert!(!journal.renew(&mut first, start + TimeDelta::seconds(52), long).unwrap());
    let LeaseOutcome::Held(_) = take("r3", 53, true) else { panic!("its process is gone") };
    journal.give_back(&second).unwrap();
}

#[test]
fn a_folder_is_a_journal_too() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("not/yet/there");
    let journal = Journal::folder(&state).unwrap();
    assert!(journal.begin(&plan(1)).unwrap());
    assert!(!Journal::folder(&state).unwrap().begin(&plan(2)).unwrap());
    assert_eq!(journal.release("fx.rates", publication(1, "r1", "a")).unwrap(), Released::Ours);
    journal.end(&plan(1), &Outcomes::new(), End::Done).unwrap();
    let again = Journal::folder(&state).unwrap();
    assert_eq!(again.open_plan("fx.rates").unwrap(), None);
    assert_eq!(again.published("fx.rates").unwrap().latest.unwrap().number, 1);

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Journal::folder(&file.join("state")).err().unwrap().to_string();
    assert!(
        error.starts_with("cannot open the journal's `") && error.ends_with("Not a directory (os error 20)"),
        "{error}"
    );
}

#[test]
fn a_document_that_was_cut_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::folder(folder.path()).unwrap();
    journal.begin(&plan(1)).unwrap();
    std::fs::write(folder.path().join("models/fx.rates/open/plan.json"), "{\"version\": 1,").unwrap();
    let error = journal.open_plan("fx.rates").unwrap_err().to_string();
    assert!(error.starts_with("cannot read the journal's `models/fx.rates/open/plan.json`: EOF"), "{error}");
}
