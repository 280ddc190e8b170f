//! `-- lake: allow(integer-division) buckets of a thousand`: a lint that is meant.

use crate::finding::{Finding, Severity, allow, doc, double_literal, engine_dependent_type};
use crate::span::Span;
use crate::syntax;

/// Lints that come up only when another engine is asked about.
const PORTABILITY: [&str; 2] = [double_literal::DOC.id, engine_dependent_type::DOC.id];

/// A comment that allows a lint.
struct Allowed<'a> {
    id: &'a str,
    span: Span,
    reason: &'a str,
}

/// The findings without the lints that comments of `text` allow, and what is wrong with such comments.
pub fn apply(text: &str, findings: Vec<Finding>) -> Vec<Finding> {
    let allowed: Vec<Allowed> = syntax::comments(text).into_iter().filter_map(|span| parse(text, span)).collect();
    let is_allowed = |finding: &Finding| {
        finding.severity == Severity::Lint && allowed.iter().any(|allowed| allowed.id == finding.id)
    };
    let mut kept: Vec<Finding> = findings.iter().filter(|finding| !is_allowed(finding)).cloned().collect();
    kept.extend(allowed.iter().filter_map(|allowed| mistake(allowed, &findings)));
    super::sorted(kept)
}

fn mistake(allowed: &Allowed<'_>, findings: &[Finding]) -> Option<Finding> {
    if !doc::LINTS.contains(&allowed.id) {
        return Some(allow::unknown(allowed.id, doc::LINTS, allowed.span));
    }
    if allowed.reason.is_empty() {
        return Some(allow::no_reason(allowed.id, allowed.span));
    }
    let used = findings.iter().any(|finding| finding.id == allowed.id);
    (!used && !PORTABILITY.contains(&allowed.id)).then(|| allow::unused(allowed.id, allowed.span))
}

/// What a comment allows, if it is of that form.
fn parse(text: &str, comment: Span) -> Option<Allowed<'_>> {
    let written = comment.text(text);
    let inner = written.trim_start_matches(['-', '/', '*']).trim_end_matches(['*', '/']);
    let (id, reason) =
        inner.trim_start().strip_prefix("lake:")?.trim_start().strip_prefix("allow(")?.split_once(')')?;
    let start = comment.start + (id.as_ptr() as usize - written.as_ptr() as usize);
    let trimmed = id.trim();
    let start = start + (id.len() - id.trim_start().len());
    Some(Allowed { id: trimmed, span: Span::new(start, start + trimmed.len()), reason: reason.trim() })
}
