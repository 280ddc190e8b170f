//! HyperLogLog: how many different values there were.
//!
//! Flajolet et al., *HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm* (2007), with the
//! sparse form and the correction of bias of Heule, Nunkesser and Hall, *HyperLogLog in Practice* (2013), whose
//! empirical table is `hll-bias.txt`. The bytes are those of the format that Trino documents for its type HyperLogLog:
//! sparse (version 2) holds the first 26 bits of each hash and the zeros behind them, dense (version 2) four bits a
//! bucket above a baseline, and what is larger apart.

use std::sync::OnceLock;

use super::{Input, malformed};
use crate::error::{Fault, Result};

const DENSE_OLD: u8 = 1;
const SPARSE: u8 = 2;
const DENSE: u8 = 3;

/// Bits of a hash that an entry of the sparse form keeps; the other six count zeros.
const PREFIX: u32 = 26;
/// The largest value of a bucket above the baseline that stands in four bits.
const LARGEST_DELTA: u8 = 15;
/// Buckets of `approx_set`.
pub(crate) const SET_BUCKETS: u32 = 4096;

/// A HyperLogLog.
#[derive(Clone, Debug)]
pub(crate) struct HyperLogLog {
    /// There are two to the power of this many buckets.
    bits: u8,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// Entries in order, one for each prefix, and how many there was room for.
    Sparse { entries: Vec<u32>, room: usize },
    /// The value of each bucket.
    Dense(Vec<u8>),
}

impl HyperLogLog {
    /// One of nothing; the number of buckets is a power of two.
    pub fn new(buckets: u32) -> Self {
        Self { bits: buckets.trailing_zeros() as u8, form: Form::Sparse { entries: vec![], room: 1 } }
    }

    /// As many buckets as keep the standard error below this.
    pub fn with_error(error: f64) -> Result<Self> {
        const RANGE: std::ops::RangeInclusive<f64> = 0.0040625..=0.26;
        if !RANGE.contains(&error) {
            let shown = crate::functions::format::double(error);
            return Err(Fault::data(format!("Max standard error must be in [0.0040625, 0.26]: {shown}")));
        }
        Ok(Self::new(((1.0816 / (error * error)).ceil() as u32).next_power_of_two()))
    }

    /// From its bytes.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut input = Input::new(bytes);
        let (tag, bits) = (input.u8()?, input.u8()?);
        if (DENSE_OLD..=DENSE).contains(&tag) && (bits == 0 || bits > 16) {
            return Err(malformed());
        }
        let form = match tag {
            SPARSE => {
                let count = usize::from(input.u16()?);
                let entries = (0..count).map(|_| input.u32()).collect::<Result<Vec<_>>>()?;
                Form::Sparse { room: entries.len(), entries }
            }
            DENSE | DENSE_OLD => Form::Dense(read_dense(&mut input, 1 << bits, tag)?),
            _ => return Err(Fault::data("Cannot deserialize HyperLogLog")),
        };
        input.end()?;
        Ok(Self { bits, form })
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.form {
            Form::Sparse { entries, .. } => {
                let mut out = vec![SPARSE, self.bits];
                out.extend((entries.len() as u16).to_le_bytes());
                out.extend(entries.iter().flat_map(|entry| entry.to_le_bytes()));
                out
            }
            Form::Dense(values) => dense_bytes(self.bits, values),
        }
    }

    /// Takes a value by its hash.
    pub fn add(&mut self, hash: u64) {
        match &mut self.form {
            Form::Dense(values) => {
                let bucket = &mut values[(hash >> (64 - self.bits)) as usize];
                *bucket = (*bucket).max(zeros(hash, self.bits.into()) + 1);
            }
            Form::Sparse { entries, room } => {
                let entry = ((hash >> (64 - PREFIX)) << 6) as u32 | u32::from(zeros(hash, PREFIX));
                match entries.binary_search_by_key(&(entry >> 6), |known| known >> 6) {
                    Ok(at) => entries[at] = entries[at].max(entry),
                    Err(at) => {
                        if entries.len() == *room {
                            *room += 10;
                        }
                        entries.insert(at, entry);
                    }
                }
                self.settle();
            }
        }
    }

    /// Takes what another one has seen.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        match (&mut self.form, &other.form) {
            // Trino finds different numbers of buckets only in the dense form; the sparse forms go together.
            (Form::Sparse { entries, room }, Form::Sparse { entries: more, .. }) => {
                entries.extend(more);
                entries.sort_unstable();
                entries.reverse();
                entries.dedup_by_key(|entry| *entry >> 6);
                entries.reverse();
                *room = entries.len();
                self.settle();
                return Ok(());
            }
            _ if self.bits != other.bits => {
                let (left, right) = (1 << self.bits, 1 << other.bits);
                return Err(Fault::data(format!(
                    "Cannot merge HLLs with different number of buckets: {left} vs {right}"
                )));
            }
            _ => {}
        }
        self.make_dense();
        let more = other.values();
        let Form::Dense(values) = &mut self.form else { return Err(Fault::internal("made dense above")) };
        values.iter_mut().zip(more).for_each(|(value, more)| *value = (*value).max(more));
        Ok(())
    }

    /// Turns into the dense form.
    pub fn make_dense(&mut self) {
        if matches!(self.form, Form::Sparse { .. }) {
            self.form = Form::Dense(self.values());
        }
    }

    /// About how many different values there were.
    pub fn cardinality(&self) -> i64 {
        let estimate = match &self.form {
            Form::Sparse { entries, .. } => {
                let total = f64::from(1_u32 << PREFIX);
                linear(total, total - entries.len() as f64)
            }
            Form::Dense(values) => self.estimate(values),
        };
        (estimate + 0.5).floor() as i64
    }

    /// Bytes on the heap.
    pub fn size(&self) -> usize {
        match &self.form {
            Form::Sparse { entries, .. } => entries.capacity() * 4,
            Form::Dense(values) => values.len(),
        }
    }

    fn estimate(&self, values: &[u8]) -> f64 {
        let count = values.len() as f64;
        let empty = values.iter().filter(|value| **value == 0).count() as f64;
        if empty > 0.4 * count {
            return linear(count, empty);
        }
        let alpha = match self.bits {
            4 => 0.673,
            5 => 0.697,
            6 => 0.709,
            _ => 0.7213 / (1.0 + 1.079 / count),
        };
        let sum: f64 = values.iter().map(|value| 0.5_f64.powi(i32::from(*value))).sum();
        let raw = alpha * count * count / sum;
        raw - bias(self.bits, raw)
    }

    /// The value of each bucket.
    fn values(&self) -> Vec<u8> {
        match &self.form {
            Form::Dense(values) => values.clone(),
            Form::Sparse { entries, .. } => {
                let mut values = vec![0; 1 << self.bits];
                for entry in entries {
                    let bucket: &mut u8 = &mut values[(entry >> (32 - self.bits)) as usize];
                    let inside = (entry << self.bits).leading_zeros();
                    let prefix = PREFIX - u32::from(self.bits);
                    let zeros = if inside >= prefix { prefix + (entry & 63) } else { inside };
                    *bucket = (*bucket).max(zeros as u8 + 1);
                }
                values
            }
        }
    }

    /// Becomes dense where Trino finds that that takes less memory: objects and arrays have a header of 16 bytes in
    /// all, and their sizes are multiples of eight.
    fn settle(&mut self) {
        let Form::Sparse { room, .. } = &self.form else { return };
        let array = |bytes: usize| (16 + bytes).next_multiple_of(8);
        if 24 + array(4 * room) > 40 + array((1 << self.bits) / 2) {
            self.make_dense();
        }
    }
}

/// Zeros of a hash behind its first bits.
fn zeros(hash: u64, bits: u32) -> u8 {
    // A hash of nothing but zeros ends in front of the first bits.
    ((hash << bits) | 1 << (bits - 1)).leading_zeros() as u8
}

/// How many values fill that many of all buckets (linear counting).
fn linear(total: f64, empty: f64) -> f64 {
    total * (total / empty).ln()
}

fn read_dense(input: &mut Input<'_>, count: usize, tag: u8) -> Result<Vec<u8>> {
    let baseline = input.u8()?;
    let mut values = vec![];
    for byte in input.bytes(count / 2)? {
        values.extend([byte >> 4, byte & 15].map(|delta| baseline.saturating_add(delta)));
    }
    let mut larger = vec![];
    if tag == DENSE_OLD {
        let (bucket, value) = (input.u16()?, input.u8()?);
        if bucket.cast_signed() >= 0 && value.cast_signed() > 0 {
            larger.push((bucket, value));
        }
    } else {
        let buckets = (0..input.u16()?).map(|_| input.u16()).collect::<Result<Vec<_>>>()?;
        larger = buckets.into_iter().map(|bucket| Ok((bucket, input.u8()?))).collect::<Result<Vec<_>>>()?;
    }
    for (bucket, value) in larger {
        let found = values.get_mut(usize::from(bucket)).ok_or_else(malformed)?;
        *found = found.saturating_add(value);
    }
    Ok(values)
}

fn dense_bytes(bits: u8, values: &[u8]) -> Vec<u8> {
    let baseline = values.iter().copied().min().unwrap_or_default();
    let delta = |value: u8| (value - baseline).min(LARGEST_DELTA);
    let mut out = vec![DENSE, bits, baseline];
    out.extend(values.chunks(2).map(|pair| delta(pair[0]) << 4 | delta(pair[1])));
    let larger: Vec<(usize, u8)> = values
        .iter()
        .enumerate()
        .filter_map(|(bucket, value)| Some((bucket, (value - baseline).checked_sub(LARGEST_DELTA).filter(|v| *v > 0)?)))
        .collect();
    out.extend((larger.len() as u16).to_le_bytes());
    out.extend(larger.iter().flat_map(|(bucket, _)| (*bucket as u16).to_le_bytes()));
    out.extend(larger.iter().map(|(_, value)| value));
    out
}

/// How much too large an estimate is on average, between the points of the table.
fn bias(bits: u8, raw: f64) -> f64 {
    let Some(points) = usize::from(bits).checked_sub(4).and_then(|row| table().get(row)) else { return 0.0 };
    let after = points.partition_point(|(estimate, _)| *estimate < raw);
    match (after.checked_sub(1), points.get(after)) {
        (_, Some((estimate, bias))) if *estimate == raw => *bias,
        (Some(before), Some((x1, y1))) => {
            let (x0, y0) = points[before];
            (raw - x0) * (y1 - y0) / (x1 - x0) + y0
        }
        _ => 0.0,
    }
}

/// Raw estimates and their bias, from 2⁴ buckets on.
fn table() -> &'static [Vec<(f64, f64)>] {
    static TABLE: OnceLock<Vec<Vec<(f64, f64)>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let number = |text: &str| text.parse().expect("the table holds numbers");
        let point = |text: &str| {
            let (estimate, bias) = text.split_once(':').expect("the table holds pairs");
            (number(estimate), number(bias))
        };
        include_str!("hll-bias.txt").lines().map(|line| line.split(' ').map(point).collect()).collect()
    })
}
