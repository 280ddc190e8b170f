//! Columns as iterators of plain values: how most functions read arguments and write results.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
    Float64Array, Int64Array, PrimitiveArray, StringArray,
};
use arrow::compute;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, IntervalUnit, IntervalYearMonthType, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType,
};

use crate::error::{Fault, Result};
use crate::eval::Args;

/// A kind of column that can be read value by value.
pub(crate) trait Read {
    type Array: Array + Clone + 'static;
    type Value<'a>;
    /// The array as the type that `get` reads.
    fn array(array: &ArrayRef) -> Result<ArrayRef>;
    fn get(array: &Self::Array, row: usize) -> Self::Value<'_>;
}

/// varchar, char, json
pub(crate) struct Text;
/// Every integer, and timestamps, times and intervals in their unit.
pub(crate) struct Int;
/// real and double
pub(crate) struct Double;
/// boolean
pub(crate) struct Bool;
/// varbinary
pub(crate) struct Bytes;
/// decimal, digits without the point
pub(crate) struct Decimal;
/// date, days since 1970
pub(crate) struct Days;

macro_rules! read {
    ($kind:ty, $array:ty, $value:ty, |$input:ident| $prepare:expr) => {
        impl Read for $kind {
            type Array = $array;
            type Value<'a> = $value;
            fn array($input: &ArrayRef) -> Result<ArrayRef> {
                $prepare
            }
            fn get(array: &Self::Array, row: usize) -> Self::Value<'_> {
                array.value(row)
            }
        }
    };
}

read!(Text, StringArray, &'a str, |array| Ok(array.clone()));
read!(Int, Int64Array, i64, |array| integers(array));
read!(Double, Float64Array, f64, |array| Ok(compute::cast(array, &DataType::Float64)?));
read!(Bool, BooleanArray, bool, |array| Ok(array.clone()));
read!(Bytes, BinaryArray, &'a [u8], |array| Ok(array.clone()));
read!(Decimal, Decimal128Array, i128, |array| Ok(array.clone()));
read!(Days, Date32Array, i32, |array| Ok(array.clone()));

/// Any array of integers inside as bigint.
pub(crate) fn integers(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Int64 => array.clone(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Arc::new(array.as_primitive::<TimestampMicrosecondType>().reinterpret_cast::<Int64Type>())
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            Arc::new(array.as_primitive::<Time64MicrosecondType>().reinterpret_cast::<Int64Type>())
        }
        DataType::Duration(TimeUnit::Millisecond) => {
            Arc::new(array.as_primitive::<DurationMillisecondType>().reinterpret_cast::<Int64Type>())
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            let months = array.as_primitive::<IntervalYearMonthType>().reinterpret_cast::<Int32Type>();
            compute::cast(&months, &DataType::Int64)?
        }
        _ => compute::cast(array, &DataType::Int64)?,
    })
}

/// Reads one kind of column.
pub(crate) struct Reader<K: Read> {
    array: K::Array,
}

impl<K: Read> Reader<K> {
    pub fn new(array: &ArrayRef) -> Result<Self> {
        let array = K::array(array)?;
        let typed = array.as_any().downcast_ref::<K::Array>().cloned();
        let array =
            typed.ok_or_else(|| Fault::internal(format!("a function met an argument of {}", array.data_type())));
        Ok(Self { array: array? })
    }

    /// The value of a row; None for null.
    pub fn get(&self, row: usize) -> Option<K::Value<'_>> {
        (!self.array.is_null(row)).then(|| K::get(&self.array, row))
    }
}

/// A value that a function may write.
pub(crate) trait Write: Sized {
    fn collect(values: Vec<Option<Self>>, out: &DataType) -> Result<ArrayRef>;
}

impl Write for String {
    fn collect(values: Vec<Option<Self>>, _: &DataType) -> Result<ArrayRef> {
        Ok(Arc::new(StringArray::from_iter(values)))
    }
}

impl Write for bool {
    fn collect(values: Vec<Option<Self>>, _: &DataType) -> Result<ArrayRef> {
        Ok(Arc::new(BooleanArray::from(values)))
    }
}

impl Write for Vec<u8> {
    fn collect(values: Vec<Option<Self>>, out: &DataType) -> Result<ArrayRef> {
        Ok(match out {
            DataType::FixedSizeBinary(size) => {
                Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), *size)?)
            }
            _ => Arc::new(BinaryArray::from_iter(values)),
        })
    }
}

impl Write for f64 {
    fn collect(values: Vec<Option<Self>>, out: &DataType) -> Result<ArrayRef> {
        Ok(match out {
            DataType::Float32 => {
                Arc::new(PrimitiveArray::<Float32Type>::from_iter(values.into_iter().map(|v| v.map(|v| v as f32))))
            }
            _ => Arc::new(PrimitiveArray::<Float64Type>::from_iter(values)),
        })
    }
}

impl Write for i128 {
    fn collect(values: Vec<Option<Self>>, out: &DataType) -> Result<ArrayRef> {
        let array = PrimitiveArray::<Decimal128Type>::from_iter(values);
        Ok(Arc::new(array.with_data_type(out.clone())))
    }
}

impl Write for i32 {
    fn collect(values: Vec<Option<Self>>, out: &DataType) -> Result<ArrayRef> {
        Ok(match out {
            DataType::Date32 => Arc::new(PrimitiveArray::<Date32Type>::from_iter(values)),
            _ => return i64::collect(values.into_iter().map(|v| v.map(i64::from)).collect(), out),
        })
    }
}

impl Write for i64 {
    fn collect(values: Vec<Option<Self>>, out: &DataType) -> Result<ArrayRef> {
        let wide = PrimitiveArray::<Int64Type>::from_iter(values);
        Ok(match out {
            DataType::Int8 => narrow::<Int8Type>(&wide, "tinyint")?,
            DataType::Int16 => narrow::<Int16Type>(&wide, "smallint")?,
            DataType::Int32 => narrow::<Int32Type>(&wide, "integer")?,
            DataType::Date32 => narrow::<Date32Type>(&wide, "date")?,
            DataType::Interval(IntervalUnit::YearMonth) => narrow::<IntervalYearMonthType>(&wide, "interval")?,
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                let array = wide.reinterpret_cast::<TimestampMicrosecondType>();
                Arc::new(array.with_timezone_opt(zone.clone()))
            }
            DataType::Time64(TimeUnit::Microsecond) => Arc::new(wide.reinterpret_cast::<Time64MicrosecondType>()),
            DataType::Duration(TimeUnit::Millisecond) => Arc::new(wide.reinterpret_cast::<DurationMillisecondType>()),
            _ => Arc::new(wide),
        })
    }
}

fn narrow<T>(wide: &Int64Array, name: &str) -> Result<ArrayRef>
where
    T: arrow::datatypes::ArrowPrimitiveType,
    T::Native: TryFrom<i64>,
{
    let narrow =
        |value: i64| T::Native::try_from(value).map_err(|_| Fault::data(format!("Out of range for {name}: {value}")));
    let values: Vec<Option<T::Native>> = wide.iter().map(|v| v.map(narrow).transpose()).collect::<Result<_>>()?;
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(values)))
}

/// What a closure may return for a row: a value, perhaps null, perhaps an error.
pub(crate) trait Cell {
    type Value: Write;
    fn cell(self) -> Result<Option<Self::Value>>;
}

macro_rules! cells {
    ($($ty:ty),*) => {$(
        impl Cell for $ty {
            type Value = $ty;
            fn cell(self) -> Result<Option<$ty>> {
                Ok(Some(self))
            }
        }
        impl Cell for Option<$ty> {
            type Value = $ty;
            fn cell(self) -> Result<Option<$ty>> {
                Ok(self)
            }
        }
        impl Cell for Result<$ty> {
            type Value = $ty;
            fn cell(self) -> Result<Option<$ty>> {
                self.map(Some)
            }
        }
        impl Cell for Result<Option<$ty>> {
            type Value = $ty;
            fn cell(self) -> Result<Option<$ty>> {
                self
            }
        }
    )*};
}
cells!(String, bool, Vec<u8>, f64, i128, i32, i64);

/// A column made row by row.
pub(crate) fn rows<C: Cell>(args: &Args<'_>, f: impl FnMut(usize) -> C) -> Result<ArrayRef> {
    let values = (0..args.rows).map(f).map(Cell::cell).collect::<Result<Vec<_>>>()?;
    C::Value::collect(values, args.out)
}

/// A function of one argument; null if it is.
pub(crate) fn map1<A: Read, C: Cell>(args: &Args<'_>, f: impl Fn(A::Value<'_>) -> C) -> Result<ArrayRef> {
    let a = Reader::<A>::new(&args.values[0])?;
    let row = |row| a.get(row).map_or(Ok(None), |a| f(a).cell());
    C::Value::collect((0..args.rows).map(row).collect::<Result<_>>()?, args.out)
}

/// A function of two arguments; null if one is.
pub(crate) fn map2<A: Read, B: Read, C: Cell>(
    args: &Args<'_>,
    f: impl Fn(A::Value<'_>, B::Value<'_>) -> C,
) -> Result<ArrayRef> {
    let (a, b) = (Reader::<A>::new(&args.values[0])?, Reader::<B>::new(&args.values[1])?);
    let row = |row| match (a.get(row), b.get(row)) {
        (Some(a), Some(b)) => f(a, b).cell(),
        _ => Ok(None),
    };
    C::Value::collect((0..args.rows).map(row).collect::<Result<_>>()?, args.out)
}

/// A function of three arguments; null if one is.
pub(crate) fn map3<A: Read, B: Read, D: Read, C: Cell>(
    args: &Args<'_>,
    f: impl Fn(A::Value<'_>, B::Value<'_>, D::Value<'_>) -> C,
) -> Result<ArrayRef> {
    let a = Reader::<A>::new(&args.values[0])?;
    let (b, d) = (Reader::<B>::new(&args.values[1])?, Reader::<D>::new(&args.values[2])?);
    let row = |row| match (a.get(row), b.get(row), d.get(row)) {
        (Some(a), Some(b), Some(d)) => f(a, b, d).cell(),
        _ => Ok(None),
    };
    C::Value::collect((0..args.rows).map(row).collect::<Result<_>>()?, args.out)
}
