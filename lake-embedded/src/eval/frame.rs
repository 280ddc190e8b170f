//! Columns of equal length that an expression is evaluated on, and the values that come out.

use arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array, UInt64Array};
use arrow::compute;

use crate::error::Result;

/// Input columns of an expression.
#[derive(Clone)]
pub(crate) struct Frame {
    pub columns: Vec<ArrayRef>,
    pub rows: usize,
}

impl Frame {
    /// The rows where the mask is true.
    pub fn filter(&self, mask: &BooleanArray) -> Result<Frame> {
        let columns = self.columns.iter().map(|c| Ok(compute::filter(c, mask)?)).collect::<Result<_>>()?;
        Ok(Frame { columns, rows: mask.true_count() })
    }

    /// Part of the rows.
    pub fn slice(&self, offset: usize, length: usize) -> Frame {
        Frame { columns: self.columns.iter().map(|c| c.slice(offset, length)).collect(), rows: length }
    }

    /// The rows at these positions of some of the columns.
    pub fn take(&self, columns: &[usize], rows: &UInt32Array) -> Result<Vec<ArrayRef>> {
        columns.iter().map(|c| Ok(compute::take(&self.columns[*c], rows, None)?)).collect()
    }
}

/// A value for each row.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    /// One value a row.
    Array(ArrayRef),
    /// One value for all rows: an array of length one.
    Const(ArrayRef),
}

impl Val {
    /// As many values as rows.
    pub fn into_array(self, rows: usize) -> Result<ArrayRef> {
        match self {
            Val::Array(array) => Ok(array),
            Val::Const(array) if rows == 1 => Ok(array),
            Val::Const(array) => Ok(compute::take(&array, &UInt64Array::from(vec![0; rows]), None)?),
        }
    }

    /// The array as it is, whether for all rows or one.
    pub fn array(&self) -> &ArrayRef {
        match self {
            Val::Array(array) | Val::Const(array) => array,
        }
    }

    /// Applies a function of whole arrays.
    pub fn map(self, f: impl FnOnce(&ArrayRef) -> Result<ArrayRef>) -> Result<Val> {
        Ok(match self {
            Val::Array(array) => Val::Array(f(&array)?),
            Val::Const(array) => Val::Const(f(&array)?),
        })
    }
}
