//! Values over all rows that summarise them: a histogram of numbers, the most frequent values.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, UInt32Array};
use arrow::compute;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::ScalarValue;

use super::collect::{by_key, map};
use super::{Call, null};
use crate::error::{Fault, Result};
use crate::functions::columns::{Int, Reader};

/// The number in the first row that has one: a setting of the call.
fn setting(column: &ArrayRef, refusal: &str) -> Result<usize> {
    let reader = Reader::<Int>::new(column)?;
    let found = (0..column.len()).find_map(|row| reader.get(row)).unwrap_or(2);
    let found = i32::try_from(found).map_err(|_| Fault::data("integer overflow"))?;
    usize::try_from(found).ok().filter(|value| *value >= 2).ok_or_else(|| Fault::data(refusal))
}

/// Centres of so many groups of neighbours and the weight of each. The pair whose union spreads least is joined first
/// (Ben-Haim and Tom-Tov, 2010).
pub(super) fn numeric_histogram(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    let count = setting(&columns[0], "numeric_histogram bucket count must be greater than one")?;
    let values = doubles(&columns[1])?;
    let weights = columns.get(2).map(doubles).transpose()?;
    let mut groups: Vec<(f64, f64)> = (0..values.len())
        .filter(|row| values.is_valid(*row))
        .filter_map(|row| match &weights {
            Some(weights) => weights.is_valid(row).then(|| (values.value(row), weights.value(row))),
            None => Some((values.value(row), 1.0)),
        })
        .collect();
    if groups.is_empty() {
        return null(&call.out);
    }
    groups.sort_by(|a, b| a.0.total_cmp(&b.0));
    groups.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    while groups.len() > count {
        let nearest = (0..groups.len() - 1).min_by(|a, b| spread(&groups, *a).total_cmp(&spread(&groups, *b)));
        let at = nearest.expect("there are two groups at least");
        let ((a, weight_a), (b, weight_b)) = (groups[at], groups.remove(at + 1));
        let weight = weight_a + weight_b;
        groups[at] = ((a * weight_a + b * weight_b) / weight, weight);
    }
    let (centres, weights): (Vec<f64>, Vec<f64>) = groups.into_iter().unzip();
    let DataType::Map(entry, _) = &call.out else { return Err(Fault::internal("a histogram is a map")) };
    let DataType::Struct(fields) = entry.data_type() else { return Err(Fault::internal("a map without entries")) };
    let column = |values: Vec<f64>| compute::cast(&Float64Array::from(values), fields[0].data_type());
    map(column(centres)?, column(weights)?, &call.out)
}

/// What joining a group with the next one adds to the variance.
fn spread(groups: &[(f64, f64)], at: usize) -> f64 {
    let ((a, weight_a), (b, weight_b)) = (groups[at], groups[at + 1]);
    let weight = weight_a + weight_b;
    (a - b) * (a - b) * (weight_a * weight_b) / (weight * weight)
}

fn doubles(column: &ArrayRef) -> Result<Float64Array> {
    Ok(compute::cast(column, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

/// The values that occur most often, with their counts. All are counted, so the counts are exact.
pub(super) fn most_frequent(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    let buckets = setting(&columns[0], "approx_most_frequent bucket count must be greater than one")?;
    let values = &columns[1];
    let groups = by_key(values, &call.types[1])?;
    let mut counts: Vec<(u32, i64)> = groups.iter().map(|group| (group[0], group.len() as i64)).collect();
    if counts.is_empty() {
        return null(&call.out);
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(buckets);
    let (rows, counts): (Vec<u32>, Vec<i64>) = counts.into_iter().unzip();
    let keys = compute::take(values, &UInt32Array::from(rows), None)?;
    map(keys, Arc::new(Int64Array::from(counts)), &call.out)
}
