//! Casts that keep types and values on an engine with other rules, and edits of text that is put into other text.

use std::cmp::Reverse;

use super::binder::Binder;
use super::{Site, SiteKind};
use crate::bound::{BoundQuery, Cte, Expr, ExprKind, Rel};
use crate::finding;
use crate::functions::{self, Arg};
use crate::span::Span;
use crate::syntax::tree::BinaryOp;
use crate::types::operators::{self, OperatorType};
use crate::types::{Type, TypeRules};

impl Binder<'_> {
    /// Notes the casts that an operator needs on the target.
    pub fn keep_operator_type(
        &mut self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        chosen: &OperatorType,
        op_span: Span,
        span: Span,
    ) {
        if self.target == self.rules {
            return;
        }
        let mut left_ty = left.ty.clone();
        let mut result = operators::binary(op, &left_ty, &right.ty, self.target);
        // Rounding cannot be undone: the quotient gets its digits from a dividend that has them.
        if let (BinaryOp::Divide, Type::Decimal { .. }) = (op, &chosen.result)
            && result.as_ref().is_ok_and(|other| other.result != chosen.result)
        {
            let Some(dividend) = wide_dividend(&chosen.left, &chosen.result) else {
                self.report(finding::engine_rules::digits(&chosen.result, op_span));
                return;
            };
            self.cast_site(left.span, &dividend);
            left_ty = dividend;
            result = operators::binary(op, &left_ty, &right.ty, self.target);
        }
        match result {
            Ok(other) if other.result == chosen.result => {}
            Ok(other) if keeps_digits(&other.result, &chosen.result, op) => self.cast_site(span, &chosen.result),
            _ => self.report(finding::engine_rules::digits(&chosen.result, op_span)),
        }
    }

    /// Notes the cast that a call needs on the target.
    pub fn keep_call_type(&mut self, name: &str, args: &[Arg], result: &Type, span: Span) {
        let lambda = args.iter().any(|arg| matches!(arg, Arg::Lambda(_)));
        if self.target == self.rules || lambda {
            return;
        }
        match functions::resolve(name, args, self.target, &mut |_, _| None) {
            Ok(other) if other.result == *result => {}
            Ok(_) => self.cast_site(span, result),
            Err(_) => self.report(finding::engine_rules::call(name, span)),
        }
    }

    /// Reports what only newer engines have, and tells whether the query cannot be bound with it.
    pub fn is_too_new(&mut self, what: &str, span: Span) -> bool {
        if self.rules == TypeRules::Old {
            self.report(finding::unsupported::new(&format!("{what} on an engine with the older rules"), span));
        } else if self.target == TypeRules::Old {
            self.report(finding::engine_rules::newer(what, span));
        }
        self.rules == TypeRules::Old
    }

    /// A cast around an expression; of two around the same one, the later goes around the earlier.
    fn cast_site(&mut self, span: Span, ty: &Type) {
        let kind = SiteKind::Cast(ty.clone());
        match self.sites.iter_mut().find(|site| site.span == span && matches!(site.kind, SiteKind::Cast(_))) {
            // The later type holds the values of the earlier one: it has the same whole digits and more behind.
            Some(site) => site.kind = kind,
            None => self.site(span, kind),
        }
    }

    /// Finds conversions between char and varchar, whose blanks differ between the rules.
    pub fn check_target(&mut self, query: &BoundQuery) {
        if self.target == self.rules || self.target == TypeRules::New {
            return;
        }
        let mut places = vec![];
        let mut look = |rel: &Rel| {
            for expr in rel.expressions() {
                expr.visit(&mut |part| places.extend(padded(part)));
            }
        };
        for rel in query.ctes.iter().flat_map(Cte::rels).chain([&query.root]) {
            rel.visit(&mut look);
        }
        places.sort_unstable();
        places.dedup();
        for place in places {
            self.report(finding::engine_rules::padding(place));
        }
    }
}

fn padded(expr: &Expr) -> Option<Span> {
    match &expr.kind {
        ExprKind::Cast { expr: inner, .. } if matches!((&inner.ty, &expr.ty), (Type::Char(_), Type::Varchar(_))) => {
            Some(inner.span)
        }
        _ => None,
    }
}

/// The dividend with as many digits behind the point as the quotient; None if it has more already, and rounding the
/// quotient again could give another value. A dividend too large for 38 digits then fails on the engine, loudly.
fn wide_dividend(dividend: &Type, quotient: &Type) -> Option<Type> {
    match (dividend, quotient) {
        (Type::Decimal { precision, scale }, Type::Decimal { scale: wanted, .. }) if scale <= wanted => {
            Some(Type::Decimal { precision: (precision - scale + wanted).min(38), scale: *wanted })
        }
        _ => None,
    }
}

/// Whether the value on the target has all the digits that the promised type keeps.
fn keeps_digits(found: &Type, promised: &Type, op: BinaryOp) -> bool {
    match (found, promised) {
        (Type::Decimal { scale: found, .. }, Type::Decimal { scale: promised, .. }) if op == BinaryOp::Divide => {
            found == promised
        }
        (Type::Decimal { scale: found, .. }, Type::Decimal { scale: promised, .. }) => found >= promised,
        _ => true,
    }
}

/// A change of a text.
pub(super) enum Edit {
    /// Other text.
    Replace(String),
    /// A cast around it.
    Cast(Type),
}

/// The sites within a place that are known as text already. The renderer reads decimals and `{now}` itself.
pub(super) fn edits_within(sites: &[Site], place: Span) -> Vec<(Span, Edit)> {
    let inside = |site: &&Site| place.start <= site.span.start && site.span.end <= place.end;
    let edit = |site: &Site| match &site.kind {
        SiteKind::Helper(sql) => Some((site.span, Edit::Replace(sql.clone()))),
        SiteKind::Boolean(value) => Some((site.span, Edit::Replace(value.to_string()))),
        SiteKind::Cast(ty) => Some((site.span, Edit::Cast(ty.clone()))),
        SiteKind::Relation { .. } | SiteKind::Star(_) | SiteKind::Now | SiteKind::DecimalLiteral => None,
    };
    sites.iter().filter(inside).filter_map(edit).collect()
}

/// A part of a text with the edits inside of it.
pub(super) fn edited(text: &str, part: Span, edits: &[(Span, Edit)]) -> String {
    let mut sorted: Vec<&(Span, Edit)> = edits.iter().collect();
    sorted.sort_by_key(|(span, edit)| (span.start, Reverse(span.end), matches!(edit, Edit::Replace(_))));
    write_edited(text, part, &sorted)
}

fn write_edited(text: &str, part: Span, edits: &[&(Span, Edit)]) -> String {
    let mut out = String::new();
    let (mut at, mut rest) = (part.start, edits);
    while let Some(((span, edit), others)) = rest.split_first() {
        let inner = others.iter().take_while(|(inner, _)| inner.start < span.end).count();
        out.push_str(&text[at..span.start]);
        match edit {
            Edit::Replace(sql) => out.push_str(sql),
            Edit::Cast(ty) => {
                let inside = write_edited(text, *span, &others[..inner]);
                out.push_str(&format!("cast({inside} as {ty})"));
            }
        }
        (at, rest) = (span.end, &others[inner..]);
    }
    out.push_str(&text[at..part.end]);
    out
}
