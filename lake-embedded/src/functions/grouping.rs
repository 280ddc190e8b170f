//! `grouping(a, b)`: which of the expressions the row's grouping set leaves out.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// Picks bits out of DataFusion's grouping id, in which the first expression has the highest one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct GroupingBits {
    positions: Vec<usize>,
    groups: usize,
    signature: Signature,
}

impl GroupingBits {
    pub fn new(positions: Vec<usize>, groups: usize) -> Self {
        Self { positions, groups, signature: Signature::any(1, Volatility::Immutable) }
    }

    fn bits(&self, id: i64) -> i64 {
        let bit = |position: &usize| id >> (self.groups - 1 - position) & 1;
        self.positions.iter().fold(0, |bits, position| bits << 1 | bit(position))
    }
}

impl ScalarUDFImpl for GroupingBits {
    fn name(&self) -> &str {
        "grouping_bits"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::error::Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::error::Result<ColumnarValue> {
        let ids = args.args[0].to_array(args.number_rows)?;
        let bits: ArrayRef = Arc::new(ids.as_primitive::<Int64Type>().unary::<_, Int64Type>(|id| self.bits(id)));
        Ok(ColumnarValue::Array(bits))
    }
}
