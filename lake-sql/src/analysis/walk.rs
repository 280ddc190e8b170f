//! The parts of bound trees, for analyses that treat most of them alike.

use crate::bound::{AggregateCall, ColumnId, Expr, ExprKind, FrameBound, Rel, RelKind, Subquery, Version, WindowCall};

/// The columns that a relation gives, in order.
pub fn columns(rel: &Rel) -> Vec<ColumnId> {
    match &rel.kind {
        RelKind::Scan(scan) => scan.columns.iter().map(|column| column.id).collect(),
        RelKind::Values { columns, .. } | RelKind::SetOp { columns, .. } => columns.iter().map(|c| c.id).collect(),
        RelKind::Project { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
        RelKind::Filter { input, .. }
        | RelKind::Distinct { input }
        | RelKind::Sort { input, .. }
        | RelKind::Limit { input, .. }
        | RelKind::Sample { input, .. } => columns(input),
        RelKind::Join { left, right, .. } => [columns(left), columns(right)].concat(),
        RelKind::Aggregate { groups, aggregates, groupings, .. } => {
            let groups = groups.iter().map(|(id, _)| *id);
            let aggregates = aggregates.iter().map(|(id, _)| *id);
            groups.chain(aggregates).chain(groupings.iter().map(|(id, _)| *id)).collect()
        }
        RelKind::Window { input, calls } => {
            let mut all = columns(input);
            all.extend(calls.iter().map(|(id, _)| *id));
            all
        }
        RelKind::Unnest { input, columns: new, ordinality, .. } => {
            let mut all = columns(input);
            all.extend(new.iter().flatten().map(|column| column.id));
            all.extend(*ordinality);
            all
        }
        RelKind::CteRef { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
    }
}

/// The relations directly below a relation.
pub fn inputs(rel: &Rel) -> Vec<&Rel> {
    match &rel.kind {
        RelKind::Scan(_) | RelKind::Values { .. } | RelKind::CteRef { .. } => vec![],
        RelKind::Project { input, .. }
        | RelKind::Filter { input, .. }
        | RelKind::Aggregate { input, .. }
        | RelKind::Window { input, .. }
        | RelKind::Distinct { input }
        | RelKind::Sort { input, .. }
        | RelKind::Limit { input, .. }
        | RelKind::Unnest { input, .. }
        | RelKind::Sample { input, .. } => vec![input],
        RelKind::Join { left, right, .. } | RelKind::SetOp { left, right, .. } => vec![left, right],
    }
}

/// The expressions that a relation itself evaluates, without those of its inputs.
pub fn expressions(rel: &Rel) -> Vec<&Expr> {
    match &rel.kind {
        RelKind::Scan(scan) => match scan.version.as_deref() {
            Some(Version::Version(expr) | Version::Timestamp(expr)) => vec![expr],
            None => vec![],
        },
        RelKind::Values { rows, .. } => rows.iter().flatten().collect(),
        RelKind::Project { columns, .. } => columns.iter().map(|(_, expr)| expr).collect(),
        RelKind::Filter { predicate, .. } => vec![predicate],
        RelKind::Join { on, .. } => on.iter().collect(),
        RelKind::Aggregate { groups, aggregates, .. } => {
            let groups = groups.iter().map(|(_, expr)| expr);
            groups.chain(aggregates.iter().flat_map(|(_, call)| aggregate_parts(call))).collect()
        }
        RelKind::Window { calls, .. } => calls.iter().flat_map(|(_, call)| window_parts(call)).collect(),
        RelKind::Sort { keys, .. } => keys.iter().map(|key| &key.expr).collect(),
        RelKind::Unnest { collections, .. } => collections.iter().collect(),
        RelKind::Sample { percentage, .. } => vec![percentage],
        RelKind::Distinct { .. } | RelKind::Limit { .. } | RelKind::SetOp { .. } | RelKind::CteRef { .. } => vec![],
    }
}

fn aggregate_parts(call: &AggregateCall) -> Vec<&Expr> {
    let order = call.order_by.iter().map(|key| &key.expr);
    call.args.iter().chain(&call.filter).chain(order).collect()
}

fn window_parts(call: &WindowCall) -> Vec<&Expr> {
    let order = call.order_by.iter().map(|key| &key.expr);
    let mut parts: Vec<_> = call.args.iter().chain(&call.filter).chain(&call.partition_by).chain(order).collect();
    for bound in call.frame.iter().flat_map(|frame| [&frame.start, &frame.end]) {
        if let FrameBound::Preceding(expr) | FrameBound::Following(expr) = bound {
            parts.push(expr);
        }
    }
    parts
}

/// The expressions directly below an expression. Subqueries are not entered: see [`subquery`].
pub fn operands(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Column(_)
        | ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Scalar(_)
        | ExprKind::Exists(_) => vec![],
        ExprKind::Call { args: list, .. }
        | ExprKind::And(list)
        | ExprKind::Or(list)
        | ExprKind::Coalesce(list)
        | ExprKind::Array(list)
        | ExprKind::Row(list) => list.iter().collect(),
        ExprKind::Lambda { body: inner, .. }
        | ExprKind::Cast { expr: inner, .. }
        | ExprKind::Try(inner)
        | ExprKind::Not(inner)
        | ExprKind::IsNull(inner)
        | ExprKind::Field { row: inner, .. }
        | ExprKind::InQuery { value: inner, .. }
        | ExprKind::Quantified { value: inner, .. } => vec![inner],
        ExprKind::Compare { left, right, .. }
        | ExprKind::Subscript { base: left, index: right }
        | ExprKind::AtTimeZone { value: left, zone: right } => vec![left, right],
        ExprKind::NullIf { value, left, right } => vec![value, left, right],
        ExprKind::Like { value, pattern, escape } => {
            [value, pattern].into_iter().chain(escape).map(AsRef::as_ref).collect()
        }
        ExprKind::Case { branches, otherwise } => {
            let branches = branches.iter().flat_map(|(condition, result)| [condition, result]);
            branches.chain(otherwise.as_deref()).collect()
        }
        ExprKind::InList { value, list } => std::iter::once(value.as_ref()).chain(list).collect(),
    }
}

/// The query inside an expression, if it is one with a query.
pub fn subquery(expr: &Expr) -> Option<&Subquery> {
    match &expr.kind {
        ExprKind::Scalar(query)
        | ExprKind::Exists(query)
        | ExprKind::InQuery { query, .. }
        | ExprKind::Quantified { query, .. } => Some(query),
        _ => None,
    }
}

/// The column that an expression is, if it is nothing but one.
pub fn as_column(expr: &Expr) -> Option<ColumnId> {
    match &expr.kind {
        ExprKind::Column(id) => Some(*id),
        _ => None,
    }
}
