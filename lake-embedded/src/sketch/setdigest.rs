//! Set digests: a HyperLogLog, and the least hashes of the values with how often each came (MinHash).
//!
//! Broder, *On the resemblance and containment of documents* (1997): the share of common values among the least hashes
//! of two sets is that of the sets.

use std::collections::BTreeMap;

use super::hll::HyperLogLog;
use super::{Input, malformed, murmur};
use crate::error::Result;

const VERSION: u8 = 1;
const BUCKETS: u32 = 2048;
/// How many hashes are kept.
const HASHES: usize = 8192;

/// A set digest.
#[derive(Clone, Debug)]
pub(crate) struct SetDigest {
    all: HyperLogLog,
    /// How many hashes are kept.
    most: usize,
    /// The least hashes and how often each came.
    least: BTreeMap<i64, i16>,
}

impl SetDigest {
    /// One of nothing.
    pub fn new() -> Self {
        Self { all: HyperLogLog::new(BUCKETS), most: HASHES, least: BTreeMap::new() }
    }

    /// From its bytes.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut input = Input::new(bytes);
        if input.u8()? != VERSION {
            return Err(malformed());
        }
        let length = input.count(1)?;
        let all = HyperLogLog::read(input.bytes(length)?)?;
        let most = input.u32()? as usize;
        let count = input.count(10)?;
        let hashes = (0..count).map(|_| input.i64()).collect::<Result<Vec<_>>>()?;
        let counted = hashes.into_iter().map(|hash| Ok((hash, input.u16()?.cast_signed())));
        Ok(Self { all, most, least: counted.collect::<Result<_>>()? })
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let all = self.all.bytes();
        let mut out = vec![VERSION];
        out.extend((all.len() as u32).to_le_bytes());
        out.extend(all);
        out.extend((self.most as u32).to_le_bytes());
        out.extend((self.least.len() as u32).to_le_bytes());
        out.extend(self.least.keys().flat_map(|hash| hash.to_le_bytes()));
        out.extend(self.least.values().flat_map(|count| count.to_le_bytes()));
        out
    }

    /// Takes a value by its bytes; those of a number have the lowest first.
    pub fn add(&mut self, value: &[u8]) {
        let hash = murmur(value);
        self.all.add(hash);
        let count = self.least.entry(hash.cast_signed()).or_default();
        *count = count.saturating_add(1);
        self.shrink();
    }

    /// Takes what another one has seen.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.all.merge(&other.all)?;
        for (hash, more) in &other.least {
            let count = self.least.entry(*hash).or_default();
            *count = count.saturating_add(*more);
        }
        self.shrink();
        Ok(())
    }

    fn shrink(&mut self) {
        while self.least.len() > self.most {
            self.least.pop_last();
        }
    }

    /// The hashes and how often each came.
    pub fn counts(&self) -> &BTreeMap<i64, i16> {
        &self.least
    }

    /// Whether all values are among the hashes.
    fn is_exact(&self) -> bool {
        self.least.len() < self.most
    }

    /// How many different values there were.
    pub fn cardinality(&self) -> i64 {
        if self.is_exact() { self.least.len() as i64 } else { self.all.cardinality() }
    }

    /// The share of common values in all of both.
    pub fn jaccard(&self, other: &Self) -> f64 {
        let size = self.least.len().min(other.least.len());
        let mut union: Vec<&i64> = self.least.keys().chain(other.least.keys()).collect();
        union.sort_unstable();
        union.dedup();
        // At least one is looked at, however few there are.
        let looked_at = union.into_iter().take(size.max(1));
        let common = looked_at.filter(|hash| self.least.contains_key(hash) && other.least.contains_key(hash)).count();
        common as f64 / size as f64
    }

    /// How many values are in both.
    pub fn intersection(&self, other: &Self) -> Result<i64> {
        if self.is_exact() && other.is_exact() {
            return Ok(self.least.keys().filter(|hash| other.least.contains_key(hash)).count() as i64);
        }
        let mut both = self.clone();
        both.merge(other)?;
        let common = (self.jaccard(other) * both.cardinality() as f64 + 0.5).floor() as i64;
        Ok(common.min(self.cardinality()).min(other.cardinality()))
    }

    /// Bytes on the heap.
    pub fn size(&self) -> usize {
        self.all.size() + self.least.len() * 16
    }
}
