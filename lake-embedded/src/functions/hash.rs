//! Hashes of values of every type, as Trino's aggregates take them: XXH64 of the value, or of what it is made of.

use arrow::array::{Array, ArrayRef, AsArray};
use lake_sql::types::Type;
use twox_hash::XxHash64;

use super::columns::{Bool, Bytes, Days, Decimal, Double, Int, Read, Reader, Text};
use crate::error::{Fault, Result};

/// How numbers of a machine word are hashed; all else is the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    /// XXH64 of the eight bytes.
    Whole,
    /// The step that XXH64 mixes each word with: the fields of rows, and all inside of them.
    Mixed,
}

impl Words {
    fn hash(self, value: i64) -> u64 {
        match self {
            Words::Whole => whole(value),
            Words::Mixed => {
                let mixed = value.cast_unsigned().wrapping_mul(0xC2B2_AE3D_27D4_EB4F).rotate_left(31);
                mixed.wrapping_mul(0x9E37_79B1_85EB_CA87)
            }
        }
    }
}

fn whole(value: i64) -> u64 {
    XxHash64::oneshot(0, &value.to_le_bytes())
}

/// Whether values of the type have a hash here that is Trino's.
pub(crate) fn has_hash(ty: &Type) -> bool {
    match ty {
        Type::Array(element) => has_hash(element),
        Type::Map(key, value) => has_hash(key) && has_hash(value),
        Type::Row(fields) => fields.iter().all(|field| has_hash(&field.ty)),
        Type::Function(..) | Type::Opaque(_) | Type::Error | Type::IpAddress | Type::TimeTz(_) => false,
        _ => true,
    }
}

/// The hash of each value; None for null.
pub(crate) fn hashes(array: &ArrayRef, ty: &Type) -> Result<Vec<Option<u64>>> {
    hashed(array, ty, Words::Whole)
}

fn hashed(array: &ArrayRef, ty: &Type, words: Words) -> Result<Vec<Option<u64>>> {
    let word = |value: i64| words.hash(value);
    match ty {
        Type::Boolean => each::<Bool>(array, |value| whole(i64::from(value))),
        Type::Double => each::<Double>(array, |value| word(bits(value))),
        Type::Real => each::<Double>(array, |value| word(real_bits(value as f32))),
        Type::Varchar(_) | Type::Char(_) | Type::Json => {
            each::<Text>(array, |text| XxHash64::oneshot(0, text.as_bytes()))
        }
        Type::Varbinary => each::<Bytes>(array, |value| XxHash64::oneshot(0, value)),
        Type::Decimal { precision, .. } if *precision <= 18 => each::<Decimal>(array, |value| word(value as i64)),
        Type::Decimal { .. } => each::<Decimal>(array, |value| whole((value >> 64) as i64) ^ whole(value as i64)),
        Type::Date => each::<Days>(array, |days| word(days.into())),
        // In picoseconds.
        Type::Time(_) => each::<Int>(array, |micros| word(micros * 1_000_000)),
        Type::TimestampTz(digits) if *digits <= 3 => each::<Int>(array, |micros| word(micros.div_euclid(1000))),
        Type::TimestampTz(_) => {
            each::<Int>(array, |micros| whole(micros.div_euclid(1000)) ^ whole(micros.rem_euclid(1000) * 1_000_000))
        }
        Type::Uuid => Ok(uuids(array)),
        Type::Unknown => Ok(vec![None; array.len()]),
        Type::Array(element) => arrays(array, element, words),
        Type::Map(key, value) => maps(array, key, value, words),
        Type::Row(fields) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            let columns = columns.map(|(column, field)| hashed(column, &field.ty, Words::Mixed));
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Ok(present(array, |row| columns.iter().fold(1, |sum, column| chain(sum, column[row]))))
        }
        Type::Function(..) | Type::Opaque(_) | Type::Error | Type::IpAddress | Type::TimeTz(_) => {
            Err(Fault::internal(format!("values of {ty} have no hash")))
        }
        _ => each::<Int>(array, word),
    }
}

/// Null counts as zero.
fn chain(sum: u64, next: Option<u64>) -> u64 {
    sum.wrapping_mul(31).wrapping_add(next.unwrap_or_default())
}

fn present(array: &ArrayRef, hash: impl Fn(usize) -> u64) -> Vec<Option<u64>> {
    (0..array.len()).map(|row| array.is_valid(row).then(|| hash(row))).collect()
}

fn arrays(array: &ArrayRef, element: &Type, words: Words) -> Result<Vec<Option<u64>>> {
    let lists = array.as_list::<i32>();
    let inner = hashed(lists.values(), element, words)?;
    let offsets = lists.value_offsets();
    Ok(present(array, |row| {
        inner[offsets[row] as usize..offsets[row + 1] as usize].iter().fold(0, |sum, next| chain(sum, *next))
    }))
}

/// The order of entries does not count.
fn maps(array: &ArrayRef, key: &Type, value: &Type, words: Words) -> Result<Vec<Option<u64>>> {
    let maps = array.as_map();
    let (keys, values) = (hashed(maps.keys(), key, words)?, hashed(maps.values(), value, words)?);
    let offsets = maps.value_offsets();
    Ok(present(array, |row| {
        let entries = offsets[row] as usize..offsets[row + 1] as usize;
        let entry = |at: usize| keys[at].unwrap_or_default() ^ values[at].unwrap_or_default();
        entries.map(entry).fold(0, u64::wrapping_add)
    }))
}

fn uuids(array: &ArrayRef) -> Vec<Option<u64>> {
    let values = array.as_fixed_size_binary();
    let half = |bytes: &[u8]| whole(i64::from_le_bytes(bytes.try_into().expect("half of sixteen bytes")));
    present(array, |row| {
        let (first, second) = values.value(row).split_at(8);
        half(first) ^ half(second)
    })
}

fn each<K: Read>(array: &ArrayRef, hash: impl Fn(K::Value<'_>) -> u64) -> Result<Vec<Option<u64>>> {
    let reader = Reader::<K>::new(array)?;
    Ok((0..array.len()).map(|row| reader.get(row).map(&hash)).collect())
}

/// Both zeros are one value, and so are all that are no number.
fn bits(value: f64) -> i64 {
    let value = if value == 0.0 { 0.0 } else { value };
    (if value.is_nan() { f64::NAN } else { value }).to_bits() as i64
}

fn real_bits(value: f32) -> i64 {
    let value = if value == 0.0 { 0.0 } else { value };
    i64::from((if value.is_nan() { f32::NAN } else { value }).to_bits() as i32)
}
