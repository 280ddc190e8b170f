//! `max(x, n)`, `min_by(x, y, n)` and their kin: the n largest or least, best first.
//!
//! They are kept in a heap with the worst on top, as Trino keeps them, so that equal ones come out in its order.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, UInt32Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use lake_sql::types::Type;

use super::{Call, Fold, Made, null};
use crate::error::{Fault, Result};
use crate::functions::columns::{Int, Reader};
use crate::functions::compare;
use crate::types;

/// The most that may be asked for.
const MOST: i64 = 10_000;
/// So few are sorted by choosing the best again and again.
const FEW: usize = 16;

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    let keyed = match (call.function, call.types.len()) {
        ("max" | "min", 2) => false,
        ("max_by" | "min_by", 3) => true,
        _ => return Ok(None),
    };
    let fold = Extremes { call: call.clone(), keyed, room: None, heap: vec![] };
    let state = vec![DataType::Int64, DataType::List(types::item(fold.entry()?))];
    Ok(Some((Box::new(fold), state)))
}

/// A value and its key, arrays of one row.
type Entry = (ArrayRef, ArrayRef);

#[derive(Debug)]
struct Extremes {
    call: Call,
    /// Whether the value has a key beside it.
    keyed: bool,
    /// How many are wanted: the first row says it.
    room: Option<usize>,
    heap: Vec<Entry>,
}

impl Extremes {
    fn key_type(&self) -> &Type {
        &self.call.types[usize::from(self.keyed)]
    }

    /// The type of an entry in a state.
    fn entry(&self) -> Result<DataType> {
        Ok(types::row(vec![types::arrow(&self.call.types[0])?, types::arrow(self.key_type())?]))
    }

    /// Which of two is better; what is no number is worse than any.
    fn compare(&self, a: &ArrayRef, i: usize, b: &ArrayRef, j: usize) -> Result<Ordering> {
        Ok(match (compare::is_nan(a, i), compare::is_nan(b, j)) {
            (false, false) => {
                let order = compare::order(a, i, b, j, self.key_type())?;
                if self.call.function.starts_with("max") { order.reverse() } else { order }
            }
            (a, b) => a.cmp(&b),
        })
    }

    fn entries(&self, a: usize, b: usize) -> Result<Ordering> {
        self.compare(&self.heap[a].1, 0, &self.heap[b].1, 0)
    }

    fn room(&mut self, wanted: i64) -> Result<usize> {
        if let Some(room) = self.room {
            return Ok(room);
        }
        let function = self.call.function;
        let argument = match self.keyed {
            true => format!("third argument of {function} must be"),
            false => format!("second argument of {function}_n must be"),
        };
        match wanted {
            ..=0 if self.keyed => Err(Fault::data(format!("{argument} a positive integer"))),
            ..=0 => Err(Fault::data(format!("{argument} positive"))),
            1..=MOST => Ok(*self.room.insert(wanted as usize)),
            _ => Err(Fault::data(format!("{argument} less than or equal to {MOST}; found {wanted}"))),
        }
    }

    fn offer(&mut self, room: usize, values: &ArrayRef, keys: &ArrayRef, row: usize) -> Result<()> {
        let full = self.heap.len() == room;
        if full && self.compare(keys, row, &self.heap[0].1, 0)?.is_ge() {
            return Ok(());
        }
        // A copy, so that a whole batch does not stay for one of its rows.
        let place = UInt32Array::from(vec![row as u32]);
        let entry = (compute::take(values, &place, None)?, compute::take(keys, &place, None)?);
        match full {
            true => {
                self.heap[0] = entry;
                self.sink()
            }
            false => {
                self.heap.push(entry);
                self.rise()
            }
        }
    }

    fn rise(&mut self) -> Result<()> {
        let mut at = self.heap.len() - 1;
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.entries(at, parent)?.is_lt() {
                break;
            }
            self.heap.swap(at, parent);
            at = parent;
        }
        Ok(())
    }

    fn sink(&mut self) -> Result<()> {
        let mut at = 0;
        while 2 * at + 1 < self.heap.len() {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let worse = if right < self.heap.len() && self.entries(left, right)?.is_lt() { right } else { left };
            if self.entries(worse, at)?.is_lt() {
                break;
            }
            self.heap.swap(at, worse);
            at = worse;
        }
        Ok(())
    }

    /// The places of the heap, best first.
    fn sorted(&self) -> Result<Vec<usize>> {
        let mut places: Vec<usize> = (0..self.heap.len()).collect();
        if places.len() < FEW {
            for at in 0..places.len() {
                let mut best = at;
                for other in at + 1..places.len() {
                    if self.entries(places[other], places[best])?.is_lt() {
                        best = other;
                    }
                }
                places.swap(at, best);
            }
            return Ok(places);
        }
        let mut failed = None;
        places.sort_by(|a, b| {
            self.entries(*a, *b).unwrap_or_else(|fault| {
                failed = Some(fault);
                Ordering::Equal
            })
        });
        failed.map_or(Ok(places), Err)
    }

    /// One of the columns of these places as an array.
    fn column(&self, places: &[usize], ty: &DataType, of: fn(&Entry) -> &ArrayRef) -> Result<ArrayRef> {
        let parts: Vec<&dyn Array> = places.iter().map(|at| of(&self.heap[*at]).as_ref()).collect();
        match parts.is_empty() {
            true => Ok(arrow::array::new_empty_array(ty)),
            false => Ok(compute::concat(&parts)?),
        }
    }
}

impl Fold for Extremes {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        let keys = &args[usize::from(self.keyed)];
        let wanted = Reader::<Int>::new(&args[self.call.types.len() - 1])?;
        for row in (0..keys.len()).filter(|row| !compare::null_at(keys, *row)) {
            if let Some(wanted) = wanted.get(row) {
                let room = self.room(wanted)?;
                self.offer(room, &args[0], keys, row)?;
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        let entry = self.entry()?;
        let DataType::Struct(fields) = &entry else { return Err(Fault::internal("an entry is a row")) };
        let places: Vec<usize> = (0..self.heap.len()).collect();
        let values = self.column(&places, fields[0].data_type(), |entry| &entry.0)?;
        let keys = self.column(&places, fields[1].data_type(), |entry| &entry.1)?;
        let rows = StructArray::try_new(fields.clone(), vec![values, keys], None)?;
        let offsets = OffsetBuffer::from_lengths([rows.len()]);
        let list = ListArray::try_new(types::item(entry.clone()), offsets, Arc::new(rows), None)?;
        let room = self.room.map(|room| room as i64);
        Ok(vec![ScalarValue::Int64(room), ScalarValue::List(Arc::new(list))])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        let wanted = Reader::<Int>::new(&states[0])?;
        let lists = states[1].as_list::<i32>();
        for row in 0..lists.len() {
            let Some(wanted) = wanted.get(row) else { continue };
            let room = self.room(wanted)?;
            let entries = lists.value(row);
            let entries = entries.as_struct();
            (0..entries.len()).try_for_each(|at| self.offer(room, entries.column(0), entries.column(1), at))?;
        }
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        if self.heap.is_empty() {
            return null(&self.call.out);
        }
        let DataType::List(item) = &self.call.out else { return Err(Fault::internal("several values are a list")) };
        let values = self.column(&self.sorted()?, item.data_type(), |entry| &entry.0)?;
        let offsets = OffsetBuffer::from_lengths([values.len()]);
        Ok(ScalarValue::List(Arc::new(ListArray::try_new(item.clone(), offsets, values, None)?)))
    }

    fn size(&self) -> usize {
        self.heap.iter().map(|(value, key)| value.get_array_memory_size() + key.get_array_memory_size()).sum()
    }
}
