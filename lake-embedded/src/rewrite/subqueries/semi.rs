//! EXISTS and IN as conditions of a filter: rows that have a partner, or have none.
//!
//! Such a condition needs no count and no domain. It stays in its filter, as EXISTS over rows whose last filter alone
//! compares them with those outside; lowering makes a semi join of it.

use std::collections::{BTreeMap, BTreeSet};

use lake_sql::bound::{ColumnId, CompareOp, Expr, ExprKind, JoinKind, Rel, RelKind, Subquery};

use super::{Remover, boolean, compare, free, made, nothing};
use crate::error::Result;
use crate::eval::can_fail;
use crate::lower::{conjunction, conjuncts};
use crate::rewrite::walk;
use crate::types::natively_comparable;

impl Remover<'_> {
    /// Puts the conditions of a filter that are semi joins into a filter of their own, below the others.
    pub(super) fn semi_joins(&mut self, rel: &mut Rel) -> Result<()> {
        let RelKind::Filter { input, predicate } = &mut rel.kind else { return Ok(()) };
        let (mut semi, mut others) = (vec![], vec![]);
        for mut part in conjuncts(predicate).into_iter().cloned().collect::<Vec<_>>() {
            let query = match &mut part.kind {
                ExprKind::Not(inner) => walk::subquery_mut(inner),
                _ => walk::subquery_mut(&mut part),
            };
            if let Some(query) = query {
                self.rel(&mut query.rel)?;
            }
            match self.partner(&part) {
                Some(exists) => semi.push((part, exists)),
                None => others.push(part),
            }
        }
        if semi.is_empty() {
            return Ok(());
        }
        let mut here = vec![];
        for (part, exists) in semi {
            match member_alone(&part) {
                Some(used) => put_below(input, &used, exists),
                None => here.push(exists),
            }
        }
        let semi = here;
        if semi.is_empty() {
            match others.is_empty() {
                true => *rel = std::mem::replace(&mut **input, nothing()),
                false => *predicate = conjunction(others),
            }
            return Ok(());
        }
        let below = Box::new(std::mem::replace(&mut **input, nothing()));
        let kind = RelKind::Filter { input: below, predicate: conjunction(semi) };
        if others.is_empty() {
            rel.kind = kind;
        } else {
            **input = Rel { kind, span: rel.span };
            *predicate = conjunction(others);
        }
        Ok(())
    }

    /// A condition as `EXISTS` or `NOT EXISTS` over rows that only their last filter compares with outer columns.
    fn partner(&self, part: &Expr) -> Option<Expr> {
        let (inner, negated) = match &part.kind {
            ExprKind::Not(inner) => (&**inner, true),
            _ => (part, false),
        };
        let (query, value) = match &inner.kind {
            ExprKind::Exists(query) => (query, None),
            // NOT IN is unknown where one side is null, so only of sides that never are it is "no partner".
            ExprKind::InQuery { value, query } if !negated || !(value.nullable || query.nullable) => {
                (query, Some(&**value))
            }
            _ => return None,
        };
        let column = match (value, query.columns.as_slice()) {
            (None, _) => None,
            (Some(_), [column]) => Some(self.columns.column(*column)),
            (Some(_), _) => return None,
        };
        let outer: BTreeSet<ColumnId> = free(&query.rel);
        let (rows, mut shared, member) = opened(&query.rel, column, &outer)?;
        if let (Some(value), Some(member)) = (value, member) {
            if value.ty != member.ty || !natively_comparable(&value.ty) {
                return None;
            }
            shared.push(compare(CompareOp::Equal, value.clone(), member));
        }
        if shared.is_empty() || shared.iter().any(|part| can_fail(part) || walk::has_subquery(part)) {
            return None;
        }
        let rel = made(RelKind::Filter { input: Box::new(rows), predicate: conjunction(shared) });
        let query = Subquery { rel, columns: vec![], nullable: false, outer: outer.into_iter().collect() };
        let exists = Expr { kind: ExprKind::Exists(Box::new(query)), ..boolean(true) };
        Some(match negated {
            true => Expr { kind: ExprKind::Not(Box::new(exists)), ..boolean(true) },
            false => exists,
        })
    }
}

/// The columns of `value IN (query)` where the query uses none from outside.
fn member_alone(part: &Expr) -> Option<BTreeSet<ColumnId>> {
    match &part.kind {
        ExprKind::InQuery { value, query } if free(&query.rel).is_empty() => {
            Some(value.columns().into_iter().collect())
        }
        _ => None,
    }
}

/// Puts a condition where its columns come from, below joins: a list of keys leaves few rows, and joins are spared the
/// others. What compares rows of its own stays above, where joins may have left less to compare.
fn put_below(rel: &mut Rel, used: &BTreeSet<ColumnId>, condition: Expr) {
    let has = |rel: &Rel| used.iter().all(|id| rel.output().contains(id));
    match &mut rel.kind {
        RelKind::Filter { input, .. } => return put_below(input, used, condition),
        RelKind::Join { kind: JoinKind::Inner | JoinKind::Left, left, lateral: false, .. } if has(left) => {
            return put_below(left, used, condition);
        }
        RelKind::Join { kind: JoinKind::Inner, right, lateral: false, .. } if has(right) => {
            return put_below(right, used, condition);
        }
        _ => {}
    }
    let input = Box::new(std::mem::replace(rel, nothing()));
    *rel = made(RelKind::Filter { input, predicate: condition });
}

/// A relation without its last filter's conditions on outer columns, these conditions, and the wanted column as it is
/// below them. None if outer columns are used anywhere else.
fn opened(rel: &Rel, wanted: Option<Expr>, outer: &BTreeSet<ColumnId>) -> Option<(Rel, Vec<Expr>, Option<Expr>)> {
    let uses = |rel: &Rel| !free(rel).is_disjoint(outer);
    if !uses(rel) {
        return Some((rel.clone(), vec![], wanted));
    }
    match &rel.kind {
        RelKind::Project { input, columns } => {
            let by: BTreeMap<ColumnId, &Expr> = columns.iter().map(|(id, expr)| (*id, expr)).collect();
            let wanted = wanted.map(|mut wanted| {
                walk::each_expr(&mut wanted, &mut |part| {
                    if let ExprKind::Column(id) = part.kind
                        && let Some(made) = by.get(&id)
                    {
                        *part = (*made).clone();
                    }
                });
                wanted
            });
            opened(input, wanted, outer)
        }
        RelKind::Distinct { input } | RelKind::Sort { input, .. } => opened(input, wanted, outer),
        RelKind::Filter { input, predicate } if !uses(input) => {
            let used = |part: &Expr| {
                let mut found = false;
                walk::each_expr_id(&mut part.clone(), &mut |id| found |= outer.contains(id));
                found
            };
            let (shared, own): (Vec<Expr>, Vec<Expr>) = conjuncts(predicate).into_iter().cloned().partition(used);
            let rows = match own.is_empty() {
                true => (**input).clone(),
                false => made(RelKind::Filter { input: input.clone(), predicate: conjunction(own) }),
            };
            Some((rows, shared, wanted))
        }
        _ => None,
    }
}
