//! What means something else on an engine with other rules, in text that is sent as it stands.

use crate::bind::{Names, SiteKind, bind_for};
use crate::finding::{Finding, Severity, double_literal, engine_dependent_type};
use crate::syntax::{self, tree};
use crate::types::TypeRules;

/// The places of a query, bound without errors, that need a cast to mean the same under the older rules, and literals
/// that are doubles there.
pub fn portability(query: &tree::Query, text: &str, names: &dyn Names) -> Vec<Finding> {
    let outcome = bind_for(query, text, names, TypeRules::New, TypeRules::Old);
    let mut findings = outcome.findings;
    for finding in &mut findings {
        finding.severity = Severity::Lint;
    }
    for site in &outcome.sites {
        if let SiteKind::Cast(ty) = &site.kind {
            findings.push(engine_dependent_type::new(ty, site.span.text(text), site.span));
        }
    }
    let inside = |span: &crate::span::Span| query.span.start <= span.start && span.end <= query.span.end;
    let literals = syntax::decimal_spans(text).into_iter().filter(inside);
    findings.extend(literals.map(|span| double_literal::new(span.text(text), span)));
    super::sorted(findings)
}
