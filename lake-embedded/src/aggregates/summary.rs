//! `approx_most_frequent`: the most frequent values.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, UInt32Array};
use arrow::compute;
use datafusion::common::ScalarValue;

use super::collect::{by_key, map};
use super::{Call, null};
use crate::error::{Fault, Result};
use crate::functions::columns::{Int, Reader};

/// The values that occur most often, with their counts. All are counted, so the counts are exact.
pub(super) fn most_frequent(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    let nulls: Vec<_> = columns.iter().map(|column| column.logical_nulls()).collect();
    let present = |row: &usize| nulls.iter().flatten().all(|nulls| nulls.is_valid(*row));
    let rows: Vec<u32> = (0..columns[0].len()).filter(present).map(|row| row as u32).collect();
    let Some(first) = rows.first() else { return null(&call.out) };
    let buckets = Reader::<Int>::new(&columns[0])?.get(*first as usize).unwrap_or_default();
    if buckets < 2 {
        return Err(Fault::data("approx_most_frequent bucket count must be greater than one"));
    }
    let buckets = i32::try_from(buckets).map_err(|_| Fault::data("integer overflow"))?;
    let values = compute::take(&columns[1], &UInt32Array::from(rows), None)?;
    let groups = by_key(&values, &call.types[1])?;
    let mut counts: Vec<(u32, i64)> = groups.iter().map(|group| (group[0], group.len() as i64)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(buckets as usize);
    let (rows, counts): (Vec<u32>, Vec<i64>) = counts.into_iter().unzip();
    let keys = compute::take(&values, &UInt32Array::from(rows), None)?;
    map(keys, Arc::new(Int64Array::from(counts)), &call.out)
}
