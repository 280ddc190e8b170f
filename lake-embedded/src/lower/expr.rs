//! Bound expression → DataFusion expression: native where that means the same and cannot fail, else one opaque
//! function that evaluates it (`eval`).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};
use lake_sql::bound::{self, ColumnId, CompareOp, ExprKind};

use crate::error::{Fault, Result};
use crate::eval::zone::Zones;
use crate::eval::{Frame, Program, Val, can_fail};
use crate::functions::literal;
use crate::types::{self, natively_comparable};

/// The name of a column inside plans.
pub(crate) fn column_name(id: ColumnId) -> String {
    format!("#{}", id.0)
}

/// A column inside plans.
pub(crate) fn column(id: ColumnId) -> Expr {
    named(column_name(id))
}

/// A column by its name; `datafusion::prelude::col` would parse it.
pub(crate) fn named(name: impl Into<String>) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

/// Lowers an expression.
pub(crate) fn lower(expr: &bound::Expr, zones: &Zones) -> Result<Expr> {
    if !can_fail(expr)
        && let Some(native) = native(expr, zones)?
    {
        return Ok(native);
    }
    opaque(expr, zones)
}

/// The expression as an opaque function of its columns.
fn opaque(expr: &bound::Expr, zones: &Zones) -> Result<Expr> {
    let program = Program::new(expr, zones)?;
    // An expression that may fail counts as volatile, so that no rule moves it to rows that were filtered out.
    let volatile = program.volatile || can_fail(expr);
    let args = program.inputs.iter().map(|id| column(*id)).collect();
    let function = Evaluate::new(Arc::new(program), types::arrow(&expr.ty)?, volatile);
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(function)), args)))
}

/// The native form of an expression that cannot fail, if it has one with Trino's meaning.
fn native(expr: &bound::Expr, zones: &Zones) -> Result<Option<Expr>> {
    Ok(Some(match &expr.kind {
        ExprKind::Column(id) => column(*id),
        ExprKind::Literal(value) => {
            let array = literal::array(value, &expr.ty)?;
            Expr::Literal(ScalarValue::try_from_array(&array, 0)?, None)
        }
        ExprKind::Compare { op, left, right } if natively_comparable(&left.ty) => {
            binary(lower(left, zones)?, operator(*op), lower(right, zones)?)
        }
        ExprKind::And(parts) => fold(parts, Operator::And, zones)?,
        ExprKind::Or(parts) => fold(parts, Operator::Or, zones)?,
        ExprKind::Not(inner) => Expr::Not(Box::new(lower(inner, zones)?)),
        ExprKind::IsNull(inner) => Expr::IsNull(Box::new(lower(inner, zones)?)),
        ExprKind::InList { value, list } if natively_comparable(&value.ty) => {
            let list = list.iter().map(|member| lower(member, zones)).collect::<Result<_>>()?;
            Expr::InList(InList::new(Box::new(lower(value, zones)?), list, false))
        }
        ExprKind::Cast { expr: inner, .. } if widens(&inner.ty, &expr.ty) => {
            datafusion::prelude::cast(lower(inner, zones)?, types::arrow(&expr.ty)?)
        }
        _ => return Ok(None),
    }))
}

/// Integers to larger ones: what joins and comparisons of keys need to stay native.
fn widens(from: &lake_sql::types::Type, to: &lake_sql::types::Type) -> bool {
    types::is_integer(from) && types::is_integer(to)
}

fn fold(parts: &[bound::Expr], operator: Operator, zones: &Zones) -> Result<Expr> {
    let parts = parts.iter().map(|part| lower(part, zones)).collect::<Result<Vec<_>>>()?;
    parts
        .into_iter()
        .reduce(|left, right| binary(left, operator, right))
        .ok_or_else(|| Fault::internal("a conjunction without parts"))
}

/// An operator on two expressions of one type.
pub(crate) fn binary(left: Expr, operator: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right)))
}

fn operator(op: CompareOp) -> Operator {
    match op {
        CompareOp::Equal => Operator::Eq,
        CompareOp::NotEqual => Operator::NotEq,
        CompareOp::Less => Operator::Lt,
        CompareOp::LessOrEqual => Operator::LtEq,
        CompareOp::Greater => Operator::Gt,
        CompareOp::GreaterOrEqual => Operator::GtEq,
        CompareOp::Distinct => Operator::IsDistinctFrom,
        CompareOp::NotDistinct => Operator::IsNotDistinctFrom,
    }
}

/// A compiled expression as DataFusion calls it.
struct Evaluate {
    program: Arc<Program>,
    out: DataType,
    signature: Signature,
}

impl Evaluate {
    fn new(program: Arc<Program>, out: DataType, volatile: bool) -> Self {
        let volatility = if volatile { Volatility::Volatile } else { Volatility::Immutable };
        let signature = match program.inputs.len() {
            0 => Signature::nullary(volatility),
            count => Signature::any(count, volatility),
        };
        Self { program, out, signature }
    }
}

impl fmt::Debug for Evaluate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Evaluate").field(&self.program).finish()
    }
}

impl PartialEq for Evaluate {
    fn eq(&self, other: &Self) -> bool {
        self.program == other.program && self.out == other.out && self.signature == other.signature
    }
}

impl Eq for Evaluate {}

impl Hash for Evaluate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.program.hash(state);
    }
}

impl ScalarUDFImpl for Evaluate {
    fn name(&self) -> &str {
        "eval"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Two calls over the same columns must not share a name in a schema.
    fn schema_name(&self, _: &[Expr]) -> datafusion::error::Result<String> {
        Ok(format!("{:?}", self.program))
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::error::Result<DataType> {
        Ok(self.out.clone())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> datafusion::error::Result<FieldRef> {
        Ok(Arc::new(Field::new("eval", self.out.clone(), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::error::Result<ColumnarValue> {
        let rows = args.number_rows;
        let constant = !args.args.is_empty() && args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { rows };
        let columns = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<ArrayRef>, _>>()?;
        let value = self.program.eval(&Frame { columns, rows })?;
        debug_assert_eq!(value.array().data_type(), &self.out, "{:?}", self.program);
        Ok(match value {
            Val::Const(array) => ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?),
            Val::Array(array) if constant => ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?),
            Val::Array(array) => ColumnarValue::Array(array),
        })
    }
}
