//! One file: its statements in order, each seeing what those before it created.

use lake_sql::bind::{Relation, RelationColumn, bind_statement};
use lake_sql::bound::statement::BoundStatement;
use lake_sql::finding::Finding;
use lake_sql::lint;
use lake_sql::syntax::parse_script;
use lake_sql::syntax::tree::{ColumnDefinition, Name, Query, Statement, StatementKind};
use lake_sql::types::{Type, TypeRules};

use super::catalog::Catalog;

/// What is looked for beside errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lints {
    /// Nothing.
    None,
    /// What runs, but probably not as meant.
    Usual,
    /// And what means something else on another engine.
    Portable,
}

/// The findings of a file, in order. What its statements create is in the catalog afterwards.
pub fn check(text: &str, catalog: &mut Catalog, rules: TypeRules, lints: Lints) -> Vec<Finding> {
    let parsed = parse_script(text);
    let mut findings = parsed.findings;
    for statement in parsed.tree.iter().flatten() {
        let misread = findings
            .iter()
            .any(|finding| statement.span.start <= finding.span.start && finding.span.start <= statement.span.end);
        if misread {
            continue;
        }
        findings.extend(statement_findings(statement, text, catalog, rules, lints));
    }
    match lints {
        Lints::None => findings,
        Lints::Usual | Lints::Portable => lint::without_allowed(text, findings),
    }
}

fn statement_findings(
    statement: &Statement,
    text: &str,
    catalog: &mut Catalog,
    rules: TypeRules,
    lints: Lints,
) -> Vec<Finding> {
    if let StatementKind::Explain(inner) = &statement.kind {
        return statement_findings(inner, text, catalog, rules, lints);
    }
    if let StatementKind::CreateTable { name, columns, .. } = &statement.kind {
        return declare(name, columns, catalog);
    }
    let outcome = bind_statement(statement, text, catalog, rules);
    let mut findings = outcome.findings;
    if let (Some(bound), true) = (&outcome.statement, lints != Lints::None) {
        findings.extend(lint::statement(bound, text));
    }
    if let (Some(query), Lints::Portable) = (query_of(statement).filter(|_| outcome.statement.is_some()), lints) {
        findings.extend(lint::portability(query, text, catalog));
    }
    match outcome.statement {
        Some(BoundStatement::CreateTableAs(created)) => catalog.add(&created.table, relation_columns(created.columns)),
        Some(BoundStatement::CreateView(created)) => catalog.add(&created.view, relation_columns(created.columns)),
        _ => {}
    }
    findings
}

/// The query that a statement is made of.
fn query_of(statement: &Statement) -> Option<&Query> {
    match &statement.kind {
        StatementKind::Query(query)
        | StatementKind::CreateTableAs { query, .. }
        | StatementKind::CreateView { query, .. }
        | StatementKind::Insert { query, .. } => Some(query),
        _ => None,
    }
}

/// Adds a table to the catalog.
fn declare(name: &Name, columns: &[ColumnDefinition], catalog: &mut Catalog) -> Vec<Finding> {
    let mut findings = vec![];
    let mut declared = vec![];
    for column in columns {
        let ty = Type::from_syntax(&column.ty).unwrap_or_else(|finding| {
            findings.push(*finding);
            Type::Error
        });
        let name = column.name.value.clone();
        declared.push(RelationColumn { name, ty, nullable: !column.not_null, brand: None });
    }
    let parts: Vec<String> = name.parts.iter().map(|part| part.value.clone()).collect();
    catalog.add(&parts, declared);
    findings
}

fn relation_columns(columns: Vec<(String, Type, bool)>) -> Vec<RelationColumn> {
    columns.into_iter().map(|(name, ty, nullable)| RelationColumn { name, ty, nullable, brand: None }).collect()
}

impl Catalog {
    /// Adds a table or replaces the one of that name.
    fn add(&mut self, parts: &[String], columns: Vec<RelationColumn>) {
        self.insert(parts, Relation { name: parts.join("."), columns, complete: true });
    }
}
