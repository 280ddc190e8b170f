//! Text to tree, with the first finding as the error.

use lake_core::engine::EngineError;
use lake_sql::finding::{Finding, Severity};
use lake_sql::syntax::{self, Parsed, Templates, tree};

use crate::error::{Result, statement};

/// A statement.
pub fn statement_of(text: &str) -> Result<tree::Statement> {
    one(syntax::parse_statement(text), text)
}

/// A query.
pub fn query(text: &str) -> Result<tree::Query> {
    one(syntax::parse_query(text, Templates::No), text)
}

fn one<T>(parsed: Parsed<T>, text: &str) -> Result<T> {
    refuse(&parsed.findings, text)?;
    parsed.tree.ok_or_else(|| statement("SYNTAX_ERROR: the statement is empty"))
}

/// Fails with the first error among findings.
pub fn refuse(findings: &[Finding], text: &str) -> Result<()> {
    let Some(finding) = findings.iter().find(|finding| finding.severity == Severity::Error) else { return Ok(()) };
    let before = &text[..finding.span.start.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let label = if finding.label.is_empty() { String::new() } else { format!(" ({})", finding.label) };
    Err(EngineError {
        help: finding.help.clone(),
        ..statement(format!("line {line}:{column}: {}{label} [{}]", finding.message, finding.id))
    })
}
