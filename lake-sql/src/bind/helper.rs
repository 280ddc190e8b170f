//! `{first_run}` folds; helpers are put in as bound expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::binder::Binder;
use super::scope::{Scope, error_expr};
use super::sites::{edited, edits_within};
use super::{Helper, Reference, Site, SiteKind, build};
use crate::bound::Expr;
use crate::finding::{self, Finding};
use crate::span::Span;
use crate::syntax::tree::{self, BinaryOp};
use crate::syntax::{Templates, parse_expression};
use crate::types;

impl Binder<'_> {
    /// The value of a condition that `{first_run}` alone decides.
    fn decided(&self, written: &tree::Expr) -> Option<bool> {
        use tree::ExprKind as K;
        match &written.kind {
            K::Placeholder(placeholder) if placeholder.args.is_none() => {
                match self.names.reference(&placeholder.name) {
                    Some(Reference::FirstRun(value)) => value,
                    _ => None,
                }
            }
            K::Parenthesized(inner) => self.decided(inner),
            K::Not(operand) => self.decided(operand).map(|value| !value),
            K::Binary(left, op @ (BinaryOp::And | BinaryOp::Or), _, right) => {
                let absorbing = *op == BinaryOp::Or;
                match (self.decided(left), self.decided(right)) {
                    (Some(value), _) | (_, Some(value)) if value == absorbing => Some(absorbing),
                    (Some(_), Some(_)) => Some(!absorbing),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The condition as a constant, if `{first_run}` decides it; names in a dead arm need not exist.
    pub fn fold_first_run(&mut self, written: &tree::Expr) -> Option<Expr> {
        let value = self.decided(written)?;
        self.site(written.span, SiteKind::Boolean(value));
        Some(build::boolean(value, written.span))
    }
}

/// Binds a helper for itself: its template against its parameters and its declared result.
pub(super) fn bind_helper(mut binder: Binder<'_>, helper: &Helper, template: &tree::Expr) -> Vec<Finding> {
    for (name, ty, nullable) in &helper.parameters {
        let value = build::pass_through(binder.fresh(), ty.clone(), *nullable, template.span);
        binder.parameters.insert(name.clone(), value);
    }
    let (bound, _) = binder.in_context(super::binder::Clause::Select, |binder| binder.expr(template, &Scope::root()));
    let (ty, nullable) = &helper.result;
    if !bound.ty.has_error() && !types::can_coerce(&bound.ty, ty, binder.rules) {
        binder.report(finding::helper_result::mismatch(helper, &bound.ty, bound.span));
    } else if bound.nullable && !nullable {
        binder.report(finding::helper_result::nullable(helper, bound.span));
    }
    binder.sorted_findings()
}

impl Binder<'_> {
    /// The helper's expression with its parameters bound to these values.
    pub fn expand_helper(
        &mut self,
        helper: &Helper,
        parameters: BTreeMap<String, Expr>,
        placeholder: &tree::Placeholder,
        args: &[tree::Expr],
    ) -> Expr {
        let span = placeholder.span;
        let (ty, nullable) = helper.result.clone();
        if self.expanding.contains(&helper.name) {
            self.report(finding::helper_arguments::recursive(helper, span));
            return error_expr(span);
        }
        let Some(template) = parse_expression(&helper.template, Templates::Yes).tree else {
            return Expr { ty, nullable, ..error_expr(span) };
        };
        let written = helper
            .parameters
            .iter()
            .zip(args)
            .map(|((name, ty, _), arg)| (name.clone(), format!("cast(({}) as {ty})", self.written(arg.span))));
        let call = HelperCall { text: helper.template.clone(), parameters, written: written.collect(), sites: vec![] };
        let findings = self.findings.len();
        let caller = self.swap_text(call);
        self.expanding.push(helper.name.clone());
        let mut bound = self.expr(&template, &Scope::root());
        self.expanding.pop();
        let sql = format!("cast(({}) as {ty})", self.written(template.span));
        self.swap_text(caller);
        // The helper's own text has its own check; its places are none of this text.
        let broken = self.findings.len() > findings;
        self.findings.truncate(findings);
        self.sites.retain(|site| !(span.start <= site.span.start && site.span.end <= span.end));
        self.site(span, SiteKind::Helper(sql));
        if broken || bound.ty.has_error() || !types::can_coerce(&bound.ty, &ty, self.rules) {
            return Expr { ty, nullable, ..error_expr(span) };
        }
        bound = self.coerce(bound, &ty);
        relocate(&mut bound, span);
        Expr { nullable: bound.nullable && nullable, ..bound }
    }

    /// Goes on in another text, and gives back what belongs to the one before.
    fn swap_text(&mut self, next: HelperCall) -> HelperCall {
        HelperCall {
            text: std::mem::replace(&mut self.text, next.text),
            parameters: std::mem::replace(&mut self.parameters, next.parameters),
            written: std::mem::replace(&mut self.written_parameters, next.written),
            sites: std::mem::replace(&mut self.sites, next.sites),
        }
    }

    /// A part of the text as SQL: with the sites in it, and with the helper's parameters written out. `{now}` stays:
    /// the run brings it.
    fn written(&self, part: Span) -> String {
        edited(&self.text, part, &edits_within(&self.sites, part))
    }
}

/// A text that is bound, and what belongs to it.
struct HelperCall {
    text: Arc<str>,
    parameters: BTreeMap<String, Expr>,
    written: BTreeMap<String, String>,
    sites: Vec<Site>,
}

/// Everything in the expression stands where the helper is called.
fn relocate(expr: &mut Expr, span: Span) {
    expr.span = span;
    for child in expr.children_mut() {
        relocate(child, span);
    }
}
