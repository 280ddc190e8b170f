//! Maps.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute;
use arrow::datatypes::DataType;
use lake_sql::types::Type;

use super::columns::rows;
use super::compare;
use super::nested::{element_places, fields_with_nulls, map_value};
use crate::error::{Fault, Result};
use crate::eval::{Args, BoundLambda, HigherKernel, Kernel};

pub(super) fn find(name: &str, types: &[Type], ty: &Type) -> Option<Kernel> {
    let map = matches!(types.first(), Some(Type::Map(..)));
    Some(match (name, types.len()) {
        ("cardinality", 1) if map => |args| {
            let map = args.values[0].as_map();
            rows(args, |row| (!map.is_null(row)).then(|| i64::from(map.value_length(row))))
        },
        ("element_at", 2) if map => |args| map_value(args, key_of(&args.types[0])?, false),
        ("map_keys", 1) => |args| part(args, |map| map.keys()),
        ("map_values", 1) => |args| part(args, |map| map.values()),
        ("map_entries", 1) => map_entries,
        ("map_from_entries", 1) => map_from_entries,
        ("map_concat", 1) => |_| Err(Fault::data("There must be two or more concatenation arguments to map_concat")),
        ("map_concat", _) => map_concat,
        ("map", 2) => map_of,
        ("map", 0) if matches!(ty, Type::Map(..)) => |args| {
            let empty: Vec<Option<Vec<(u32, u32)>>> = vec![Some(vec![]); args.rows];
            let (keys, values) = empty_parts(args)?;
            maps(args, &keys, &values, empty)
        },
        _ => return None,
    })
}

/// Functions with lambdas.
pub(super) fn higher(name: &str, _: &[Type]) -> Option<HigherKernel> {
    Some(match name {
        "map_filter" => map_filter,
        "transform_keys" => transform_keys,
        "transform_values" => transform_values,
        _ => return None,
    })
}

fn key_of(ty: &Type) -> Result<&Type> {
    match ty {
        Type::Map(key, _) => Ok(key),
        other => Err(Fault::internal(format!("expected a map, found {other}"))),
    }
}

/// Where the entries of each map are; None for a null map.
fn entries(map: &MapArray) -> Vec<Option<std::ops::Range<u32>>> {
    let offsets = map.value_offsets();
    (0..map.len()).map(|row| (!map.is_null(row)).then(|| offsets[row] as u32..offsets[row + 1] as u32)).collect()
}

/// Maps made by choosing keys and values: for each row pairs of places, None for null.
fn maps(
    args: &Args<'_>,
    keys: &dyn Array,
    values: &dyn Array,
    rows: impl IntoIterator<Item = Option<Vec<(u32, u32)>>>,
) -> Result<ArrayRef> {
    let DataType::Map(entry, _) = args.out else { return Err(Fault::internal("a map of another type")) };
    let DataType::Struct(fields) = entry.data_type() else { return Err(Fault::internal("a map without entries")) };
    let (mut key_places, mut value_places, mut lengths, mut present) = (vec![], vec![], vec![], vec![]);
    for row in rows {
        present.push(row.is_some());
        let row = row.unwrap_or_default();
        lengths.push(row.len());
        for (key, value) in row {
            key_places.push(key);
            value_places.push(value);
        }
    }
    let keys = compute::take(keys, &UInt32Array::from(key_places), None)?;
    let values = compute::take(values, &UInt32Array::from(value_places), None)?;
    let pairs = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(MapArray::try_new(entry.clone(), offsets, pairs, Some(NullBuffer::from(present)), false)?))
}

fn empty_parts(args: &Args<'_>) -> Result<(ArrayRef, ArrayRef)> {
    let Type::Map(key, value) = args.ty else { return Err(Fault::internal("a map of another type")) };
    let empty = |ty: &Type| crate::types::arrow(ty).map(|ty| arrow::array::new_empty_array(&ty));
    Ok((empty(key)?, empty(value)?))
}

fn part(args: &Args<'_>, side: fn(&MapArray) -> &ArrayRef) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("a list of another type")) };
    let map = args.values[0].as_map();
    Ok(Arc::new(ListArray::try_new(item.clone(), map.offsets().clone(), side(map).clone(), map.nulls().cloned())?))
}

fn map_entries(args: &Args<'_>) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("a list of another type")) };
    let DataType::Struct(fields) = item.data_type() else { return Err(Fault::internal("entries are rows")) };
    let map = args.values[0].as_map();
    let pairs = StructArray::try_new(fields.clone(), vec![map.keys().clone(), map.values().clone()], None)?;
    Ok(Arc::new(ListArray::try_new(item.clone(), map.offsets().clone(), Arc::new(pairs), map.nulls().cloned())?))
}

/// Fails on a key that stands twice.
fn unique(keys: &ArrayRef, places: &[(u32, u32)], ty: &Type) -> Result<()> {
    for (at, (key, _)) in places.iter().enumerate() {
        for (other, _) in &places[..at] {
            if compare::identical(keys, *key as usize, keys, *other as usize, ty)? {
                let text = arrow::util::display::array_value_to_string(keys, *key as usize)?;
                return Err(Fault::data(format!("Duplicate map keys ({text}) are not allowed")));
            }
        }
    }
    Ok(())
}

fn no_null_key(keys: &ArrayRef, places: &[(u32, u32)]) -> Result<()> {
    match places.iter().any(|(key, _)| keys.is_null(*key as usize)) {
        true => Err(Fault::data("map key cannot be null")),
        false => Ok(()),
    }
}

fn map_of(args: &Args<'_>) -> Result<ArrayRef> {
    let (keys, values) = (args.values[0].as_list::<i32>(), args.values[1].as_list::<i32>());
    let (key_places, value_places) = (element_places(keys), element_places(values));
    let key_type = key_of(args.ty)?;
    let mut rows = vec![];
    for row in 0..args.rows {
        let (Some(k), Some(v)) = (key_places[row].clone(), value_places[row].clone()) else {
            rows.push(None);
            continue;
        };
        if k.len() != v.len() {
            return Err(Fault::data("Key and value arrays must be the same length"));
        }
        let pairs: Vec<(u32, u32)> = k.zip(v).collect();
        no_null_key(keys.values(), &pairs)?;
        unique(keys.values(), &pairs, key_type)?;
        rows.push(Some(pairs));
    }
    maps(args, keys.values(), values.values(), rows)
}

fn map_from_entries(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let columns = fields_with_nulls(list.values().as_struct())?;
    let mut rows = vec![];
    for range in element_places(list) {
        let pairs: Option<Vec<(u32, u32)>> = range.map(|range| range.map(|at| (at, at)).collect());
        if let Some(pairs) = &pairs {
            no_null_key(&columns[0], pairs)?;
            unique(&columns[0], pairs, key_of(args.ty)?)?;
        }
        rows.push(pairs);
    }
    maps(args, &columns[0], &columns[1], rows)
}

/// Of a key that several maps have, the last value stays.
fn map_concat(args: &Args<'_>) -> Result<ArrayRef> {
    let all: Vec<&MapArray> = args.values.iter().map(|value| value.as_map()).collect();
    let keys = compute::concat(&all.iter().map(|map| map.keys().as_ref()).collect::<Vec<_>>())?;
    let values = compute::concat(&all.iter().map(|map| map.values().as_ref()).collect::<Vec<_>>())?;
    let key_type = key_of(args.ty)?;
    let mut shift = 0;
    let mut ranges = vec![];
    for map in &all {
        ranges.push((shift, entries(map)));
        shift += map.keys().len() as u32;
    }
    let mut rows = vec![];
    for row in 0..args.rows {
        let parts: Option<Vec<_>> =
            ranges.iter().map(|(shift, list)| list[row].clone().map(|r| r.start + shift..r.end + shift)).collect();
        let Some(parts) = parts else {
            rows.push(None);
            continue;
        };
        let mut pairs: Vec<(u32, u32)> = vec![];
        for at in parts.into_iter().flatten() {
            let mut known = None;
            for (position, (key, _)) in pairs.iter().enumerate() {
                if compare::identical(&keys, at as usize, &keys, *key as usize, key_type)? {
                    known = Some(position);
                }
            }
            match known {
                Some(position) => pairs[position].1 = at,
                None => pairs.push((at, at)),
            }
        }
        rows.push(Some(pairs));
    }
    maps(args, &keys, &values, rows)
}

/// The outer row of each entry, its key and its value, of the maps that are not null.
fn exploded(map: &MapArray) -> Result<(UInt32Array, ArrayRef, ArrayRef)> {
    let (mut owners, mut places) = (vec![], vec![]);
    for (row, range) in entries(map).into_iter().enumerate() {
        for at in range.unwrap_or(0..0) {
            owners.push(row as u32);
            places.push(at);
        }
    }
    let places = UInt32Array::from(places);
    let (keys, values) = (compute::take(map.keys(), &places, None)?, compute::take(map.values(), &places, None)?);
    Ok((UInt32Array::from(owners), keys, values))
}

/// The entries of each map as places in what [`exploded`] gave.
fn numbered(map: &MapArray) -> Vec<Option<Vec<(u32, u32)>>> {
    let mut next = 0;
    entries(map)
        .into_iter()
        .map(|range| {
            let range = range?;
            next += range.len() as u32;
            Some((next - range.len() as u32..next).map(|at| (at, at)).collect())
        })
        .collect()
}

fn map_filter(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let map = args.values[0].as_map();
    let (owners, keys, values) = exploded(map)?;
    let kept = lambdas[0].call(&[keys.clone(), values.clone()], &owners)?;
    let kept: BooleanArray = crate::eval::truths(kept.as_boolean());
    let rows = numbered(map)
        .into_iter()
        .map(|row| row.map(|pairs| pairs.into_iter().filter(|(at, _)| kept.value(*at as usize)).collect()));
    maps(args, &keys, &values, rows.collect::<Vec<_>>())
}

fn transform_values(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let map = args.values[0].as_map();
    let (owners, keys, values) = exploded(map)?;
    let made = lambdas[0].call(&[keys.clone(), values], &owners)?;
    maps(args, &keys, &made, numbered(map))
}

fn transform_keys(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let map = args.values[0].as_map();
    let (owners, keys, values) = exploded(map)?;
    let made = lambdas[0].call(&[keys, values.clone()], &owners)?;
    let rows = numbered(map);
    for pairs in rows.iter().flatten() {
        no_null_key(&made, pairs)?;
        unique(&made, pairs, key_of(args.ty)?)?;
    }
    maps(args, &made, &values, rows)
}
