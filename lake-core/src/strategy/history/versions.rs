//! The SQL that turns rows into versions: plain Trino SQL, a chain of named queries.
//!
//! ```text
//! extracts, seen    moments of full extracts, and which keys each of them has
//! vanished          keys that an extract has and the next one has not: deletes at the next one
//! existing          what the history has of the touched keys
//! events            rows and deletes of the load and of all loads before, starts and ends of existing versions
//! single            one event for each key and moment
//! marked            each event beside the one before it
//! flagged           whether it begins a version or ends one
//! versions          from one such event to the next
//! results           the versions with the columns of the published table
//! ```

use super::OPERATION;
use super::columns::Columns;
use crate::model::spec::{Deletes, HistoryInput, HistorySpec, Ties};
use crate::strategy::sql::{self, ident, qualified};

/// What versions are made from.
pub(super) struct Versions<'a> {
    pub(super) columns: &'a Columns,
    pub(super) history: &'a HistorySpec,
    /// The rows of this load.
    pub(super) load: &'a str,
    /// The published history; None on a first run.
    pub(super) target: Option<&'a str>,
    /// All events of the loads before; None on a first run, and for full extracts.
    pub(super) events: Option<&'a str>,
}

/// Whether a history is made from events, and not from full extracts.
pub(super) fn from_events(history: &HistorySpec) -> bool {
    matches!(history.input, HistoryInput::Events { .. })
}

impl Versions<'_> {
    /// All versions, for a first run.
    pub(super) fn all(&self) -> String {
        format!("with {}\nselect {} from results v", self.chain().join(",\n"), qualified("v", self.columns.all()))
    }

    /// The versions of the touched keys, and what is to be done with each.
    pub(super) fn changes(&self) -> String {
        let columns = self.columns;
        let identity = columns.identity();
        let start = ident(&columns.names.from);
        let items: Vec<String> = columns
            .all()
            .iter()
            .map(|name| ident(name))
            .map(|c| format!("case when v.{start} is null then t.{c} else v.{c} end as {c}"))
            .collect();
        let values: Vec<String> = columns.all().into_iter().filter(|name| !identity.contains(name)).collect();
        format!(
            "with {chain}\n\
             select {items},\n\
             case when v.{start} is null then 'delete' when t.{start} is null then 'insert' \
             when {differs} then 'update' else 'same' end as {OPERATION}\n\
             from results v\nfull join existing t on {on}",
            chain = self.chain().join(",\n"),
            items = items.join(",\n"),
            differs = sql::distinct("v", "t", &values),
            on = sql::equal("v", "t", &identity),
        )
    }

    /// The rows of the load that are not among the events so far.
    pub(super) fn new_events(&self, events: &str) -> String {
        let names: Vec<&String> = self.columns.query.iter().map(|c| &c.name).collect();
        format!(
            "select {new}\nfrom (select distinct {all} from {load}) l\nleft join {events} t on {same}\n\
             where t.{key} is null",
            new = qualified("l", &names),
            all = sql::list(&names),
            load = self.load,
            same = self.same_event("l", "t"),
            key = ident(&self.columns.key[0]),
        )
    }

    /// Whether two rows are about the same event: one key, one moment, and one rank among rows of that moment.
    pub(super) fn same_event(&self, left: &str, right: &str) -> String {
        let mut names = self.columns.key.clone();
        names.push(self.columns.sequence.name.clone());
        let same = sql::equal(left, right, &names);
        match &self.history.ties {
            Ties::Error => same,
            Ties::LastBy(column) => format!("{same} and {left}.{0} is not distinct from {right}.{0}", ident(column)),
        }
    }

    /// Whether keys that are absent from an extract are closed.
    pub(super) fn closes(&self) -> bool {
        matches!(self.history.input, HistoryInput::FullExtract(Deletes::Close { .. }))
    }

    /// The named queries that find vanished keys.
    pub(super) fn vanished(&self) -> Vec<String> {
        let columns = self.columns;
        let sequence = ident(&columns.sequence.name);
        let mut arms = vec![format!(
            "select {keys}, x.lake_next as lake_at\nfrom seen s\njoin extracts x on x.lake_at = s.lake_at\n\
             left join seen n on {on} and n.lake_at = x.lake_next\n\
             where x.lake_next is not null and n.lake_at is null",
            keys = columns.keys("s"),
            on = sql::equal("n", "s", &columns.key),
        )];
        if let Some(target) = self.target {
            arms.push(format!(
                "select {keys}, f.lake_at\nfrom {target} t\ncross join first_extract f\n\
                 left join seen n on {on} and n.lake_at = f.lake_at\n\
                 where {open} and n.lake_at is null",
                keys = columns.keys("t"),
                on = sql::equal("n", "t", &columns.key),
                open = self.open_at("t", "f.lake_at"),
            ));
        }
        vec![
            format!(
                "extracts as (\nselect d.lake_at, lead(d.lake_at) over (order by d.lake_at) as lake_next\n\
                 from (select distinct {sequence} as lake_at from {}) d\n)",
                self.load
            ),
            format!("first_extract as (\nselect min({sequence}) as lake_at from {}\n)", self.load),
            format!(
                "seen as (\nselect distinct {}, l.{sequence} as lake_at from {} l\n)",
                columns.keys("l"),
                self.load
            ),
            format!("vanished as (\n{}\n)", arms.join("\nunion all\n")),
        ]
    }

    /// Whether a version of `alias` is valid at a moment.
    pub(super) fn open_at(&self, alias: &str, moment: &str) -> String {
        let start = self.columns.known_start(alias);
        let end = self.columns.known_end(alias);
        format!("{start} <= {moment} and coalesce({end} > {moment}, true)")
    }

    fn chain(&self) -> Vec<String> {
        let mut chain = if self.closes() { self.vanished() } else { vec![] };
        if let Some(target) = self.target {
            chain.extend(self.existing(target));
        }
        chain.push(self.events());
        chain.push(self.single());
        chain.push(self.marked());
        chain.push(self.flagged());
        chain.extend(self.versions());
        chain
    }

    fn existing(&self, target: &str) -> Vec<String> {
        let columns = self.columns;
        let keys = sql::list(&columns.key);
        let gone = if self.closes() { format!("\nunion\nselect {keys} from vanished") } else { String::new() };
        vec![
            format!(
                "touched as (\nselect {keys} from {}{}\n)",
                self.load,
                if gone.is_empty() { format!("\ngroup by {keys}") } else { gone }
            ),
            format!(
                "existing as (\nselect {} from {target} t\njoin touched k on {}\n)",
                qualified("t", columns.all()),
                sql::equal("k", "t", &columns.key)
            ),
        ]
    }

    /// Rows and deletes as (key, moment, values, whether deleted, rank). Of a history from full extracts its own versions
    /// rank first; beside events they only tell what others have written into it.
    fn events(&self) -> String {
        let columns = self.columns;
        let values: Vec<String> = columns.values().iter().map(|c| c.name.clone()).collect();
        let nulls: Vec<String> =
            columns.values().iter().map(|c| format!("cast(null as {}) as {}", c.ty, ident(&c.name))).collect();
        let deleted = match &self.history.input {
            HistoryInput::Events { delete_when: Some(condition) } => format!("coalesce(({condition}), false)"),
            _ => "false".into(),
        };
        let (rank, existing) = if from_events(self.history) { (0, 1) } else { (1, 0) };
        let rows = |from: &str| {
            format!(
                "select {}, {} as lake_at, {}, {deleted} as lake_deleted, {rank} as lake_rank\nfrom {from}",
                sql::list(&columns.key),
                ident(&columns.sequence.name),
                sql::list(&values),
            )
        };
        let mut arms = vec![rows(self.load)];
        if self.closes() {
            arms.push(format!(
                "select {}, g.lake_at, {}, true, 1\nfrom vanished g",
                columns.keys("g"),
                nulls.join(", ")
            ));
        }
        if let Some(events) = self.events {
            let all = qualified("t", columns.query.iter().map(|c| &c.name));
            let known =
                format!("select {all} from {events} t\njoin touched k on {}", sql::equal("k", "t", &columns.key));
            arms.push(rows(&format!("(\n{known}\n) e")));
        }
        if self.target.is_some() {
            arms.push(format!(
                "select {}, {}, {}, false, {existing}\nfrom existing e",
                columns.keys("e"),
                columns.known_start("e"),
                qualified("e", &values)
            ));
            arms.push(format!(
                "select {keys}, g.lake_end, {nulls}, true, {existing}\nfrom (\nselect {e_keys}, {end} as lake_end, \
                 lead({start}) over (partition by {e_keys} order by {start}) as lake_next\nfrom existing e\n) g\n\
                 where g.lake_end is not null and (g.lake_next is null or g.lake_next <> g.lake_end)",
                keys = columns.keys("g"),
                nulls = nulls.join(", "),
                e_keys = columns.keys("e"),
                end = columns.known_end("e"),
                start = columns.known_start("e"),
            ));
        }
        format!("events as (\n{}\n)", arms.join("\nunion all\n"))
    }

    fn single(&self) -> String {
        let columns = self.columns;
        let order = match &self.history.ties {
            Ties::Error => "e.lake_rank".to_owned(),
            Ties::LastBy(column) if from_events(self.history) => {
                format!("e.lake_rank, e.{} desc nulls last", ident(column))
            }
            Ties::LastBy(column) => format!("e.{} desc nulls last, e.lake_rank", ident(column)),
        };
        let keys = columns.keys("e");
        let names: Vec<String> = columns.values().iter().map(|c| c.name.clone()).collect();
        format!(
            "single as (\nselect {keys}, e.lake_at, {values}, e.lake_deleted\nfrom (\n\
             select {keys}, e.lake_at, {values}, e.lake_deleted, row_number() over (partition by {keys}, e.lake_at \
             order by {order}, e.lake_deleted) as lake_n\nfrom events e\n) e\nwhere e.lake_n = 1\n)",
            values = qualified("e", &names),
        )
    }

    fn marked(&self) -> String {
        let columns = self.columns;
        let keys = columns.keys("e");
        let window = format!("over (partition by {keys} order by e.lake_at)");
        let names: Vec<String> = columns.values().iter().map(|c| c.name.clone()).collect();
        let before: Vec<String> = columns
            .tracked
            .iter()
            .enumerate()
            .map(|(n, c)| format!(",\nlag(e.{}) {window} as lake_before_{n}", ident(c)))
            .collect();
        format!(
            "marked as (\nselect {keys}, e.lake_at, {values}, e.lake_deleted,\n\
             lag(e.lake_deleted) {window} as lake_was_deleted{before}\nfrom single e\n)",
            values = qualified("e", &names),
            before = before.concat(),
        )
    }

    /// A delete counts only behind a version; a row begins one if there is none, or if a tracked column differs.
    fn flagged(&self) -> String {
        let columns = self.columns;
        let names: Vec<String> = columns.values().iter().map(|c| c.name.clone()).collect();
        let differs: Vec<String> = columns
            .tracked
            .iter()
            .enumerate()
            .map(|(n, c)| format!(" or m.{} is distinct from m.lake_before_{n}", ident(c)))
            .collect();
        format!(
            "flagged as (\nselect {keys}, m.lake_at, {values}, m.lake_deleted,\n\
             case when m.lake_deleted then coalesce(not m.lake_was_deleted, false) \
             else coalesce(m.lake_was_deleted, true){differs} end as lake_boundary\nfrom marked m\n)",
            keys = columns.keys("m"),
            values = qualified("m", &names),
            differs = differs.concat(),
        )
    }

    fn versions(&self) -> Vec<String> {
        let columns = self.columns;
        let keys = columns.keys("f");
        let mut chain = vec![];
        let mut from = "flagged";
        if !columns.carried.is_empty() {
            chain.extend(self.latest());
            from = "latest";
        }
        let names: Vec<String> = columns.values().iter().map(|c| c.name.clone()).collect();
        chain.push(format!(
            "versions as (\nselect {keys}, f.lake_at, {values}, f.lake_deleted,\n\
             lead(f.lake_at) over (partition by {keys} order by f.lake_at) as lake_to\n\
             from {from} f\nwhere f.lake_boundary\n)",
            values = qualified("f", &names),
        ));
        let items: Vec<String> = columns.all().iter().map(|name| self.final_column(name)).collect();
        chain.push(format!("results as (\nselect {}\nfrom versions w\nwhere not w.lake_deleted\n)", items.join(", ")));
        chain
    }

    /// Columns that are not tracked hold what the last event of their version says.
    fn latest(&self) -> Vec<String> {
        let columns = self.columns;
        let names: Vec<String> = columns.values().iter().map(|c| c.name.clone()).collect();
        let values: Vec<String> = names
            .iter()
            .map(|name| match columns.carried.contains(name) {
                true => format!(
                    "first_value(r.{c}) over (partition by {keys}, r.lake_run order by r.lake_at desc) as {c}",
                    c = ident(name),
                    keys = columns.keys("r")
                ),
                false => format!("r.{}", ident(name)),
            })
            .collect();
        vec![
            format!(
                "runs as (\nselect {keys}, f.lake_at, {all}, f.lake_deleted, f.lake_boundary,\n\
                 sum(case when f.lake_boundary then 1 else 0 end) over (partition by {keys} order by f.lake_at) \
                 as lake_run\nfrom flagged f\n)",
                keys = columns.keys("f"),
                all = qualified("f", &names),
            ),
            format!(
                "latest as (\nselect {keys}, r.lake_at, {values}, r.lake_deleted, r.lake_boundary\nfrom runs r\n)",
                keys = columns.keys("r"),
                values = values.join(",\n"),
            ),
        ]
    }

    fn final_column(&self, name: &str) -> String {
        let columns = self.columns;
        let own = &columns.names;
        let value = match name {
            _ if name == own.from => columns.start("w.lake_at"),
            _ if name == own.to => columns.end("w.lake_to"),
            _ if name == own.current => "w.lake_to is null".into(),
            _ => format!("w.{}", ident(name)),
        };
        format!("{value} as {}", ident(name))
    }
}
