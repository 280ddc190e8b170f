//! Function calls: which kind of function it is, its lambdas, and its overload.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::binder::{Binder, Inside};
use super::build;
use super::scope::{Field, Scope, error_expr};
use crate::bound::{Expr, ExprKind};
use crate::finding::{self, Finding};
use crate::functions::{self, Arg, FunctionKind, NoMatch, Resolved};
use crate::span::Span;
use crate::syntax::tree::{self, Call};
use crate::types::{self, Type};

/// A call whose overload is chosen and whose arguments are cast to it.
pub(super) struct Chosen {
    /// Canonical name.
    pub function: &'static functions::Function,
    /// Arguments.
    pub args: Vec<Expr>,
    /// Type of the result.
    pub result: Type,
    /// The arguments as they were before the casts.
    pub shapes: Vec<Arg>,
}

impl Binder<'_> {
    /// Binds a call of any kind of function.
    pub fn call(&mut self, call: &Call, scope: &Scope<'_>, span: Span) -> Expr {
        let name = call.name.parts.last().expect("a name has at least one part").value.to_lowercase();
        if let Some(bound) = self.conditional_call(&name, &call.args, scope, span) {
            return bound;
        }
        if let Some(bound) = self.pattern_call(&name, call, scope, span) {
            return bound;
        }
        let Some(function) = functions::lookup(&name) else {
            self.report(finding::unknown_function::new(&name, call.name.span));
            for arg in call.args.iter().filter(|arg| !is_lambda(arg)) {
                self.expr(arg, scope);
            }
            return error_expr(span);
        };
        if call.over.is_some() {
            return self.window_call(function, call, scope, span);
        }
        match function.kind {
            FunctionKind::Aggregate => self.aggregate_call(function, call, scope, span),
            FunctionKind::Window => {
                self.report(finding::missing_over::new(&name, call.name.span));
                error_expr(span)
            }
            FunctionKind::Scalar => self.scalar_call(function, call, scope, span),
        }
    }

    fn scalar_call(
        &mut self,
        function: &'static functions::Function,
        call: &Call,
        scope: &Scope<'_>,
        span: Span,
    ) -> Expr {
        let misplaced = [
            (call.distinct, "DISTINCT"),
            (call.star, "*"),
            (!call.order_by.is_empty() || !call.within_group.is_empty(), "ORDER BY"),
            (call.filter.is_some(), "FILTER"),
            (call.ignore_nulls.is_some(), "IGNORE NULLS"),
        ];
        if let Some((_, what)) = misplaced.into_iter().find(|(written, _)| *written) {
            self.report(finding::not_an_aggregate::new(function.name, what, call.name.span));
            return error_expr(span);
        }
        match self.choose(function.name, call.name.span, &call.args, scope) {
            Some(chosen) => {
                self.keep_call_type(function.name, &chosen.shapes, &chosen.result, span);
                self.check_zone_argument(function.name, &chosen.args);
                let kind = ExprKind::Call { function: chosen.function.name, args: chosen.args };
                build::expr(kind, chosen.result, span)
            }
            None => error_expr(span),
        }
    }

    /// Binds the arguments, chooses an overload and casts to it. None after an error, which was reported.
    pub fn choose(&mut self, name: &str, name_span: Span, args: &[tree::Expr], scope: &Scope<'_>) -> Option<Chosen> {
        let bound: Vec<Option<Expr>> =
            args.iter().map(|arg| (!is_lambda(arg)).then(|| self.expr(arg, scope))).collect();
        let shapes: Vec<Arg> = args
            .iter()
            .zip(&bound)
            .map(|(written, bound)| match (bound, &written.kind) {
                (Some(expr), _) => Arg::Typed(expr.ty.clone()),
                (None, tree::ExprKind::Lambda(parameters, _)) => Arg::Lambda(parameters.len()),
                (None, _) => unreachable!("everything but a lambda was bound"),
            })
            .collect();
        if bound.iter().flatten().any(|arg| arg.ty.has_error()) {
            return None;
        }
        let (result, refused) = self.resolve_with_lambdas(name, &shapes, args, scope);
        match result {
            Ok(chosen) => {
                let (args, function, result) = self.cast_arguments(chosen, bound, args, scope);
                Some(Chosen { function, args, result, shapes })
            }
            Err(NoMatch::Lambda) => {
                self.findings.extend(refused);
                None
            }
            Err(reason) => {
                if let Some(found) = self.lambda_width(name, &shapes, args) {
                    self.report(found);
                    return None;
                }
                let types: Vec<Type> = bound
                    .into_iter()
                    .map(|arg| arg.map_or(Type::Function(vec![], Box::new(Type::Unknown)), |arg| arg.ty))
                    .collect();
                self.report(finding::wrong_arguments::new(name, name_span, &types, &reason));
                None
            }
        }
    }

    /// The finding about a lambda, if the call fits once it has another number of parameters.
    fn lambda_width(&self, name: &str, shapes: &[Arg], args: &[tree::Expr]) -> Option<Finding> {
        let position = shapes.iter().position(|shape| matches!(shape, Arg::Lambda(_)))?;
        let Arg::Lambda(found) = shapes[position] else { return None };
        let fits = |width: &usize| {
            let mut other = shapes.to_vec();
            other[position] = Arg::Lambda(*width);
            let resolved = functions::resolve(name, &other, self.rules, &mut |_, _| Some(Type::Unknown));
            *width != found && resolved.is_ok()
        };
        let expected = (0..4).find(fits)?;
        Some(finding::wrong_arguments::lambda(name, expected, found, args[position].span))
    }

    /// Resolves while binding bodies of lambdas on trial; also gives what was found in the last refused body.
    fn resolve_with_lambdas(
        &mut self,
        name: &str,
        shapes: &[Arg],
        args: &[tree::Expr],
        scope: &Scope<'_>,
    ) -> (Result<Resolved, NoMatch>, Vec<Finding>) {
        let rules = self.rules;
        let mut refused = vec![];
        let result = functions::resolve(name, shapes, rules, &mut |position, parameters| {
            let (findings, sites) = (self.findings.len(), self.sites.len());
            let body = self.lambda(&args[position], parameters, scope);
            let found = self.findings.split_off(findings);
            self.sites.truncate(sites);
            let ExprKind::Lambda { body, .. } = body.kind else { return None };
            if found.is_empty() && !body.ty.has_error() {
                return Some(body.ty);
            }
            refused = found;
            None
        });
        (result, refused)
    }

    fn cast_arguments(
        &mut self,
        chosen: Resolved,
        bound: Vec<Option<Expr>>,
        args: &[tree::Expr],
        scope: &Scope<'_>,
    ) -> (Vec<Expr>, &'static functions::Function, Type) {
        let args = bound
            .into_iter()
            .zip(&chosen.args)
            .zip(args)
            .map(|((bound, ty), written)| match (bound, ty) {
                (Some(expr), ty) => self.coerce(expr, ty),
                (None, Type::Function(parameters, result)) => {
                    let mut lambda = self.lambda(written, parameters, scope);
                    if let ExprKind::Lambda { body, .. } = &mut lambda.kind {
                        **body = self.coerce((**body).clone(), result);
                    }
                    Expr { ty: ty.clone(), ..lambda }
                }
                (None, _) => error_expr(written.span),
            })
            .collect();
        (args, chosen.function, chosen.result)
    }

    /// A lambda with the types of its parameters known.
    fn lambda(&mut self, written: &tree::Expr, types: &[Type], scope: &Scope<'_>) -> Expr {
        let span = written.span;
        let tree::ExprKind::Lambda(names, body) = &written.kind else { return error_expr(span) };
        let parameters: Vec<_> =
            names.iter().zip(types).map(|(name, ty)| self.column(Some(name.value.clone()), ty.clone(), true)).collect();
        let fields =
            parameters.iter().map(|column| Field { qualifier: Arc::default(), column: column.clone() }).collect();
        let inner = Scope { parent: Some(scope), fields, depth: scope.depth, ..Scope::default() };
        let body = self.inside(Inside::Lambda, |binder| binder.expr(body, &inner));
        let ty = Type::Function(types.to_vec(), Box::new(body.ty.clone()));
        build::expr(ExprKind::Lambda { parameters, body: Box::new(body) }, ty, span)
    }

    /// What stands between braces where an expression is expected.
    pub fn placeholder(&mut self, placeholder: &tree::Placeholder, scope: &Scope<'_>) -> Expr {
        use super::{Reference, SiteKind};
        use crate::bound::Parameter;
        let span = placeholder.span;
        let name = &placeholder.name;
        if let (Some(value), None) = (self.parameters.get(name), &placeholder.args) {
            let value = Expr { span, ..value.clone() };
            if let Some(sql) = self.written_parameters.get(name) {
                self.site(span, SiteKind::Helper(sql.clone()));
            }
            return value;
        }
        let reference = self.names.reference(name);
        if let (Some(Reference::Helper(helper)), Some(args)) = (&reference, &placeholder.args) {
            return self.helper_call(helper, placeholder, args, scope);
        }
        let found = match reference {
            Some(Reference::Now) if placeholder.args.is_none() => {
                self.site(span, SiteKind::Now);
                return build::expr(ExprKind::Parameter(Parameter::Now), Type::TimestampTz(6), span);
            }
            Some(Reference::FirstRun(value)) if placeholder.args.is_none() => {
                return match value {
                    Some(value) => {
                        self.site(span, SiteKind::Boolean(value));
                        build::boolean(value, span)
                    }
                    None => build::expr(ExprKind::Parameter(Parameter::FirstRun), Type::Boolean, span),
                };
            }
            Some(Reference::Relation(_)) => finding::not_a_value::new(name, span),
            Some(Reference::Helper(helper)) => finding::helper_arguments::missing(&helper.name, span),
            Some(_) => finding::helper_arguments::not_a_helper(name, span),
            None => {
                let mut known = self.names.reference_names();
                known.extend(self.parameters.keys().cloned());
                finding::unknown_reference::new(name, span, &known)
            }
        };
        self.report(found);
        error_expr(span)
    }

    /// Puts a helper's expression in place of its call, with the arguments as bound expressions.
    fn helper_call(
        &mut self,
        helper: &super::Helper,
        placeholder: &tree::Placeholder,
        args: &[tree::Expr],
        scope: &Scope<'_>,
    ) -> Expr {
        let span = placeholder.span;
        let bound: Vec<Expr> = args.iter().map(|arg| self.expr(arg, scope)).collect();
        if bound.len() != helper.parameters.len() {
            self.report(finding::helper_arguments::count(helper, bound.len(), span));
            return error_expr(span);
        }
        for value in &bound {
            if holds_subquery(value) {
                self.report(finding::unsupported::new("a subquery as an argument of a helper", value.span));
                return error_expr(span);
            }
        }
        let mut parameters = BTreeMap::new();
        for (value, (name, ty, nullable)) in bound.into_iter().zip(&helper.parameters) {
            if !value.ty.has_error() && !types::can_coerce(&value.ty, ty, self.rules) {
                self.report(finding::helper_arguments::mismatch(helper, name, ty, &value));
                return error_expr(span);
            }
            if value.nullable && !nullable {
                self.report(finding::helper_arguments::nullable(helper, name, &value));
            }
            parameters.insert(name.clone(), self.coerce(value, ty));
        }
        self.expand_helper(helper, parameters, placeholder, args)
    }
}

fn is_lambda(written: &tree::Expr) -> bool {
    matches!(written.kind, tree::ExprKind::Lambda(..))
}

fn holds_subquery(value: &Expr) -> bool {
    let mut found = false;
    value.visit(&mut |part| found |= part.subquery().is_some());
    found
}
