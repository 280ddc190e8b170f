//! Reading and building columns of arrays.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ListArray, UInt32Array, new_empty_array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute;
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};
use lake_sql::types::Type;

use crate::error::{Fault, Result};
use crate::functions::{compare, nested};

/// The type of an array's elements.
pub(in crate::functions) fn element(ty: &Type) -> Result<&Type> {
    match ty {
        Type::Array(element) => Ok(element),
        other => Err(Fault::internal(format!("expected an array, found {other}"))),
    }
}

/// Where the elements of a row are among the values; None for null.
pub(in crate::functions) fn span(list: &ListArray, row: usize) -> Option<Range<usize>> {
    let offsets = list.value_offsets();
    (!list.is_null(row)).then(|| offsets[row] as usize..offsets[row + 1] as usize)
}

/// A column of arrays in the making: for each element its source and its place there.
pub(in crate::functions) struct Lists {
    places: Vec<(usize, usize)>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

impl Lists {
    pub fn new(rows: usize) -> Self {
        Self { places: vec![], lengths: Vec::with_capacity(rows), valid: Vec::with_capacity(rows) }
    }

    pub fn push(&mut self, elements: impl IntoIterator<Item = (usize, usize)>) {
        let before = self.places.len();
        self.places.extend(elements);
        self.lengths.push(self.places.len() - before);
        self.valid.push(true);
    }

    pub fn push_null(&mut self) {
        self.lengths.push(0);
        self.valid.push(false);
    }

    /// The elements, the offsets and which rows are not null.
    pub fn parts(self, sources: &[&ArrayRef]) -> Result<(ArrayRef, OffsetBuffer<i32>, NullBuffer)> {
        let values = gather(sources, &self.places)?;
        Ok((values, offsets(self.lengths)?, NullBuffer::from(self.valid)))
    }

    pub fn finish(self, sources: &[&ArrayRef], out: &DataType) -> Result<ArrayRef> {
        let (values, offsets, valid) = self.parts(sources)?;
        list(values, offsets, Some(valid), out)
    }
}

/// Values of several columns by source and place.
pub(in crate::functions) fn gather(sources: &[&ArrayRef], places: &[(usize, usize)]) -> Result<ArrayRef> {
    if places.is_empty() {
        return Ok(new_empty_array(sources[0].data_type()));
    }
    let sources: Vec<&dyn Array> = sources.iter().map(|source| source.as_ref()).collect();
    Ok(compute::interleave(&sources, places)?)
}

/// Offsets of lists, checked: a column holds at most 2^31 elements.
pub(in crate::functions) fn offsets(lengths: Vec<usize>) -> Result<OffsetBuffer<i32>> {
    match lengths.iter().sum::<usize>() <= i32::MAX as usize {
        true => Ok(OffsetBuffer::from_lengths(lengths)),
        false => Err(Fault::data("the arrays of a batch have more than 2147483647 elements")),
    }
}

fn list(values: ArrayRef, offsets: OffsetBuffer<i32>, valid: Option<NullBuffer>, out: &DataType) -> Result<ArrayRef> {
    let DataType::List(item) = out else { return Err(Fault::internal(format!("an array became {out}"))) };
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, values, valid)?))
}

/// The elements of one or several columns of arrays side by side, and the row of each: what a lambda is called with.
pub(in crate::functions) struct Elements {
    pub columns: Vec<ArrayRef>,
    pub rows: UInt32Array,
    lengths: Vec<usize>,
    valid: NullBuffer,
}

impl Elements {
    /// Elements at equal positions; shorter arrays are padded with nulls. A row of which an array is null has none.
    pub fn zipped(lists: &[&ListArray], rows: usize) -> Result<Self> {
        let valid: NullBuffer = (0..rows).map(|row| lists.iter().all(|list| !list.is_null(row))).collect();
        let length = |row| lists.iter().filter_map(|list| span(list, row)).map(|span| span.len()).max().unwrap_or(0);
        let lengths: Vec<usize> = (0..rows).map(|row| if valid.is_valid(row) { length(row) } else { 0 }).collect();
        let column = |list: &ListArray| {
            let place = |row: usize, at: usize| span(list, row).and_then(|mut span| span.nth(at)).map(|at| at as u32);
            let places: UInt32Array = lengths
                .iter()
                .enumerate()
                .flat_map(|(row, length)| (0..*length).map(move |at| (row, at)))
                .map(|(row, at)| place(row, at))
                .collect();
            Ok(compute::take(list.values(), &places, None)?)
        };
        let columns = lists.iter().map(|list| column(list)).collect::<Result<_>>()?;
        let owners = lengths.iter().enumerate().flat_map(|(row, length)| std::iter::repeat_n(row as u32, *length));
        Ok(Self { columns, rows: UInt32Array::from_iter_values(owners), lengths, valid })
    }

    /// For each row its elements as places in the columns; None for null.
    pub fn spans(&self) -> Vec<Option<Range<usize>>> {
        let mut end = 0;
        let span = |(row, length): (usize, &usize)| {
            let start = end;
            end += length;
            self.valid.is_valid(row).then_some(start..end)
        };
        self.lengths.iter().enumerate().map(span).collect()
    }

    /// Arrays of new elements, one for each old one.
    pub fn list(&self, values: ArrayRef, out: &DataType) -> Result<ArrayRef> {
        list(values, offsets(self.lengths.clone())?, Some(self.valid.clone()), out)
    }
}

/// Numbers that are equal where values are identical (null is null, NaN is NaN), over several columns of one type.
pub(crate) struct Classes {
    columns: Vec<Vec<u32>>,
}

impl Classes {
    pub fn new(columns: &[&ArrayRef], ty: &Type) -> Result<Self> {
        let Some(first) = columns.first() else { return Ok(Self { columns: vec![] }) };
        let field = SortField::new(first.data_type().clone());
        match holds_map(ty) || !RowConverter::supports_fields(std::slice::from_ref(&field)) {
            true => Self::by_search(columns, ty),
            false => Self::by_bytes(columns, field),
        }
    }

    fn by_bytes(columns: &[&ArrayRef], field: SortField) -> Result<Self> {
        let converter = RowConverter::new(vec![field])?;
        let mut known: HashMap<Box<[u8]>, u32> = HashMap::new();
        let mut classes = vec![];
        for column in columns {
            let rows = converter.convert_columns(&[nested::canonical(column)?])?;
            classes.push(
                rows.iter()
                    .map(|row| {
                        let next = known.len() as u32;
                        *known.entry(row.as_ref().into()).or_insert(next)
                    })
                    .collect(),
            );
        }
        Ok(Self { columns: classes })
    }

    /// Maps have no order and so no bytes: each value is compared with one of each class.
    fn by_search(columns: &[&ArrayRef], ty: &Type) -> Result<Self> {
        let mut known: Vec<(usize, usize)> = vec![];
        let mut classes = vec![];
        for (source, column) in columns.iter().enumerate() {
            let mut of_column = vec![];
            for at in 0..column.len() {
                let mut class = None;
                for (number, (other, place)) in known.iter().enumerate() {
                    if compare::identical(column, at, columns[*other], *place, ty)? {
                        class = Some(number as u32);
                        break;
                    }
                }
                of_column.push(class.unwrap_or(known.len() as u32));
                if class.is_none() {
                    known.push((source, at));
                }
            }
            classes.push(of_column);
        }
        Ok(Self { columns: classes })
    }

    /// The class of a value.
    pub fn of(&self, column: usize, at: usize) -> u32 {
        self.columns[column][at]
    }
}

fn holds_map(ty: &Type) -> bool {
    match ty {
        Type::Map(..) => true,
        Type::Array(element) => holds_map(element),
        Type::Row(fields) => fields.iter().any(|field| holds_map(&field.ty)),
        _ => false,
    }
}
