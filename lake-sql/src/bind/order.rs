//! ORDER BY, OFFSET, LIMIT and FETCH.

use std::sync::Arc;

use super::aggregate::sort_key;
use super::binder::{Binder, Bound, Clause};
use super::build::{pass_through, rel};
use super::grouping::{at_ordinal, ordinal};
use super::scope::{Field, Scope, error_expr};
use super::select::Item;
use crate::bound::{Column, Expr, ExprKind, Literal, OutputColumn, Rel, RelKind, SortKey};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree::{self, Limit, SortItem};

impl Binder<'_> {
    /// Keys of a select's ORDER BY: positions, names of output columns, and expressions over both output and input.
    pub fn order_keys(&mut self, order_by: &[SortItem], items: &[Item], input: &Scope<'_>) -> Vec<SortKey> {
        let fields = items.iter().map(|item| Field { qualifier: Arc::default(), column: item.column() }).collect();
        let scope =
            Scope { parent: Some(input), fields, depth: self.frames.len(), is_output: true, ..Scope::default() };
        let columns: Vec<Column> = items.iter().map(Item::column).collect();
        self.keys(order_by, &columns, &scope)
    }

    /// Keys of the ORDER BY of a set operation or of VALUES: output columns alone.
    pub fn output_order(&mut self, order_by: &[SortItem], output: &[OutputColumn], outer: &Scope<'_>) -> Vec<SortKey> {
        let columns: Vec<Column> = output.iter().map(as_column).collect();
        let fields = columns.iter().map(|column| Field { qualifier: Arc::default(), column: column.clone() }).collect();
        let scope = Scope { parent: Some(outer), fields, depth: self.frames.len(), ..Scope::default() };
        self.in_context(Clause::OrderBy, |binder| binder.keys(order_by, &columns, &scope)).0
    }

    fn keys(&mut self, order_by: &[SortItem], columns: &[Column], scope: &Scope<'_>) -> Vec<SortKey> {
        let mut keys = vec![];
        for item in order_by {
            let expr = match ordinal(&item.expr) {
                Some(position) => self.ordinal_key(position, columns, item.expr.span),
                None => self.expr(&item.expr, scope),
            };
            self.require_orderable(&expr);
            if !expr.ty.has_error() {
                keys.push(sort_key(expr, item));
            }
        }
        keys
    }

    fn ordinal_key(&mut self, position: i64, columns: &[Column], span: Span) -> Expr {
        match at_ordinal(columns, position) {
            Some(column) => pass_through(column.id, column.ty.clone(), column.nullable, span),
            None => {
                self.report(finding::ordinal_out_of_range::new("ORDER BY", position, columns.len(), span));
                error_expr(span)
            }
        }
    }

    /// Sorts, if there is a key.
    pub fn sort(&self, input: Rel, keys: Vec<SortKey>, span: Span) -> Rel {
        if keys.is_empty() { input } else { rel(RelKind::Sort { input: Box::new(input), keys }, span) }
    }

    /// OFFSET, LIMIT and FETCH of a query.
    pub fn limit(&mut self, query: &tree::Query, mut bound: Bound) -> Bound {
        let offset = query.offset.as_ref().map_or(0, |offset| self.row_count(offset).unwrap_or(0));
        let (limit, with_ties) = match &query.limit {
            None | Some(Limit::All(_)) => (None, false),
            Some(Limit::Limit(count)) => (self.row_count(count), false),
            Some(Limit::Fetch { count, with_ties, span }) => {
                if *with_ties && query.order_by.is_empty() {
                    self.report(finding::ties_without_order::new(*span));
                }
                let count = match count {
                    Some(count) => {
                        let rows = self.row_count(count);
                        if rows == Some(0) {
                            self.report(finding::operand_type::range("FETCH FIRST", "one row or more", count.span));
                        }
                        rows
                    }
                    None => Some(1),
                };
                (count, *with_ties && !query.order_by.is_empty())
            }
        };
        if offset == 0 && limit.is_none() {
            return bound;
        }
        bound.single_row &= offset == 0 && limit.is_none_or(|limit| limit > 0);
        let span = bound.rel.span;
        bound.rel = rel(RelKind::Limit { input: Box::new(bound.rel), offset, limit, with_ties }, span);
        bound
    }

    /// The grammar has only integers here, and `?`, which is reported as every parameter is.
    fn row_count(&mut self, written: &tree::Expr) -> Option<u64> {
        match self.constant(written).kind {
            ExprKind::Literal(Literal::Integer(count)) => u64::try_from(count).ok(),
            _ => None,
        }
    }
}

impl Item {
    /// The item as a column that ORDER BY can name.
    fn column(&self) -> Column {
        Column {
            id: self.id,
            name: self.name.clone(),
            ty: self.expr.ty.clone(),
            nullable: self.expr.nullable,
            brand: None,
        }
    }
}

/// An output column as a column of a scope.
pub(super) fn as_column(output: &OutputColumn) -> Column {
    Column {
        id: output.id,
        name: output.name.clone(),
        ty: output.ty.clone(),
        nullable: output.nullable,
        brand: output.brand.clone(),
    }
}
