//! CAST from json.
//!
//! A scalar is cast as the SQL value that it looks like: a string as varchar, a whole number as bigint, another number
//! as double, true and false as boolean.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, MapArray, StringArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use lake_sql::types::{Field, Type};

use super::scan::{self, Value};
use super::to::is_name;
use super::write::{Entries, is_whole, written};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::functions::arithmetic::rescale;
use crate::functions::array::{gather, offsets};
use crate::functions::columns::{Reader, Text, Write};
use crate::functions::{cast, format};

/// The cast of json to a type, if there is one.
pub(in crate::functions) fn from_json(to: &Type) -> Option<Kernel> {
    is_target(to).then_some(cast_from as Kernel)
}

fn is_target(ty: &Type) -> bool {
    match ty {
        Type::Array(element) => is_target(element),
        Type::Map(key, value) => is_name(key) && is_target(key) && is_target(value),
        Type::Row(fields) => fields.iter().all(|field| is_target(&field.ty)),
        Type::Json => true,
        Type::Varchar(length) => length.is_none(),
        other => is_name(other),
    }
}

fn cast_from(args: &Args<'_>) -> Result<ArrayRef> {
    let text = Reader::<Text>::new(&args.values[0])?;
    let parsed = |row| {
        let value = text.get(row).map(|text| scan::parse(text).map_err(|_| cannot_cast(text, args.ty)));
        value.transpose()
    };
    let values = (0..args.rows).map(parsed).collect::<Result<Vec<_>>>()?;
    // The json null is a null of SQL, except inside of arrays, maps and rows of json.
    let values: Vec<Option<&Value<'_>>> = values.iter().map(|v| v.as_ref().filter(|v| **v != Value::Null)).collect();
    column(&values, args.ty, args.out, args)
}

fn cannot_cast(text: &str, ty: &Type) -> Fault {
    Fault::data(format!("Cannot cast '{text}' to {ty}"))
}

fn unexpected(value: &Value<'_>, expected: &str, ty: &Type) -> Fault {
    let found = written(value, Entries::AsTheyStand);
    Fault::data(format!("Cannot cast to {ty}. Expected a json {expected}, but got {found}\n{found}"))
}

/// Values as a column of a type; nulls are None or the json null.
fn column(values: &[Option<&Value<'_>>], ty: &Type, out: &DataType, args: &Args<'_>) -> Result<ArrayRef> {
    match (ty, out) {
        (Type::Json, _) => {
            let texts = values.iter().map(|value| value.map(|value| written(value, Entries::AsTheyStand)));
            Ok(Arc::new(texts.collect::<StringArray>()))
        }
        (Type::Array(element), DataType::List(_)) => array(values, ty, element, out, args),
        (Type::Map(..), DataType::Map(..)) => map(values, ty, out, args),
        (Type::Row(fields), DataType::Struct(_)) => row(values, ty, fields, out, args),
        (Type::Decimal { precision, scale }, _) => {
            let digits = values.iter().map(|value| value.map_or(Ok(None), |value| decimal(value, *precision, *scale)));
            i128::collect(digits.collect::<Result<_>>()?, out)
        }
        _ => scalars(values, ty, args),
    }
}

/// Each kind of value by the cast from the type that it looks like.
fn scalars(values: &[Option<&Value<'_>>], ty: &Type, args: &Args<'_>) -> Result<ArrayRef> {
    let wide = matches!(ty, Type::Double | Type::Real);
    let (mut texts, mut wholes, mut doubles, mut bools) = (vec![], vec![], vec![], vec![]);
    let mut places = Vec::with_capacity(values.len());
    for value in values {
        places.push(match value {
            None | Some(Value::Null) => {
                bools.push(None);
                (3, bools.len() - 1)
            }
            Some(Value::Bool(value)) => {
                bools.push(Some(*value));
                (3, bools.len() - 1)
            }
            Some(Value::Text(text)) => {
                texts.push(text.as_ref());
                (0, texts.len() - 1)
            }
            // As text a whole number keeps digits that no bigint holds.
            Some(Value::Number(digits)) if is_whole(digits) && matches!(ty, Type::Varchar(_)) => {
                texts.push(digits);
                (0, texts.len() - 1)
            }
            Some(Value::Number(digits)) if is_whole(digits) && !wide => {
                wholes.push(digits.parse::<i64>().map_err(|_| cannot_cast(digits, ty))?);
                (1, wholes.len() - 1)
            }
            Some(Value::Number(digits)) => {
                doubles.push(digits.parse::<f64>().map_err(|_| cannot_cast(digits, ty))?);
                (2, doubles.len() - 1)
            }
            Some(other) => return Err(cannot_cast(&written(other, Entries::AsTheyStand), ty)),
        });
    }
    let varchar = Type::Varchar(None);
    let sources: [(ArrayRef, Type); 4] = [
        (Arc::new(StringArray::from(texts)), varchar),
        (Arc::new(Int64Array::from(wholes)), Type::BigInt),
        (Arc::new(Float64Array::from(doubles)), Type::Double),
        (Arc::new(BooleanArray::from(bools)), Type::Boolean),
    ];
    let converted =
        sources.iter().map(|(array, from)| cast::inner(array, from, ty, args)).collect::<Result<Vec<_>>>()?;
    gather(&converted.iter().collect::<Vec<_>>(), &places)
}

fn decimal(value: &Value<'_>, precision: u8, scale: u8) -> Result<Option<i128>> {
    let digits: Cow<'_, str> = match value {
        Value::Null => return Ok(None),
        Value::Bool(value) => Cow::Borrowed(if *value { "1" } else { "0" }),
        Value::Number(digits) => Cow::Borrowed(digits),
        Value::Text(text) => Cow::Borrowed(text.as_ref()),
        other => Cow::Owned(written(other, Entries::AsTheyStand)),
    };
    let fault = || Fault::data(format!("Cannot cast '{digits}' to DECIMAL({precision}, {scale})"));
    let (number, places) = format::parse_decimal(&digits).ok_or_else(fault)?;
    let (number, places) = match u8::try_from(places) {
        Ok(places) => (number, places),
        Err(_) if places < 0 => {
            let factor = 10_i128.checked_pow(places.unsigned_abs()).and_then(|factor| number.checked_mul(factor));
            (factor.ok_or_else(fault)?, 0)
        }
        // So many places are left of less than half a unit.
        Err(_) => (0, 0),
    };
    rescale(number, places, precision, scale).map(Some).ok_or_else(fault)
}

/// Members of each value, their number, and which values are not null.
struct Members<'v, 'a> {
    all: Vec<Option<&'v Value<'a>>>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

fn array(
    values: &[Option<&Value<'_>>],
    ty: &Type,
    element: &Type,
    out: &DataType,
    args: &Args<'_>,
) -> Result<ArrayRef> {
    let DataType::List(item) = out else { return Err(Fault::internal("json became no array")) };
    let mut members = Members { all: vec![], lengths: vec![], valid: vec![] };
    for value in values {
        let items: &[Value<'_>] = match value {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(other) => return Err(unexpected(other, "array", ty)),
        };
        members.all.extend(items.iter().map(Some));
        members.lengths.push(items.len());
        members.valid.push(!matches!(value, None | Some(Value::Null)));
    }
    let elements = column(&members.all, element, item.data_type(), args)?;
    let valid = NullBuffer::from(members.valid);
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets(members.lengths)?, elements, Some(valid))?))
}

fn map(values: &[Option<&Value<'_>>], ty: &Type, out: &DataType, args: &Args<'_>) -> Result<ArrayRef> {
    let (Type::Map(key, value_type), DataType::Map(entry, _)) = (ty, out) else {
        return Err(Fault::internal("json became no map"));
    };
    let DataType::Struct(fields) = entry.data_type() else { return Err(Fault::internal("a map without entries")) };
    let mut names = vec![];
    let mut members = Members { all: vec![], lengths: vec![], valid: vec![] };
    for value in values {
        let entries: &[(Cow<'_, str>, Value<'_>)] = match value {
            None | Some(Value::Null) => &[],
            Some(Value::Object(entries)) => entries,
            Some(other) => return Err(unexpected(other, "object", ty)),
        };
        names.extend(entries.iter().map(|(name, _)| name.as_ref()));
        members.all.extend(entries.iter().map(|(_, value)| Some(value)));
        members.lengths.push(entries.len());
        members.valid.push(!matches!(value, None | Some(Value::Null)));
    }
    let names: ArrayRef = Arc::new(StringArray::from(names));
    let keys = cast::inner(&names, &Type::Varchar(None), key, args)?;
    check_unique(&keys, &members.lengths, key)?;
    let contents = column(&members.all, value_type, fields[1].data_type(), args)?;
    let pairs = StructArray::try_new(fields.clone(), vec![keys, contents], None)?;
    let valid = NullBuffer::from(members.valid);
    Ok(Arc::new(MapArray::try_new(entry.clone(), offsets(members.lengths)?, pairs, Some(valid), false)?))
}

/// Names that differ may be one key: `"1"` and `"01"` as bigint.
fn check_unique(keys: &ArrayRef, lengths: &[usize], ty: &Type) -> Result<()> {
    let classes = crate::functions::array::Classes::new(&[keys], ty)?;
    let mut start = 0;
    for length in lengths {
        let mut seen = std::collections::HashSet::new();
        if !(start..start + length).all(|at| seen.insert(classes.of(0, at))) {
            return Err(Fault::data("Cannot cast to map. Duplicate keys are not allowed"));
        }
        start += length;
    }
    Ok(())
}

/// Rows from arrays by position and from objects by name.
fn row(
    values: &[Option<&Value<'_>>],
    ty: &Type,
    fields: &[Field],
    out: &DataType,
    args: &Args<'_>,
) -> Result<ArrayRef> {
    let DataType::Struct(arrow_fields) = out else { return Err(Fault::internal("json became no row")) };
    let mut members: Vec<Vec<Option<&Value<'_>>>> = vec![Vec::with_capacity(values.len()); fields.len()];
    let mut valid = Vec::with_capacity(values.len());
    for value in values {
        let found = match value {
            None | Some(Value::Null) => vec![None; fields.len()],
            Some(Value::Array(items)) if items.len() == fields.len() => items.iter().map(Some).collect(),
            Some(Value::Object(entries)) => by_name(entries, fields, ty)?,
            Some(other) => return Err(unexpected(other, "array or object of the row's fields", ty)),
        };
        members.iter_mut().zip(found).for_each(|(column, member)| column.push(member));
        valid.push(!matches!(value, None | Some(Value::Null)));
    }
    let columns = members
        .iter()
        .zip(fields)
        .zip(arrow_fields)
        .map(|((members, field), arrow)| column(members, &field.ty, arrow.data_type(), args))
        .collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StructArray::try_new(arrow_fields.clone(), columns, Some(NullBuffer::from(valid)))?))
}

fn by_name<'v, 'a>(
    entries: &'v [(Cow<'a, str>, Value<'a>)],
    fields: &[Field],
    ty: &Type,
) -> Result<Vec<Option<&'v Value<'a>>>> {
    let mut found = vec![None; fields.len()];
    for (name, value) in entries {
        let name = name.to_lowercase();
        let Some(place) = fields.iter().rposition(|field| field.name.as_deref() == Some(name.as_str())) else {
            continue;
        };
        if found[place].replace(value).is_some() {
            return Err(Fault::data(format!("Cannot cast to {ty}. Duplicate field: {name}")));
        }
    }
    Ok(found)
}
