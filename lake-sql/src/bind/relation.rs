//! FROM: tables, placeholders, subqueries, and what is written around them.

use std::sync::Arc;

use super::binder::{Binder, Bound, Clause};
use super::build::{one_row, rel};
use super::scope::{Field, Scope, Source, same_name};
use super::{Reference, Relation, SiteKind};
use crate::bound::{Column, Expr, ExprKind, JoinKind, Literal, Rel, RelKind, Scan, TableName, Version};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, Ident, RelationKind};
use crate::types::Type;

/// A bound relation of FROM with the names that it offers.
pub(super) struct FromItem {
    /// What is computed.
    pub rel: Rel,
    /// Its columns in the order of `*`.
    pub fields: Vec<Field>,
    /// Its relations.
    pub sources: Vec<Source>,
}

impl FromItem {
    /// What stands for a relation whose error was reported.
    pub fn broken(span: Span) -> Self {
        Self {
            rel: one_row(span),
            fields: vec![],
            sources: vec![Source { qualifier: Arc::default(), complete: false }],
        }
    }

    /// A scope with these names in front of `outer`.
    pub fn scope<'s>(&self, outer: &'s Scope<'s>, depth: usize) -> Scope<'s> {
        Scope {
            parent: Some(outer),
            fields: self.fields.clone(),
            sources: self.sources.clone(),
            depth,
            is_lateral: false,
            is_output: false,
        }
    }
}

impl Binder<'_> {
    /// Binds FROM: relations joined by commas.
    pub fn from(&mut self, relations: &[tree::Relation], outer: &Scope<'_>, span: Span) -> FromItem {
        let mut relations = relations.iter();
        let Some(first) = relations.next() else {
            return FromItem { rel: one_row(span), fields: vec![], sources: vec![] };
        };
        let mut left = self.relation(first, outer);
        for right in relations {
            let span = left.rel.span.to(right.span);
            left = self.join_relations(tree::JoinKind::Cross, left, right, &tree::JoinCondition::None, outer, span);
        }
        left
    }

    /// Binds one relation; `scope` holds what it may refer to if it is LATERAL or UNNEST, and outer queries.
    pub fn relation(&mut self, written: &tree::Relation, scope: &Scope<'_>) -> FromItem {
        self.named_relation(written, scope, None)
    }

    fn named_relation(&mut self, written: &tree::Relation, scope: &Scope<'_>, alias: Option<&Ident>) -> FromItem {
        let span = written.span;
        match &written.kind {
            RelationKind::Table { name, version } => self.table(name, version.as_deref(), scope, span),
            RelationKind::Placeholder { placeholder, version } => {
                self.placeholder_relation(placeholder, version.as_deref(), scope, alias, span)
            }
            RelationKind::Subquery(query) => self.derived(query, without_siblings(scope), span),
            // What stands in its own FROM sees the relations to its left as outer ones.
            RelationKind::Lateral(query) => self.derived(query, &Scope { is_lateral: false, ..scope.clone() }, span),
            RelationKind::Unnest { args, ordinality } => {
                let input = FromItem { rel: one_row(span), fields: vec![], sources: vec![] };
                self.unnest(input, args, *ordinality, false, scope, span)
            }
            RelationKind::Aliased { relation, alias, columns } => {
                let inner = self.named_relation(relation, scope, Some(alias));
                let mut columns = columns.clone();
                if matches!(relation.kind, RelationKind::TableFunction { .. }) {
                    columns.iter_mut().for_each(|name| name.value = name.canonical());
                }
                self.rename(inner, alias, &columns)
            }
            RelationKind::Sample { relation, system, percentage } => {
                let mut item = self.named_relation(relation, scope, alias);
                let percentage = self.constant(percentage);
                if !percentage.ty.is_numeric() && percentage.ty != Type::Error {
                    let found = finding::operand_type::new("TABLESAMPLE", "a number", &percentage.ty, percentage.span);
                    self.report(found);
                } else if fraction(&percentage).is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
                    let found = finding::operand_type::range("TABLESAMPLE", "0 to 100 per cent", percentage.span);
                    self.report(found);
                }
                let kind =
                    RelKind::Sample { input: Box::new(item.rel), percentage: Box::new(percentage), system: *system };
                item.rel = rel(kind, span);
                item
            }
            RelationKind::Join { kind, left, right, condition } => {
                let left = self.relation(left, scope);
                self.join_relations(*kind, left, right, condition, scope, span)
            }
            RelationKind::Parenthesized(inner) => self.named_relation(inner, scope, alias),
            RelationKind::TableFunction { name, args } => {
                self.table_function(name, args, without_siblings(scope), span)
            }
            RelationKind::JsonTable(table) => self.json_table(table, scope, span),
            RelationKind::Error => FromItem::broken(span),
            RelationKind::MatchRecognize(recognize) => self.match_recognize(recognize, without_siblings(scope), span),
        }
    }

    /// A constant, where no column is visible.
    pub fn constant(&mut self, written: &tree::Expr) -> Expr {
        self.in_context(Clause::Constant, |binder| binder.expr(written, &Scope::root())).0
    }

    fn table(
        &mut self,
        name: &tree::Name,
        version: Option<&tree::TableVersion>,
        scope: &Scope<'_>,
        span: Span,
    ) -> FromItem {
        if let [only] = &name.parts[..]
            && let Some(item) = self.cte_reference(only, span)
        {
            return item;
        }
        let parts: Vec<String> = name.parts.iter().map(|part| part.value.clone()).collect();
        match self.names.table(&parts) {
            Some(now) => {
                let version = version.and_then(|version| self.version(version, scope));
                let then = version.as_ref().and_then(|version| self.names.table_at(&parts, version));
                self.scan(TableName::Named(parts.clone()), parts, &then.unwrap_or(now), version, span)
            }
            None => {
                let found = self.unknown_table(name, &parts);
                self.report(found);
                let mut item = FromItem::broken(span);
                item.sources[0].qualifier = parts.into();
                item
            }
        }
    }

    fn unknown_table(&self, name: &tree::Name, parts: &[String]) -> finding::Finding {
        let ctes: Vec<String> = self.visible.iter().map(|cte| cte.name.clone()).collect();
        finding::unknown_table::new(name, parts, &ctes, &self.names.reference_names(), self.names.has_tables())
    }

    fn placeholder_relation(
        &mut self,
        placeholder: &tree::Placeholder,
        version: Option<&tree::TableVersion>,
        scope: &Scope<'_>,
        alias: Option<&Ident>,
        span: Span,
    ) -> FromItem {
        let name = &placeholder.name;
        let found = match self.names.reference(name) {
            Some(Reference::Relation(relation)) if placeholder.args.is_none() => {
                let parts: Vec<String> = name.split('.').map(str::to_owned).collect();
                let added = if alias.is_none() { parts.last().cloned() } else { None };
                let kind = SiteKind::Relation { reference: name.clone(), alias: added };
                self.site(placeholder.span, kind);
                let version = version.and_then(|version| self.version(version, scope));
                return self.scan(TableName::Reference(name.clone()), parts, &relation, version, span);
            }
            Some(_) => finding::not_a_relation::new(name, placeholder.span),
            None => finding::unknown_reference::new(name, placeholder.span, &self.names.reference_names()),
        };
        self.report(found);
        let mut item = FromItem::broken(span);
        item.sources[0].qualifier = name.split('.').map(str::to_owned).collect();
        item
    }

    fn scan(
        &mut self,
        table: TableName,
        qualifier: Vec<String>,
        relation: &Arc<Relation>,
        version: Option<Version>,
        span: Span,
    ) -> FromItem {
        let qualifier: Arc<[String]> = qualifier.into();
        let columns = self.declared_columns(relation);
        let version = version.map(Box::new);
        let fields =
            columns.iter().map(|column| Field { qualifier: qualifier.clone(), column: column.clone() }).collect();
        FromItem {
            rel: rel(RelKind::Scan(Scan { table, columns, version }), span),
            fields,
            sources: vec![Source { qualifier, complete: relation.complete }],
        }
    }

    /// Columns of a declaration under fresh ids.
    pub fn declared_columns(&mut self, relation: &Relation) -> Vec<Column> {
        relation
            .columns
            .iter()
            .map(|declared| {
                let mut column = self.column(Some(declared.name.clone()), declared.ty.clone(), declared.nullable);
                column.brand.clone_from(&declared.brand);
                if let Some(brand) = &declared.brand {
                    self.brands.insert(column.id, brand.clone());
                }
                column
            })
            .collect()
    }

    fn version(&mut self, version: &tree::TableVersion, scope: &Scope<'_>) -> Option<Version> {
        let value = self.in_context(Clause::Constant, |binder| binder.expr(&version.value, without_siblings(scope))).0;
        let fits = match (&value.ty, version.timestamp) {
            (Type::Error, _) => return None,
            (Type::BigInt | Type::Varchar(_), false) => true,
            (Type::Date | Type::Timestamp(_) | Type::TimestampTz(_), true) => true,
            _ => false,
        };
        if !fits {
            let (what, expected) = if version.timestamp {
                ("FOR TIMESTAMP AS OF", "a date or timestamp")
            } else {
                ("FOR VERSION AS OF", "a bigint (a snapshot's id) or a varchar (the name of a branch or tag)")
            };
            self.report(finding::operand_type::new(what, expected, &value.ty, value.span));
            return None;
        }
        Some(if version.timestamp { Version::Timestamp(value) } else { Version::Version(value) })
    }

    /// A subquery of FROM, without a name yet.
    fn derived(&mut self, query: &tree::Query, scope: &Scope<'_>, span: Span) -> FromItem {
        let bound = self.query(query, scope);
        FromItem { fields: bound.fields(), sources: vec![bound.source()], rel: Rel { span, ..bound.rel } }
    }

    /// Gives a relation its alias and, if written, new column names.
    fn rename(&mut self, mut item: FromItem, alias: &Ident, columns: &[Ident]) -> FromItem {
        let complete = item.sources.iter().all(|source| source.complete);
        let qualifier: Arc<[String]> = Arc::from([alias.value.clone()]);
        for field in &mut item.fields {
            field.qualifier = qualifier.clone();
        }
        item.sources = vec![Source { qualifier, complete }];
        if columns.is_empty() {
            return item;
        }
        if columns.len() != item.fields.len() && complete {
            let found = finding::alias_columns::new(&alias.value, columns, item.fields.len());
            self.report(found);
            item.sources[0].complete = false;
        }
        for (field, name) in item.fields.iter_mut().zip(columns) {
            field.column.name = Some(name.value.clone());
        }
        item
    }

    /// Binds a join whose left side is bound.
    fn join_relations(
        &mut self,
        kind: tree::JoinKind,
        left: FromItem,
        right: &tree::Relation,
        condition: &tree::JoinCondition,
        outer: &Scope<'_>,
        span: Span,
    ) -> FromItem {
        let scope = left.scope(outer, self.frames.len());
        if let Some(unnest) = unnest_of(right)
            && matches!(kind, tree::JoinKind::Cross | tree::JoinKind::Inner | tree::JoinKind::Left)
        {
            self.require_true(condition, "UNNEST");
            return self.unnest_join(left, &unnest, kind == tree::JoinKind::Left, &scope, span);
        }
        let (lateral, written_right) = (is_lateral(right), right);
        let right = if lateral {
            self.relation(right, &lateral_scope(&scope))
        } else {
            let before = self.siblings.len();
            self.siblings.extend(left.sources.iter().filter_map(|source| source.name().map(str::to_owned)));
            let right = self.relation(right, outer);
            self.siblings.truncate(before);
            right
        };
        let kind = match kind {
            tree::JoinKind::Cross | tree::JoinKind::Inner => JoinKind::Inner,
            tree::JoinKind::Left => JoinKind::Left,
            tree::JoinKind::Right => JoinKind::Right,
            tree::JoinKind::Full => JoinKind::Full,
        };
        if is_json_table(written_right) {
            self.require_true(condition, "JSON_TABLE");
        }
        let lateral = match kind {
            JoinKind::Right | JoinKind::Full if lateral => self.outer_lateral(&left, &right, kind, condition, span),
            _ => lateral,
        };
        self.join(super::join::Sides { left, right, lateral }, kind, condition, outer, span)
    }

    /// LATERAL on the right of a RIGHT or FULL JOIN, where it cannot refer to the left side: whether it is lateral.
    fn outer_lateral(
        &mut self,
        left: &FromItem,
        right: &FromItem,
        kind: JoinKind,
        condition: &tree::JoinCondition,
        span: Span,
    ) -> bool {
        let columns = left.rel.output();
        let mut refers = false;
        right.rel.visit(&mut |rel| {
            refers |= rel.expressions().iter().any(|expr| expr.columns().iter().any(|id| columns.contains(id)));
        });
        if refers {
            self.report(finding::unsupported::new("LATERAL on the right of a RIGHT or FULL JOIN", span));
        } else if kind == JoinKind::Full {
            self.require_true(condition, "LATERAL");
        }
        false
    }

    fn require_true(&mut self, condition: &tree::JoinCondition, what: &str) {
        match condition {
            tree::JoinCondition::On(on) if on.kind != tree::ExprKind::Literal(tree::Literal::Boolean(true)) => {
                self.report(finding::unsupported::new(
                    &format!("a join with {what} on anything but `ON true`"),
                    on.span,
                ));
            }
            tree::JoinCondition::Using(columns) => {
                let span = columns.first().map(|column| column.span).unwrap_or_default();
                self.report(finding::unsupported::new(&format!("a join with {what} by USING"), span));
            }
            _ => {}
        }
    }
}

impl Bound {
    /// The columns of a query as fields without a qualifier.
    pub fn fields(&self) -> Vec<Field> {
        self.columns
            .iter()
            .map(|column| Field {
                qualifier: Arc::default(),
                column: Column {
                    id: column.id,
                    name: column.name.clone(),
                    ty: column.ty.clone(),
                    nullable: column.nullable,
                    brand: column.brand.clone(),
                },
            })
            .collect()
    }

    /// The query as an unnamed relation.
    pub fn source(&self) -> Source {
        Source { qualifier: Arc::default(), complete: self.complete }
    }
}

/// The value of a number that is written out.
fn fraction(value: &Expr) -> Option<f64> {
    match (&value.kind, &value.ty) {
        (ExprKind::Literal(Literal::Integer(value)), _) => Some(*value as f64),
        (ExprKind::Literal(Literal::Double(value)), _) => Some(*value),
        (ExprKind::Literal(Literal::Decimal(value)), Type::Decimal { scale, .. }) => {
            Some(*value as f64 / 10f64.powi(i32::from(*scale)))
        }
        _ => None,
    }
}

/// The scope without the relations of the same FROM, which only LATERAL and UNNEST see.
fn without_siblings<'s>(scope: &'s Scope<'s>) -> &'s Scope<'s> {
    if scope.is_lateral { scope.parent.unwrap_or(scope) } else { scope }
}

fn lateral_scope<'s>(scope: &Scope<'s>) -> Scope<'s> {
    Scope { is_lateral: true, ..scope.clone() }
}

fn is_lateral(relation: &tree::Relation) -> bool {
    match &relation.kind {
        RelationKind::Lateral(_) | RelationKind::JsonTable(_) => true,
        RelationKind::Aliased { relation, .. } | RelationKind::Parenthesized(relation) => is_lateral(relation),
        RelationKind::Sample { relation, .. } => is_lateral(relation),
        _ => false,
    }
}

fn is_json_table(relation: &tree::Relation) -> bool {
    match &relation.kind {
        RelationKind::JsonTable(_) => true,
        RelationKind::Aliased { relation, .. } => is_json_table(relation),
        _ => false,
    }
}

/// An UNNEST as written.
struct WrittenUnnest<'t> {
    args: &'t [tree::Expr],
    ordinality: bool,
    /// Alias and column names.
    alias: Option<(&'t Ident, &'t [Ident])>,
}

fn unnest_of(relation: &tree::Relation) -> Option<WrittenUnnest<'_>> {
    match &relation.kind {
        RelationKind::Unnest { args, ordinality } => Some(WrittenUnnest { args, ordinality: *ordinality, alias: None }),
        RelationKind::Aliased { relation, alias, columns } => {
            let inner = unnest_of(relation).filter(|inner| inner.alias.is_none())?;
            Some(WrittenUnnest { alias: Some((alias, columns)), ..inner })
        }
        RelationKind::Parenthesized(inner) => unnest_of(inner),
        _ => None,
    }
}

impl Binder<'_> {
    /// `left CROSS | LEFT JOIN UNNEST(…)`: the left side's columns and the elements.
    fn unnest_join(
        &mut self,
        left: FromItem,
        unnest: &WrittenUnnest<'_>,
        outer: bool,
        scope: &Scope<'_>,
        span: Span,
    ) -> FromItem {
        let (left_fields, left_sources) = (left.fields.clone(), left.sources.clone());
        let input = FromItem { rel: left.rel, fields: vec![], sources: vec![] };
        let mut item = self.unnest(input, unnest.args, unnest.ordinality, outer, scope, span);
        if let Some((alias, columns)) = unnest.alias {
            item = self.rename(item, alias, columns);
        }
        item.fields.splice(0..0, left_fields);
        item.sources.splice(0..0, left_sources);
        item
    }

    /// A column of one side of USING by its name.
    pub fn using_column(&mut self, name: &Ident, item: &FromItem, side: &str) -> Option<Column> {
        let found: Vec<&Field> = item
            .fields
            .iter()
            .filter(|field| field.column.name.as_deref().is_some_and(|own| same_name(own, &name.value)))
            .collect();
        let complete = item.sources.iter().all(|source| source.complete);
        let report = match found[..] {
            [field] => return Some(field.column.clone()),
            [] if !complete => return None,
            [] => {
                let names: Vec<String> = item.fields.iter().filter_map(|field| field.column.name.clone()).collect();
                finding::using_column::missing(name, side, &names)
            }
            _ => finding::using_column::ambiguous(name, side),
        };
        self.report(report);
        None
    }
}
