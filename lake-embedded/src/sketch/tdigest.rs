//! T-digests: the distribution of doubles, as means of neighbours with their weights, fine at both ends.
//!
//! Dunning and Ertl, *Computing extremely accurate quantiles using t-digests* (2019), the variant that merges and
//! bounds a mean's weight by `4·n·q·(1−q)·(ln(n/δ) + 6)/δ`. Up to some hundred values each is a mean of its own, so that
//! quantiles are exact.

use super::{Input, malformed};
use crate::error::{Fault, Result};

const FORMAT: u8 = 0;
const COMPRESSION: f64 = 100.0;

/// A t-digest.
#[derive(Clone, Debug)]
pub(crate) struct TDigest {
    compression: f64,
    /// Means and weights; in order once they are merged.
    means: Vec<(f64, f64)>,
    /// How many means there is room for before they are merged.
    room: usize,
    total: f64,
    least: f64,
    largest: f64,
    /// Whether the next merge begins at the largest: the directions take turns.
    backwards: bool,
    /// Whether means were added since the last merge.
    pending: bool,
}

impl Default for TDigest {
    fn default() -> Self {
        Self {
            compression: COMPRESSION,
            means: vec![],
            room: 1,
            total: 0.0,
            least: f64::INFINITY,
            largest: f64::NEG_INFINITY,
            backwards: false,
            pending: false,
        }
    }
}

impl TDigest {
    /// From its bytes.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut input = Input::new(bytes);
        if input.u8()? != FORMAT {
            return Err(malformed());
        }
        let (least, largest, compression, total) = (input.f64()?, input.f64()?, input.f64()?, input.f64()?);
        let room = input.count(16)?;
        let means = (0..room).map(|_| input.f64()).collect::<Result<Vec<_>>>()?;
        let means = means.into_iter().map(|mean| Ok((mean, input.f64()?))).collect::<Result<Vec<_>>>()?;
        input.end()?;
        if compression.is_nan() || compression < 10.0 || means.iter().any(|(mean, weight)| !(mean + weight).is_finite())
        {
            return Err(malformed());
        }
        Ok(Self { compression, means, room, total, least, largest, backwards: false, pending: false })
    }

    /// Its bytes; first its means are merged as far as they may be.
    pub fn bytes(&self) -> Vec<u8> {
        let mut merged = self.clone();
        merged.compact(self.compression);
        let mut out = vec![FORMAT];
        out.extend([self.least, self.largest, self.compression, self.total].into_iter().flat_map(f64::to_le_bytes));
        out.extend((merged.means.len() as u32).to_le_bytes());
        out.extend(merged.means.iter().flat_map(|(mean, _)| mean.to_le_bytes()));
        out.extend(merged.means.iter().flat_map(|(_, weight)| weight.to_le_bytes()));
        out
    }

    /// Takes a finite value with a weight that is positive.
    pub fn add(&mut self, value: f64, weight: f64) {
        let most = (6.0 * (2.0 * self.compression + 10.0)) as usize;
        if self.means.len() == self.room {
            if self.room < most {
                self.room = (self.room * 2).max(1).min(most);
            } else {
                self.compact(2.0 * self.compression);
            }
        }
        self.means.push((value, weight));
        self.total += weight;
        self.least = self.least.min(value);
        self.largest = self.largest.max(value);
        self.pending = true;
    }

    /// Takes what another one has seen.
    pub fn merge(&mut self, mut other: Self) {
        if self.means.len() + other.means.len() > self.room {
            self.settle();
            other.settle();
            self.room = self.room.max(self.means.len() + other.means.len());
        }
        self.means.append(&mut other.means);
        self.total += other.total;
        self.least = self.least.min(other.least);
        self.largest = self.largest.max(other.largest);
        self.pending = true;
    }

    /// Merges what was added since, so that values can be asked for.
    pub fn settle(&mut self) {
        if self.pending {
            self.compact(2.0 * self.compression);
        }
    }

    /// The value below which that share of all lies; the digest is settled.
    pub fn value_at(&self, quantile: f64) -> f64 {
        let (Some(first), Some(last)) = (self.means.first(), self.means.last()) else { return f64::NAN };
        if self.means.len() == 1 {
            return first.0;
        }
        if quantile.is_nan() {
            return f64::NAN;
        }
        let rank = quantile * self.total;
        let from_top = self.total - rank;
        if rank < 1.0 {
            self.least
        } else if rank < first.1 / 2.0 {
            self.least + between(rank, (1.0, self.least), (first.1 / 2.0, first.0))
        } else if from_top >= 1.0 && from_top <= last.1 / 2.0 && last.1 / 2.0 > 1.0 {
            self.largest + between(from_top, (1.0, self.largest), (last.1 / 2.0, last.0))
        } else if rank >= self.total - 1.0 {
            self.largest
        } else {
            self.inside(rank)
        }
    }

    /// The value of a rank between the middle of the first mean and that of the last one.
    fn inside(&self, rank: f64) -> f64 {
        let mut middle = self.means[0].1 / 2.0;
        for pair in self.means.windows(2) {
            let ((mean, weight), (next, next_weight)) = (pair[0], pair[1]);
            let apart = (weight + next_weight) / 2.0;
            if middle + apart <= rank {
                middle += apart;
                continue;
            }
            let offset = rank - middle;
            let left = offset < weight / 2.0;
            // A mean of one value is that value; only means of several are spread.
            return match (weight == 1.0, next_weight == 1.0) {
                (true, _) if left => mean,
                (_, true) if !left => next,
                (true, _) => mean + between(offset - weight / 2.0, (0.0, mean), (next_weight / 2.0, next)),
                (_, true) => mean + between(offset, (0.0, mean), (weight / 2.0, next)),
                _ => mean + between(offset, (0.0, mean), (apart, next)),
            };
        }
        let last = self.means[self.means.len() - 1];
        let from_top = self.total - rank;
        match from_top >= 1.0 && last.1 / 2.0 > 1.0 {
            true => self.largest + between(from_top, (1.0, self.largest), (last.1 / 2.0, last.0)),
            false => self.largest,
        }
    }

    /// Joins neighbours as long as their weight is within the bound.
    fn compact(&mut self, compression: f64) {
        self.means.sort_by(|a, b| a.0.total_cmp(&b.0));
        if self.backwards {
            self.means.reverse();
        }
        let scale = compression / (4.0 * (self.total / compression).ln() + 24.0);
        let bound = |quantile: f64| quantile * (1.0 - quantile) / scale;
        let (mut merged, mut before): (Vec<(f64, f64)>, f64) = (vec![], 0.0);
        for (mean, weight) in self.means.drain(..) {
            let Some(last) = merged.last_mut() else {
                merged.push((mean, weight));
                continue;
            };
            let joined = last.1 + weight;
            let after = ((before + joined) / self.total).min(1.0);
            if joined <= self.total * bound(before / self.total).min(bound(after)) {
                last.0 += (mean - last.0) * weight / joined;
                last.1 = joined;
            } else {
                before += last.1;
                merged.push((mean, weight));
            }
        }
        if self.backwards {
            merged.reverse();
        }
        self.backwards = !self.backwards;
        self.means = merged;
        self.pending = false;
    }

    /// Bytes on the heap.
    pub fn size(&self) -> usize {
        self.means.capacity() * 16
    }
}

/// How far the line from one point to another has risen at `x`.
fn between(x: f64, (x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> f64 {
    (x - x0) / (x1 - x0) * (y1 - y0)
}

/// A number of quantiles out of an array, which Trino's t-digest takes in order.
pub(crate) fn check_quantiles(quantiles: &[f64]) -> Result<()> {
    if quantiles.windows(2).any(|pair| pair[0].total_cmp(&pair[1]).is_gt()) {
        return Err(Fault::data("percentiles must be sorted in increasing order"));
    }
    match quantiles.iter().any(|quantile| *quantile < 0.0 || *quantile > 1.0) {
        true => Err(Fault::data("quantiles should be in [0, 1] range")),
        false => Ok(()),
    }
}
