//! Ways through the bound tree to change it: relations, expressions, column ids.

use lake_sql::bound::{ColumnId, CteId, Expr, ExprKind, Rel, RelKind, Subquery, Version};

/// The subquery that an expression itself is, to change.
pub(crate) fn subquery_mut(expr: &mut Expr) -> Option<&mut Subquery> {
    match &mut expr.kind {
        ExprKind::Scalar(query) | ExprKind::Exists(query) => Some(query),
        ExprKind::InQuery { query, .. } | ExprKind::Quantified { query, .. } => Some(query),
        _ => None,
    }
}

/// Whether a subquery is anywhere in an expression.
pub(crate) fn has_subquery(expr: &Expr) -> bool {
    expr.subquery().is_some() || expr.children().into_iter().any(has_subquery)
}

/// Visits an expression and all below it, operands first; subqueries' relations are left alone.
pub(crate) fn each_expr(expr: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    for child in expr.children_mut() {
        each_expr(child, f);
    }
    f(expr);
}

/// The relations that a relation reads, to change.
pub(crate) fn inputs_mut(rel: &mut Rel) -> Vec<&mut Rel> {
    match &mut rel.kind {
        RelKind::Scan(_) | RelKind::Values { .. } | RelKind::CteRef { .. } => vec![],
        RelKind::Join { left, right, .. } | RelKind::SetOp { left, right, .. } => vec![left, right],
        RelKind::Opaque(opaque) => opaque.inputs.iter_mut().collect(),
        RelKind::Project { input, .. }
        | RelKind::Filter { input, .. }
        | RelKind::Aggregate { input, .. }
        | RelKind::Window { input, .. }
        | RelKind::Distinct { input }
        | RelKind::Sort { input, .. }
        | RelKind::Limit { input, .. }
        | RelKind::Unnest { input, .. }
        | RelKind::Sample { input, .. } => vec![input],
    }
}

/// The expressions that stand in a relation itself.
pub(crate) fn exprs_mut(rel: &mut Rel) -> Vec<&mut Expr> {
    match &mut rel.kind {
        RelKind::Scan(scan) => match scan.version.as_deref_mut() {
            Some(Version::Version(expr) | Version::Timestamp(expr)) => vec![expr],
            None => vec![],
        },
        RelKind::Values { rows, .. } => rows.iter_mut().flatten().collect(),
        RelKind::Project { columns, .. } => columns.iter_mut().map(|(_, expr)| expr).collect(),
        RelKind::Filter { predicate, .. } => vec![predicate],
        RelKind::Join { on, .. } => on.iter_mut().collect(),
        RelKind::Aggregate { groups, aggregates, .. } => {
            let mut found: Vec<&mut Expr> = groups.iter_mut().map(|(_, expr)| expr).collect();
            for (_, call) in aggregates {
                found.extend(call.expressions_mut());
            }
            found
        }
        RelKind::Window { calls, .. } => calls.iter_mut().flat_map(|(_, call)| call.expressions_mut()).collect(),
        RelKind::Sort { keys, .. } => keys.iter_mut().map(|key| &mut key.expr).collect(),
        RelKind::Unnest { collections, .. } => collections.iter_mut().collect(),
        RelKind::Sample { percentage, .. } => vec![percentage],
        RelKind::Opaque(opaque) => opaque.args.iter_mut().collect(),
        RelKind::Distinct { .. } | RelKind::Limit { .. } | RelKind::SetOp { .. } | RelKind::CteRef { .. } => vec![],
    }
}

/// Visits every column id in a relation and all below it, those of subqueries included: uses and definitions.
pub(crate) fn each_id(rel: &mut Rel, f: &mut dyn FnMut(&mut ColumnId)) {
    each_definition(rel, f);
    if let RelKind::SetOp { left_columns, right_columns, .. } = &mut rel.kind {
        left_columns.iter_mut().chain(right_columns).for_each(&mut *f);
    }
    if let RelKind::Project { columns, .. } = &mut rel.kind {
        columns.iter_mut().for_each(|(id, _)| f(id));
    }
    if let RelKind::CteRef { columns, .. } = &mut rel.kind {
        columns.iter_mut().for_each(|(_, of)| f(of));
    }
    for expr in exprs_mut(rel) {
        each_expr_id(expr, f);
    }
    for input in inputs_mut(rel) {
        each_id(input, f);
    }
}

/// Visits every column id in an expression, those of lambdas and subqueries included.
pub(crate) fn each_expr_id(expr: &mut Expr, f: &mut dyn FnMut(&mut ColumnId)) {
    match &mut expr.kind {
        ExprKind::Column(id) => f(id),
        ExprKind::Lambda { parameters, .. } => parameters.iter_mut().for_each(|parameter| f(&mut parameter.id)),
        _ => {}
    }
    if let Some(query) = subquery_mut(expr) {
        query.columns.iter_mut().chain(&mut query.outer).for_each(&mut *f);
        each_id(&mut query.rel, f);
    }
    for child in expr.children_mut() {
        each_expr_id(child, f);
    }
}

/// Visits the ids that a relation itself makes, other than by a projection.
fn each_definition(rel: &mut Rel, f: &mut dyn FnMut(&mut ColumnId)) {
    match &mut rel.kind {
        RelKind::Scan(scan) => scan.columns.iter_mut().for_each(|column| f(&mut column.id)),
        RelKind::Values { columns, .. } | RelKind::SetOp { columns, .. } => {
            columns.iter_mut().for_each(|column| f(&mut column.id));
        }
        RelKind::Opaque(opaque) => opaque.columns.iter_mut().for_each(|column| f(&mut column.id)),
        RelKind::Aggregate { groups, aggregates, groupings, .. } => {
            groups.iter_mut().for_each(|(id, _)| f(id));
            aggregates.iter_mut().for_each(|(id, _)| f(id));
            groupings.iter_mut().for_each(|(id, _)| f(id));
        }
        RelKind::Window { calls, .. } => calls.iter_mut().for_each(|(id, _)| f(id)),
        RelKind::Unnest { columns, ordinality, .. } => {
            columns.iter_mut().flatten().for_each(|column| f(&mut column.id));
            ordinality.iter_mut().for_each(f);
        }
        RelKind::CteRef { columns, .. } => columns.iter_mut().for_each(|(id, _)| f(id)),
        RelKind::Project { .. }
        | RelKind::Filter { .. }
        | RelKind::Join { .. }
        | RelKind::Distinct { .. }
        | RelKind::Sort { .. }
        | RelKind::Limit { .. }
        | RelKind::Sample { .. } => {}
    }
}

/// All ids that are made in a relation or below it, subqueries and lambdas included.
pub(crate) fn definitions(rel: &mut Rel, found: &mut Vec<ColumnId>) {
    each_definition(rel, &mut |id| found.push(*id));
    if let RelKind::Project { columns, .. } = &rel.kind {
        let made = columns.iter().filter(|(id, expr)| !matches!(&expr.kind, ExprKind::Column(from) if from == id));
        found.extend(made.map(|(id, _)| *id));
    }
    for expr in exprs_mut(rel) {
        expr_definitions(expr, found);
    }
    for input in inputs_mut(rel) {
        definitions(input, found);
    }
}

fn expr_definitions(expr: &mut Expr, found: &mut Vec<ColumnId>) {
    if let ExprKind::Lambda { parameters, .. } = &expr.kind {
        found.extend(parameters.iter().map(|parameter| parameter.id));
    }
    if let Some(query) = subquery_mut(expr) {
        definitions(&mut query.rel, found);
    }
    for child in expr.children_mut() {
        expr_definitions(child, found);
    }
}

/// Visits the references to CTEs in a relation and all below it, subqueries included.
pub(crate) fn each_cte(rel: &mut Rel, f: &mut dyn FnMut(&mut CteId)) {
    if let RelKind::CteRef { cte, .. } = &mut rel.kind {
        f(cte);
    }
    for input in inputs_mut(rel) {
        each_cte(input, f);
    }
    for expr in exprs_mut(rel) {
        each_expr_cte(expr, f);
    }
}

fn each_expr_cte(expr: &mut Expr, f: &mut dyn FnMut(&mut CteId)) {
    if let Some(query) = subquery_mut(expr) {
        each_cte(&mut query.rel, f);
    }
    for child in expr.children_mut() {
        each_expr_cte(child, f);
    }
}
