//! Small constructors of bound expressions and relations.

use super::nullability;
use crate::bound::{ColumnId, CompareOp, Expr, ExprKind, Literal, Rel, RelKind};
use crate::span::Span;
use crate::types::Type;

/// An expression; whether it may be null follows from its parts.
pub(super) fn expr(kind: ExprKind, ty: Type, span: Span) -> Expr {
    let nullable = nullability::may_be_null(&kind);
    Expr { kind, ty, nullable, span }
}

/// A constant.
pub(super) fn literal(value: Literal, ty: Type, span: Span) -> Expr {
    expr(ExprKind::Literal(value), ty, span)
}

/// A truth value.
pub(super) fn boolean(value: bool, span: Span) -> Expr {
    literal(Literal::Boolean(value), Type::Boolean, span)
}

/// A comparison of two expressions of one type.
pub(super) fn compare(op: CompareOp, left: Expr, right: Expr, span: Span) -> Expr {
    expr(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, Type::Boolean, span)
}

/// A negation.
pub(super) fn not(operand: Expr, span: Span) -> Expr {
    expr(ExprKind::Not(Box::new(operand)), Type::Boolean, span)
}

/// A negation if `negated`.
pub(super) fn not_if(negated: bool, operand: Expr, span: Span) -> Expr {
    if negated { not(operand, span) } else { operand }
}

/// A conjunction without needless nesting.
pub(super) fn and(left: Expr, right: Expr, span: Span) -> Expr {
    expr(
        ExprKind::And(flat(left, right, |kind| match kind {
            ExprKind::And(parts) => Ok(parts),
            other => Err(other),
        })),
        Type::Boolean,
        span,
    )
}

/// A disjunction without needless nesting.
pub(super) fn or(left: Expr, right: Expr, span: Span) -> Expr {
    expr(
        ExprKind::Or(flat(left, right, |kind| match kind {
            ExprKind::Or(parts) => Ok(parts),
            other => Err(other),
        })),
        Type::Boolean,
        span,
    )
}

fn flat(left: Expr, right: Expr, parts_of: impl Fn(ExprKind) -> Result<Vec<Expr>, ExprKind>) -> Vec<Expr> {
    let mut parts = vec![];
    for side in [left, right] {
        match parts_of(side.kind) {
            Ok(inner) => parts.extend(inner),
            Err(kind) => parts.push(Expr { kind, ..side }),
        }
    }
    parts
}

/// The column itself.
pub(super) fn pass_through(id: ColumnId, ty: Type, nullable: bool, span: Span) -> Expr {
    Expr { kind: ExprKind::Column(id), ty, nullable, span }
}

/// A relation.
pub(super) fn rel(kind: RelKind, span: Span) -> Rel {
    Rel { kind, span }
}

/// Rows for which the predicate holds.
pub(super) fn filter(input: Rel, predicate: Expr) -> Rel {
    let span = input.span;
    rel(RelKind::Filter { input: Box::new(input), predicate }, span)
}

/// One row without columns: a query without FROM.
pub(super) fn one_row(span: Span) -> Rel {
    rel(RelKind::Values { columns: vec![], rows: vec![vec![]] }, span)
}
