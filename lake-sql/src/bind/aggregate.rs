//! Aggregate functions: where they may stand and what they give.

use super::binder::{Binder, Clause, Inside};
use super::same::same;
use super::scope::{Scope, error_expr};
use crate::bound::{AggregateCall, ColumnId, Expr, ExprKind, Literal, SortKey};
use crate::finding;
use crate::functions::{self, Nulls};
use crate::span::Span;
use crate::syntax::tree::{self, Call, Listagg};
use crate::types::Type;

impl Binder<'_> {
    /// An aggregate over a group.
    pub fn aggregate_call(
        &mut self,
        function: &'static functions::Function,
        call: &Call,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        if let Some(found) = self.misplaced_aggregate(function.name, span) {
            self.report(found);
            return error_expr(span);
        }
        if call.ignore_nulls.is_some() {
            self.report(finding::unsupported::new("IGNORE NULLS on an aggregate without OVER", span));
            return error_expr(span);
        }
        let bound = self.inside(Inside::Aggregate, |binder| binder.aggregate_parts(function, call, scope, span));
        match bound {
            Some(aggregate) => self.collect_aggregate(aggregate),
            None => error_expr(span),
        }
    }

    fn misplaced_aggregate(&mut self, name: &str, span: Span) -> Option<finding::Finding> {
        let context = self.select_context();
        match (context.inside, context.clause) {
            (Inside::Aggregate, _) => Some(finding::nested_aggregate::new(name, span)),
            (Inside::Lambda, _) => Some(finding::misplaced_aggregate::new(name, "a lambda", span)),
            (_, Clause::Select | Clause::Having | Clause::OrderBy) => None,
            (_, clause) => Some(finding::misplaced_aggregate::new(name, clause.name(), span)),
        }
    }

    fn aggregate_parts(
        &mut self,
        function: &'static functions::Function,
        call: &Call,
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<AggregateCall> {
        let filter = call.filter.as_ref().map(|filter| self.condition(filter, scope, "FILTER"));
        let order_by = self.sort_keys(call.order_by.iter().chain(&call.within_group), scope);
        let (name, args, ty) = self.aggregate_arguments(function, call, scope, span)?;
        if call.distinct && args.iter().any(|arg| !arg.ty.is_comparable()) {
            self.report(finding::not_comparable::new("DISTINCT", &args[0].ty, args[0].span));
        }
        if filter.as_ref().is_some_and(|filter| filter.ty == Type::Error) {
            return None;
        }
        self.check_distinct_order(call, &args, &order_by);
        let nullable = match functions::lookup(name).map(|function| function.nulls) {
            Some(Nulls::Never) => false,
            Some(Nulls::Propagate | Nulls::EmptyGroup) => {
                self.select_context().may_be_empty || filter.is_some() || args.iter().any(|arg| arg.nullable)
            }
            _ => true,
        };
        Some(AggregateCall { function: name, args, distinct: call.distinct, filter, order_by, ty, nullable, span })
    }

    /// DISTINCT leaves no other values to order by than the arguments.
    pub fn check_distinct_order(&mut self, call: &Call, args: &[Expr], order_by: &[SortKey]) {
        fn uncast(expr: &Expr) -> &Expr {
            match &expr.kind {
                ExprKind::Cast { expr, implicit: true, .. } => uncast(expr),
                _ => expr,
            }
        }
        let other = |key: &&SortKey| !args.iter().any(|arg| same(uncast(arg), uncast(&key.expr)));
        if let Some(key) = order_by.iter().filter(|_| call.distinct).find(other) {
            self.report(finding::distinct_order_by::argument(key.expr.span));
        }
    }

    /// Canonical name, arguments and result type of an aggregate; also used over windows.
    pub fn aggregate_arguments(
        &mut self,
        function: &'static functions::Function,
        call: &Call,
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<(&'static str, Vec<Expr>, Type)> {
        if call.star || (function.name == "count" && call.args.is_empty()) {
            if function.name == "count" {
                return Some((function.name, vec![], Type::BigInt));
            }
            self.report(finding::star_argument::new(function.name, span));
            return None;
        }
        let chosen = self.choose(function.name, call.name.span, &call.args, scope)?;
        self.keep_call_type(function.name, &chosen.shapes, &chosen.result, span);
        Some((chosen.function.name, chosen.args, chosen.result))
    }

    /// Equal aggregates are computed once.
    fn collect_aggregate(&mut self, aggregate: AggregateCall) -> Expr {
        let (ty, nullable, span) = (aggregate.ty.clone(), aggregate.nullable, aggregate.span);
        let digest = aggregate.args.iter().fold(0, |sum: u64, arg| sum.rotate_left(1) ^ super::same::digest(arg));
        let context = self.select_context();
        let alike = context.aggregate_index.entry(digest).or_default();
        let known = alike.iter().find(|position| same_aggregate(&context.aggregates[**position].1, &aggregate));
        let id = match known {
            Some(position) => context.aggregates[*position].0,
            None => {
                alike.push(context.aggregates.len());
                let id = self.fresh();
                self.select_context().aggregates.push((id, aggregate));
                id
            }
        };
        Expr { kind: ExprKind::Column(id), ty, nullable, span }
    }

    /// LISTAGG as an aggregate with a separator and, for ON OVERFLOW TRUNCATE, the filler and whether a count follows it.
    pub fn listagg(&mut self, listagg: &Listagg, scope: &Scope<'_>, span: Span) -> Expr {
        if let Some(window) = &listagg.over {
            return self.listagg_window(listagg, window, scope, span);
        }
        if let Some(found) = self.misplaced_aggregate("listagg", span) {
            self.report(found);
            return error_expr(span);
        }
        match self.inside(Inside::Aggregate, |binder| binder.listagg_parts(listagg, scope, span)) {
            Some(call) => self.collect_aggregate(call),
            None => error_expr(span),
        }
    }

    /// The call without its place.
    pub fn listagg_parts(&mut self, listagg: &Listagg, scope: &Scope<'_>, span: Span) -> Option<AggregateCall> {
        let value = self.expr(&listagg.value, scope);
        let separator = listagg.separator.as_ref().map(|separator| self.expr(separator, scope));
        let filter = listagg.filter.as_ref().map(|filter| self.condition(filter, scope, "FILTER"));
        let order_by = self.sort_keys(listagg.order_by.iter(), scope);
        if !matches!(value.ty, Type::Varchar(_) | Type::Error) {
            let name = Span::new(span.start, span.start + "listagg".len());
            let found = finding::operand_type::new("LISTAGG", "a varchar", &value.ty, name);
            self.report(found.label("takes a varchar").context(value.span, value.ty.to_string()));
            return None;
        }
        if value.ty == Type::Error {
            return None;
        }
        let text = Type::Varchar(None);
        let empty = || super::build::literal(Literal::Text("".into()), Type::Varchar(Some(0)), span);
        let separator = separator.unwrap_or_else(empty);
        let nullable = self.select_context().may_be_empty || filter.is_some() || value.nullable;
        let mut args = vec![self.coerce(value, &text), self.coerce(separator, &text)];
        if let Some((filler, count)) = &listagg.truncate {
            let filler = match filler {
                Some(filler) => self.expr(filler, scope),
                None => super::build::literal(Literal::Text("...".into()), text.clone(), span),
            };
            args.push(self.coerce(filler, &text));
            args.push(super::build::literal(Literal::Boolean(*count), Type::Boolean, span));
        }
        let distinct = listagg.distinct;
        Some(AggregateCall { function: "listagg", args, distinct, filter, order_by, ty: text, nullable, span })
    }

    /// `grouping(a, b)`: the arguments are found among the groups once those are bound.
    pub fn grouping(&mut self, args: &[tree::Expr], scope: &Scope<'_>, span: Span) -> Expr {
        let clause = self.select_context().clause;
        if !matches!(clause, Clause::Select | Clause::Having | Clause::OrderBy) {
            self.report(finding::misplaced_aggregate::new("grouping", clause.name(), span));
            return error_expr(span);
        }
        let args: Vec<Expr> = args.iter().map(|arg| self.expr(arg, scope)).collect();
        if args.iter().any(|arg| arg.ty == Type::Error) {
            return error_expr(span);
        }
        let id = self.fresh();
        let ty = if args.len() < 32 { Type::Integer } else { Type::BigInt };
        self.select_context().groupings.push((id, args, span));
        self.coerce(super::build::pass_through(id, Type::BigInt, false, span), &ty)
    }

    /// Keys of an ORDER BY without aliases and ordinals: in aggregates and windows.
    pub fn sort_keys<'t>(
        &mut self,
        items: impl Iterator<Item = &'t tree::SortItem>,
        scope: &Scope<'_>,
    ) -> Vec<SortKey> {
        items
            .map(|item| {
                let expr = self.expr(&item.expr, scope);
                self.require_orderable(&expr);
                sort_key(expr, item)
            })
            .collect()
    }

    /// Reports a key that has no order.
    pub fn require_orderable(&mut self, key: &Expr) {
        if !key.ty.is_orderable() && !key.ty.has_error() && key.ty != Type::Unknown {
            self.report(finding::not_orderable::new("ORDER BY", &key.ty, key.span));
        }
    }
}

/// A key with Trino's default: nulls last.
pub(super) fn sort_key(expr: Expr, item: &tree::SortItem) -> SortKey {
    SortKey { expr, descending: item.descending, nulls_first: item.nulls_first.unwrap_or(false) }
}

fn same_aggregate(one: &AggregateCall, other: &AggregateCall) -> bool {
    let keys = |call: &AggregateCall| -> Vec<(bool, bool)> {
        call.order_by.iter().map(|key| (key.descending, key.nulls_first)).collect()
    };
    one.function == other.function
        && one.distinct == other.distinct
        && one.ty == other.ty
        && one.args.len() == other.args.len()
        && one.filter.is_some() == other.filter.is_some()
        && keys(one) == keys(other)
        && one.expressions().zip(other.expressions()).all(|(one, other)| same(one, other))
}

/// Ids of aggregates, windows and groupings that a context has collected.
pub(super) fn collected(context: &super::binder::SelectContext) -> std::collections::BTreeSet<ColumnId> {
    collected_since(context, &mut [0; 3]).collect()
}

/// Those of them that are new since the numbers of each that were `seen`.
pub(super) fn collected_since<'c>(
    context: &'c super::binder::SelectContext,
    seen: &mut [usize; 3],
) -> impl Iterator<Item = ColumnId> + use<'c> {
    let [aggregates, windows, groupings] =
        std::mem::replace(seen, [context.aggregates.len(), context.windows.len(), context.groupings.len()]);
    let aggregates = context.aggregates[aggregates..].iter().map(|(id, _)| *id);
    let windows = context.windows[windows..].iter().map(|(id, _)| *id);
    let groupings = context.groupings[groupings..].iter().map(|(id, ..)| *id);
    aggregates.chain(windows).chain(groupings)
}
