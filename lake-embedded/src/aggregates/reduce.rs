//! `reduce_agg`: a value that a lambda makes of the one so far and the next row's.

use arrow::array::{Array, ArrayRef};
use datafusion::common::ScalarValue;
use lake_sql::types::Type;

use super::{Call, Fold, Made, null, scalar};
use crate::error::{Fault, Result};
use crate::types;

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    if call.function != "reduce_agg" {
        return Ok(None);
    }
    if call.lambdas.len() != 2 {
        return Err(Fault::internal("reduce_agg takes two lambdas"));
    }
    if !is_state(&call.ty) {
        return Err(Fault::statement(format!("State type not supported for reduce_agg: {}", call.ty)));
    }
    let state = vec![types::arrow(&call.ty)?];
    Ok(Some((Box::new(Reduce { call: call.clone(), kept: None }), state)))
}

/// Trino keeps words, bytes, doubles and truth values.
fn is_state(ty: &Type) -> bool {
    match ty {
        Type::Array(_) | Type::Map(..) | Type::Row(_) | Type::Opaque(_) => false,
        Type::Decimal { precision, .. } => *precision <= 18,
        Type::Timestamp(digits) => *digits <= 6,
        Type::TimestampTz(digits) => *digits <= 3,
        _ => true,
    }
}

#[derive(Debug)]
struct Reduce {
    call: Call,
    /// The value so far, an array of one row.
    kept: Option<ArrayRef>,
}

impl Reduce {
    fn step(&mut self, lambda: usize, so_far: ArrayRef, next: ArrayRef) -> Result<()> {
        let made = self.call.lambdas[lambda].call(&[so_far, next], 1)?;
        if made.is_null(0) {
            return Err(Fault::data("a lambda of reduce_agg gives null, which is no state"));
        }
        self.kept = Some(made);
        Ok(())
    }
}

impl Fold for Reduce {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let (values, starts) = (&args[0], &args[1]);
        let nulls = [values.logical_nulls(), starts.logical_nulls()];
        for row in 0..values.len() {
            if nulls.iter().flatten().any(|nulls| nulls.is_null(row)) {
                continue;
            }
            let so_far = self.kept.take().unwrap_or_else(|| starts.slice(row, 1));
            self.step(0, so_far, values.slice(row, 1))?;
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.finish()?])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        for row in (0..states[0].len()).filter(|row| states[0].is_valid(*row)) {
            let other = states[0].slice(row, 1);
            match self.kept.take() {
                None => self.kept = Some(other),
                Some(so_far) => self.step(1, so_far, other)?,
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        match &self.kept {
            Some(value) => scalar(value, 0),
            None => null(&self.call.out),
        }
    }

    fn size(&self) -> usize {
        self.kept.as_ref().map_or(0, |value| value.get_array_memory_size())
    }
}
