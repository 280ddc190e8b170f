//! Functions of maps. Keys are told apart as IS NOT DISTINCT FROM does; a map keeps its entries in order.

mod split;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array, new_empty_array};
use arrow::compute;
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use lake_sql::types::Type;

use super::array::{Classes, Lists, span};
use super::columns::rows;
use super::compare::null_at;
use super::{cast, nested};
use crate::error::{Fault, Result};
use crate::eval::{Args, BoundLambda, HigherKernel, Kernel, bools};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types) {
        ("map", []) => empty,
        ("map", [_, _]) => map_of,
        ("map_from_entries", [_]) => map_from_entries,
        ("map_concat", _) => map_concat,
        ("map_keys", [_]) => |args| column(args, 0),
        ("map_values", [_]) => |args| column(args, 1),
        ("map_entries", [_]) => map_entries,
        ("cardinality", [Type::Map(..)]) => cardinality,
        ("element_at", [Type::Map(..), _]) => element_at,
        _ => return split::find(name, types.len()),
    })
}

/// The functions with lambdas.
pub(super) fn higher(name: &str, _: &[Type]) -> Option<HigherKernel> {
    Some(match name {
        "map_filter" => map_filter,
        "transform_keys" => transform_keys,
        "transform_values" => transform_values,
        "map_zip_with" => map_zip_with,
        _ => return None,
    })
}

fn key_type(ty: &Type) -> Result<&Type> {
    match ty {
        Type::Map(key, _) => Ok(key),
        other => Err(Fault::internal(format!("expected a map, found {other}"))),
    }
}

/// Where the entries of a row are; None for null.
fn entries(map: &MapArray, row: usize) -> Option<Range<usize>> {
    let offsets = map.value_offsets();
    (!map.is_null(row)).then(|| offsets[row] as usize..offsets[row + 1] as usize)
}

/// The source and the place there of a value.
type Place = (usize, usize);

/// Maps in the making.
struct Maps {
    keys: Lists,
    values: Lists,
}

impl Maps {
    fn new(rows: usize) -> Self {
        Self { keys: Lists::new(rows), values: Lists::new(rows) }
    }

    fn push(&mut self, entries: &[(Place, Place)]) {
        self.keys.push(entries.iter().map(|(key, _)| *key));
        self.values.push(entries.iter().map(|(_, value)| *value));
    }

    fn push_null(&mut self) {
        self.keys.push_null();
        self.values.push_null();
    }

    fn finish(self, keys: &[&ArrayRef], values: &[&ArrayRef], out: &DataType) -> Result<ArrayRef> {
        let DataType::Map(entry, _) = out else { return Err(Fault::internal(format!("a map became {out}"))) };
        let DataType::Struct(fields) = entry.data_type() else { return Err(Fault::internal("a map without entries")) };
        let (keys, offsets, valid) = self.keys.parts(keys)?;
        let (values, _, _) = self.values.parts(values)?;
        let pairs = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
        Ok(Arc::new(MapArray::try_new(entry.clone(), offsets, pairs, Some(valid), false)?))
    }
}

fn empty(args: &Args<'_>) -> Result<ArrayRef> {
    let mut maps = Maps::new(args.rows);
    (0..args.rows).for_each(|_| maps.push(&[]));
    let nothing = new_empty_array(&DataType::Null);
    maps.finish(&[&nothing], &[&nothing], args.out)
}

fn null_key() -> Fault {
    Fault::data("map key cannot be null")
}

/// Refuses a key that occurs twice; `words` are what the function calls it.
struct Unique<'a> {
    keys: &'a ArrayRef,
    classes: Classes,
    words: &'static str,
    ty: &'a Type,
}

impl<'a> Unique<'a> {
    fn new(keys: &'a ArrayRef, ty: &'a Type, words: &'static str) -> Result<Self> {
        Ok(Self { keys, classes: Classes::new(&[keys], ty)?, words, ty })
    }

    fn check(&self, range: Range<usize>, args: &Args<'_>) -> Result<()> {
        let mut seen = HashSet::new();
        for at in range {
            if null_at(&self.keys, at) {
                return Err(null_key());
            }
            if !seen.insert(self.classes.of(0, at)) {
                let key = written(&self.keys.slice(at, 1), self.ty, args)?;
                return Err(Fault::data(format!("Duplicate {} ({key}) are not allowed", self.words)));
            }
        }
        Ok(())
    }
}

/// A key for a message: as a cast to varchar writes it if there is one.
fn written(key: &ArrayRef, ty: &Type, args: &Args<'_>) -> Result<String> {
    match cast::check(ty, &Type::Varchar(None)) {
        Ok(()) => Ok(cast::inner(key, ty, &Type::Varchar(None), args)?.as_string::<i32>().value(0).to_owned()),
        Err(_) => Ok(array_value_to_string(key, 0)?),
    }
}

/// Whether a value has a null inside.
fn has_null(array: &dyn Array, at: usize, ty: &Type) -> bool {
    if null_at(array, at) {
        return true;
    }
    match ty {
        Type::Array(element) => {
            let value = array.as_list::<i32>().value(at);
            (0..value.len()).any(|place| has_null(&value, place, element))
        }
        Type::Row(fields) => {
            let row = array.as_struct();
            fields.iter().enumerate().any(|(position, field)| has_null(row.column(position), at, &field.ty))
        }
        Type::Map(key, value) => {
            let map = array.as_map().value(at);
            (0..map.len()).any(|place| has_null(map.column(0), place, key) || has_null(map.column(1), place, value))
        }
        _ => false,
    }
}

/// `map(keys, values)`
fn map_of(args: &Args<'_>) -> Result<ArrayRef> {
    let (keys, values) = (args.values[0].as_list::<i32>(), args.values[1].as_list::<i32>());
    let ty = key_type(args.ty)?;
    let unique = Unique::new(keys.values(), ty, "map keys")?;
    let mut maps = Maps::new(args.rows);
    for row in 0..args.rows {
        let (Some(key), Some(value)) = (span(keys, row), span(values, row)) else {
            maps.push_null();
            continue;
        };
        if key.len() != value.len() {
            return Err(Fault::data("Key and value arrays must be the same length"));
        }
        unique.check(key.clone(), args)?;
        if let Some(at) = key.clone().find(|at| has_null(keys.values(), *at, ty)) {
            let shown = array_value_to_string(keys.values(), at)?;
            return Err(Fault::data(format!("map key cannot be indeterminate: {shown}")));
        }
        maps.push(&key.zip(value).map(|(key, value)| ((0, key), (0, value))).collect::<Vec<_>>());
    }
    maps.finish(&[keys.values()], &[values.values()], args.out)
}

fn map_from_entries(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let pairs = list.values().as_struct();
    let unique = Unique::new(pairs.column(0), key_type(args.ty)?, "keys")?;
    let mut maps = Maps::new(args.rows);
    for row in 0..args.rows {
        let Some(span) = span(list, row) else {
            maps.push_null();
            continue;
        };
        if span.clone().any(|at| pairs.is_null(at)) {
            return Err(Fault::data("map entry cannot be null"));
        }
        unique.check(span.clone(), args)?;
        maps.push(&span.map(|at| ((0, at), (0, at))).collect::<Vec<_>>());
    }
    maps.finish(&[pairs.column(0)], &[pairs.column(1)], args.out)
}

/// The entries of the last map, then those of the maps before it under other keys.
fn map_concat(args: &Args<'_>) -> Result<ArrayRef> {
    if args.values.len() < 2 {
        return Err(Fault::data("There must be two or more concatenation arguments to map_concat"));
    }
    let maps: Vec<&MapArray> = args.values.iter().map(|value| value.as_map()).collect();
    let (keys, values): (Vec<_>, Vec<_>) = maps.iter().map(|map| (map.keys(), map.values())).unzip();
    let classes = Classes::new(&keys, key_type(args.ty)?)?;
    let mut out = Maps::new(args.rows);
    for row in 0..args.rows {
        let Some(spans) = maps.iter().map(|map| entries(map, row)).collect::<Option<Vec<_>>>() else {
            out.push_null();
            continue;
        };
        let mut seen = HashSet::new();
        let all = spans.into_iter().enumerate().rev().flat_map(|(source, span)| span.map(move |at| (source, at)));
        let kept = all.filter(|(source, at)| seen.insert(classes.of(*source, *at)));
        out.push(&kept.map(|place| (place, place)).collect::<Vec<_>>());
    }
    out.finish(&keys, &values, args.out)
}

/// All keys, or all values, as an array.
fn column(args: &Args<'_>, position: usize) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("keys or values of another type")) };
    let map = args.values[0].as_map();
    let values = map.entries().column(position).clone();
    Ok(Arc::new(ListArray::try_new(item.clone(), map.offsets().clone(), values, map.nulls().cloned())?))
}

fn map_entries(args: &Args<'_>) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("entries of another type")) };
    let DataType::Struct(fields) = item.data_type() else { return Err(Fault::internal("entries without rows")) };
    let map = args.values[0].as_map();
    let rows = StructArray::try_new(fields.clone(), vec![map.keys().clone(), map.values().clone()], None)?;
    Ok(Arc::new(ListArray::try_new(item.clone(), map.offsets().clone(), Arc::new(rows), map.nulls().cloned())?))
}

fn cardinality(args: &Args<'_>) -> Result<ArrayRef> {
    let map = args.values[0].as_map();
    rows(args, |row| entries(map, row).map(|span| span.len() as i64))
}

fn element_at(args: &Args<'_>) -> Result<ArrayRef> {
    nested::map_value(args, key_type(&args.types[0])?, false)
}

/// The entries of all rows, and what a lambda says of each.
struct Called {
    keys: ArrayRef,
    values: ArrayRef,
    results: ArrayRef,
    spans: Vec<Option<Range<usize>>>,
}

impl Called {
    fn new(args: &Args<'_>, lambda: &BoundLambda<'_>) -> Result<Self> {
        let map = args.values[0].as_map();
        let (mut places, mut owners, mut spans) = (vec![], vec![], vec![]);
        for row in 0..args.rows {
            let span = entries(map, row);
            let start = places.len();
            for at in span.clone().unwrap_or(0..0) {
                places.push(at as u32);
                owners.push(row as u32);
            }
            spans.push(span.map(|_| start..places.len()));
        }
        let places = UInt32Array::from(places);
        let keys = compute::take(map.keys(), &places, None)?;
        let values = compute::take(map.values(), &places, None)?;
        let results = lambda.call(&[keys.clone(), values.clone()], &UInt32Array::from(owners))?;
        Ok(Self { keys, values, results, spans })
    }
}

fn map_filter(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let called = Called::new(args, &lambdas[0])?;
    let kept = bools(&called.results)?;
    let mut maps = Maps::new(args.rows);
    for span in called.spans {
        match span {
            Some(span) => {
                let places = span.filter(|at| !kept.is_null(*at) && kept.value(*at));
                maps.push(&places.map(|at| ((0, at), (0, at))).collect::<Vec<_>>());
            }
            None => maps.push_null(),
        }
    }
    maps.finish(&[&called.keys], &[&called.values], args.out)
}

fn transform_keys(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let called = Called::new(args, &lambdas[0])?;
    let unique = Unique::new(&called.results, key_type(args.ty)?, "keys")?;
    for span in called.spans.iter().flatten() {
        unique.check(span.clone(), args)?;
    }
    all_entries(&called.spans, &called.results, &called.values, args)
}

fn transform_values(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let called = Called::new(args, &lambdas[0])?;
    all_entries(&called.spans, &called.keys, &called.results, args)
}

fn all_entries(
    spans: &[Option<Range<usize>>],
    keys: &ArrayRef,
    values: &ArrayRef,
    args: &Args<'_>,
) -> Result<ArrayRef> {
    let mut maps = Maps::new(args.rows);
    for span in spans {
        match span {
            Some(span) => maps.push(&span.clone().map(|at| ((0, at), (0, at))).collect::<Vec<_>>()),
            None => maps.push_null(),
        }
    }
    maps.finish(&[keys], &[values], args.out)
}

/// For each key of either map a value from both values; the first map's keys come first.
fn map_zip_with(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let (left, right) = (args.values[0].as_map(), args.values[1].as_map());
    let classes = Classes::new(&[left.keys(), right.keys()], key_type(args.ty)?)?;
    let (mut places, mut owners, mut spans) = (vec![], vec![], vec![]);
    for row in 0..args.rows {
        let start = places.len();
        let both = entries(left, row).zip(entries(right, row));
        if let Some((a, b)) = both.clone() {
            let known: BTreeMap<u32, usize> = b.clone().map(|at| (classes.of(1, at), at)).collect();
            let first: HashSet<u32> = a.clone().map(|at| classes.of(0, at)).collect();
            places.extend(a.map(|at| ((0, at), Some(at), known.get(&classes.of(0, at)).copied())));
            places.extend(b.filter(|at| !first.contains(&classes.of(1, *at))).map(|at| ((1, at), None, Some(at))));
        }
        owners.resize(places.len(), row as u32);
        spans.push(both.map(|_| start..places.len()));
    }
    let keys: Vec<(usize, usize)> = places.iter().map(|(key, _, _)| *key).collect();
    let keys = super::array::gather(&[left.keys(), right.keys()], &keys)?;
    let taken = |values: &ArrayRef, at: Vec<Option<usize>>| -> Result<ArrayRef> {
        let at: UInt32Array = at.into_iter().map(|at| at.map(|at| at as u32)).collect();
        Ok(compute::take(values, &at, None)?)
    };
    let a = taken(left.values(), places.iter().map(|(_, a, _)| *a).collect())?;
    let b = taken(right.values(), places.iter().map(|(_, _, b)| *b).collect())?;
    let results = lambdas[0].call(&[keys.clone(), a, b], &UInt32Array::from(owners))?;
    all_entries(&spans, &keys, &results, args)
}
