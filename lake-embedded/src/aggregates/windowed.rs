//! Functions over the frame of a window.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDFImpl};
use lake_sql::types::Type;

use super::{Aggregate, Fold, null, scalar};
use crate::error::{Fault, Result};
use crate::functions::columns::{Int, Reader};
use crate::functions::compare::null_at;

/// Functions that pick a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shift {
    Lag,
    Lead,
    First,
    Last,
    Nth,
}

impl Shift {
    /// By the name of the function.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "lag" => Shift::Lag,
            "lead" => Shift::Lead,
            "first_value" => Shift::First,
            "last_value" => Shift::Last,
            "nth_value" => Shift::Nth,
            _ => return None,
        })
    }
}

/// A call over a window.
pub(crate) struct Windowed {
    /// No two calls of a plan share it.
    name: String,
    function: Function,
    ignore_nulls: bool,
    out: DataType,
    signature: Signature,
}

enum Function {
    Aggregate { aggregate: Arc<Aggregate>, filtered: bool },
    Shift { shift: Shift, types: Vec<Type> },
}

impl Windowed {
    /// Lag, lead, and the values at the ends of the frame.
    pub fn shift(name: String, shift: Shift, ignore_nulls: bool, out: DataType, types: Vec<Type>) -> Self {
        let signature = Signature::any(types.len(), Volatility::Immutable);
        Self { name, function: Function::Shift { shift, types }, ignore_nulls, out, signature }
    }

    /// An aggregate of the frame's rows.
    pub fn aggregate(name: String, aggregate: Aggregate, filtered: bool, arguments: usize) -> Self {
        let out = aggregate.out().clone();
        let function = Function::Aggregate { aggregate: Arc::new(aggregate), filtered };
        let signature = match arguments {
            0 => Signature::nullary(Volatility::Immutable),
            count => Signature::any(count, Volatility::Immutable),
        };
        Self { name, function, ignore_nulls: false, out, signature }
    }
}

impl fmt::Debug for Windowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for Windowed {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Windowed {}

impl Hash for Windowed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl WindowUDFImpl for Windowed {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(
        &self,
        args: PartitionEvaluatorArgs<'_>,
    ) -> datafusion::error::Result<Box<dyn PartitionEvaluator>> {
        let fields = args.input_fields();
        let types: Vec<DataType> = fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(match &self.function {
            Function::Shift { shift, types } => Box::new(Shifting {
                shift: *shift,
                ignore_nulls: self.ignore_nulls,
                default: types.len() == 3,
                out: self.out.clone(),
            }),
            Function::Aggregate { aggregate, filtered } => {
                let (fold, _) = aggregate.fold(&types)?;
                Box::new(Framed { aggregate: aggregate.clone(), types, filtered: *filtered, fold, seen: 0..0 })
            }
        })
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> datafusion::error::Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), self.out.clone(), true)))
    }
}

/// An aggregate whose fold follows a growing frame and starts anew when rows leave it.
#[derive(Debug)]
struct Framed {
    aggregate: Arc<Aggregate>,
    types: Vec<DataType>,
    filtered: bool,
    fold: Box<dyn Fold>,
    seen: Range<usize>,
}

impl Framed {
    fn take(&mut self, values: &[ArrayRef], range: Range<usize>) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let mut args: Vec<ArrayRef> = values.iter().map(|value| value.slice(range.start, range.len())).collect();
        if self.filtered {
            let filter = args.pop().ok_or_else(|| Fault::internal("the filter of a window is its last argument"))?;
            let filter = crate::eval::truths(filter.as_boolean());
            if args.is_empty() {
                args.push(Arc::new(arrow::array::BooleanArray::from(vec![true; range.len()])));
            }
            args = args.iter().map(|arg| compute::filter(arg, &filter)).collect::<Result<_, _>>()?;
        } else if args.is_empty() {
            args.push(Arc::new(arrow::array::BooleanArray::from(vec![true; range.len()])));
        }
        self.fold.update(&args)
    }
}

impl PartitionEvaluator for Framed {
    fn uses_window_frame(&self) -> bool {
        true
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> datafusion::error::Result<ScalarValue> {
        let grows = range.start == self.seen.start && range.end >= self.seen.end && !self.seen.is_empty();
        if grows {
            self.take(values, self.seen.end..range.end)?;
        } else {
            self.fold = self.aggregate.fold(&self.types)?.0;
            self.take(values, range.clone())?;
        }
        self.seen = range.clone();
        Ok(self.fold.finish()?)
    }
}

/// Picks a row of the partition or of the frame.
#[derive(Debug)]
struct Shifting {
    shift: Shift,
    ignore_nulls: bool,
    default: bool,
    out: DataType,
}

impl Shifting {
    /// The row that lies `offset` rows (or values that are not null) before or behind.
    fn place(&self, value: &ArrayRef, row: usize, offset: i64) -> Option<usize> {
        let step: i64 = if self.shift == Shift::Lag { -1 } else { 1 };
        if !self.ignore_nulls || offset == 0 {
            let place = row as i64 + step * offset;
            return usize::try_from(place).ok().filter(|place| *place < value.len());
        }
        let mut place = row as i64;
        let mut left = offset;
        while left > 0 {
            place += step;
            let at = usize::try_from(place).ok().filter(|at| *at < value.len())?;
            left -= i64::from(!null_at(value, at));
        }
        usize::try_from(place).ok()
    }

    fn shifted(&self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let value = &values[0];
        let offsets = values.get(1).map(Reader::<Int>::new).transpose()?;
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(rows);
        // Source 0 is nulls, 1 the values, 2 the defaults.
        for row in 0..rows {
            let offset = match &offsets {
                None => Some(1),
                Some(offsets) => offsets.get(row),
            };
            places.push(match offset {
                None => (0, 0),
                Some(offset) if offset < 0 => return Err(Fault::data("Offset must be at least 0")),
                Some(offset) => match self.place(value, row, offset) {
                    Some(place) => (1, place),
                    None if self.default => (2, row),
                    None => (0, 0),
                },
            });
        }
        let nulls = arrow::array::new_null_array(&self.out, 1);
        let mut sources: Vec<&dyn Array> = vec![nulls.as_ref(), value.as_ref()];
        sources.extend(values.get(2).map(|default| default.as_ref()));
        Ok(compute::interleave(&sources, &places)?)
    }

    /// The row of the frame that is wanted.
    fn in_frame(&self, values: &[ArrayRef], range: &Range<usize>) -> Result<Option<usize>> {
        let value = &values[0];
        let counts = |row: &usize| !self.ignore_nulls || !value.is_null(*row);
        Ok(match self.shift {
            Shift::First => range.clone().find(counts),
            Shift::Last => range.clone().rev().find(counts),
            _ => {
                let Some(first) = range.clone().next() else { return Ok(None) };
                let Some(wanted) = Reader::<Int>::new(&values[1])?.get(first) else { return Ok(None) };
                if wanted < 1 {
                    return Err(Fault::data("Offset must be at least 1"));
                }
                range.clone().filter(counts).nth(wanted as usize - 1)
            }
        })
    }
}

impl PartitionEvaluator for Shifting {
    fn uses_window_frame(&self) -> bool {
        matches!(self.shift, Shift::First | Shift::Last | Shift::Nth)
    }

    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> datafusion::error::Result<ArrayRef> {
        Ok(self.shifted(values, rows)?)
    }

    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> datafusion::error::Result<ScalarValue> {
        Ok(match self.in_frame(values, range)? {
            Some(row) => scalar(&values[0], row)?,
            None => null(&self.out)?,
        })
    }
}
