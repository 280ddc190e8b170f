//! CAST to json.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use lake_sql::types::Type;

use super::write::{decimal, double, java_order, real, separate, text};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::functions::columns::integers;
use crate::functions::format;

/// The cast of a type to json, if there is one.
pub(in crate::functions) fn to_json(from: &Type) -> Option<Kernel> {
    has_json(from).then_some(cast as Kernel)
}

fn has_json(ty: &Type) -> bool {
    match ty {
        Type::Array(element) => has_json(element),
        Type::Map(key, value) => is_name(key) && has_json(value),
        // A row without names has no entries that could be named.
        Type::Row(fields) => fields.iter().all(|field| field.name.is_some() && has_json(&field.ty)),
        Type::Unknown | Type::Json | Type::Date | Type::Timestamp(_) => true,
        other => is_name(other),
    }
}

/// Whether values of a type can be names of entries.
pub(super) fn is_name(ty: &Type) -> bool {
    use Type::{BigInt, Boolean, Decimal, Double, Integer, Real, SmallInt, TinyInt, Varchar};
    matches!(ty, Boolean | TinyInt | SmallInt | Integer | BigInt | Real | Double | Decimal { .. } | Varchar(_))
}

fn cast(args: &Args<'_>) -> Result<ArrayRef> {
    let column = Column::new(&args.values[0], &args.types[0])?;
    let value = |row: usize| {
        if column.array.is_null(row) {
            return Ok(None);
        }
        let mut out = String::new();
        column.write(row, &mut out)?;
        Ok(Some(out))
    };
    Ok(Arc::new((0..args.rows).map(value).collect::<Result<StringArray>>()?))
}

/// A column with its parts, ready to be written value by value.
struct Column<'a> {
    array: ArrayRef,
    ty: &'a Type,
    parts: Vec<Column<'a>>,
}

impl<'a> Column<'a> {
    fn new(array: &ArrayRef, ty: &'a Type) -> Result<Self> {
        let mut array = array.clone();
        let parts = match ty {
            Type::Array(element) => vec![Self::new(array.as_list::<i32>().values(), element)?],
            Type::Map(key, value) => {
                let map = array.as_map();
                vec![Self::new(map.keys(), key)?, Self::new(map.values(), value)?]
            }
            Type::Row(fields) => {
                let columns = array.as_struct().columns().iter().zip(fields);
                columns.map(|(column, field)| Self::new(column, &field.ty)).collect::<Result<_>>()?
            }
            _ => vec![],
        };
        if crate::types::is_integer(ty) {
            array = integers(&array)?;
        }
        Ok(Self { array, ty, parts })
    }

    fn write(&self, row: usize, out: &mut String) -> Result<()> {
        if self.array.is_null(row) {
            out.push_str("null");
            return Ok(());
        }
        match self.ty {
            Type::Varchar(_) => text(self.array.as_string::<i32>().value(row), out),
            Type::Json => out.push_str(self.array.as_string::<i32>().value(row)),
            Type::Date => text(&format::date(self.array.as_primitive::<Date32Type>().value(row))?, out),
            Type::Timestamp(digits) => {
                let micros = self.array.as_primitive::<TimestampMicrosecondType>().value(row);
                text(&format::timestamp(micros, *digits)?, out);
            }
            Type::Array(_) => {
                let offsets = self.array.as_list::<i32>().value_offsets();
                out.push('[');
                for (place, at) in (offsets[row]..offsets[row + 1]).enumerate() {
                    separate(place, out);
                    self.parts[0].write(at as usize, out)?;
                }
                out.push(']');
            }
            Type::Map(..) => self.entries(row, out)?,
            Type::Row(fields) => {
                out.push('{');
                for (place, (part, field)) in self.parts.iter().zip(fields).enumerate() {
                    separate(place, out);
                    text(field.name.as_deref().unwrap_or_default(), out);
                    out.push(':');
                    part.write(row, out)?;
                }
                out.push('}');
            }
            _ => self.plain(row, out)?,
        }
        Ok(())
    }

    /// Booleans and numbers.
    fn plain(&self, row: usize, out: &mut String) -> Result<()> {
        match self.ty {
            Type::Boolean => out.push_str(if self.array.as_boolean().value(row) { "true" } else { "false" }),
            Type::Real => real(self.array.as_primitive::<Float32Type>().value(row), out),
            Type::Double => double(self.array.as_primitive::<Float64Type>().value(row), out),
            Type::Decimal { scale, .. } => decimal(self.array.as_primitive::<Decimal128Type>().value(row), *scale, out),
            ty if crate::types::is_integer(ty) => {
                out.push_str(&self.array.as_primitive::<Int64Type>().value(row).to_string());
            }
            other => return Err(Fault::internal(format!("{other} was cast to json"))),
        }
        Ok(())
    }

    /// The entries of a map, sorted by name.
    fn entries(&self, row: usize, out: &mut String) -> Result<()> {
        let offsets = self.array.as_map().value_offsets();
        let mut entries = vec![];
        for at in offsets[row] as usize..offsets[row + 1] as usize {
            entries.push((self.parts[0].name(at)?, at));
        }
        entries.sort_by_cached_key(|(name, _)| java_order(name));
        out.push('{');
        for (place, (name, at)) in entries.iter().enumerate() {
            separate(place, out);
            text(name, out);
            out.push(':');
            self.parts[1].write(*at, out)?;
        }
        out.push('}');
        Ok(())
    }

    /// A key of a map as the name of an entry.
    fn name(&self, at: usize) -> Result<String> {
        Ok(match self.ty {
            Type::Varchar(_) => self.array.as_string::<i32>().value(at).to_owned(),
            Type::Real => format::real(self.array.as_primitive::<Float32Type>().value(at)),
            Type::Double => format::double(self.array.as_primitive::<Float64Type>().value(at)),
            Type::Decimal { scale, .. } => {
                format::decimal(self.array.as_primitive::<Decimal128Type>().value(at), *scale)
            }
            _ => {
                let mut name = String::new();
                self.plain(at, &mut name)?;
                name
            }
        })
    }
}
