//! `{first_run}` folds; helpers are put in as bound expressions.

use std::collections::BTreeMap;

use super::binder::Binder;
use super::scope::{Scope, error_expr};
use super::{Helper, Reference, SiteKind, build};
use crate::bound::Expr;
use crate::finding::{self, Finding};
use crate::span::Span;
use crate::syntax::tree::{self, BinaryOp};
use crate::syntax::{Templates, parse_expression, placeholder_spans};
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
        let no_parameter = |_: &str| None;
        let written: Vec<String> =
            args.iter().map(|arg| self.filled(arg.span.text(self.text), &no_parameter, &[])).collect();
        let sql = self.helper_sql(helper, &written, &[helper.name.as_str()]);
        let caller = std::mem::replace(&mut self.parameters, parameters);
        let (findings, sites) = (self.findings.len(), std::mem::take(&mut self.sites));
        self.expanding.push(helper.name.clone());
        let mut bound = self.expr(&template, &Scope::root());
        self.expanding.pop();
        self.parameters = caller;
        // The helper's own text has its own check; its places are none of this text.
        let broken = self.findings.len() > findings;
        self.findings.truncate(findings);
        self.sites = sites;
        self.sites.retain(|site| !(span.start <= site.span.start && site.span.end <= span.end));
        self.site(span, SiteKind::Helper(sql));
        if broken || bound.ty.has_error() || !types::can_coerce(&bound.ty, &ty, self.rules) {
            return Expr { ty, nullable, ..error_expr(span) };
        }
        bound = self.coerce(bound, &ty);
        relocate(&mut bound, span);
        Expr { nullable: bound.nullable && nullable, ..bound }
    }

    /// The helper's SQL with its arguments put in, each in the type of its parameter.
    fn helper_sql(&self, helper: &Helper, args: &[String], calling: &[&str]) -> String {
        let parameter = |name: &str| {
            let position = helper.parameters.iter().position(|(parameter, ..)| parameter == name)?;
            Some(format!("cast(({}) as {})", args.get(position)?, helper.parameters[position].1))
        };
        // Without a comment at the end, which would swallow the parenthesis.
        let template = parse_expression(&helper.template, Templates::Yes).tree.map(|tree| tree.span);
        let template = template.unwrap_or_default().text(&helper.template);
        format!("cast(({}) as {})", self.filled(template, &parameter, calling), helper.result.0)
    }

    /// A part of a template in which parameters, helpers and `{first_run}` are written out. `{now}` stays: the run
    /// brings it. `calling` names the helpers around it, none of which can be called again.
    fn filled(&self, text: &str, parameter: &dyn Fn(&str) -> Option<String>, calling: &[&str]) -> String {
        let mut sql = String::new();
        let mut end = 0;
        for span in placeholder_spans(text) {
            sql.push_str(&text[end..span.start]);
            let placeholder = span.text(text);
            sql.push_str(&self.filled_placeholder(placeholder, parameter, calling).unwrap_or(placeholder.to_owned()));
            end = span.end;
        }
        sql.push_str(&text[end..]);
        sql
    }

    fn filled_placeholder(
        &self,
        text: &str,
        parameter: &dyn Fn(&str) -> Option<String>,
        calling: &[&str],
    ) -> Option<String> {
        let tree::ExprKind::Placeholder(placeholder) = parse_expression(text, Templates::Yes).tree?.kind else {
            return None;
        };
        if let (Some(sql), None) = (parameter(&placeholder.name), &placeholder.args) {
            return Some(sql);
        }
        match self.names.reference(&placeholder.name)? {
            Reference::FirstRun(value) => value.map(|value| value.to_string()),
            Reference::Helper(helper) if !calling.contains(&helper.name.as_str()) => {
                let args = placeholder.args.iter().flatten();
                let args: Vec<String> = args.map(|arg| self.filled(arg.span.text(text), parameter, calling)).collect();
                let inside: Vec<&str> = calling.iter().copied().chain([helper.name.as_str()]).collect();
                Some(self.helper_sql(&helper, &args, &inside))
            }
            _ => None,
        }
    }
}

/// Everything in the expression stands where the helper is called.
fn relocate(expr: &mut Expr, span: Span) {
    expr.span = span;
    for child in expr.children_mut() {
        relocate(child, span);
    }
}
