//! CASE, IF, COALESCE, NULLIF, TRY: the forms that choose.

use super::binder::Binder;
use super::build;
use super::nullability::{when_false, when_true};
use super::scope::{Scope, error_expr};
use crate::bound::{CompareOp, Expr, ExprKind};
use crate::finding;
use crate::span::Span;
use crate::syntax::tree;
use crate::types::Type;

impl Binder<'_> {
    /// CASE. A simple CASE becomes a searched one.
    pub fn case(
        &mut self,
        operand: Option<&tree::Expr>,
        branches: &[(tree::Expr, tree::Expr)],
        otherwise: Option<&tree::Expr>,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        let operand = operand.map(|operand| self.expr(operand, scope));
        let mut bound = vec![];
        let mut earlier_false = std::collections::BTreeSet::new();
        for (when, then) in branches {
            let (condition, result) = self.narrowing(earlier_false.clone(), |binder| {
                let condition = match &operand {
                    None => binder.condition(when, scope, "WHEN"),
                    Some(operand) => {
                        let value = binder.expr(when, scope);
                        binder.compare(CompareOp::Equal, operand.clone(), value, when.span, when.span)
                    }
                };
                let result = binder.narrowing(when_true(&condition), |binder| binder.expr(then, scope));
                (condition, result)
            });
            // A condition that is null goes on as one that is false does; only what is never null narrows.
            if !condition.nullable {
                earlier_false.extend(when_false(&condition));
            }
            bound.push((condition, result));
        }
        let otherwise =
            otherwise.map(|otherwise| self.narrowing(earlier_false, |binder| binder.expr(otherwise, scope)));
        self.finish_case(bound, otherwise, span)
    }

    fn finish_case(&mut self, branches: Vec<(Expr, Expr)>, otherwise: Option<Expr>, span: Span) -> Expr {
        let ty = match self.common_type(branches.iter().map(|(_, result)| result).chain(&otherwise)) {
            Ok(ty) => ty,
            Err(types) => {
                self.report(finding::no_common_type::new("the results of a CASE", &types, span));
                return error_expr(span);
            }
        };
        if ty == Type::Error || branches.iter().any(|(condition, _)| condition.ty == Type::Error) {
            return Expr { ty, ..error_expr(span) };
        }
        let branches = branches.into_iter().map(|(condition, result)| (condition, self.coerce(result, &ty))).collect();
        let otherwise = otherwise.map(|otherwise| Box::new(self.coerce(otherwise, &ty)));
        build::expr(ExprKind::Case { branches, otherwise }, ty, span)
    }

    /// The forms that look like functions. None if the name is none of them.
    pub fn conditional_call(&mut self, name: &str, args: &[tree::Expr], scope: &Scope<'_>, span: Span) -> Option<Expr> {
        let expected = match name {
            "coalesce" => 2..=usize::MAX,
            "nullif" => 2..=2,
            "if" => 2..=3,
            "try" => 1..=1,
            _ => return None,
        };
        if !expected.contains(&args.len()) {
            // The parser has reported it.
            return Some(error_expr(span));
        }
        Some(match name {
            "coalesce" => self.coalesce(args, scope, span),
            "nullif" => self.null_if(&args[0], &args[1], scope, span),
            "if" => {
                let branch = (args[0].clone(), args[1].clone());
                self.case(None, &[branch], args.get(2), scope, span)
            }
            _ => {
                let operand = self.expr(&args[0], scope);
                let ty = operand.ty.clone();
                build::expr(ExprKind::Try(Box::new(operand)), ty, span)
            }
        })
    }

    fn coalesce(&mut self, args: &[tree::Expr], scope: &Scope<'_>, span: Span) -> Expr {
        let operands: Vec<Expr> = args.iter().map(|arg| self.expr(arg, scope)).collect();
        match self.common_type(&operands) {
            Ok(Type::Error) => error_expr(span),
            Ok(ty) => {
                let operands = operands.into_iter().map(|operand| self.coerce(operand, &ty)).collect();
                build::expr(ExprKind::Coalesce(operands), ty, span)
            }
            Err(types) => {
                self.report(finding::no_common_type::new("the arguments of coalesce", &types, span));
                error_expr(span)
            }
        }
    }

    fn null_if(&mut self, value: &tree::Expr, other: &tree::Expr, scope: &Scope<'_>, span: Span) -> Expr {
        let value = self.expr(value, scope);
        let other = self.expr(other, scope);
        if value.ty.has_error() || other.ty.has_error() {
            return error_expr(span);
        }
        let Some(common) = self.comparison_type(CompareOp::Equal, &value.ty, &other.ty) else {
            let types = (value.ty.clone(), other.ty.clone());
            self.report(finding::no_common_type::new("the arguments of nullif", &types, span));
            return error_expr(span);
        };
        let ty = value.ty.clone();
        let left = Box::new(self.coerce(value.clone(), &common));
        let right = Box::new(self.coerce(other, &common));
        build::expr(ExprKind::NullIf { value: Box::new(value), left, right }, ty, span)
    }
}
