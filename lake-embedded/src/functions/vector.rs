//! Arrays and maps of numbers as vectors.

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::compute;
use arrow::datatypes::{DataType, Float64Type};
use lake_sql::types::Type;

use super::array::{Classes, span};
use super::columns::rows;
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types) {
        ("dot_product", [_, _]) => |args| of_arrays(args, true, |a, b| Ok(dot(a, b))),
        ("euclidean_distance", [_, _]) => |args| of_arrays(args, true, |a, b| Ok(distance(a, b))),
        ("cosine_similarity", [Type::Map(..), _]) => |args| of_maps(args, |similarity| similarity),
        ("cosine_distance", [Type::Map(..), _]) => |args| of_maps(args, |similarity| 1.0 - similarity),
        ("cosine_similarity", [_, _]) => |args| of_arrays(args, false, cosine),
        ("cosine_distance", [_, _]) => |args| of_arrays(args, false, |a, b| Ok(1.0 - cosine(a, b)?)),
        _ => return None,
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn cosine(a: &[f64], b: &[f64]) -> Result<f64> {
    let (of_a, of_b) = (dot(a, a), dot(b, b));
    if of_a == 0.0 || of_b == 0.0 {
        return Err(Fault::data("Vector magnitude cannot be zero"));
    }
    Ok(dot(a, b) / (of_a * of_b).sqrt())
}

fn doubles(values: &ArrayRef) -> Result<Float64Array> {
    Ok(compute::cast(values, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

/// A null among the elements counts as zero, or makes the result null.
fn of_arrays(args: &Args<'_>, zeros: bool, f: impl Fn(&[f64], &[f64]) -> Result<f64>) -> Result<ArrayRef> {
    let lists = [args.values[0].as_list::<i32>(), args.values[1].as_list::<i32>()];
    let values = [doubles(lists[0].values())?, doubles(lists[1].values())?];
    let vector = |side: usize, row: usize| -> Option<Vec<Option<f64>>> {
        let values = &values[side];
        Some(span(lists[side], row)?.map(|at| values.is_valid(at).then(|| values.value(at))).collect())
    };
    rows(args, |row| -> Result<Option<f64>> {
        let (Some(a), Some(b)) = (vector(0, row), vector(1, row)) else { return Ok(None) };
        if a.len() != b.len() {
            return Err(Fault::data("The arguments must have the same length"));
        }
        let known = |vector: Vec<Option<f64>>| -> Option<Vec<f64>> {
            vector.into_iter().map(|value| value.or(zeros.then_some(0.0))).collect()
        };
        match (known(a), known(b)) {
            (Some(a), Some(b)) => f(&a, &b).map(Some),
            _ => Ok(None),
        }
    })
}

/// Maps are sparse vectors: a key is a dimension.
fn of_maps(args: &Args<'_>, f: fn(f64) -> f64) -> Result<ArrayRef> {
    let Type::Map(key, _) = &args.types[0] else { return Err(Fault::internal("vectors of maps are maps")) };
    let maps = [args.values[0].as_map(), args.values[1].as_map()];
    let keys = Classes::new(&[maps[0].keys(), maps[1].keys()], key)?;
    let values = [doubles(maps[0].values())?, doubles(maps[1].values())?];
    let vector = |side: usize, row: usize| -> Option<Vec<(u32, f64)>> {
        let map = maps[side];
        let span = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
        let entry = |at| values[side].is_valid(at).then(|| (keys.of(side, at), values[side].value(at)));
        if map.is_null(row) { None } else { span.map(entry).collect() }
    };
    rows(args, |row| {
        let (a, b) = (vector(0, row)?, vector(1, row)?);
        let norm = |vector: &[(u32, f64)]| vector.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
        let other = |key: u32| b.iter().find(|(other, _)| *other == key).map(|(_, value)| *value);
        let dot: f64 = a.iter().filter_map(|(key, value)| Some(value * other(*key)?)).sum();
        Some(f(dot / (norm(&a) * norm(&b))))
    })
}
