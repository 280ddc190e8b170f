//! `numeric_histogram`: centres of groups of neighbours and the weight of each.
//!
//! Ben-Haim and Tom-Tov, *A Streaming Parallel Decision Tree Algorithm* (2010): rows are groups of their own until there
//! are a hundred too many; then the neighbours whose union spreads least are joined.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array};
use arrow::compute;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use super::collect::map;
use super::{Call, Fold, Made, null};
use crate::error::{Fault, Result};
use crate::functions::columns::{Bytes, Double, Int, Reader};

/// Groups beyond the wanted ones before they are joined.
const BUFFER: usize = 100;

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    match call.function {
        "numeric_histogram" => {
            let fold = Histogram { call: call.clone(), buckets: None, groups: vec![] };
            Ok(Some((Box::new(fold), vec![DataType::Int64, DataType::Binary])))
        }
        _ => Ok(None),
    }
}

#[derive(Clone, Debug)]
struct Histogram {
    call: Call,
    /// How many groups are wanted: the first row says it.
    buckets: Option<usize>,
    /// Centres and weights.
    groups: Vec<(f64, f64)>,
}

impl Histogram {
    fn add(&mut self, buckets: i64, value: f64, weight: f64) -> Result<()> {
        let buckets = match self.buckets {
            Some(buckets) => buckets,
            None if buckets < 2 => {
                return Err(Fault::data("numeric_histogram bucket count must be greater than one"));
            }
            None => i32::try_from(buckets).map_err(|_| Fault::data("integer overflow"))? as usize,
        };
        self.buckets = Some(buckets);
        if self.groups.len() == buckets + BUFFER {
            self.compact();
        }
        self.groups.push((value, weight));
        Ok(())
    }

    /// Joins what is equal, and neighbours until there are as many groups as are wanted.
    fn compact(&mut self) {
        self.groups.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.groups.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        while self.groups.len() > self.buckets.unwrap_or(2) {
            let spreads = (0..self.groups.len() - 1).map(|at| (at, spread(self.groups[at], self.groups[at + 1])));
            let least = spreads.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at);
            let at = least.expect("there are two groups at least");
            let ((a, weight_a), (b, weight_b)) = (self.groups[at], self.groups.remove(at + 1));
            let weight = weight_a + weight_b;
            self.groups[at] = ((a * weight_a + b * weight_b) / weight, weight);
        }
    }
}

/// What joining two groups adds to the variance.
fn spread((a, weight_a): (f64, f64), (b, weight_b): (f64, f64)) -> f64 {
    let weight = weight_a + weight_b;
    weight * ((a - b) * (a - b)) * (weight_a * weight_b / (weight * weight))
}

impl Fold for Histogram {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let (buckets, values) = (Reader::<Int>::new(&args[0])?, Reader::<Double>::new(&args[1])?);
        let weights = args.get(2).map(Reader::<Double>::new).transpose()?;
        for row in 0..args[0].len() {
            let weight = weights.as_ref().map_or(Some(1.0), |weights| weights.get(row));
            if let (Some(buckets), Some(value), Some(weight)) = (buckets.get(row), values.get(row), weight) {
                self.add(buckets, value, weight)?;
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        let mut compacted = self.clone();
        compacted.compact();
        let bytes = compacted.groups.iter().flat_map(|(value, weight)| [*value, *weight]).flat_map(f64::to_le_bytes);
        let buckets = self.buckets.map(|buckets| buckets as i64);
        Ok(vec![ScalarValue::Int64(buckets), ScalarValue::Binary(Some(bytes.collect()))])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (buckets, groups) = (Reader::<Int>::new(&states[0])?, Reader::<Bytes>::new(&states[1])?);
        for row in 0..states[0].len() {
            let (Some(buckets), Some(bytes)) = (buckets.get(row), groups.get(row)) else { continue };
            self.buckets.get_or_insert(buckets as usize);
            let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("eight bytes of a state"));
            self.groups.extend(bytes.chunks_exact(16).map(|pair| (number(&pair[..8]), number(&pair[8..]))));
            self.compact();
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        if self.buckets.is_none() {
            return null(&self.call.out);
        }
        let mut compacted = self.clone();
        compacted.compact();
        let (centres, weights): (Vec<f64>, Vec<f64>) = compacted.groups.into_iter().unzip();
        let DataType::Map(entry, _) = &self.call.out else { return Err(Fault::internal("a histogram is a map")) };
        let DataType::Struct(fields) = entry.data_type() else {
            return Err(Fault::internal("a map without entries"));
        };
        let column = |values: Vec<f64>| -> Result<ArrayRef> {
            let doubles: ArrayRef = Arc::new(Float64Array::from(values));
            Ok(compute::cast(&doubles, fields[0].data_type())?)
        };
        map(column(centres)?, column(weights)?, &self.call.out)
    }

    fn size(&self) -> usize {
        self.groups.capacity() * 16
    }
}
