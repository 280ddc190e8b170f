//! Functions of arrays.

mod combine;
mod lambda;
mod lists;
mod sequence;
mod sets;

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array, make_comparator, new_null_array};
use arrow::compute::{self, SortOptions};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use lake_sql::types::Type;

pub(super) use lambda::higher;
pub(crate) use lists::Classes;
pub(super) use lists::{Elements, Lists, element, gather, offsets, span};

use super::columns::{Int, Reader, Text, rows};
use super::compare::null_at;
use super::math::random;
use super::nested::{self, Bounds};
use super::{cast, compare};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::types;

pub(super) fn find(name: &str, types: &[Type], ty: &Type) -> Option<Kernel> {
    if let Some(kernel) = sequence::find(name, types) {
        return Some(kernel);
    }
    if name == "repeat" {
        return Some(repeat);
    }
    if name == "concat" && matches!(ty, Type::Array(_)) {
        return Some(concat);
    }
    let Some(Type::Array(element)) = types.first() else { return None };
    one(name, types)
        .or_else(|| searched(name, types))
        .or_else(|| sets::find(name))
        .or_else(|| combine::find(name, types.len()))
        .or_else(|| joined(name, element))
}

/// Functions that give another value each time.
pub(super) fn volatile(name: &str) -> Option<Kernel> {
    (name == "shuffle").then_some(shuffle as Kernel)
}

/// Each order is as likely as any other (Fisher and Yates).
fn shuffle(args: &Args<'_>) -> Result<ArrayRef> {
    picked(args, |span, _| {
        let mut places: Vec<usize> = span.collect();
        for last in (1..places.len()).rev() {
            places.swap(last, (random() * (last + 1) as f64) as usize);
        }
        Ok(places)
    })
}

/// Functions of one array.
fn one(name: &str, types: &[Type]) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("cardinality", 1) => cardinality,
        ("array_max", 1) => |args| extreme(args, Ordering::Greater),
        ("array_min", 1) => |args| extreme(args, Ordering::Less),
        ("array_last", 1) => |args| at_end(args, |span| span.last()),
        ("flatten", 1) => flatten,
        ("reverse", 1) => |args| picked(args, |span, _| Ok(span.rev().collect())),
        ("zip", _) => zip,
        _ => return None,
    })
}

/// Functions of an array and an element or positions.
fn searched(name: &str, types: &[Type]) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("contains", 2) => contains,
        ("array_position", 2) => array_position,
        ("array_remove", 2) => array_remove,
        ("element_at", 2) => |args| nested::array_element(args, Bounds::Lenient),
        ("slice", 3) => slice,
        ("trim_array", 2) => trim_array,
        _ => return None,
    })
}

/// `array_join`, where elements have a form as text that does not depend on more than their type.
fn joined(name: &str, element: &Type) -> Option<Kernel> {
    let written = !matches!(element, Type::Char(_)) && !types::has_zone(element);
    (name == "array_join" && written && cast::check(element, &Type::Varchar(None)).is_ok()).then_some(join as Kernel)
}

fn cardinality(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    rows(args, |row| span(list, row).map(|span| span.len() as i64))
}

/// A list whose elements are some of those of the first argument, by position in its values.
fn picked(args: &Args<'_>, choose: impl Fn(std::ops::Range<usize>, usize) -> Result<Vec<usize>>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let mut out = Lists::new(args.rows);
    for row in 0..args.rows {
        match span(list, row) {
            Some(span) => out.push(choose(span, row)?.into_iter().map(|at| (0, at))),
            None => out.push_null(),
        }
    }
    out.finish(&[list.values()], args.out)
}

/// The element at a place of each array, null where there is none.
fn at_end(args: &Args<'_>, choose: fn(std::ops::Range<usize>) -> Option<usize>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let places: UInt32Array = (0..args.rows).map(|row| span(list, row).and_then(choose).map(|at| at as u32)).collect();
    Ok(compute::take(list.values(), &places, None)?)
}

/// The largest or smallest element; null if one is null. NaN only wins where there is nothing else.
fn extreme(args: &Args<'_>, wanted: Ordering) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let values = list.values();
    let order = ordering(values, element(&args.types[0])?)?;
    let mut places: Vec<Option<u32>> = Vec::with_capacity(args.rows);
    for row in 0..args.rows {
        let span = span(list, row).unwrap_or(0..0);
        let mut best = None;
        for at in span.clone() {
            best = match best {
                None => Some(at),
                Some(best) if is_nan(values, best) => Some(at),
                Some(best) if !is_nan(values, at) && !null_at(values, at) && !null_at(values, best) => {
                    Some(if order(at, best)? == wanted { at } else { best })
                }
                kept => kept,
            };
        }
        let complete = span.clone().all(|at| !null_at(values, at));
        places.push(best.filter(|_| complete).map(|at| at as u32));
    }
    Ok(compute::take(values, &UInt32Array::from(places), None)?)
}

fn is_nan(values: &ArrayRef, at: usize) -> bool {
    match values.data_type() {
        DataType::Float64 => values.as_primitive::<Float64Type>().value(at).is_nan(),
        DataType::Float32 => values.as_primitive::<Float32Type>().value(at).is_nan(),
        _ => false,
    }
}

/// How two positions of a column compare.
type Order<'a> = Box<dyn Fn(usize, usize) -> Result<Ordering> + 'a>;

fn ordering<'a>(values: &'a ArrayRef, ty: &'a Type) -> Result<Order<'a>> {
    if types::natively_comparable(ty) {
        let compare = make_comparator(values, values, SortOptions::default())?;
        return Ok(Box::new(move |a, b| Ok(compare(a, b))));
    }
    Ok(Box::new(move |a, b| compare::order(values, a, values, b, ty)))
}

/// Whether an element is the wanted value; fails where a null inside leaves it open.
fn is_wanted(args: &Args<'_>, name: &str, values: &ArrayRef, at: usize, row: usize) -> Result<bool> {
    compare::equal(values, at, &args.values[1], row, &args.types[1])?.ok_or_else(|| {
        Fault::data(format!("{name} does not support arrays with elements that are null or contain null"))
    })
}

fn contains(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let values = list.values();
    rows(args, |row| -> Result<Option<bool>> {
        let Some(span) = span(list, row).filter(|_| !null_at(&args.values[1], row)) else { return Ok(None) };
        let mut found_null = false;
        for at in span {
            if null_at(values, at) {
                found_null = true;
            } else if is_wanted(args, "contains", values, at, row)? {
                return Ok(Some(true));
            }
        }
        Ok((!found_null).then_some(false))
    })
}

fn array_position(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let values = list.values();
    rows(args, |row| -> Result<Option<i64>> {
        let Some(span) = span(list, row).filter(|_| !null_at(&args.values[1], row)) else { return Ok(None) };
        for (place, at) in span.enumerate() {
            if !null_at(values, at) && is_wanted(args, "array_position", values, at, row)? {
                return Ok(Some(place as i64 + 1));
            }
        }
        Ok(Some(0))
    })
}

fn array_remove(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let values = list.values();
    let mut out = Lists::new(args.rows);
    for row in 0..args.rows {
        let Some(span) = span(list, row).filter(|_| !null_at(&args.values[1], row)) else {
            out.push_null();
            continue;
        };
        let mut kept = vec![];
        for at in span {
            if null_at(values, at) || !is_wanted(args, "array_remove", values, at, row)? {
                kept.push((0, at));
            }
        }
        out.push(kept);
    }
    out.finish(&[values], args.out)
}

/// Part of an array: from a position from 1, or from the end if negative.
fn slice(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let (from, length) = (Reader::<Int>::new(&args.values[1])?, Reader::<Int>::new(&args.values[2])?);
    let mut out = Lists::new(args.rows);
    for row in 0..args.rows {
        let (Some(span), Some(from), Some(length)) = (span(list, row), from.get(row), length.get(row)) else {
            out.push_null();
            continue;
        };
        if length < 0 {
            return Err(Fault::data("length must be greater than or equal to 0"));
        }
        if from == 0 {
            return Err(Fault::data("SQL array indices start at 1"));
        }
        let first = if from > 0 { from - 1 } else { span.len() as i64 + from };
        let skipped = usize::try_from(first).unwrap_or(usize::MAX);
        // Nothing where the place behind the last one has no number.
        let taken = (first + 1).checked_add(length).map_or(0, |_| usize::try_from(length).unwrap_or(usize::MAX));
        out.push(span.skip(skipped).take(taken).map(|at| (0, at)));
    }
    out.finish(&[list.values()], args.out)
}

/// An array without its last elements.
fn trim_array(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let size = Reader::<Int>::new(&args.values[1])?;
    let mut out = Lists::new(args.rows);
    for row in 0..args.rows {
        let (Some(span), Some(size)) = (span(list, row), size.get(row)) else {
            out.push_null();
            continue;
        };
        if size < 0 {
            return Err(Fault::data(format!("size must not be negative: {size}")));
        }
        let kept = usize::try_from(size)
            .ok()
            .and_then(|size| span.len().checked_sub(size))
            .ok_or_else(|| Fault::data(format!("size must not exceed array cardinality {}: {size}", span.len())))?;
        out.push(span.take(kept).map(|at| (0, at)));
    }
    out.finish(&[list.values()], args.out)
}

/// Elements of inner arrays; inner arrays that are null are left out.
fn flatten(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let inner = list.values().as_list::<i32>();
    let mut out = Lists::new(args.rows);
    for row in 0..args.rows {
        match span(list, row) {
            Some(outer) => out.push(outer.filter_map(|at| span(inner, at)).flatten().map(|at| (0, at))),
            None => out.push_null(),
        }
    }
    out.finish(&[inner.values()], args.out)
}

/// Most elements that `repeat` makes.
const MOST_REPEATED: i64 = 100_000;

fn repeat(args: &Args<'_>) -> Result<ArrayRef> {
    let count = Reader::<Int>::new(&args.values[1])?;
    let mut out = Lists::new(args.rows);
    for row in 0..args.rows {
        let Some(count) = count.get(row) else {
            out.push_null();
            continue;
        };
        let refuse = |limit: &str| Err(Fault::data(format!("count argument of repeat function must be {limit}")));
        match count {
            count if count > MOST_REPEATED => return refuse(&format!("less than or equal to {MOST_REPEATED}")),
            count if count < 0 => return refuse("greater than or equal to 0"),
            count => out.push((0..count).map(|_| (0, row))),
        }
    }
    out.finish(&[&args.values[0]], args.out)
}

/// Arrays one after another; an argument that is no array of the result's type is an element of it.
fn concat(args: &Args<'_>) -> Result<ArrayRef> {
    let whole: Vec<bool> = args.types.iter().map(|ty| ty == args.ty).collect();
    let any_null = |row| args.values.iter().any(|value| null_at(value, row));
    if args.values.len() < 2 {
        return match (0..args.rows).all(any_null) {
            true => Ok(new_null_array(args.out, args.rows)),
            false => Err(Fault::data("There must be two or more arguments to concat")),
        };
    }
    let sources: Vec<&ArrayRef> = args
        .values
        .iter()
        .zip(&whole)
        .map(|(value, whole)| if *whole { value.as_list::<i32>().values() } else { value })
        .collect();
    let mut out = Lists::new(args.rows);
    for row in 0..args.rows {
        if any_null(row) {
            out.push_null();
            continue;
        }
        out.push(args.values.iter().enumerate().flat_map(|(source, value)| {
            let span = match whole[source] {
                true => span(value.as_list::<i32>(), row).unwrap_or(0..0),
                false => row..row + 1,
            };
            span.map(move |at| (source, at))
        }));
    }
    out.finish(&sources, args.out)
}

/// Rows of elements at equal positions; shorter arrays are padded with nulls.
fn zip(args: &Args<'_>) -> Result<ArrayRef> {
    let lists: Vec<_> = args.values.iter().map(|value| value.as_list::<i32>()).collect();
    let DataType::List(item) = args.out else { return Err(Fault::internal("zip of another type")) };
    let DataType::Struct(fields) = item.data_type() else { return Err(Fault::internal("zip without rows")) };
    let elements = Elements::zipped(&lists, args.rows)?;
    let zipped = arrow::array::StructArray::try_new(fields.clone(), elements.columns.clone(), None)?;
    elements.list(Arc::new(zipped), args.out)
}

fn join(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let texts = cast::inner(list.values(), element(&args.types[0])?, &Type::Varchar(None), args)?;
    let texts = texts.as_string::<i32>();
    let delimiter = Reader::<Text>::new(&args.values[1])?;
    let for_null = args.values.get(2).map(Reader::<Text>::new).transpose()?;
    let joined = |row: usize| {
        let (span, delimiter) = (span(list, row)?, delimiter.get(row)?);
        let for_null = match &for_null {
            Some(column) => Some(column.get(row)?),
            None => None,
        };
        let parts: Vec<&str> =
            span.filter_map(|at| if texts.is_null(at) { for_null } else { Some(texts.value(at)) }).collect();
        Some(parts.join(delimiter))
    };
    Ok(Arc::new((0..args.rows).map(joined).collect::<StringArray>()))
}
