//! Queries: WITH, the body, and what stands behind it; VALUES.

use super::binder::{Binder, Bound, Clause};
use super::build::{self, rel};
use super::scope::{Scope, error_expr};
use crate::bound::{Column, Expr, ExprKind, OutputColumn, RelKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, QueryBody, SortItem};
use crate::types::{Type, TypeRules};

impl Binder<'_> {
    /// Binds a query. `outer` holds what it may refer to besides its own relations.
    pub fn query(&mut self, query: &tree::Query, outer: &Scope<'_>) -> Bound {
        let visible = self.visible.len();
        let variables = self.variables.take();
        if let Some(with) = &query.with {
            self.with(with, outer);
        }
        let bound = self.body(&query.body, &query.order_by, outer);
        let bound = self.limit(query, bound);
        self.visible.truncate(visible);
        self.variables = variables;
        bound
    }

    /// Binds a body; the ORDER BY of its query comes along because that of a select sees more than the output.
    pub fn body(&mut self, body: &QueryBody, order_by: &[SortItem], outer: &Scope<'_>) -> Bound {
        let mut bound = match body {
            QueryBody::Select(select) => return self.select(select, order_by, outer),
            QueryBody::SetOp { op, all, left, right, span } => {
                let places = [left.span(), right.span()];
                let left = self.body(left, &[], outer);
                let right = self.body(right, &[], outer);
                self.set_operation(*op, *all, left, right, places, *span)
            }
            QueryBody::Values { rows, span } => self.values(rows, *span, outer),
            QueryBody::Error(span) => {
                return Bound { rel: build::one_row(*span), columns: vec![], single_row: false, complete: false };
            }
            QueryBody::Table { name, span } => self.table_query(name, *span, outer),
            QueryBody::Parenthesized(query, _) => self.query(query, outer),
        };
        if !order_by.is_empty() {
            let keys = self.output_order(order_by, &bound.columns, outer);
            let span = bound.rel.span;
            bound.rel = self.sort(bound.rel, keys, span);
        }
        bound
    }

    fn values(&mut self, rows: &[tree::Expr], span: Span, outer: &Scope<'_>) -> Bound {
        let (rows, _) = self.in_context(Clause::From, |binder| {
            rows.iter().map(|row| (binder.expr(row, outer), row.span)).collect::<Vec<_>>()
        });
        let names = match rows.first() {
            Some((row, _)) if self.rules == TypeRules::New => field_names(&row.ty),
            _ => vec![],
        };
        let rows: Vec<(Vec<Expr>, Span)> = rows.into_iter().map(|(row, span)| (values_row(row), span)).collect();
        let width = rows.first().map_or(0, |(row, _)| row.len());
        let mut complete = true;
        for (row, row_span) in &rows {
            if row.len() != width {
                self.report(finding::values_width::new(width, row.len(), *row_span));
                complete = false;
            }
        }
        if !complete {
            return Bound { rel: build::one_row(span), columns: vec![], single_row: false, complete };
        }
        let mut rows: Vec<Vec<Expr>> = rows.into_iter().map(|(row, _)| row).collect();
        let mut columns = vec![];
        for position in 0..width {
            let column = self.values_column(&mut rows, position, span);
            columns.push(Column { name: names.get(position).cloned().flatten(), ..column });
        }
        let output = columns
            .iter()
            .map(|column| super::select::output_column(column.clone(), span))
            .collect::<Vec<OutputColumn>>();
        let single_row = rows.len() == 1;
        Bound { rel: rel(RelKind::Values { columns, rows }, span), columns: output, single_row, complete }
    }

    fn values_column(&mut self, rows: &mut [Vec<Expr>], position: usize, span: Span) -> Column {
        let ty = match self.common_type(rows.iter().map(|row| &row[position])) {
            Ok(ty) => ty,
            Err(types) => {
                self.report(finding::no_common_type::new("the rows of VALUES", &types, span));
                Type::Error
            }
        };
        let mut nullable = false;
        for row in rows.iter_mut() {
            let value = std::mem::replace(&mut row[position], error_expr(span));
            row[position] = self.coerce(value, &ty);
            nullable |= row[position].nullable;
        }
        self.column(None, ty, nullable)
    }
}

/// A row expression is the row; any other expression is a row of one column.
fn values_row(row: Expr) -> Vec<Expr> {
    match (row.kind, row.ty) {
        (ExprKind::Row(values), Type::Row(_)) => values,
        (kind, Type::Row(fields)) => {
            let ty = Type::Row(fields.clone());
            let row = Expr { kind, ty, nullable: row.nullable, span: row.span };
            let part = |(index, field): (usize, crate::types::Field)| {
                build::expr(ExprKind::Field { row: Box::new(row.clone()), index }, field.ty, row.span)
            };
            fields.into_iter().enumerate().map(part).collect()
        }
        (kind, ty) => vec![Expr { kind, ty, nullable: row.nullable, span: row.span }],
    }
}

/// The names of the fields of a row.
fn field_names(ty: &Type) -> Vec<Option<String>> {
    match ty {
        Type::Row(fields) => fields.iter().map(|field| field.name.clone()).collect(),
        _ => vec![],
    }
}
