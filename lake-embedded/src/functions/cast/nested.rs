//! Arrays, maps and rows: element by element.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray};
use arrow::datatypes::DataType;
use lake_sql::types::Type;

use super::inner;
use crate::error::{Fault, Result};
use crate::eval::Args;

pub(super) fn array(args: &Args<'_>) -> Result<ArrayRef> {
    let (Type::Array(from), Type::Array(to), DataType::List(item)) = (&args.types[0], args.ty, args.out) else {
        return Err(Fault::internal("a cast of arrays met other types"));
    };
    let list = args.values[0].as_list::<i32>();
    let values = inner(list.values(), from, to, args)?;
    Ok(Arc::new(ListArray::try_new(item.clone(), list.offsets().clone(), values, list.nulls().cloned())?))
}

pub(super) fn map(args: &Args<'_>) -> Result<ArrayRef> {
    let (Type::Map(key, value), Type::Map(to_key, to_value), DataType::Map(entries, _)) =
        (&args.types[0], args.ty, args.out)
    else {
        return Err(Fault::internal("a cast of maps met other types"));
    };
    let map = args.values[0].as_map();
    let keys = inner(map.keys(), key, to_key, args)?;
    let values = inner(map.values(), value, to_value, args)?;
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(Fault::internal("a map without entries"));
    };
    let pairs = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(entries.clone(), map.offsets().clone(), pairs, map.nulls().cloned(), false)?))
}

pub(super) fn row(args: &Args<'_>) -> Result<ArrayRef> {
    let (Type::Row(from), Type::Row(to), DataType::Struct(fields)) = (&args.types[0], args.ty, args.out) else {
        return Err(Fault::internal("a cast of rows met other types"));
    };
    let row = args.values[0].as_struct();
    let columns = from
        .iter()
        .zip(to)
        .enumerate()
        .map(|(position, (from, to))| inner(row.column(position), &from.ty, &to.ty, args))
        .collect::<Result<Vec<_>>>()?;
    if fields.is_empty() {
        return Ok(args.values[0].clone());
    }
    Ok(Arc::new(StructArray::try_new(fields.clone(), columns, row.nulls().cloned())?))
}
