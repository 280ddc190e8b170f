//! Arithmetic between types that do not go together.

use super::Finding;
use super::doc::{Example, FindingDoc};
use super::text::operator;
use crate::bound::Expr;
use crate::span::Span;
use crate::syntax::tree::BinaryOp;
use crate::types::Type;
use crate::types::operators::OperatorError;

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "operator-mismatch",
    text: "The operator does not exist for these two types. Dates and timestamps move by intervals, text is joined by ||.",
    wrong: Example::Query("select ordered_at + 1 as later from {orders}"),
    right: Example::Query("select ordered_at + interval '1' day as later from {orders}"),
};

/// `left op right` is refused for this reason.
pub fn new(op: BinaryOp, left: &Expr, right: &Expr, reason: &OperatorError, span: Span) -> Finding {
    let sign = operator(op);
    let found = match reason {
        OperatorError::Ambiguous => {
            Finding::error(DOC.id, span, format!("`{sign}` with a bare null: its type is unknown"))
                .help("give the null a type: cast(null as bigint)")
        }
        OperatorError::ScaleTooLarge(scale) => Finding::error(
            DOC.id,
            span,
            format!("`{sign}` would need {scale} digits behind the point, decimals have at most 38"),
        )
        .help("cast one side to fewer digits first"),
        _ => Finding::error(DOC.id, span, format!("no operator {} {sign} {}", left.ty, right.ty)),
    };
    let found = found.label(format!("{} {sign} {}", left.ty, right.ty));
    match help(op, &left.ty, &right.ty) {
        Some(help) if *reason == OperatorError::Mismatch => found.help(help),
        _ => found,
    }
}

fn help(op: BinaryOp, left: &Type, right: &Type) -> Option<&'static str> {
    let text = |ty: &Type| matches!(ty, Type::Varchar(_) | Type::Char(_));
    let moment = |ty: &Type| matches!(ty, Type::Date | Type::Timestamp(_) | Type::TimestampTz(_));
    match op {
        BinaryOp::Add if text(left) && text(right) => Some("text is joined with ||"),
        BinaryOp::Subtract if moment(left) && moment(right) => Some("write date_diff('day', earlier, later)"),
        BinaryOp::Add | BinaryOp::Subtract if moment(left) && right.is_numeric() => {
            Some("write an interval: … + interval '1' day, or date_add('day', n, …)")
        }
        _ if text(left) || text(right) => {
            Some("convert the text: cast(… as bigint), or try_cast where it may not be a number")
        }
        _ => None,
    }
}
