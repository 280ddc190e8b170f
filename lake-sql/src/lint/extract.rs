//! What makes a full extract less than full.

use crate::bound::{BoundQuery, Rel, RelKind};
use crate::finding::{Finding, filtered_extract};

/// The filters and limits on the way from the tables to the result of a query that should give every key.
pub fn full_extract(query: &BoundQuery) -> Vec<Finding> {
    let mut findings = vec![];
    below(query, &query.root, &mut findings);
    super::sorted(findings)
}

fn below(query: &BoundQuery, rel: &Rel, findings: &mut Vec<Finding>) {
    match &rel.kind {
        RelKind::Filter { predicate, .. } => findings.push(filtered_extract::new("a condition", predicate.span)),
        RelKind::Limit { .. } => findings.push(filtered_extract::new("a limit", rel.span)),
        RelKind::Sample { .. } => findings.push(filtered_extract::new("a sample", rel.span)),
        RelKind::CteRef { cte, .. } => {
            let definition = query.ctes.iter().find(|other| other.id == *cte && other.recursive.is_none());
            definition.into_iter().for_each(|definition| below(query, &definition.rel, findings));
        }
        _ => {}
    }
    for input in rel.inputs() {
        below(query, input, findings);
    }
}
