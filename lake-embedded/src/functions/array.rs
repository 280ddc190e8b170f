//! Arrays.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute;
use arrow::datatypes::DataType;
use lake_sql::types::Type;

use super::columns::{Int, Reader, Text, Write, rows};
use super::compare;
use super::nested::{Bounds, array_element, element_places, lists};
use crate::error::{Fault, Result};
use crate::eval::{Args, BoundLambda, HigherKernel, Kernel};

/// For each row the places of the elements of a new array; None for null.
type Places = Vec<Option<Vec<Option<u32>>>>;

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    let array = matches!(types.first(), Some(Type::Array(_)));
    Some(match (name, types.len()) {
        ("cardinality", 1) if array => |args| {
            let list = args.values[0].as_list::<i32>();
            rows(args, |row| (!list.is_null(row)).then(|| i64::from(list.value_length(row))))
        },
        ("element_at", 2) if array => |args| array_element(args, Bounds::Lenient),
        ("array_first", 1) => |args| end(args, true),
        ("array_last", 1) => |args| end(args, false),
        ("contains", 2) if array => contains,
        ("array_position", 2) => array_position,
        ("array_distinct", 1) => array_distinct,
        ("array_sort", 1) => array_sort,
        ("array_max", 1) => |args| extreme(args, Ordering::Greater),
        ("array_min", 1) => |args| extreme(args, Ordering::Less),
        ("array_join", 2 | 3) => array_join,
        ("array_remove", 2) => array_remove,
        ("array_union", 2) => |args| set(args, Set::Union),
        ("array_intersect", 2) => |args| set(args, Set::Intersect),
        ("array_except", 2) => |args| set(args, Set::Except),
        ("arrays_overlap", 2) => arrays_overlap,
        ("concat", 1) if array => |_| Err(Fault::data("There must be two or more arguments to concat")),
        ("concat", _) if array || matches!(types.last(), Some(Type::Array(_))) => concat,
        ("flatten", 1) => flatten,
        ("repeat", 2) => repeat,
        ("reverse", 1) if array => reverse,
        ("slice", 3) => slice,
        ("trim_array", 2) => trim_array,
        ("sequence", 2 | 3) => sequence,
        _ => return None,
    })
}

/// Functions with lambdas.
pub(super) fn higher(name: &str, types: &[Type]) -> Option<HigherKernel> {
    let lambdas = types.iter().filter(|ty| matches!(ty, Type::Function(..))).count();
    Some(match (name, lambdas) {
        ("transform", 1) => transform,
        ("filter", 1) => filter,
        ("any_match", 1) => |args, lambdas| matches(args, lambdas, Match::Any),
        ("all_match", 1) => |args, lambdas| matches(args, lambdas, Match::All),
        ("none_match", 1) => |args, lambdas| matches(args, lambdas, Match::None),
        ("array_first", 1) => first_match,
        ("array_sort", 1) => sort_by,
        ("reduce", 2) => reduce,
        ("zip_with", 1) => zip_with,
        _ => return None,
    })
}

/// Element type of an array argument.
fn element(ty: &Type) -> Result<&Type> {
    match ty {
        Type::Array(element) => Ok(element),
        other => Err(Fault::internal(format!("expected an array, found {other}"))),
    }
}

fn end(args: &Args<'_>, first: bool) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let places: UInt32Array = element_places(list)
        .into_iter()
        .map(|range| {
            range.filter(|range| !range.is_empty()).map(|range| if first { range.start } else { range.end - 1 })
        })
        .collect();
    Ok(compute::take(list.values(), &places, None)?)
}

fn contains(args: &Args<'_>) -> Result<ArrayRef> {
    let (list, wanted, ty) = (args.values[0].as_list::<i32>(), &args.values[1], element(&args.types[0])?);
    let places = element_places(list);
    rows(args, |row| {
        let Some(range) = &places[row] else { return Ok(None) };
        if wanted.is_null(row) {
            return Ok(None);
        }
        let mut unknown = false;
        for at in range.clone() {
            match compare::equal(list.values(), at as usize, wanted, row, ty)? {
                Some(true) => return Ok(Some(true)),
                Some(false) => {}
                None => unknown = true,
            }
        }
        Ok::<_, Fault>((!unknown).then_some(false))
    })
}

fn array_position(args: &Args<'_>) -> Result<ArrayRef> {
    let (list, wanted, ty) = (args.values[0].as_list::<i32>(), &args.values[1], element(&args.types[0])?);
    let places = element_places(list);
    rows(args, |row| {
        let Some(range) = &places[row] else { return Ok(None) };
        if wanted.is_null(row) {
            return Ok(None);
        }
        for at in range.clone() {
            if compare::equal(list.values(), at as usize, wanted, row, ty)? == Some(true) {
                return Ok(Some(i64::from(at - range.start) + 1));
            }
        }
        Ok::<_, Fault>(Some(0_i64))
    })
}

/// A new array for each row of the first argument's elements.
fn chosen(args: &Args<'_>, mut f: impl FnMut(usize, std::ops::Range<u32>) -> Result<Vec<u32>>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let mut places: Places = vec![];
    for (row, range) in element_places(list).into_iter().enumerate() {
        let found = range.map(|range| f(row, range)).transpose()?;
        places.push(found.map(|found| found.into_iter().map(Some).collect()));
    }
    lists(args.out, list.values(), places)
}

fn distinct(values: &ArrayRef, candidates: impl IntoIterator<Item = u32>, ty: &Type) -> Result<Vec<u32>> {
    let mut kept: Vec<u32> = vec![];
    for at in candidates {
        let mut known = false;
        for other in &kept {
            known |= compare::identical(values, at as usize, values, *other as usize, ty)?;
        }
        if !known {
            kept.push(at);
        }
    }
    Ok(kept)
}

fn array_distinct(args: &Args<'_>) -> Result<ArrayRef> {
    let (values, ty) = (args.values[0].as_list::<i32>().values(), element(&args.types[0])?);
    chosen(args, |_, range| distinct(values, range, ty))
}

/// Sorts places by a comparison that may fail.
fn sorted(mut places: Vec<u32>, mut order: impl FnMut(u32, u32) -> Result<Ordering>) -> Result<Vec<u32>> {
    let mut failed = None;
    places.sort_by(|a, b| {
        order(*a, *b).unwrap_or_else(|fault| {
            failed.get_or_insert(fault);
            Ordering::Equal
        })
    });
    failed.map_or(Ok(places), Err)
}

fn array_sort(args: &Args<'_>) -> Result<ArrayRef> {
    let (values, ty) = (args.values[0].as_list::<i32>().values(), element(&args.types[0])?);
    chosen(args, |_, range| {
        sorted(range.collect(), |a, b| {
            let (a, b) = (a as usize, b as usize);
            match (values.is_null(a), values.is_null(b)) {
                (false, false) => compare::order(values, a, values, b, ty),
                (a, b) => Ok(a.cmp(&b)),
            }
        })
    })
}

/// Sorts by a comparison that is a lambda.
fn sort_by(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let values = args.values[0].as_list::<i32>().values();
    chosen(args, |row, range| {
        sorted(range.collect(), |a, b| {
            let owner = UInt32Array::from(vec![row as u32]);
            let sides = [values.slice(a as usize, 1), values.slice(b as usize, 1)];
            match Reader::<Int>::new(&lambdas[0].call(&sides, &owner)?)?.get(0) {
                Some(-1) => Ok(Ordering::Less),
                Some(0) => Ok(Ordering::Equal),
                Some(1) => Ok(Ordering::Greater),
                _ => Err(Fault::data("Lambda comparator must return either -1, 0, or 1")),
            }
        })
    })
}

fn extreme(args: &Args<'_>, wanted: Ordering) -> Result<ArrayRef> {
    let (list, ty) = (args.values[0].as_list::<i32>(), element(&args.types[0])?);
    let values = list.values();
    let mut places: Vec<Option<u32>> = vec![];
    for range in element_places(list) {
        let mut best: Option<u32> = None;
        for at in range.unwrap_or(0..0) {
            if values.is_null(at as usize) {
                best = None;
                break;
            }
            let better = match best {
                None => true,
                Some(best) => compare::order(values, at as usize, values, best as usize, ty)? == wanted,
            };
            best = if better { Some(at) } else { best };
        }
        places.push(best);
    }
    Ok(compute::take(values, &UInt32Array::from(places), None)?)
}

fn array_join(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let texts = super::cast::element_texts(list.values(), element(&args.types[0])?, args)?;
    let texts = Reader::<Text>::new(&texts)?;
    let separator = Reader::<Text>::new(&args.values[1])?;
    let filler = args.values.get(2).map(Reader::<Text>::new).transpose()?;
    let places = element_places(list);
    rows(args, |row| {
        let (range, separator) = (places[row].clone()?, separator.get(row)?);
        let filler = match &filler {
            None => None,
            Some(filler) => Some(filler.get(row)?),
        };
        let parts: Vec<&str> = range.filter_map(|at| texts.get(at as usize).or(filler)).collect();
        Some(parts.join(separator))
    })
}

fn array_remove(args: &Args<'_>) -> Result<ArrayRef> {
    let (list, unwanted, ty) = (args.values[0].as_list::<i32>(), &args.values[1], element(&args.types[0])?);
    let mut places: Places = vec![];
    for (row, range) in element_places(list).into_iter().enumerate() {
        let Some(range) = range.filter(|_| !unwanted.is_null(row)) else {
            places.push(None);
            continue;
        };
        let mut kept = vec![];
        for at in range {
            if compare::equal(list.values(), at as usize, unwanted, row, ty)? != Some(true) {
                kept.push(Some(at));
            }
        }
        places.push(Some(kept));
    }
    lists(args.out, list.values(), places)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    Union,
    Intersect,
    Except,
}

fn set(args: &Args<'_>, operation: Set) -> Result<ArrayRef> {
    let ty = element(&args.types[0])?;
    let (values, left, right) = both(args)?;
    let mut places: Places = vec![];
    for row in 0..args.rows {
        let (Some(left), Some(right)) = (left[row].clone(), right[row].clone()) else {
            places.push(None);
            continue;
        };
        let mut kept = vec![];
        let candidates: Vec<u32> = match operation {
            Set::Union => left.clone().chain(right.clone()).collect(),
            _ => left.clone().collect(),
        };
        for at in distinct(&values, candidates, ty)? {
            let mut inside = false;
            if operation != Set::Union {
                for other in right.clone() {
                    inside |= compare::identical(&values, at as usize, &values, other as usize, ty)?;
                }
            }
            if operation == Set::Union || inside == (operation == Set::Intersect) {
                kept.push(Some(at));
            }
        }
        places.push(Some(kept));
    }
    lists(args.out, &values, places)
}

type Ranges = Vec<Option<std::ops::Range<u32>>>;

/// The elements of two arrays in one column, and where those of each row are.
fn both(args: &Args<'_>) -> Result<(ArrayRef, Ranges, Ranges)> {
    let (a, b) = (args.values[0].as_list::<i32>(), args.values[1].as_list::<i32>());
    let values = compute::concat(&[a.values().as_ref(), b.values().as_ref()])?;
    let shift = a.values().len() as u32;
    let right = element_places(b).into_iter().map(|range| range.map(|r| r.start + shift..r.end + shift)).collect();
    Ok((values, element_places(a), right))
}

fn arrays_overlap(args: &Args<'_>) -> Result<ArrayRef> {
    let ty = element(&args.types[0])?;
    let (values, left, right) = both(args)?;
    rows(args, |row| {
        let (Some(left), Some(right)) = (left[row].clone(), right[row].clone()) else { return Ok(None) };
        let mut unknown = false;
        for a in left {
            for b in right.clone() {
                match compare::equal(&values, a as usize, &values, b as usize, ty)? {
                    Some(true) => return Ok(Some(true)),
                    Some(false) => {}
                    None => unknown = true,
                }
            }
        }
        Ok::<_, Fault>((!unknown).then_some(false))
    })
}

/// `a || b`, where one of them may be a single element.
fn concat(args: &Args<'_>) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("a list of another type")) };
    let as_list = |value: &ArrayRef, ty: &Type| -> Result<ListArray> {
        if ty == args.ty {
            return Ok(value.as_list::<i32>().clone());
        }
        let offsets = OffsetBuffer::from_lengths(vec![1; value.len()]);
        Ok(ListArray::try_new(item.clone(), offsets, value.clone(), value.logical_nulls())?)
    };
    let lists_of =
        args.values.iter().zip(args.types).map(|(value, ty)| as_list(value, ty)).collect::<Result<Vec<_>>>()?;
    let parts: Vec<&dyn Array> = lists_of.iter().map(|list| list.values().as_ref()).collect();
    let values = compute::concat(&parts)?;
    let mut shift = 0;
    let mut ranges: Vec<Ranges> = vec![];
    for list in &lists_of {
        ranges.push(element_places(list).into_iter().map(|r| r.map(|r| r.start + shift..r.end + shift)).collect());
        shift += list.values().len() as u32;
    }
    let row = |row: usize| {
        let parts = ranges.iter().map(|list| list[row].clone()).collect::<Option<Vec<_>>>()?;
        Some(parts.into_iter().flatten().map(Some).collect())
    };
    lists(args.out, &values, (0..args.rows).map(row).collect::<Places>())
}

fn flatten(args: &Args<'_>) -> Result<ArrayRef> {
    let outer = args.values[0].as_list::<i32>();
    let inner = outer.values().as_list::<i32>();
    let (outer_places, inner_places) = (element_places(outer), element_places(inner));
    let row = |range: Option<std::ops::Range<u32>>| {
        let parts = range?.filter_map(|at| inner_places[at as usize].clone());
        Some(parts.flatten().map(Some).collect())
    };
    lists(args.out, inner.values(), outer_places.into_iter().map(row).collect::<Places>())
}

fn repeat(args: &Args<'_>) -> Result<ArrayRef> {
    let count = Reader::<Int>::new(&args.values[1])?;
    let row = |row: usize| match count.get(row) {
        None => Ok(None),
        Some(count) if count > 100_000 => {
            Err(Fault::data("count argument of repeat function must be less than or equal to 100000"))
        }
        Some(count) if count < 0 => {
            Err(Fault::data("count argument of repeat function must be greater than or equal to 0"))
        }
        Some(count) => Ok(Some(vec![Some(row as u32); count as usize])),
    };
    let places = (0..args.rows).map(row).collect::<Result<Places>>()?;
    lists(args.out, &args.values[0], places)
}

fn reverse(args: &Args<'_>) -> Result<ArrayRef> {
    chosen(args, |_, range| Ok(range.rev().collect()))
}

fn slice(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let (start, length) = (Reader::<Int>::new(&args.values[1])?, Reader::<Int>::new(&args.values[2])?);
    let ranges = element_places(list);
    let row = |row: usize| {
        let (Some(range), Some(start), Some(length)) = (ranges[row].clone(), start.get(row), length.get(row)) else {
            return Ok(None);
        };
        if length < 0 {
            return Err(Fault::data("length must be greater than or equal to 0"));
        }
        let count = range.len() as i64;
        let from = match start {
            0 => return Err(Fault::data("SQL array indices start at 1")),
            s if s > 0 => s - 1,
            s => count + s,
        };
        if from < 0 || from >= count {
            return Ok(Some(vec![]));
        }
        let to = (from + length).min(count);
        Ok(Some((from..to).map(|at| Some(range.start + at as u32)).collect()))
    };
    let places = (0..args.rows).map(row).collect::<Result<Places>>()?;
    lists(args.out, list.values(), places)
}

fn trim_array(args: &Args<'_>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let cut = Reader::<Int>::new(&args.values[1])?;
    let ranges = element_places(list);
    let row = |row: usize| {
        let (Some(range), Some(cut)) = (ranges[row].clone(), cut.get(row)) else { return Ok(None) };
        if cut < 0 {
            return Err(Fault::data(format!("size must not be negative: {cut}")));
        }
        if cut > range.len() as i64 {
            return Err(Fault::data(format!("size must not exceed array cardinality {}: {cut}", range.len())));
        }
        Ok(Some((range.start..range.end - cut as u32).map(Some).collect()))
    };
    let places = (0..args.rows).map(row).collect::<Result<Places>>()?;
    lists(args.out, list.values(), places)
}

/// The longest sequence that Trino makes.
const LONGEST_SEQUENCE: usize = 10_000;

fn sequence(args: &Args<'_>) -> Result<ArrayRef> {
    let element = element(args.ty)?;
    let (from, to) = (Reader::<Int>::new(&args.values[0])?, Reader::<Int>::new(&args.values[1])?);
    let step = args.values.get(2).map(Reader::<Int>::new).transpose()?;
    let mut values: Vec<Option<i64>> = vec![];
    let mut places: Places = vec![];
    for row in 0..args.rows {
        let step = match &step {
            Some(step) => step.get(row),
            None => Some(if from.get(row) <= to.get(row) { 1 } else { -1 }),
        };
        let (Some(from), Some(to), Some(step)) = (from.get(row), to.get(row), step) else {
            places.push(None);
            continue;
        };
        let first = values.len() as u32;
        values.extend(steps(from, to, step, element, args.types.get(2))?.into_iter().map(Some));
        places.push(Some((first..values.len() as u32).map(Some).collect()));
    }
    let out = crate::types::arrow(element)?;
    lists(args.out, &i64::collect(values, &out)?, places)
}

fn steps(from: i64, to: i64, step: i64, ty: &Type, step_type: Option<&Type>) -> Result<Vec<i64>> {
    use super::calendar::{add_months, add_months_to_days};
    let next: Box<dyn Fn(i64) -> Result<i64>> = match (ty, step_type) {
        (Type::Date, Some(Type::IntervalYearToMonth)) => {
            Box::new(move |n| Ok(i64::from(add_months_to_days(from as i32, n * step)?)))
        }
        (Type::Date, Some(Type::IntervalDayToSecond)) if step % 86_400_000 != 0 => {
            return Err(Fault::data("sequence step must be a day interval if start and end values are dates"));
        }
        (Type::Date, Some(Type::IntervalDayToSecond)) => Box::new(move |n| Ok(from + n * (step / 86_400_000))),
        (Type::Timestamp(_) | Type::TimestampTz(_), Some(Type::IntervalYearToMonth)) => {
            Box::new(move |n| add_months(from, n * step))
        }
        (Type::Timestamp(_) | Type::TimestampTz(_), _) => Box::new(move |n| Ok(from + n * step * 1000)),
        _ => Box::new(move |n| Ok(from + n * step)),
    };
    if step == 0 {
        return Err(Fault::data("step must not be zero"));
    }
    if (step > 0 && to < from) || (step < 0 && to > from) {
        return Err(Fault::data(
            "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start",
        ));
    }
    let mut found = vec![];
    loop {
        let value = next(found.len() as i64)?;
        if (step > 0 && value > to) || (step < 0 && value < to) {
            return Ok(found);
        }
        if found.len() == LONGEST_SEQUENCE {
            return Err(Fault::data("result of sequence function must not have more than 10000 entries"));
        }
        found.push(value);
    }
}

/// The outer row of each element, and the elements, of the arrays that are not null.
pub(super) fn exploded(list: &arrow::array::ListArray) -> Result<(UInt32Array, ArrayRef)> {
    let (mut owners, mut places) = (vec![], vec![]);
    for (row, range) in element_places(list).into_iter().enumerate() {
        for at in range.unwrap_or(0..0) {
            owners.push(row as u32);
            places.push(at);
        }
    }
    let values = compute::take(list.values(), &UInt32Array::from(places), None)?;
    Ok((UInt32Array::from(owners), values))
}

/// Arrays with as many elements as those of another column, from new elements in order.
fn relisted(args: &Args<'_>, list: &arrow::array::ListArray, values: &ArrayRef) -> Result<ArrayRef> {
    let mut next = 0;
    let places: Places = element_places(list)
        .into_iter()
        .map(|range| {
            let range = range?;
            next += range.len() as u32;
            Some((next - range.len() as u32..next).map(Some).collect())
        })
        .collect();
    lists(args.out, values, places)
}

fn transform(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let (owners, values) = exploded(list)?;
    let results = lambdas[0].call(&[values], &owners)?;
    relisted(args, list, &results)
}

fn filter(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let (owners, values) = exploded(list)?;
    let kept = lambdas[0].call(&[values], &owners)?;
    let kept = crate::eval::truths(kept.as_boolean());
    let mut next = 0;
    chosen(args, |_, range| {
        Ok(range
            .filter(|_| {
                next += 1;
                kept.value(next - 1)
            })
            .collect())
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Any,
    All,
    None,
}

fn matches(args: &Args<'_>, lambdas: &[BoundLambda<'_>], kind: Match) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let (owners, values) = exploded(list)?;
    let met = lambdas[0].call(&[values], &owners)?;
    let met: &BooleanArray = met.as_boolean();
    let mut next = 0;
    let ranges = element_places(list);
    rows(args, |row| {
        let (mut some, mut none, mut unknown) = (false, false, false);
        for _ in ranges[row].clone()? {
            match met.is_null(next) {
                true => unknown = true,
                false if met.value(next) => some = true,
                false => none = true,
            }
            next += 1;
        }
        match kind {
            Match::Any if some => Some(true),
            Match::All if none => Some(false),
            Match::None if some => Some(false),
            _ if unknown => None,
            Match::Any => Some(false),
            _ => Some(true),
        }
    })
}

fn first_match(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let (owners, values) = exploded(list)?;
    let met = lambdas[0].call(&[values], &owners)?;
    let met = crate::eval::truths(met.as_boolean());
    let mut next = 0;
    let places: UInt32Array = element_places(list)
        .into_iter()
        .map(|range| {
            let mut found = None;
            for at in range.unwrap_or(0..0) {
                if met.value(next) && found.is_none() {
                    found = Some(at);
                }
                next += 1;
            }
            found
        })
        .collect();
    Ok(compute::take(list.values(), &places, None)?)
}

/// One step for all rows at once: the nth elements of all arrays that are long enough.
fn reduce(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let ranges = element_places(list);
    let mut state = args.values[1].clone();
    let longest = ranges.iter().flatten().map(|range| range.len()).max().unwrap_or(0);
    for step in 0..longest {
        let (mut owners, mut places) = (vec![], vec![]);
        for (row, range) in ranges.iter().enumerate() {
            if let Some(range) = range.clone().filter(|range| step < range.len()) {
                owners.push(row as u32);
                places.push(range.start + step as u32);
            }
        }
        let owners = UInt32Array::from(owners);
        let states = compute::take(&state, &owners, None)?;
        let elements = compute::take(list.values(), &UInt32Array::from(places), None)?;
        let next = lambdas[0].call(&[states, elements], &owners)?;
        let mut sources: Vec<(usize, usize)> = (0..args.rows).map(|row| (0, row)).collect();
        for (position, row) in owners.values().iter().enumerate() {
            sources[*row as usize] = (1, position);
        }
        state = compute::interleave(&[state.as_ref(), next.as_ref()], &sources)?;
    }
    let rows: UInt32Array = (0..args.rows as u32).collect::<Vec<_>>().into();
    let result = lambdas[1].call(&[state], &rows)?;
    let absent: BooleanArray = ranges.iter().map(|range| Some(range.is_none())).collect();
    Ok(compute::nullif(&result, &absent)?)
}

fn zip_with(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let (a, b) = (args.values[0].as_list::<i32>(), args.values[1].as_list::<i32>());
    let (left, right) = (element_places(a), element_places(b));
    let (mut owners, mut lefts, mut rights) = (vec![], vec![], vec![]);
    let mut places: Places = vec![];
    for row in 0..args.rows {
        let (Some(l), Some(r)) = (left[row].clone(), right[row].clone()) else {
            places.push(None);
            continue;
        };
        let first = owners.len() as u32;
        for at in 0..l.len().max(r.len()) as u32 {
            owners.push(row as u32);
            lefts.push(Some(l.start + at).filter(|at| *at < l.end));
            rights.push(Some(r.start + at).filter(|at| *at < r.end));
        }
        places.push(Some((first..owners.len() as u32).map(Some).collect()));
    }
    let lefts = compute::take(a.values(), &UInt32Array::from(lefts), None)?;
    let rights = compute::take(b.values(), &UInt32Array::from(rights), None)?;
    let results = lambdas[0].call(&[lefts, rights], &UInt32Array::from(owners))?;
    lists(args.out, &results, places)
}
