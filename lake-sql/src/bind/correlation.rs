//! Correlated subqueries that Trino cannot plan.
//!
//! Its optimizer pulls conditions on outer columns out of a subquery until a join can be made of it. What stands in the
//! way follows from the shape of the subquery, and from what is left of it once columns that nobody needs are gone. Only
//! shapes are named here of which that is certain; relations that may be folded into constants are none of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::bound::{BoundQuery, ColumnId, CompareOp, Cte, CteId, Expr, ExprKind, JoinKind, Literal, Rel, RelKind};
use crate::finding::{Finding, correlated_subquery};
use crate::span::Span;

type Columns = BTreeSet<ColumnId>;

/// How a subquery is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As a value.
    Scalar,
    /// EXISTS.
    Exists,
    /// IN.
    In,
    /// ANY and ALL.
    Quantified,
    /// LATERAL, joined without a condition.
    Lateral,
    /// LATERAL, joined ON a condition.
    LateralOn,
    /// It is what an aggregate of a subquery reads.
    Aggregated,
}

/// What stands in the way, and where.
type Obstacle = Option<(&'static str, Span)>;

/// The findings about all subqueries of a query.
pub(super) fn check(query: &BoundQuery) -> Vec<Finding> {
    let mut checker = Checker { ctes: &query.ctes, needed: BTreeMap::new(), findings: vec![] };
    checker.walk(&query.root, &query.columns.iter().map(|column| column.id).collect());
    for cte in query.ctes.iter().rev() {
        if let Some(needed) = checker.needed.remove(&cte.id) {
            cte.rels().for_each(|rel| checker.walk(rel, &needed));
        }
    }
    checker.findings
}

struct Checker<'q> {
    ctes: &'q [Cte],
    /// The columns of CTEs that somebody reads.
    needed: BTreeMap<CteId, Columns>,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    /// Looks at a relation of which only some columns are read.
    fn walk(&mut self, rel: &Rel, needed: &Columns) {
        let exprs = needed_expressions(rel, needed);
        for expr in &exprs {
            expr.visit(&mut |part| self.subquery(rel, part));
        }
        if let RelKind::CteRef { cte, columns } = &rel.kind {
            let read = columns.iter().filter(|(id, _)| needed.contains(id)).map(|(_, own)| *own);
            self.needed.entry(*cte).or_default().extend(read);
        }
        let below = below(rel, needed);
        let RelKind::Join { left, right, on, lateral: true, .. } = &rel.kind else {
            return rel.inputs().into_iter().for_each(|input| self.walk(input, &below));
        };
        let always = |on: &Expr| matches!(on.kind, ExprKind::Literal(Literal::Boolean(true)));
        let form = if on.as_ref().is_none_or(always) { Form::Lateral } else { Form::LateralOn };
        let start = Span::new(right.span.start, right.span.start + "lateral (".len());
        // One row of which nobody reads a column is not computed at all.
        let is_read = right.output().iter().any(|id| below.contains(id));
        if !is_read || !self.report(right, &below, form, &left.output().into_iter().collect(), start) {
            self.walk(right, &below);
        }
        let mut read = below;
        right.visit(&mut |rel| read.extend(rel.expressions().into_iter().flat_map(Expr::columns)));
        self.walk(left, &read);
    }

    /// Looks at the subquery that an expression of `rel` holds.
    fn subquery(&mut self, rel: &Rel, expr: &Expr) {
        let Some(query) = expr.subquery() else { return };
        let (form, needed) = match expr.kind {
            ExprKind::Exists(_) => (Form::Exists, Columns::new()),
            ExprKind::InQuery { .. } => (Form::In, query.columns.iter().copied().collect()),
            ExprKind::Quantified { .. } => (Form::Quantified, query.columns.iter().copied().collect()),
            _ => (Form::Scalar, query.columns.iter().copied().collect()),
        };
        if !query.outer.is_empty() {
            let around: Columns = rel.inputs().into_iter().flat_map(Rel::output).collect();
            let outer: Columns = query.outer.iter().copied().collect();
            let start = Span::new(expr.span.start, query.rel.span.start + "select".len());
            // One that reaches further out is looked at as a part of the subquery around it.
            if outer.is_subset(&around) && self.report(&query.rel, &needed, form, &outer, start) {
                return;
            }
        }
        self.walk(&query.rel, &needed);
    }

    fn report(&mut self, rel: &Rel, needed: &Columns, form: Form, outer: &Columns, start: Span) -> bool {
        let obstacle = Subquery { ctes: self.ctes, form, outer }.obstacle(rel, needed);
        self.findings.extend(obstacle.map(|(what, span)| correlated_subquery::new(what, span, start)));
        obstacle.is_some()
    }
}

/// A subquery that uses outer columns, or what an aggregate of one reads.
#[derive(Clone, Copy)]
struct Subquery<'q> {
    ctes: &'q [Cte],
    form: Form,
    outer: &'q Columns,
}

impl Subquery<'_> {
    fn obstacle(self, rel: &Rel, needed: &Columns) -> Obstacle {
        if !self.is_used_in(rel) {
            return None;
        }
        let below = below(rel, needed);
        match &rel.kind {
            RelKind::Project { input, .. } => {
                let computed = needed_expressions(rel, needed).into_iter().find(|expr| self.reads(expr));
                match computed.filter(|_| !self.may_compute_over(input)) {
                    Some(expr) => Some(("its select list", expr.span)),
                    None => self.obstacle(input, &below),
                }
            }
            RelKind::Filter { input, predicate } => self
                .condition(input, predicate)
                .or_else(|| self.filtered(input, predicate.span, &below))
                .or_else(|| self.obstacle(input, &below)),
            RelKind::Join { kind, left, right, on, .. } => {
                let on = on.as_ref().filter(|_| *kind == JoinKind::Inner).and_then(|on| self.condition(rel, on));
                let sides = [left, right].into_iter().find(|side| self.is_used_in(side));
                let both = self.is_real(left) && self.is_real(right);
                on.or(sides.filter(|_| both).map(|side| ("a side of a join", side.span)))
            }
            RelKind::Aggregate { .. } | RelKind::Distinct { .. } => self.grouped(rel, needed),
            RelKind::Window { input, calls } => {
                let call = calls.iter().find(|(id, _)| needed.contains(id)).map(|(_, call)| call);
                match call {
                    Some(call) => Some(("what a window function reads", call.span)),
                    None => self.obstacle(input, &below),
                }
            }
            // Without a limit nobody sees the order.
            RelKind::Sort { input, .. } | RelKind::Sample { input, .. } => self.obstacle(input, needed),
            RelKind::Limit { .. } => self.limited(rel, needed),
            RelKind::SetOp { .. } => (self.is_real(rel) && self.is_used_for(rel, needed))
                .then_some(("a part of a UNION, INTERSECT or EXCEPT", rel.span)),
            RelKind::Unnest { input, collections, .. } => {
                let collection = collections.iter().find(|expr| self.reads(expr))?;
                let refused = self.is_real(input) || matches!(self.form, Form::In | Form::LateralOn);
                refused.then_some(("UNNEST beside other relations or conditions", collection.span))
            }
            RelKind::Values { columns, rows } if !columns.is_empty() => {
                let refused = match self.form {
                    Form::In | Form::Quantified | Form::LateralOn => true,
                    _ => rows.len() > 1,
                };
                (refused && !needed.is_empty()).then_some(("VALUES", rel.span))
            }
            _ => None,
        }
    }

    /// A condition over `input`: outer columns in its own subqueries.
    fn condition(self, input: &Rel, predicate: &Expr) -> Obstacle {
        let mut found = None;
        predicate.visit(&mut |part| {
            let inner = part.subquery().is_some_and(|query| query.outer.iter().any(|id| self.outer.contains(id)));
            let value = match &part.kind {
                ExprKind::InQuery { value, .. } | ExprKind::Quantified { value, .. } => self.reads(value),
                _ => false,
            };
            if inner || value {
                found = found.or(Some(part.span));
            }
        });
        found.filter(|_| self.is_real(input)).map(|span| ("a subquery of its own", span))
    }

    /// A filter over rows that can only be computed as a whole.
    fn filtered(self, outermost: &Rel, span: Span, needed: &Columns) -> Obstacle {
        let core = core(outermost);
        match &core.kind {
            RelKind::Aggregate { groups, input, .. } if groups.is_empty() && self.form != Form::Aggregated => {
                (self.is_used_for(core, &read_at_core(outermost, needed)) && self.is_real(input))
                    .then_some(("an aggregate with a condition on its result", span))
            }
            RelKind::Unnest { input, collections, .. } if collections.iter().any(|expr| self.reads(expr)) => {
                (!self.is_real(input)).then_some(("UNNEST with a condition on its elements", span))
            }
            _ => None,
        }
    }

    /// DISTINCT, GROUP BY or an aggregate over all.
    fn grouped(self, rel: &Rel, needed: &Columns) -> Obstacle {
        let (input, keys, is_global, is_one_set) = match &rel.kind {
            RelKind::Aggregate { input, groups, sets, .. } => {
                let keys: Columns = groups.iter().filter_map(|(_, key)| key.as_column()).collect();
                (input, keys, groups.is_empty(), sets.len() == 1)
            }
            RelKind::Distinct { input } if is_global_aggregate(unfiltered(input)) => return None,
            RelKind::Distinct { input } => (input, input.output().into_iter().collect(), false, true),
            _ => return None,
        };
        if is_global && self.form == Form::Exists || self.form == Form::Aggregated {
            return None;
        }
        let is_real = self.is_real(input);
        let read = needed_expressions(rel, needed).into_iter().find(|expr| self.reads(expr));
        if let Some(expr) = read.filter(|_| is_global || is_real) {
            return Some(("an aggregate or a group", expr.span));
        }
        if !self.is_used_in(input) {
            return None;
        }
        let in_condition = match self.form {
            Form::In => true,
            Form::Quantified | Form::LateralOn => is_global,
            _ => false,
        };
        let is_unnest = matches!(core(input).kind, RelKind::Unnest { .. }) && !is_real;
        if in_condition && is_real || is_unnest && matches!(self.form, Form::In | Form::LateralOn) {
            return Some(("what is aggregated, for IN, ANY, ALL or a join's ON", rel.span));
        }
        let is_row = matches!(self.form, Form::Scalar | Form::Lateral);
        if !is_global && is_row && (is_unnest || !is_one_set) {
            return Some(("groups of UNNEST, or several sets of groups", rel.span));
        }
        // LATERAL is joined before it is grouped, and ANY and ALL need the least and the greatest value alone.
        if !is_global && matches!(self.form, Form::Scalar | Form::Exists) && is_real {
            let pulled = self.conditions(input).unwrap_or_default();
            let fixed: Columns = pulled.iter().filter_map(|condition| self.equated(condition)).chain(keys).collect();
            let apart = |condition: &&&Expr| !self.locals(condition).is_subset(&fixed);
            if let Some(condition) = pulled.iter().find(apart) {
                return Some(("a condition that is no equality, on columns without a group", condition.span));
            }
        }
        Subquery { form: Form::Aggregated, ..self }.obstacle(input, &below(rel, needed))
    }

    /// LIMIT, OFFSET, FETCH.
    fn limited(self, rel: &Rel, needed: &Columns) -> Obstacle {
        let RelKind::Limit { input, offset, limit, with_ties } = &rel.kind else { return None };
        let (keys, input) = match &input.kind {
            RelKind::Sort { input, keys } => (keys.as_slice(), input),
            _ => (&[][..], input),
        };
        let is_row = is_global_aggregate(unfiltered(input));
        if !self.has_scan(input) || is_row || *limit == Some(0) {
            return self.obstacle(input, &below(rel, needed));
        }
        let conditions = self.conditions(input);
        let place = conditions.iter().flatten().next().map_or(rel.span, |condition| condition.span);
        if *offset > 0 || *with_ties {
            return Some(("rows that OFFSET or WITH TIES choose from", place));
        }
        if self.form == Form::In {
            return Some(("rows that LIMIT chooses from, for IN", place));
        }
        if let Some(conditions) = conditions.filter(|_| limit.is_some()) {
            let equated: Columns = conditions.iter().filter_map(|condition| self.equated(condition)).collect();
            let free = |condition: &&&Expr| !self.locals(condition).is_subset(&equated);
            if let Some(condition) = conditions.iter().find(free) {
                return Some(("a condition that is no equality of a column, below LIMIT", condition.span));
            }
            let ordered = |expr: &&Expr| self.reads(expr) && !self.locals(expr).is_empty();
            if let Some(key) = keys.iter().map(|key| &key.expr).find(ordered) {
                return Some(("the order below LIMIT", key.span));
            }
            let read = read_at_core(input, needed);
            if keys.is_empty()
                && *limit == Some(1)
                && self.form != Form::Exists
                && (equated.is_empty() || !read.is_subset(&equated))
            {
                return Some(("a condition below LIMIT 1 without an ORDER BY", place));
            }
        }
        self.obstacle(input, &below(rel, needed))
    }

    /// The conditions on outer columns on the way down; None if there is more on the way than conditions.
    fn conditions(self, rel: &Rel) -> Option<Vec<&Expr>> {
        let (mut conditions, predicate) = match &rel.kind {
            RelKind::Project { input, .. } | RelKind::Sort { input, .. } => return self.conditions(input),
            RelKind::Filter { input, predicate } => (self.conditions(input)?, Some(predicate)),
            RelKind::Join { kind: JoinKind::Inner, left, right, on, .. } => {
                let both = self.conditions(left)?.into_iter().chain(self.conditions(right)?).collect();
                (both, on.as_ref())
            }
            _ if self.is_used_in(rel) => return None,
            _ => return Some(vec![]),
        };
        conditions.extend(predicate.into_iter().flat_map(Expr::conjuncts).filter(|condition| self.reads(condition)));
        Some(conditions)
    }

    /// The column that a condition makes equal to something of the outer query, perhaps cast.
    fn equated(self, condition: &Expr) -> Option<ColumnId> {
        let (left, right) = match &condition.kind {
            ExprKind::Compare { op: CompareOp::Equal, left, right } => (left.as_ref(), right.as_ref()),
            ExprKind::InList { value, list } => (value.as_ref(), list.first().filter(|_| list.len() == 1)?),
            _ => return None,
        };
        let column = |expr: &Expr, other: &Expr| {
            let inner = match &expr.kind {
                ExprKind::Cast { expr, .. } => expr.as_column(),
                _ => expr.as_column(),
            };
            inner.filter(|id| !self.outer.contains(id) && self.locals(other).is_empty())
        };
        column(left, right).or_else(|| column(right, left))
    }

    /// Whether the select list over `input` may use outer columns.
    fn may_compute_over(self, input: &Rel) -> bool {
        let is_row = matches!(self.form, Form::Scalar | Form::Lateral);
        if self.form == Form::Exists {
            return true;
        }
        match &core(input).kind {
            RelKind::Values { .. } if is_one_row(core(input)) => is_row,
            // A condition without columns may be folded away.
            RelKind::Filter { input, predicate } if is_one_row(core(input)) => {
                predicate.columns().is_empty() && !matches!(predicate.kind, ExprKind::Literal(Literal::Boolean(false)))
            }
            RelKind::Aggregate { groups, .. } if groups.is_empty() => is_row || self.form == Form::Aggregated,
            RelKind::Aggregate { .. } if self.form == Form::Lateral => true,
            RelKind::Unnest { input, .. } if !self.is_real(input) => !matches!(self.form, Form::In | Form::LateralOn),
            _ => !self.is_real(input),
        }
    }

    fn reads(self, expr: &Expr) -> bool {
        expr.columns().iter().any(|id| self.outer.contains(id))
    }

    /// The columns of an expression that are the subquery's own.
    fn locals(self, expr: &Expr) -> Columns {
        expr.columns().into_iter().filter(|id| !self.outer.contains(id)).collect()
    }

    fn is_used_in(self, rel: &Rel) -> bool {
        rel.expressions().into_iter().any(|expr| self.reads(expr))
            || rel.inputs().into_iter().any(|rel| self.is_used_in(rel))
    }

    /// Whether outer columns are left once what nobody reads is gone.
    fn is_used_for(self, rel: &Rel, needed: &Columns) -> bool {
        if is_global_aggregate(rel) && needed.is_empty() {
            return false;
        }
        let below = match &rel.kind {
            RelKind::SetOp { all: true, .. } if needed.is_empty() => Columns::new(),
            _ => below(rel, needed),
        };
        needed_expressions(rel, needed).into_iter().any(|expr| self.reads(expr))
            || rel.inputs().into_iter().any(|input| self.is_used_for(input, &below))
    }

    /// Whether a relation has rows that no optimizer folds into constants.
    fn is_real(self, rel: &Rel) -> bool {
        match &rel.kind {
            RelKind::Values { rows, .. } => rows.len() > 1,
            RelKind::Scan(_) | RelKind::Opaque(_) | RelKind::CteRef { .. } => self.has_scan(rel),
            _ => rel.inputs().into_iter().any(|input| self.is_real(input)),
        }
    }

    /// Whether a relation has rows that no optimizer can count.
    fn has_scan(self, rel: &Rel) -> bool {
        match &rel.kind {
            RelKind::Scan(_) | RelKind::Opaque(_) => true,
            RelKind::CteRef { cte, .. } => {
                self.ctes.iter().find(|other| other.id == *cte).is_some_and(|cte| self.has_scan(&cte.rel))
            }
            _ => rel.inputs().into_iter().any(|input| self.has_scan(input)),
        }
    }
}

/// Whether it has exactly one row, an aggregate of all.
fn is_global_aggregate(rel: &Rel) -> bool {
    matches!(&rel.kind, RelKind::Aggregate { groups, .. } if groups.is_empty())
}

/// What is below projections, orders and conditions.
fn unfiltered(rel: &Rel) -> &Rel {
    match &core(rel).kind {
        RelKind::Filter { input, .. } => unfiltered(input),
        _ => core(rel),
    }
}

/// Whether it stands for the absence of FROM.
fn is_one_row(rel: &Rel) -> bool {
    matches!(&rel.kind, RelKind::Values { columns, rows } if columns.is_empty() && rows.len() == 1)
}

/// What is below projections and orders.
fn core(rel: &Rel) -> &Rel {
    match &rel.kind {
        RelKind::Project { input, .. } | RelKind::Sort { input, .. } => core(input),
        _ => rel,
    }
}

/// The columns that are read from what is below projections and orders.
fn read_at_core(rel: &Rel, needed: &Columns) -> Columns {
    match &rel.kind {
        RelKind::Project { input, .. } => read_at_core(input, &below(rel, needed)),
        RelKind::Sort { input, .. } => read_at_core(input, needed),
        _ => needed.clone(),
    }
}

/// The expressions of a relation that are computed if only some of its columns are read.
fn needed_expressions<'r>(rel: &'r Rel, needed: &Columns) -> Vec<&'r Expr> {
    match &rel.kind {
        RelKind::Project { columns, .. } => {
            columns.iter().filter(|(id, _)| needed.contains(id)).map(|(_, expr)| expr).collect()
        }
        RelKind::Aggregate { groups, aggregates, .. } => {
            let read = aggregates.iter().filter(|(id, _)| needed.contains(id));
            groups.iter().map(|(_, key)| key).chain(read.flat_map(|(_, call)| call.expressions())).collect()
        }
        RelKind::Window { calls, .. } => {
            let read = calls.iter().filter(|(id, _)| needed.contains(id));
            read.flat_map(|(_, call)| call.expressions()).collect()
        }
        _ => rel.expressions(),
    }
}

/// The columns that a relation reads from what is below it.
fn below(rel: &Rel, needed: &Columns) -> Columns {
    let read = needed_expressions(rel, needed).into_iter().flat_map(Expr::columns);
    match &rel.kind {
        RelKind::Project { .. } | RelKind::Aggregate { .. } => read.collect(),
        RelKind::Distinct { .. } | RelKind::SetOp { .. } | RelKind::Opaque(_) => {
            rel.inputs().into_iter().flat_map(Rel::output).chain(read).collect()
        }
        _ => needed.iter().copied().chain(read).collect(),
    }
}
