//! Facts for planning: what the catalog, the landing folder and the journal say.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use lake_sql::render::dialect::Dialect;

use super::error::RunError;
use super::landing::source_files;
use super::session::Session;
use crate::engine::{Described, FileRelation, FileRows, PhysicalName};
use crate::files::rows;
use crate::graph::Node;
use crate::model::spec::{BadRows, ColumnSpec, Id, Kind, ModelSpec, Origin};
use crate::plan::facts::{BadRowsFact, Facts, TableFact, UpstreamFact};
use crate::strategy::{LANDED_BYTES, PlanError, bad_rows_table, files_to_copy, fingerprint, stored};

/// What is the same for all models of a run.
#[derive(Clone, Debug)]
pub(super) struct RunFacts {
    pub(super) run: String,
    pub(super) now: DateTime<Utc>,
    pub(super) force: bool,
    /// Models that are only planned: they count as made, and as changed.
    pub(super) assumed: BTreeSet<Id>,
}

type Found = BTreeMap<PhysicalName, Option<Described>>;

impl Session {
    /// Facts about one model.
    pub(super) fn facts(&self, run: &RunFacts, model: &ModelSpec, attempt: u32) -> Result<Facts, RunError> {
        let id = model.id.to_string();
        let target = self.project().physical(&model.id);
        let mut names: BTreeSet<PhysicalName> = [target.clone()].into();
        for upstream in self.project().graph.upstreams(&model.id) {
            self.names(upstream, true, &mut names);
        }
        let names: Vec<PhysicalName> = names.into_iter().collect();
        let found = self.patiently(|| self.engine().describe(&names))?;
        let found: Found = names.into_iter().zip(found).collect();
        let there = found.get(&target).cloned().flatten();
        let schema_exists = match &there {
            Some(_) => true,
            None => !self.patiently(|| self.engine().list(&target.schema))?.is_empty(),
        };
        let mut upstreams = BTreeMap::new();
        for upstream in self.project().graph.upstreams(&model.id) {
            upstreams.insert(upstream.clone(), self.upstream(run, upstream, &found)?);
        }
        let published = self.journal().published(&id)?;
        let events = published.latest.as_ref().and_then(|latest| latest.events.clone());
        let events = match events {
            Some(name) => self.patiently(|| self.engine().describe(std::slice::from_ref(&name)))?.pop().flatten(),
            None => None,
        };
        let mut facts = Facts {
            run: run.run.clone(),
            attempt,
            now: run.now,
            schema_exists,
            target: there.map(table_fact),
            events: events.map(table_fact),
            upstreams,
            published: published.latest,
            consumed: published.consumed,
            landed: BTreeMap::new(),
            bad_rows: self.bad_rows(model)?,
            leftovers: self.journal().kept(&id)?.into_values().flatten().collect(),
            force: run.force,
        };
        self.land(model, &mut facts)?;
        Ok(facts)
    }

    /// What is known of the table of bad rows before files are read.
    fn bad_rows(&self, model: &ModelSpec) -> Result<BadRowsFact, RunError> {
        let Some(table) = bad_rows_table(&self.context(), model) else { return Ok(BadRowsFact::default()) };
        let found = self.patiently(|| self.engine().describe(std::slice::from_ref(&table)))?;
        Ok(BadRowsFact { exists: found.into_iter().next().flatten().is_some(), landed: BTreeMap::new() })
    }

    /// Rows of the files that a load takes, for an engine that cannot open files.
    fn land(&self, model: &ModelSpec, facts: &mut Facts) -> Result<(), RunError> {
        for (id, files) in files_to_copy(&self.context(), model, facts) {
            let Some(Node::Source(source)) = self.project().graph.nodes().get(&id) else { continue };
            let Origin::Files { format, bad_rows, .. } = source.origin else { continue };
            let relation = FileRelation {
                name: self.project().physical(&id),
                columns: source.columns.clone(),
                format,
                files: source_files(self.landing(), &files),
                rows: if bad_rows == BadRows::Keep { FileRows::Good } else { FileRows::All },
            };
            facts.landed.insert(id.clone(), texts(&id, &relation)?);
            if bad_rows == BadRows::Keep {
                let bad = texts(&id, &FileRelation { rows: FileRows::Bad, ..relation })?;
                facts.bad_rows.landed.insert(id, bad);
            }
        }
        Ok(())
    }

    /// Names to look up: the relation itself, and the tables behind views.
    fn names(&self, id: &Id, direct: bool, names: &mut BTreeSet<PhysicalName>) {
        match self.project().graph.nodes().get(id) {
            Some(Node::Source(source)) if source.origin != Origin::Table => {}
            Some(Node::Model(model)) if model.kind == Kind::View => {
                if direct {
                    names.insert(self.project().physical(id));
                }
                for upstream in self.project().graph.upstreams(id) {
                    self.names(upstream, false, names);
                }
            }
            _ => {
                names.insert(self.project().physical(id));
            }
        }
    }

    fn upstream(&self, run: &RunFacts, id: &Id, found: &Found) -> Result<UpstreamFact, RunError> {
        if let Some(Node::Source(source)) = self.project().graph.nodes().get(id)
            && let Origin::Files { pattern, .. } = &source.origin
        {
            return Ok(UpstreamFact::Files(self.landing().list(pattern).map_err(|error| error.of(id))?));
        }
        let mut leaves = BTreeMap::new();
        self.leaves(run, id, found, &mut leaves)?;
        let there = found.get(&self.project().physical(id)).cloned().flatten().map(table_fact);
        let assumed = || {
            self.project()
                .graph
                .model(id)
                .filter(|_| run.assumed.contains(id))
                .map(|model| assumed_fact(self.engine().dialect(), model))
        };
        Ok(UpstreamFact::Table { found: there.or_else(assumed), leaves })
    }

    fn leaves(
        &self,
        run: &RunFacts,
        id: &Id,
        found: &Found,
        leaves: &mut BTreeMap<String, String>,
    ) -> Result<(), RunError> {
        let version = match self.project().graph.model(id) {
            _ if run.assumed.contains(id) => "after this run".into(),
            Some(model) if model.kind == Kind::View => {
                for upstream in self.project().graph.upstreams(id) {
                    self.leaves(run, upstream, found, leaves)?;
                }
                format!("view:{}", fingerprint(model))
            }
            Some(model) if model.kind == Kind::Table => {
                let number = self.journal().latest_publication(&id.to_string())?.map_or(0, |p| p.number);
                format!("publication:{number}")
            }
            _ => match found.get(&self.project().physical(id)) {
                Some(Some(Described { snapshot: Some(snapshot), .. })) => format!("snapshot:{snapshot}"),
                _ => "none".into(),
            },
        };
        leaves.insert(id.to_string(), version);
        Ok(())
    }
}

/// The rows of files as statements carry them.
fn texts(source: &Id, relation: &FileRelation) -> Result<Vec<String>, RunError> {
    let (mut texts, mut bytes) = (vec![], 0);
    rows::read(relation, |row| {
        bytes += row.len();
        texts.push(row);
        match bytes <= LANDED_BYTES {
            true => Ok(()),
            false => Err(RunError::Plan(PlanError::LandedTooMuch { source: source.clone(), most: LANDED_BYTES })),
        }
    })?;
    Ok(texts)
}

fn table_fact(described: Described) -> TableFact {
    TableFact {
        view: described.view,
        columns: described.columns,
        snapshot: described.snapshot,
        definition: described.definition,
    }
}

/// What a model will be in the catalog once it has run.
fn assumed_fact(dialect: &Dialect, model: &ModelSpec) -> TableFact {
    let column = |c: &ColumnSpec| (c.name.clone(), stored(dialect, &c.ty), c.nullable);
    TableFact {
        view: matches!(model.kind, Kind::View | Kind::Table),
        columns: model.columns.iter().map(column).collect(),
        snapshot: None,
        definition: None,
    }
}
