//! Sums, averages and counts; booleans and bits.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, i256};
use datafusion::common::ScalarValue;
use lake_sql::types::Type;

use super::{Call, Fold, Made, only};
use crate::error::{Fault, Result};
use crate::functions::arithmetic::rescale_wide;
use crate::functions::columns::{Decimal, Double, Int, Reader, Write};
use crate::types::is_integer;

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    let first = call.types.first();
    let exact = |mean| Exact { call: call.clone(), mean, sum: i256::ZERO, count: 0 };
    let float = |mean| Float { call: call.clone(), mean, sum: 0.0, count: 0 };
    Ok(Some(match (call.function, first) {
        ("sum", Some(Type::Real | Type::Double)) => (Box::new(float(false)), vec![DataType::Float64, DataType::Int64]),
        ("avg", Some(Type::Real | Type::Double)) => (Box::new(float(true)), vec![DataType::Float64, DataType::Int64]),
        ("sum", Some(ty)) if is_exact(ty) => (Box::new(exact(false)), exact_state()),
        ("avg", Some(ty)) if is_exact(ty) => (Box::new(exact(true)), exact_state()),
        ("count", _) => (Box::new(Count { condition: false, count: 0 }), vec![DataType::Int64]),
        ("count_if", _) => (Box::new(Count { condition: true, count: 0 }), vec![DataType::Int64]),
        ("bool_and" | "every", _) => (Box::new(Bool { and: true, value: None }), vec![DataType::Boolean]),
        ("bool_or", _) => (Box::new(Bool { and: false, value: None }), vec![DataType::Boolean]),
        ("bitwise_and_agg", _) => (bits(|a, b| a & b), vec![DataType::Int64]),
        ("bitwise_or_agg", _) => (bits(|a, b| a | b), vec![DataType::Int64]),
        ("bitwise_xor_agg", _) => (bits(|a, b| a ^ b), vec![DataType::Int64]),
        _ => return Ok(None),
    }))
}

pub(super) fn is_exact(ty: &Type) -> bool {
    is_integer(ty) || matches!(ty, Type::Decimal { .. } | Type::IntervalDayToSecond | Type::IntervalYearToMonth)
}

/// A sum may be larger than 128 bits in the middle of the way, so its state is the low half, how often that has run over
/// (see [`wide`]), and a count.
fn exact_state() -> Vec<DataType> {
    vec![DataType::Decimal128(38, 0), DataType::Int64, DataType::Int64]
}

/// `low + carries * 2^128`.
pub(super) fn wide(low: i128, carries: i64) -> i256 {
    i256::from_i128(low).wrapping_add(i256::from_parts(0, carries.into()))
}

/// A sum as its signed low half, and how often that has run over.
pub(super) fn halves(sum: i256) -> (i128, i64) {
    let (low, high) = sum.to_parts();
    let low = low as i128;
    (low, high as i64 + i64::from(low < 0))
}

/// Sum or mean of integers, decimals and intervals.
#[derive(Debug)]
struct Exact {
    call: Call,
    mean: bool,
    sum: i256,
    count: i64,
}

impl Exact {
    fn add(&mut self, value: i128) {
        self.sum = self.sum.wrapping_add(i256::from_i128(value));
        self.count += 1;
    }
}

impl Fold for Exact {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        match args[0].data_type() {
            DataType::Decimal128(..) => {
                let values = Reader::<Decimal>::new(&args[0])?;
                (0..args[0].len()).filter_map(|row| values.get(row)).for_each(|value| self.add(value));
            }
            _ => {
                let values = Reader::<Int>::new(&args[0])?;
                (0..args[0].len()).filter_map(|row| values.get(row)).for_each(|value| self.add(i128::from(value)));
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        let (low, carries) = halves(self.sum);
        let int = |value| ScalarValue::Int64(Some(value));
        Ok(vec![ScalarValue::Decimal128(Some(low), 38, 0), int(carries), int(self.count)])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lows = states[0].as_primitive::<Decimal128Type>().values();
        let [carries, counts] = [1, 2].map(|at| states[at].as_primitive::<Int64Type>().values());
        for ((low, carries), count) in lows.iter().zip(carries).zip(counts) {
            self.sum = self.sum.wrapping_add(wide(*low, *carries));
            self.count += count;
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        only(exact_values(&self.call, self.mean, &[(self.sum, self.count)])?)
    }
}

/// Sums or means of groups from their exact sums and counts; null for a group without values.
pub(super) fn exact_values(call: &Call, mean: bool, groups: &[(i256, i64)]) -> Result<ArrayRef> {
    let each = groups.iter().map(|(sum, count)| (*count > 0).then_some((*sum, *count)));
    match (&call.ty, mean) {
        (Type::Decimal { precision, .. }, _) => {
            let value = |(sum, count): (i256, i64)| {
                let value = match mean {
                    true => rescale_wide(sum, count, *precision),
                    false => sum.to_i128().filter(|sum| sum.unsigned_abs() < 10_u128.pow(u32::from(*precision))),
                };
                value.ok_or_else(|| Fault::data("Decimal overflow"))
            };
            i128::collect(each.map(|group| group.map(value).transpose()).collect::<Result<_>>()?, &call.out)
        }
        (Type::Double | Type::Real, true) => {
            let value = |(sum, count): (i256, i64)| {
                let sum: f64 = match sum.to_i128() {
                    Some(sum) => sum as f64,
                    None => sum.to_string().parse().map_err(|_| Fault::internal("a sum is a number"))?,
                };
                Ok(sum / count as f64)
            };
            f64::collect(each.map(|group| group.map(value).transpose()).collect::<Result<_>>()?, &call.out)
        }
        (ty, _) => {
            let overflow = |sum: i256| Fault::data(format!("{ty} sum overflow: {sum}"));
            let value = |(sum, count): (i256, i64)| {
                let exact = sum.to_i128().ok_or_else(|| overflow(sum))?;
                match mean {
                    // Halves are rounded up, also below zero.
                    true => Ok((exact as f64 / count as f64 + 0.5).floor() as i64),
                    false => i64::try_from(exact).map_err(|_| overflow(sum)),
                }
            };
            i64::collect(each.map(|group| group.map(value).transpose()).collect::<Result<_>>()?, &call.out)
        }
    }
}

/// Sum or mean of doubles.
#[derive(Debug)]
struct Float {
    call: Call,
    mean: bool,
    sum: f64,
    count: i64,
}

impl Fold for Float {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let values = Reader::<Double>::new(&args[0])?;
        for value in (0..args[0].len()).filter_map(|row| values.get(row)) {
            self.sum += value;
            self.count += 1;
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Float64(Some(self.sum)), ScalarValue::Int64(Some(self.count))])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (sums, counts) = (states[0].as_primitive::<Float64Type>(), states[1].as_primitive::<Int64Type>());
        for row in 0..sums.len() {
            self.sum += sums.value(row);
            self.count += counts.value(row);
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        only(float_values(&self.call, self.mean, [(self.sum, self.count)])?)
    }
}

/// The same of doubles.
pub(super) fn float_values(call: &Call, mean: bool, groups: impl IntoIterator<Item = (f64, i64)>) -> Result<ArrayRef> {
    let value = |(sum, count): (f64, i64)| match mean {
        _ if count == 0 => None,
        true => Some(sum / count as f64),
        false => Some(sum),
    };
    f64::collect(groups.into_iter().map(value).collect(), &call.out)
}

/// Rows that are not null, or true.
#[derive(Debug)]
struct Count {
    condition: bool,
    count: i64,
}

impl Fold for Count {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let array = &args[0];
        let counted = match self.condition {
            true => array.as_boolean().true_count(),
            false => array.len() - array.logical_null_count(),
        };
        self.count += counted as i64;
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.finish()?])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.count += states[0].as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(self.count)))
    }
}

/// `bool_and` and `bool_or`.
#[derive(Debug)]
struct Bool {
    and: bool,
    value: Option<bool>,
}

impl Fold for Bool {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        for value in args[0].as_boolean().iter().flatten() {
            let before = self.value.unwrap_or(self.and);
            self.value = Some(if self.and { before && value } else { before || value });
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.finish()?])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update(states)
    }

    fn finish(&self) -> Result<ScalarValue> {
        Ok(ScalarValue::Boolean(self.value))
    }
}

/// Bits of bigints.
#[derive(Debug)]
struct Bits {
    operation: fn(i64, i64) -> i64,
    value: Option<i64>,
}

fn bits(operation: fn(i64, i64) -> i64) -> Box<dyn Fold> {
    Box::new(Bits { operation, value: None })
}

impl Fold for Bits {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        for value in args[0].as_primitive::<Int64Type>().iter().flatten() {
            self.value = Some(self.value.map_or(value, |before| (self.operation)(before, value)));
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.finish()?])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update(states)
    }

    fn finish(&self) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(self.value))
    }
}
