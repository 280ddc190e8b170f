//! Lambdas: a body with columns of its own (parameters) and some of the frame around it.

use arrow::array::{ArrayRef, UInt32Array};

use super::{Frame, Node};
use crate::error::Result;

/// A compiled lambda. Its body's inputs are the parameters, then the captured columns.
pub(crate) struct Lambda {
    pub parameters: usize,
    /// Columns of the frame around it.
    pub captures: Vec<usize>,
    pub body: Node,
}

impl Lambda {
    /// The lambda together with the rows that it captures from.
    pub fn bind<'a>(&'a self, frame: &'a Frame) -> BoundLambda<'a> {
        BoundLambda { lambda: self, frame }
    }
}

/// A lambda that can be called.
pub(crate) struct BoundLambda<'a> {
    lambda: &'a Lambda,
    frame: &'a Frame,
}

impl BoundLambda<'_> {
    /// Evaluates the body for several parameter values at once; `rows` says which outer row each belongs to.
    pub fn call(&self, parameters: &[ArrayRef], rows: &UInt32Array) -> Result<ArrayRef> {
        let mut columns = parameters[..self.lambda.parameters].to_vec();
        columns.extend(self.frame.take(&self.lambda.captures, rows)?);
        let frame = Frame { columns, rows: rows.len() };
        self.lambda.body.eval(&frame)?.into_array(frame.rows)
    }
}
