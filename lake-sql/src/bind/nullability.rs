//! Which expressions cannot be null, and which columns cannot be where a condition holds.
//!
//! `false` is a proof; where nothing is known the answer is `true`.

use std::collections::BTreeSet;

use crate::bound::{ColumnId, CompareOp, Expr, ExprKind, Literal};
use crate::functions::{self, Nulls};
use crate::types::Type;

/// Whether an expression of this kind may be null, given what its operands say of themselves.
pub(super) fn may_be_null(kind: &ExprKind) -> bool {
    use ExprKind as K;
    match kind {
        K::Literal(literal) => matches!(literal, Literal::Null),
        K::Call { function, args } => call_may_be_null(function, args),
        // JSON's own null becomes SQL's.
        K::Cast { expr, safe, .. } => *safe || expr.nullable || expr.ty == Type::Json,
        K::Compare { op: CompareOp::Distinct | CompareOp::NotDistinct, .. } => false,
        K::Compare { left, right, .. } => left.nullable || right.nullable || holds_elements(&left.ty),
        K::And(parts) | K::Or(parts) => parts.iter().any(|part| part.nullable),
        K::Not(operand) => operand.nullable,
        K::Like { value, pattern, escape } => {
            value.nullable || pattern.nullable || escape.as_ref().is_some_and(|escape| escape.nullable)
        }
        K::Case { branches, otherwise } => {
            branches.iter().any(|(_, result)| result.nullable)
                || otherwise.as_ref().is_none_or(|otherwise| otherwise.nullable)
        }
        K::Coalesce(operands) => operands.iter().all(|operand| operand.nullable),
        K::InList { value, list } => {
            value.nullable || list.iter().any(|member| member.nullable) || holds_elements(&value.ty)
        }
        K::Field { row, index } => match &row.kind {
            K::Row(fields) => fields.get(*index).is_none_or(|field| field.nullable),
            _ => true,
        },
        K::AtTimeZone { value, zone } => value.nullable || zone.nullable,
        K::IsNull(_) | K::Array(_) | K::Row(_) | K::Exists(_) | K::Parameter(_) | K::Lambda { .. } => false,
        K::Column(_)
        | K::Try(_)
        | K::NullIf { .. }
        | K::Subscript { .. }
        | K::Scalar(_)
        | K::InQuery { .. }
        | K::Quantified { .. } => true,
    }
}

fn call_may_be_null(function: &str, args: &[Expr]) -> bool {
    match functions::lookup(function).map(|function| function.nulls) {
        Some(Nulls::Propagate) => args.iter().any(|arg| arg.nullable),
        Some(Nulls::Never) => false,
        Some(Nulls::Possible | Nulls::EmptyGroup) => true,
        None => args.iter().any(|arg| arg.nullable),
    }
}

/// Comparing arrays, maps and rows may give null because of a null inside.
fn holds_elements(ty: &Type) -> bool {
    matches!(ty, Type::Array(_) | Type::Map(..) | Type::Row(_))
}

/// Columns that are not null where `condition` is true.
pub(super) fn when_true(condition: &Expr) -> BTreeSet<ColumnId> {
    use ExprKind as K;
    match &condition.kind {
        K::And(parts) => union(parts.iter().map(when_true)),
        K::Or(parts) => intersection(parts.iter().map(when_true)),
        K::Not(operand) => when_false(operand),
        K::IsNull(_) => BTreeSet::new(),
        K::Compare { op: CompareOp::NotDistinct, left, right } => {
            let mut known = BTreeSet::new();
            for (one, other) in [(left, right), (right, left)] {
                if !other.nullable {
                    known.extend(strict(one));
                }
                if other.kind == K::Literal(Literal::Boolean(true)) {
                    known.extend(when_true(one));
                }
            }
            known
        }
        K::Compare { op: CompareOp::Distinct, left, right } => match (&left.kind, &right.kind) {
            (K::Literal(Literal::Null), _) => strict(right),
            (_, K::Literal(Literal::Null)) => strict(left),
            _ => BTreeSet::new(),
        },
        K::InList { value, .. } | K::InQuery { value, .. } => strict(value),
        K::Quantified { value, all: false, .. } => strict(value),
        _ => strict(condition),
    }
}

/// Columns that are not null where `condition` is false.
pub(super) fn when_false(condition: &Expr) -> BTreeSet<ColumnId> {
    use ExprKind as K;
    match &condition.kind {
        K::And(parts) => intersection(parts.iter().map(when_false)),
        K::Or(parts) => union(parts.iter().map(when_false)),
        K::Not(operand) => when_true(operand),
        K::IsNull(operand) => strict(operand),
        K::Compare { op: CompareOp::Distinct | CompareOp::NotDistinct, .. } => BTreeSet::new(),
        K::InList { value, list } => union(std::iter::once(strict(value)).chain(list.iter().map(strict))),
        _ => strict(condition),
    }
}

/// Columns that cannot be null if the expression is not.
fn strict(expr: &Expr) -> BTreeSet<ColumnId> {
    use ExprKind as K;
    match &expr.kind {
        K::Column(id) => BTreeSet::from([*id]),
        K::Call { function, args } if functions::lookup(function).is_some_and(|f| f.nulls == Nulls::Propagate) => {
            union(args.iter().map(strict))
        }
        K::Cast { expr, .. } | K::Try(expr) | K::Not(expr) | K::Field { row: expr, .. } => strict(expr),
        K::Compare { op: CompareOp::Distinct | CompareOp::NotDistinct, .. } => BTreeSet::new(),
        K::Compare { left, right, .. } => union([strict(left), strict(right)]),
        K::Like { value, pattern, .. } => union([strict(value), strict(pattern)]),
        K::Subscript { base, index } => union([strict(base), strict(index)]),
        K::AtTimeZone { value, zone } => union([strict(value), strict(zone)]),
        K::NullIf { value, .. } => strict(value),
        K::Coalesce(operands) => intersection(operands.iter().map(strict)),
        _ => BTreeSet::new(),
    }
}

fn union(sets: impl IntoIterator<Item = BTreeSet<ColumnId>>) -> BTreeSet<ColumnId> {
    sets.into_iter().flatten().collect()
}

fn intersection(sets: impl IntoIterator<Item = BTreeSet<ColumnId>>) -> BTreeSet<ColumnId> {
    sets.into_iter().reduce(|left, right| left.intersection(&right).copied().collect()).unwrap_or_default()
}
