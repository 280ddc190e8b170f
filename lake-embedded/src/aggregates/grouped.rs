//! Sums and means of many groups at once: one array of states for all groups instead of one object for each.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryBuilder, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Float64Type, Int64Type, i256};
use datafusion::error::Result as Outcome;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use std::sync::Arc;

use super::Call;
use super::sum::{exact_values, float_values, is_exact};
use crate::error::Fault;
use crate::functions::columns::{Decimal, Double, Int, Reader};
use lake_sql::types::Type;

/// The states of a call for many groups; None if each group needs a fold of its own.
pub(super) fn make(call: &Call) -> Option<Box<dyn GroupsAccumulator>> {
    let mean = match call.function {
        "sum" => false,
        "avg" => true,
        _ => return None,
    };
    match call.types.first()? {
        Type::Real | Type::Double => Some(Box::new(Floats { call: call.clone(), mean, sums: vec![], counts: vec![] })),
        ty if is_exact(ty) => {
            Some(Box::new(Exacts { call: call.clone(), mean, sums: vec![], carries: vec![], counts: vec![] }))
        }
        _ => None,
    }
}

/// The rows that count.
fn passes(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

/// Sums of integers, decimals and intervals.
struct Exacts {
    call: Call,
    mean: bool,
    /// The low half of each sum,
    sums: Vec<i128>,
    /// and how often it has run over; empty as long as none has.
    carries: Vec<i64>,
    counts: Vec<i64>,
}

impl Exacts {
    fn grow(&mut self, groups: usize) {
        self.sums.resize(groups, 0);
        self.counts.resize(groups, 0);
        if !self.carries.is_empty() {
            self.carries.resize(groups, 0);
        }
    }

    fn add(&mut self, group: usize, value: i128) {
        let (sum, over) = self.sums[group].overflowing_add(value);
        self.sums[group] = sum;
        self.counts[group] += 1;
        if over {
            self.carry(group, if value < 0 { -1 } else { 1 });
        }
    }

    fn carry(&mut self, group: usize, by: i64) {
        if self.carries.is_empty() {
            self.carries = vec![0; self.sums.len()];
        }
        self.carries[group] += by;
    }

    fn add_rows(
        &mut self,
        groups: &[usize],
        filter: Option<&BooleanArray>,
        nulls: Option<&arrow::buffer::NullBuffer>,
        value: impl Fn(usize) -> i128,
    ) {
        for (row, group) in groups.iter().enumerate() {
            if nulls.is_none_or(|nulls| nulls.is_valid(row)) && passes(filter, row) {
                self.add(*group, value(row));
            }
        }
    }

    /// The sums and counts of the groups that are emitted.
    fn take(&mut self, emit: EmitTo) -> Vec<(i256, i64)> {
        let (sums, counts) = (emit.take_needed(&mut self.sums), emit.take_needed(&mut self.counts));
        let carries = match self.carries.is_empty() {
            true => vec![],
            false => emit.take_needed(&mut self.carries),
        };
        let carry = |at: usize| carries.get(at).copied().unwrap_or(0);
        sums.into_iter().zip(counts).enumerate().map(|(at, (sum, count))| (wide(sum, carry(at)), count)).collect()
    }

    fn states(&self, groups: impl ExactSizeIterator<Item = (i256, i64)>) -> Outcome<Vec<ArrayRef>> {
        let mut sums = FixedSizeBinaryBuilder::with_capacity(groups.len(), 32);
        let mut counts = Vec::with_capacity(groups.len());
        for (sum, count) in groups {
            sums.append_value(sum.to_le_bytes())?;
            counts.push(count);
        }
        Ok(vec![Arc::new(sums.finish()), Arc::new(Int64Array::from(counts))])
    }
}

/// `low + carries * 2^128`.
fn wide(low: i128, carries: i64) -> i256 {
    match carries {
        0 => i256::from_i128(low),
        // The low half counts as signed: an overflow upwards has wrapped it by exactly 2^128.
        _ => i256::from_i128(low).wrapping_add(i256::from_parts(0, i128::from(carries))),
    }
}

impl GroupsAccumulator for Exacts {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        count: usize,
    ) -> Outcome<()> {
        self.grow(count);
        let nulls = values[0].logical_nulls();
        match values[0].data_type() {
            DataType::Decimal128(..) => {
                let column = values[0].as_primitive::<arrow::datatypes::Decimal128Type>();
                let numbers = column.values();
                self.add_rows(groups, filter, nulls.as_ref(), |row| numbers[row]);
            }
            DataType::Int64 => {
                let numbers = values[0].as_primitive::<Int64Type>().values();
                self.add_rows(groups, filter, nulls.as_ref(), |row| i128::from(numbers[row]));
            }
            _ => {
                let column = Reader::<Int>::new(&values[0])?;
                self.add_rows(groups, filter, nulls.as_ref(), |row| column.get(row).unwrap_or(0).into());
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Outcome<ArrayRef> {
        let groups = self.take(emit);
        Ok(exact_values(&self.call, self.mean, &groups)?)
    }

    fn state(&mut self, emit: EmitTo) -> Outcome<Vec<ArrayRef>> {
        let groups = self.take(emit);
        self.states(groups.into_iter())
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        _: Option<&BooleanArray>,
        count: usize,
    ) -> Outcome<()> {
        self.grow(count);
        let (sums, counts) = (states[0].as_fixed_size_binary(), states[1].as_primitive::<Int64Type>());
        for (row, group) in groups.iter().enumerate() {
            let bytes: &[u8; 32] =
                sums.value(row).try_into().map_err(|_| Fault::internal("the state of a sum has 32 bytes"))?;
            let (low, high) = i256::from_le_bytes(*bytes).to_parts();
            let (sum, over) = self.sums[*group].overflowing_add(low as i128);
            // Of the other sum, what its signed low half does not say.
            let mut carries = high as i64 + i64::from((low as i128) < 0);
            if over {
                carries += if (low as i128) < 0 { -1 } else { 1 };
            }
            self.sums[*group] = sum;
            if carries != 0 {
                self.carry(*group, carries);
            }
            self.counts[*group] += counts.value(row);
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Outcome<Vec<ArrayRef>> {
        let rows = values[0].len();
        let state = |value: Option<i128>, row| match value.filter(|_| passes(filter, row)) {
            Some(value) => (i256::from_i128(value), 1),
            None => (i256::ZERO, 0),
        };
        if let DataType::Decimal128(..) = values[0].data_type() {
            let column = Reader::<Decimal>::new(&values[0])?;
            return self.states((0..rows).map(|row| state(column.get(row), row)));
        }
        let column = Reader::<Int>::new(&values[0])?;
        self.states((0..rows).map(|row| state(column.get(row).map(i128::from), row)))
    }

    fn supports_convert_to_state(&self) -> bool {
        true
    }

    fn size(&self) -> usize {
        self.sums.capacity() * 16 + (self.carries.capacity() + self.counts.capacity()) * 8
    }
}

/// Sums of doubles.
struct Floats {
    call: Call,
    mean: bool,
    sums: Vec<f64>,
    counts: Vec<i64>,
}

impl Floats {
    fn grow(&mut self, groups: usize) {
        self.sums.resize(groups, 0.0);
        self.counts.resize(groups, 0);
    }
}

impl GroupsAccumulator for Floats {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        count: usize,
    ) -> Outcome<()> {
        self.grow(count);
        let column = Reader::<Double>::new(&values[0])?;
        for (row, group) in groups.iter().enumerate().filter(|(row, _)| passes(filter, *row)) {
            if let Some(value) = column.get(row) {
                self.sums[*group] += value;
                self.counts[*group] += 1;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Outcome<ArrayRef> {
        let (sums, counts) = (emit.take_needed(&mut self.sums), emit.take_needed(&mut self.counts));
        Ok(float_values(&self.call, self.mean, sums.into_iter().zip(counts))?)
    }

    fn state(&mut self, emit: EmitTo) -> Outcome<Vec<ArrayRef>> {
        let (sums, counts) = (emit.take_needed(&mut self.sums), emit.take_needed(&mut self.counts));
        Ok(vec![Arc::new(Float64Array::from(sums)), Arc::new(Int64Array::from(counts))])
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        _: Option<&BooleanArray>,
        count: usize,
    ) -> Outcome<()> {
        self.grow(count);
        let (sums, counts) = (states[0].as_primitive::<Float64Type>(), states[1].as_primitive::<Int64Type>());
        for (row, group) in groups.iter().enumerate() {
            self.sums[*group] += sums.value(row);
            self.counts[*group] += counts.value(row);
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Outcome<Vec<ArrayRef>> {
        let column = Reader::<Double>::new(&values[0])?;
        let counted = (0..values[0].len()).map(|row| column.get(row).filter(|_| passes(filter, row)));
        let (sums, counts): (Vec<f64>, Vec<i64>) =
            counted.map(|value| (value.unwrap_or(0.0), i64::from(value.is_some()))).unzip();
        Ok(vec![Arc::new(Float64Array::from(sums)), Arc::new(Int64Array::from(counts))])
    }

    fn supports_convert_to_state(&self) -> bool {
        true
    }

    fn size(&self) -> usize {
        (self.sums.capacity() + self.counts.capacity()) * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_runs_over_and_back_is_exact() {
        let big = i128::MAX - 5;
        let mut low = 0i128;
        let mut carries = 0i64;
        let mut exact = i256::ZERO;
        for value in [big, big, 7, -big, i128::MIN + 3, i128::MIN + 3, -1, big, big, big] {
            let (sum, over) = low.overflowing_add(value);
            low = sum;
            if over {
                carries += if value < 0 { -1 } else { 1 };
            }
            exact = exact.wrapping_add(i256::from_i128(value));
            assert_eq!(wide(low, carries), exact);
        }
    }
}
