//! Joins: which columns come out, and which of them may be null.

use std::sync::Arc;

use super::binder::{Binder, Clause, NullExtension};
use super::build::{self, rel};
use super::nullability::when_true;
use super::relation::FromItem;
use super::scope::{Field, Scope, same_name};
use crate::bound::{Column, ColumnId, CompareOp, Expr, ExprKind, JoinKind, Rel, RelKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, Ident};
use crate::types::Type;

/// The two sides of a join.
pub(super) struct Sides {
    /// Left.
    pub left: FromItem,
    /// Right.
    pub right: FromItem,
    /// Whether the right one refers to the left one.
    pub lateral: bool,
}

impl Binder<'_> {
    /// Joins two bound sides.
    pub fn join(
        &mut self,
        sides: Sides,
        kind: JoinKind,
        condition: &tree::JoinCondition,
        outer: &Scope<'_>,
        span: Span,
    ) -> FromItem {
        match condition {
            tree::JoinCondition::Using(columns) => self.join_using(sides, kind, columns, span),
            tree::JoinCondition::Natural => {
                self.report(finding::unsupported::new("NATURAL JOIN", span));
                let Sides { left, right, lateral } = sides;
                self.finish_join(left, right, lateral, kind, None, span)
            }
            tree::JoinCondition::None => {
                let Sides { left, right, lateral } = sides;
                self.finish_join(left, right, lateral, kind, None, span)
            }
            tree::JoinCondition::On(on) => {
                let Sides { left, right, lateral } = sides;
                let mut scope = left.scope(outer, self.frames.len());
                scope.fields.extend(right.fields.iter().cloned());
                scope.sources.extend(right.sources.iter().cloned());
                let on = self.in_context(Clause::On, |binder| binder.condition(on, &scope, "ON")).0;
                if kind != JoinKind::Inner {
                    self.require_own_columns(&on, &scope);
                }
                self.finish_join(left, right, lateral, kind, Some(on), span)
            }
        }
    }

    /// The condition of an outer join refers to no query around it.
    fn require_own_columns(&mut self, on: &Expr, scope: &Scope<'_>) {
        let own: Vec<ColumnId> = scope.fields.iter().map(|field| field.column.id).collect();
        let mut outer = None;
        on.visit(&mut |part| match part.kind {
            ExprKind::Column(id) if !own.contains(&id) && !self.is_lambda_parameter(id, on) => outer = Some(part.span),
            _ => {}
        });
        if let Some(span) = outer {
            let what = "a column of an outer query in the condition of an outer join";
            self.report(finding::unsupported::new(what, span));
        }
    }

    fn is_lambda_parameter(&self, id: ColumnId, within: &Expr) -> bool {
        let mut found = false;
        within.visit(&mut |part| {
            if let ExprKind::Lambda { parameters, .. } = &part.kind {
                found |= parameters.iter().any(|parameter| parameter.id == id);
            }
        });
        found
    }

    /// Builds the join and works out which columns it makes null.
    fn finish_join(
        &mut self,
        mut left: FromItem,
        mut right: FromItem,
        lateral: bool,
        kind: JoinKind,
        on: Option<Expr>,
        span: Span,
    ) -> FromItem {
        let matched = on.as_ref().map(|on| self.close_narrowing(when_true(on))).unwrap_or_default();
        let narrow = |fields: &mut Vec<Field>| {
            for field in fields.iter_mut().filter(|field| matched.contains(&field.column.id)) {
                field.column.nullable = false;
            }
        };
        match kind {
            JoinKind::Inner => {
                narrow(&mut left.fields);
                narrow(&mut right.fields);
            }
            JoinKind::Left => {
                narrow(&mut right.fields);
                self.extend_with_nulls(&mut right);
            }
            JoinKind::Right => {
                narrow(&mut left.fields);
                self.extend_with_nulls(&mut left);
            }
            JoinKind::Full => {
                narrow(&mut left.fields);
                narrow(&mut right.fields);
                self.extend_with_nulls(&mut left);
                self.extend_with_nulls(&mut right);
            }
        }
        self.correlated |= lateral;
        let join = RelKind::Join { kind, left: Box::new(left.rel), right: Box::new(right.rel), on, lateral };
        left.fields.extend(right.fields);
        left.sources.extend(right.sources);
        FromItem { rel: rel(join, span), fields: left.fields, sources: left.sources }
    }

    /// Columns of a side without a match are null, all of them together.
    pub fn extend_with_nulls(&mut self, item: &mut FromItem) {
        let columns = item.fields.iter().map(|field| field.column.id).collect();
        let present = item.fields.iter().filter(|field| !field.column.nullable).map(|field| field.column.id).collect();
        self.extensions.push(NullExtension { columns, present });
        for field in &mut item.fields {
            field.column.nullable = true;
        }
    }

    /// USING: the joined columns come first and belong to neither side.
    fn join_using(&mut self, sides: Sides, kind: JoinKind, names: &[Ident], span: Span) -> FromItem {
        let Sides { left, right, lateral } = sides;
        let mut pairs = vec![];
        for (position, name) in names.iter().enumerate() {
            if names[..position].iter().any(|other| same_name(&other.value, &name.value)) {
                self.report(finding::using_column::duplicate(name));
                continue;
            }
            let pair = (self.using_column(name, &left, "left"), self.using_column(name, &right, "right"));
            if let (Some(left), Some(right)) = pair
                && let Some(ty) = self.using_type(name, &left, &right)
            {
                pairs.push((name, left, right, ty));
            }
        }
        let on = pairs
            .iter()
            .map(|(name, left, right, ty)| self.using_equality(name.span, left, right, ty))
            .reduce(|one, next| build::and(one, next, span));
        let mut item = self.finish_join(left, right, lateral, kind, on, span);
        let names: Vec<&Ident> = pairs.iter().map(|(name, ..)| *name).collect();
        let mut joined = vec![];
        let mut computed = vec![];
        for (name, left, right, ty) in pairs {
            let (mut field, column) = self.joined_column(&item, kind, name, (left.id, right.id), &ty);
            if kind == JoinKind::Full {
                // Each row has a row of one side, so the key is there if neither side's may be null.
                field.column.nullable = left.nullable || right.nullable;
                field.column.brand = left.brand.filter(|brand| Some(brand) == right.brand.as_ref());
                self.brands.extend(field.column.brand.clone().map(|brand| (field.column.id, brand)));
            }
            joined.push(field);
            computed.extend(column);
        }
        item.rel = add_columns(item.rel, &item.fields, computed);
        item.fields.retain(|field| {
            let name = field.column.name.as_deref().unwrap_or_default();
            !names.iter().any(|joined| same_name(&joined.value, name))
        });
        item.fields.splice(0..0, joined);
        item
    }

    fn using_type(&mut self, name: &Ident, left: &Column, right: &Column) -> Option<Type> {
        if left.ty.has_error() || right.ty.has_error() {
            return None;
        }
        let exprs = [left, right].map(|column| self.column_expr(column, name.span));
        self.check_brands(&exprs[0], &exprs[1], name.span);
        let common = self.comparison_type(CompareOp::Equal, &left.ty, &right.ty);
        if common.is_none() {
            let [left, right] = &exprs;
            let found = finding::comparison_mismatch::new(CompareOp::Equal, left, right, name.span, &self.text);
            self.report(found);
        }
        common
    }

    fn using_equality(&self, span: Span, left: &Column, right: &Column, ty: &Type) -> Expr {
        let [left, right] = [left, right].map(|column| self.coerce(self.column_expr(column, span), ty));
        build::compare(CompareOp::Equal, left, right, span)
    }

    /// The joined column: one side's own where that is right, a computed one else.
    fn joined_column(
        &mut self,
        item: &FromItem,
        kind: JoinKind,
        name: &Ident,
        (left, right): (ColumnId, ColumnId),
        ty: &Type,
    ) -> (Field, Option<(ColumnId, Expr)>) {
        let side = |id: ColumnId| {
            let field = item.fields.iter().find(|field| field.column.id == id);
            field.expect("both sides of the join are its fields").column.clone()
        };
        let (left, right) = (side(left), side(right));
        let kept = if kind == JoinKind::Right { &right } else { &left };
        if kind != JoinKind::Full && kept.ty == *ty {
            let column = Column { name: Some(name.value.clone()), ..kept.clone() };
            return (Field { qualifier: Arc::default(), column }, None);
        }
        let [left, right, kept] =
            [&left, &right, kept].map(|column| self.coerce(self.column_expr(column, name.span), ty));
        let value = if kind == JoinKind::Full {
            build::expr(ExprKind::Coalesce(vec![left, right]), ty.clone(), name.span)
        } else {
            kept
        };
        let column = self.column(Some(name.value.clone()), ty.clone(), value.nullable);
        let id = column.id;
        (Field { qualifier: Arc::default(), column }, Some((id, value)))
    }
}

/// A projection that adds columns to those of the fields.
fn add_columns(input: Rel, fields: &[Field], computed: Vec<(ColumnId, Expr)>) -> Rel {
    if computed.is_empty() {
        return input;
    }
    let span = input.span;
    let mut columns: Vec<(ColumnId, Expr)> = vec![];
    for Field { column, .. } in fields {
        if !columns.iter().any(|(id, _)| *id == column.id) {
            columns.push((column.id, build::pass_through(column.id, column.ty.clone(), column.nullable, span)));
        }
    }
    columns.extend(computed);
    rel(RelKind::Project { input: Box::new(input), columns }, span)
}
