//! `checksum`: the sum of the values' hashes, each scattered by a prime; the order of rows does not count.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::ScalarValue;
use lake_sql::types::Type;

use super::{Call, Fold, Made};
use crate::error::Result;
use crate::functions::hash::{has_hash, hashes};

const PRIME: u64 = 0x9E37_79B1_85EB_CA87;

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    match (call.function, call.types.as_slice()) {
        ("checksum", [ty]) if has_hash(ty) => {
            Ok(Some((Box::new(Checksum { ty: ty.clone(), sum: None }), vec![DataType::Int64])))
        }
        _ => Ok(None),
    }
}

#[derive(Debug)]
struct Checksum {
    ty: Type,
    /// None as long as there was no row; a null is a row.
    sum: Option<u64>,
}

impl Fold for Checksum {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        for hash in hashes(&args[0], &self.ty)? {
            let scattered = hash.map_or(PRIME, |hash| hash.wrapping_mul(PRIME));
            self.sum = Some(self.sum.unwrap_or_default().wrapping_add(scattered));
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Int64(self.sum.map(u64::cast_signed))])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        for sum in states[0].as_primitive::<Int64Type>().iter().flatten() {
            self.sum = Some(self.sum.unwrap_or_default().wrapping_add(sum.cast_unsigned()));
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        Ok(ScalarValue::Binary(self.sum.map(|sum| sum.to_le_bytes().to_vec())))
    }
}
