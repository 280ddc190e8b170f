//! Functions of arrays with lambdas.
//!
//! A lambda is called with the elements of all rows at once. Where Trino stops early (`any_match`), and where a call
//! needs the result of the one before (`reduce`), it is called place by place: the first elements of all rows, then
//! the second ones.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use arrow::compute;
use arrow::datatypes::Int32Type;
use lake_sql::types::Type;

use super::gather;
use super::{Elements, Lists, Order, element, ordering};
use crate::error::{Fault, Result};
use crate::eval::{Args, BoundLambda, HigherKernel, bools};
use crate::functions::compare::null_at;

/// The functions with lambdas; two of them have a form without.
pub(in crate::functions) fn higher(name: &str, _: &[Type]) -> Option<HigherKernel> {
    Some(match name {
        "transform" => transform,
        "filter" => filter,
        "reduce" => reduce,
        "zip_with" => zip_with,
        "any_match" => |args, lambdas| matched(args, lambdas, true, true),
        "all_match" => |args, lambdas| matched(args, lambdas, false, false),
        "none_match" => |args, lambdas| matched(args, lambdas, true, false),
        "array_first" => array_first,
        "array_sort" => array_sort,
        _ => return None,
    })
}

fn elements(args: &Args<'_>) -> Result<Elements> {
    Elements::zipped(&[args.values[0].as_list::<i32>()], args.rows)
}

fn transform(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let elements = elements(args)?;
    elements.list(lambdas[0].call(&elements.columns, &elements.rows)?, args.out)
}

fn zip_with(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let elements = Elements::zipped(&[args.values[0].as_list(), args.values[1].as_list()], args.rows)?;
    elements.list(lambdas[0].call(&elements.columns, &elements.rows)?, args.out)
}

fn filter(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let elements = elements(args)?;
    let kept = lambdas[0].call(&elements.columns, &elements.rows)?;
    let kept = bools(&kept)?;
    let mut out = Lists::new(args.rows);
    for span in elements.spans() {
        match span {
            Some(span) => out.push(span.filter(|at| is_true(kept, *at)).map(|at| (0, at))),
            None => out.push_null(),
        }
    }
    out.finish(&[&elements.columns[0]], args.out)
}

fn is_true(values: &BooleanArray, at: usize) -> bool {
    !values.is_null(at) && values.value(at)
}

/// What the lambda says of the elements of each row, up to the first that is `until`.
fn verdicts(elements: &Elements, lambda: &BoundLambda<'_>, until: bool) -> Result<Vec<Option<Vec<Option<bool>>>>> {
    let spans = elements.spans();
    // An element after the decisive one may be one on which the lambda fails: then only what Trino sees is evaluated.
    if let Ok(all) = lambda.call(&elements.columns, &elements.rows) {
        let all = bools(&all)?;
        let value = |at: usize| (!all.is_null(at)).then(|| all.value(at));
        return Ok(spans.into_iter().map(|span| span.map(|span| span.map(value).collect())).collect());
    }
    let mut found: Vec<Option<Vec<Option<bool>>>> = spans.iter().map(|span| span.as_ref().map(|_| vec![])).collect();
    for place in 0.. {
        let undecided = |(row, span): (usize, &Option<Range<usize>>)| {
            let span = span.clone()?;
            let decided = found[row].as_ref().is_some_and(|seen| seen.contains(&Some(until)));
            (place < span.len() && !decided).then(|| (row, span.start + place))
        };
        let open: Vec<(usize, usize)> = spans.iter().enumerate().filter_map(undecided).collect();
        if open.is_empty() {
            break;
        }
        let result = call_at(lambda, &elements.columns, &open)?;
        let result = bools(&result)?;
        for (index, (row, _)) in open.iter().enumerate() {
            let verdict = (!result.is_null(index)).then(|| result.value(index));
            found[*row].get_or_insert_default().push(verdict);
        }
    }
    Ok(found)
}

/// Calls a lambda with the elements at some places; each place comes with its row.
fn call_at(lambda: &BoundLambda<'_>, columns: &[ArrayRef], places: &[(usize, usize)]) -> Result<ArrayRef> {
    let at = UInt32Array::from_iter_values(places.iter().map(|(_, at)| *at as u32));
    let rows = UInt32Array::from_iter_values(places.iter().map(|(row, _)| *row as u32));
    let values = columns.iter().map(|column| Ok(compute::take(column, &at, None)?)).collect::<Result<Vec<_>>>()?;
    lambda.call(&values, &rows)
}

/// The result is `if_found` where an element is `wanted`, else null if the lambda is null for one.
fn matched(args: &Args<'_>, lambdas: &[BoundLambda<'_>], wanted: bool, if_found: bool) -> Result<ArrayRef> {
    let elements = elements(args)?;
    let decide = |seen: Vec<Option<bool>>| match () {
        () if seen.contains(&Some(wanted)) => Some(if_found),
        () if seen.contains(&None) => None,
        () => Some(!if_found),
    };
    let found = verdicts(&elements, &lambdas[0], wanted)?;
    Ok(Arc::new(found.into_iter().map(|seen| seen.and_then(decide)).collect::<BooleanArray>()))
}

/// The first element, or the first of which the lambda is true.
fn array_first(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let elements = elements(args)?;
    let spans = elements.spans();
    let places: UInt32Array = match lambdas.first() {
        None => spans.into_iter().map(|span| span.and_then(|mut span| span.next()).map(|at| at as u32)).collect(),
        Some(lambda) => {
            let found = verdicts(&elements, lambda, true)?;
            let first = |(span, seen): (Option<Range<usize>>, Option<Vec<Option<bool>>>)| {
                let place = seen?.iter().position(|verdict| *verdict == Some(true))?;
                Some((span?.start + place) as u32)
            };
            spans.into_iter().zip(found).map(first).collect()
        }
    };
    Ok(compute::take(&elements.columns[0], &places, None)?)
}

/// Folds the elements of each row into a state; the second lambda makes the result of the last state.
fn reduce(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let elements = elements(args)?;
    let spans = elements.spans();
    let mut state = args.values[1].clone();
    for place in 0.. {
        let open = |(row, span): (usize, &Option<Range<usize>>)| {
            let span = span.clone()?;
            (place < span.len()).then(|| (row as u32, (span.start + place) as u32))
        };
        let open: Vec<(u32, u32)> = spans.iter().enumerate().filter_map(open).collect();
        if open.is_empty() {
            break;
        }
        let rows = UInt32Array::from_iter_values(open.iter().map(|(row, _)| *row));
        let at = UInt32Array::from_iter_values(open.iter().map(|(_, at)| *at));
        let before = compute::take(&state, &rows, None)?;
        let element = compute::take(&elements.columns[0], &at, None)?;
        let after = lambdas[0].call(&[before, element], &rows)?;
        let mut places: Vec<(usize, usize)> = (0..args.rows).map(|row| (0, row)).collect();
        for (index, (row, _)) in open.iter().enumerate() {
            places[*row as usize] = (1, index);
        }
        state = gather(&[&state, &after], &places)?;
    }
    let present: Vec<u32> = (0..args.rows as u32).filter(|row| spans[*row as usize].is_some()).collect();
    let rows = UInt32Array::from(present.clone());
    let results = lambdas[1].call(&[compute::take(&state, &rows, None)?], &rows)?;
    let mut places: Vec<Option<u32>> = vec![None; args.rows];
    for (index, row) in present.iter().enumerate() {
        places[*row as usize] = Some(index as u32);
    }
    Ok(compute::take(&results, &UInt32Array::from(places), None)?)
}

/// Sorts by the elements' own order with nulls last, or by a comparator.
fn array_sort(args: &Args<'_>, lambdas: &[BoundLambda<'_>]) -> Result<ArrayRef> {
    let elements = elements(args)?;
    let values = &elements.columns[0];
    let natural = ordering(values, element(&args.types[0])?)?;
    let order: Order<'_> = match lambdas.first() {
        Some(lambda) => Box::new(|a, b| compared(lambda, &elements, a, b)),
        None => Box::new(|a, b| match (null_at(values, a), null_at(values, b)) {
            (false, false) => natural(a, b),
            (a, b) => Ok(a.cmp(&b)),
        }),
    };
    let mut out = Lists::new(args.rows);
    for span in elements.spans() {
        match span {
            Some(span) => out.push(sorted(span.collect(), &order)?.into_iter().map(|at| (0, at))),
            None => out.push_null(),
        }
    }
    out.finish(&[values], args.out)
}

fn compared(lambda: &BoundLambda<'_>, elements: &Elements, a: usize, b: usize) -> Result<Ordering> {
    let values = &elements.columns[0];
    let row = elements.rows.slice(a, 1);
    let result = lambda.call(&[values.slice(a, 1), values.slice(b, 1)], &row)?;
    let result = result.as_primitive::<Int32Type>();
    match (!result.is_null(0)).then(|| result.value(0)) {
        Some(-1) => Ok(Ordering::Less),
        Some(0) => Ok(Ordering::Equal),
        Some(1) => Ok(Ordering::Greater),
        _ => Err(Fault::data("Lambda comparator must return either -1, 0, or 1")),
    }
}

/// A stable merge sort: the order may fail, and may contradict itself.
fn sorted(mut values: Vec<usize>, order: &Order<'_>) -> Result<Vec<usize>> {
    if values.len() < 2 {
        return Ok(values);
    }
    let right = sorted(values.split_off(values.len() / 2), order)?;
    let left = sorted(values, order)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if order(*b, *a)?.is_lt() { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
