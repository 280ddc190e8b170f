//! Trino's aggregate functions: checked sums, exact decimals, and what DataFusion has not or has otherwise.
//!
//! A [`Fold`] takes rows and gives one value. It serves groups (`Aggregate`, an aggregate function of DataFusion) and
//! frames of windows (`windowed`).

pub(crate) mod best;
mod checksum;
mod collect;
mod extremes;
mod grouped;
mod histogram;
mod moments;
mod reduce;
mod sketch;
mod sum;
mod summary;
pub(crate) mod windowed;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, GroupsAccumulator, Signature, Volatility};
use lake_sql::bound::{Expr, ExprKind};
use lake_sql::types::Type;

use crate::error::{Fault, Result};
use crate::eval::{Closed, Program};
use crate::types;

/// Takes rows and gives one value.
pub(crate) trait Fold: Send + Sync + fmt::Debug {
    /// Takes rows: one column an argument.
    fn update(&mut self, args: &[ArrayRef]) -> Result<()>;
    /// What [`Fold::merge`] of another one takes.
    fn state(&self) -> Result<Vec<ScalarValue>>;
    /// Takes states: one column a part of it.
    fn merge(&mut self, states: &[ArrayRef]) -> Result<()>;
    /// The value over the rows so far.
    fn finish(&self) -> Result<ScalarValue>;
    /// Bytes on the heap.
    fn size(&self) -> usize {
        0
    }
}

/// Direction of a key of ORDER BY inside a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    pub descending: bool,
    pub nulls_first: bool,
}

/// Types and settings of one call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub function: &'static str,
    /// Types of the arguments, settings left out.
    pub types: Vec<Type>,
    pub ty: Type,
    pub out: DataType,
    /// Constant arguments: a separator, a count.
    pub settings: Vec<ArrayRef>,
    pub lambdas: Vec<Arc<Closed>>,
}

/// Whether an argument is given once, and not with each row.
pub(crate) fn is_constant(function: &str, position: usize, arg: &Expr) -> bool {
    is_setting(function, position) || matches!(arg.kind, ExprKind::Lambda { .. })
}

/// Whether an argument is a constant for the whole call.
fn is_setting(function: &str, position: usize) -> bool {
    function == "listagg" && position == 1
}

/// What a call is given once, and not with each row.
#[derive(Default)]
pub(crate) struct Constants {
    settings: Vec<ArrayRef>,
    lambdas: Vec<Arc<Closed>>,
}

impl Constants {
    /// Takes an argument that is a setting or a lambda; false if it is one of each row.
    pub fn take(&mut self, function: &str, position: usize, arg: &Expr) -> Result<bool> {
        if matches!(arg.kind, ExprKind::Lambda { .. }) {
            self.lambdas.push(Arc::new(Closed::new(arg)?));
            return Ok(true);
        }
        if is_setting(function, position) {
            let value = Program::constant(arg)
                .map_err(|_| Fault::unsupported(format!("an argument of {function} that is not a constant")))?;
            self.settings.push(value);
            return Ok(true);
        }
        Ok(false)
    }
}

/// The fold of a call and the types of its state; None if there is no such function here.
type Made = (Box<dyn Fold>, Vec<DataType>);

fn make(call: &Call) -> Result<Option<Made>> {
    for family in [
        sum::make,
        moments::make,
        extremes::make,
        best::make,
        collect::make,
        checksum::make,
        histogram::make,
        sketch::make,
        reduce::make,
    ] {
        if let Some(made) = family(call)? {
            return Ok(Some(made));
        }
    }
    Ok(None)
}

/// One call as an aggregate function of DataFusion. The columns of the order follow the arguments.
pub(crate) struct Aggregate {
    call: Call,
    distinct: bool,
    order: Vec<Order>,
    signature: Signature,
}

impl Aggregate {
    pub fn new(
        function: &'static str,
        types: Vec<Type>,
        ty: &Type,
        constants: Constants,
        distinct: bool,
        order: Vec<Order>,
    ) -> Result<Self> {
        let is_value = |(at, ty): &(usize, Type)| !is_setting(function, *at) && !matches!(ty, Type::Function(..));
        let types: Vec<Type> = types.into_iter().enumerate().filter(is_value).map(|(_, ty)| ty).collect();
        let Constants { settings, lambdas } = constants;
        let call = Call { function, types, ty: ty.clone(), out: types::arrow(ty)?, settings, lambdas };
        if make(&call)?.is_none() {
            return Err(Fault::unsupported(format!("aggregate function {function}")));
        }
        let count = (call.types.len() + order.len()).max(1);
        Ok(Self { call, distinct, order, signature: Signature::any(count, Volatility::Immutable) })
    }

    /// A fresh fold.
    pub fn fold(&self, args: &[DataType]) -> Result<Made> {
        let (inner, state) = make(&self.call)?.ok_or_else(|| Fault::internal("checked when the call was made"))?;
        if !self.distinct && self.order.is_empty() {
            return Ok((inner, state));
        }
        let sorted = collect::Arranged::new(self.call.clone(), args.to_vec(), self.distinct, self.order.clone());
        let state = sorted.state_types();
        Ok((Box::new(sorted), state))
    }

    /// Type of the result.
    pub fn out(&self) -> &DataType {
        &self.call.out
    }
}

impl fmt::Debug for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {:?}", self.call, self.distinct, self.order)
    }
}

impl PartialEq for Aggregate {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

impl Eq for Aggregate {}

impl Hash for Aggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.call.function.hash(state);
    }
}

impl AggregateUDFImpl for Aggregate {
    fn name(&self) -> &str {
        self.call.function
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::error::Result<DataType> {
        Ok(self.call.out.clone())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> datafusion::error::Result<Box<dyn Accumulator>> {
        let types: Vec<DataType> = args.expr_fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(Box::new(Folding(self.fold(&types)?.0)))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        !self.distinct && self.order.is_empty() && grouped::make(&self.call).is_some()
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> datafusion::error::Result<Box<dyn GroupsAccumulator>> {
        grouped::make(&self.call).ok_or_else(|| Fault::internal("asked for only where there is one").into())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> datafusion::error::Result<Vec<FieldRef>> {
        let types: Vec<DataType> = args.input_fields.iter().map(|field| field.data_type().clone()).collect();
        let (_, state) = self.fold(&types)?;
        let field = |(at, ty)| Arc::new(Field::new(format!("{}[{at}]", args.name), ty, true));
        Ok(state.into_iter().enumerate().map(field).collect())
    }
}

/// A fold as DataFusion drives it.
#[derive(Debug)]
struct Folding(Box<dyn Fold>);

impl Accumulator for Folding {
    fn update_batch(&mut self, values: &[ArrayRef]) -> datafusion::error::Result<()> {
        Ok(self.0.update(values)?)
    }

    fn evaluate(&mut self) -> datafusion::error::Result<ScalarValue> {
        Ok(self.0.finish()?)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.size()
    }

    fn state(&mut self) -> datafusion::error::Result<Vec<ScalarValue>> {
        Ok(self.0.state()?)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> datafusion::error::Result<()> {
        Ok(self.0.merge(states)?)
    }
}

/// Value `at` of an array.
fn scalar(array: &ArrayRef, at: usize) -> Result<ScalarValue> {
    Ok(ScalarValue::try_from_array(array, at)?)
}

/// The null of a type.
fn null(ty: &DataType) -> Result<ScalarValue> {
    Ok(ScalarValue::try_from(ty)?)
}

/// An array of one value as a scalar.
fn only(array: ArrayRef) -> Result<ScalarValue> {
    scalar(&array, 0)
}
