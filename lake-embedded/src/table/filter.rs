//! Filters over a scan's columns → Iceberg's predicates, by which files and row groups are left out.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use iceberg::expr::{Predicate, Reference};
use iceberg::spec::Datum;

/// The predicate that holds wherever the filter does; None if Iceberg cannot say it.
pub(super) fn predicate(filter: &Expr) -> Option<Predicate> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => match (predicate(left), predicate(right)) {
            (Some(left), Some(right)) => Some(left.and(right)),
            (one, other) => one.or(other),
        },
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => Some(predicate(left)?.or(predicate(right)?)),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (column(left), datum(right)) {
            (Some(name), Some(value)) => comparison(name, *op, value),
            _ => comparison(column(right)?, op.swap()?, datum(left)?),
        },
        Expr::IsNull(inner) => Some(Reference::new(column(inner)?).is_null()),
        Expr::IsNotNull(inner) => Some(Reference::new(column(inner)?).is_not_null()),
        Expr::Not(inner) => match &**inner {
            Expr::IsNull(inner) => Some(Reference::new(column(inner)?).is_not_null()),
            _ => None,
        },
        Expr::InList(list) if !list.negated => {
            let values = list.list.iter().map(datum).collect::<Option<Vec<_>>>()?;
            Some(Reference::new(column(&list.expr)?).is_in(values))
        }
        _ => None,
    }
}

fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column(column) => Some(&column.name),
        _ => None,
    }
}

fn comparison(name: &str, op: Operator, value: Datum) -> Option<Predicate> {
    let column = Reference::new(name);
    Some(match op {
        Operator::Eq => column.equal_to(value),
        Operator::Lt => column.less_than(value),
        Operator::LtEq => column.less_than_or_equal_to(value),
        Operator::Gt => column.greater_than(value),
        Operator::GtEq => column.greater_than_or_equal_to(value),
        _ => return None,
    })
}

/// Doubles and decimals are left out: their order in statistics is not worth the doubt.
fn datum(expr: &Expr) -> Option<Datum> {
    let Expr::Literal(value, _) = expr else { return None };
    Some(match value {
        ScalarValue::Boolean(Some(value)) => Datum::bool(*value),
        ScalarValue::Int32(Some(value)) => Datum::int(*value),
        ScalarValue::Int64(Some(value)) => Datum::long(*value),
        ScalarValue::Date32(Some(days)) => Datum::date(*days),
        ScalarValue::TimestampMicrosecond(Some(micros), None) => Datum::timestamp_micros(*micros),
        ScalarValue::TimestampMicrosecond(Some(micros), Some(_)) => Datum::timestamptz_micros(*micros),
        ScalarValue::Utf8(Some(text)) => Datum::string(text),
        _ => return None,
    })
}
