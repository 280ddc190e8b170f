//! Files for an engine that cannot open them: the rows of a load travel inside statements into a table of the run, which
//! stands for the files from then on and is dropped at the end.
//!
//! ```text
//! create table copy as select …, 1 as lake_part from unnest(cast(json_parse('[…]') as array(row(…))))
//! merge into copy using (select …, 2 … where no row of part 2 is there) s on false when not matched then insert …
//! ```
//!
//! The table's name is the run's own. A part that is sent twice finds itself there, and of two that began at one head
//! the engine refuses one, so that each part is there once whatever process sent it.

use std::collections::BTreeMap;

use lake_sql::render::RelationName;
use lake_sql::types::{Field, Type};

use super::build::{Builder, named, plain};
use super::sql::{ident, list, literal, qualified, stored};
use super::{Context, PlanError, fingerprint, sql, stale};
use crate::engine::PhysicalName;
use crate::files::rows::carried;
use crate::graph::Node;
use crate::model::spec::{ColumnSpec, Id, Kind, ModelSpec};
use crate::plan::facts::{Facts, UpstreamFact};
use crate::plan::{Effect, Fence, FileMark, Probe, Step};

/// Most bytes of rows of one source, as text, that the statements of one load carry.
pub const LANDED_BYTES: usize = 64 << 20;

/// Bytes of a statement with rows, unless a single row is longer.
pub(super) const STATEMENT_BYTES: usize = 200_000;

/// Column of a copy: the statement, from 1, that brought the row.
const PART: &str = "lake_part";

/// The files whose rows planning needs as facts: those of a load on an engine that cannot open files.
pub fn files_to_copy(context: &Context, model: &ModelSpec, facts: &Facts) -> BTreeMap<Id, Vec<FileMark>> {
    let idle = || stale::reason(model, facts, &fingerprint(model)).is_none();
    if context.capabilities.files || model.kind == Kind::View || idle() {
        return BTreeMap::new();
    }
    let new = |(id, upstream): (&Id, &UpstreamFact)| match upstream {
        UpstreamFact::Files(files) => Some((id.clone(), stale::new_files(model, facts, id, files))),
        UpstreamFact::Table { .. } => None,
    };
    facts.upstreams.iter().filter_map(new).collect()
}

impl Builder<'_> {
    /// The table that stands for the files of a source; None where the engine opens them.
    pub(super) fn copy_of(&self, id: &Id) -> Option<PhysicalName> {
        if self.context.capabilities.files {
            return None;
        }
        let files = self.facts.upstreams.iter().filter(|(_, upstream)| matches!(upstream, UpstreamFact::Files(_)));
        let at = files.map(|(id, _)| id).position(|source| source == id)?;
        Some(self.fresh(&format!("files_{}", at + 1)))
    }

    /// A copy under the types that were declared.
    pub(super) fn copied(&self, id: &Id, copy: &PhysicalName) -> RelationName {
        let columns = self.source_columns(id);
        let same = |c: &ColumnSpec| kept(self, &c.ty) == c.ty;
        let item = |c: &ColumnSpec| match same(c) {
            true => ident(&c.name),
            false => format!("{} as {}", restored(&ident(&c.name), &c.ty), ident(&c.name)),
        };
        let selected = || columns.iter().map(item).collect::<Vec<_>>().join(", ");
        RelationName { columns: (!columns.iter().all(same)).then(selected), ..named(copy, None) }
    }

    fn source_columns(&self, id: &Id) -> &[ColumnSpec] {
        match self.context.project.graph.nodes().get(id) {
            Some(Node::Source(source)) => &source.columns,
            Some(Node::Model(_)) | None => &[],
        }
    }

    /// The steps that bring the rows of files to an engine that cannot open them.
    pub(super) fn copy_files(&mut self) -> Result<(), PlanError> {
        if self.model.kind == Kind::View {
            return Ok(());
        }
        for (id, rows) in &self.facts.landed {
            let Some(name) = self.copy_of(id) else { continue };
            let copy = Copy { columns: self.source_columns(id).to_vec(), name };
            for (at, rows) in self.parts(id, &copy, rows)?.iter().enumerate() {
                let step = self.part(id, &copy, at + 1, rows);
                self.steps.push(step);
            }
        }
        Ok(())
    }

    /// The step that brings one part of the rows.
    fn part(&self, id: &Id, copy: &Copy, part: usize, rows: &[String]) -> Step {
        let query = copy.query(self, part, rows);
        let table = sql::table(&copy.name);
        if part == 1 {
            let statement = sql::create_table(self.context, &copy.name, &query);
            let probe = Probe::Exists(copy.name.clone());
            let step = plain(&format!("copy {id}"), Effect::Create, statement, probe);
            return Step { fence: Fence::FreshName, undo: Some(copy.name.clone()), ..step };
        }
        let names = || copy.columns.iter().map(|c| c.name.as_str()).chain([PART]);
        let there = format!("select count(*) from {table} where {} = {part}", ident(PART));
        let statement = format!(
            "merge into {table} t\nusing (\n{query}\nwhere ({there}) = 0\n) s\non false\n\
             when not matched then insert ({}) values ({})",
            list(names()),
            qualified("s", names()),
        );
        let probe = format!("select {} - count(*) as n from {table} where {} = {part}", rows.len(), ident(PART));
        let step = plain(&format!("copy {id} {part}"), Effect::Fill, statement, Probe::Zero(probe));
        Step { fence: Fence::Once, ..step }
    }

    /// Rows by statement.
    fn parts<'r>(&self, id: &Id, copy: &Copy, rows: &'r [String]) -> Result<Vec<&'r [String]>, PlanError> {
        // The longest statement is a part's with its number; ten digits are more than there are parts.
        let around = self.part(id, copy, 1, &[]).sql().map_or(0, str::len);
        let around = self.part(id, copy, 2, &[]).sql().map_or(around, |sql| sql.len().max(around)) + 10;
        let most = self.context.dialect.max_statement_bytes.unwrap_or(usize::MAX);
        let usual = STATEMENT_BYTES.min(most);
        let mut parts = vec![];
        let (mut start, mut bytes) = (0, around);
        for (at, row) in rows.iter().enumerate() {
            let length = row.len() + row.matches('\'').count() + 1;
            if around + length > most {
                return Err(PlanError::LandedRow { source: id.clone(), bytes: around + length, most });
            }
            if bytes + length > usual && at > start {
                parts.push(&rows[start..at]);
                (start, bytes) = (at, around);
            }
            bytes += length;
        }
        parts.push(&rows[start..]);
        Ok(parts)
    }

    /// Drops the copies.
    pub(super) fn drop_copies(&mut self) {
        for id in self.facts.landed.keys() {
            if let Some(name) = self.copy_of(id) {
                self.drop(&format!("drop copy of {id}"), &name);
            }
        }
    }
}

/// A table of the run that holds the rows of files.
struct Copy {
    columns: Vec<ColumnSpec>,
    name: PhysicalName,
}

impl Copy {
    /// The rows of one part, with the types that tables keep.
    fn query(&self, builder: &Builder, part: usize, rows: &[String]) -> String {
        let item = |c: &ColumnSpec| {
            let (name, kept) = (ident(&c.name), kept(builder, &c.ty));
            match carried(&c.ty) == kept {
                true => format!("r.{name}"),
                false => format!("cast(r.{name} as {kept}) as {name}"),
            }
        };
        let items: Vec<String> = self.columns.iter().map(item).collect();
        let field = |c: &ColumnSpec| Field { name: Some(c.name.clone()), ty: carried(&c.ty) };
        let row = Type::Row(self.columns.iter().map(field).collect());
        format!(
            "select {}, {part} as {}\nfrom unnest(cast(json_parse({}) as array({row}))) as r ({})",
            items.join(", "),
            ident(PART),
            literal(&format!("[{}]", rows.join(","))),
            list(self.columns.iter().map(|c| &c.name)),
        )
    }
}

/// The type that a copy keeps for a declared one. Tables hold no JSON, but its text.
fn kept(builder: &Builder, ty: &Type) -> Type {
    stored(
        builder.context.dialect,
        &map_leaves(ty, &|leaf| match leaf {
            Type::Json => Type::Varchar(None),
            other => other.clone(),
        }),
    )
}

fn map_leaves(ty: &Type, leaf: &impl Fn(&Type) -> Type) -> Type {
    match ty {
        Type::Array(element) => Type::Array(Box::new(map_leaves(element, leaf))),
        Type::Map(key, value) => Type::Map(Box::new(map_leaves(key, leaf)), Box::new(map_leaves(value, leaf))),
        Type::Row(fields) => {
            let field = |field: &Field| Field { name: field.name.clone(), ty: map_leaves(&field.ty, leaf) };
            Type::Row(fields.iter().map(field).collect())
        }
        other => leaf(other),
    }
}

fn holds_json(ty: &Type) -> bool {
    match ty {
        Type::Json => true,
        Type::Array(element) => holds_json(element),
        Type::Map(key, value) => holds_json(key) || holds_json(value),
        Type::Row(fields) => fields.iter().any(|field| holds_json(&field.ty)),
        _ => false,
    }
}

/// A value of a copy in its declared type.
fn restored(value: &str, ty: &Type) -> String {
    match ty {
        ty if !holds_json(ty) => format!("cast({value} as {ty})"),
        Type::Json => format!("json_parse({value})"),
        Type::Array(element) => format!("transform({value}, e -> {})", restored("e", element)),
        Type::Map(key, of) => {
            let values = format!("transform_values({value}, (k, e) -> {})", restored("e", of));
            format!("transform_keys({values}, (k, e) -> {})", restored("k", key))
        }
        Type::Row(fields) => {
            let part = |field: &Field| {
                let name = field.name.as_deref().unwrap_or_default();
                restored(&format!("{value}.{}", ident(name)), &field.ty)
            };
            let parts: Vec<String> = fields.iter().map(part).collect();
            format!("if({value} is null, null, cast(row({}) as {ty}))", parts.join(", "))
        }
        _ => format!("cast({value} as {ty})"),
    }
}
