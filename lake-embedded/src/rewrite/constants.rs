//! Expressions without columns become the values that they have: then comparisons with them are plain, and scans can use
//! them. One that fails stays, and fails if a row meets it.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use lake_sql::bound::{BoundQuery, Expr, ExprKind, Literal, Rel};
use lake_sql::types::Type;

use super::walk;
use crate::eval::Program;
use crate::types::is_integer;

/// Folds the constants of a query.
pub(super) fn fold(query: &mut BoundQuery) {
    for cte in &mut query.ctes {
        in_rel(&mut cte.rel);
        if let Some(arm) = &mut cte.recursive {
            in_rel(&mut arm.rel);
        }
    }
    in_rel(&mut query.root);
}

fn in_rel(rel: &mut Rel) {
    walk::inputs_mut(rel).into_iter().for_each(in_rel);
    walk::exprs_mut(rel).into_iter().for_each(in_expr);
}

fn in_expr(expr: &mut Expr) {
    if let Some(query) = walk::subquery_mut(expr) {
        in_rel(&mut query.rel);
    }
    expr.children_mut().into_iter().for_each(in_expr);
    if let ExprKind::Call { .. } | ExprKind::Cast { .. } = expr.kind
        && is_written_plainly(&expr.ty)
        && crate::lower::is_constant(expr)
        && let Ok(value) = Program::constant(expr)
        && let Some(literal) = literal(&value)
    {
        expr.nullable = literal == Literal::Null;
        expr.kind = ExprKind::Literal(literal);
    }
}

/// Types whose literals are their values: not json, of which a literal is put in order, nor char, which is cut.
fn is_written_plainly(ty: &Type) -> bool {
    let plain = matches!(ty, Type::Boolean | Type::Decimal { .. } | Type::Double | Type::Varchar(_) | Type::Date);
    plain || is_integer(ty) || matches!(ty, Type::Timestamp(precision) if *precision <= 6)
}

/// The value of an array of one; None for types whose values are not written as literals.
pub(crate) fn literal(array: &ArrayRef) -> Option<Literal> {
    if array.is_null(0) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Boolean => Literal::Boolean(array.as_boolean().value(0)),
        DataType::Int8 => Literal::Integer(array.as_primitive::<Int8Type>().value(0).into()),
        DataType::Int16 => Literal::Integer(array.as_primitive::<Int16Type>().value(0).into()),
        DataType::Int32 => Literal::Integer(array.as_primitive::<Int32Type>().value(0).into()),
        DataType::Int64 => Literal::Integer(array.as_primitive::<Int64Type>().value(0)),
        DataType::Decimal128(..) => Literal::Decimal(array.as_primitive::<Decimal128Type>().value(0)),
        DataType::Float64 => Literal::Double(array.as_primitive::<Float64Type>().value(0)),
        DataType::Date32 => Literal::Date(array.as_primitive::<Date32Type>().value(0)),
        DataType::Utf8 => Literal::Text(array.as_string::<i32>().value(0).into()),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            Literal::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(0), 0)
        }
        _ => return None,
    })
}
