//! UNION, INTERSECT, EXCEPT: columns by position, at their common types.

use super::binder::{Binder, Bound};
use super::build::{pass_through, rel};
use super::order::as_column;
use crate::bound::{Column, ColumnId, Expr, OutputColumn, Rel, RelKind, SetOp};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree;
use crate::types::{self, Type};

impl Binder<'_> {
    /// Combines two bound queries, which stand at `places`.
    pub fn set_operation(
        &mut self,
        op: tree::SetOp,
        all: bool,
        left: Bound,
        right: Bound,
        places: [Span; 2],
        span: Span,
    ) -> Bound {
        let (op, name) = match op {
            tree::SetOp::Union => (SetOp::Union, "UNION"),
            tree::SetOp::Intersect => (SetOp::Intersect, "INTERSECT"),
            tree::SetOp::Except => (SetOp::Except, "EXCEPT"),
        };
        let complete = left.complete && right.complete;
        if left.columns.len() != right.columns.len() {
            if complete {
                let counts = (left.columns.len(), right.columns.len());
                let place = self.operator(places[0], places[1]);
                self.report(finding::set_operation_width::new(name, counts, place));
            }
            return Bound { complete: false, single_row: false, ..left };
        }
        let types = self.set_types(name, &left, &right, places);
        let nullable = |left: bool, right: bool| match op {
            SetOp::Union => left || right,
            SetOp::Intersect => left && right,
            SetOp::Except => left,
        };
        let mut columns = vec![];
        let mut output = vec![];
        for ((left, right), ty) in left.columns.iter().zip(&right.columns).zip(&types) {
            let nullable = nullable(left.nullable, right.nullable);
            let mut column = self.column(left.name.clone(), ty.clone(), nullable);
            column.brand = left.brand.clone().filter(|_| left.brand == right.brand);
            if let Some(brand) = &column.brand {
                self.brands.insert(column.id, brand.clone());
            }
            output.push(super::select::output_column(column.clone(), left.span));
            columns.push(column);
        }
        if !(op == SetOp::Union && all) {
            self.require_comparable(&output);
        }
        let (left, left_columns) = self.cast_columns(left.rel, &left.columns, &types);
        let (right, right_columns) = self.cast_columns(right.rel, &right.columns, &types);
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = RelKind::SetOp { op, all, left, left_columns, right, right_columns, columns };
        Bound { rel: rel(kind, span), columns: output, single_row: false, complete }
    }

    fn set_types(&mut self, name: &str, left: &Bound, right: &Bound, places: [Span; 2]) -> Vec<Type> {
        let pairs = left.columns.iter().zip(&right.columns).enumerate();
        let mut types = vec![];
        for (position, (left, right)) in pairs {
            if left.ty.has_error() || right.ty.has_error() {
                types.push(Type::Error);
                continue;
            }
            match types::common_super_type(&left.ty, &right.ty, self.rules) {
                Some(ty) => types.push(ty),
                None => {
                    let place = self.operator(places[0], places[1]);
                    self.report(finding::set_operation_types::new(name, position, left, right, place));
                    types.push(Type::Error);
                }
            }
        }
        types
    }

    /// Casts the columns of a relation; the ids of those that need no cast stay.
    pub fn cast_columns(&mut self, input: Rel, columns: &[OutputColumn], types: &[Type]) -> (Rel, Vec<ColumnId>) {
        if columns.iter().zip(types).all(|(column, ty)| column.ty == *ty || *ty == Type::Error) {
            return (input, columns.iter().map(|column| column.id).collect());
        }
        let span = input.span;
        let mut projected: Vec<(ColumnId, Expr)> = vec![];
        let mut ids = vec![];
        for (column, ty) in columns.iter().zip(types) {
            let Column { id, ty: own, nullable, .. } = as_column(column);
            let value = self.coerce(pass_through(id, own.clone(), nullable, column.span), ty);
            let id = if own == *ty || *ty == Type::Error { id } else { self.fresh() };
            ids.push(id);
            if !projected.iter().any(|(other, _)| *other == id) {
                projected.push((id, value));
            }
        }
        (rel(RelKind::Project { input: Box::new(input), columns: projected }, span), ids)
    }
}
