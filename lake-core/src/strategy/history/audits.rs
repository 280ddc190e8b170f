//! What must hold of a history's load before versions are made of it, and of the versions themselves.

use super::super::build::ROWS;
use super::versions::{Versions, from_events};
use super::{EVENTS, HIGH_WATER, OPERATION};
use crate::audit::{Audits, blocking, columns as promises};
use crate::model::spec::{ColumnAudit, ColumnSpec, Deletes, HistoryInput, Ties};
use crate::strategy::sql::{self, ident};

/// Audits of the rows of a load.
pub(super) fn load(versions: &Versions, audited: bool, high_water: Option<&str>) -> Audits {
    let columns = versions.columns;
    let load = versions.load;
    let mut audits = Audits::default();
    let identity: Vec<ColumnSpec> = columns
        .query
        .iter()
        .filter(|c| audited || columns.key.contains(&c.name) || c.name == columns.sequence.name)
        .map(|c| rowwise(c, &columns.key, &columns.sequence.name))
        .collect();
    promises::promises(&mut audits, &identity, load, None);
    ties(&mut audits, versions);
    if let HistoryInput::FullExtract(Deletes::Close { max_percent, allow_empty }) = versions.history.input {
        if !allow_empty {
            empty(&mut audits, load);
        }
        if max_percent < 100 {
            mass_deletes(&mut audits, versions, max_percent);
        }
    }
    let newest = format!("max(l.{})", ident(&columns.sequence.name));
    let newest = match high_water {
        Some(text) => {
            let before = columns.moment(text);
            format!("case when {newest} > {before} then {newest} else {before} end")
        }
        None => newest,
    };
    if let Some(events) = versions.events {
        audits.measure(EVENTS, format!("select count(*) as n from (\n{}\n) f", versions.new_events(events)));
    }
    audits.measure(HIGH_WATER, format!("select cast({newest} as varchar) as n from {load} l"));
    audits
}

/// Key and sequence are never null, whatever was declared; uniqueness is asked of current versions instead.
fn rowwise(column: &ColumnSpec, key: &[String], sequence: &str) -> ColumnSpec {
    let mut column = column.clone();
    column.audits.retain(|audit| *audit != ColumnAudit::Unique);
    column.nullable &= !key.contains(&column.name) && column.name != sequence;
    column
}

/// Different rows of one key and moment, within the load and against the history.
fn ties(audits: &mut Audits, versions: &Versions) {
    let columns = versions.columns;
    let load = versions.load;
    let mut moment = columns.key.clone();
    moment.push(columns.sequence.name.clone());
    let words = match &versions.history.ties {
        Ties::Error => "differ: say which wins with `.ties(ties::last_by(Row::column))`".to_owned(),
        Ties::LastBy(column) => {
            moment.push(column.clone());
            format!("share `{column}` too, and differ")
        }
    };
    let all = sql::list(columns.query.iter().map(|c| &c.name));
    let names = sql::list(&moment);
    let query =
        format!("select {names}\nfrom (select distinct {all} from {load}) d\ngroup by {names}\nhaving count(*) > 1");
    let message =
        format!("{{pair of key and `{0}` has|pairs of key and `{0}` have}} rows that {words}", columns.sequence.name);
    audits.set(blocking("ties", message, Some(format!("{query}\nlimit 5"))), &query);

    let query = match (versions.events, versions.target) {
        (Some(events), _) => other_events(versions, events),
        (None, Some(target)) if versions.history.ties == Ties::Error => contradictions(versions, target),
        (None, _) => return,
    };
    let message =
        format!("{{row contradicts|rows contradict}} what the history says of the same `{}`", columns.sequence.name);
    audits.set(blocking("ties with the history", message, Some(format!("{query}\nlimit 5"))), &query);
}

/// Rows that differ from an event that was loaded before.
fn other_events(versions: &Versions, events: &str) -> String {
    let columns = versions.columns;
    let values = columns.values().into_iter().map(|c| c.name.clone());
    let others: Vec<String> = values.filter(|name| *name != columns.sequence.name).collect();
    format!(
        "select {keys}, l.{sequence}\nfrom {load} l\njoin {events} t on {same}\nwhere {differs}",
        keys = columns.keys("l"),
        sequence = ident(&columns.sequence.name),
        load = versions.load,
        same = versions.same_event("l", "t"),
        differs = sql::distinct("l", "t", &others),
    )
}

/// Rows of an extract that differ from the version that began at their moment, rows at the very moment of a delete, and
/// deletes at the very moment of a row.
fn contradictions(versions: &Versions, target: &str) -> String {
    let columns = versions.columns;
    let (load, sequence) = (versions.load, ident(&columns.sequence.name));
    let keys = columns.keys("l");
    let on = sql::equal("l", "t", &columns.key);
    let start = columns.known_start("t");
    let mut arms = vec![
        format!(
            "select {keys}, l.{sequence}\nfrom {load} l\njoin {target} t on {on} and {start} = l.{sequence}\nwhere {}",
            sql::distinct("l", "t", &columns.tracked)
        ),
        format!(
            "select {keys}, l.{sequence}\nfrom {load} l\njoin {target} t on {on} and {end} = l.{sequence}\n\
             left join {target} n on {next} and {next_start} = l.{sequence}\nwhere n.{first} is null",
            end = columns.known_end("t"),
            next = sql::equal("l", "n", &columns.key),
            next_start = columns.known_start("n"),
            first = ident(&columns.key[0]),
        ),
    ];
    if !versions.closes() {
        return arms.join("\nunion all\n");
    }
    arms.push(format!("select {keys}, l.lake_at\nfrom vanished l\njoin {target} t on {on} and {start} = l.lake_at"));
    format!("with {}\n{}", versions.vanished().join(",\n"), arms.join("\nunion all\n"))
}

fn empty(audits: &mut Audits, load: &str) {
    let query = format!("select c.n\nfrom (select count(*) as n from {load}) c\nwhere c.n = 0");
    let message = "the full extract has no rows, which would close every key: allow it with `.allow_empty()`";
    audits.set(blocking("empty extract", message, None), &query);
}

/// Extracts that close more than a share of the keys that were open before them.
fn mass_deletes(audits: &mut Audits, versions: &Versions, max_percent: u8) {
    let mut before = vec![
        "select x.lake_next as lake_at, count(*) as lake_n\nfrom seen s\njoin extracts x on x.lake_at = s.lake_at\n\
         where x.lake_next is not null\ngroup by x.lake_next"
            .to_owned(),
    ];
    if let Some(target) = versions.target {
        before.push(format!(
            "select f.lake_at, count(*) as lake_n\nfrom {target} t\ncross join first_extract f\nwhere {}\ngroup by f.lake_at",
            versions.open_at("t", "f.lake_at")
        ));
    }
    let query = format!(
        "with {},\nbefore as (\n{}\n),\ngone as (\nselect v.lake_at, count(*) as lake_n from vanished v group by v.lake_at\n)\n\
         select g.lake_at, g.lake_n as closed, b.lake_n as open_before\nfrom gone g\njoin before b on b.lake_at = g.lake_at\n\
         where g.lake_n * 100 > b.lake_n * {max_percent}",
        versions.vanished().join(",\n"),
        before.join("\nunion all\n"),
    );
    let message = format!(
        "{{extract closes|extracts close}} more than {max_percent} % of the open keys: allow it with `.max_percent(..)`"
    );
    audits.set(blocking("mass delete", message, Some(format!("{query}\nlimit 5"))), &query);
}

/// Audits of the versions that readers would see.
pub(super) fn stage(versions: &Versions, stage: &str, audited: bool, high_water: Option<&str>) -> Audits {
    let first = versions.target.is_none();
    let mut audits = Audits::default();
    audits.count(ROWS, if first { "true".to_owned() } else { format!("{OPERATION} <> 'same'") });
    let future = match first {
        true => stage.to_owned(),
        false => format!("(select * from {stage} where {OPERATION} <> 'delete')"),
    };
    invariants(&mut audits, versions, &future);
    if let (false, false, Some(text)) = (first, from_events(versions.history), high_water) {
        late(&mut audits, versions, stage, text);
    }
    if audited {
        unique_current(&mut audits, versions, &future);
    }
    audits
}

fn invariants(audits: &mut Audits, versions: &Versions, future: &str) {
    let columns = versions.columns;
    let start = ident(&columns.names.from);
    let current = ident(&columns.names.current);
    let keys = sql::list(&columns.key);
    let query = format!("select {keys}\nfrom {future} v\nwhere {current}\ngroup by {keys}\nhaving count(*) > 1");
    audits.set(history_check("one open version", "{key has|keys have} several open versions"), &query);

    let end = columns.known_end("v");
    let begin = columns.known_start("v");
    let query = format!("select {keys}\nfrom {future} v\nwhere not ({begin} < {end}) or {current} <> ({end} is null)");
    audits.set(
        history_check("start before end", "{version ends before it starts, or is current and ended|versions end before they start, or are current and ended}"),
        &query,
    );

    let v_keys = columns.keys("v");
    let mut next: Vec<String> =
        vec![format!("lead({begin}) over (partition by {v_keys} order by v.{start}) as lake_next")];
    for (n, name) in columns.tracked.iter().enumerate() {
        let c = ident(name);
        next.push(format!("v.{c}"));
        next.push(format!("lead(v.{c}) over (partition by {v_keys} order by v.{start}) as lake_next_{n}"));
    }
    let paired = format!("(\nselect {v_keys}, {end} as lake_end, {}\nfrom {future} v\n) p", next.join(",\n"));
    let query =
        format!("select {keys}\nfrom {paired}\nwhere lake_next is not null and coalesce(lake_end > lake_next, true)");
    audits
        .set(history_check("no overlap", "{version overlaps|versions overlap} with the next one of their key"), &query);

    let same: Vec<String> = columns
        .tracked
        .iter()
        .enumerate()
        .map(|(n, name)| format!(" and {} is not distinct from lake_next_{n}", ident(name)))
        .collect();
    let query = format!("select {keys}\nfrom {paired}\nwhere lake_end = lake_next{}", same.concat());
    audits.set(history_check("neighbours differ", "{version equals|versions equal} the next one of their key"), &query);
}

fn history_check(name: &str, message: &str) -> crate::plan::Check {
    blocking(format!("history: {name}"), message, None)
}

/// A late full extract says nothing of what later ones had: what it would change cannot be known.
fn late(audits: &mut Audits, versions: &Versions, stage: &str, high_water: &str) {
    let columns = versions.columns;
    let newest = columns.moment(high_water);
    let query = format!(
        "select {keys}\nfrom {stage} v\nwhere (v.{OPERATION} = 'insert' and {start} <= {newest})\n\
         or v.{OPERATION} = 'delete'\nor (v.{OPERATION} = 'update' and coalesce({end} <= {newest}, false))",
        keys = columns.keys("v"),
        start = columns.known_start("v"),
        end = columns.known_end("v"),
    );
    let message = format!(
        "{{version|versions}} would change at or before {high_water}, the newest extract that was loaded: \
         a full extract must not come late"
    );
    audits.set(blocking("late extract", message, Some(format!("{query}\nlimit 5"))), &query);
}

/// `#[col(unique)]` means: among current versions.
fn unique_current(audits: &mut Audits, versions: &Versions, future: &str) {
    let columns = versions.columns;
    let current = ident(&columns.names.current);
    for column in columns.query.iter().filter(|c| c.audits.contains(&ColumnAudit::Unique)) {
        let relation = format!("(select * from {future} v where {current}) c");
        let others = versions.target.map(|target| {
            format!(
                "(select * from {target} t where t.{current} and not exists (select 1 from {future} s where {}))",
                sql::equal("s", "t", &columns.key)
            )
        });
        promises::unique(audits, std::slice::from_ref(&column.name), &relation, others.as_deref());
    }
}
