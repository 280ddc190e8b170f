//! Conditions over the columns of a row: `.delete_when("..")` and `#[col(condition = "..")]`.

use std::sync::Arc;

use lake_sql::bind::{Names, Reference, bind};
use lake_sql::finding::Finding;
use lake_sql::span::Span;
use lake_sql::syntax::{Templates, parse_query};
use lake_sql::types::TypeRules;
use proc_macro2::TokenStream;
use syn::LitStr;

use super::names::{References, relation};
use crate::literal::SqlLiteral;
use crate::payload::Schema;

const BEFORE: &str = "select 1 as one from {row} where (";
const COLUMN: &str = "{column}";

/// Errors of a condition over the row's columns. `column` is what `{column}` stands for.
pub(crate) fn check(condition: &LitStr, row: &Schema, column: Option<&str>) -> TokenStream {
    let literal = SqlLiteral::new(condition.clone());
    let quoted = column.map(|column| format!("\"{}\"", column.replace('"', "\"\"")));
    let text = match &quoted {
        Some(quoted) => literal.text.replace(COLUMN, quoted),
        None => literal.text.clone(),
    };
    let findings = findings(&format!("{BEFORE}{text})"), row);
    let errors = findings.into_iter().map(|mut finding| {
        let length = quoted.as_ref().map_or(COLUMN.len(), String::len);
        let moved = |offset: usize| written(&literal.text, length, offset.saturating_sub(BEFORE.len()));
        finding.span = Span::new(moved(finding.span.start), moved(finding.span.end));
        finding.context.clear();
        finding.suggestion = None;
        literal.error(&finding)
    });
    errors.collect()
}

fn findings(text: &str, row: &Schema) -> Vec<Finding> {
    let mut references = References::default();
    references.add("row", Reference::Relation(Arc::new(relation(row))));
    let parsed = parse_query(text, Templates::Yes);
    match (parsed.findings.is_empty(), parsed.tree) {
        (true, Some(tree)) => bind(&tree, text, &references as &dyn Names, TypeRules::default()).findings,
        _ => parsed.findings,
    }
}

/// The offset in the condition as written, given that `{column}` became `length` bytes.
fn written(condition: &str, length: usize, offset: usize) -> usize {
    let (mut at, mut reached) = (0, 0);
    for (position, _) in condition.match_indices(COLUMN) {
        let behind = reached + (position - at) + length;
        if offset < behind {
            break;
        }
        at = position + COLUMN.len();
        reached = behind;
    }
    (at + offset.saturating_sub(reached)).min(condition.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_to_the_condition_as_written() {
        // `"a" > 0 and "a" < b`
        let condition = "{column} > 0 and {column} < b";
        assert_eq!(written(condition, 3, 0), 0);
        assert_eq!(written(condition, 3, 4), 9);
        assert_eq!(written(condition, 3, 18), 28);
    }
}
