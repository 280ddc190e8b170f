//! Joins: nested loops, with an index over equal columns to keep large ones quick.

use std::collections::BTreeMap;
use std::sync::Arc;

use lake_sql::bound::{ColumnId, CompareOp, Expr, ExprKind, JoinKind, Rel};

use crate::error::Result;
use crate::eval::{Query, Scope};
use crate::relation::{Relation, Row, keeps_left, keeps_right, relation};
use crate::value::Value;

/// A join to compute.
pub struct Join<'a> {
    /// Which rows are kept.
    pub kind: JoinKind,
    /// Left side.
    pub left: &'a Rel,
    /// Right side.
    pub right: &'a Rel,
    /// Condition.
    pub on: Option<&'a Expr>,
    /// Whether the right side is computed for each row of the left one.
    pub lateral: bool,
}

/// All columns of both sides.
pub fn join(query: &Query<'_>, join: &Join<'_>, scope: Option<&Scope<'_>>) -> Result<Relation> {
    let left = relation(query, join.left, scope)?;
    if join.lateral {
        return lateral(query, join, &left, scope);
    }
    let right = relation(query, join.right, scope)?;
    let matches = Matches::new(&left.columns, &right, join.on);
    let mut matched = vec![false; right.rows.len()];
    let mut rows = vec![];
    for row in &left.rows {
        let mut any = false;
        for at in matches.candidates(row) {
            if holds(query, join.on, (&left.columns, row), (&right.columns, &right.rows[at]), scope)? {
                any = true;
                matched[at] = true;
                rows.push(beside(row, &right.rows[at]));
            }
        }
        if !any && keeps_left(join.kind) {
            rows.push(beside(row, &nulls(right.columns.len())));
        }
    }
    if keeps_right(join.kind) {
        let alone = right.rows.iter().zip(&matched).filter(|(_, matched)| !**matched);
        rows.extend(alone.map(|(row, _)| beside(&nulls(left.columns.len()), row)));
    }
    Ok(Relation { columns: [left.columns, right.columns].concat(), rows })
}

fn lateral(query: &Query<'_>, join: &Join<'_>, left: &Relation, scope: Option<&Scope<'_>>) -> Result<Relation> {
    let mut columns: Option<Vec<ColumnId>> = None;
    let mut rows = vec![];
    for row in &left.rows {
        let here = Scope::new(&left.columns, row, scope);
        let right = relation(query, join.right, Some(&here))?;
        let mut any = false;
        for candidate in &right.rows {
            if holds(query, join.on, (&left.columns, row), (&right.columns, candidate), scope)? {
                any = true;
                rows.push(beside(row, candidate));
            }
        }
        if !any && keeps_left(join.kind) {
            rows.push(beside(row, &nulls(right.columns.len())));
        }
        columns.get_or_insert(right.columns);
    }
    // No row of the left side may have asked for the right one.
    let columns = columns.unwrap_or_else(|| join.right.output());
    Ok(Relation { columns: [left.columns.as_slice(), &columns].concat(), rows })
}

fn holds(
    query: &Query<'_>,
    on: Option<&Expr>,
    left: (&[ColumnId], &Row),
    right: (&[ColumnId], &Row),
    scope: Option<&Scope<'_>>,
) -> Result<bool> {
    let Some(on) = on else { return Ok(true) };
    let outer = Scope::new(left.0, left.1, scope);
    Ok(query.eval(on, &Scope::new(right.0, right.1, Some(&outer)))?.is_true())
}

fn beside(left: &[Value], right: &[Value]) -> Row {
    left.iter().chain(right).cloned().collect()
}

fn nulls(count: usize) -> Row {
    Arc::from(vec![Value::Null; count])
}

/// Which rows of the right side can match at all. The condition itself still decides.
struct Matches {
    left: Vec<usize>,
    index: Option<BTreeMap<Vec<Value>, Vec<usize>>>,
    all: Vec<usize>,
}

impl Matches {
    fn new(left: &[ColumnId], right: &Relation, on: Option<&Expr>) -> Self {
        let mut pairs = vec![];
        if let Some(on) = on {
            equal_columns(on, left, &right.columns, &mut pairs);
        }
        if pairs.is_empty() {
            return Self { left: vec![], index: None, all: (0..right.rows.len()).collect() };
        }
        let mut index: BTreeMap<Vec<Value>, Vec<usize>> = BTreeMap::new();
        for (at, row) in right.rows.iter().enumerate() {
            index.entry(pairs.iter().map(|(_, right)| row[*right].clone()).collect()).or_default().push(at);
        }
        Self { left: pairs.into_iter().map(|(left, _)| left).collect(), index: Some(index), all: vec![] }
    }

    fn candidates(&self, row: &Row) -> impl Iterator<Item = usize> {
        let found = match &self.index {
            Some(index) => {
                let key: Vec<Value> = self.left.iter().map(|at| row[*at].clone()).collect();
                index.get(&key).map_or(&[][..], Vec::as_slice)
            }
            None => &self.all,
        };
        found.iter().copied()
    }
}

/// Pairs of plain columns that every match has equal. Identity is wider than `=`, so no match is lost.
fn equal_columns(on: &Expr, left: &[ColumnId], right: &[ColumnId], pairs: &mut Vec<(usize, usize)>) {
    let at = |columns: &[ColumnId], expr: &Expr| match &expr.kind {
        ExprKind::Column(id) => columns.iter().position(|column| column == id),
        _ => None,
    };
    match &on.kind {
        ExprKind::And(parts) => parts.iter().for_each(|part| equal_columns(part, left, right, pairs)),
        ExprKind::Compare { op: CompareOp::Equal | CompareOp::NotDistinct, left: a, right: b } => {
            let straight = at(left, a).zip(at(right, b));
            pairs.extend(straight.or_else(|| at(left, b).zip(at(right, a))));
        }
        _ => {}
    }
}
