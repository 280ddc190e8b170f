//! SELECT: its items, and the relation that its clauses make together.

use std::collections::BTreeSet;

use super::binder::{Binder, Bound, Clause, SelectContext};
use super::build::{self, filter, pass_through, rel};
use super::grouping::{Grouping, may_be_empty};
use super::nullability::when_true;
use super::relation::FromItem;
use super::scope::{Field, Scope, qualifies, same_name};
use super::{SiteKind, aggregate};
use crate::bound::{Column, ColumnId, Expr, ExprKind, OutputColumn, Rel, RelKind, SortKey};
use crate::finding;
use crate::render::dialect::Dialect;
use crate::span::Span;
use crate::syntax::tree::{self, Ident, SelectItem};
use crate::types::Type;

/// One output column while a select is bound.
pub(super) struct Item {
    /// What it computes.
    pub expr: Expr,
    /// Its name.
    pub name: Option<String>,
    /// Its id among the output columns.
    pub id: ColumnId,
    /// Where the item is written.
    pub span: Span,
}

/// What a select has gathered before its relation is put together.
struct Parts {
    items: Vec<Item>,
    grouping: Grouping,
    having: Option<Expr>,
    keys: Vec<SortKey>,
    complete: bool,
}

impl Binder<'_> {
    /// Binds a select together with the ORDER BY of its query, which sees more than the output.
    pub fn select(&mut self, select: &tree::Select, order_by: &[tree::SortItem], outer: &Scope<'_>) -> Bound {
        self.selects.push(self.new_select_context(select));
        let mut from = self.from(&select.from, outer, select.span);
        let mut scope = from.scope(outer, self.frames.len());
        if let Some(condition) = &select.filter {
            self.select_context().clause = Clause::Where;
            let predicate = self.condition(condition, &scope, "WHERE");
            scope.narrow(&self.close_narrowing(when_true(&predicate)));
            from.rel = filter(from.rel, predicate);
        }
        let mut parts = self.select_parts(select, order_by, &from, &scope);
        let mut context = self.selects.pop().expect("the context was pushed above");
        // HAVING without GROUP BY makes one group of all rows.
        let grouped = parts.grouping.written
            || parts.having.is_some()
            || !context.aggregates.is_empty()
            || !context.groupings.is_empty();
        if grouped {
            self.regroup_parts(&mut parts, &mut context);
        }
        self.select_relation(select, from, parts, context, grouped)
    }

    fn new_select_context(&self, select: &tree::Select) -> SelectContext {
        let aliases = select.items.iter().filter_map(|item| match item {
            SelectItem::Expr { alias: Some(alias), .. } => Some(alias.value.clone()),
            _ => None,
        });
        SelectContext {
            named_windows: select.windows.clone(),
            aliases: aliases.collect(),
            may_be_empty: may_be_empty(select.group_by.as_ref()),
            ..SelectContext::new(Clause::From)
        }
    }

    fn select_parts(
        &mut self,
        select: &tree::Select,
        order_by: &[tree::SortItem],
        from: &FromItem,
        scope: &Scope<'_>,
    ) -> Parts {
        let mut local: BTreeSet<ColumnId> = from.rel.output().into_iter().collect();
        let below = local.clone();
        self.select_context().clause = Clause::Select;
        let (items, complete) = self.items(&select.items, from, scope, &mut local);
        self.check_windows(select, scope);
        self.select_context().clause = Clause::GroupBy;
        let grouping = self.group_by(select.group_by.as_ref(), &items, scope, below);
        self.select_context().clause = Clause::Having;
        let having = select.having.as_ref().map(|having| self.condition(having, scope, "HAVING"));
        self.select_context().clause = Clause::OrderBy;
        let mut keys = self.order_keys(order_by, &items, scope);
        for key in &mut keys {
            use_outputs(&mut key.expr, &items);
        }
        Parts { items, grouping, having, keys, complete }
    }

    /// Expands stars and binds the items. The second part is false if columns are missing.
    fn items(
        &mut self,
        written: &[SelectItem],
        from: &FromItem,
        scope: &Scope<'_>,
        local: &mut BTreeSet<ColumnId>,
    ) -> (Vec<Item>, bool) {
        let mut items = vec![];
        let mut complete = true;
        let mut seen = [0; 3];
        for item in written {
            match item {
                SelectItem::Expr { expr: written, alias } => {
                    let expr = self.expr(written, scope);
                    let name = alias.as_ref().map(|alias| alias.value.clone()).or_else(|| implied_name(written));
                    let span = alias.as_ref().map_or(written.span, |alias| written.span.to(alias.span));
                    local.extend(aggregate::collected_since(self.select_context(), &mut seen));
                    items.push(self.item(expr, name, span, local));
                }
                SelectItem::Star(span) => {
                    complete &= from.sources.iter().all(|source| source.complete);
                    if from.sources.is_empty() {
                        self.report(finding::star::without_from(*span));
                        complete = false;
                    }
                    self.star(&from.fields, from.sources.len() > 1, *span);
                    for field in &scope.fields {
                        let expr = self.column_expr(&field.column, *span);
                        items.push(self.item(expr, field.column.name.clone(), *span, local));
                    }
                }
                SelectItem::QualifiedStar { base, aliases, span } => {
                    complete &= self.qualified_star(base, aliases, *span, scope, local, &mut items);
                }
            }
        }
        (items, complete)
    }

    /// Notes the columns that a star stands for, if all of them can be written.
    fn star(&mut self, fields: &[Field], qualified: bool, span: Span) {
        let mut names = BTreeSet::new();
        let mut named = fields.iter().filter_map(|field| Some((field.qualifier.last(), field.column.name.as_ref()?)));
        if !named.all(|(qualifier, name)| names.insert((qualifier, name.to_lowercase()))) {
            return;
        }
        let columns: Option<Vec<String>> = fields
            .iter()
            .map(|field| {
                let name = Dialect::TRINO.ident(field.column.name.as_ref()?);
                Some(match field.qualifier.last() {
                    Some(qualifier) if qualified => format!("{}.{name}", Dialect::TRINO.ident(qualifier)),
                    _ => name,
                })
            })
            .collect();
        if let Some(columns) = columns.filter(|columns| !columns.is_empty()) {
            self.site(span, SiteKind::Star(columns));
        }
    }

    /// `t.*` or `row.*`; false if columns are missing.
    fn qualified_star(
        &mut self,
        base: &tree::Expr,
        aliases: &[Ident],
        span: Span,
        scope: &Scope<'_>,
        local: &mut BTreeSet<ColumnId>,
        items: &mut Vec<Item>,
    ) -> bool {
        let path = super::expr::name_path(base).unwrap_or_default();
        let level = scope
            .levels()
            .find(|level| !path.is_empty() && level.sources.iter().any(|source| qualifies(&source.qualifier, &path)));
        let (columns, complete): (Vec<(Expr, Option<String>)>, bool) = match level {
            Some(level) => {
                let fields: Vec<Field> =
                    level.fields.iter().filter(|field| qualifies(&field.qualifier, &path)).cloned().collect();
                let complete =
                    level.sources.iter().all(|source| source.complete || !qualifies(&source.qualifier, &path));
                if aliases.is_empty() {
                    self.star(&fields, true, span);
                }
                let columns = fields.iter().map(|field| {
                    let expr = self.resolve_field(field, level.depth, span);
                    (expr, field.column.name.clone())
                });
                (columns.collect(), complete)
            }
            None if !path.is_empty() && !is_column_of_relation(&path, scope) => {
                let before = self.findings.len();
                self.expr(base, scope);
                if self.findings.len() == before {
                    self.report(finding::star::relation(&path));
                }
                (vec![], false)
            }
            None => self.row_star(base, span, scope),
        };
        if !aliases.is_empty() && aliases.len() != columns.len() && complete {
            self.report(finding::alias_columns::new("*", aliases, columns.len()));
        }
        for (position, (expr, name)) in columns.into_iter().enumerate() {
            let name = aliases.get(position).map(Ident::canonical).or(name);
            items.push(self.item(expr, name, span, local));
        }
        complete
    }

    fn row_star(&mut self, base: &tree::Expr, span: Span, scope: &Scope<'_>) -> (Vec<(Expr, Option<String>)>, bool) {
        let row = self.expr(base, scope);
        match row.ty.clone() {
            Type::Row(fields) => {
                let columns = fields.into_iter().enumerate().map(|(index, field)| {
                    let kind = ExprKind::Field { row: Box::new(row.clone()), index };
                    (build::expr(kind, field.ty, span), field.name)
                });
                (columns.collect(), true)
            }
            Type::Error => (vec![], false),
            other => {
                self.report(finding::star::base(&other, base.span));
                (vec![], false)
            }
        }
    }

    /// A column that exists in the input keeps its id; everything else gets one.
    fn item(&mut self, expr: Expr, name: Option<String>, span: Span, local: &BTreeSet<ColumnId>) -> Item {
        let id = match expr.kind {
            ExprKind::Column(id) if local.contains(&id) => id,
            _ => self.fresh(),
        };
        Item { expr, name, id, span }
    }

    fn regroup_parts(&mut self, parts: &mut Parts, context: &mut SelectContext) {
        for item in &mut parts.items {
            self.regroup(&mut item.expr, &parts.grouping);
        }
        if let Some(having) = &mut parts.having {
            self.regroup(having, &parts.grouping);
        }
        for expr in context.windows.iter_mut().flat_map(|(_, call)| call.expressions_mut()) {
            self.regroup(expr, &parts.grouping);
        }
        for key in &mut parts.keys {
            self.regroup(&mut key.expr, &parts.grouping);
        }
    }

    fn select_relation(
        &mut self,
        select: &tree::Select,
        from: FromItem,
        parts: Parts,
        context: SelectContext,
        grouped: bool,
    ) -> Bound {
        let Parts { items, grouping, having, keys, complete } = parts;
        let span = select.span;
        let single_row = !grouping.written && having.is_none() && (grouped || is_one_row(&from.rel));
        let groupings = self.grouping_positions(&context, &grouping);
        let mut input = from.rel;
        if grouped {
            let kind = RelKind::Aggregate {
                input: Box::new(input),
                groups: grouping.keys,
                sets: grouping.sets,
                aggregates: context.aggregates,
                groupings,
            };
            input = rel(kind, span);
        }
        if let Some(having) = having {
            input = filter(input, having);
        }
        if !context.windows.is_empty() {
            input = rel(RelKind::Window { input: Box::new(input), calls: context.windows }, span);
        }
        let (input, columns) = self.project_items(input, items, &keys, select);
        let rel = self.sort(input, keys, span);
        Bound { rel, columns, single_row, complete }
    }

    /// The output columns, and hidden ones that only ORDER BY uses.
    fn project_items(
        &mut self,
        input: Rel,
        items: Vec<Item>,
        keys: &[SortKey],
        select: &tree::Select,
    ) -> (Rel, Vec<OutputColumn>) {
        let span = select.span;
        let mut projected: Vec<(ColumnId, Expr)> = vec![];
        let mut known = BTreeSet::new();
        let mut columns = vec![];
        for item in items {
            let brand = match item.expr.kind {
                ExprKind::Column(id) => self.brands.get(&id).cloned(),
                _ => None,
            };
            if let Some(brand) = &brand {
                self.brands.insert(item.id, brand.clone());
            }
            let (ty, nullable) = (item.expr.ty.clone(), item.expr.nullable);
            columns.push(OutputColumn { id: item.id, name: item.name, ty, nullable, brand, span: item.span });
            if known.insert(item.id) {
                projected.push((item.id, item.expr));
            }
        }
        let available = input.output();
        for key in keys {
            let is_output = |id: ColumnId| columns.iter().any(|column: &OutputColumn| column.id == id);
            if select.distinct && !matches!(key.expr.kind, ExprKind::Column(id) if is_output(id)) {
                self.report(finding::distinct_order_by::new(key.expr.span));
                continue;
            }
            for id in key.expr.columns() {
                if known.contains(&id) || !available.contains(&id) {
                    continue;
                }
                known.insert(id);
                let (ty, nullable) = column_facts(&key.expr, id);
                projected.push((id, pass_through(id, ty, nullable, key.expr.span)));
            }
        }
        let mut project = rel(RelKind::Project { input: Box::new(input), columns: projected }, span);
        if select.distinct {
            self.require_comparable(&columns);
            project = rel(RelKind::Distinct { input: Box::new(project) }, span);
        }
        (project, columns)
    }

    /// DISTINCT needs an equality.
    pub fn require_comparable(&mut self, columns: &[OutputColumn]) {
        for column in columns {
            if !column.ty.is_comparable() && !column.ty.has_error() && column.ty != Type::Unknown {
                self.report(finding::not_comparable::new("DISTINCT", &column.ty, column.span));
            }
        }
    }

    /// TABLE name: all of its columns.
    pub fn table_query(&mut self, name: &tree::Name, span: Span, outer: &Scope<'_>) -> Bound {
        let relation = tree::Relation { kind: tree::RelationKind::Table { name: name.clone(), version: None }, span };
        let (item, _) = self.in_context(Clause::From, |binder| binder.relation(&relation, outer));
        let complete = item.sources.iter().all(|source| source.complete);
        let columns = item.fields.into_iter().map(|field| output_column(field.column, span)).collect();
        Bound { rel: item.rel, columns, single_row: false, complete }
    }
}

/// A column as a result.
pub(super) fn output_column(column: Column, span: Span) -> OutputColumn {
    OutputColumn {
        id: column.id,
        name: column.name,
        ty: column.ty,
        nullable: column.nullable,
        brand: column.brand,
        span,
    }
}

/// Parts of a key that are items of the select list read those.
fn use_outputs(key: &mut Expr, items: &[Item]) {
    if let Some(item) = items.iter().find(|item| super::same::same(&item.expr, key)) {
        key.kind = ExprKind::Column(item.id);
        return;
    }
    for child in key.children_mut() {
        use_outputs(child, items);
    }
}

/// The name that Trino gives to an item without alias: that of the column or field it reads.
fn implied_name(written: &tree::Expr) -> Option<String> {
    match &written.kind {
        tree::ExprKind::Column(name) => Some(name.value.clone()),
        tree::ExprKind::Field(base, name) => super::expr::name_path(base).map(|_| name.value.clone()),
        tree::ExprKind::Parenthesized(inner) => implied_name(inner),
        _ => None,
    }
}

/// Whether a path begins with a relation and one of its columns: a column of rows is spread through its relation alone.
fn is_column_of_relation(path: &[Ident], scope: &Scope<'_>) -> bool {
    let [relation, column, ..] = path else { return false };
    scope.levels().any(|level| {
        level.fields.iter().any(|field| {
            let named = field.column.name.as_deref().is_some_and(|name| same_name(name, &column.value));
            named && qualifies(&field.qualifier, std::slice::from_ref(relation))
        })
    })
}

fn is_one_row(input: &Rel) -> bool {
    matches!(&input.kind, RelKind::Values { rows, .. } if rows.len() == 1)
}

fn column_facts(expr: &Expr, id: ColumnId) -> (Type, bool) {
    let mut facts = (Type::Unknown, true);
    expr.visit(&mut |part| {
        if part.kind == ExprKind::Column(id) {
            facts = (part.ty.clone(), part.nullable);
        }
    });
    facts
}
