//! Rows of files that do not fit the declared columns and are kept: they go into a table beside the model that reads them,
//! each once, however often a load is begun.
//!
//! ```text
//! select count(*) from the bad rows of the files                        else nothing of this follows
//! create table model_bad_rows as select … where false                   the first time
//! merge into model_bad_rows using (bad rows …) on source, file, line, text when not matched then insert …
//! select count(*) from model_bad_rows where found_at = the run's moment
//! ```
//!
//! The table is the model's, because what was read of files is: each model takes them at a pace of its own, under its
//! lease, so that nobody else writes the table.

use lake_sql::types::{Field, Type};

use super::build::{Builder, plain};
use super::copy::STATEMENT_BYTES;
use super::sql::{self, ident, list, literal, qualified, stored};
use super::{Context, PlanError};
use crate::audit::Audits;
use crate::engine::PhysicalName;
use crate::files::bad_row_columns;
use crate::model::spec::{BadRows, Id, Kind, ModelSpec, Origin};
use crate::plan::{Effect, Fence, Probe, Step};

/// The measure of bad rows that a plan has kept.
pub const BAD_ROWS: &str = "bad_rows";

/// The measure of bad rows in the files of a load.
const FOUND: &str = "bad_rows_found";

/// When a bad row was first kept: the moment of that run.
const FOUND_AT: &str = "found_at";

/// The name under which a statement reads the bad rows of files that are read under `relation`.
pub fn bad_rows_relation(relation: &PhysicalName) -> PhysicalName {
    PhysicalName { schema: relation.schema.clone(), table: format!("{}__bad_rows", relation.table) }
}

/// Whether bad rows of a source are kept.
pub fn keeps_bad_rows(context: &Context<'_>, source: &Id) -> bool {
    let origin = context.project.graph.source(source).map(|source| &source.origin);
    matches!(origin, Some(Origin::Files { bad_rows: BadRows::Keep, .. }))
}

/// The table for bad rows of the files that a model reads; None if none are kept.
pub fn bad_rows_table(context: &Context<'_>, model: &ModelSpec) -> Option<PhysicalName> {
    let mut sources = context.project.graph.upstreams(&model.id).iter();
    let keeps = model.kind != Kind::View && sources.any(|id| keeps_bad_rows(context, id));
    let target = context.project.physical(&model.id);
    keeps.then(|| PhysicalName { table: format!("{}_bad_rows", target.table), ..target })
}

impl Builder<'_> {
    /// The steps that keep bad rows of the load's files.
    pub(super) fn keep_bad_rows(&mut self) -> Result<(), PlanError> {
        let Some(table) = bad_rows_table(self.context, self.model) else { return Ok(()) };
        let mut nodes = self.context.project.graph.nodes().keys();
        if let Some(id) = nodes.find(|id| self.context.project.physical(id) == table) {
            return Err(PlanError::BadRowsName { table, taken: id.clone() });
        }
        let sources = self.sources_of_bad_rows();
        if sources.is_empty() {
            return Ok(());
        }
        if self.context.capabilities.files {
            self.find_bad_rows(&sources);
        }
        if !self.facts.bad_rows.exists {
            let step = self.create_bad_rows(&table);
            self.steps.push(step);
        }
        for (id, parts) in &sources {
            for (at, rows) in parts.iter().enumerate() {
                let number = if at == 0 { String::new() } else { format!(" {}", at + 1) };
                let step = plain(
                    &format!("keep bad rows of {id}{number}"),
                    Effect::Fill,
                    self.keep(&table, id, rows),
                    Probe::Repeat,
                );
                self.steps.push(self.if_found(Step { fence: Fence::Once, ..step }));
            }
        }
        let mut audits = Audits::default();
        audits.count(BAD_ROWS, format!("{} = {}", ident(FOUND_AT), self.moment()));
        let (statement, columns) = audits.statement(&sql::table(&table));
        let step = plain("count bad rows", Effect::Read, statement, Probe::Repeat);
        self.steps.push(self.if_found(Step { columns, ..step }));
        Ok(())
    }

    /// The sources whose bad rows are kept, each with relations that have them.
    fn sources_of_bad_rows(&self) -> Vec<(Id, Vec<String>)> {
        let kept = self.facts.upstreams.keys().filter(|id| keeps_bad_rows(self.context, id));
        let relations = |id: &Id| match self.context.capabilities.files {
            true => {
                let relation = bad_rows_relation(&self.context.project.physical(id));
                vec![format!("{} r", sql::table(&relation))]
            }
            false => self.facts.bad_rows.landed.get(id).map_or_else(Vec::new, |rows| carried(rows)),
        };
        kept.map(|id| (id.clone(), relations(id))).filter(|(_, relations)| !relations.is_empty()).collect()
    }

    /// A step that is left out where no row is bad. Rows that travel in statements are there for certain.
    fn if_found(&self, step: Step) -> Step {
        Step { unless_zero: self.context.capabilities.files.then(|| FOUND.to_owned()), ..step }
    }

    fn find_bad_rows(&mut self, sources: &[(Id, Vec<String>)]) {
        let relations = sources.iter().flat_map(|(_, relations)| relations);
        let all: Vec<String> = relations.map(|relation| format!("select 1 as n from {relation}")).collect();
        let mut audits = Audits::default();
        audits.count(FOUND, "true");
        let relation = format!("(\n{}\n) f", all.join("\nunion all\n"));
        self.audit("find bad rows", audits, &relation);
    }

    fn create_bad_rows(&self, table: &PhysicalName) -> Step {
        let typed = |(name, ty): (&str, Type)| {
            format!("cast(null as {}) as {}", stored(self.context.dialect, &ty), ident(name))
        };
        let columns: Vec<String> = columns().map(typed).collect();
        let query = format!("select {}\nwhere false", columns.join(", "));
        let statement = sql::create_table(self.context, table, &query);
        let step = plain("create table of bad rows", Effect::Create, statement, Probe::Exists(table.clone()));
        self.if_found(Step { fence: Fence::FreeName, ..step })
    }

    fn keep(&self, table: &PhysicalName, source: &Id, rows: &str) -> String {
        let names: Vec<&str> = columns().map(|(name, _)| name).collect();
        let read: Vec<String> = bad_row_columns().iter().map(|column| format!("r.{}", ident(&column.name))).collect();
        let (source, read, moment) = (literal(&source.to_string()), read.join(", "), self.moment());
        format!(
            "merge into {} t\nusing (\nselect {source} as {}, {read}, {moment} as {}\nfrom {rows}\n) s\non {}\n\
             when not matched then insert ({}) values ({})",
            sql::table(table),
            ident("source"),
            ident(FOUND_AT),
            sql::equal("t", "s", &["source", "file", "line", "text"].map(str::to_owned)),
            list(&names),
            qualified("s", &names),
        )
    }

    fn moment(&self) -> String {
        format!("timestamp '{}'", self.facts.now.format("%Y-%m-%d %H:%M:%S%.6f"))
    }
}

/// The columns of the table.
fn columns() -> impl Iterator<Item = (&'static str, Type)> {
    let text = || Type::Varchar(None);
    [
        ("source", text()),
        ("file", text()),
        ("line", Type::BigInt),
        ("text", text()),
        ("reason", text()),
        (FOUND_AT, Type::Timestamp(6)),
    ]
    .into_iter()
}

/// Relations that carry rows in the statement itself.
fn carried(rows: &[String]) -> Vec<String> {
    let (mut parts, mut start, mut bytes) = (vec![], 0, 0);
    for (at, row) in rows.iter().enumerate() {
        if bytes + row.len() > STATEMENT_BYTES && at > start {
            parts.push(&rows[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += row.len();
    }
    parts.extend((start < rows.len()).then(|| &rows[start..]));
    let columns = bad_row_columns();
    let fields = columns.iter().map(|column| Field { name: Some(column.name.clone()), ty: column.ty.clone() });
    let (row, names) = (Type::Row(fields.collect()), list(columns.iter().map(|column| &column.name)));
    let relation = |part: &[String]| {
        let rows = literal(&format!("[{}]", part.join(",")));
        format!("unnest(cast(json_parse({rows}) as array({row}))) as r ({names})")
    };
    parts.into_iter().map(relation).collect()
}
