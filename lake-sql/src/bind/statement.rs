//! Statements that read or change tables: targets, assignments with their casts, and MERGE.

use std::sync::Arc;

use super::binder::{Binder, Bound, Clause};
use super::build::{expr, pass_through, rel};
use super::nullability::when_true;
use super::relation::FromItem;
use super::scope::{Field, Scope, Source, same_name};
use crate::bound::statement::{
    BoundStatement, CreateTableAs, CreateView, Delete, Insert, Merge, MergeAction, MergeClause, Target, Update,
};
use crate::bound::{BoundQuery, Column, ColumnId, Expr, ExprKind, OutputColumn, Rel, RelKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, Ident, Name, StatementKind};
use crate::types::{Assignment, Type, can_assign};

/// Whether SHOW is about a table: its columns, its statement, its numbers, its partitions.
fn shows_table(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words[..], ["columns" | "stats" | "partitions" | "tblproperties"] | ["create", "table" | "view"])
}

impl Binder<'_> {
    /// Binds a statement; None for those that have no bound form.
    pub fn statement(&mut self, statement: &tree::Statement) -> Option<BoundStatement> {
        match &statement.kind {
            StatementKind::Query(query) => Some(BoundStatement::Query(self.top_query(query))),
            StatementKind::CreateTableAs { name, replace, if_not_exists, columns, query, with_data, .. } => {
                let query = self.top_query(query);
                Some(BoundStatement::CreateTableAs(CreateTableAs {
                    table: parts(name),
                    replace: *replace,
                    if_not_exists: *if_not_exists,
                    columns: self.new_columns(&query.columns, columns),
                    query,
                    with_data: *with_data,
                }))
            }
            StatementKind::CreateView { name, replace, query, .. } => {
                let text = query.span;
                let query = self.top_query(query);
                let (view, columns) = (parts(name), self.new_columns(&query.columns, &[]));
                Some(BoundStatement::CreateView(CreateView { view, replace: *replace, columns, query, text }))
            }
            StatementKind::Insert { name, columns, query } => self.insert(name, columns, query),
            StatementKind::Update { name, assignments, filter } => {
                self.update(name, assignments, filter.as_ref()).map(BoundStatement::Update)
            }
            StatementKind::Delete { name, filter } => self.delete(name, filter.as_ref()).map(BoundStatement::Delete),
            StatementKind::Merge { name, alias, source, on, clauses } => {
                self.merge(name, alias.as_ref(), source, on, clauses).map(BoundStatement::Merge)
            }
            StatementKind::Explain { statement, .. } => {
                self.statement(statement);
                None
            }
            StatementKind::Unload { query, .. } | StatementKind::ShowStats(query) => {
                self.top_query(query);
                None
            }
            StatementKind::Maintain { name, filter, .. } => {
                self.delete(name, filter.as_ref());
                None
            }
            StatementKind::CreateTable { columns, .. } | StatementKind::CreateHiveTable { columns, .. } => {
                self.check_definitions(columns);
                None
            }
            StatementKind::Describe(name) => {
                self.target(name, None);
                None
            }
            StatementKind::Show { words, name: Some(name), .. } if shows_table(words) => {
                self.target(name, None);
                None
            }
            StatementKind::AlterTable { if_exists: false, name, .. } | StatementKind::Truncate { name } => {
                self.target(name, None);
                None
            }
            // PREPARE is looked at when it is executed; the others name no columns.
            StatementKind::Prepare { .. }
            | StatementKind::Execute { .. }
            | StatementKind::CreateSchema { .. }
            | StatementKind::Drop { .. }
            | StatementKind::AlterTable { .. }
            | StatementKind::Show { .. }
            | StatementKind::RenameView { .. }
            | StatementKind::Comment { .. }
            | StatementKind::DescribePrepared { .. }
            | StatementKind::Call { .. }
            | StatementKind::Other(_) => None,
        }
    }

    /// Columns of a new table: their types exist, and their names differ.
    fn check_definitions(&mut self, columns: &[tree::ColumnDefinition]) {
        for (position, column) in columns.iter().enumerate() {
            if columns[..position].iter().any(|other| same_name(&other.name.value, &column.name.value)) {
                self.report(finding::duplicate_column::new(&column.name.value, column.name.span));
            }
            if let Err(found) = Type::from_syntax(&column.ty) {
                self.report(*found);
            }
        }
    }

    /// The columns that a query gives to a new table or view.
    fn new_columns(&mut self, output: &[OutputColumn], names: &[Ident]) -> Vec<(String, Type, bool)> {
        if !names.is_empty() && names.len() != output.len() {
            self.report(finding::alias_columns::new("the query", names, output.len()));
        }
        let mut columns: Vec<(String, Type, bool)> = vec![];
        for (position, column) in output.iter().enumerate() {
            let name = names.get(position).map(|name| name.value.clone()).or_else(|| column.name.clone());
            let Some(name) = name else {
                self.report(finding::unnamed_column::new(position, None, column.span));
                continue;
            };
            if columns.iter().any(|(other, ..)| same_name(other, &name)) {
                self.report(finding::duplicate_column::new(&name, column.span));
            }
            if column.ty == Type::Unknown {
                self.report(finding::unknown_type::new(&name, column.span));
            }
            columns.push((name, column.ty.clone(), column.nullable));
        }
        columns
    }

    fn target(&mut self, name: &Name, alias: Option<&Ident>) -> Option<(Target, FromItem)> {
        let table = parts(name);
        let Some(relation) = self.names.table(&table) else {
            let known = self.names.reference_names();
            self.report(finding::unknown_table::new(name, &table, &[], &known, true));
            return None;
        };
        let columns = self.declared_columns(&relation);
        let qualifier: Arc<[String]> =
            alias.map_or_else(|| table.clone().into(), |alias| Arc::from([alias.value.clone()]));
        let fields =
            columns.iter().map(|column| Field { qualifier: qualifier.clone(), column: column.clone() }).collect();
        let item = FromItem {
            rel: super::build::one_row(name.span),
            fields,
            sources: vec![Source { qualifier, complete: relation.complete }],
        };
        Some((Target { table, columns }, item))
    }

    fn insert(&mut self, name: &Name, columns: &[Ident], query: &tree::Query) -> Option<BoundStatement> {
        let (target, _) = self.target(name, None)?;
        let positions = self.positions(&target, columns)?;
        let bound = self.query(query, &Scope::root());
        if bound.columns.len() != positions.len() {
            if bound.complete {
                let count = (positions.len(), bound.columns.len());
                self.report(finding::assignment::count("INSERT", count, bound.rel.span));
            }
            return None;
        }
        let (root, columns) = self.assign_columns(bound, &target, &positions);
        let query = BoundQuery { ctes: std::mem::take(&mut self.ctes), root, columns };
        Some(BoundStatement::Insert(Insert { target, positions, query }))
    }

    /// Positions of named columns; all of them if none is named.
    fn positions(&mut self, target: &Target, columns: &[Ident]) -> Option<Vec<usize>> {
        if columns.is_empty() {
            return Some((0..target.columns.len()).collect());
        }
        let mut positions = vec![];
        for column in columns {
            let position = self.position(target, column)?;
            if positions.contains(&position) {
                self.report(finding::assignment::twice(&column.value, column.span));
            }
            positions.push(position);
        }
        Some(positions)
    }

    fn position(&mut self, target: &Target, column: &Ident) -> Option<usize> {
        let named = |other: &Column| other.name.as_deref().is_some_and(|name| same_name(name, &column.value));
        let position = target.columns.iter().position(named);
        if position.is_none() {
            let names: Vec<String> = target.columns.iter().filter_map(|column| column.name.clone()).collect();
            self.report(finding::unknown_column::new(column, target.table.last().map(String::as_str), &names));
        }
        position
    }

    /// Casts the columns of a query to those of the table.
    fn assign_columns(&mut self, bound: Bound, target: &Target, positions: &[usize]) -> (Rel, Vec<OutputColumn>) {
        let span = bound.rel.span;
        let mut projected: Vec<(ColumnId, Expr)> = vec![];
        let mut output = vec![];
        for (column, position) in bound.columns.into_iter().zip(positions) {
            let goal = &target.columns[*position];
            let value = pass_through(column.id, column.ty.clone(), column.nullable, column.span);
            let value = self.assign(value, goal);
            let id = if value.kind == ExprKind::Column(column.id) { column.id } else { self.fresh() };
            output.push(OutputColumn { id, ty: goal.ty.clone(), nullable: value.nullable, ..column });
            if !projected.iter().any(|(other, _)| *other == id) {
                projected.push((id, value));
            }
        }
        (rel(RelKind::Project { input: Box::new(bound.rel), columns: projected }, span), output)
    }

    /// A value as a column takes it.
    fn assign(&mut self, value: Expr, column: &Column) -> Expr {
        if can_assign(&value.ty, &column.ty) == Assignment::Refused {
            let name = column.name.as_deref().unwrap_or_default();
            self.report(finding::assignment::mismatch(name, &column.ty, &value.ty, value.span));
            return value;
        }
        if value.ty == column.ty || value.ty.has_error() {
            return value;
        }
        let (ty, span) = (column.ty.clone(), value.span);
        if matches!(value.kind, ExprKind::Literal(crate::bound::Literal::Null)) {
            return Expr { ty, ..value };
        }
        expr(ExprKind::Cast { expr: Box::new(value), safe: false, implicit: true }, ty, span)
    }

    fn update(
        &mut self,
        name: &Name,
        assignments: &[(Ident, tree::Expr)],
        filter: Option<&tree::Expr>,
    ) -> Option<Update> {
        let (target, item) = self.target(name, None)?;
        let root = Scope::root();
        let mut scope = item.scope(&root, 0);
        let filter = self.row_filter(filter, &mut scope);
        let assignments = self.assignments(&target, assignments, &scope);
        Some(Update { target, ctes: std::mem::take(&mut self.ctes), assignments, filter })
    }

    fn delete(&mut self, name: &Name, filter: Option<&tree::Expr>) -> Option<Delete> {
        let (target, item) = self.target(name, None)?;
        let root = Scope::root();
        let mut scope = item.scope(&root, 0);
        let filter = self.row_filter(filter, &mut scope);
        Some(Delete { target, ctes: std::mem::take(&mut self.ctes), filter })
    }

    fn row_filter(&mut self, filter: Option<&tree::Expr>, scope: &mut Scope<'_>) -> Option<Expr> {
        let filter = filter?;
        let bound = self.in_context(Clause::Where, |binder| binder.condition(filter, scope, "WHERE")).0;
        scope.narrow(&self.close_narrowing(when_true(&bound)));
        Some(bound)
    }

    fn assignments(
        &mut self,
        target: &Target,
        written: &[(Ident, tree::Expr)],
        scope: &Scope<'_>,
    ) -> Vec<(usize, Expr)> {
        let mut assignments: Vec<(usize, Expr)> = vec![];
        for (column, value) in written {
            let (value, _) = self.in_context(Clause::Statement, |binder| binder.expr(value, scope));
            let Some(position) = self.position(target, column) else { continue };
            if assignments.iter().any(|(other, _)| *other == position) {
                self.report(finding::assignment::twice(&column.value, column.span));
            }
            let value = self.assign(value, &target.columns[position]);
            assignments.push((position, value));
        }
        assignments
    }

    fn merge(
        &mut self,
        name: &Name,
        alias: Option<&Ident>,
        source: &tree::Relation,
        on: &tree::Expr,
        clauses: &[tree::MergeClause],
    ) -> Option<Merge> {
        let root = Scope::root();
        let target = self.target(name, alias);
        let (source, _) = self.in_context(Clause::From, |binder| binder.relation(source, &root));
        let (target, target_item) = target?;
        let source_scope = source.scope(&root, 0);
        let mut both = target_item.scope(&root, 0);
        both.fields.extend(source.fields.iter().cloned());
        both.sources.extend(source.sources.iter().cloned());
        let (on, _) = self.in_context(Clause::Statement, |binder| binder.condition(on, &both, "ON"));
        both.narrow(&self.close_narrowing(when_true(&on)));
        let mut bound = vec![];
        for clause in clauses {
            let scope = if clause.matched { &both } else { &source_scope };
            bound.extend(self.merge_clause(clause, &target, scope));
        }
        let source_columns = source.fields.into_iter().map(|field| field.column).collect();
        let ctes = std::mem::take(&mut self.ctes);
        Some(Merge { target, ctes, source: source.rel, source_columns, on, clauses: bound })
    }

    fn merge_clause(&mut self, clause: &tree::MergeClause, target: &Target, scope: &Scope<'_>) -> Option<MergeClause> {
        let mut scope = scope.clone();
        let condition = clause.condition.as_ref().map(|condition| {
            self.in_context(Clause::Statement, |binder| binder.condition(condition, &scope, "WHEN … AND")).0
        });
        if let Some(condition) = &condition {
            scope.narrow(&self.close_narrowing(when_true(condition)));
        }
        let action = match &clause.action {
            tree::MergeAction::Delete => MergeAction::Delete,
            tree::MergeAction::Update(assignments) => {
                MergeAction::Update(self.assignments(target, assignments, &scope))
            }
            tree::MergeAction::Insert(columns, values) => {
                MergeAction::Insert(self.merge_insert(columns, values, target, &scope, clause.span)?)
            }
        };
        Some(MergeClause { matched: clause.matched, condition, action })
    }

    fn merge_insert(
        &mut self,
        columns: &[Ident],
        values: &[tree::Expr],
        target: &Target,
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<Vec<(usize, Expr)>> {
        let values: Vec<Expr> = values
            .iter()
            .map(|value| self.in_context(Clause::Statement, |binder| binder.expr(value, scope)).0)
            .collect();
        let positions = self.positions(target, columns)?;
        if positions.len() != values.len() {
            self.report(finding::assignment::count("INSERT of a MERGE", (positions.len(), values.len()), span));
            return None;
        }
        let assign = |(position, value): (usize, Expr)| (position, self.assign(value, &target.columns[position]));
        Some(positions.into_iter().zip(values).map(assign).collect())
    }
}

fn parts(name: &Name) -> Vec<String> {
    name.parts.iter().map(|part| part.value.clone()).collect()
}
