//! A comparison of types that are not compared.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::comparison;
use crate::bound::{CompareOp, Expr, ExprKind, Literal};
use crate::span::Span;
use crate::types::Type;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "comparison-mismatch",
    text: "Trino compares numbers with numbers, dates with timestamps, text with text; it never converts text. A date \
           in quotes is text until `date` stands before it.",
    wrong: Example::Query("select order_id from {orders} where order_id = '5'"),
    right: Example::Query("select order_id from {orders} where order_id = 5"),
};

/// `left op right`; `text` is the user's.
pub fn new(op: CompareOp, left: &Expr, right: &Expr, span: Span, text: &str) -> Finding {
    let sign = comparison(op);
    let message = format!("cannot compare {} with {}", described(left, text), described(right, text));
    let found = Finding::error(DOC.id, span, message).label(format!("{} {sign} {}", left.ty, right.ty));
    match help(left, right, text).or_else(|| help(right, left, text)) {
        Some(help) => found.help(help),
        None => found,
    }
}

/// `value in (select column …)`, `value between …`: the word at `span`, and both operands.
pub fn at_word(op: CompareOp, left: &Expr, right: &Expr, span: Span, text: &str) -> Finding {
    let found = new(op, left, right, span, text).label("no common type");
    found.context(left.span, left.ty.to_string()).context(right.span, right.ty.to_string())
}

/// A column or constant by its text, anything else by its type alone.
fn described(expr: &Expr, text: &str) -> String {
    let source = expr.span.text(text);
    let short = matches!(expr.kind, ExprKind::Column(_) | ExprKind::Literal(_)) && (1..=30).contains(&source.len());
    if short { format!("`{source}` ({})", expr.ty) } else { expr.ty.to_string() }
}

fn help(value: &Expr, other: &Expr, text: &str) -> Option<String> {
    let is_text = |ty: &Type| matches!(ty, Type::Varchar(_) | Type::Char(_));
    if !is_text(&other.ty) {
        return None;
    }
    let literal = match &other.kind {
        ExprKind::Literal(Literal::Text(literal)) => Some(literal),
        _ => None,
    };
    let source = other.span.text(text);
    match (&value.ty, literal) {
        (Type::Date, Some(_)) => Some(format!("write date {source}")),
        (Type::Timestamp(_) | Type::TimestampTz(_), Some(_)) => Some(format!("write timestamp {source}")),
        (ty, Some(literal)) if ty.is_numeric() && literal.parse::<f64>().is_ok() => {
            Some(format!("write the number without quotes: {literal}"))
        }
        (ty, None) if ty.is_numeric() || *ty == Type::Date => {
            Some(format!("convert one side: cast({source} as {ty}), or try_cast where it may fail"))
        }
        _ => None,
    }
}
