//! Sums and means of many groups at once: one array of states for all groups instead of one object for each.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::error::Result as Outcome;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

use super::Call;
use super::sum::{exact_values, float_values, is_exact, wide};
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

    /// Adds `low + carries * 2^128`, the sum of `count` values.
    fn add(&mut self, group: usize, low: i128, carries: i64, count: i64) {
        let (sum, over) = self.sums[group].overflowing_add(low);
        self.sums[group] = sum;
        self.counts[group] += count;
        let carries = match over {
            true if low < 0 => carries - 1,
            true => carries + 1,
            false => carries,
        };
        if carries != 0 {
            self.carries.resize(self.sums.len(), 0);
            self.carries[group] += carries;
        }
    }

    fn add_rows(
        &mut self,
        groups: &[usize],
        filter: Option<&BooleanArray>,
        nulls: Option<&arrow::buffer::NullBuffer>,
        value: impl Fn(usize) -> i128,
    ) {
        let all = nulls.is_none() && filter.is_none();
        for (row, group) in groups.iter().enumerate() {
            if all || (nulls.is_none_or(|nulls| nulls.is_valid(row)) && passes(filter, row)) {
                self.add(*group, value(row), 0, 1);
            }
        }
    }

    /// Low halves, carries and counts of the groups that are emitted.
    fn take(&mut self, emit: EmitTo) -> (Vec<i128>, Vec<i64>, Vec<i64>) {
        let (sums, counts) = (emit.take_needed(&mut self.sums), emit.take_needed(&mut self.counts));
        let carries = match self.carries.is_empty() {
            true => vec![0; sums.len()],
            false => emit.take_needed(&mut self.carries),
        };
        (sums, carries, counts)
    }
}

fn states(sums: Vec<i128>, carries: Vec<i64>, counts: Vec<i64>) -> Vec<ArrayRef> {
    vec![
        Arc::new(Decimal128Array::from(sums).with_data_type(DataType::Decimal128(38, 0))),
        Arc::new(Int64Array::from(carries)),
        Arc::new(Int64Array::from(counts)),
    ]
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
                let column = values[0].as_primitive::<Decimal128Type>();
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
        let (sums, carries, counts) = self.take(emit);
        let sums = sums.into_iter().zip(carries).map(|(sum, carries)| wide(sum, carries));
        let groups: Vec<_> = sums.zip(counts).collect();
        Ok(exact_values(&self.call, self.mean, &groups)?)
    }

    fn state(&mut self, emit: EmitTo) -> Outcome<Vec<ArrayRef>> {
        let (sums, carries, counts) = self.take(emit);
        Ok(states(sums, carries, counts))
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        groups: &[usize],
        _: Option<&BooleanArray>,
        count: usize,
    ) -> Outcome<()> {
        self.grow(count);
        let sums = states[0].as_primitive::<Decimal128Type>().values();
        let [carries, counts] = [1, 2].map(|at| states[at].as_primitive::<Int64Type>().values());
        for (row, group) in groups.iter().enumerate() {
            self.add(*group, sums[row], carries[row], counts[row]);
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Outcome<Vec<ArrayRef>> {
        let rows = values[0].len();
        let counted: Vec<Option<i128>> = match values[0].data_type() {
            DataType::Decimal128(..) => {
                let column = Reader::<Decimal>::new(&values[0])?;
                (0..rows).map(|row| column.get(row).filter(|_| passes(filter, row))).collect()
            }
            _ => {
                let column = Reader::<Int>::new(&values[0])?;
                (0..rows).map(|row| column.get(row).filter(|_| passes(filter, row)).map(i128::from)).collect()
            }
        };
        let sums = counted.iter().map(|value| value.unwrap_or(0)).collect();
        let counts = counted.iter().map(|value| i64::from(value.is_some())).collect();
        Ok(states(sums, vec![0; rows], counts))
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
        use super::super::sum::halves;
        use arrow::datatypes::i256;
        let ty = Type::Decimal { precision: 38, scale: 0 };
        let out = DataType::Decimal128(38, 0);
        let call = Call { function: "sum", types: vec![ty.clone()], ty, out, settings: vec![], lambdas: vec![] };
        let mut sums = Exacts { call, mean: false, sums: vec![], carries: vec![], counts: vec![] };
        sums.grow(1);
        let big = i128::MAX - 5;
        let mut exact = i256::ZERO;
        for value in [big, big, 7, -big, i128::MIN + 3, i128::MIN + 3, -1, big, big, big] {
            sums.add(0, value, 0, 1);
            let (low, carries) = (sums.sums[0], sums.carries.first().copied().unwrap_or(0));
            exact = exact.wrapping_add(i256::from_i128(value));
            assert_eq!(wide(low, carries), exact);
            assert_eq!(halves(exact), (low, carries));
        }
    }
}
