//! Lints: what runs, but probably not as meant. They read the bound tree; errors are the binder's.

mod allow;
mod expressions;
mod extract;
mod fan_out;
mod portability;

use std::collections::BTreeSet;

use crate::analysis::determinism;
use crate::analysis::keys::DeclaredKeys;
use crate::bound::statement::{BoundStatement, MergeAction, Target};
use crate::bound::{BoundQuery, Cte, Expr, ExprKind, OutputColumn, Rel, RelKind};
use crate::finding::{Finding, lossy_assignment, not_deterministic, unused_cte};
use crate::types::{Assignment, can_assign};

pub use allow::apply as without_allowed;
pub use extract::full_extract;
pub use portability::portability;

/// The lints of a query, in order of their place. `text` is what it was bound from, `declared` what is unique in tables.
pub fn query(query: &BoundQuery, text: &str, declared: &DeclaredKeys<'_>) -> Vec<Finding> {
    let mut findings = relations(&query.ctes, &[&query.root], &[], text);
    findings.extend(determinism::reasons(query, declared).iter().filter_map(not_deterministic::new));
    findings.extend(fan_out::lint(query, declared));
    sorted(findings)
}

/// The lints of a statement, in order of their place. `declared` says what is unique in tables.
pub fn statement(statement: &BoundStatement, text: &str, declared: &DeclaredKeys<'_>) -> Vec<Finding> {
    let query = |bound: &BoundQuery| query(bound, text, declared);
    let findings = match statement {
        BoundStatement::Query(bound) => return query(bound),
        BoundStatement::CreateTableAs(create) => return query(&create.query),
        BoundStatement::CreateView(create) => return query(&create.query),
        BoundStatement::Insert(insert) => {
            let mut findings = query(&insert.query);
            findings.extend(insert_losses(&insert.query, &insert.target, &insert.positions));
            findings
        }
        BoundStatement::Update(update) => {
            let values = update.assignments.iter().map(|(_, value)| value).chain(&update.filter).collect::<Vec<_>>();
            let mut findings = relations(&update.ctes, &[], &values, text);
            findings.extend(losses(&update.assignments, &update.target));
            findings
        }
        BoundStatement::Delete(delete) => relations(&delete.ctes, &[], &delete.filter.iter().collect::<Vec<_>>(), text),
        BoundStatement::Merge(merge) => {
            let mut values = vec![&merge.on];
            let mut findings = vec![];
            for clause in &merge.clauses {
                values.extend(&clause.condition);
                if let MergeAction::Update(assignments) | MergeAction::Insert(assignments) = &clause.action {
                    values.extend(assignments.iter().map(|(_, value)| value));
                    findings.extend(losses(assignments, &merge.target));
                }
            }
            findings.extend(relations(&merge.ctes, &[&merge.source], &values, text));
            findings
        }
    };
    sorted(findings)
}

/// The lints of relations and of expressions beside them.
fn relations(ctes: &[Cte], roots: &[&Rel], values: &[&Expr], text: &str) -> Vec<Finding> {
    let mut findings = vec![];
    let mut read = BTreeSet::new();
    let mut look = |rel: &Rel| {
        if let RelKind::CteRef { cte, .. } = &rel.kind {
            read.insert(*cte);
        }
        for expr in rel.expressions() {
            expressions::lint(expr, text, &mut findings);
        }
    };
    let below = values.iter().flat_map(|value| subqueries(value));
    for rel in ctes.iter().flat_map(Cte::rels).chain(roots.iter().copied()).chain(below) {
        rel.visit(&mut look);
    }
    for value in values {
        expressions::lint(value, text, &mut findings);
    }
    let unused = ctes.iter().filter(|cte| !read.contains(&cte.id));
    findings.extend(unused.map(|cte| unused_cte::new(&cte.name, cte.span)));
    findings
}

fn subqueries(expr: &Expr) -> Vec<&Rel> {
    let mut found = vec![];
    expr.visit(&mut |part| found.extend(part.subquery().map(|query| &query.rel)));
    found
}

/// What the columns of INSERT's query lose.
fn insert_losses(query: &BoundQuery, target: &Target, positions: &[usize]) -> Vec<Finding> {
    let RelKind::Project { columns, .. } = &query.root.kind else { return vec![] };
    let value = |column: &OutputColumn| columns.iter().find(|(id, _)| *id == column.id).map(|(_, value)| value);
    let assigned = query.columns.iter().zip(positions);
    assigned.filter_map(|(column, position)| loss(*position, value(column)?, target)).collect()
}

fn losses(assignments: &[(usize, Expr)], target: &Target) -> Vec<Finding> {
    assignments.iter().filter_map(|(position, value)| loss(*position, value, target)).collect()
}

/// What a value loses in its column. A literal that fits loses nothing, whatever its type; whether it fits is seen when
/// it is written.
fn loss(position: usize, value: &Expr, target: &Target) -> Option<Finding> {
    let ExprKind::Cast { expr, implicit: true, .. } = &value.kind else { return None };
    if expr.ty.is_integer() && matches!(expr.kind, ExprKind::Literal(_)) {
        return None;
    }
    let column = &target.columns[position];
    match can_assign(&expr.ty, &column.ty) {
        Assignment::Lossy(loss) => {
            let name = column.name.as_deref().unwrap_or_default();
            Some(lossy_assignment::new(name, &expr.ty, &column.ty, loss, expr.span))
        }
        Assignment::Exact | Assignment::Refused => None,
    }
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| (finding.span.start, finding.span.end));
    findings.dedup();
    findings
}
