//! Comparisons. Arrow's kernels where they mean what Trino means; doubles and nested values by our own.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Datum, Scalar};
use arrow::compute::kernels::cmp;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use lake_sql::bound::CompareOp;
use lake_sql::types::Type;

use crate::error::{Fault, Result};
use crate::eval::Val;
use crate::types::natively_comparable;

/// Compares two values of one type, row by row.
pub(crate) fn compare(op: CompareOp, left: &Val, right: &Val, ty: &Type, rows: usize) -> Result<Val> {
    if *ty == Type::Unknown {
        return Ok(Val::Const(Arc::new(unknown(op))));
    }
    let constant = matches!((left, right), (Val::Const(_), Val::Const(_)));
    let result = if natively_comparable(ty) {
        native(op, left, right)?
    } else {
        let rows = if constant { 1 } else { rows };
        by_value(op, &left.clone().into_array(rows)?, &right.clone().into_array(rows)?, ty)?
    };
    let result: ArrayRef = Arc::new(result);
    Ok(if constant { Val::Const(result) } else { Val::Array(result) })
}

/// Comparison of two bare nulls.
fn unknown(op: CompareOp) -> BooleanArray {
    BooleanArray::from(vec![match op {
        CompareOp::Distinct => Some(false),
        CompareOp::NotDistinct => Some(true),
        _ => None,
    }])
}

fn native(op: CompareOp, left: &Val, right: &Val) -> Result<BooleanArray> {
    let datum = |value: &Val| -> Box<dyn Datum> {
        match value {
            Val::Array(array) => Box::new(array.clone()),
            Val::Const(array) => Box::new(Scalar::new(array.clone())),
        }
    };
    let (left, right) = (datum(left), datum(right));
    let (left, right) = (&*left, &*right);
    Ok(match op {
        CompareOp::Equal => cmp::eq(left, right),
        CompareOp::NotEqual => cmp::neq(left, right),
        CompareOp::Less => cmp::lt(left, right),
        CompareOp::LessOrEqual => cmp::lt_eq(left, right),
        CompareOp::Greater => cmp::gt(left, right),
        CompareOp::GreaterOrEqual => cmp::gt_eq(left, right),
        CompareOp::Distinct => cmp::distinct(left, right),
        CompareOp::NotDistinct => cmp::not_distinct(left, right),
    }?)
}

fn by_value(op: CompareOp, left: &ArrayRef, right: &ArrayRef, ty: &Type) -> Result<BooleanArray> {
    (0..left.len())
        .map(|row| match op {
            CompareOp::Equal => equal(left, row, right, row, ty),
            CompareOp::NotEqual => Ok(equal(left, row, right, row, ty)?.map(|equal| !equal)),
            CompareOp::Distinct => Ok(Some(!identical(left, row, right, row, ty)?)),
            CompareOp::NotDistinct => Ok(Some(identical(left, row, right, row, ty)?)),
            _ => Ok(less_or_greater(op, left, right, row, ty)?),
        })
        .collect()
}

fn less_or_greater(op: CompareOp, left: &ArrayRef, right: &ArrayRef, row: usize, ty: &Type) -> Result<Option<bool>> {
    if left.is_null(row) || right.is_null(row) {
        return Ok(None);
    }
    if let Some((a, b)) = doubles(left, row, right, row) {
        return Ok(Some(match op {
            CompareOp::Less => a < b,
            CompareOp::LessOrEqual => a <= b,
            CompareOp::Greater => a > b,
            _ => a >= b,
        }));
    }
    let order = order(left, row, right, row, ty)?;
    Ok(Some(match op {
        CompareOp::Less => order.is_lt(),
        CompareOp::LessOrEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        _ => order.is_ge(),
    }))
}

fn doubles(left: &dyn Array, i: usize, right: &dyn Array, j: usize) -> Option<(f64, f64)> {
    if let (Some(a), Some(b)) = (left.as_primitive_opt::<Float64Type>(), right.as_primitive_opt::<Float64Type>()) {
        return Some((a.value(i), b.value(j)));
    }
    let (a, b) = (left.as_primitive_opt::<Float32Type>()?, right.as_primitive_opt::<Float32Type>()?);
    Some((f64::from(a.value(i)), f64::from(b.value(j))))
}

/// Whether a value is null; an array of bare nulls does not say so itself.
pub(crate) fn null_at(array: &dyn Array, row: usize) -> bool {
    array.is_null(row) || *array.data_type() == DataType::Null
}

/// Whether a value is a double that is no number.
pub(crate) fn is_nan(array: &dyn Array, row: usize) -> bool {
    doubles(array, row, array, row).is_some_and(|(value, _)| value.is_nan())
}

/// `=` in three-valued logic, also inside rows, arrays and maps.
pub(crate) fn equal(left: &dyn Array, i: usize, right: &dyn Array, j: usize, ty: &Type) -> Result<Option<bool>> {
    if null_at(left, i) || null_at(right, j) {
        return Ok(None);
    }
    if let Some((a, b)) = doubles(left, i, right, j) {
        return Ok(Some(a == b));
    }
    match ty {
        Type::Array(element) => {
            let (a, b) = (left.as_list::<i32>().value(i), right.as_list::<i32>().value(j));
            if a.len() != b.len() {
                return Ok(Some(false));
            }
            all((0..a.len()).map(|k| equal(&a, k, &b, k, element)))
        }
        Type::Row(fields) => {
            let (a, b) = (left.as_struct(), right.as_struct());
            all(fields.iter().enumerate().map(|(k, field)| equal(a.column(k), i, b.column(k), j, &field.ty)))
        }
        Type::Map(key, value) => equal_maps([left, right], [i, j], key, value),
        _ => Ok(Some(native_order(left, i, right, j)?.is_eq())),
    }
}

fn equal_maps(maps: [&dyn Array; 2], rows: [usize; 2], key: &Type, value: &Type) -> Result<Option<bool>> {
    let (a, b) = (maps[0].as_map().value(rows[0]), maps[1].as_map().value(rows[1]));
    if a.len() != b.len() {
        return Ok(Some(false));
    }
    all((0..a.len()).map(|k| {
        for other in 0..b.len() {
            if identical(a.column(0), k, b.column(0), other, key)? {
                return equal(a.column(1), k, b.column(1), other, value);
            }
        }
        Ok(Some(false))
    }))
}

/// Conjunction of comparisons: false if one is false, else null if one is null.
fn all(parts: impl Iterator<Item = Result<Option<bool>>>) -> Result<Option<bool>> {
    let mut result = Some(true);
    for part in parts {
        match part? {
            Some(false) => return Ok(Some(false)),
            Some(true) => {}
            None => result = None,
        }
    }
    Ok(result)
}

/// Whether two values are the same: null is null, NaN is NaN.
pub(crate) fn identical(left: &dyn Array, i: usize, right: &dyn Array, j: usize, ty: &Type) -> Result<bool> {
    if null_at(left, i) || null_at(right, j) {
        return Ok(null_at(left, i) && null_at(right, j));
    }
    if let Some((a, b)) = doubles(left, i, right, j) {
        return Ok(a == b || a.is_nan() && b.is_nan());
    }
    match ty {
        Type::Array(element) => {
            let (a, b) = (left.as_list::<i32>().value(i), right.as_list::<i32>().value(j));
            if a.len() != b.len() {
                return Ok(false);
            }
            every((0..a.len()).map(|k| identical(&a, k, &b, k, element)))
        }
        Type::Row(fields) => {
            let (a, b) = (left.as_struct(), right.as_struct());
            every(fields.iter().enumerate().map(|(k, field)| identical(a.column(k), i, b.column(k), j, &field.ty)))
        }
        Type::Map(key, value) => {
            let (a, b) = (left.as_map().value(i), right.as_map().value(j));
            if a.len() != b.len() {
                return Ok(false);
            }
            every((0..a.len()).map(|k| {
                for other in 0..b.len() {
                    if identical(a.column(0), k, b.column(0), other, key)? {
                        return identical(a.column(1), k, b.column(1), other, value);
                    }
                }
                Ok(false)
            }))
        }
        _ => Ok(native_order(left, i, right, j)?.is_eq()),
    }
}

fn every(mut parts: impl Iterator<Item = Result<bool>>) -> Result<bool> {
    parts.try_fold(true, |so_far, part| Ok(so_far && part?))
}

/// The order of two values that are not null; NaN is the largest double. Null inside a nested value is an error.
pub(crate) fn order(left: &dyn Array, i: usize, right: &dyn Array, j: usize, ty: &Type) -> Result<Ordering> {
    if let Some((a, b)) = doubles(left, i, right, j) {
        return Ok(a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())));
    }
    match ty {
        Type::Array(element) => {
            let (a, b) = (left.as_list::<i32>().value(i), right.as_list::<i32>().value(j));
            for k in 0..a.len().min(b.len()) {
                refuse_null("Array", null_at(&a, k) || null_at(&b, k))?;
                match order(&a, k, &b, k, element)? {
                    Ordering::Equal => {}
                    decided => return Ok(decided),
                }
            }
            Ok(a.len().cmp(&b.len()))
        }
        Type::Row(fields) => {
            let (a, b) = (left.as_struct(), right.as_struct());
            for (k, field) in fields.iter().enumerate() {
                refuse_null("ROW", null_at(a.column(k), i) || null_at(b.column(k), j))?;
                match order(a.column(k), i, b.column(k), j, &field.ty)? {
                    Ordering::Equal => {}
                    decided => return Ok(decided),
                }
            }
            Ok(Ordering::Equal)
        }
        _ => native_order(left, i, right, j),
    }
}

fn refuse_null(what: &str, found: bool) -> Result<()> {
    match found {
        true => Err(Fault::data(format!("{what} comparison not supported for {what} with null elements"))),
        false => Ok(()),
    }
}

fn native_order(left: &dyn Array, i: usize, right: &dyn Array, j: usize) -> Result<Ordering> {
    use arrow::array::make_comparator;
    let (left, right) = (left.slice(i, 1), right.slice(j, 1));
    Ok(make_comparator(&left, &right, arrow::compute::SortOptions::default())?(0, 0))
}
