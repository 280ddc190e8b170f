//! Folds that keep all rows: arrays, maps, lists of text, and calls with DISTINCT or ORDER BY.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array, new_empty_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{self, SortOptions};
use arrow::datatypes::{DataType, Fields};
use arrow::row::{RowConverter, SortField};
use datafusion::common::ScalarValue;
use lake_sql::types::Type;

use super::{Call, Fold, Made, Order, null, scalar, summary};
use crate::error::{Fault, Result};
use crate::functions::array::Classes;
use crate::functions::columns::{Reader, Text};
use crate::functions::nested::canonical;
use crate::types;

pub(super) fn make(call: &Call) -> Result<Option<Made>> {
    let finish: fn(&Call, &[ArrayRef]) -> Result<ScalarValue> = match call.function {
        "array_agg" => array_agg,
        "map_agg" => map_agg,
        "multimap_agg" => multimap_agg,
        "map_union" => map_union,
        "histogram" => histogram,
        "listagg" => listagg,
        "approx_most_frequent" => summary::most_frequent,
        _ => return Ok(None),
    };
    let types = call.types.iter().map(types::arrow).collect::<Result<Vec<_>>>()?;
    let rows = Rows::new(types);
    let state = vec![rows.state_type()];
    Ok(Some((Box::new(Collect { call: call.clone(), rows, finish }), state)))
}

/// Rows in the order in which they came.
#[derive(Clone, Debug)]
struct Rows {
    types: Vec<DataType>,
    batches: Vec<Vec<ArrayRef>>,
}

impl Rows {
    fn new(types: Vec<DataType>) -> Self {
        Self { types, batches: vec![] }
    }

    fn push(&mut self, columns: &[ArrayRef]) {
        if columns.first().is_some_and(|column| !column.is_empty()) {
            self.batches.push(columns.to_vec());
        }
    }

    /// All rows as one column an argument.
    fn columns(&self) -> Result<Vec<ArrayRef>> {
        (0..self.types.len())
            .map(|at| {
                let parts: Vec<&dyn Array> = self.batches.iter().map(|batch| batch[at].as_ref()).collect();
                match parts.is_empty() {
                    true => Ok(new_empty_array(&self.types[at])),
                    false => Ok(compute::concat(&parts)?),
                }
            })
            .collect()
    }

    fn state_type(&self) -> DataType {
        DataType::List(types::item(types::row(self.types.clone())))
    }

    fn state(&self) -> Result<ScalarValue> {
        let DataType::List(item) = self.state_type() else { return Err(Fault::internal("a state is a list")) };
        let DataType::Struct(fields) = item.data_type() else {
            return Err(Fault::internal("a state is a list of rows"));
        };
        let columns = self.columns()?;
        let rows = StructArray::try_new(fields.clone(), columns, None)?;
        let offsets = OffsetBuffer::from_lengths([rows.len()]);
        Ok(ScalarValue::List(Arc::new(ListArray::try_new(item.clone(), offsets, Arc::new(rows), None)?)))
    }

    fn merge(&mut self, states: &ArrayRef) {
        for state in states.as_list::<i32>().iter().flatten() {
            self.push(state.as_struct().columns());
        }
    }

    fn size(&self) -> usize {
        self.batches.iter().flatten().map(|array| array.get_array_memory_size()).sum()
    }
}

/// Keeps the arguments and computes at the end.
#[derive(Debug)]
struct Collect {
    call: Call,
    rows: Rows,
    finish: fn(&Call, &[ArrayRef]) -> Result<ScalarValue>,
}

impl Fold for Collect {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        self.rows.push(&args[..self.rows.types.len()]);
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.rows.state()?])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.rows.merge(&states[0]);
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        (self.finish)(&self.call, &self.rows.columns()?)
    }

    fn size(&self) -> usize {
        self.rows.size()
    }
}

/// Another fold over rows that are first sorted and freed of duplicates.
#[derive(Debug)]
pub(super) struct Arranged {
    call: Call,
    rows: Rows,
    /// Columns of the inner fold; those of the order follow.
    args: usize,
    distinct: bool,
    order: Vec<Order>,
}

impl Arranged {
    pub fn new(call: Call, types: Vec<DataType>, distinct: bool, order: Vec<Order>) -> Self {
        Self { args: call.types.len(), call, rows: Rows::new(types), distinct, order }
    }

    pub fn state_types(&self) -> Vec<DataType> {
        vec![self.rows.state_type()]
    }

    /// The rows as the inner fold takes them.
    fn arranged(&self) -> Result<Vec<ArrayRef>> {
        let columns = self.rows.columns()?;
        let mut places: Vec<u32> = (0..columns[0].len() as u32).collect();
        if !self.order.is_empty() {
            let options = |order: &Order| SortOptions { descending: order.descending, nulls_first: order.nulls_first };
            let keys = &columns[self.args..];
            let fields = keys
                .iter()
                .zip(&self.order)
                .map(|(key, order)| SortField::new_with_options(key.data_type().clone(), options(order)));
            let rows = RowConverter::new(fields.collect())?.convert_columns(keys)?;
            places.sort_by(|a, b| rows.row(*a as usize).cmp(&rows.row(*b as usize)));
        }
        if self.distinct {
            let args = columns[..self.args].iter().map(canonical).collect::<Result<Vec<_>>>()?;
            let fields = args.iter().map(|arg| SortField::new(arg.data_type().clone())).collect();
            let rows = RowConverter::new(fields)?.convert_columns(&args)?;
            let mut seen = HashSet::new();
            places.retain(|place| seen.insert(rows.row(*place as usize).owned()));
        }
        let places = UInt32Array::from(places);
        columns[..self.args].iter().map(|column| Ok(compute::take(column, &places, None)?)).collect()
    }
}

impl Fold for Arranged {
    fn update(&mut self, args: &[ArrayRef]) -> Result<()> {
        self.rows.push(args);
        Ok(())
    }

    fn state(&self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.rows.state()?])
    }

    fn merge(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.rows.merge(&states[0]);
        Ok(())
    }

    fn finish(&self) -> Result<ScalarValue> {
        let (mut inner, _) =
            super::make(&self.call)?.ok_or_else(|| Fault::internal("the call was checked when it was made"))?;
        inner.update(&self.arranged()?)?;
        inner.finish()
    }

    fn size(&self) -> usize {
        self.rows.size()
    }
}

/// The places of the rows in which no argument of these is null.
fn present(column: &ArrayRef) -> Vec<u32> {
    let nulls = column.logical_nulls();
    (0..column.len()).filter(|row| nulls.as_ref().is_none_or(|n| n.is_valid(*row))).map(|row| row as u32).collect()
}

fn list(values: ArrayRef, out: &DataType) -> Result<ScalarValue> {
    let DataType::List(item) = out else { return Err(Fault::internal("a list of another type")) };
    let offsets = OffsetBuffer::from_lengths([values.len()]);
    Ok(ScalarValue::List(Arc::new(ListArray::try_new(item.clone(), offsets, values, None)?)))
}

fn array_agg(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    if columns[0].is_empty() {
        return null(&call.out);
    }
    list(columns[0].clone(), &call.out)
}

/// A map of keys and values that are in order.
pub(super) fn map(keys: ArrayRef, values: ArrayRef, out: &DataType) -> Result<ScalarValue> {
    let DataType::Map(entries, _) = out else { return Err(Fault::internal("a map of another type")) };
    let DataType::Struct(fields) = entries.data_type() else { return Err(Fault::internal("a map without entries")) };
    let fields: Fields = fields.clone();
    let offsets = OffsetBuffer::from_lengths([keys.len()]);
    let pairs = StructArray::try_new(fields, vec![keys, values], None)?;
    scalar(&(Arc::new(MapArray::try_new(entries.clone(), offsets, pairs, None, false)?) as ArrayRef), 0)
}

fn key_type(call: &Call) -> Type {
    match &call.ty {
        Type::Map(key, _) => (**key).clone(),
        _ => Type::Unknown,
    }
}

/// The first place of each key, and the places of all its rows.
pub(super) fn by_key(keys: &ArrayRef, ty: &Type) -> Result<Vec<Vec<u32>>> {
    let classes = Classes::new(&[keys], ty)?;
    let (mut groups, mut group_of): (Vec<Vec<u32>>, HashMap<u32, usize>) = (vec![], HashMap::new());
    for row in present(keys) {
        let group = *group_of.entry(classes.of(0, row as usize)).or_insert_with(|| {
            groups.push(vec![]);
            groups.len() - 1
        });
        groups[group].push(row);
    }
    Ok(groups)
}

fn map_agg(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    let groups = by_key(&columns[0], &key_type(call))?;
    if groups.is_empty() {
        return null(&call.out);
    }
    let first: UInt32Array = groups.iter().map(|group| group[0]).collect::<Vec<_>>().into();
    map(compute::take(&columns[0], &first, None)?, compute::take(&columns[1], &first, None)?, &call.out)
}

fn multimap_agg(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    let groups = by_key(&columns[0], &key_type(call))?;
    if groups.is_empty() {
        return null(&call.out);
    }
    let Type::Map(_, value) = &call.ty else { return Err(Fault::internal("multimap_agg gives a map")) };
    let DataType::List(item) = types::arrow(value)? else { return Err(Fault::internal("a multimap holds arrays")) };
    let first: UInt32Array = groups.iter().map(|group| group[0]).collect::<Vec<_>>().into();
    let all: UInt32Array = groups.iter().flatten().copied().collect::<Vec<_>>().into();
    let offsets = OffsetBuffer::from_lengths(groups.iter().map(Vec::len));
    let values = compute::take(&columns[1], &all, None)?;
    let lists = Arc::new(ListArray::try_new(item, offsets, values, None)?);
    map(compute::take(&columns[0], &first, None)?, lists, &call.out)
}

fn map_union(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    let maps = columns[0].as_map();
    let places: Vec<u32> = (0..maps.len())
        .filter(|row| !maps.is_null(*row))
        .flat_map(|row| maps.value_offsets()[row] as u32..maps.value_offsets()[row + 1] as u32)
        .collect();
    if places.is_empty() {
        return null(&call.out);
    }
    let places = UInt32Array::from(places);
    let keys = compute::take(maps.keys(), &places, None)?;
    let values = compute::take(maps.values(), &places, None)?;
    let groups = by_key(&keys, &key_type(call))?;
    let first: UInt32Array = groups.iter().map(|group| group[0]).collect::<Vec<_>>().into();
    map(compute::take(&keys, &first, None)?, compute::take(&values, &first, None)?, &call.out)
}

fn histogram(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    let groups = by_key(&columns[0], &key_type(call))?;
    if groups.is_empty() {
        return null(&call.out);
    }
    let first: UInt32Array = groups.iter().map(|group| group[0]).collect::<Vec<_>>().into();
    let counts = arrow::array::Int64Array::from_iter_values(groups.iter().map(|group| group.len() as i64));
    map(compute::take(&columns[0], &first, None)?, Arc::new(counts), &call.out)
}

fn listagg(call: &Call, columns: &[ArrayRef]) -> Result<ScalarValue> {
    let separator = match call.settings.first() {
        Some(setting) => Reader::<Text>::new(setting)?.get(0).unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let values = Reader::<Text>::new(&columns[0])?;
    let parts: Vec<&str> = (0..columns[0].len()).filter_map(|row| values.get(row)).collect();
    Ok(ScalarValue::Utf8((!parts.is_empty()).then(|| parts.join(&separator))))
}
