//! The same on a Trino server, with a proxy before it that loses what it is told to lose: the server lives on when a
//! process dies, and knows what it has executed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};
use std::{fs, mem};

use lake_behaviour::proxy::{Fate, Proxy, Request};
use lake_behaviour::{Lab, server};
use lake_core::engine::PhysicalName;
use lake_core::model::spec::Id;
use lake_core::project::settings::Target;
use lake_core::run::summary::{Outcome, RunSummary};
use lake_model_engine::{Faulty, Life, Place};
use lake_trino::{Trino, TrinoConfig};
use tempfile::TempDir;

use crate::embedded::InProcess;
use crate::lake::{Lake, rows};
use crate::{Refresh, TABLES};

/// A schema of the server, and the journal of those who use it.
struct Remote {
    folder: TempDir,
    place: Place,
    /// What looks at the tables without the proxy.
    lab: Lab,
    proxy: Proxy,
}

impl Remote {
    /// None where no server can be had.
    fn new() -> Option<Self> {
        let url = server::trino()?;
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("state")).unwrap();
        let place = Place::new(folder.path().join("state"));
        let lab = Lab::new(Arc::new(Trino::open(TrinoConfig::new(&url, "iceberg")).unwrap()));
        Some(Self { folder, place, lab, proxy: Proxy::start(&url) })
    }

    /// What a new process uses.
    fn client(&self) -> Arc<Faulty<Trino>> {
        Arc::new(Faulty::new(Trino::open(TrinoConfig::new(&self.proxy.url(), "iceberg")).unwrap()))
    }

    /// A run of some models in a new process; None if it died.
    fn run(&self, refresh: &Refresh, models: &BTreeSet<Id>, engine: Arc<Faulty<Trino>>) -> Option<RunSummary> {
        let mut target = Target::named("test");
        target.schemas.insert("fx".into(), self.lab.schema.clone());
        let (project, landing) = refresh.project_on(target);
        refresh.run_in(&self.place.start(engine, project, landing, None), models)
    }

    /// A run of all models in a process that lives.
    fn succeed(&self, refresh: &Refresh) -> RunSummary {
        let summary = self.run(refresh, &refresh.models(), self.client()).unwrap();
        assert!(summary.is_good(), "{summary:#?}");
        summary
    }

    /// What readers see.
    fn tables(&self) -> Vec<Vec<String>> {
        let name = |table: &&str| table.replace("fx.", &format!("{}.", self.lab.schema));
        TABLES.iter().map(|table| rows(&*self.lab.engine, &name(table))).collect()
    }

    /// All tables, without their run ids.
    fn names(&self) -> Vec<String> {
        let name = |PhysicalName { table, .. }: PhysicalName| table.split("__r2").next().unwrap().to_owned();
        let mut names: Vec<String> = self.lab.names().into_iter().map(name).collect();
        names.sort();
        names
    }

    /// The commits of each table that is published by itself.
    fn commits(&self) -> Vec<String> {
        let count = |table: &str| self.lab.rows(&format!("select count(*) from @\"{table}$snapshots\"")).remove(0);
        ["rates", "currency_history"].map(count).to_vec()
    }

    /// The statements that write, as the server has executed them, with the end of each.
    fn writes(&self) -> BTreeMap<String, Vec<String>> {
        let sql = format!(
            "select query, state from system.runtime.queries \
             where source like 'lake-%' and query like '%{}%' and user = 'lake' order by created",
            self.lab.schema
        );
        let mut writes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in self.lab.rows(&sql) {
            let row: Vec<String> = serde_json::from_str(&row).unwrap();
            let [sql, state] = &row[..] else { panic!("{row:?}") };
            // The lab's own statements, and a schema that several models may ask for.
            let ours = ["create schema", "select", "with"].iter().all(|start| !sql.starts_with(start));
            if ours {
                writes.entry(sql.clone()).or_default().push(state.clone());
            }
        }
        writes
    }

    /// What a person looks up at the server is what the run says: the ids of its statements.
    fn assert_named(&self, summary: &RunSummary) {
        let executions = summary.models.iter().flat_map(|model| &model.queries);
        let ids: BTreeSet<String> = executions.map(|executed| format!("'{}'", executed.query.0)).collect();
        let list = ids.iter().cloned().collect::<Vec<_>>().join(", ");
        let sql =
            format!("select count(*) from system.runtime.queries where query_id in ({list}) and source like 'lake-%'");
        assert!(ids.len() > 20, "{list}");
        assert_eq!(self.lab.rows(&sql), [format!("[{}]", ids.len())]);
    }

    fn assert_each_write_happened_once(&self) {
        let twice: Vec<_> = self.writes().into_iter().filter(|(_, states)| *states != ["FINISHED"]).collect();
        assert_eq!(twice, []);
    }
}

/// Compares tables. Two mathematical libraries need not agree on the last digits of a logarithm.
fn assert_same(found: &[Vec<String>], expected: &[Vec<String>]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len(), "{found:#?} instead of {expected:#?}");
        for (found, expected) in found.iter().zip(expected) {
            let cells: Vec<_> = found.split(" | ").zip(expected.split(" | ")).collect();
            assert!(cells.iter().all(|(left, right)| is_same(left, right)), "{found} instead of {expected}");
        }
    }
}

fn is_same(left: &str, right: &str) -> bool {
    let double = |text: &str| text.parse::<f64>().ok().filter(|_| text.len() > 12);
    left == right || matches!((double(left), double(right)), (Some(l), Some(r)) if (l - r).abs() <= 1e-12 * r.abs())
}

/// What both deliveries come to when nothing happens: tables on the embedded engine; names, commits and number of
/// writes on the server.
struct Undisturbed {
    tables: Vec<Vec<String>>,
    names: Vec<String>,
    commits: Vec<String>,
    writes: usize,
}

static UNDISTURBED: LazyLock<Option<Undisturbed>> = LazyLock::new(|| {
    let lake = Remote::new()?;
    for delivery in 1..=2 {
        let summary = lake.succeed(&Refresh::new(delivery));
        lake.assert_named(&summary);
    }
    let embedded = Lake::<InProcess>::new();
    for delivery in 1..=2 {
        embedded.succeed(&Refresh::new(delivery));
    }
    let tables = embedded.shown().0;
    assert_same(&lake.tables(), &tables);
    lake.assert_each_write_happened_once();
    let writes = lake.writes();
    let again = lake.succeed(&Refresh::new(2));
    assert!(again.models.iter().all(|model| model.outcome == Outcome::Unchanged), "{again:#?}");
    assert_eq!(lake.writes(), writes);
    Some(Undisturbed { tables, names: lake.names(), commits: lake.commits(), writes: writes.len() })
});

impl Undisturbed {
    fn assert_reached(&self, lake: &Remote) {
        assert_same(&lake.tables(), &self.tables);
        assert_eq!(lake.names(), self.names);
        assert_eq!(lake.commits(), self.commits);
    }
}

#[test]
fn ends_in_the_same_tables_and_a_second_run_does_nothing() {
    let Some(undisturbed) = &*UNDISTURBED else { return };
    assert!(undisturbed.writes > 20, "{} statements wrote", undisturbed.writes);
}

/// Whether a request begins a statement.
fn is_start(request: &Request) -> bool {
    request.method == "POST" && request.path == "/v1/statement"
}

/// Every request of a kind meets one fault after the other, in a process that goes on.
fn check(kind: fn(&Request) -> bool, fates: &'static [Fate]) {
    let (Some(lake), Some(undisturbed)) = (Remote::new(), &*UNDISTURBED) else { return };
    let met = Arc::new(Mutex::new(BTreeMap::<_, usize>::new()));
    for delivery in 1..=2 {
        let met = met.clone();
        lake.proxy.meet(move |request| {
            if !kind(request) {
                return Fate::Pass;
            }
            let mut met = met.lock().unwrap();
            let times = met.entry((request.path.clone(), request.body.clone(), delivery)).or_default();
            *times += 1;
            fates.get(*times - 1).copied().unwrap_or(Fate::Pass)
        });
        lake.succeed(&Refresh::new(delivery));
    }
    undisturbed.assert_reached(&lake);
    lake.assert_each_write_happened_once();
    assert_eq!(lake.writes().len(), undisturbed.writes);
    let met = met.lock().unwrap();
    assert!(met.len() > 60 && met.values().all(|times| *times > fates.len()), "{} met {fates:?}", met.len());
}

#[test]
fn the_answer_to_every_start_is_lost() {
    check(is_start, &[Fate::LoseAnswer]);
}

#[test]
fn every_start_is_throttled_and_then_lost_on_its_way() {
    check(is_start, &[Fate::Refuse(503), Fate::LoseRequest]);
}

#[test]
fn every_answer_about_a_running_statement_is_lost() {
    check(|request| !is_start(request), &[Fate::LoseAnswer]);
}

/// A process that is about to die, as the proxy sees it.
#[derive(Default)]
struct Doomed {
    life: Option<Life>,
    /// The statement that was sent last.
    sent: Option<String>,
    /// Statements with the number of processes that have died of them.
    deaths: BTreeMap<String, usize>,
}

impl Doomed {
    /// A statement's first process dies when the server has taken the statement but has not begun; the second one when
    /// the server has begun. Nothing that they do later reaches anybody.
    fn fate(&mut self, request: &Request) -> Fate {
        let Some(life) = &self.life else { return Fate::Pass };
        if !life.is_alive() {
            return Fate::Refuse(410);
        }
        let of_step = request.header("x-trino-source").is_some_and(|source| source != "lake");
        if is_start(request) {
            self.sent = of_step.then(|| request.body.clone());
        }
        let Some(sent) = &self.sent else { return Fate::Pass };
        let deaths = self.deaths.entry(sent.clone()).or_default();
        if *deaths != usize::from(!is_start(request)) {
            return Fate::Pass;
        }
        *deaths += 1;
        life.end();
        Fate::LoseAnswer
    }
}

/// A process dies between its statement's submission and the first poll, and another one between the first poll and the
/// second, at every statement; the next run goes on.
#[test]
fn processes_die_of_every_statement() {
    let (Some(lake), Some(undisturbed)) = (Remote::new(), &*UNDISTURBED) else { return };
    let doomed = Arc::new(Mutex::new(Doomed::default()));
    let rule = doomed.clone();
    lake.proxy.meet(move |request| rule.lock().unwrap().fate(request));
    for delivery in 1..=2 {
        let refresh = Refresh::new(delivery);
        for model in refresh.models_in_order() {
            let model = BTreeSet::from([model]);
            loop {
                doomed.lock().unwrap().life = None;
                let engine = lake.client();
                doomed.lock().unwrap().life = Some(engine.life());
                let ended = lake.run(&refresh, &model, engine);
                if let Some(summary) = ended {
                    assert!(summary.is_good(), "{summary:#?}");
                    break;
                }
            }
        }
    }
    doomed.lock().unwrap().life = None;
    undisturbed.assert_reached(&lake);
    let deaths = mem::take(&mut doomed.lock().unwrap().deaths);
    assert!(deaths.len() > 40 && deaths.values().all(|deaths| *deaths == 2), "{deaths:#?}");
    // These say what shall be, and are sent again without a question.
    let repeats =
        |sql: &str| ["create or replace view", "drop table if exists"].iter().any(|start| sql.starts_with(start));
    let ended = |states: &Vec<String>| states.iter().filter(|state| *state == "FINISHED").count();
    let mut writes = lake.writes();
    writes.retain(|sql, states| !repeats(sql) && ended(states) > 1);
    assert_eq!(writes, BTreeMap::new());
    assert_eq!(lake.folder.path().join("state/models").read_dir().unwrap().count(), Refresh::new(2).models().len());
}
