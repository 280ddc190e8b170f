//! Arrays of parts of arrays.

use arrow::array::{ArrayRef, AsArray};

use super::{Classes, Lists, element, span};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::functions::columns::{Int, Reader, rows};

pub(super) fn find(name: &str, arguments: usize) -> Option<Kernel> {
    Some(match (name, arguments) {
        ("ngrams", 2) => |args| parts(args, ngrams),
        ("combinations", 2) => |args| parts(args, combinations),
        ("contains_sequence", 2) => contains_sequence,
        _ => return None,
    })
}

/// Most elements of a combination, and most combinations of an array (Trino's limits).
const MOST_ELEMENTS: i64 = 5;
const MOST_COMBINATIONS: usize = 100_000;

/// A list of lists of places, for the length of an array and a number.
fn parts(args: &Args<'_>, choose: fn(usize, i64) -> Result<Vec<Vec<usize>>>) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let size = Reader::<Int>::new(&args.values[1])?;
    let arrow::datatypes::DataType::List(inner) = args.out else {
        return Err(Fault::internal("parts of arrays are arrays of arrays"));
    };
    let (mut outer, mut lists) = (Lists::new(args.rows), Lists::new(args.rows));
    let mut made = 0;
    for row in 0..args.rows {
        let (Some(span), Some(size)) = (span(list, row), size.get(row)) else {
            outer.push_null();
            continue;
        };
        let chosen = choose(span.len(), size)?;
        outer.push((made..made + chosen.len()).map(|at| (0, at)));
        made += chosen.len();
        for part in chosen {
            lists.push(part.into_iter().map(|at| (0, span.start + at)));
        }
    }
    let lists = lists.finish(&[list.values()], inner.data_type())?;
    outer.finish(&[&lists], args.out)
}

/// All runs of `size` neighbours; the whole array if it is shorter.
fn ngrams(length: usize, size: i64) -> Result<Vec<Vec<usize>>> {
    let size = usize::try_from(size).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| Fault::data("N must be positive"))?.min(length);
    Ok((0..=length - size).map(|start| (start..start + size).collect()).collect())
}

/// All choices of `size` places, in the order of their last place, then of the one before it.
fn combinations(length: usize, size: i64) -> Result<Vec<Vec<usize>>> {
    if size < 0 {
        return Err(Fault::data(format!("combination size must not be negative: {size}")));
    }
    if size > MOST_ELEMENTS {
        return Err(Fault::data(format!("combination size must not exceed {MOST_ELEMENTS}: {size}")));
    }
    let size = size as usize;
    if size > length {
        return Ok(vec![]);
    }
    let count = (0..size).fold(1_usize, |count, n| count.saturating_mul(length - n) / (n + 1));
    if count > MOST_COMBINATIONS {
        return Err(Fault::data("combinations exceed max size"));
    }
    let mut chosen: Vec<usize> = (0..size).collect();
    let mut all = Vec::with_capacity(count);
    loop {
        all.push(chosen.clone());
        let next = |place: usize| chosen.get(place + 1).copied().unwrap_or(length);
        let Some(place) = (0..size).find(|place| chosen[*place] + 1 < next(*place)) else { return Ok(all) };
        chosen[place] += 1;
        (0..place).for_each(|before| chosen[before] = before);
    }
}

/// Whether one array stands in another, as neighbours in order.
fn contains_sequence(args: &Args<'_>) -> Result<ArrayRef> {
    let lists = [args.values[0].as_list::<i32>(), args.values[1].as_list::<i32>()];
    let classes = Classes::new(&[lists[0].values(), lists[1].values()], element(&args.types[0])?)?;
    rows(args, |row| {
        let (inside, wanted) = (span(lists[0], row)?, span(lists[1], row)?);
        let starts = (inside.len() + 1).saturating_sub(wanted.len());
        Some((0..starts).any(|start| {
            let mut pairs = inside.clone().skip(start).zip(wanted.clone());
            pairs.all(|(at, other)| classes.of(0, at) == classes.of(1, other))
        }))
    })
}
