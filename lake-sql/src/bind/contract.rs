//! A model's declared row against what its query gives.
//!
//! Columns are matched by name; their order is the query's. The type is the declared one, or one that widens to it
//! without loss: a shorter varchar, a smaller integer, a decimal with fewer digits on both sides of the point, real to
//! double, fewer digits of a second. [`contract_casts`] gives the edits that make such a column have the declared type
//! on an engine; behind a star there is no place for an edit, so there the type must be the declared one.

use super::scope::same_name;
use super::{RelationColumn, Site, SiteKind};
use crate::bound::{BoundQuery, OutputColumn};
use crate::finding::{self, Finding};
use crate::span::Span;
use crate::syntax::tree::{Query, QueryBody, Select, SelectItem};
use crate::types::Type;

/// Compares the columns of a query with a declared row. `row` is the row's name for messages.
pub fn check_contract(tree: &Query, query: &BoundQuery, declared: &[RelationColumn], row: &str) -> Vec<Finding> {
    let mut missing: Vec<&RelationColumn> = declared.iter().filter(|declared| !gives(query, &declared.name)).collect();
    let mut findings = names(query, &mut missing);
    for column in &query.columns {
        let Some(name) = &column.name else { continue };
        match declared.iter().find(|declared| same_name(&declared.name, name)) {
            Some(declared) => findings.extend(check_column(tree, column, declared, row)),
            None => {
                let (found, meant) = finding::contract_extra_column::new(name, column, &missing, row);
                findings.push(found);
                // A misspelt column is one mistake, not one too many and one too few.
                meant.map(|position| missing.remove(position));
            }
        }
    }
    for expected in missing {
        findings.push(finding::contract_missing_column::new(expected, &query.columns, row));
    }
    findings.sort_by_key(|finding| (finding.span, finding.id));
    findings
}

fn gives(query: &BoundQuery, name: &str) -> bool {
    query.columns.iter().any(|column| column.name.as_deref().is_some_and(|own| same_name(own, name)))
}

/// What holds for every model, also for one whose row is inferred: each column has a name, and no two have the same.
pub fn check_names(query: &BoundQuery) -> Vec<Finding> {
    names(query, &mut vec![])
}

/// Takes a column from `missing` for each one without a name, which it was probably meant to be.
fn names(query: &BoundQuery, missing: &mut Vec<&RelationColumn>) -> Vec<Finding> {
    let mut findings = vec![];
    for (position, column) in query.columns.iter().enumerate() {
        let Some(name) = &column.name else {
            let meant = (!missing.is_empty()).then(|| missing.remove(0).name.as_str());
            findings.push(finding::unnamed_column::new(position, meant, column.span));
            continue;
        };
        let earlier = &query.columns[..position];
        if earlier.iter().any(|other| other.name.as_deref().is_some_and(|other| same_name(other, name))) {
            findings.push(finding::duplicate_column::new(name, column.span));
        }
        if column.ty == Type::Unknown {
            findings.push(finding::unknown_type::new(name, column.span));
        }
    }
    findings
}

fn check_column(tree: &Query, column: &OutputColumn, declared: &RelationColumn, row: &str) -> Vec<Finding> {
    let mut findings = vec![];
    if column.ty.has_error() || declared.ty.has_error() || column.ty == Type::Unknown {
        return findings;
    }
    let editable = is_text(&declared.ty) || expr_span(tree, column.span).is_some();
    if column.ty != declared.ty && !(editable && widens(&column.ty, &declared.ty)) {
        findings.push(finding::contract_type::new(column, declared, row));
    }
    if column.nullable && !declared.nullable {
        findings.push(finding::contract_null::new(column, declared, row));
    }
    if let (Some(found), Some(expected)) = (&column.brand, &declared.brand)
        && found != expected
    {
        findings.push(finding::brand_mismatch::assigned(found, expected, &declared.name, row, column.span));
    }
    findings
}

/// Edits that give the columns of a query their declared types where they only widen to them.
pub fn contract_casts(tree: &Query, query: &BoundQuery, declared: &[RelationColumn]) -> Vec<Site> {
    let cast = |column: &OutputColumn| {
        let name = column.name.as_deref()?;
        let declared = declared.iter().find(|declared| same_name(&declared.name, name))?;
        // A table keeps no length of text, so there is nothing to cast.
        if column.ty == declared.ty || is_text(&declared.ty) || !widens(&column.ty, &declared.ty) {
            return None;
        }
        Some(Site { span: expr_span(tree, column.span)?, kind: SiteKind::Cast(declared.ty.clone()) })
    };
    query.columns.iter().filter_map(cast).collect()
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Varchar(_))
}

/// Where the expression of an item is written; None for stars.
fn expr_span(tree: &Query, item: Span) -> Option<Span> {
    first_select(&tree.body)?.items.iter().find_map(|written| match written {
        SelectItem::Expr { expr, alias } => {
            let span = alias.as_ref().map_or(expr.span, |alias| expr.span.to(alias.span));
            (span == item).then_some(expr.span)
        }
        SelectItem::Star(_) | SelectItem::QualifiedStar { .. } => None,
    })
}

/// The select that gives the columns their names: the first one of a set operation.
fn first_select(body: &QueryBody) -> Option<&Select> {
    match body {
        QueryBody::Select(select) => Some(select),
        QueryBody::SetOp { left, .. } => first_select(left),
        QueryBody::Parenthesized(query, _) => first_select(&query.body),
        QueryBody::Values { .. } | QueryBody::Table { .. } | QueryBody::Error(_) => None,
    }
}

/// Whether every value of one type is a value of the other, of the same kind.
fn widens(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Varchar(Some(_)), Type::Varchar(None)) => true,
        (Type::Varchar(Some(from)), Type::Varchar(Some(to))) => from <= to,
        (Type::Real, Type::Double) => true,
        (Type::Timestamp(from), Type::Timestamp(to))
        | (Type::TimestampTz(from), Type::TimestampTz(to))
        | (Type::Time(from), Type::Time(to)) => from <= to,
        (from, Type::Decimal { precision, scale }) => {
            digits(from).is_some_and(|(whole, fraction)| whole <= precision - scale && fraction <= *scale)
        }
        (from, to) => from.is_integer() && to.is_integer() && digits(from) <= digits(to),
    }
}

/// Digits before and behind the point that hold every value.
fn digits(ty: &Type) -> Option<(u8, u8)> {
    Some(match ty {
        Type::TinyInt => (3, 0),
        Type::SmallInt => (5, 0),
        Type::Integer => (10, 0),
        Type::BigInt => (19, 0),
        Type::Decimal { precision, scale } => (precision - scale, *scale),
        _ => return None,
    })
}
