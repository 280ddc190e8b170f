//! Sketches: values that summarise many others in bounded space, in the bytes that Trino keeps them in.
//!
//! A sketch is varbinary to the engine; what it means is here. Nothing here knows of columns or plans.

pub(crate) mod hll;
pub(crate) mod qdigest;
pub(crate) mod setdigest;
pub(crate) mod tdigest;

use crate::error::{Fault, Result};

/// MurmurHash3's 128 bits of these bytes, their lower half.
pub(crate) fn murmur(mut bytes: &[u8]) -> u64 {
    murmur3::murmur3_x64_128(&mut bytes, 0).expect("memory can be read") as u64
}

/// Reads a sketch's bytes from the front; all numbers have their lowest byte first.
struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.bytes(N)?.try_into().map_err(|_| malformed())
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A count of things that are still to come, each of so many bytes.
    fn count(&mut self, bytes_each: usize) -> Result<usize> {
        let count = self.u32()? as usize;
        if count.saturating_mul(bytes_each) > self.rest.len() {
            return Err(malformed());
        }
        Ok(count)
    }

    fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn f64(&mut self) -> Result<f64> {
        self.array().map(f64::from_le_bytes)
    }

    fn end(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(malformed()) }
    }
}

/// What a varbinary that was cast to a sketch may turn out to be.
fn malformed() -> Fault {
    Fault::data("these bytes are no sketch of that kind")
}
