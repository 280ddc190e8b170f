//! What all strategies share: names, pins, the query's text, and the usual steps.

use std::collections::BTreeMap;

use super::bad_rows::{bad_rows_table, keeps_bad_rows};
use super::query::{QueryText, render};
use super::{Context, PlanError, kind_name, sql, stale};
use crate::audit::{Audits, columns, entry};
use crate::engine::PhysicalName;
use crate::model::spec::{Binding, Id, Kind, ModelSpec, Publish, SourceSpec};
use crate::plan::facts::{Facts, UpstreamFact};
use crate::plan::{Action, Effect, Fence, FileInput, Pin, Plan, Probe, Release, Step, VERSION, Version};
use lake_sql::render::RelationName;

/// The measure of rows that readers will see changed.
pub(super) const ROWS: &str = "rows";

/// A plan being made.
pub(super) struct Builder<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) model: &'a ModelSpec,
    pub(super) facts: &'a Facts,
    reason: String,
    fingerprint: String,
    reading: Reading,
    pub(super) steps: Vec<Step>,
}

/// What a reference is in the statements of a plan.
#[derive(Default)]
struct Reading {
    pins: Vec<Pin>,
    files: Vec<FileInput>,
    relations: BTreeMap<String, RelationName>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        context: &'a Context<'a>,
        model: &'a ModelSpec,
        facts: &'a Facts,
        reason: String,
        fingerprint: String,
    ) -> Result<Self, PlanError> {
        let mut builder =
            Self { context, model, facts, reason, fingerprint, reading: Reading::default(), steps: vec![] };
        builder.reading = builder.read()?;
        if !facts.schema_exists {
            let schema = context.dialect.ddl_ident(&builder.target().schema);
            builder.statement("schema", Effect::Create, format!("create schema if not exists {schema}"), Probe::Repeat);
        }
        for (n, name) in facts.leftovers.iter().enumerate() {
            builder.drop(&format!("drop kept {}", n + 1), name);
        }
        Ok(builder)
    }

    /// Whether a step of the plan reads the query, so that what it reads can be held. Readers of a view compute it.
    fn is_pinned(&self) -> bool {
        self.model.kind != Kind::View
    }

    /// The name that readers use.
    pub(super) fn target(&self) -> PhysicalName {
        self.context.project.physical(&self.model.id)
    }

    /// A name that belongs to this attempt of this run alone.
    pub(super) fn fresh(&self, what: &str) -> PhysicalName {
        let target = self.target();
        let suffix = if what.is_empty() { String::new() } else { format!("_{what}") };
        let table = format!("{}__{}_{}{suffix}", target.table, self.facts.run, self.facts.attempt);
        PhysicalName { schema: target.schema, table }
    }

    pub(super) fn audited(&self) -> bool {
        self.model.publish == Publish::Audited
    }

    /// The model's rows as its table keeps them.
    pub(super) fn stored_query(&self) -> Result<String, PlanError> {
        let columns = self.model.columns.iter().map(|c| (&*c.name, sql::stored(self.context.dialect, &c.ty)));
        Ok(sql::typed(&self.query()?, columns))
    }

    /// The model's query. Where a step reads it, its relations are pinned.
    pub(super) fn query(&self) -> Result<String, PlanError> {
        let text = QueryText {
            relations: &self.reading.relations,
            now_micros: self.is_pinned().then(|| self.facts.now.timestamp_micros()),
            first_run: self.facts.first_run(),
        };
        render(self.context, self.model, &text)
    }

    fn read(&self) -> Result<Reading, PlanError> {
        let mut reading = Reading::default();
        for (name, binding) in &self.model.query.bindings {
            match binding {
                Binding::Ref(id) => {
                    let relation = self.reference(id, &mut reading)?;
                    reading.relations.insert(name.clone(), relation);
                }
                Binding::This => {
                    reading.relations.insert(name.clone(), named(&self.target(), None));
                }
                Binding::Now | Binding::FirstRun | Binding::Helper(_) => {}
            }
        }
        Ok(reading)
    }

    fn reference(&self, id: &Id, reading: &mut Reading) -> Result<RelationName, PlanError> {
        let relation = self.context.project.physical(id);
        let version = match self.facts.upstreams.get(id) {
            Some(UpstreamFact::Files(_)) if !self.is_pinned() => {
                return Err(PlanError::NotAView("it reads files, which only a run can hand to the engine"));
            }
            Some(UpstreamFact::Files(files)) => {
                let files = stale::new_files(self.model, self.facts, id, files);
                let keep_bad_rows = keeps_bad_rows(self.context, id);
                let relation = relation.clone();
                reading.files.push(FileInput { source: id.to_string(), relation, files, keep_bad_rows });
                self.copy_of(id).map_or(Version::FileList, Version::Copy)
            }
            Some(UpstreamFact::Table { found: Some(found), .. }) if self.is_pinned() && !found.view => {
                found.snapshot.map_or(Version::None, Version::Snapshot)
            }
            Some(UpstreamFact::Table { .. }) | None => Version::None,
        };
        let snapshot = match version {
            Version::Snapshot(id) => Some(id),
            Version::FileList | Version::Copy(_) | Version::None => None,
        };
        let name = match &version {
            Version::Copy(copy) => self.copied(id, copy),
            Version::FileList | Version::Snapshot(_) | Version::None => named(&relation, snapshot),
        };
        reading.pins.push(Pin { id: id.to_string(), relation, version });
        Ok(name)
    }

    /// Asks of each source that the model reads what its declaration promises.
    pub(super) fn entry_checks(&mut self) {
        if !self.audited() {
            return;
        }
        let facts = self.facts;
        for id in facts.upstreams.keys() {
            let Some(source) = self.context.project.graph.source(id) else { continue };
            let reads = |binding: &Binding| matches!(binding, Binding::Ref(read) if read == id);
            let bound = self.model.query.bindings.iter().find(|(_, binding)| reads(binding));
            let Some(relation) = bound.and_then(|(name, _)| self.reading.relations.get(name)) else { continue };
            let travel = relation.snapshot.map(|id| format!(" {}", sql::at_snapshot(id))).unwrap_or_default();
            let table = self.context.dialect.table(&relation.schema, &relation.table);
            let relation = match &relation.columns {
                Some(columns) => format!("(select {columns} from {table})"),
                None => format!("{table}{travel}"),
            };
            self.entry_check(source, &relation);
        }
    }

    fn entry_check(&mut self, source: &SourceSpec, relation: &str) {
        if let Some(audits) = entry::nulls(source, relation) {
            self.audit(&format!("entry {}", source.id), audits, relation);
        }
    }

    /// A table of this attempt, made from a query.
    pub(super) fn create(&mut self, step: &str, name: &PhysicalName, query: &str) {
        let statement = sql::create_table(self.context, name, query);
        self.steps.push(Step {
            fence: Fence::FreshName,
            undo: Some(name.clone()),
            typed: true,
            ..plain(step, Effect::Create, statement, Probe::Exists(name.clone()))
        });
    }

    /// One statement with all audits of a relation.
    pub(super) fn audit(&mut self, step: &str, audits: Audits, relation: &str) {
        let (statement, columns) = audits.statement(relation);
        self.steps.push(Step { columns, ..plain(step, Effect::Read, statement, Probe::Repeat) });
    }

    /// Audits of rows that readers see already: a direct publication is told of, not held back.
    pub(super) fn audit_published(&mut self, stage: &str) {
        if self.audited() {
            return;
        }
        let renamed = self.facts.first_run() && self.context.capabilities.rename_table;
        let relation = if renamed { sql::table(&self.target()) } else { stage.to_owned() };
        let mut audits = Audits::default();
        columns::promises(&mut audits, &self.model.columns, &relation, None);
        if !audits.is_empty() {
            self.audit("audit published", audits, &relation);
        }
    }

    /// A statement that may be sent again at any time, and is not sent at all if the measure is zero.
    pub(super) fn statement_unless(&mut self, zero: &str, step: &str, effect: Effect, statement: String) {
        self.steps.push(Step { unless_zero: Some(zero.into()), ..plain(step, effect, statement, Probe::Repeat) });
    }

    /// A statement without further ado.
    pub(super) fn statement(&mut self, step: &str, effect: Effect, statement: String, probe: Probe) {
        self.steps.push(plain(step, effect, statement, probe));
    }

    /// The statement that brings staged rows to a published table. It is sent only if rows were staged, and has an
    /// effect only if the table's head is the planned one.
    pub(super) fn apply(&mut self, effect: Effect, statement: String, probe: String) {
        let table = self.target();
        let snapshot = self.facts.target.as_ref().and_then(|target| target.snapshot);
        let inside = self.context.capabilities.guard_by_refs;
        self.steps.push(Step {
            fence: Fence::Head { table, snapshot, inside, rows: ROWS.into() },
            unless_zero: Some(ROWS.into()),
            ..plain("apply", effect, statement, Probe::Zero(probe))
        });
    }

    /// The condition of that statement; true where the dispatcher compares instead.
    pub(super) fn guard(&self) -> String {
        let snapshot = self.facts.target.as_ref().and_then(|target| target.snapshot);
        match self.context.capabilities.guard_by_refs {
            true => sql::guard(&self.target(), snapshot),
            false => "true".into(),
        }
    }

    /// Gives a first run's table its published name: at once, and only if the name is free.
    pub(super) fn publish_first(&mut self, draft: &PhysicalName) {
        let target = self.target();
        if self.context.capabilities.rename_table {
            let dialect = self.context.dialect;
            let to = sql::ddl_table(dialect, &target);
            let statement = format!("alter table {} rename to {to}", sql::ddl_table(dialect, draft));
            let probe = Probe::Renamed { from: draft.clone(), to: target };
            self.steps.push(Step { fence: Fence::FreeName, ..plain("publish", Effect::Rename, statement, probe) });
        } else {
            let columns = sql::list(self.model.columns.iter().map(|c| &c.name));
            let query = format!("select {columns} from {}", sql::table(draft));
            let statement = sql::create_table(self.context, &target, &query);
            let probe = Probe::Exists(target);
            self.steps.push(Step { fence: Fence::FreeName, ..plain("publish", Effect::Create, statement, probe) });
        }
    }

    /// Records the publication.
    pub(super) fn release(&mut self) {
        self.steps.push(Step {
            action: Action::Release,
            fence: Fence::Journal,
            ..plain("release", Effect::Release, String::new(), Probe::Released)
        });
    }

    /// Lets readers of the model's view see a table.
    pub(super) fn repoint(&mut self, query: &str) -> Result<(), PlanError> {
        if !self.context.capabilities.replace_view {
            return Err(PlanError::Unsupported("replace a view in one statement"));
        }
        let statement = format!("create or replace view {} as\n{query}", sql::table(&self.target()));
        self.statement("publish", Effect::Repoint, statement, Probe::Repeat);
        Ok(())
    }

    /// Drops a table of ours.
    pub(super) fn drop(&mut self, step: &str, name: &PhysicalName) {
        let statement = format!("drop table if exists {}", sql::ddl_table(self.context.dialect, name));
        self.steps.push(Step { fence: Fence::Owned, ..plain(step, Effect::Drop, statement, Probe::Repeat) });
    }

    /// The plan.
    pub(super) fn finish(mut self, release: ReleaseOf) -> Result<Plan, PlanError> {
        self.drop_copies();
        let most = self.context.dialect.max_statement_bytes.unwrap_or(usize::MAX);
        if let Some(bytes) = self.steps.iter().filter_map(|s| s.sql()).map(str::len).find(|bytes| *bytes > most) {
            return Err(PlanError::TooLong { bytes, most });
        }
        Ok(Plan {
            version: VERSION,
            run: self.facts.run.clone(),
            model: self.model.id.to_string(),
            attempt: self.facts.attempt,
            kind: kind_name(&self.model.kind).into(),
            reason: self.reason,
            now: self.facts.now.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
            fingerprint: self.fingerprint,
            pins: self.reading.pins,
            files: self.reading.files,
            steps: self.steps,
            release: Release {
                number: self.facts.published.as_ref().map_or(0, |p| p.number) + 1,
                table: release.table,
                events: release.events,
                inputs: stale::inputs(self.model, self.facts),
                rows: release.rows.map(str::to_owned),
                high_water: release.high_water.map(str::to_owned),
            },
            bad_rows: bad_rows_table(self.context, self.model),
        })
    }
}

/// What differs between the strategies' releases.
#[derive(Default)]
pub(super) struct ReleaseOf {
    pub(super) table: Option<PhysicalName>,
    pub(super) events: Option<PhysicalName>,
    pub(super) rows: Option<&'static str>,
    pub(super) high_water: Option<&'static str>,
}

pub(super) fn named(name: &PhysicalName, snapshot: Option<i64>) -> RelationName {
    RelationName { schema: name.schema.clone(), table: name.table.clone(), snapshot, columns: None }
}

pub(super) fn plain(name: &str, effect: Effect, statement: String, probe: Probe) -> Step {
    Step {
        name: name.into(),
        action: Action::Statement(statement),
        effect,
        probe,
        fence: Fence::None,
        undo: None,
        unless_zero: None,
        typed: false,
        columns: vec![],
    }
}
