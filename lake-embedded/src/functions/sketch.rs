//! Functions of sketches. A sketch is varbinary here; its type says how to read it.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int16Array, Int64Array, ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use lake_sql::types::Type;

use super::columns::{Bytes, Double, Int, Reader, Write, map1, map2};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::sketch::hll::{HyperLogLog, SET_BUCKETS};
use crate::sketch::qdigest::QuantileDigest;
use crate::sketch::setdigest::SetDigest;
use crate::sketch::tdigest::{TDigest, check_quantiles};

/// The sketches that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    HyperLogLog,
    SetDigest,
    QuantileDigest,
    TDigest,
}

/// What kind of sketch values of a type are.
pub(crate) fn kind(ty: &Type) -> Option<Kind> {
    let Type::Opaque(name) = ty else { return None };
    Some(match name.as_str() {
        "hyperloglog" | "p4hyperloglog" => Kind::HyperLogLog,
        "setdigest" => Kind::SetDigest,
        "tdigest" => Kind::TDigest,
        name if name.starts_with("qdigest") => Kind::QuantileDigest,
        _ => return None,
    })
}

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    let first = types.first().and_then(kind);
    Some(match (name, first, types.len()) {
        ("empty_approx_set", _, 0) => empty_approx_set,
        ("cardinality", Some(Kind::HyperLogLog), 1) => {
            |args| map1::<Bytes, _>(args, |bytes| Ok(HyperLogLog::read(bytes)?.cardinality()))
        }
        ("cardinality", Some(Kind::SetDigest), 1) => {
            |args| map1::<Bytes, _>(args, |bytes| Ok(SetDigest::read(bytes)?.cardinality()))
        }
        ("intersection_cardinality", _, 2) => |args| {
            map2::<Bytes, Bytes, _>(args, |one, other| SetDigest::read(one)?.intersection(&SetDigest::read(other)?))
        },
        ("jaccard_index", _, 2) => |args| {
            map2::<Bytes, Bytes, _>(args, |one, other| Ok(SetDigest::read(one)?.jaccard(&SetDigest::read(other)?)))
        },
        ("hash_counts", _, 1) => hash_counts,
        ("quantile_at_value", _, 2) => quantile_at_value,
        ("value_at_quantile", Some(_), 2) => value_at_quantile,
        ("values_at_quantiles", Some(_), 2) => values_at_quantiles,
        _ => return None,
    })
}

/// A conversion between a sketch and its bytes, or between the forms of HyperLogLog.
pub(crate) fn cast(from: &Type, to: &Type) -> Option<Kernel> {
    let as_it_is: Kernel = |args| Ok(args.values[0].clone());
    let dense: Kernel = |args| {
        map1::<Bytes, _>(args, |bytes| {
            let mut sketch = HyperLogLog::read(bytes)?;
            sketch.make_dense();
            Ok(sketch.bytes())
        })
    };
    let name = |ty: &Type| if let Type::Opaque(name) = ty { name.clone() } else { String::new() };
    match (kind(from), kind(to)) {
        (Some(_), None) if *to == Type::Varbinary => Some(as_it_is),
        // Bytes that are no digest are refused at once; the others are looked at when they are used.
        (None, Some(Kind::TDigest)) if *from == Type::Varbinary => {
            Some(|args| map1::<Bytes, _>(args, |bytes| Ok(TDigest::read(bytes)?.bytes())))
        }
        (None, Some(_)) if *from == Type::Varbinary => Some(as_it_is),
        (Some(Kind::HyperLogLog), Some(Kind::HyperLogLog)) => {
            Some(if name(to) == "p4hyperloglog" { dense } else { as_it_is })
        }
        _ => None,
    }
}

fn empty_approx_set(args: &Args<'_>) -> Result<ArrayRef> {
    Vec::<u8>::collect(vec![Some(HyperLogLog::new(SET_BUCKETS).bytes()); args.rows], args.out)
}

fn hash_counts(args: &Args<'_>) -> Result<ArrayRef> {
    let digests = Reader::<Bytes>::new(&args.values[0])?;
    let (mut hashes, mut counts, mut lengths, mut present) = (vec![], vec![], vec![], vec![]);
    for row in 0..args.rows {
        let digest = digests.get(row).map(SetDigest::read).transpose()?;
        present.push(digest.is_some());
        lengths.push(digest.as_ref().map_or(0, |digest| digest.counts().len()));
        for (hash, count) in digest.iter().flat_map(SetDigest::counts) {
            hashes.push(*hash);
            counts.push(*count);
        }
    }
    let DataType::Map(entries, _) = args.out else { return Err(Fault::internal("counts are a map")) };
    let DataType::Struct(fields) = entries.data_type() else { return Err(Fault::internal("a map without entries")) };
    let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(hashes)), Arc::new(Int16Array::from(counts))];
    let pairs = StructArray::try_new(fields.clone(), columns, None)?;
    let (offsets, nulls) = (OffsetBuffer::from_lengths(lengths), NullBuffer::from(present));
    Ok(Arc::new(MapArray::try_new(entries.clone(), offsets, pairs, Some(nulls), false)?))
}

fn quantile_at_value(args: &Args<'_>) -> Result<ArrayRef> {
    let values = sortable(&args.values[1], &args.types[1])?;
    let digests = Reader::<Bytes>::new(&args.values[0])?;
    super::columns::rows(args, |row| match (digests.get(row), values[row]) {
        (Some(digest), Some(value)) => Ok(QuantileDigest::read(digest)?.quantile_at(value)),
        _ => Ok(None),
    })
}

fn value_at_quantile(args: &Args<'_>) -> Result<ArrayRef> {
    let (digests, quantiles) = (Reader::<Bytes>::new(&args.values[0])?, Reader::<Double>::new(&args.values[1])?);
    let element = args.ty.clone();
    let mut found = vec![];
    for row in 0..args.rows {
        found.push(match (digests.get(row), quantiles.get(row)) {
            (Some(digest), Some(quantile)) => values_at(digest, &args.types[0], &[quantile], &element)?.remove(0),
            _ => ScalarValue::try_from(args.out)?,
        });
    }
    Ok(ScalarValue::iter_to_array(found)?)
}

fn values_at_quantiles(args: &Args<'_>) -> Result<ArrayRef> {
    let Type::Array(element) = args.ty else { return Err(Fault::internal("several values are an array")) };
    let DataType::List(item) = args.out else { return Err(Fault::internal("several values are a list")) };
    let digests = Reader::<Bytes>::new(&args.values[0])?;
    let (mut values, mut lengths, mut present) = (vec![], vec![], vec![]);
    for row in 0..args.rows {
        let digest = digests.get(row).filter(|_| args.values[1].is_valid(row));
        present.push(digest.is_some());
        let Some(digest) = digest else {
            lengths.push(0);
            continue;
        };
        let quantiles = args.values[1].as_list::<i32>().value(row);
        let read = Reader::<Double>::new(&quantiles)?;
        // A null among them counts as zero.
        let quantiles: Vec<f64> = (0..quantiles.len()).map(|at| read.get(at).unwrap_or_default()).collect();
        if kind(&args.types[0]) == Some(Kind::TDigest) {
            check_quantiles(&quantiles)?;
        }
        lengths.push(quantiles.len());
        values.extend(values_at(digest, &args.types[0], &quantiles, element)?);
    }
    let values = match values.is_empty() {
        true => arrow::array::new_empty_array(item.data_type()),
        false => ScalarValue::iter_to_array(values)?,
    };
    let (offsets, nulls) = (OffsetBuffer::from_lengths(lengths), NullBuffer::from(present));
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, values, Some(nulls))?))
}

fn values_at(digest: &[u8], digest_type: &Type, quantiles: &[f64], element: &Type) -> Result<Vec<ScalarValue>> {
    if kind(digest_type) == Some(Kind::TDigest) {
        check_quantiles(quantiles)?;
        let digest = TDigest::read(digest)?;
        return quantiles.iter().map(|quantile| from_double(digest.value_at(*quantile), element)).collect();
    }
    let digest = QuantileDigest::read(digest)?;
    quantiles.iter().map(|quantile| unsorted(digest.value_at(*quantile)?, element)).collect()
}

/// Numbers as integers in the same order; None for null.
pub(crate) fn sortable(column: &ArrayRef, ty: &Type) -> Result<Vec<Option<i64>>> {
    let rows = 0..column.len();
    Ok(match ty {
        Type::Double | Type::Real => {
            let values = Reader::<Double>::new(column)?;
            rows.map(|row| values.get(row).map(|value| ordered(value, ty))).collect()
        }
        _ => {
            let values = Reader::<Int>::new(column)?;
            rows.map(|row| values.get(row)).collect()
        }
    })
}

/// The order of floating point numbers is that of their bits, turned over for negative ones.
fn ordered(value: f64, ty: &Type) -> i64 {
    match ty {
        Type::Real => {
            let value = value as f32;
            let bits = (if value.is_nan() { f32::NAN } else { value }).to_bits().cast_signed();
            (bits ^ ((bits >> 31) & i32::MAX)).into()
        }
        _ => {
            let bits = (if value.is_nan() { f64::NAN } else { value }).to_bits().cast_signed();
            bits ^ ((bits >> 63) & i64::MAX)
        }
    }
}

/// A number from what [`sortable`] made of it.
pub(crate) fn unsorted(value: i64, ty: &Type) -> Result<ScalarValue> {
    Ok(match ty {
        Type::Double => {
            ScalarValue::Float64(Some(f64::from_bits((value ^ ((value >> 63) & i64::MAX)).cast_unsigned())))
        }
        Type::Real => {
            let value = value as i32;
            ScalarValue::Float32(Some(f32::from_bits((value ^ ((value >> 31) & i32::MAX)).cast_unsigned())))
        }
        _ => ScalarValue::Int64(Some(value)),
    })
}

/// A double as a number of a type; for integers halves are rounded up.
pub(crate) fn from_double(value: f64, ty: &Type) -> Result<ScalarValue> {
    Ok(match ty {
        Type::Double => ScalarValue::Float64(Some(value)),
        Type::Real => ScalarValue::Float32(Some(value as f32)),
        _ => {
            let floor = value.floor();
            let up = value - floor >= 0.5;
            ScalarValue::Int64(Some((floor as i64).saturating_add(i64::from(up))))
        }
    })
}
