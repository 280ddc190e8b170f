//! `sequence`: numbers, days and moments at equal distance.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use lake_sql::types::Type;

use super::offsets;
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::functions::calendar::{self, MICROS_IN_DAY, Unit};
use crate::functions::columns::{Int, Reader, Write};

/// Most elements of a sequence.
const MOST: i128 = 10_000;

const MICROS_IN_MILLI: i64 = 1000;
const MILLIS_IN_DAY: i64 = 86_400_000;

pub(super) fn find(name: &str, types: &[Type]) -> Option<Kernel> {
    if name != "sequence" {
        return None;
    }
    Some(match types {
        [Type::BigInt | Type::Date, _] => {
            |args| sequence(args, |start, stop, _| even(start, stop, if stop < start { -1 } else { 1 }))
        }
        [Type::BigInt, _, Type::BigInt] => |args| sequence(args, even),
        [Type::Date, _, Type::IntervalDayToSecond] => |args| sequence(args, by_days),
        [Type::Date, _, Type::IntervalYearToMonth] => {
            |args| sequence(args, |a, b, step| monthly(a, b, step, MICROS_IN_DAY))
        }
        [Type::Timestamp(_), _, Type::IntervalDayToSecond] => {
            |args| sequence(args, |start, stop, step| even(start, stop, step * MICROS_IN_MILLI))
        }
        [Type::Timestamp(_), _, Type::IntervalYearToMonth] => {
            |args| sequence(args, |a, b, step| monthly(a, b, step, 1))
        }
        _ => return None,
    })
}

fn sequence(args: &Args<'_>, members: fn(i64, i64, i64) -> Result<Vec<i64>>) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("a sequence of another type")) };
    let columns = args.values.iter().map(Reader::<Int>::new).collect::<Result<Vec<_>>>()?;
    let (mut values, mut lengths, mut valid) = (vec![], vec![], vec![]);
    for row in 0..args.rows {
        let bounds: Option<Vec<i64>> = columns.iter().map(|column| column.get(row)).collect();
        let found = match bounds.as_deref() {
            Some([start, stop, step]) => members(*start, *stop, *step)?,
            Some([start, stop]) => members(*start, *stop, 0)?,
            _ => vec![],
        };
        lengths.push(found.len());
        valid.push(bounds.is_some());
        values.extend(found.into_iter().map(Some));
    }
    let values = i64::collect(values, item.data_type())?;
    let list = ListArray::try_new(item.clone(), offsets(lengths)?, values, Some(NullBuffer::from(valid)))?;
    Ok(Arc::new(list))
}

fn check_step(start: i64, stop: i64, step: i64) -> Result<()> {
    match step {
        0 => Err(Fault::data("step must not be zero")),
        step if step > 0 && stop < start || step < 0 && stop > start => Err(Fault::data(
            "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start",
        )),
        _ => Ok(()),
    }
}

fn check_count(count: i128) -> Result<i64> {
    match count <= MOST {
        true => Ok(count as i64),
        false => Err(Fault::data(format!("result of sequence function must not have more than {MOST} entries"))),
    }
}

fn even(start: i64, stop: i64, step: i64) -> Result<Vec<i64>> {
    check_step(start, stop, step)?;
    let count = check_count((i128::from(stop) - i128::from(start)) / i128::from(step) + 1)?;
    Ok((0..count).map(|place| start + place * step).collect())
}

fn by_days(start: i64, stop: i64, millis: i64) -> Result<Vec<i64>> {
    if millis % MILLIS_IN_DAY != 0 {
        return Err(Fault::data("sequence step must be a day interval if start and end values are dates"));
    }
    even(start, stop, millis / MILLIS_IN_DAY)
}

/// Months from the start, so that the end of a long month comes back after a short one.
fn monthly(start: i64, stop: i64, step: i64, micros: i64) -> Result<Vec<i64>> {
    check_step(start, stop, step)?;
    let (from, to) = (start * micros, stop * micros);
    let count = check_count(i128::from(calendar::difference(Unit::Month, from, to)? / step) + 1)?;
    (0..count).map(|place| Ok(calendar::add_months(from, place * step)?.div_euclid(micros))).collect()
}
