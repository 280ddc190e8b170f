//! Comparisons and the predicates made of them.

use super::binder::Binder;
use super::build;
use super::scope::{Scope, error_expr};
use crate::bound::{CompareOp, Expr, ExprKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::{operator_span, tree};
use crate::types::{self, Type, TypeRules};

impl Binder<'_> {
    /// Compares two expressions at their common type.
    pub fn compare(&mut self, op: CompareOp, left: Expr, right: Expr, op_span: Span, span: Span) -> Expr {
        if left.ty.has_error() || right.ty.has_error() {
            return error_expr(span);
        }
        let Some(common) = self.comparison_type(op, &left.ty, &right.ty) else {
            self.report(finding::comparison_mismatch::new(op, &left, &right, op_span, &self.text));
            return error_expr(span);
        };
        self.check_brands(&left, &right, op_span);
        let (left, right) = (self.coerce(left, &common), self.coerce(right, &common));
        build::compare(op, left, right, span)
    }

    /// The word between two operands, or both where they stand in other texts.
    pub fn operator(&self, left: Span, right: Span) -> Span {
        operator_span(&self.text, Span::new(left.end, right.start)).unwrap_or(left.to(right))
    }

    /// The type at which two types are compared by an operator.
    pub fn comparison_type(&self, op: CompareOp, left: &Type, right: &Type) -> Option<Type> {
        let common = types::common_super_type(left, right, self.rules)?;
        let allowed = match op {
            CompareOp::Equal | CompareOp::NotEqual | CompareOp::Distinct | CompareOp::NotDistinct => {
                common.is_comparable()
            }
            CompareOp::Less | CompareOp::LessOrEqual | CompareOp::Greater | CompareOp::GreaterOrEqual => {
                common.is_orderable()
            }
        };
        (allowed || common == Type::Unknown).then_some(common)
    }

    /// Two columns of different newtypes are not meant to be compared.
    pub fn check_brands(&mut self, left: &Expr, right: &Expr, span: Span) {
        if let (ExprKind::Column(left), ExprKind::Column(right)) = (&left.kind, &right.kind)
            && let (Some(left), Some(right)) = (self.brands.get(left), self.brands.get(right))
            && left != right
        {
            let found = finding::brand_mismatch::new(left, right, span);
            self.report(found);
        }
    }

    /// `a is true` and its kin: never null.
    pub fn is_truth(
        &mut self,
        operand: &tree::Expr,
        truth: Option<bool>,
        negated: bool,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        let operand = self.condition(operand, scope, "IS");
        if self.target == TypeRules::Old {
            self.report(finding::engine_rules::is_truth(span));
        }
        match truth {
            None => build::not_if(negated, build::expr(ExprKind::IsNull(Box::new(operand)), Type::Boolean, span), span),
            Some(truth) => {
                let op = if negated { CompareOp::Distinct } else { CompareOp::NotDistinct };
                build::compare(op, operand, build::boolean(truth, span), span)
            }
        }
    }

    /// `a between b and c`, written out as comparisons at the common type of all three.
    pub fn between(&mut self, operands: [&tree::Expr; 3], symmetric: bool, scope: &Scope<'_>, span: Span) -> Expr {
        let [value, low, high] = operands.map(|operand| self.expr(operand, scope));
        let common = match self.common_type([&value, &low, &high]) {
            Ok(Type::Error) => return error_expr(span),
            Ok(common) if common.is_orderable() || common == Type::Unknown => common,
            Ok(common) => {
                self.report(finding::not_orderable::new("BETWEEN", &common, value.span));
                return error_expr(span);
            }
            Err(_) => {
                let bound = [&low, &high]
                    .into_iter()
                    .find(|bound| self.comparison_type(CompareOp::Less, &value.ty, &bound.ty).is_none())
                    .unwrap_or(&high);
                let place = self.operator(value.span, low.span);
                self.report(finding::comparison_mismatch::at_word(
                    CompareOp::GreaterOrEqual,
                    &value,
                    bound,
                    place,
                    &self.text,
                ));
                return error_expr(span);
            }
        };
        let [value, low, high] = [value, low, high].map(|operand| self.coerce(operand, &common));
        let within = |low: Expr, high: Expr| {
            let above = build::compare(CompareOp::GreaterOrEqual, value.clone(), low, span);
            let below = build::compare(CompareOp::LessOrEqual, value.clone(), high, span);
            build::and(above, below, span)
        };
        if symmetric {
            build::or(within(low.clone(), high.clone()), within(high, low), span)
        } else {
            within(low, high)
        }
    }

    /// `a in (b, c)` at the common type of all.
    pub fn in_list(&mut self, value: &tree::Expr, list: &[tree::Expr], scope: &Scope<'_>, span: Span) -> Expr {
        let value = self.expr(value, scope);
        let list: Vec<Expr> = list.iter().map(|member| self.expr(member, scope)).collect();
        for member in &list {
            self.check_brands(&value, member, member.span);
        }
        let common = match self.common_type(std::iter::once(&value).chain(&list)) {
            Ok(Type::Error) => return error_expr(span),
            Ok(common) => common,
            Err(_) => {
                let member = list
                    .iter()
                    .find(|member| self.comparison_type(CompareOp::Equal, &value.ty, &member.ty).is_none())
                    .unwrap_or(&value);
                let found =
                    finding::comparison_mismatch::new(CompareOp::Equal, &value, member, member.span, &self.text);
                self.report(found);
                return error_expr(span);
            }
        };
        if !common.is_comparable() && common != Type::Unknown {
            self.report(finding::not_comparable::new("IN", &common, value.span));
            return error_expr(span);
        }
        let value = Box::new(self.coerce(value, &common));
        let list = list.into_iter().map(|member| self.coerce(member, &common)).collect();
        build::expr(ExprKind::InList { value, list }, Type::Boolean, span)
    }

    /// `a like b escape c`.
    pub fn like(
        &mut self,
        value: &tree::Expr,
        pattern: &tree::Expr,
        escape: Option<&tree::Expr>,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        let value = self.expr(value, scope);
        let pattern = self.expr(pattern, scope);
        let escape = escape.map(|escape| self.expr(escape, scope));
        for operand in [Some(&value), Some(&pattern), escape.as_ref()].into_iter().flatten() {
            if !matches!(operand.ty, Type::Varchar(_) | Type::Char(_) | Type::Unknown | Type::Error) {
                let found = finding::operand_type::new("LIKE", "a varchar", &operand.ty, operand.span);
                self.report(found);
                return error_expr(span);
            }
        }
        let text = |operand: Expr| match &operand.ty {
            Type::Varchar(_) => Box::new(operand),
            _ => Box::new(self.coerce(operand, &Type::Varchar(None))),
        };
        // A char value keeps its padding in Trino's LIKE, so it keeps its type.
        let value = if matches!(value.ty, Type::Char(_)) { Box::new(value) } else { text(value) };
        let kind = ExprKind::Like { value, pattern: text(pattern), escape: escape.map(text) };
        build::expr(kind, Type::Boolean, span)
    }
}
