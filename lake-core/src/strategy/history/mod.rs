//! History: every version of every key.
//!
//! The rows of a load are kept in a table of the run (`load`) and checked there. The versions of the keys that they
//! touch are then computed anew (`stage`), audited, and merged in one statement by key and start. Versions that did not
//! change are marked `same` and not written.
//!
//! Versions alone do not tell all that happened: an event that repeats the value before it makes none, a delete of a key
//! that nobody has seen makes none, and both matter once a late event comes before them. So a history from events keeps
//! all of them in a table beside it, and its versions are made from that table and the load: whatever the order of
//! arrival, they are those of one load of everything. Existing versions speak only where no event does. The table is the `load` of the first run; later runs add to it once
//! their load is released. Full extracts need none, because one that comes late is refused.

mod audits;
mod columns;
mod versions;

use columns::Columns;
use versions::Versions;

use super::build::{Builder, ROWS, ReleaseOf};
use super::{PlanError, sql};
use crate::model::spec::HistorySpec;
use crate::plan::{Effect, Plan};

/// The measure of the newest sequence that was ever loaded.
const HIGH_WATER: &str = "high_water";

/// The measure of events that are new to the history.
const EVENTS: &str = "events";

/// Column of the stage: `insert`, `update`, `delete` or `same`.
const OPERATION: &str = "lake_operation";

pub(super) fn plan(mut builder: Builder, history: &HistorySpec) -> Result<Plan, PlanError> {
    let first = builder.facts.first_run();
    let columns = Columns::new(builder.context.dialect, builder.model, history)?;
    let load = builder.fresh(if first && versions::from_events(history) { "events" } else { "load" });
    let before = builder.facts.published.as_ref().and_then(|published| published.events.clone());
    let events = before.clone().filter(|_| !first && versions::from_events(history));
    let events_sql = events.as_ref().map(sql::table);
    let stage = builder.fresh(if first { "draft" } else { "stage" });
    let (load_sql, stage_sql, target) = (sql::table(&load), sql::table(&stage), sql::table(&builder.target()));
    let versions = Versions {
        columns: &columns,
        history,
        load: &load_sql,
        target: (!first).then_some(target.as_str()),
        events: events_sql.as_deref(),
    };

    let query = sql::typed(&builder.query()?, columns.query.iter().map(|c| (&*c.name, &c.ty)));
    builder.entry_checks();
    builder.create("load", &load, &query);
    let high_water = builder.facts.published.as_ref().filter(|_| !first).and_then(|p| p.high_water.clone());
    let checks = audits::load(&versions, builder.audited(), high_water.as_deref());
    builder.audit("audit load", checks, &load_sql);

    builder.create("stage", &stage, &if first { versions.all() } else { versions.changes() });
    let checks = audits::stage(&versions, &stage_sql, builder.audited(), high_water.as_deref());
    builder.audit("audit", checks, &stage_sql);

    match first {
        true => builder.publish_first(&stage),
        false => apply(&mut builder, &columns, &stage_sql, &target),
    }
    builder.release();
    if let Some(events) = &events_sql {
        let names = sql::list(columns.query.iter().map(|c| &c.name));
        let statement = format!("insert into {events} ({names})\n{}", versions.new_events(events));
        builder.statement_unless(EVENTS, "remember", Effect::Append, statement);
    }
    let events = if versions::from_events(history) { Some(events.unwrap_or_else(|| load.clone())) } else { None };
    if events.as_ref() != Some(&load) {
        builder.drop("drop load", &load);
    }
    if let Some(superseded) = before.filter(|before| events.as_ref() != Some(before)) {
        builder.drop("drop superseded events", &superseded);
    }
    if !first || !builder.context.capabilities.rename_table {
        builder.drop("drop stage", &stage);
    }
    builder.finish(ReleaseOf { events, rows: Some(ROWS), high_water: Some(HIGH_WATER), ..ReleaseOf::default() })
}

fn apply(builder: &mut Builder, columns: &Columns, stage: &str, target: &str) {
    let all = columns.all();
    let identity = columns.identity();
    let values: Vec<String> = all.iter().filter(|name| !identity.contains(name)).cloned().collect();
    let on = sql::equal("t", "s", &identity);
    let sets: Vec<String> = values.iter().map(|c| format!("{0} = s.{0}", sql::ident(c))).collect();
    let statement = format!(
        "merge into {target} t\n\
         using (\nselect {names}, {OPERATION}\nfrom {stage}\nwhere {OPERATION} <> 'same' and {guard}\n) s\n\
         on {on}\n\
         when matched and s.{OPERATION} = 'delete' then delete\n\
         when matched then update set {sets}\n\
         when not matched then insert ({names}) values ({new})",
        names = sql::list(&all),
        guard = builder.guard(),
        sets = sets.join(", "),
        new = sql::qualified("s", &all),
    );
    let probe = format!(
        "select count(*) as n\nfrom {stage} s\nleft join {target} t on {on}\n\
         where (s.{OPERATION} = 'delete' and t.{start} is not null)\n\
         or (s.{OPERATION} in ('insert', 'update') and (t.{start} is null or {differs}))",
        start = sql::ident(&columns.names.from),
        differs = sql::distinct("s", "t", &values),
    );
    builder.apply(Effect::Merge, statement, probe);
}
