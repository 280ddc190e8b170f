//! Which rows of a MERGE's target can match at all: those whose keys lie between the least and the greatest of the
//! source. Files and row groups outside of that are not read.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use lake_sql::bound::statement::Merge;
use lake_sql::bound::{
    AggregateCall, BoundQuery, ColumnId, CompareOp, Expr, ExprKind, Literal, OutputColumn, Rel, RelKind,
};
use lake_sql::span::Span;
use lake_sql::types::Type;

use super::Run;
use super::change::{Made, boolean, rel};
use crate::error::{Fault, Result};
use crate::rewrite::walk;

/// A column of the target and what of the source it must be equal to.
struct Key<'a> {
    target: &'a Expr,
    source: &'a Expr,
}

impl Run<'_> {
    /// A condition that holds for every row of the target that can match; None if nothing cheap can be said.
    pub(super) async fn within(&self, merge: &Merge, made: &mut Made) -> Result<Option<Expr>> {
        let keys = keys(merge);
        if keys.is_empty() || !is_cheap(&merge.source) {
            return Ok(None);
        }
        let query = bounds(merge, &keys, made);
        if !query.nondeterminism(&|_| vec![]).is_empty() {
            return Ok(None);
        }
        let mut rows = self.execute(&query).await?;
        let mut found: Vec<Option<Literal>> = vec![];
        while let Some(batch) = self.next(&mut rows).await? {
            if batch.num_rows() > 0 {
                found = batch.columns().iter().map(first).collect::<Result<_>>()?;
            }
        }
        let parts = keys.iter().zip(found.chunks(2)).flat_map(|(key, ends)| match ends {
            [Some(least), Some(greatest)] => vec![
                compare(CompareOp::GreaterOrEqual, key.target, least),
                compare(CompareOp::LessOrEqual, key.target, greatest),
            ],
            // Without a key that is not null, nothing is equal to anything.
            _ => vec![boolean(ExprKind::Literal(Literal::Boolean(false)))],
        });
        Ok(Some(boolean(ExprKind::And(parts.collect()))))
    }
}

/// Equalities of ON between a column of the target and an expression over the source alone, of types whose order is
/// that of the statistics of files.
fn keys(merge: &Merge) -> Vec<Key<'_>> {
    let of_target = |expr: &Expr| merge.target.columns.iter().any(|column| expr.as_column() == Some(column.id));
    let of_source = |expr: &Expr| {
        let columns = expr.columns();
        let known = |id| merge.source_columns.iter().any(|column| column.id == id);
        !columns.is_empty() && columns.into_iter().all(known) && !walk::has_subquery(expr)
    };
    let sides = merge.on.conjuncts().into_iter().filter_map(|part| match &part.kind {
        ExprKind::Compare { op: CompareOp::Equal, left, right } => Some((&**left, &**right)),
        _ => None,
    });
    let both_ways = sides.flat_map(|(left, right)| [(left, right), (right, left)]);
    both_ways
        .filter(|(target, source)| of_target(target) && of_source(source))
        .filter(|(target, source)| target.ty == source.ty && is_ordered(&target.ty))
        .map(|(target, source)| Key { target, source })
        .collect()
}

fn is_ordered(ty: &Type) -> bool {
    match ty {
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt | Type::Date | Type::Varchar(_) => true,
        Type::Timestamp(precision) => *precision <= 6,
        _ => false,
    }
}

/// Whether reading a source once more costs little beside reading the target: files and what is done row by row.
fn is_cheap(source: &Rel) -> bool {
    match &source.kind {
        RelKind::Scan(_) | RelKind::Values { .. } => true,
        RelKind::Project { input, .. } | RelKind::Filter { input, .. } => is_cheap(input),
        _ => false,
    }
}

/// The query of the least and the greatest value of each key in the source.
fn bounds(merge: &Merge, keys: &[Key<'_>], made: &mut Made) -> BoundQuery {
    let calls = keys.iter().flat_map(|key| ["min", "max"].map(|function| call(function, key.source)));
    let aggregates: Vec<(ColumnId, AggregateCall)> = calls.map(|call| (made.fresh(), call)).collect();
    let column = |(id, call): &(ColumnId, AggregateCall)| OutputColumn {
        id: *id,
        name: None,
        ty: call.ty.clone(),
        nullable: true,
        brand: None,
        span: Span::default(),
    };
    let columns = aggregates.iter().map(column).collect();
    let (input, sets) = (Box::new(merge.source.clone()), vec![vec![]]);
    let root = rel(RelKind::Aggregate { input, groups: vec![], sets, aggregates, groupings: vec![] });
    BoundQuery { ctes: merge.ctes.clone(), root, columns }
}

fn call(function: &'static str, of: &Expr) -> AggregateCall {
    AggregateCall {
        function,
        args: vec![of.clone()],
        distinct: false,
        filter: None,
        order_by: vec![],
        ty: of.ty.clone(),
        nullable: true,
        span: of.span,
    }
}

fn compare(op: CompareOp, column: &Expr, value: &Literal) -> Expr {
    let value =
        Expr { kind: ExprKind::Literal(value.clone()), ty: column.ty.clone(), nullable: false, span: column.span };
    boolean(ExprKind::Compare { op, left: Box::new(column.clone()), right: Box::new(value) })
}

/// The first value of an array.
fn first(array: &ArrayRef) -> Result<Option<Literal>> {
    if array.is_null(0) {
        return Ok(None);
    }
    Ok(Some(match array.data_type() {
        DataType::Int8 => Literal::Integer(array.as_primitive::<Int8Type>().value(0).into()),
        DataType::Int16 => Literal::Integer(array.as_primitive::<Int16Type>().value(0).into()),
        DataType::Int32 => Literal::Integer(array.as_primitive::<Int32Type>().value(0).into()),
        DataType::Int64 => Literal::Integer(array.as_primitive::<Int64Type>().value(0)),
        DataType::Date32 => Literal::Date(array.as_primitive::<Date32Type>().value(0)),
        DataType::Utf8 => Literal::Text(array.as_string::<i32>().value(0).into()),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            Literal::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(0), 0)
        }
        other => return Err(Fault::internal(format!("{other} is no type of a key"))),
    }))
}
