//! Relational operators: a relation from relations, row by row.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use lake_sql::bound::{BoundQuery, Column, ColumnId, Cte, Expr, JoinKind, RecursiveArm, Rel, RelKind, SetOp, SortKey};

use crate::error::{Result, data, statement};
use crate::eval::{Query, Scope};
use crate::session::Session;
use crate::value::Value;
use crate::{aggregate, join, window};

/// A row; cheap to copy.
pub type Row = Arc<[Value]>;

/// Rows under column ids.
#[derive(Clone, Debug, Default)]
pub struct Relation {
    /// Ids, in the order of each row's values.
    pub columns: Vec<ColumnId>,
    /// The rows.
    pub rows: Vec<Row>,
}

impl Relation {
    /// These columns alone, in this order, under new ids.
    pub fn select(&self, from: &[ColumnId], to: &[ColumnId]) -> Self {
        if self.columns == from {
            return Self { columns: to.to_vec(), rows: self.rows.clone() };
        }
        let at: Vec<usize> = from.iter().map(|id| self.position(*id)).collect();
        let rows = self.rows.iter().map(|row| at.iter().map(|at| row[*at].clone()).collect()).collect();
        Self { columns: to.to_vec(), rows }
    }

    fn position(&self, id: ColumnId) -> usize {
        self.columns
            .iter()
            .position(|column| *column == id)
            .expect("a bound relation has the columns that are selected")
    }
}

/// The result of a whole query, columns in the order of the select list.
pub fn query(session: &Session<'_>, bound: &BoundQuery) -> Result<Vec<Row>> {
    let query = Query::new(session, &bound.ctes);
    let all = relation(&query, &bound.root, None)?;
    let ids: Vec<ColumnId> = bound.columns.iter().map(|column| column.id).collect();
    Ok(all.select(&ids, &ids).rows)
}

/// The rows of a common table expression.
pub fn cte(query: &Query<'_>, cte: &Cte, scope: Option<&Scope<'_>>) -> Result<Relation> {
    let start = relation(query, &cte.rel, scope)?.select(&cte.columns, &cte.columns);
    match &cte.recursive {
        Some(arm) if arm.distinct => Err(crate::error::unsupported("WITH RECURSIVE with UNION instead of UNION ALL")),
        Some(arm) => recurse(query, cte, arm, start, scope),
        None => Ok(start),
    }
}

/// Trino's limit (`max_recursion_depth`).
const RECURSION_DEPTH: usize = 10;

fn recurse(
    query: &Query<'_>,
    cte: &Cte,
    arm: &RecursiveArm,
    start: Relation,
    scope: Option<&Scope<'_>>,
) -> Result<Relation> {
    let mut all = start.clone();
    let mut step = start;
    for _ in 0..RECURSION_DEPTH {
        let deeper = query.recursing(cte.id, Arc::new(step));
        step = relation(&deeper, &arm.rel, scope)?.select(&arm.columns, &cte.columns);
        if step.rows.is_empty() {
            return Ok(all);
        }
        all.rows.extend(step.rows.iter().cloned());
    }
    Err(statement(format!("INVALID_RECURSIVE_QUERY: Recursion depth limit exceeded ({RECURSION_DEPTH})")))
}

/// The rows of a relation.
pub fn relation(query: &Query<'_>, rel: &Rel, scope: Option<&Scope<'_>>) -> Result<Relation> {
    match &rel.kind {
        RelKind::Scan(scan) => query.session.scan(query, scan),
        RelKind::Values { columns, rows } => {
            let here = Scope::new(&[], &[], scope);
            let rows = rows.iter().map(|row| query.eval_all(row, &here).map(Arc::from)).collect::<Result<_>>()?;
            Ok(Relation { columns: columns.iter().map(|column| column.id).collect(), rows })
        }
        RelKind::Project { input, columns } => project(query, input, columns, scope),
        RelKind::Filter { input, predicate } => {
            let mut input = relation(query, input, scope)?;
            let rows = std::mem::take(&mut input.rows);
            for row in rows {
                if query.eval(predicate, &Scope::new(&input.columns, &row, scope))?.is_true() {
                    input.rows.push(row);
                }
            }
            Ok(input)
        }
        RelKind::Join { kind, left, right, on, lateral } => {
            join::join(query, &join::Join { kind: *kind, left, right, on: on.as_ref(), lateral: *lateral }, scope)
        }
        RelKind::Aggregate { input, groups, sets, aggregates, groupings } => {
            let input = relation(query, input, scope)?;
            aggregate::grouped(query, &input, &aggregate::Grouping { groups, sets, aggregates, groupings }, scope)
        }
        RelKind::Window { input, calls } => window::windows(query, relation(query, input, scope)?, calls, scope),
        RelKind::Distinct { input } => {
            let input = relation(query, input, scope)?;
            Ok(Relation { rows: distinct(input.rows), ..input })
        }
        RelKind::Sort { input, keys } => sorted(query, input, keys, scope).map(|(rows, _)| rows),
        RelKind::Limit { input, offset, limit, with_ties } => {
            limited(query, input, (*offset, *limit, *with_ties), scope)
        }
        RelKind::SetOp { op, all, left, left_columns, right, right_columns, columns } => {
            let left = relation(query, left, scope)?.select(left_columns, left_columns);
            let right = relation(query, right, scope)?.select(right_columns, right_columns);
            let rows = set_operation(*op, *all, left.rows, right.rows);
            Ok(Relation { columns: columns.iter().map(|column| column.id).collect(), rows })
        }
        RelKind::Unnest { input, collections, columns, ordinality, outer } => {
            let new = Unnest { collections, columns, ordinality: *ordinality, outer: *outer };
            unnest(query, relation(query, input, scope)?, &new, scope)
        }
        RelKind::CteRef { cte, columns } => {
            let (to, from): (Vec<ColumnId>, Vec<ColumnId>) = columns.iter().copied().unzip();
            Ok(query.cte(*cte, scope)?.select(&from, &to))
        }
        RelKind::Sample { input, percentage, .. } => sample(query, input, percentage, scope),
        RelKind::Opaque(opaque) => Err(crate::error::unsupported(&opaque.what)),
    }
}

fn project(
    query: &Query<'_>,
    input: &Rel,
    columns: &[(ColumnId, Expr)],
    scope: Option<&Scope<'_>>,
) -> Result<Relation> {
    let input = relation(query, input, scope)?;
    let mut rows = Vec::with_capacity(input.rows.len());
    for row in &input.rows {
        let here = Scope::new(&input.columns, row, scope);
        rows.push(columns.iter().map(|(_, expr)| query.eval(expr, &here)).collect::<Result<_>>()?);
    }
    Ok(Relation { columns: columns.iter().map(|(id, _)| *id).collect(), rows })
}

/// Rows without repetitions, in the order of their first appearance.
pub fn distinct(rows: Vec<Row>) -> Vec<Row> {
    let mut seen = std::collections::BTreeSet::new();
    rows.into_iter().filter(|row| seen.insert(row.clone())).collect()
}

/// Compares two rows of key values.
pub fn compare_keys(keys: &[SortKey], a: &[Value], b: &[Value]) -> Ordering {
    for ((key, a), b) in keys.iter().zip(a).zip(b) {
        let nulls = if key.nulls_first { Ordering::Less } else { Ordering::Greater };
        let order = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => nulls,
            (false, true) => nulls.reverse(),
            (false, false) if key.descending => b.cmp(a),
            (false, false) => a.cmp(b),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// The values of sort keys for one row.
pub fn key_values(query: &Query<'_>, keys: &[SortKey], scope: &Scope<'_>) -> Result<Vec<Value>> {
    keys.iter().map(|key| query.eval(&key.expr, scope)).collect()
}

fn sorted(
    query: &Query<'_>,
    input: &Rel,
    keys: &[SortKey],
    scope: Option<&Scope<'_>>,
) -> Result<(Relation, Vec<Vec<Value>>)> {
    let input = relation(query, input, scope)?;
    let mut keyed = Vec::with_capacity(input.rows.len());
    for row in input.rows {
        let values = key_values(query, keys, &Scope::new(&input.columns, &row, scope))?;
        keyed.push((values, row));
    }
    keyed.sort_by(|(a, _), (b, _)| compare_keys(keys, a, b));
    let (values, rows) = keyed.into_iter().unzip();
    Ok((Relation { columns: input.columns, rows }, values))
}

fn limited(
    query: &Query<'_>,
    input: &Rel,
    (offset, limit, with_ties): (u64, Option<u64>, bool),
    scope: Option<&Scope<'_>>,
) -> Result<Relation> {
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let start = count(offset);
    let end = limit.map_or(usize::MAX, |limit| start.saturating_add(count(limit)));
    let (mut rows, end) = match &input.kind {
        RelKind::Sort { input, keys } if with_ties => {
            let (rows, values) = sorted(query, input, keys, scope)?;
            (rows, behind_ties(keys, &values, end))
        }
        _ => (relation(query, input, scope)?, end),
    };
    rows.rows.truncate(end);
    rows.rows.drain(..start.min(rows.rows.len()));
    Ok(rows)
}

fn behind_ties(keys: &[SortKey], values: &[Vec<Value>], end: usize) -> usize {
    let Some(last) = end.checked_sub(1).and_then(|last| values.get(last)) else { return end };
    let ties = values[end..].iter().take_while(|next| compare_keys(keys, last, next).is_eq()).count();
    end + ties
}

fn set_operation(op: SetOp, all: bool, left: Vec<Row>, right: Vec<Row>) -> Vec<Row> {
    if op == SetOp::Union {
        let both: Vec<Row> = left.into_iter().chain(right).collect();
        return if all { both } else { distinct(both) };
    }
    let mut others: BTreeMap<Row, usize> = BTreeMap::new();
    for row in right {
        *others.entry(row).or_default() += 1;
    }
    let left = if all { left } else { distinct(left) };
    let mut keep = |row: &Row| {
        let found = match others.get_mut(row) {
            Some(count) if all && *count > 0 => {
                *count -= 1;
                true
            }
            Some(_) => !all,
            None => false,
        };
        found == (op == SetOp::Intersect)
    };
    left.into_iter().filter(|row| keep(row)).collect()
}

struct Unnest<'a> {
    collections: &'a [Expr],
    columns: &'a [Vec<Column>],
    ordinality: Option<ColumnId>,
    outer: bool,
}

fn unnest(query: &Query<'_>, input: Relation, new: &Unnest<'_>, scope: Option<&Scope<'_>>) -> Result<Relation> {
    let mut columns = input.columns.clone();
    columns.extend(new.columns.iter().flatten().map(|column| column.id));
    columns.extend(new.ordinality);
    let mut rows = vec![];
    for row in &input.rows {
        let collections = query.eval_all(new.collections, &Scope::new(&input.columns, row, scope))?;
        let mut length = collections.iter().map(length).max().unwrap_or(0);
        let ordinals = length > 0;
        if new.outer {
            length = length.max(1);
        }
        for at in 0..length {
            let mut values = row.to_vec();
            for (collection, columns) in collections.iter().zip(new.columns) {
                values.extend(element(collection, at, columns.len())?);
            }
            if new.ordinality.is_some() {
                values.push(if ordinals { Value::Integer(at as i64 + 1) } else { Value::Null });
            }
            rows.push(values.into());
        }
    }
    Ok(Relation { columns, rows })
}

fn length(collection: &Value) -> usize {
    match collection {
        Value::Array(elements) => elements.len(),
        Value::Map(entries) => entries.len(),
        _ => 0,
    }
}

fn element(collection: &Value, at: usize, width: usize) -> Result<Vec<Value>> {
    Ok(match collection {
        Value::Array(elements) => match elements.get(at) {
            Some(Value::Row(fields)) if fields.len() == width => fields.to_vec(),
            Some(value) if width == 1 => vec![value.clone()],
            _ => vec![Value::Null; width],
        },
        Value::Map(entries) => entries.get(at).map_or(vec![Value::Null; 2], |(k, v)| vec![k.clone(), v.clone()]),
        Value::Null => vec![Value::Null; width],
        other => return Err(data(format!("cannot unnest {other:?}"))),
    })
}

/// Keeps an even share of the rows: the choice is free, and tests want the same one each time.
fn sample(query: &Query<'_>, input: &Rel, percentage: &Expr, scope: Option<&Scope<'_>>) -> Result<Relation> {
    let share = match query.eval(percentage, &Scope::new(&[], &[], scope))? {
        Value::Double(share) => share,
        Value::Integer(share) => share as f64,
        Value::Decimal(digits, scale) => digits as f64 / 10f64.powi(i32::from(scale)),
        other => return Err(statement(format!("a sample of {other:?} per cent"))),
    };
    let mut input = relation(query, input, scope)?;
    let kept = |at: usize| ((at + 1) as f64 * share / 100.0).floor() > (at as f64 * share / 100.0).floor();
    input.rows = input.rows.into_iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, row)| row).collect();
    Ok(input)
}

/// Whether unmatched rows of the left side are kept.
pub fn keeps_left(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::Left | JoinKind::Full)
}

/// Whether unmatched rows of the right side are kept.
pub fn keeps_right(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::Right | JoinKind::Full)
}
