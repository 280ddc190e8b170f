//! What evaluates a part only for the rows that reach it: AND, OR, CASE, COALESCE, TRY.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};
use arrow::compute;
use arrow::datatypes::DataType;
use lake_core::engine::ErrorKind;

use super::{Frame, Node, Part, Val, bools, truths};
use crate::error::Result;

/// Conjunction or disjunction in three-valued logic; a guarded part sees only rows that are still open.
pub(super) fn junction(and: bool, parts: &[Part], frame: &Frame) -> Result<Val> {
    let mut result: Option<BooleanArray> = None;
    for part in parts {
        let open = result.as_ref().map(|before| open_rows(before, and));
        let value = match open {
            Some(open) if part.guarded && open.true_count() < frame.rows => {
                let inner = frame.filter(&open)?;
                let value = part.node.eval(&inner)?.into_array(inner.rows)?;
                let decided = BooleanArray::from(vec![!and]);
                scatter(&[(&open, &value)], &(Arc::new(decided) as ArrayRef), frame.rows)?
            }
            _ => part.node.eval(frame)?.into_array(frame.rows)?,
        };
        let value = bools(&value)?;
        result = Some(match result {
            None => value.clone(),
            Some(before) if and => compute::and_kleene(&before, value)?,
            Some(before) => compute::or_kleene(&before, value)?,
        });
    }
    let result = result.unwrap_or_else(|| BooleanArray::from(vec![and; frame.rows]));
    Ok(Val::Array(Arc::new(result)))
}

/// Rows that a value does not decide: not false for AND, not true for OR.
fn open_rows(value: &BooleanArray, and: bool) -> BooleanArray {
    (0..value.len()).map(|row| Some(value.is_null(row) || value.value(row) == and)).collect()
}

/// Searched CASE.
pub(super) fn case(branches: &[(Node, Node)], otherwise: Option<&Node>, out: &DataType, frame: &Frame) -> Result<Val> {
    let mut open = BooleanArray::from(vec![true; frame.rows]);
    let mut pieces: Vec<(BooleanArray, ArrayRef)> = vec![];
    for (condition, result) in branches {
        if open.true_count() == 0 {
            break;
        }
        let inner = frame.filter(&open)?;
        let met = condition.eval(&inner)?.into_array(inner.rows)?;
        let met = truths(bools(&met)?);
        if met.true_count() == 0 {
            continue;
        }
        let chosen = inner.filter(&met)?;
        let value = result.eval(&chosen)?.into_array(chosen.rows)?;
        let mask = within(&open, &met);
        open = compute::and_not(&open, &mask)?;
        pieces.push((mask, value));
    }
    if let (Some(otherwise), true) = (otherwise, open.true_count() > 0) {
        let inner = frame.filter(&open)?;
        pieces.push((open, otherwise.eval(&inner)?.into_array(inner.rows)?));
    }
    assemble(&pieces, out, frame.rows)
}

/// The first part that is not null.
pub(super) fn coalesce(parts: &[Node], out: &DataType, frame: &Frame) -> Result<Val> {
    let mut open = BooleanArray::from(vec![true; frame.rows]);
    let mut pieces: Vec<(BooleanArray, ArrayRef)> = vec![];
    for part in parts {
        if open.true_count() == 0 {
            break;
        }
        let inner = frame.filter(&open)?;
        let value = part.eval(&inner)?.into_array(inner.rows)?;
        let found = compute::is_not_null(&value)?;
        let mask = within(&open, &found);
        open = compute::and_not(&open, &mask)?;
        pieces.push((mask, compute::filter(&value, &found)?));
    }
    assemble(&pieces, out, frame.rows)
}

/// A mask over the true rows of another one, as a mask over all rows.
fn within(outer: &BooleanArray, inner: &BooleanArray) -> BooleanArray {
    let mut position = 0;
    let mut result = Vec::with_capacity(outer.len());
    for row in 0..outer.len() {
        let set = outer.value(row) && {
            position += 1;
            inner.value(position - 1)
        };
        result.push(set);
    }
    BooleanArray::from(result)
}

fn assemble(pieces: &[(BooleanArray, ArrayRef)], out: &DataType, rows: usize) -> Result<Val> {
    if let [(mask, value)] = pieces
        && mask.true_count() == rows
    {
        return Ok(Val::Array(value.clone()));
    }
    let borrowed: Vec<(&BooleanArray, &ArrayRef)> = pieces.iter().map(|(mask, value)| (mask, value)).collect();
    scatter(&borrowed, &new_null_array(out, 1), rows).map(Val::Array)
}

/// Puts the values of disjoint masks into place; what no mask covers gets the default, an array of one value.
fn scatter(pieces: &[(&BooleanArray, &ArrayRef)], default: &ArrayRef, rows: usize) -> Result<ArrayRef> {
    let mut places = vec![(0, 0); rows];
    for (number, (mask, _)) in pieces.iter().enumerate() {
        let set = (0..rows).filter(|row| mask.value(*row));
        for (position, row) in set.enumerate() {
            places[row] = (number + 1, position);
        }
    }
    let mut values: Vec<&dyn Array> = vec![default.as_ref()];
    values.extend(pieces.iter().map(|(_, value)| value.as_ref()));
    Ok(compute::interleave(&values, &places)?)
}

/// TRY: null where the body fails on a value. A failing batch is halved until the failing rows stand alone.
pub(super) fn attempt(body: &Node, out: &DataType, frame: &Frame) -> Result<Val> {
    match body.eval(frame) {
        Err(fault) if fault.kind == ErrorKind::Data => {}
        decided => return decided,
    }
    if frame.rows <= 1 {
        return Ok(Val::Array(new_null_array(out, frame.rows)));
    }
    let half = frame.rows / 2;
    let first = attempt(body, out, &frame.slice(0, half))?.into_array(half)?;
    let second = attempt(body, out, &frame.slice(half, frame.rows - half))?.into_array(frame.rows - half)?;
    Ok(Val::Array(compute::concat(&[first.as_ref(), second.as_ref()])?))
}
