//! Subqueries in expressions: scalar, EXISTS, IN, ANY and ALL.

use std::collections::BTreeSet;

use super::binder::{Binder, Bound, Inside};
use super::build;
use super::expr::compare_op;
use super::scope::{Scope, error_expr};
use crate::bound::{CompareOp, Expr, ExprKind, OutputColumn, RelKind, Subquery};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree;
use crate::types::{self, Type};

impl Binder<'_> {
    /// A query of one value, or of one row.
    pub fn scalar(&mut self, query: &tree::Query, scope: &Scope<'_>, span: Span) -> Expr {
        let Some((mut bound, outer)) = self.subquery(query, scope, span) else { return error_expr(span) };
        if bound.complete && bound.columns.len() > 1 {
            bound = self.one_row_column(bound);
        }
        let Some(column) = self.one_column(&bound, "a scalar subquery", span) else { return error_expr(span) };
        let nullable = column.nullable || !bound.single_row;
        let subquery = Subquery { rel: bound.rel, columns: vec![column.id], nullable: column.nullable, outer };
        Expr { kind: ExprKind::Scalar(Box::new(subquery)), ty: column.ty, nullable, span }
    }

    /// The columns of a query as the fields of one.
    fn one_row_column(&mut self, bound: Bound) -> Bound {
        let fields =
            bound.columns.iter().map(|column| types::Field { name: column.name.clone(), ty: column.ty.clone() });
        let ty = Type::Row(fields.collect());
        let values = bound.columns.iter().map(column_as_expr).collect();
        let (id, span) = (self.fresh(), bound.rel.span);
        let row = build::expr(ExprKind::Row(values), ty.clone(), span);
        let rel = build::rel(RelKind::Project { input: Box::new(bound.rel), columns: vec![(id, row)] }, span);
        let column = OutputColumn { id, name: None, ty, nullable: false, brand: None, span };
        Bound { rel, columns: vec![column], ..bound }
    }

    /// EXISTS (query).
    pub fn exists(&mut self, query: &tree::Query, scope: &Scope<'_>, span: Span) -> Expr {
        let Some((bound, outer)) = self.subquery(query, scope, span) else { return error_expr(span) };
        let columns = bound.columns.iter().map(|column| column.id).collect();
        let nullable = bound.columns.iter().any(|column| column.nullable);
        let subquery = Subquery { rel: bound.rel, columns, nullable, outer };
        build::expr(ExprKind::Exists(Box::new(subquery)), Type::Boolean, span)
    }

    /// `value IN (query)`.
    pub fn in_query(&mut self, value: &tree::Expr, query: &tree::Query, scope: &Scope<'_>, span: Span) -> Expr {
        let value = self.expr(value, scope);
        let Some((bound, outer)) = self.subquery(query, scope, span) else { return error_expr(span) };
        if value.ty.has_error() || bound.columns.iter().any(|column| column.ty.has_error()) || !bound.complete {
            return error_expr(span);
        }
        match &value.kind {
            ExprKind::Row(parts) if parts.len() == bound.columns.len() && bound.columns.len() > 1 => {
                self.in_rows(value, bound, outer, span)
            }
            _ => {
                let Some((value, subquery, nullable)) =
                    self.against_column(CompareOp::Equal, value, bound, outer, "IN", span)
                else {
                    return error_expr(span);
                };
                let kind = ExprKind::InQuery { value: Box::new(value), query: Box::new(subquery) };
                Expr { kind, ty: Type::Boolean, nullable, span }
            }
        }
    }

    /// `(a, b) IN (select x, y …)`.
    fn in_rows(&mut self, value: Expr, bound: Bound, outer: Vec<crate::bound::ColumnId>, span: Span) -> Expr {
        let ExprKind::Row(parts) = value.kind else { unreachable!("the caller saw a row") };
        let mut types = vec![];
        for (part, column) in parts.iter().zip(&bound.columns) {
            match self.comparison_type(CompareOp::Equal, &part.ty, &column.ty) {
                Some(ty) => types.push(ty),
                None => {
                    let other = column_as_expr(column);
                    let found =
                        finding::comparison_mismatch::new(CompareOp::Equal, part, &other, part.span, &self.text);
                    self.report(found);
                    return error_expr(span);
                }
            }
        }
        let parts: Vec<Expr> = parts.into_iter().zip(&types).map(|(part, ty)| self.coerce(part, ty)).collect();
        let some_null = bound.columns.iter().any(|column| column.nullable);
        let nullable = some_null || parts.iter().any(|part| part.nullable);
        let fields = types.iter().map(|ty| types::Field { name: None, ty: ty.clone() }).collect();
        let (rel, columns) = self.cast_columns(bound.rel, &bound.columns, &types);
        let value = build::expr(ExprKind::Row(parts), Type::Row(fields), value.span);
        let query = Box::new(Subquery { rel, columns, nullable: some_null, outer });
        Expr { kind: ExprKind::InQuery { value: Box::new(value), query }, ty: Type::Boolean, nullable, span }
    }

    /// `value op ALL | ANY (query)`.
    pub fn quantified(
        &mut self,
        value: &tree::Expr,
        op: tree::BinaryOp,
        all: bool,
        query: &tree::Query,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        let op = compare_op(op).expect("the grammar has only comparisons before ALL and ANY");
        let value = self.expr(value, scope);
        let Some((bound, outer)) = self.subquery(query, scope, span) else { return error_expr(span) };
        if value.ty.has_error() {
            return error_expr(span);
        }
        let what = if all { "ALL" } else { "ANY" };
        let bound = match &value.ty {
            Type::Row(fields) if bound.columns.len() > 1 && fields.len() == bound.columns.len() => self.as_rows(bound),
            _ => bound,
        };
        match self.against_column(op, value, bound, outer, what, span) {
            Some((value, query, nullable)) => {
                let kind = ExprKind::Quantified { op, all, value: Box::new(value), query: Box::new(query) };
                Expr { kind, ty: Type::Boolean, nullable, span }
            }
            None => error_expr(span),
        }
    }

    /// The columns of a query as one column of rows.
    fn as_rows(&mut self, bound: Bound) -> Bound {
        let span = bound.rel.span;
        let fields = bound.columns.iter().map(|column| types::Field { name: None, ty: column.ty.clone() }).collect();
        let row =
            build::expr(ExprKind::Row(bound.columns.iter().map(column_as_expr).collect()), Type::Row(fields), span);
        let column = self.column(None, row.ty.clone(), false);
        let columns = vec![super::select::output_column(column.clone(), span)];
        let kind = RelKind::Project { input: Box::new(bound.rel), columns: vec![(column.id, row)] };
        Bound { rel: build::rel(kind, span), columns, ..bound }
    }

    /// A value and the one column of a query at their common type, and whether a comparison may be null.
    fn against_column(
        &mut self,
        op: CompareOp,
        value: Expr,
        bound: Bound,
        outer: Vec<crate::bound::ColumnId>,
        what: &str,
        span: Span,
    ) -> Option<(Expr, Subquery, bool)> {
        let column = self.one_column(&bound, what, span)?;
        let other = column_as_expr(&column);
        let Some(ty) = self.comparison_type(op, &value.ty, &column.ty) else {
            let place = self.operator(value.span, bound.rel.span);
            self.report(finding::comparison_mismatch::at_word(op, &value, &other, place, &self.text));
            return None;
        };
        self.check_brands(&value, &other, value.span);
        let structural = matches!(ty, Type::Array(_) | Type::Map(..) | Type::Row(_));
        let nullable = value.nullable || column.nullable || structural;
        let value = self.coerce(value, &ty);
        let (rel, columns) = self.cast_columns(bound.rel, std::slice::from_ref(&column), &[ty]);
        Some((value, Subquery { rel, columns, nullable: column.nullable, outer }, nullable))
    }

    fn one_column(&mut self, bound: &Bound, what: &str, span: Span) -> Option<OutputColumn> {
        match &bound.columns[..] {
            [column] if column.ty.has_error() => None,
            [column] => Some(column.clone()),
            _ if !bound.complete => None,
            columns => {
                self.report(finding::subquery_columns::new(what, columns.len(), span));
                None
            }
        }
    }

    /// Binds a query inside an expression; also the outer columns that it uses.
    fn subquery(
        &mut self,
        query: &tree::Query,
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<(Bound, Vec<crate::bound::ColumnId>)> {
        if self.select_context().inside == Inside::Lambda {
            self.report(finding::unsupported::new("a subquery in a lambda", span));
            return None;
        }
        self.frames.push(BTreeSet::new());
        let bound = self.query(query, scope);
        let outer = self.frames.pop().expect("the frame was pushed above");
        self.correlated |= !outer.is_empty();
        Some((bound, outer.into_iter().collect()))
    }
}

fn column_as_expr(column: &OutputColumn) -> Expr {
    build::pass_through(column.id, column.ty.clone(), column.nullable, column.span)
}
