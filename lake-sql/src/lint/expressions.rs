//! Lints of single expressions.

use crate::bound::{CompareOp, Expr, ExprKind, Literal};
use crate::finding::{Finding, integer_division, not_in_null, null_comparison};

/// Adds the lints of an expression and everything below it in the same query.
pub fn lint(expr: &Expr, text: &str, findings: &mut Vec<Finding>) {
    expr.visit(&mut |part| match &part.kind {
        ExprKind::Call { function: "divide", args } if part.ty.is_integer() => {
            findings.push(integer_division::new(args[0].span.text(text), part.span));
        }
        ExprKind::Compare { op, left, right }
            if !matches!(op, CompareOp::Distinct | CompareOp::NotDistinct) && (is_null(left) || is_null(right)) =>
        {
            findings.push(null_comparison::new(part.span));
        }
        ExprKind::Not(inner) => findings.extend(not_in(inner)),
        _ => {}
    });
}

fn not_in(negated: &Expr) -> Option<Finding> {
    match &negated.kind {
        ExprKind::InQuery { query, .. } if query.nullable => Some(not_in_null::query(negated.span)),
        ExprKind::InList { list, .. } => {
            let null = list.iter().find(|member| member.nullable)?;
            Some(not_in_null::list(null.span))
        }
        _ => None,
    }
}

/// Whether an expression is the constant null, whatever type it was given.
fn is_null(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => true,
        ExprKind::Cast { expr, .. } => is_null(expr),
        _ => false,
    }
}
