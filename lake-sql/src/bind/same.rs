//! Whether two bound expressions compute the same, wherever they are written.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::mem::discriminant;

use crate::bound::{Expr, ExprKind, Literal};

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

/// Expressions by what they compute, to find one among many.
#[derive(Default)]
pub(super) struct Index(BTreeMap<u64, Vec<usize>>);

impl Index {
    /// Adds an expression at a position.
    pub fn insert(&mut self, expr: &Expr, position: usize) {
        self.0.entry(digest(expr)).or_default().push(position);
    }

    /// The first position whose expression computes the same.
    pub fn find<'e>(&self, expr: &Expr, at: impl Fn(usize) -> &'e Expr) -> Option<usize> {
        let candidates = self.0.get(&digest(expr))?;
        candidates.iter().copied().find(|position| same(at(*position), expr))
    }
}

/// A number that is the same for expressions that are the same.
pub(super) fn digest(expr: &Expr) -> u64 {
    let mut hasher = DefaultHasher::new();
    expr.visit(&mut |part| {
        discriminant(&part.kind).hash(&mut hasher);
        match &part.kind {
            ExprKind::Column(id) => id.hash(&mut hasher),
            ExprKind::Call { function, .. } => function.hash(&mut hasher),
            ExprKind::Field { index, .. } => index.hash(&mut hasher),
            ExprKind::Literal(literal) => digest_literal(literal, &mut hasher),
            _ => {}
        }
    });
    hasher.finish()
}

fn digest_literal(literal: &Literal, hasher: &mut DefaultHasher) {
    discriminant(literal).hash(hasher);
    match literal {
        Literal::Integer(value) | Literal::Time(value) | Literal::Millis(value) => value.hash(hasher),
        Literal::Decimal(value) => value.hash(hasher),
        Literal::Text(text) => text.hash(hasher),
        Literal::Date(days) => days.hash(hasher),
        // Rare among many constants; what is left out here is compared in full.
        _ => {}
    }
}
