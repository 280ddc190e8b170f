//! Whether a model has anything to do, and whether it can.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Context, PlanError};
use crate::audit::entry::{Drift, drift};
use crate::engine::PhysicalName;
use crate::graph::Node;
use crate::model::spec::{Binding, ColumnSpec, HistoryInput, HistoryNames, HistorySpec, Id, Kind, ModelSpec, Write};
use crate::plan::FileMark;
use crate::plan::facts::{Facts, TableFact, UpstreamFact};
use crate::strategy::sql::stored;

/// Refuses what cannot be planned.
pub(super) fn check(context: &Context, model: &ModelSpec, facts: &Facts) -> Result<(), PlanError> {
    let stored = model.kind != Kind::View;
    if let Some(column) = model.columns.iter().find(|c| stored && context.dialect.stored_type(&c.ty).is_none()) {
        return Err(PlanError::Storage { column: column.name.clone(), ty: column.ty.clone() });
    }
    for (id, upstream) in &facts.upstreams {
        match (upstream, context.project.graph.nodes().get(id)) {
            (UpstreamFact::Table { found: None, .. }, node) => {
                return Err(PlanError::MissingUpstream {
                    upstream: id.clone(),
                    relation: context.project.physical(id),
                    model: matches!(node, Some(Node::Model(_))),
                });
            }
            (UpstreamFact::Table { found: Some(found), .. }, Some(Node::Source(source))) => {
                let columns = drift(context.dialect, source, found);
                if !columns.is_empty() {
                    return Err(PlanError::Drift { source: id.clone(), columns });
                }
            }
            (UpstreamFact::Files(files), _) if model.kind != Kind::Table => same_files(id.to_string(), files, facts)?,
            (UpstreamFact::Files(_) | UpstreamFact::Table { .. }, _) => {}
        }
    }
    match &facts.target {
        Some(target) => object(context, model, facts, target),
        None => Ok(()),
    }
}

/// Files that were loaded must not have changed.
fn same_files(source: String, files: &[FileMark], facts: &Facts) -> Result<(), PlanError> {
    let Some(consumed) = facts.consumed.get(&source) else { return Ok(()) };
    for file in files {
        if let Some(then) = consumed.get(&file.path)
            && then.size != file.size
        {
            return Err(PlanError::FileChanged { source, path: file.path.clone(), sizes: (then.size, file.size) });
        }
    }
    Ok(())
}

fn object(context: &Context, model: &ModelSpec, facts: &Facts, target: &TableFact) -> Result<(), PlanError> {
    let relation = context.project.physical(&model.id);
    let view = matches!(model.kind, Kind::View | Kind::Table);
    if view != target.view {
        let name = |view| if view { "view" } else { "table" };
        return Err(PlanError::WrongObject { relation, found: name(target.view), expected: name(view) });
    }
    if view {
        return Ok(());
    }
    if facts.published.is_none() && matches!(model.kind, Kind::Incremental(Write::Append)) {
        return Err(PlanError::UnknownTarget { relation });
    }
    same_columns(context, &relation, &model.columns, target)?;
    match &model.kind {
        Kind::History(HistorySpec { input: HistoryInput::Events { .. }, names, .. }) => {
            events(context, model, facts, names)
        }
        _ => Ok(()),
    }
}

/// What a history was made from so far must be there, with the columns of the query.
fn events(context: &Context, model: &ModelSpec, facts: &Facts, own: &HistoryNames) -> Result<(), PlanError> {
    let name = facts.published.as_ref().and_then(|published| published.events.clone());
    let (Some(name), Some(found)) = (&name, &facts.events) else {
        let relation = context.project.physical(&model.id);
        return Err(PlanError::LostEvents { relation, events: name });
    };
    let own = [&own.from, &own.to, &own.current];
    let query: Vec<ColumnSpec> = model.columns.iter().filter(|c| !own.contains(&&c.name)).cloned().collect();
    same_columns(context, name, &query, found)
}

fn same_columns(
    context: &Context,
    relation: &PhysicalName,
    columns: &[ColumnSpec],
    found: &TableFact,
) -> Result<(), PlanError> {
    let columns: Vec<Drift> = columns
        .iter()
        .filter_map(|column| {
            let there = found.columns.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(&column.name));
            let found = there.map(|(_, ty, _)| ty.clone());
            let same = found.as_ref().is_some_and(|ty| *ty == column.ty || *ty == stored(context.dialect, &column.ty));
            (!same).then(|| Drift { column: column.name.clone(), declared: column.ty.clone(), found })
        })
        .collect();
    if columns.is_empty() { Ok(()) } else { Err(PlanError::TargetColumns { relation: relation.clone(), columns }) }
}

/// Why the model runs; None if nothing is new.
pub(super) fn reason(model: &ModelSpec, facts: &Facts, fingerprint: &str) -> Option<String> {
    if facts.target.is_none() {
        return Some("first run".into());
    }
    let Some(published) = &facts.published else { return Some("the journal knows of no load of it".into()) };
    if adds_files_alone(model, facts) && newer(model, facts).is_none() {
        return None;
    }
    if published.fingerprint != fingerprint {
        return Some("the model has changed".into());
    }
    if facts.force {
        return Some("asked for".into());
    }
    if let Some(table) = &published.table {
        let definition = facts.target.as_ref().and_then(|target| target.definition.as_ref());
        if definition.is_some_and(|text| !text.contains(&table.table)) {
            return Some("its view does not show what was published last".into());
        }
    }
    if model.kind == Kind::View {
        return None;
    }
    if model.query.bindings.iter().any(|(_, binding)| *binding == Binding::Now) {
        return Some("it depends on the time of the run".into());
    }
    newer(model, facts)
}

/// Whether a load consists of new files and nothing else, so that without them even a changed model has nothing to do.
fn adds_files_alone(model: &ModelSpec, facts: &Facts) -> bool {
    let adds = matches!(model.kind, Kind::Incremental(_) | Kind::History(_));
    let files = |upstream: &UpstreamFact| matches!(upstream, UpstreamFact::Files(_));
    adds && !facts.upstreams.is_empty() && facts.upstreams.values().all(files)
}

fn newer(model: &ModelSpec, facts: &Facts) -> Option<String> {
    let mut words = vec![];
    for (id, upstream) in &facts.upstreams {
        if let (UpstreamFact::Files(files), true) = (upstream, model.kind != Kind::Table) {
            let new = files.iter().filter(|file| !is_consumed(facts, &id.to_string(), file)).count();
            if new > 0 {
                words.push(format!("{new} new {} of {id}", if new == 1 { "file" } else { "files" }));
            }
        }
    }
    let before = facts.published.as_ref().map(|p| &p.inputs);
    for (leaf, version) in inputs(model, facts) {
        let by_file = version.starts_with(FILES) && model.kind != Kind::Table;
        if before.and_then(|inputs| inputs.get(&leaf)) != Some(&version) && !by_file {
            words.push(format!("{leaf} has changed"));
        }
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// Versions of all that the model reads, leaf by leaf.
pub(super) fn inputs(model: &ModelSpec, facts: &Facts) -> BTreeMap<String, String> {
    let mut inputs = BTreeMap::new();
    for (id, upstream) in &facts.upstreams {
        match upstream {
            UpstreamFact::Table { leaves, .. } => {
                inputs.extend(leaves.iter().map(|(leaf, version)| (leaf.clone(), version.clone())));
            }
            UpstreamFact::Files(files) => {
                inputs.insert(id.to_string(), format!("{FILES}{}", listed(files)));
            }
        }
    }
    inputs.remove(&model.id.to_string());
    inputs
}

/// Marks the version of a list of files.
const FILES: &str = "files:";

/// A list of files as a short text.
fn listed(files: &[FileMark]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(format!("{} {}\n", file.path, file.size));
    }
    let digest: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{digest}", files.len())
}

/// The files that a load takes. A table is computed anew from all files; whatever adds to itself takes those that it
/// has not taken.
pub(super) fn new_files(model: &ModelSpec, facts: &Facts, source: &Id, files: &[FileMark]) -> Vec<FileMark> {
    let all = model.kind == Kind::Table;
    files.iter().filter(|file| all || !is_consumed(facts, &source.to_string(), file)).cloned().collect()
}

/// Whether an earlier load has taken a file. A first run takes all there are.
pub(super) fn is_consumed(facts: &Facts, source: &str, file: &FileMark) -> bool {
    !facts.first_run() && facts.consumed.get(source).is_some_and(|files| files.contains_key(&file.path))
}

/// Words for a model with nothing to do.
pub(super) fn unchanged(facts: &Facts) -> String {
    match &facts.published {
        Some(published) => format!("nothing new since {}", published.at),
        None => "nothing new".into(),
    }
}
