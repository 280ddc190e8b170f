//! Building and taking apart arrays, rows and maps.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute;
use arrow::datatypes::{DataType, Int64Type};
use lake_sql::types::Type;

use super::columns::{Int, Reader};
use super::compare;
use super::compare::null_at;
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};

/// Name of the function that lines the collections of UNNEST up as one array of rows.
pub(crate) const UNNEST: &str = "$unnest";

/// Name of the function that gives doubles and nested values a form in which equal values are one key.
pub(crate) const CANONICAL: &str = "$canonical";

/// Name of the function that puts some value of the type in place of null.
pub(crate) const FILLED: &str = "$filled";

pub(super) fn find(name: &str, _: &[Type], _: &Type) -> Option<Kernel> {
    Some(match name {
        FILLED => filled,
        UNNEST => unnest,
        CANONICAL => |args| canonical(&args.values[0]),
        _ => return None,
    })
}

/// `ARRAY[a, b]`
pub(crate) fn array_of(args: &Args<'_>) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("an array of another type")) };
    let count = args.values.len();
    let values = if count == 0 {
        arrow::array::new_empty_array(item.data_type())
    } else {
        let members: Vec<&dyn Array> = args.values.iter().map(|value| value.as_ref()).collect();
        let places: Vec<(usize, usize)> =
            (0..args.rows).flat_map(|row| (0..count).map(move |member| (member, row))).collect();
        compute::interleave(&members, &places)?
    };
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(count, args.rows));
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, values, None)?))
}

/// `ROW(a, b)`
pub(crate) fn row_of(args: &Args<'_>) -> Result<ArrayRef> {
    let DataType::Struct(fields) = args.out else { return Err(Fault::internal("a row of another type")) };
    Ok(Arc::new(StructArray::try_new(fields.clone(), args.values.to_vec(), None)?))
}

/// A field of a row; the second argument is its position.
pub(crate) fn field(args: &Args<'_>) -> Result<ArrayRef> {
    let index = args.values[1].as_primitive::<Int64Type>().value(0) as usize;
    let row = args.values[0].as_struct();
    let column = row.column(index);
    let Some(nulls) = row.nulls() else { return Ok(column.clone()) };
    let is_null = arrow::array::BooleanArray::new(!nulls.inner(), None);
    Ok(compute::nullif(column, &is_null)?)
}

/// `a[i]`
pub(crate) fn subscript(args: &Args<'_>) -> Result<ArrayRef> {
    match &args.types[0] {
        Type::Map(key, _) => map_value(args, key, true),
        _ => array_element(args, Bounds::Strict),
    }
}

/// What to do out of bounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// Fail: `a[i]`.
    Strict,
    /// Null, and negative positions count from the end: `element_at`.
    Lenient,
}

/// The element of each array at a position from 1.
pub(crate) fn array_element(args: &Args<'_>, bounds: Bounds) -> Result<ArrayRef> {
    let list = args.values[0].as_list::<i32>();
    let index = Reader::<Int>::new(&args.values[1])?;
    let mut places: Vec<Option<u32>> = Vec::with_capacity(args.rows);
    for row in 0..args.rows {
        let place = match index.get(row) {
            Some(index) if !list.is_null(row) => {
                let length = i64::from(list.value_length(row));
                position(index, length, bounds)?.map(|at| (i64::from(list.value_offsets()[row]) + at) as u32)
            }
            _ => None,
        };
        places.push(place);
    }
    Ok(compute::take(list.values(), &UInt32Array::from(places), None)?)
}

fn position(index: i64, length: i64, bounds: Bounds) -> Result<Option<i64>> {
    let strict = bounds == Bounds::Strict;
    match index {
        0 => Err(Fault::data("SQL array indices start at 1")),
        i if i < 0 && strict => Err(Fault::data(format!("Array subscript is negative: {i}"))),
        i if i > length && strict => {
            Err(Fault::data(format!("Array subscript must be less than or equal to array length: {i} > {length}")))
        }
        i if i > length || i < -length => Ok(None),
        i if i < 0 => Ok(Some(length + i)),
        i => Ok(Some(i - 1)),
    }
}

/// The value of each map under a key.
pub(crate) fn map_value(args: &Args<'_>, key_type: &Type, strict: bool) -> Result<ArrayRef> {
    let map = args.values[0].as_map();
    let wanted = &args.values[1];
    let mut places: Vec<Option<u32>> = Vec::with_capacity(args.rows);
    for row in 0..args.rows {
        if map.is_null(row) || null_at(wanted, row) {
            places.push(None);
            continue;
        }
        let range = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
        let mut found = None;
        for at in range {
            if compare::identical(map.keys(), at, wanted, row, key_type)? {
                found = Some(at as u32);
                break;
            }
        }
        if found.is_none() && strict {
            let key = arrow::util::display::array_value_to_string(wanted, row)?;
            return Err(Fault::data(format!("Key not present in map: {key}")));
        }
        places.push(found);
    }
    Ok(compute::take(map.values(), &UInt32Array::from(places), None)?)
}

/// Arrays and maps in parallel as one array of rows, padded with nulls; if the row has one field more, it counts from 1.
fn unnest(args: &Args<'_>) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("unnest of another type")) };
    let DataType::Struct(fields) = item.data_type() else { return Err(Fault::internal("unnest without columns")) };
    let sources = args.values.iter().map(Source::new).collect::<Result<Vec<_>>>()?;
    let lengths: Vec<usize> =
        (0..args.rows).map(|row| sources.iter().map(|s| s.length(row)).max().unwrap_or(0)).collect();
    let mut columns: Vec<ArrayRef> = vec![];
    for source in &sources {
        let places: UInt32Array = lengths
            .iter()
            .enumerate()
            .flat_map(|(row, length)| (0..*length).map(move |at| source.place(row, at)))
            .collect();
        for column in &source.columns {
            columns.push(compute::take(column, &places, None)?);
        }
    }
    if columns.len() < fields.len() {
        let count = lengths.iter().flat_map(|length| 1..=*length as i64);
        columns.push(Arc::new(Int64Array::from_iter_values(count)));
    }
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    // An empty list would vanish even where the outer row must stay; a null does not.
    let present = NullBuffer::from_iter(lengths.iter().map(|length| *length > 0));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, Arc::new(rows), Some(present))?))
}

/// A collection of UNNEST with the columns that it becomes.
struct Source {
    offsets: Vec<i32>,
    nulls: Option<NullBuffer>,
    columns: Vec<ArrayRef>,
}

impl Source {
    fn new(array: &ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Map(..) => {
                let map = array.as_map();
                Source {
                    offsets: map.value_offsets().to_vec(),
                    nulls: map.nulls().cloned(),
                    columns: vec![map.keys().clone(), map.values().clone()],
                }
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let columns = match list.values().data_type() {
                    DataType::Struct(_) => fields_with_nulls(list.values().as_struct())?,
                    _ => vec![list.values().clone()],
                };
                Source { offsets: list.value_offsets().to_vec(), nulls: list.nulls().cloned(), columns }
            }
            other => return Err(Fault::internal(format!("unnest met {other}"))),
        })
    }

    fn length(&self, row: usize) -> usize {
        let present = self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
        if present { (self.offsets[row + 1] - self.offsets[row]) as usize } else { 0 }
    }

    fn place(&self, row: usize, at: usize) -> Option<u32> {
        (at < self.length(row)).then(|| self.offsets[row] as u32 + at as u32)
    }
}

/// Fields of rows, null where the row is.
pub(crate) fn fields_with_nulls(rows: &StructArray) -> Result<Vec<ArrayRef>> {
    let Some(nulls) = rows.nulls() else { return Ok(rows.columns().to_vec()) };
    let is_null = arrow::array::BooleanArray::new(!nulls.inner(), None);
    rows.columns().iter().map(|column| Ok(compute::nullif(column, &is_null)?)).collect()
}

/// -0.0 becomes 0.0 and every NaN the same one, at any depth.
pub(crate) fn canonical(array: &ArrayRef) -> Result<ArrayRef> {
    use arrow::datatypes::{Float32Type, Float64Type};
    Ok(match array.data_type() {
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            Arc::new(values.unary::<_, Float64Type>(|v| if v.is_nan() { f64::NAN } else { v + 0.0 }))
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>();
            Arc::new(values.unary::<_, Float32Type>(|v| if v.is_nan() { f32::NAN } else { v + 0.0 }))
        }
        DataType::List(item) => {
            let list = array.as_list::<i32>();
            let values = canonical(list.values())?;
            Arc::new(ListArray::try_new(item.clone(), list.offsets().clone(), values, list.nulls().cloned())?)
        }
        DataType::Struct(fields) if !fields.is_empty() => {
            let row = array.as_struct();
            let columns = row.columns().iter().map(canonical).collect::<Result<Vec<_>>>()?;
            Arc::new(StructArray::try_new(fields.clone(), columns, row.nulls().cloned())?)
        }
        _ => array.clone(),
    })
}

/// A column of arrays of texts, made row by row.
pub(crate) fn list_of_texts(
    args: &Args<'_>,
    mut f: impl FnMut(usize) -> Result<Option<Vec<String>>>,
) -> Result<ArrayRef> {
    let DataType::List(item) = args.out else { return Err(Fault::internal("a list of another type")) };
    let (mut values, mut lengths, mut present): (Vec<Option<String>>, _, _) = (vec![], vec![], vec![]);
    for row in 0..args.rows {
        let found = f(row)?;
        present.push(found.is_some());
        let found = found.unwrap_or_default();
        lengths.push(found.len());
        values.extend(found.into_iter().map(Some));
    }
    let values = arrow::array::StringArray::from(values);
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, Arc::new(values), Some(NullBuffer::from(present)))?))
}

fn filled(args: &Args<'_>) -> Result<ArrayRef> {
    let array = &args.values[0];
    if array.logical_null_count() == 0 {
        return Ok(array.clone());
    }
    let filler = datafusion::common::ScalarValue::new_default(args.out)?.to_array()?;
    let places: Vec<(usize, usize)> =
        (0..args.rows).map(|row| if array.is_null(row) { (1, 0) } else { (0, row) }).collect();
    Ok(compute::interleave(&[array.as_ref(), filler.as_ref()], &places)?)
}
