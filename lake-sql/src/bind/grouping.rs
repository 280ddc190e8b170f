//! GROUP BY: its keys and sets, and what an expression above it may use.

use std::collections::BTreeSet;

use super::binder::{Binder, SelectContext};
use super::nullability;
use super::same::Index;
use super::scope::Scope;
use super::select::Item;
use crate::bound::{ColumnId, Expr, ExprKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, GroupingElement};
use crate::types::Type;

/// The groups of a select.
pub(super) struct Grouping {
    /// Keys with their ids; a plain column keeps its own.
    pub keys: Vec<(ColumnId, Expr)>,
    /// Where a key stands.
    index: Index,
    /// Positions in `keys`.
    pub sets: Vec<Vec<usize>>,
    /// Columns that exist only below the groups.
    pub below: BTreeSet<ColumnId>,
    /// Whether GROUP BY is written.
    pub written: bool,
}

impl Grouping {
    /// The position of the key that an expression is, if it is one.
    fn position(&self, expr: &Expr) -> Option<usize> {
        self.index.find(expr, |position| &self.keys[position].1)
    }

    /// Whether some set leaves any key out.
    fn leaves_out(&self) -> bool {
        // A single set holds all keys.
        self.sets.len() > 1 && (0..self.keys.len()).any(|position| self.is_left_out(position))
    }

    /// Whether some set leaves the key out, so that it is null there.
    fn is_left_out(&self, position: usize) -> bool {
        self.sets.iter().any(|set| !set.contains(&position))
    }
}

/// Whether a GROUP BY may put out a group without rows.
pub(super) fn may_be_empty(group_by: Option<&tree::GroupBy>) -> bool {
    let Some(group_by) = group_by else { return true };
    group_by.elements.iter().all(|element| match element {
        GroupingElement::Simple(exprs, _) => exprs.is_empty(),
        GroupingElement::Rollup(..) | GroupingElement::Cube(..) => true,
        GroupingElement::Sets(sets, _) => sets.iter().any(Vec::is_empty),
    })
}

impl Binder<'_> {
    /// Binds the keys and writes the sets out.
    pub fn group_by(
        &mut self,
        group_by: Option<&tree::GroupBy>,
        items: &[Item],
        scope: &Scope<'_>,
        below: BTreeSet<ColumnId>,
    ) -> Grouping {
        let mut grouping =
            Grouping { keys: vec![], index: Index::default(), sets: vec![vec![]], below, written: group_by.is_some() };
        let Some(group_by) = group_by else { return grouping };
        if group_by.auto {
            self.report(finding::unsupported::new("GROUP BY AUTO", group_by.span));
        }
        for element in &group_by.elements {
            let choices = self.element_sets(element, items, scope, &mut grouping);
            grouping.sets =
                grouping.sets.iter().flat_map(|set| choices.iter().map(|choice| merged(set, choice))).collect();
        }
        if group_by.distinct {
            let mut seen = vec![];
            grouping.sets.retain(|set| {
                let mut sorted = set.clone();
                sorted.sort_unstable();
                let new = !seen.contains(&sorted);
                seen.push(sorted);
                new
            });
        }
        grouping
    }

    fn element_sets(
        &mut self,
        element: &GroupingElement,
        items: &[Item],
        scope: &Scope<'_>,
        grouping: &mut Grouping,
    ) -> Vec<Vec<usize>> {
        let columns_only = !matches!(element, GroupingElement::Simple(..));
        let mut composite = |exprs: &Vec<tree::Expr>| -> Vec<usize> {
            let keys = exprs.iter().filter_map(|expr| {
                if columns_only && super::expr::name_path(unwrapped(expr)).is_none() {
                    self.report(finding::grouping_argument::not_a_column(expr.span));
                    return None;
                }
                self.group_key(expr, items, scope, grouping)
            });
            keys.collect()
        };
        match element {
            GroupingElement::Simple(exprs, _) => vec![composite(exprs)],
            GroupingElement::Sets(sets, _) => sets.iter().map(composite).collect(),
            GroupingElement::Rollup(parts, _) => {
                let parts: Vec<Vec<usize>> = parts.iter().map(composite).collect();
                (0..=parts.len()).rev().map(|length| parts[..length].concat()).collect()
            }
            GroupingElement::Cube(parts, span) => {
                let parts: Vec<Vec<usize>> = parts.iter().map(composite).collect();
                if parts.len() > 10 {
                    self.report(finding::unsupported::new("CUBE of more than ten columns", *span));
                    return vec![parts.concat()];
                }
                (0..1_usize << parts.len())
                    .rev()
                    .map(|chosen| {
                        let kept = parts.iter().enumerate().filter(|(at, _)| chosen >> (parts.len() - 1 - at) & 1 == 1);
                        kept.flat_map(|(_, part)| part.iter().copied()).collect()
                    })
                    .collect()
            }
        }
    }

    /// The position of a key; equal keys are one.
    fn group_key(
        &mut self,
        written: &tree::Expr,
        items: &[Item],
        scope: &Scope<'_>,
        grouping: &mut Grouping,
    ) -> Option<usize> {
        let key = self.group_expr(written, items, scope)?;
        if let Some(position) = grouping.position(&key) {
            return Some(position);
        }
        let id = match key.kind {
            ExprKind::Column(id) if grouping.below.contains(&id) => id,
            _ => self.fresh(),
        };
        let position = grouping.keys.len();
        grouping.index.insert(&key, position);
        grouping.keys.push((id, key));
        Some(position)
    }

    fn group_expr(&mut self, written: &tree::Expr, items: &[Item], scope: &Scope<'_>) -> Option<Expr> {
        let key = match ordinal(written) {
            Some(position) => match at_ordinal(items, position) {
                Some(item) => {
                    let collected = super::aggregate::collected(self.select_context());
                    if item.expr.columns().iter().any(|id| collected.contains(id)) {
                        self.report(finding::misplaced_aggregate::ordinal(position, written.span, item.expr.span));
                        return None;
                    }
                    item.expr.clone()
                }
                None => {
                    self.report(finding::ordinal_out_of_range::new("GROUP BY", position, items.len(), written.span));
                    return None;
                }
            },
            None => self.expr(written, scope),
        };
        if key.ty.has_error() {
            return None;
        }
        if !key.ty.is_comparable() && key.ty != Type::Unknown {
            self.report(finding::not_comparable::new("GROUP BY", &key.ty, key.span));
            return None;
        }
        Some(key)
    }

    /// Rewrites an expression above the groups: keys become their columns, other columns are an error.
    pub fn regroup(&mut self, expr: &mut Expr, grouping: &Grouping) {
        if expr.ty == Type::Error {
            return;
        }
        if let Some(position) = grouping.position(expr) {
            expr.kind = ExprKind::Column(grouping.keys[position].0);
            expr.nullable |= grouping.is_left_out(position);
            return;
        }
        if let ExprKind::Column(id) = expr.kind {
            if grouping.below.contains(&id) {
                self.report_ungrouped(expr.span, grouping);
                expr.ty = Type::Error;
            }
            return;
        }
        if let Some(query) = expr.subquery() {
            let keys: Vec<ColumnId> = grouping.keys.iter().map(|(id, _)| *id).collect();
            if query.outer.iter().any(|id| grouping.below.contains(id) && !keys.contains(id)) {
                let found = finding::ungrouped_column::subquery(&self.key_texts(grouping), expr.span);
                self.report(found);
            }
        }
        for child in expr.children_mut() {
            self.regroup(child, grouping);
        }
        if grouping.leaves_out() {
            expr.nullable |= nullability::may_be_null(&expr.kind);
        }
    }

    fn key_texts(&self, grouping: &Grouping) -> Vec<String> {
        grouping.keys.iter().map(|(_, key)| key.span.text(&self.text).to_owned()).collect()
    }

    fn report_ungrouped(&mut self, span: Span, grouping: &Grouping) {
        let text = span.text(&self.text).to_owned();
        let found = if grouping.written {
            finding::ungrouped_column::new(&text, &self.key_texts(grouping), span)
        } else {
            finding::missing_group_by::new(&text, span)
        };
        self.report(found);
    }

    /// `grouping(…)` calls as positions of keys.
    pub fn grouping_positions(&mut self, context: &SelectContext, grouping: &Grouping) -> Vec<(ColumnId, Vec<usize>)> {
        let mut calls = vec![];
        for (id, args, span) in &context.groupings {
            let positions: Option<Vec<usize>> = args.iter().map(|arg| grouping.position(arg)).collect();
            match positions {
                Some(positions) => calls.push((*id, positions)),
                None => self.report(finding::grouping_argument::new(*span)),
            }
        }
        calls
    }
}

/// What stands at a position from 1.
pub(super) fn at_ordinal<T>(items: &[T], position: i64) -> Option<&T> {
    items.get(usize::try_from(position.checked_sub(1)?).ok()?)
}

/// An integer where a position of the select list may stand.
pub(super) fn ordinal(written: &tree::Expr) -> Option<i64> {
    match &written.kind {
        tree::ExprKind::Literal(tree::Literal::Integer(digits)) => digits.parse().ok(),
        _ => None,
    }
}

/// What stands in parentheses.
fn unwrapped(written: &tree::Expr) -> &tree::Expr {
    match &written.kind {
        tree::ExprKind::Parenthesized(inner) => unwrapped(inner),
        _ => written,
    }
}

fn merged(left: &[usize], right: &[usize]) -> Vec<usize> {
    let mut merged = left.to_vec();
    for position in right {
        if !merged.contains(position) {
            merged.push(*position);
        }
    }
    merged
}
