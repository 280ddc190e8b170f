//! Pushing a domain through a relation: the relation for each value of its outer columns.

use std::collections::BTreeMap;

use lake_sql::bound::{ColumnId, CompareOp, Expr, ExprKind, JoinKind, Rel, RelKind, SetOp, SortKey, WindowCall};
use lake_sql::span::Span;
use lake_sql::types::Type;

use super::{
    Domain, Remover, boolean, compare, free, fresh_column, integer, join, made, not_null, nothing, substitution,
};
use crate::error::{Fault, Result};
use crate::lower::{conjunction, conjuncts};
use crate::rewrite::{Columns, walk};

/// A relation with the columns that hold the domain's values.
type Pushed = (Rel, Vec<ColumnId>);

impl Remover<'_> {
    /// The rows of a relation for each value of the outer columns, with that value.
    pub(super) fn push(&mut self, rel: Rel, outer: &[ColumnId], domain: &Domain) -> Result<Pushed> {
        if !uses(&rel, outer) {
            let (mut joined, ids) = self.copy_of(domain);
            join(&mut joined, rel, JoinKind::Inner, None);
            return Ok((joined, ids));
        }
        let span = rel.span;
        let (kind, ids) = match rel.kind {
            RelKind::Filter { input, predicate } => return self.push_filter(*input, predicate, outer, domain),
            RelKind::Project { input, columns } => {
                let (input, ids) = self.push(*input, outer, domain)?;
                let by = substitution(outer, &ids);
                let mut columns: Vec<(ColumnId, Expr)> =
                    columns.into_iter().map(|(id, expr)| (id, substituted(expr, &by))).collect();
                columns.extend(ids.iter().map(|id| (*id, self.columns.column(*id))));
                (RelKind::Project { input: Box::new(input), columns }, ids)
            }
            RelKind::Join { kind, left, right, on, .. } => {
                return self.push_join(kind, [*left, *right], on, outer, domain);
            }
            RelKind::Aggregate { .. } => return self.push_aggregate(rel, outer, domain),
            RelKind::Window { input, calls } => {
                let (input, ids) = self.push(*input, outer, domain)?;
                let by = substitution(outer, &ids);
                let keys: Vec<Expr> = ids.iter().map(|id| self.columns.column(*id)).collect();
                let mut rel = made(RelKind::Window { input: Box::new(input), calls });
                for expr in walk::exprs_mut(&mut rel) {
                    substitute(expr, &by);
                }
                if let RelKind::Window { calls, .. } = &mut rel.kind {
                    calls.iter_mut().for_each(|(_, call)| call.partition_by.extend(keys.iter().cloned()));
                }
                (rel.kind, ids)
            }
            RelKind::Distinct { input } => {
                let (input, ids) = self.push(*input, outer, domain)?;
                (RelKind::Distinct { input: Box::new(input) }, ids)
            }
            RelKind::Sort { input, keys } => {
                let (input, ids) = self.push(*input, outer, domain)?;
                let keys = substituted_keys(keys, &substitution(outer, &ids));
                (RelKind::Sort { input: Box::new(input), keys }, ids)
            }
            RelKind::Limit { input, offset, limit, with_ties } => {
                return self.push_limit(*input, (offset, limit, with_ties), outer, domain);
            }
            RelKind::SetOp { .. } => return self.push_set_op(rel, outer, domain),
            RelKind::Unnest { input, collections, columns, ordinality, outer: keep } => {
                let (input, ids) = self.push(*input, outer, domain)?;
                let by = substitution(outer, &ids);
                let collections = collections.into_iter().map(|expr| substituted(expr, &by)).collect();
                (RelKind::Unnest { input: Box::new(input), collections, columns, ordinality, outer: keep }, ids)
            }
            RelKind::Values { .. } => {
                let projections = values_as_projections(&rel, &mut *self.columns)?;
                return self.push_projections(projections, outer, domain);
            }
            RelKind::Sample { input, percentage, system } => {
                let (input, ids) = self.push(*input, outer, domain)?;
                (RelKind::Sample { input: Box::new(input), percentage, system }, ids)
            }
            RelKind::Opaque(opaque) => return Err(Fault::unsupported(opaque.what)),
            RelKind::Scan(_) | RelKind::CteRef { .. } => {
                return Err(Fault::internal("a relation without expressions uses an outer column"));
            }
        };
        Ok((Rel { kind, span }, ids))
    }

    /// The domain once more, under other ids.
    fn copy_of(&mut self, domain: &Domain) -> Pushed {
        let (copy, renamed) = self.columns.copy(&domain.rel);
        let ids = domain.columns.iter().map(|id| *renamed.get(id).unwrap_or(id)).collect();
        (copy, ids)
    }

    fn push_filter(&mut self, input: Rel, predicate: Expr, outer: &[ColumnId], domain: &Domain) -> Result<Pushed> {
        if let Some(pushed) = self.by_equations(&input, &predicate, outer) {
            return Ok(pushed);
        }
        let (input, ids) = self.push(input, outer, domain)?;
        let predicate = substituted(predicate, &substitution(outer, &ids));
        Ok((made(RelKind::Filter { input: Box::new(input), predicate }), ids))
    }

    /// `inner = outer` for every outer column: the inner values are all that the domain can be, and no join is needed.
    fn by_equations(&mut self, input: &Rel, predicate: &Expr, outer: &[ColumnId]) -> Option<Pushed> {
        if uses(input, outer) {
            return None;
        }
        let mut given: BTreeMap<ColumnId, Expr> = BTreeMap::new();
        let mut rest = vec![];
        for part in conjuncts(predicate) {
            match equation(part, outer) {
                Some((id, inner)) if !given.contains_key(&id) && inner.ty == *self.columns.ty(id) => {
                    given.insert(id, inner);
                }
                _ => rest.push(part.clone()),
            }
        }
        if outer.iter().any(|id| !given.contains_key(id)) {
            return None;
        }
        let ids: Vec<ColumnId> = outer.iter().map(|id| self.columns.fresh(&self.columns.ty(*id).clone())).collect();
        let mut columns: Vec<(ColumnId, Expr)> =
            input.output().into_iter().map(|id| (id, self.columns.column(id))).collect();
        for (fresh, id) in ids.iter().zip(outer) {
            columns.push((*fresh, given[id].clone()));
            rest.push(not_null(self.columns.column(*fresh)));
        }
        let projection = made(RelKind::Project { input: Box::new(input.clone()), columns });
        let by = substitution(outer, &ids);
        let predicate = substituted(conjunction(rest), &by);
        Some((made(RelKind::Filter { input: Box::new(projection), predicate }), ids))
    }

    fn push_join(
        &mut self,
        kind: JoinKind,
        [left, right]: [Rel; 2],
        on: Option<Expr>,
        outer: &[ColumnId],
        domain: &Domain,
    ) -> Result<Pushed> {
        let (in_left, in_right) = (uses(&left, outer), uses(&right, outer));
        let keeps_left = matches!(kind, JoinKind::Inner | JoinKind::Left);
        let keeps_right = matches!(kind, JoinKind::Inner | JoinKind::Right);
        let rebuilt = |left: Rel, right: Rel, on: Option<Expr>| {
            made(RelKind::Join { kind, left: Box::new(left), right: Box::new(right), on, lateral: false })
        };
        if !in_right && keeps_left {
            let (left, ids) = self.push(left, outer, domain)?;
            let by = substitution(outer, &ids);
            return Ok((rebuilt(left, right, on.map(|on| substituted(on, &by))), ids));
        }
        if !in_left && keeps_right {
            let (right, ids) = self.push(right, outer, domain)?;
            let by = substitution(outer, &ids);
            return Ok((rebuilt(left, right, on.map(|on| substituted(on, &by))), ids));
        }
        let (left, left_ids) = self.push(left, outer, domain)?;
        let (right, right_ids) = self.push(right, outer, domain)?;
        let mut parts = self.equations(&left_ids, &right_ids);
        parts.extend(on.map(|on| substituted(on, &substitution(outer, &left_ids))));
        let kept = [left.output(), right.output()].concat();
        let joined = rebuilt(left, right, Some(conjunction(parts)));
        match kind {
            JoinKind::Inner | JoinKind::Left => Ok((joined, left_ids)),
            JoinKind::Right => Ok((joined, right_ids)),
            JoinKind::Full => Ok(self.either(joined, kept, &left_ids, &right_ids)),
        }
    }

    /// The domain's value from the side that has one.
    fn either(&mut self, joined: Rel, kept: Vec<ColumnId>, left: &[ColumnId], right: &[ColumnId]) -> Pushed {
        let mut columns: Vec<(ColumnId, Expr)> = kept.into_iter().map(|id| (id, self.columns.column(id))).collect();
        let mut ids = vec![];
        for (a, b) in left.iter().zip(right) {
            let ty = self.columns.ty(*a).clone();
            let both = vec![self.columns.column(*a), self.columns.column(*b)];
            let id = self.columns.fresh(&ty);
            columns.push((id, Expr { kind: ExprKind::Coalesce(both), ty, nullable: true, span: Span::default() }));
            ids.push(id);
        }
        (made(RelKind::Project { input: Box::new(joined), columns }), ids)
    }

    fn push_aggregate(&mut self, rel: Rel, outer: &[ColumnId], domain: &Domain) -> Result<Pushed> {
        let RelKind::Aggregate { input, groups, sets, aggregates, groupings } = rel.kind else {
            return Err(Fault::internal("an aggregate was expected"));
        };
        let empty = sets.iter().any(Vec::is_empty);
        if empty && sets.len() > 1 {
            return Err(Fault::unsupported("grouping sets with the empty set in a correlated subquery"));
        }
        let (mut input, mut ids) = self.push(*input, outer, domain)?;
        let mut marker = None;
        if empty {
            // A group for each value of the domain, also for one without rows.
            let found = self.columns.fresh(&Type::Boolean);
            let mut columns: Vec<(ColumnId, Expr)> =
                input.output().into_iter().map(|id| (id, self.columns.column(id))).collect();
            columns.push((found, boolean(true)));
            let marked = made(RelKind::Project { input: Box::new(input), columns });
            let (mut all, all_ids) = self.copy_of(domain);
            let on = conjunction(self.equations(&all_ids, &ids));
            join(&mut all, marked, JoinKind::Left, Some(on));
            (input, ids) = (all, all_ids);
            marker = Some(self.columns.column(found));
        }
        let by = substitution(outer, &ids);
        let mut all_groups: Vec<(ColumnId, Expr)> = groups;
        let first = all_groups.len();
        let mut keys = vec![];
        for id in &ids {
            let key = self.columns.fresh(&self.columns.ty(*id).clone());
            all_groups.push((key, self.columns.column(*id)));
            keys.push(key);
        }
        let sets = sets.into_iter().map(|set| set.into_iter().chain(first..all_groups.len()).collect()).collect();
        let kind = RelKind::Aggregate { input: Box::new(input), groups: all_groups, sets, aggregates, groupings };
        let mut rel = made(kind);
        for expr in walk::exprs_mut(&mut rel) {
            substitute(expr, &by);
        }
        if let (RelKind::Aggregate { aggregates, .. }, Some(marker)) = (&mut rel.kind, marker) {
            for (_, call) in aggregates {
                let parts = [not_null(marker.clone())].into_iter().chain(call.filter.take()).collect();
                call.filter = Some(conjunction(parts));
            }
        }
        Ok((rel, keys))
    }

    /// LIMIT for each value of the domain: by row number, or rank for WITH TIES.
    fn push_limit(
        &mut self,
        input: Rel,
        (offset, limit, with_ties): (u64, Option<u64>, bool),
        outer: &[ColumnId],
        domain: &Domain,
    ) -> Result<Pushed> {
        let kept = input.output();
        let (input, ids) = self.push(input, outer, domain)?;
        let (input, keys) = match input.kind {
            RelKind::Sort { input, keys } => (*input, keys),
            kind => (made(kind), vec![]),
        };
        let partition: Vec<Expr> = ids.iter().map(|id| self.columns.column(*id)).collect();
        let (number, rank) = (self.columns.fresh(&Type::BigInt), self.columns.fresh(&Type::BigInt));
        let calls =
            vec![(number, ranking("row_number", &partition, &keys)), (rank, ranking("rank", &partition, &keys))];
        let windowed = made(RelKind::Window { input: Box::new(input), calls });
        let mut parts = vec![compare(CompareOp::Greater, self.columns.column(number), integer(offset as i64))];
        if let Some(limit) = limit {
            let last = self.columns.column(if with_ties { rank } else { number });
            parts.push(compare(CompareOp::LessOrEqual, last, integer((offset + limit) as i64)));
        }
        let chosen = made(RelKind::Filter { input: Box::new(windowed), predicate: conjunction(parts) });
        let all: Vec<ColumnId> = kept.into_iter().chain(ids.iter().copied()).collect();
        Ok((self.only(chosen, &all), ids))
    }

    fn push_set_op(&mut self, rel: Rel, outer: &[ColumnId], domain: &Domain) -> Result<Pushed> {
        let RelKind::SetOp { op, all, left, left_columns, right, right_columns, columns } = rel.kind else {
            return Err(Fault::internal("a set operation was expected"));
        };
        let (left, left_ids) = self.push(*left, outer, domain)?;
        let (right, right_ids) = self.push(*right, outer, domain)?;
        let more: Vec<_> = outer
            .iter()
            .map(|id| {
                let ty = self.columns.ty(*id).clone();
                fresh_column(self.columns, &ty)
            })
            .collect();
        let ids = more.iter().map(|column| column.id).collect();
        let kind = RelKind::SetOp {
            op,
            all,
            left: Box::new(left),
            left_columns: [left_columns, left_ids].concat(),
            right: Box::new(right),
            right_columns: [right_columns, right_ids].concat(),
            columns: columns.into_iter().chain(more).collect(),
        };
        Ok((made(kind), ids))
    }

    /// Rows of expressions over outer columns.
    fn push_projections(&mut self, rel: Rel, outer: &[ColumnId], domain: &Domain) -> Result<Pushed> {
        match rel.kind {
            RelKind::Project { input, columns }
                if uses(&made(RelKind::Project { input: input.clone(), columns: columns.clone() }), outer) =>
            {
                let (mut joined, ids) = self.copy_of(domain);
                join(&mut joined, *input, JoinKind::Inner, None);
                let by = substitution(outer, &ids);
                let mut columns: Vec<(ColumnId, Expr)> =
                    columns.into_iter().map(|(id, expr)| (id, substituted(expr, &by))).collect();
                columns.extend(ids.iter().map(|id| (*id, self.columns.column(*id))));
                Ok((made(RelKind::Project { input: Box::new(joined), columns }), ids))
            }
            kind => self.push(made(kind), outer, domain),
        }
    }
}

/// Literal rows as projections of one row, put together by UNION ALL.
pub(super) fn values_as_projections(rel: &Rel, known: &mut Columns) -> Result<Rel> {
    let RelKind::Values { columns, rows } = &rel.kind else { return Err(Fault::internal("rows were expected")) };
    let ids: Vec<ColumnId> = columns.iter().map(|column| column.id).collect();
    let mut result: Option<(Rel, Vec<ColumnId>)> = None;
    let last = rows.len().saturating_sub(1);
    for (number, row) in rows.iter().enumerate() {
        let own: Vec<ColumnId> = match rows.len() {
            1 => ids.clone(),
            _ => columns.iter().map(|column| known.fresh(&column.ty)).collect(),
        };
        let projected = own.iter().copied().zip(row.iter().cloned()).collect();
        let one = made(RelKind::Project { input: Box::new(nothing()), columns: projected });
        result = Some(match result {
            None => (one, own),
            Some((left, left_columns)) => {
                let made_columns: Vec<_> = match number == last {
                    true => columns.clone(),
                    false => columns.iter().map(|column| fresh_column(known, &column.ty)).collect(),
                };
                let made_ids = made_columns.iter().map(|column| column.id).collect();
                let kind = RelKind::SetOp {
                    op: SetOp::Union,
                    all: true,
                    left: Box::new(left),
                    left_columns,
                    right: Box::new(one),
                    right_columns: own,
                    columns: made_columns,
                };
                (made(kind), made_ids)
            }
        });
    }
    result.map(|(rel, _)| rel).ok_or_else(|| Fault::internal("a subquery in no rows"))
}

/// Whether a relation uses one of these columns from outside.
fn uses(rel: &Rel, outer: &[ColumnId]) -> bool {
    let used = free(rel);
    outer.iter().any(|id| used.contains(id))
}

/// `inner = outer` or `outer = inner`, where inner uses no outer column.
fn equation(part: &Expr, outer: &[ColumnId]) -> Option<(ColumnId, Expr)> {
    let ExprKind::Compare { op: CompareOp::Equal, left, right } = &part.kind else { return None };
    let outer_column = |expr: &Expr| match expr.kind {
        ExprKind::Column(id) if outer.contains(&id) => Some(id),
        _ => None,
    };
    let inner = |expr: &Expr| {
        let mut plain = true;
        walk::each_expr_id(&mut expr.clone(), &mut |id| plain &= !outer.contains(id));
        plain && crate::types::natively_comparable(&expr.ty)
    };
    match (outer_column(left), outer_column(right)) {
        (Some(id), None) if inner(right) => Some((id, (**right).clone())),
        (None, Some(id)) if inner(left) => Some((id, (**left).clone())),
        _ => None,
    }
}

fn substitute(expr: &mut Expr, by: &BTreeMap<ColumnId, ColumnId>) {
    walk::each_expr_id(expr, &mut |id| *id = by.get(id).copied().unwrap_or(*id));
}

fn substituted(mut expr: Expr, by: &BTreeMap<ColumnId, ColumnId>) -> Expr {
    substitute(&mut expr, by);
    expr
}

fn substituted_keys(keys: Vec<SortKey>, by: &BTreeMap<ColumnId, ColumnId>) -> Vec<SortKey> {
    keys.into_iter().map(|key| SortKey { expr: substituted(key.expr, by), ..key }).collect()
}

fn ranking(function: &'static str, partition_by: &[Expr], order_by: &[SortKey]) -> WindowCall {
    WindowCall {
        function,
        args: vec![],
        distinct: false,
        ignore_nulls: false,
        filter: None,
        argument_order: vec![],
        partition_by: partition_by.to_vec(),
        order_by: order_by.to_vec(),
        frame: None,
        ty: Type::BigInt,
        nullable: false,
        span: Span::default(),
    }
}
