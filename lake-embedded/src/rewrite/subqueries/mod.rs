//! Subqueries in expressions and lateral joins become plain joins.
//!
//! The method is that of Neumann and Kemper, *Unnesting Arbitrary Queries*: the distinct values of the outer columns
//! (the domain) are pushed through the subquery, which so computes its answer for each of them, and the answers are
//! joined back. DataFusion's own rules refuse many forms, and answer some wrongly.

mod push;
mod semi;

use std::collections::{BTreeMap, BTreeSet};

use lake_sql::bound::{
    AggregateCall, BoundQuery, Column, ColumnId, CompareOp, Expr, ExprKind, JoinKind, Literal, Rel, RelKind, Subquery,
};
use lake_sql::span::Span;
use lake_sql::types::Type;

use super::{Columns, walk};
use crate::aggregates::best::SINGLE_VALUE;
use crate::error::{Fault, Result};

/// Removes every subquery expression and lateral join of a query.
pub(crate) fn remove(query: &mut BoundQuery, columns: &mut Columns) -> Result<()> {
    let mut remover = Remover { columns };
    for cte in &mut query.ctes {
        remover.rel(&mut cte.rel)?;
        if let Some(arm) = &mut cte.recursive {
            remover.rel(&mut arm.rel)?;
        }
    }
    remover.rel(&mut query.root)
}

struct Remover<'a> {
    columns: &'a mut Columns,
}

/// Moves the conditions without subqueries below those with them: a join of relations in FROM is a cross join until it
/// meets its conditions, and a subquery is computed for what is left of it. What can fail stays, because the rows that a
/// subquery leaves out must not make it fail.
fn filter_first(rel: &mut Rel) {
    let RelKind::Filter { input, predicate } = &mut rel.kind else { return };
    let parts = crate::lower::conjuncts(predicate).into_iter().cloned();
    let (late, early): (Vec<Expr>, Vec<Expr>) =
        parts.partition(|part| walk::has_subquery(part) || crate::eval::can_fail(part));
    if early.is_empty() {
        return;
    }
    let below = std::mem::replace(&mut **input, nothing());
    let kind = RelKind::Filter { input: Box::new(below), predicate: crate::lower::conjunction(early) };
    **input = Rel { kind, span: rel.span };
    *predicate = crate::lower::conjunction(late);
}

/// The distinct values of outer columns: a relation and its columns, in the order of the outer ones.
struct Domain {
    rel: Rel,
    columns: Vec<ColumnId>,
}

impl Remover<'_> {
    fn rel(&mut self, rel: &mut Rel) -> Result<()> {
        for input in walk::inputs_mut(rel) {
            self.rel(input)?;
        }
        if let RelKind::Join { lateral: true, .. } = &rel.kind {
            self.lateral(rel)?;
        }
        if !walk::exprs_mut(rel).into_iter().any(|expr| walk::has_subquery(expr)) {
            return Ok(());
        }
        let outputs = rel.output();
        match &mut rel.kind {
            RelKind::Join { .. } => self.on(rel)?,
            RelKind::Values { .. } => {
                *rel = push::values_as_projections(rel, &mut *self.columns)?;
                return self.rel(rel);
            }
            RelKind::Filter { .. } => {
                filter_first(rel);
                self.semi_joins(rel)?;
                self.others(rel)?;
            }
            _ => self.exprs(rel)?,
        }
        if rel.output() != outputs {
            *rel = self.only(std::mem::replace(rel, nothing()), &outputs);
        }
        Ok(())
    }

    /// The subqueries in a filter that are no semi joins.
    fn others(&mut self, rel: &mut Rel) -> Result<()> {
        let RelKind::Filter { predicate, .. } = &rel.kind else { return Ok(()) };
        let semi = crate::lower::conjuncts(predicate).into_iter().all(|part| crate::lower::semi_join(part).is_some());
        if semi { Ok(()) } else { self.exprs(rel) }
    }

    /// The subqueries in the expressions of a relation with one input.
    fn exprs(&mut self, rel: &mut Rel) -> Result<()> {
        let mut input = match walk::inputs_mut(rel).as_mut_slice() {
            [input] => std::mem::replace(*input, nothing()),
            _ => return Err(Fault::unsupported("a subquery at this place")),
        };
        for expr in walk::exprs_mut(rel) {
            self.take_out(expr, &mut input)?;
        }
        if let [place] = walk::inputs_mut(rel).as_mut_slice() {
            **place = input;
        }
        Ok(())
    }

    /// The subqueries in the condition of a join.
    fn on(&mut self, rel: &mut Rel) -> Result<()> {
        let RelKind::Join { kind, left, right, on, .. } = &mut rel.kind else { return Ok(()) };
        let Some(condition) = on.take() else { return Ok(()) };
        let parts = crate::lower::conjuncts(&condition).into_iter().cloned();
        let (with, without): (Vec<Expr>, Vec<Expr>) = parts.partition(walk::has_subquery);
        if *kind == JoinKind::Inner {
            *on = (!without.is_empty()).then(|| crate::lower::conjunction(without));
            let input = Box::new(std::mem::replace(rel, nothing()));
            rel.kind = RelKind::Filter { input, predicate: crate::lower::conjunction(with) };
            return self.exprs(rel);
        }
        let (left_ids, right_ids) = (ids(left), ids(right));
        let mut parts = without;
        for mut part in with {
            let used = self.outer_of(&part);
            let side = match (used.is_disjoint(&left_ids), used.is_disjoint(&right_ids)) {
                (_, true) => &mut *left,
                (true, false) => &mut *right,
                _ => return Err(Fault::unsupported("a subquery over both sides of an outer join in its ON")),
            };
            self.take_out(&mut part, side)?;
            parts.push(part);
        }
        *on = Some(crate::lower::conjunction(parts));
        Ok(())
    }

    /// The columns that the subqueries of an expression use from outside, and those that stand beside them as values.
    fn outer_of(&self, expr: &Expr) -> BTreeSet<ColumnId> {
        let mut found = BTreeSet::new();
        if let Some(query) = expr.subquery() {
            found.extend(free(&query.rel));
            for child in expr.children() {
                walk::each_expr_id(&mut child.clone(), &mut |id| {
                    found.insert(*id);
                });
            }
        }
        for child in expr.children() {
            found.extend(self.outer_of(child));
        }
        found
    }

    /// Replaces the subqueries in an expression by columns that are joined to its input.
    fn take_out(&mut self, expr: &mut Expr, input: &mut Rel) -> Result<()> {
        if matches!(expr.kind, ExprKind::Lambda { .. }) && walk::has_subquery(expr) {
            return Err(Fault::unsupported("a subquery inside a lambda"));
        }
        for child in expr.children_mut() {
            self.take_out(child, input)?;
        }
        let mut kind = std::mem::replace(&mut expr.kind, ExprKind::Literal(Literal::Null));
        if let ExprKind::Scalar(query)
        | ExprKind::Exists(query)
        | ExprKind::InQuery { query, .. }
        | ExprKind::Quantified { query, .. } = &mut kind
        {
            self.rel(&mut query.rel)?;
        }
        expr.kind = match kind {
            ExprKind::Scalar(query) => self.scalar(*query, input)?,
            ExprKind::Exists(query) => self.exists(*query, input)?,
            ExprKind::InQuery { value, query } => self.quantified(CompareOp::Equal, false, *value, *query, input)?,
            ExprKind::Quantified { op, all, value, query } => self.quantified(op, all, *value, *query, input)?,
            other => other,
        };
        Ok(())
    }

    fn scalar(&mut self, query: Subquery, input: &mut Rel) -> Result<ExprKind> {
        let wanted = *query.columns.first().ok_or_else(|| Fault::internal("a scalar subquery without column"))?;
        let outer = self.correlated(&query.rel, input);
        let single = is_single(&query.rel);
        let (rel, domain) = self.over_domain(query.rel, input, &outer)?;
        let (rel, domain, wanted) = if single {
            (rel, domain, wanted)
        } else {
            let ty = self.columns.ty(wanted).clone();
            let call = self.aggregate(SINGLE_VALUE, vec![self.columns.column(wanted)], &ty);
            let (rel, domain, made) = self.grouped(rel, &domain, vec![call]);
            (rel, domain, made[0])
        };
        // Only what is needed, so that the same subquery may stand twice.
        let kept: Vec<ColumnId> = domain.iter().copied().chain([wanted]).collect();
        let rel = self.only(rel, &kept);
        self.join_back(input, rel, &outer, &domain);
        Ok(ExprKind::Column(wanted))
    }

    fn exists(&mut self, query: Subquery, input: &mut Rel) -> Result<ExprKind> {
        let outer = self.correlated(&query.rel, input);
        let (rel, domain) = self.over_domain(query.rel, input, &outer)?;
        let call = self.aggregate("count", vec![], &Type::BigInt);
        let (rel, domain, made) = self.grouped(rel, &domain, vec![call]);
        self.join_back(input, rel, &outer, &domain);
        let count = self.columns.column(made[0]);
        Ok(compare(CompareOp::Greater, self.or_zero(count), integer(0)).kind)
    }

    /// `value op ALL|ANY (query)`; IN is `= ANY`.
    fn quantified(
        &mut self,
        op: CompareOp,
        all: bool,
        value: Expr,
        query: Subquery,
        input: &mut Rel,
    ) -> Result<ExprKind> {
        let plain = op == CompareOp::Equal && !all && query.columns.len() == 1 && !matches!(value.ty, Type::Row(_));
        if plain && self.correlated(&query.rel, input).is_empty() {
            return self.member(value, query, input);
        }
        let value = self.as_column(value, input);
        let mut outer = self.correlated(&query.rel, input);
        if !outer.contains(&value) {
            outer.push(value);
        }
        let at = outer.iter().position(|id| *id == value).expect("the value was put there");
        let (rel, domain) = self.over_domain_of_value(query.rel, input, &outer, value)?;
        let member = self.member_of(&query.columns, self.columns.ty(value).clone());
        let compared = compare(op, self.columns.column(domain[at]), member);
        let result = self.columns.fresh(&Type::Boolean);
        let mut projected: Vec<(ColumnId, Expr)> = domain.iter().map(|id| (*id, self.columns.column(*id))).collect();
        projected.push((result, compared));
        let rel = made(RelKind::Project { input: Box::new(rel), columns: projected });
        let compared = self.columns.column(result);
        let fold = if all { "bool_and" } else { "bool_or" };
        let calls = vec![
            self.aggregate("count", vec![], &Type::BigInt),
            self.aggregate("count", vec![compared.clone()], &Type::BigInt),
            self.aggregate(fold, vec![compared], &Type::Boolean),
        ];
        let (rel, domain, made) = self.grouped(rel, &domain, calls);
        self.join_back(input, rel, &outer, &domain);
        let (count, known) = (self.columns.column(made[0]), self.columns.column(made[1]));
        let decided = compare(CompareOp::Equal, self.columns.column(made[2]), boolean(!all));
        let unknown = compare(CompareOp::Less, known, count);
        Ok(ExprKind::Case {
            branches: vec![(decided, boolean(!all)), (unknown, null(Type::Boolean))],
            otherwise: Some(Box::new(boolean(all))),
        })
    }

    /// `value IN (query)` where the query stands alone: a join with its distinct values, and two counts for nulls.
    fn member(&mut self, value: Expr, query: Subquery, input: &mut Rel) -> Result<ExprKind> {
        let column = query.columns[0];
        let value = self.as_column(value, input);
        let value = self.columns.column(value);
        let (copy, renamed) = self.columns.copy(&query.rel);
        let copied = *renamed.get(&column).unwrap_or(&column);
        let distinct = made(RelKind::Distinct { input: Box::new(self.only(query.rel, &[column])) });
        let on = compare(CompareOp::Equal, value.clone(), self.columns.column(column));
        join(input, distinct, JoinKind::Left, Some(on));
        let calls = vec![
            self.aggregate("count", vec![], &Type::BigInt),
            self.aggregate("count", vec![self.columns.column(copied)], &Type::BigInt),
        ];
        let (counts, _, ids) = self.grouped(copy, &[], calls);
        join_one(input, counts, JoinKind::Inner);
        let (count, known) = (self.columns.column(ids[0]), self.columns.column(ids[1]));
        let found = not_null(self.columns.column(column));
        let empty = compare(CompareOp::Equal, count.clone(), integer(0));
        let open =
            Expr { kind: ExprKind::Or(vec![is_null(value), compare(CompareOp::Less, known, count)]), ..boolean(true) };
        Ok(ExprKind::Case {
            branches: vec![(found, boolean(true)), (empty, boolean(false)), (open, null(Type::Boolean))],
            otherwise: Some(Box::new(boolean(false))),
        })
    }

    /// What a value is compared with: the query's column, or a row of them.
    fn member_of(&self, columns: &[ColumnId], ty: Type) -> Expr {
        match (columns, &ty) {
            ([only], _) if *self.columns.ty(*only) == ty => self.columns.column(*only),
            _ => {
                let parts: Vec<Expr> = columns.iter().map(|id| self.columns.column(*id)).collect();
                Expr { kind: ExprKind::Row(parts), ty, nullable: false, span: Span::default() }
            }
        }
    }

    /// An expression over the input as a column of it.
    fn as_column(&mut self, value: Expr, input: &mut Rel) -> ColumnId {
        if let ExprKind::Column(id) = value.kind
            && input.output().contains(&id)
        {
            return id;
        }
        let id = self.columns.fresh(&value.ty);
        let mut columns: Vec<(ColumnId, Expr)> =
            input.output().into_iter().map(|id| (id, self.columns.column(id))).collect();
        columns.push((id, value));
        let inner = Box::new(std::mem::replace(input, nothing()));
        *input = made(RelKind::Project { input: inner, columns });
        id
    }

    fn lateral(&mut self, rel: &mut Rel) -> Result<()> {
        let RelKind::Join { kind, left, right, on, lateral } = &mut rel.kind else { return Ok(()) };
        *lateral = false;
        let outer = self.correlated(right, left);
        if outer.is_empty() {
            return Ok(());
        }
        if !matches!(kind, JoinKind::Inner | JoinKind::Left) {
            return Err(Fault::statement("LATERAL join supports inner and left joins"));
        }
        let kept = [left.output(), right.output()].concat();
        let query = std::mem::replace(&mut **right, nothing());
        let (query, domain) = self.over_domain(query, left, &outer)?;
        let mut parts = self.equations(&outer, &domain);
        parts.extend(on.take());
        **right = query;
        *on = Some(crate::lower::conjunction(parts));
        *rel = self.only(std::mem::replace(rel, nothing()), &kept);
        Ok(())
    }

    /// The outer columns that a query takes from an input.
    fn correlated(&self, query: &Rel, input: &Rel) -> Vec<ColumnId> {
        let outputs = ids(input);
        free(query).into_iter().filter(|id| outputs.contains(id)).collect()
    }

    /// The query for each value of the outer columns; without any, the query as it is.
    fn over_domain(&mut self, query: Rel, input: &Rel, outer: &[ColumnId]) -> Result<(Rel, Vec<ColumnId>)> {
        if outer.is_empty() {
            return Ok((query, vec![]));
        }
        let domain = self.domain(input, outer)?;
        self.push(query, outer, &domain)
    }

    /// The same where one outer column is a value that the query itself need not use.
    fn over_domain_of_value(
        &mut self,
        query: Rel,
        input: &Rel,
        outer: &[ColumnId],
        value: ColumnId,
    ) -> Result<(Rel, Vec<ColumnId>)> {
        let domain = self.domain(input, outer)?;
        if free(&query).contains(&value) || outer.iter().any(|id| free(&query).contains(id)) {
            return self.push(query, outer, &domain);
        }
        let (rel, ids) = (domain.rel, domain.columns);
        let mut joined = rel;
        join(&mut joined, query, JoinKind::Inner, None);
        Ok((joined, ids))
    }

    fn domain(&mut self, input: &Rel, outer: &[ColumnId]) -> Result<Domain> {
        if !is_repeatable(input) {
            return Err(Fault::unsupported(
                "a correlated subquery over rows that may differ when they are computed twice (random values, LIMIT)",
            )
            .help("store these rows in a table first"));
        }
        let (copy, renamed) = self.columns.copy(input);
        let mut columns = vec![];
        let mut projected = vec![];
        for id in outer {
            let fresh = self.columns.fresh(&self.columns.ty(*id).clone());
            projected.push((fresh, self.columns.column(*renamed.get(id).unwrap_or(id))));
            columns.push(fresh);
        }
        let projection = made(RelKind::Project { input: Box::new(copy), columns: projected });
        Ok(Domain { rel: made(RelKind::Distinct { input: Box::new(projection) }), columns })
    }

    /// Groups by the domain. Returns the new domain columns and those of the aggregates.
    fn grouped(
        &mut self,
        rel: Rel,
        domain: &[ColumnId],
        calls: Vec<AggregateCall>,
    ) -> (Rel, Vec<ColumnId>, Vec<ColumnId>) {
        let mut keys = vec![];
        let mut groups = vec![];
        for id in domain {
            let key = self.columns.fresh(&self.columns.ty(*id).clone());
            groups.push((key, self.columns.column(*id)));
            keys.push(key);
        }
        let aggregates: Vec<(ColumnId, AggregateCall)> =
            calls.into_iter().map(|call| (self.columns.fresh(&call.ty.clone()), call)).collect();
        let made_ids = aggregates.iter().map(|(id, _)| *id).collect();
        let sets = vec![(0..groups.len()).collect()];
        let kind = RelKind::Aggregate { input: Box::new(rel), groups, sets, aggregates, groupings: vec![] };
        (made(kind), keys, made_ids)
    }

    /// Joins the answers to the rows that they belong to. Without a domain there is one answer for all.
    fn join_back(&mut self, input: &mut Rel, answers: Rel, outer: &[ColumnId], domain: &[ColumnId]) {
        if outer.is_empty() {
            return join_one(input, answers, JoinKind::Right);
        }
        let on = crate::lower::conjunction(self.equations(outer, domain));
        join(input, answers, JoinKind::Left, Some(on));
    }

    fn equations(&self, outer: &[ColumnId], domain: &[ColumnId]) -> Vec<Expr> {
        let pairs = outer.iter().zip(domain);
        pairs.map(|(o, d)| compare(CompareOp::NotDistinct, self.columns.column(*o), self.columns.column(*d))).collect()
    }

    /// These columns and no others.
    fn only(&self, rel: Rel, kept: &[ColumnId]) -> Rel {
        let columns = kept.iter().map(|id| (*id, self.columns.column(*id))).collect();
        made(RelKind::Project { input: Box::new(rel), columns })
    }

    fn aggregate(&self, function: &'static str, args: Vec<Expr>, ty: &Type) -> AggregateCall {
        AggregateCall {
            function,
            args,
            distinct: false,
            filter: None,
            order_by: vec![],
            ty: ty.clone(),
            nullable: true,
            span: Span::default(),
        }
    }

    fn or_zero(&self, count: Expr) -> Expr {
        Expr { kind: ExprKind::Coalesce(vec![count, integer(0)]), ..integer(0) }
    }
}

fn join(left: &mut Rel, right: Rel, kind: JoinKind, on: Option<Expr>) {
    let inner = Box::new(std::mem::replace(left, nothing()));
    *left = made(RelKind::Join { kind, left: inner, right: Box::new(right), on, lateral: false });
}

/// Joins at most one row to all of the input. It stands on the left: a join without a condition makes a batch of its
/// own for each row of that side, and what follows would work row by row.
fn join_one(input: &mut Rel, one: Rel, kind: JoinKind) {
    let rows = std::mem::replace(input, one);
    join(input, rows, kind, None);
}

/// The columns of a relation as a set.
fn ids(rel: &Rel) -> BTreeSet<ColumnId> {
    rel.output().into_iter().collect()
}

/// The columns that a relation uses and does not make, in order.
pub(super) fn free(rel: &Rel) -> BTreeSet<ColumnId> {
    let mut copy = rel.clone();
    let mut defined = vec![];
    walk::definitions(&mut copy, &mut defined);
    let defined: BTreeSet<ColumnId> = defined.into_iter().collect();
    let mut found = BTreeSet::new();
    walk::each_id(&mut copy, &mut |id| {
        if !defined.contains(id) {
            found.insert(*id);
        }
    });
    found
}

/// Whether a relation has one row at most.
fn is_single(rel: &Rel) -> bool {
    match &rel.kind {
        RelKind::Aggregate { sets, groups, .. } => groups.is_empty() && sets.len() == 1,
        RelKind::Values { rows, .. } => rows.len() <= 1,
        RelKind::Limit { limit: Some(0 | 1), with_ties: false, .. } => true,
        RelKind::Project { input, .. } | RelKind::Filter { input, .. } | RelKind::Sort { input, .. } => {
            is_single(input)
        }
        _ => false,
    }
}

/// Whether computing a relation twice gives the same rows.
fn is_repeatable(rel: &Rel) -> bool {
    if matches!(rel.kind, RelKind::Limit { .. } | RelKind::Sample { .. }) {
        return false;
    }
    let mut copy = rel.clone();
    let mut repeatable = true;
    for expr in walk::exprs_mut(&mut copy) {
        walk::each_expr(expr, &mut |part| {
            if let ExprKind::Call { function, .. } = &part.kind {
                repeatable &= lake_sql::functions::lookup(function).is_none_or(|found| found.deterministic);
            }
        });
    }
    repeatable && rel.inputs().into_iter().all(is_repeatable)
}

fn made(kind: RelKind) -> Rel {
    Rel { kind, span: Span::default() }
}

/// Stands in a place that is being filled.
fn nothing() -> Rel {
    made(RelKind::Values { columns: vec![], rows: vec![vec![]] })
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    Expr { kind: ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, ..boolean(true) }
}

fn boolean(value: bool) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Boolean(value)), ty: Type::Boolean, nullable: true, span: Span::default() }
}

fn integer(value: i64) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Integer(value)), ty: Type::BigInt, ..boolean(true) }
}

fn null(ty: Type) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Null), ty, ..boolean(true) }
}

fn is_null(expr: Expr) -> Expr {
    Expr { kind: ExprKind::IsNull(Box::new(expr)), ..boolean(true) }
}

fn not_null(expr: Expr) -> Expr {
    Expr { kind: ExprKind::Not(Box::new(is_null(expr))), ..boolean(true) }
}

/// A column of that name and type for a relation that makes its own.
fn fresh_column(columns: &mut Columns, ty: &Type) -> Column {
    Column { id: columns.fresh(ty), name: None, ty: ty.clone(), nullable: true, brand: None }
}

/// Outer columns replaced by the domain's.
fn substitution(outer: &[ColumnId], domain: &[ColumnId]) -> BTreeMap<ColumnId, ColumnId> {
    outer.iter().copied().zip(domain.iter().copied()).collect()
}
