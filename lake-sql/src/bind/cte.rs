//! WITH: named queries, bound once, and references to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::binder::{Binder, Bound, VisibleCte};
use super::build::{pass_through, rel};
use super::order::as_column;
use super::relation::FromItem;
use super::scope::{Field, Scope, Source, same_name};
use crate::bound::{Column, ColumnId, Cte, CteId, OutputColumn, RecursiveArm, Rel, RelKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, Ident, NamedQuery, QueryBody};
use crate::types::{self, Type, TypeRules};

impl Binder<'_> {
    /// Binds the named queries in order and makes them visible.
    pub fn with(&mut self, with: &tree::With, outer: &Scope<'_>) {
        let mut names = BTreeSet::new();
        for named in &with.queries {
            if !names.insert(named.name.value.to_lowercase()) {
                self.report(finding::duplicate_cte::new(&named.name));
                continue;
            }
            let recursive = with.recursive && mentions(&named.query, &named.name.value);
            let cte = if recursive { self.recursive_cte(named, outer) } else { self.plain_cte(named, outer) };
            self.visible.push(cte);
        }
    }

    fn plain_cte(&mut self, named: &NamedQuery, outer: &Scope<'_>) -> VisibleCte {
        let (bound, used) = self.uncorrelated(named, |binder| binder.query(&named.query, outer));
        let complete = bound.complete && !used;
        let columns = self.cte_columns(named, &bound.columns, complete);
        let id = self.fresh_cte();
        let (rel, ids) = self.exact(bound.rel, &bound.columns);
        let name = named.name.value.clone();
        self.ctes.push(Cte { id, name: name.clone(), span: named.name.span, rel, columns: ids, recursive: None });
        VisibleCte { name, id: complete.then_some(id), columns }
    }

    /// Binds a CTE and tells whether it refers to an outer query, which a CTE that is computed once cannot.
    fn uncorrelated<T>(&mut self, named: &NamedQuery, work: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        self.frames.push(BTreeSet::new());
        let result = work(self);
        let used = self.frames.pop().expect("the frame was pushed above");
        if !used.is_empty() {
            self.report(finding::unsupported::new("a WITH query that refers to an outer query", named.span));
        }
        (result, !used.is_empty())
    }

    /// The columns under the names of the CTE's column list.
    fn cte_columns(&mut self, named: &NamedQuery, output: &[OutputColumn], complete: bool) -> Vec<Column> {
        let mut columns: Vec<Column> = output.iter().map(as_column).collect();
        if !named.columns.is_empty() && named.columns.len() != columns.len() && complete {
            self.report(finding::alias_columns::new(&named.name.value, &named.columns, columns.len()));
        }
        for (position, name) in named.columns.iter().enumerate() {
            if named.columns[..position].iter().any(|other| same_name(&other.value, &name.value)) {
                self.report(finding::duplicate_column::new(&name.value, name.span));
            }
        }
        for (column, name) in columns.iter_mut().zip(&named.columns) {
            column.name = Some(name.value.clone());
        }
        columns
    }

    /// A relation with exactly the output columns, each id once.
    fn exact(&mut self, input: Rel, columns: &[OutputColumn]) -> (Rel, Vec<ColumnId>) {
        let span = input.span;
        let mut projected = vec![];
        for column in columns {
            if !projected.iter().any(|(id, _)| *id == column.id) {
                let value = pass_through(column.id, column.ty.clone(), column.nullable, column.span);
                projected.push((column.id, value));
            }
        }
        let ids = columns.iter().map(|column| column.id).collect();
        (rel(RelKind::Project { input: Box::new(input), columns: projected }, span), ids)
    }

    /// A recursive CTE: the first arm gives the columns, the second one repeats on the rows of the step before.
    fn recursive_cte(&mut self, named: &NamedQuery, outer: &Scope<'_>) -> VisibleCte {
        let name = named.name.value.clone();
        let broken = VisibleCte { name: name.clone(), id: None, columns: vec![] };
        let Some((anchor, step, distinct)) =
            recursive_arms(&named.query).filter(|(_, _, distinct)| !distinct || self.rules == TypeRules::New)
        else {
            self.report(finding::recursive_cte::shape(&named.name));
            return broken;
        };
        if distinct {
            self.is_too_new("UNION without ALL in a recursive query", named.name.span);
        }
        if named.columns.is_empty() {
            self.report(finding::recursive_cte::columns(&named.name));
            return broken;
        }
        if let Some(place) = outer_reference(step, &name) {
            self.report(finding::recursive_cte::outer_join(&named.name, place));
            return broken;
        }
        let (first, _) = self.uncorrelated(named, |binder| binder.body(anchor, &[], outer));
        if !first.complete {
            return broken;
        }
        let mut columns = self.cte_columns(named, &first.columns, true);
        let id = self.fresh_cte();
        let second = self.recursive_step(named, step, outer, id, &mut columns);
        if second.columns.len() != columns.len() {
            if second.complete {
                let counts = (columns.len(), second.columns.len());
                let place = self.operator(anchor.span(), step.span());
                self.report(finding::set_operation_width::new("UNION", counts, place));
            }
            return broken;
        }
        if first.single_row && !distinct && is_row_for_row(&second.rel) {
            self.report(finding::recursive_cte::endless(&named.name, step.span()));
        }
        let types: Vec<Type> = columns.iter().map(|column| column.ty.clone()).collect();
        for (column, output) in columns.iter().zip(&second.columns) {
            if !output.ty.has_error() && !types::can_coerce(&output.ty, &column.ty, self.rules) {
                self.report(finding::recursive_cte::types(column, output));
                return broken;
            }
        }
        let (step, step_columns) = self.cast_columns(second.rel, &second.columns, &types);
        let (rel, ids) = self.exact(first.rel, &first.columns);
        let recursive = Some(Box::new(RecursiveArm { rel: step, columns: step_columns, distinct }));
        self.ctes.push(Cte { id, name: name.clone(), span: named.name.span, rel, columns: ids, recursive });
        VisibleCte { name, id: Some(id), columns }
    }

    /// Binds the step until the nullability that it assumes of the rows before is that of the rows it gives.
    fn recursive_step(
        &mut self,
        named: &NamedQuery,
        step: &QueryBody,
        outer: &Scope<'_>,
        id: CteId,
        columns: &mut [Column],
    ) -> Bound {
        loop {
            let (findings, sites, ctes) = (self.findings.len(), self.sites.len(), self.ctes.len());
            let name = named.name.value.clone();
            self.visible.push(VisibleCte { name, id: Some(id), columns: columns.to_vec() });
            self.recursions.push((id, vec![]));
            let (second, _) = self.uncorrelated(named, |binder| binder.body(step, &[], outer));
            let (_, mut places) = self.recursions.pop().expect("the recursion was pushed above");
            self.visible.pop();
            let mut stable = true;
            for (column, output) in columns.iter_mut().zip(&second.columns) {
                if output.nullable && !column.nullable {
                    column.nullable = true;
                    stable = false;
                }
            }
            if stable {
                places.sort();
                if let Some(place) = places.get(1) {
                    self.report(finding::recursive_cte::twice(&named.name, *place));
                }
                return second;
            }
            self.findings.truncate(findings);
            self.sites.truncate(sites);
            self.ctes.truncate(ctes);
        }
    }

    /// A CTE of that name as a relation.
    pub fn cte_reference(&mut self, name: &Ident, span: Span) -> Option<FromItem> {
        let cte = self.visible.iter().rev().find(|cte| same_name(&cte.name, &name.value))?.clone();
        let qualifier: Arc<[String]> = Arc::from([name.value.clone()]);
        let Some(id) = cte.id else {
            let mut item = FromItem::broken(span);
            item.sources[0].qualifier = qualifier;
            return Some(item);
        };
        if let Some((_, places)) = self.recursions.iter_mut().find(|(recursion, _)| *recursion == id) {
            places.push(span);
        }
        let mut fields = vec![];
        let mut ids = vec![];
        for column in cte.columns {
            let new = Column { id: self.fresh(), ..column.clone() };
            if let Some(brand) = self.brands.get(&column.id).cloned() {
                self.brands.insert(new.id, brand);
            }
            ids.push((new.id, column.id));
            fields.push(Field { qualifier: qualifier.clone(), column: new });
        }
        let rel = rel(RelKind::CteRef { cte: id, columns: ids }, span);
        Some(FromItem { rel, fields, sources: vec![Source { qualifier, complete: true }] })
    }
}

/// Whether a step gives a row for each row of the step before, whatever the data.
fn is_row_for_row(step: &Rel) -> bool {
    match &step.kind {
        RelKind::CteRef { .. } => true,
        RelKind::Project { input, .. } | RelKind::Sort { input, .. } | RelKind::Window { input, .. } => {
            is_row_for_row(input)
        }
        _ => false,
    }
}

/// The two arms of `anchor UNION [ALL] step`, and whether equal rows are left out.
fn recursive_arms(query: &tree::Query) -> Option<(&QueryBody, &QueryBody, bool)> {
    let plain = query.with.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    match &query.body {
        QueryBody::SetOp { op: tree::SetOp::Union, all, left, right, .. } if plain => Some((left, right, !all)),
        QueryBody::Parenthesized(inner, _) if plain => recursive_arms(inner),
        _ => None,
    }
}

/// Where a relation of that name stands on the side of an outer join that gives nulls.
fn outer_reference(body: &QueryBody, name: &str) -> Option<Span> {
    let mut place = None;
    each_relation(body, &mut |relation| {
        let tree::RelationKind::Join { kind, left, right, .. } = &relation.kind else { return };
        let side = match kind {
            tree::JoinKind::Left => relation_mentions(right, name),
            tree::JoinKind::Right => relation_mentions(left, name),
            tree::JoinKind::Full => relation_mentions(left, name) || relation_mentions(right, name),
            tree::JoinKind::Cross | tree::JoinKind::Inner => false,
        };
        place = place.or(side.then_some(relation.span));
    });
    place
}

/// Visits the relations of FROM, those of subqueries in it included.
fn each_relation(body: &QueryBody, visit: &mut dyn FnMut(&tree::Relation)) {
    match body {
        QueryBody::Select(select) => select.from.iter().for_each(|relation| within_relation(relation, visit)),
        QueryBody::SetOp { left, right, .. } => {
            each_relation(left, visit);
            each_relation(right, visit);
        }
        QueryBody::Parenthesized(query, _) => each_relation(&query.body, visit),
        QueryBody::Table { .. } | QueryBody::Values { .. } | QueryBody::Error(_) => {}
    }
}

fn within_relation(relation: &tree::Relation, visit: &mut dyn FnMut(&tree::Relation)) {
    use tree::RelationKind as K;
    visit(relation);
    match &relation.kind {
        K::Subquery(query) | K::Lateral(query) => each_relation(&query.body, visit),
        K::Aliased { relation, .. } | K::Sample { relation, .. } | K::Parenthesized(relation) => {
            within_relation(relation, visit);
        }
        K::Join { left, right, .. } => {
            within_relation(left, visit);
            within_relation(right, visit);
        }
        K::MatchRecognize(recognize) => within_relation(&recognize.input, visit),
        K::Table { .. }
        | K::Placeholder { .. }
        | K::Unnest { .. }
        | K::TableFunction { .. }
        | K::JsonTable(_)
        | K::Error => {}
    }
}

/// Whether a query reads a relation of that name anywhere in FROM.
fn mentions(query: &tree::Query, name: &str) -> bool {
    body_mentions(&query.body, name)
        || query.with.iter().flat_map(|with| &with.queries).any(|named| mentions(&named.query, name))
}

fn body_mentions(body: &QueryBody, name: &str) -> bool {
    match body {
        QueryBody::Select(select) => select.from.iter().any(|relation| relation_mentions(relation, name)),
        QueryBody::SetOp { left, right, .. } => body_mentions(left, name) || body_mentions(right, name),
        QueryBody::Table { name: table, .. } => is_named(table, name),
        QueryBody::Parenthesized(query, _) => mentions(query, name),
        QueryBody::Values { .. } | QueryBody::Error(_) => false,
    }
}

fn relation_mentions(relation: &tree::Relation, name: &str) -> bool {
    use tree::RelationKind as K;
    match &relation.kind {
        K::Table { name: table, .. } => is_named(table, name),
        K::Subquery(query) | K::Lateral(query) => mentions(query, name),
        K::Aliased { relation, .. } | K::Sample { relation, .. } => relation_mentions(relation, name),
        K::Parenthesized(relation) => relation_mentions(relation, name),
        K::MatchRecognize(recognize) => relation_mentions(&recognize.input, name),
        K::TableFunction { args, .. } => args.iter().any(|(_, arg)| match arg {
            tree::TableArgument::Table(table) => relation_mentions(&table.relation, name),
            tree::TableArgument::Expr(_) | tree::TableArgument::Descriptor(..) => false,
        }),
        K::Join { left, right, .. } => relation_mentions(left, name) || relation_mentions(right, name),
        K::Placeholder { .. } | K::Unnest { .. } | K::JsonTable(_) | K::Error => false,
    }
}

fn is_named(table: &tree::Name, name: &str) -> bool {
    matches!(&table.parts[..], [only] if same_name(&only.value, name))
}
