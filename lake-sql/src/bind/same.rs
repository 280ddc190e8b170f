//! Whether two bound expressions compute the same, wherever they are written.

use crate::bound::{Expr, ExprKind};

/// Compares without places and without what is known about nulls. Subqueries are the same only as copies of one: an item
/// that is grouped by its position.
pub(super) fn same(left: &Expr, right: &Expr) -> bool {
    use ExprKind as K;
    if left.ty != right.ty {
        return false;
    }
    let shape = match (&left.kind, &right.kind) {
        (K::Column(a), K::Column(b)) => a == b,
        (K::Literal(a), K::Literal(b)) => a == b,
        (K::Parameter(a), K::Parameter(b)) => a == b,
        (K::Call { function: a, .. }, K::Call { function: b, .. }) => a == b,
        (K::Cast { safe: a, .. }, K::Cast { safe: b, .. }) => a == b,
        (K::Compare { op: a, .. }, K::Compare { op: b, .. }) => a == b,
        (K::Field { index: a, .. }, K::Field { index: b, .. }) => a == b,
        (K::Like { escape: a, .. }, K::Like { escape: b, .. }) => a.is_some() == b.is_some(),
        (K::Case { otherwise: a, .. }, K::Case { otherwise: b, .. }) => a.is_some() == b.is_some(),
        (K::Scalar(a), K::Scalar(b)) | (K::Exists(a), K::Exists(b)) => a == b,
        (K::InQuery { query: a, .. }, K::InQuery { query: b, .. }) => a == b,
        (K::Quantified { op: a, all: c, query: e, .. }, K::Quantified { op: b, all: d, query: f, .. }) => {
            a == b && c == d && e == f
        }
        (K::Try(_), K::Try(_))
        | (K::And(_), K::And(_))
        | (K::Or(_), K::Or(_))
        | (K::Not(_), K::Not(_))
        | (K::IsNull(_), K::IsNull(_))
        | (K::Coalesce(_), K::Coalesce(_))
        | (K::NullIf { .. }, K::NullIf { .. })
        | (K::InList { .. }, K::InList { .. })
        | (K::Array(_), K::Array(_))
        | (K::Row(_), K::Row(_))
        | (K::Subscript { .. }, K::Subscript { .. })
        | (K::AtTimeZone { .. }, K::AtTimeZone { .. }) => true,
        _ => false,
    };
    let (left, right) = (left.children(), right.children());
    shape && left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
}
