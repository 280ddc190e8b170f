//! Whatever happens to whichever statement or write of the journal, the next runs end in the tables of an undisturbed
//! one, and leave nothing behind.
#![allow(clippy::unwrap_used)]

mod lab;

use lab::*;
use lake_core::model::spec::*;
use lake_model_engine::Fault;

/// A project and two loads of it.
struct Scenario {
    name: &'static str,
    lab: fn() -> Lab,
    loads: [&'static [(&'static str, &'static str)]; 2],
    tables: &'static [&'static str],
}

const FIRST: &[(&str, &str)] = &[(
    "1.json",
    "{\"id\": 1, \"at\": \"2022-01-01\", \"word\": \"a\"}\n{\"id\": 2, \"at\": \"2022-01-01\", \"word\": \"b\"}",
)];
const SECOND: &[(&str, &str)] = &[(
    "2.json",
    "{\"id\": 1, \"at\": \"2022-01-02\", \"word\": \"x\"}\n{\"id\": 3, \"at\": \"2022-01-02\", \"word\": \"c\"}",
)];

macro_rules! word {
    () => {
        "it's a word of one hundred letters, so that ten of them fill a statement almost half: abcdefghijklmno"
    };
    (10) => {
        concat!(word!(), word!(), word!(), word!(), word!(), word!(), word!(), word!(), word!(), word!())
    };
}

/// Each row needs a statement of its own, where statements may have 2,500 bytes.
const LONG: &[(&str, &str)] = &[
    ("2.json", concat!("{\"id\": 1, \"at\": \"2022-01-02\", \"word\": \"", word!(10), "\"}")),
    (
        "3.json",
        concat!(
            "{\"id\": 3, \"at\": \"2022-01-02\", \"word\": \"",
            word!(10),
            "\"}\n{\"id\": 4, \"at\": \"2022-01-02\", \"word\": \"",
            word!(10),
            "\"}"
        ),
    ),
];

fn feed() -> Vec<SourceSpec> {
    vec![files("raw.feed", "id bigint, at date, word varchar?")]
}

fn rows(kind: Kind) -> Vec<ModelSpec> {
    vec![model("a.rows", kind, "id bigint, at date, word varchar?", "select * from {feed}", &["raw.feed"])]
}

const SCENARIOS: [Scenario; 6] = [
    Scenario { name: "append", lab: || Lab::new(feed(), rows(append())), loads: [FIRST, SECOND], tables: &["a.rows"] },
    Scenario {
        name: "merge",
        lab: || Lab::new(feed(), rows(merge(&["id"]))),
        loads: [FIRST, SECOND],
        tables: &["a.rows"],
    },
    Scenario {
        name: "history of full extracts",
        lab: || {
            let columns = "id bigint, at date, word varchar?, valid_from date, valid_to date?, is_current boolean";
            let kind = Kind::History(history(full_extract()));
            Lab::new(feed(), vec![model("a.rows", kind, columns, "select * from {feed}", &["raw.feed"])])
        },
        loads: [FIRST, SECOND],
        tables: &["a.rows"],
    },
    Scenario {
        name: "history of events",
        lab: || {
            let columns = "id bigint, at date, word varchar?, valid_from date, valid_to date?, is_current boolean";
            let kind = Kind::History(history(HistoryInput::Events { delete_when: Some("word = 'x'".into()) }));
            Lab::new(feed(), vec![model("a.rows", kind, columns, "select * from {feed}", &["raw.feed"])])
        },
        loads: [FIRST, SECOND],
        tables: &["a.rows"],
    },
    Scenario {
        name: "table and view over appended rows",
        lab: || {
            let mut models = rows(append());
            models.push(model("a.sums", Kind::Table, "n bigint", "select count(*) as n from {rows}", &["a.rows"]));
            models.push(model("a.shown", Kind::View, "n bigint", "select n from {sums}", &["a.sums"]));
            Lab::new(feed(), models)
        },
        loads: [FIRST, SECOND],
        tables: &["a.rows", "a.sums", "a.shown"],
    },
    Scenario {
        name: "rows of files that the engine cannot open",
        lab: || Lab::new(feed(), rows(merge(&["id"]))).without_files(2_500),
        loads: [FIRST, LONG],
        tables: &["a.rows"],
    },
];

/// What readers see, and which tables there are.
type World = (Vec<Vec<String>>, Vec<String>);

impl Scenario {
    fn land(&self, lab: &Lab, load: usize) {
        for (path, content) in self.loads[load] {
            lab.land(path, content);
        }
    }

    /// A lab in which all loads before `load` were run, and the files of `load` have arrived.
    fn before(&self, load: usize) -> Lab {
        let lab = (self.lab)();
        for n in 0..load {
            self.land(&lab, n);
            lab.settle();
        }
        self.land(&lab, load);
        lab
    }

    fn world(&self, lab: &Lab) -> World {
        (self.tables.iter().map(|table| lab.rows(table)).collect(), lab.names())
    }

    fn undisturbed(&self, load: usize) -> World {
        let lab = self.before(load);
        lab.settle();
        self.world(&lab)
    }
}

#[test]
fn faults_of_every_statement() {
    let faults = [
        Fault::DieBefore,
        Fault::DieAfter,
        Fault::LoseAnswer,
        Fault::LoseRequest,
        Fault::Unclear { took_effect: true },
        Fault::Unclear { took_effect: false },
        Fault::Conflict,
        Fault::Throttle,
        Fault::Internal,
        Fault::Slow(3),
    ];
    for scenario in &SCENARIOS {
        for load in 0..2 {
            let expected = scenario.undisturbed(load);
            for fault in &faults {
                let mut nth = 1;
                loop {
                    let lab = scenario.before(load);
                    lab.fault(nth, fault.clone());
                    let _ = lab.try_run();
                    if lab.world.engine.is_fault_pending() {
                        break;
                    }
                    lab.settle();
                    let place = format!("{}, load {load}, {fault:?} at statement {nth}", scenario.name);
                    assert_eq!(scenario.world(&lab), expected, "{place}: {:#?}", lab.world.engine.statements());
                    assert!(lab.outcomes().iter().all(|outcome| outcome == "unchanged"), "{place}");
                    nth += 1;
                }
                assert!(nth > 4, "{}: the fault met {nth} statements", scenario.name);
            }
        }
    }
}

#[test]
fn death_at_every_write_of_the_journal() {
    for scenario in &SCENARIOS {
        for load in 0..2 {
            let expected = scenario.undisturbed(load);
            for death in [Death::Before as fn(u64) -> Death, Death::After] {
                for nth in 1.. {
                    let lab = scenario.before(load);
                    *lab.death.lock().unwrap() = Some(death(nth));
                    let lived = lab.try_run().is_some();
                    lab.settle();
                    assert_eq!(
                        scenario.world(&lab),
                        expected,
                        "{}, load {load}, {:?}: {:#?}",
                        scenario.name,
                        death(nth),
                        lab.world.engine.statements()
                    );
                    if lived {
                        assert!(nth > 5, "{}", scenario.name);
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn two_deaths_in_a_row() {
    for scenario in &SCENARIOS {
        let expected = scenario.undisturbed(1);
        for first in 1..12 {
            for second in 1..8 {
                let lab = scenario.before(1);
                lab.fault(first, Fault::DieAfter);
                let _ = lab.try_run();
                *lab.death.lock().unwrap() = Some(Death::Before(second));
                let _ = lab.try_run();
                lab.settle();
                lab.settle();
                assert_eq!(scenario.world(&lab), expected, "{}, {first}, {second}", scenario.name);
            }
        }
    }
}

#[test]
fn other_writers_between_any_two_moments() {
    for scenario in &SCENARIOS[..2] {
        let (expected, names) = scenario.undisturbed(1);
        let foreign = "99 | 2022-01-01 | z".to_owned();
        for nth in 1.. {
            let lab = scenario.before(1);
            lab.fault(nth, Fault::Meanwhile(vec!["insert into a.rows values (99, date '2022-01-01', 'z')".into()]));
            let _ = lab.try_run();
            if lab.world.engine.is_fault_pending() {
                assert!(nth > 4);
                break;
            }
            lab.settle();
            let mut rows = lab.rows("a.rows");
            let at = rows.iter().position(|row| *row == foreign).unwrap_or_else(|| panic!("{}, {nth}", scenario.name));
            rows.remove(at);
            assert_eq!(rows, expected[0], "{}, statement {nth}", scenario.name);
            assert_eq!(lab.names(), names);
        }
    }
}

/// Another process brings a version of the same key between our look at the history and our write.
#[test]
fn another_writer_of_the_same_history() {
    let lab = || {
        let columns = "id bigint, at date, word varchar?, valid_from date, valid_to date?, is_current boolean";
        let kind = Kind::History(history(HistoryInput::Events { delete_when: None }));
        let lab = Lab::new(feed(), vec![model("a.rows", kind, columns, "select * from {feed}", &["raw.feed"])]);
        lab.land(FIRST[0].0, FIRST[0].1);
        lab.settle();
        lab.land(SECOND[0].0, SECOND[0].1);
        lab
    };
    let other = [
        "update a.rows set valid_to = date '2022-01-05', is_current = false where id = 1 and is_current",
        "insert into a.rows values (1, date '2022-01-05', 'z', date '2022-01-05', null, true)",
    ];
    for nth in 1.. {
        let lab = lab();
        lab.fault(nth, Fault::Meanwhile(other.iter().map(|sql| sql.to_string()).collect()));
        let _ = lab.try_run();
        if lab.world.engine.is_fault_pending() {
            assert!(nth > 5);
            break;
        }
        lab.settle();
        let expected = [
            "1 | 2022-01-01 | a | 2022-01-01 | 2022-01-02 | false",
            "1 | 2022-01-02 | x | 2022-01-02 | 2022-01-05 | false",
            "1 | 2022-01-05 | z | 2022-01-05 | null | true",
            "2 | 2022-01-01 | b | 2022-01-01 | null | true",
            "3 | 2022-01-02 | c | 2022-01-02 | null | true",
        ];
        assert_eq!(lab.rows("a.rows"), expected, "statement {nth}");
    }
}

/// A second process at the same plan has applied what we are about to apply.
#[test]
fn a_runner_that_slept_applies_nothing_twice() {
    let lab = SCENARIOS[0].before(1);
    lab.fault(4, Fault::DieBefore);
    let _ = lab.try_run();
    let apply = lab.world.engine.statements().pop().unwrap();
    assert!(apply.starts_with("merge into"), "{apply}");
    lab.world.engine.execute(&apply).unwrap();
    lab.settle();
    assert_eq!(SCENARIOS[0].world(&lab), SCENARIOS[0].undisturbed(1));
    assert!(lab.world.engine.execute(&apply).is_err(), "what it read is gone");
}

#[test]
fn an_engine_that_cannot_rename_or_guard_loses_nothing_either() {
    let lab = |scenario: &Scenario| {
        let mut lab = (scenario.lab)();
        let mut engine = lake_model_engine::ModelEngine::new();
        engine.capabilities_mut().rename_table = false;
        engine.capabilities_mut().guard_by_refs = false;
        lab.world = lake_model_engine::World::with_engine(engine);
        lab
    };
    for scenario in &SCENARIOS {
        let (mut expected, names) = scenario.undisturbed(1);
        for fault in [Fault::DieBefore, Fault::DieAfter, Fault::LoseAnswer, Fault::Unclear { took_effect: true }] {
            for (load, nth) in (0..2).flat_map(|load| (1..12).map(move |nth| (load, nth))) {
                let lab = lab(scenario);
                for n in 0..2 {
                    scenario.land(&lab, n);
                    if n == load {
                        lab.fault(nth, fault.clone());
                        let _ = lab.try_run();
                    }
                    lab.settle();
                }
                let mut world = scenario.world(&lab);
                world.0.iter_mut().chain(&mut expected).for_each(|rows| rows.sort());
                assert_eq!(world, (expected.clone(), names.clone()), "{}, {fault:?}, {load}, {nth}", scenario.name);
            }
        }
    }
}
