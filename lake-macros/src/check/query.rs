//! Every SQL literal of a model: parsed, bound, and compared with the declared row.

use std::sync::Arc;

use lake_sql::bind::{Names, Outcome, Reference, bind, check_contract, check_names};
use lake_sql::bound::BoundQuery;
use lake_sql::finding::Finding;
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::TypeRules;
use proc_macro2::TokenStream;

use super::names::{References, helper, relation};
use super::{Answers, State, with_own};
use crate::export::bare;
use crate::literal::SqlLiteral;
use crate::payload::Schema;

/// The result of the first literal, from which a row can be inferred.
#[derive(Default)]
pub(super) struct Found {
    pub(super) query: Option<BoundQuery>,
    /// Whether nothing is wrong.
    pub(super) complete: bool,
}

/// Checks all literals.
pub(super) fn check(state: &State, answers: &Answers) -> (TokenStream, Found) {
    let mut found = Found::default();
    // A measurement of what checking costs needs the same code without it.
    if answers.row.is_some() && std::env::var_os("LAKE_SKIP_CHECK").is_some() {
        return (TokenStream::new(), found);
    }
    let references = references(state, answers);
    let unknown = answers.upstreams.iter().any(|upstream| !upstream.complete);
    let mut errors = TokenStream::new();
    for (position, literal) in state.literals.iter().enumerate() {
        let (mut findings, query) = read(literal, &references, answers.row.as_ref());
        if unknown {
            // What is missing may be among the columns that an error elsewhere hides.
            findings.retain(|finding| finding.id != "contract-missing-column");
        }
        if position == 0 {
            found = Found { query, complete: findings.is_empty() && !unknown };
        }
        errors.extend(findings.iter().map(|finding| literal.error(finding)));
    }
    (errors, found)
}

fn read(literal: &SqlLiteral, names: &References, row: Option<&Schema>) -> (Vec<Finding>, Option<BoundQuery>) {
    let parsed = parse_query(&literal.text, Templates::Yes);
    let Some(tree) = parsed.tree else { return (parsed.findings, None) };
    let Outcome { query, complete, findings, .. } =
        bind(&tree, &literal.text, names as &dyn Names, TypeRules::default());
    // What the parser could not read is missing in what the binder sees; its findings would be echoes.
    if !parsed.findings.is_empty() {
        return (parsed.findings, query);
    }
    // A query with errors may have lost columns.
    let Some(query) = query else { return (findings, None) };
    if !findings.is_empty() {
        return (findings, Some(query));
    }
    let mut findings = match row {
        Some(row) if row.complete => check_contract(&tree, &query, &relation(row).columns, &row.name),
        Some(_) => vec![],
        None => check_names(&query),
    };
    // A star over an upstream with an error stands for columns that are not known.
    findings.retain(|finding| complete || finding.id != "contract-missing-column");
    (findings, Some(query))
}

/// What the names in braces mean in this model.
fn references(state: &State, answers: &Answers) -> References {
    let mut references = References::default();
    let mut upstreams = answers.upstreams.iter();
    for (name, role) in &state.parameters {
        let reference = match role.to_string().as_str() {
            "reference" => upstreams.next().map(|schema| Reference::Relation(Arc::new(relation(schema)))),
            "this" => Some(Reference::Relation(Arc::new(relation(&this(state, answers))))),
            "now" => Some(Reference::Now),
            _ => Some(Reference::FirstRun(None)),
        };
        if let Some(reference) = reference {
            references.add(bare(name), reference);
        }
    }
    for shape in &answers.helpers {
        references.add(&shape.name, Reference::Helper(Arc::new(helper(shape))));
    }
    references
}

/// The model's own table.
fn this(state: &State, answers: &Answers) -> Schema {
    let sequence = state.sequence.as_ref().map(bare).unwrap_or_default();
    let (columns, complete) = match &answers.row {
        Some(row) => (with_own(row.columns.clone(), &answers.own, &sequence), row.complete),
        None => (vec![], false),
    };
    Schema { name: state.label.clone(), node: state.node.clone(), complete, columns }
}
