//! Folds that keep one row: least and largest values, any value, the only value.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use lake_sql::types::Type;

use super::{Call, Fold, Made, null, scalar};
use crate::error::{Fault, Result};
use crate::functions::compare;
use crate::types;

/// The aggregate behind a scalar subquery: fails on a second row.
pub(crate) const SINGLE_VALUE: &str = "$single_value";

/// Which row is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Least,
    Largest,
    First,
    FirstOrNull,
    LastOrNull,
    Only,
}

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    let (rule, keyed) = match call.function {
        "min" => (Rule::Least, false),
        "max" => (Rule::Largest, false),
        "min_by" => (Rule::Least, true),
        "max_by" => (Rule::Largest, true),
        "arbitrary" | "any_value" => (Rule::First, false),
        "first_value" => (Rule::FirstOrNull, false),
        "last_value" => (Rule::LastOrNull, false),
        SINGLE_VALUE => (Rule::Only, false),
        _ => return Ok(None),
    };
    let key_type = call.types.get(usize::from(keyed)).cloned().unwrap_or(Type::Unknown);
    let key_out = types::arrow(&key_type)?;
    let state = vec![DataType::Boolean, call.out.clone(), key_out];
    Ok(Some((Box::new(Best { call: call.clone(), rule, keyed, key_type, kept: None }), state)))
}

#[derive(Debug)]
struct Best {
    call: Call,
    rule: Rule,
    keyed: bool,
    key_type: Type,
    /// Value and key, arrays of one row.
    kept: Option<(ArrayRef, ArrayRef)>,
}

impl Best {
    fn offer(&mut self, values: &ArrayRef, keys: &ArrayRef, row: usize) -> Result<()> {
        let better = match (self.rule, &self.kept) {
            (Rule::Only, Some(_)) => return Err(Fault::data("Scalar sub-query has returned multiple rows")),
            (Rule::LastOrNull, _) | (Rule::FirstOrNull | Rule::Only, None) => true,
            (Rule::FirstOrNull, Some(_)) => false,
            _ if compare::null_at(keys, row) => false,
            (_, None) => true,
            (Rule::First, Some(_)) => false,
            (rule, Some((_, kept))) => {
                // NaN loses against every number, in both directions.
                match (compare::is_nan(keys, row), compare::is_nan(kept, 0)) {
                    (true, _) => false,
                    (false, true) => true,
                    _ => {
                        let wanted = if rule == Rule::Least { Ordering::Less } else { Ordering::Greater };
                        compare::order(keys, row, kept, 0, &self.key_type)? == wanted
                    }
                }
            }
        };
        if better {
            self.kept = Some((values.slice(row, 1), keys.slice(row, 1)));
        }
        Ok(())
    }
}

impl Fold for Best {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let keys = if self.keyed { &args[1] } else { &args[0] };
        (0..keys.len()).try_for_each(|row| self.offer(&args[0], keys, row))
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        let key = match &self.kept {
            Some((_, key)) => scalar(key, 0)?,
            None => null(&types::arrow(&self.key_type)?)?,
        };
        Ok(vec![ScalarValue::Boolean(Some(self.kept.is_some())), self.finish()?, key])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        use arrow::array::AsArray;
        let some = states[0].as_boolean();
        (0..some.len()).filter(|row| some.value(*row)).try_for_each(|row| self.offer(&states[1], &states[2], row))
    }

    fn finish(&self) -> Result<ScalarValue> {
        match &self.kept {
            Some((value, _)) => scalar(value, 0),
            None => null(&self.call.out),
        }
    }

    fn size(&self) -> usize {
        self.kept.as_ref().map_or(0, |(value, key)| value.get_array_memory_size() + key.get_array_memory_size())
    }
}
