//! JSON, which is held as its text: no white space, keys of objects in order.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StringArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use lake_sql::types::Type;

use super::columns::{Bool, Decimal, Double, Int, Reader, Text, Write, map1, map2, rows};
use super::format;
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};
use crate::files::json::parse::{Node, Value, parse};
use crate::types::{self, is_integer, is_text};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("json_parse", 1) => |args| map1::<Text, _>(args, canonical),
        ("json_format", 1) => |args| Ok(args.values[0].clone()),
        ("json_extract", 2) => {
            |args| map2::<Text, Text, _>(args, |json, path| at_path(json, path, |v| Some(written(v))))
        }
        ("json_extract_scalar", 2) => |args| map2::<Text, Text, _>(args, |json, path| at_path(json, path, scalar_text)),
        ("json_size", 2) => |args| map2::<Text, Text, _>(args, |json, path| at_path(json, path, |v| Some(size(v)))),
        ("json_array_length", 1) => |args| map1::<Text, _>(args, |json| elements(json).map(|items| items.len() as i64)),
        ("json_array_get", 2) => |args| map2::<Text, Int, _>(args, array_get),
        ("json_array_contains", 2) => return contains(&types[1]),
        ("is_json_scalar", 1) => |args| map1::<Text, _>(args, is_scalar),
        _ => return None,
    })
}

/// JSON in the form in which equal values have equal texts.
pub(crate) fn canonical(text: &str) -> Result<String> {
    let node = parse(text).map_err(|_| Fault::data(format!("Cannot convert value to JSON: '{text}'")))?;
    let mut out = String::new();
    write(&node.value, true, &mut out);
    Ok(out)
}

fn written(value: &Value<'_>) -> String {
    let mut out = String::new();
    write(value, false, &mut out);
    out
}

fn write(value: &Value<'_>, sorted: bool, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(digits) => out.push_str(&number(digits)),
        Value::Text(text) => out.push_str(&quoted(text)),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(&item.value, sorted, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            let mut entries: Vec<&(Cow<'_, str>, Node<'_>)> = entries.iter().collect();
            if sorted {
                entries.sort_by(|a, b| a.0.cmp(&b.0));
            }
            out.push('{');
            for (at, (name, item)) in entries.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&quoted(name));
                out.push(':');
                write(&item.value, sorted, out);
            }
            out.push('}');
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whole numbers keep their digits; others are doubles.
fn number(digits: &str) -> String {
    if !digits.contains(['.', 'e', 'E']) {
        return digits.to_owned();
    }
    digits.parse().map_or_else(|_| digits.to_owned(), format::double)
}

/// A step of a path.
enum Step {
    Name(String),
    Index(usize),
}

fn steps(path: &str) -> Result<Vec<Step>> {
    let invalid = || Fault::data(format!("Invalid JSON path: '{path}'"));
    let mut rest = path.strip_prefix('$').ok_or_else(invalid)?;
    let mut found = vec![];
    while let Some(first) = rest.chars().next() {
        if rest.contains('*') || rest.contains("..") || rest.contains('?') {
            return Err(Fault::unsupported(format!("JSON path {path}")));
        }
        if first == '.' {
            let name = &rest[1..];
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                return Err(invalid());
            }
            found.push(Step::Name(name[..end].to_owned()));
            rest = &name[end..];
            continue;
        }
        let inner = rest.strip_prefix('[').ok_or_else(invalid)?;
        if let Some(quote) = inner.chars().next().filter(|c| *c == '"' || *c == '\'') {
            let end = inner[1..].find(quote).ok_or_else(invalid)? + 1;
            found.push(Step::Name(inner[1..end].to_owned()));
            rest = inner[end + 1..].strip_prefix(']').ok_or_else(invalid)?;
        } else {
            let end = inner.find(']').ok_or_else(invalid)?;
            found.push(match inner[..end].parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Name(inner[..end].to_owned()),
            });
            rest = &inner[end + 1..];
        }
    }
    Ok(found)
}

/// Applies a function to what a path leads to. Text that is no JSON gives null, as in Trino.
fn at_path<T>(json: &str, path: &str, f: impl FnOnce(&Value<'_>) -> Option<T>) -> Result<Option<T>> {
    let steps = steps(path)?;
    let Ok(node) = parse(json) else { return Ok(None) };
    let mut value = &node.value;
    for step in &steps {
        let next = match (step, value) {
            (Step::Name(name), Value::Object(entries)) => entries.iter().find(|(key, _)| key == name).map(|(_, n)| n),
            (Step::Index(index), Value::Array(items)) => items.get(*index),
            (Step::Index(index), Value::Object(entries)) => {
                let name = index.to_string();
                entries.iter().find(|(key, _)| *key == name).map(|(_, n)| n)
            }
            (Step::Name(name), Value::Array(items)) => name.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        match next {
            Some(node) => value = &node.value,
            None => return Ok(None),
        }
    }
    Ok(f(value))
}

fn scalar_text(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone().into_owned()),
        Value::Number(digits) => Some((*digits).to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn size(value: &Value<'_>) -> i64 {
    match value {
        Value::Array(items) => items.len() as i64,
        Value::Object(entries) => entries.len() as i64,
        _ => 0,
    }
}

fn elements(json: &str) -> Option<Vec<Node<'_>>> {
    match parse(json).ok()?.value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

fn array_get(json: &str, index: i64) -> Option<String> {
    let items = elements(json)?;
    let index = if index < 0 { items.len() as i64 + index } else { index };
    let item = items.get(usize::try_from(index).ok()?)?;
    (item.value != Value::Null).then(|| written(&item.value))
}

fn contains(ty: &Type) -> Option<Kernel> {
    Some(match ty {
        Type::Boolean => |args| map2::<Text, Bool, _>(args, |json, wanted| has(json, |v| *v == Value::Bool(wanted))),
        ty if is_integer(ty) => |args| {
            map2::<Text, Int, _>(args, |json, wanted| {
                has(json, |v| matches!(v, Value::Number(digits) if digits.parse::<i64>() == Ok(wanted)))
            })
        },
        Type::Double => |args| {
            map2::<Text, Double, _>(args, |json, wanted| {
                let fraction = |digits: &str| digits.contains(['.', 'e', 'E']);
                has(json, |v| matches!(v, Value::Number(d) if fraction(d) && d.parse::<f64>() == Ok(wanted)))
            })
        },
        ty if is_text(ty) => |args| {
            map2::<Text, Text, _>(args, |json, wanted| has(json, |v| matches!(v, Value::Text(text) if text == wanted)))
        },
        _ => return None,
    })
}

fn has(json: &str, is: impl Fn(&Value<'_>) -> bool) -> Option<bool> {
    Some(elements(json)?.iter().any(|item| is(&item.value)))
}

fn is_scalar(json: &str) -> Result<bool> {
    let node = parse(json).map_err(|_| Fault::data(format!("Invalid JSON value: {json}")))?;
    Ok(!matches!(node.value, Value::Array(_) | Value::Object(_)))
}

/// The cast from a type to JSON.
pub(super) fn to_json(from: &Type) -> Option<Kernel> {
    writable(from).then_some(|args| {
        let (array, ty) = (&args.values[0], &args.types[0]);
        rows(args, |row| {
            let mut out = String::new();
            if array.is_null(row) || *ty == Type::Unknown {
                return Ok(None);
            }
            write_cell(array, row, ty, &mut out)?;
            Ok::<_, Fault>(Some(out))
        })
    })
}

fn writable(ty: &Type) -> bool {
    match ty {
        Type::Boolean | Type::Real | Type::Double | Type::Decimal { .. } | Type::Varchar(_) => true,
        Type::Date | Type::Timestamp(_) | Type::Json | Type::Unknown => true,
        ty if is_integer(ty) => true,
        Type::Array(element) => writable(element),
        Type::Map(key, value) => (is_text(key) || is_integer(key)) && writable(value),
        Type::Row(fields) => fields.iter().all(|field| writable(&field.ty)),
        _ => false,
    }
}

fn write_cell(array: &ArrayRef, row: usize, ty: &Type, out: &mut String) -> Result<()> {
    if array.is_null(row) || *ty == Type::Unknown {
        out.push_str("null");
        return Ok(());
    }
    let one = array.slice(row, 1);
    let text = |out: &mut String, text: Option<String>| out.push_str(&quoted(&text.unwrap_or_default()));
    match ty {
        Type::Boolean => out.push_str(if one.as_boolean().value(0) { "true" } else { "false" }),
        Type::Double | Type::Real => {
            let value = Reader::<Double>::new(&one)?.get(0).unwrap_or_default();
            let spelt = if *ty == Type::Real { format::real(value as f32) } else { format::double(value) };
            out.push_str(&if value.is_finite() { spelt } else { quoted(&spelt) });
        }
        Type::Decimal { scale, .. } => {
            let value = Reader::<Decimal>::new(&one)?.get(0).unwrap_or_default();
            out.push_str(&format::decimal(value, *scale));
        }
        Type::Varchar(_) => text(out, Some(one.as_string::<i32>().value(0).to_owned())),
        Type::Json => out.push_str(one.as_string::<i32>().value(0)),
        Type::Date | Type::Timestamp(_) => {
            let zone = crate::eval::zone::Zone::utc();
            let (values, types, to) = ([one], [ty.clone()], Type::Varchar(None));
            let args = Args { values: &values, rows: 1, types: &types, ty: &to, out: &DataType::Utf8, zone: &zone };
            text(out, Some(super::cast::cast(&args)?.as_string::<i32>().value(0).to_owned()));
        }
        Type::Array(element) => {
            let items = one.as_list::<i32>().value(0);
            out.push('[');
            for at in 0..items.len() {
                if at > 0 {
                    out.push(',');
                }
                write_cell(&items, at, element, out)?;
            }
            out.push(']');
        }
        Type::Map(key, value) => write_map(&one, key, value, out)?,
        Type::Row(fields) => {
            out.push('{');
            for (at, (field, column)) in fields.iter().zip(one.as_struct().columns()).enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&quoted(field.name.as_deref().unwrap_or_default()));
                out.push(':');
                write_cell(column, 0, &field.ty, out)?;
            }
            out.push('}');
        }
        _ => out.push_str(&Reader::<Int>::new(&one)?.get(0).unwrap_or_default().to_string()),
    }
    Ok(())
}

fn write_map(one: &ArrayRef, key: &Type, value: &Type, out: &mut String) -> Result<()> {
    let entries = one.as_map().value(0);
    let mut written = vec![];
    for at in 0..entries.len() {
        let name = match key {
            ty if is_text(ty) => entries.column(0).as_string::<i32>().value(at).to_owned(),
            _ => Reader::<Int>::new(entries.column(0))?.get(at).unwrap_or_default().to_string(),
        };
        let mut item = String::new();
        write_cell(entries.column(1), at, value, &mut item)?;
        written.push((name, item));
    }
    written.sort();
    let entries: Vec<String> = written.into_iter().map(|(name, item)| format!("{}:{item}", quoted(&name))).collect();
    out.push_str(&format!("{{{}}}", entries.join(",")));
    Ok(())
}

/// The cast from JSON to a type.
pub(super) fn from_json(to: &Type) -> Option<Kernel> {
    readable(to).then_some(|args| {
        let texts = args.values[0].as_string::<i32>();
        let nodes = (0..args.rows)
            .map(|row| match texts.is_null(row) {
                true => Ok(None),
                false => parse(texts.value(row))
                    .map(Some)
                    .map_err(|_| Fault::data(format!("Cannot cast to {}. {}", args.ty, texts.value(row)))),
            })
            .collect::<Result<Vec<_>>>()?;
        let values: Vec<Option<&Value<'_>>> = nodes.iter().map(|node| node.as_ref().map(|node| &node.value)).collect();
        column(&values, args.ty)
    })
}

fn readable(ty: &Type) -> bool {
    match ty {
        Type::Boolean | Type::Real | Type::Double | Type::Decimal { .. } | Type::Varchar(_) | Type::Json => true,
        ty if is_integer(ty) => true,
        Type::Array(element) => readable(element),
        Type::Map(key, value) => is_text(key) && readable(value),
        Type::Row(fields) => fields.iter().all(|field| readable(&field.ty)),
        _ => false,
    }
}

/// Values as a column of a type; JSON's null is null.
fn column(values: &[Option<&Value<'_>>], ty: &Type) -> Result<ArrayRef> {
    let values: Vec<Option<&Value<'_>>> = match ty {
        Type::Json => values.to_vec(),
        _ => values.iter().map(|value| value.filter(|value| **value != Value::Null)).collect(),
    };
    let out = types::arrow(ty)?;
    match ty {
        Type::Json => String::collect(values.iter().map(|value| value.map(written)).collect(), &out),
        Type::Boolean => bool::collect(cells(&values, |value| boolean(value, ty))?, &out),
        Type::Double | Type::Real => f64::collect(cells(&values, |value| double(value, ty))?, &out),
        Type::Decimal { .. } => i128::collect(cells(&values, |value| decimal(value, ty))?, &out),
        Type::Varchar(length) => {
            let text = |value: &Value<'_>| match scalar_text(value) {
                Some(text) if length.is_none_or(|length| text.chars().count() <= length as usize) => Ok(text),
                _ => Err(not_cast(value, ty)),
            };
            String::collect(cells(&values, text)?, &out)
        }
        Type::Array(element) => array(&values, element, &out, ty),
        Type::Map(_, value) => map(&values, value, &out, ty),
        Type::Row(fields) => row(&values, fields, &out, ty),
        _ => i64::collect(cells(&values, |value| integer(value, ty))?, &out),
    }
}

fn cells<T>(values: &[Option<&Value<'_>>], f: impl Fn(&Value<'_>) -> Result<T>) -> Result<Vec<Option<T>>> {
    values.iter().map(|value| value.map(&f).transpose()).collect()
}

fn not_cast(value: &Value<'_>, ty: &Type) -> Fault {
    let text = scalar_text(value).unwrap_or_else(|| written(value));
    let name = match ty {
        Type::Integer => "INT".to_owned(),
        Type::Varchar(_) => ty.to_string(),
        other => other.to_string().to_uppercase(),
    };
    Fault::data(format!("Cannot cast '{text}' to {name}"))
}

fn boolean(value: &Value<'_>, ty: &Type) -> Result<bool> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::Number(digits) => digits.parse::<f64>().map(|v| v != 0.0).map_err(|_| not_cast(value, ty)),
        Value::Text(text) => match text.to_ascii_lowercase().as_str() {
            "t" | "true" | "1" => Ok(true),
            "f" | "false" | "0" => Ok(false),
            _ => Err(not_cast(value, ty)),
        },
        _ => Err(not_cast(value, ty)),
    }
}

fn integer(value: &Value<'_>, ty: &Type) -> Result<i64> {
    let found = match value {
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Number(digits) => digits.parse::<i64>().ok().or_else(|| {
            let value = digits.parse::<f64>().ok()?.round();
            (value.abs() < 9.2e18).then_some(value as i64)
        }),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    let limit = match ty {
        Type::TinyInt => i64::from(i8::MAX),
        Type::SmallInt => i64::from(i16::MAX),
        Type::Integer => i64::from(i32::MAX),
        _ => i64::MAX,
    };
    found.filter(|v| (-limit - 1..=limit).contains(v)).ok_or_else(|| not_cast(value, ty))
}

fn double(value: &Value<'_>, ty: &Type) -> Result<f64> {
    match value {
        Value::Bool(value) => Ok(f64::from(u8::from(*value))),
        Value::Number(digits) => digits.parse().map_err(|_| not_cast(value, ty)),
        Value::Text(text) => text.trim().parse().map_err(|_| not_cast(value, ty)),
        _ => Err(not_cast(value, ty)),
    }
}

fn decimal(value: &Value<'_>, ty: &Type) -> Result<i128> {
    let Type::Decimal { precision, scale } = ty else { return Err(not_cast(value, ty)) };
    let text = match value {
        Value::Bool(value) => u8::from(*value).to_string(),
        Value::Number(digits) => (*digits).to_owned(),
        Value::Text(text) => text.trim().to_owned(),
        _ => return Err(not_cast(value, ty)),
    };
    let (digits, from) = format::parse_decimal(&text).ok_or_else(|| not_cast(value, ty))?;
    let (digits, from) = match from {
        n if n < 0 => (10_i128.checked_pow(n.unsigned_abs()).and_then(|f| digits.checked_mul(f)), 0),
        n => (Some(digits), n),
    };
    let from = u8::try_from(from).map_err(|_| not_cast(value, ty))?;
    digits
        .and_then(|digits| super::arithmetic::rescale(digits, from, *precision, *scale))
        .ok_or_else(|| not_cast(value, ty))
}

fn expected(what: &str, value: &Value<'_>, ty: &Type) -> Fault {
    let text = written(value);
    Fault::data(format!("Cannot cast to {ty}. Expected a json {what}, but got {text}\n{text}"))
}

fn array(values: &[Option<&Value<'_>>], element: &Type, out: &DataType, ty: &Type) -> Result<ArrayRef> {
    let DataType::List(item) = out else { return Err(Fault::internal("a list of another type")) };
    let (mut inner, mut lengths, mut present) = (vec![], vec![], vec![]);
    for value in values {
        present.push(value.is_some());
        lengths.push(match value {
            None => 0,
            Some(Value::Array(items)) => {
                inner.extend(items.iter().map(|item| Some(&item.value)));
                items.len()
            }
            Some(other) => return Err(expected("array", other, ty)),
        });
    }
    let offsets = OffsetBuffer::from_lengths(lengths);
    let inner = column(&inner, element)?;
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, inner, Some(NullBuffer::from(present)))?))
}

fn map(values: &[Option<&Value<'_>>], value_type: &Type, out: &DataType, ty: &Type) -> Result<ArrayRef> {
    let DataType::Map(entries, _) = out else { return Err(Fault::internal("a map of another type")) };
    let DataType::Struct(fields) = entries.data_type() else { return Err(Fault::internal("a map without entries")) };
    let (mut keys, mut inner, mut lengths, mut present) = (vec![], vec![], vec![], vec![]);
    for value in values {
        present.push(value.is_some());
        lengths.push(match value {
            None => 0,
            Some(Value::Object(items)) => {
                for (key, item) in items {
                    keys.push(key.as_ref());
                    inner.push(Some(&item.value));
                }
                items.len()
            }
            Some(other) => return Err(expected("object", other, ty)),
        });
    }
    let keys: ArrayRef = Arc::new(StringArray::from(keys));
    let pairs = StructArray::try_new(fields.clone(), vec![keys, column(&inner, value_type)?], None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(MapArray::try_new(entries.clone(), offsets, pairs, Some(NullBuffer::from(present)), false)?))
}

/// Objects by name, in any case; arrays by position.
fn row(
    values: &[Option<&Value<'_>>],
    fields: &[lake_sql::types::Field],
    out: &DataType,
    ty: &Type,
) -> Result<ArrayRef> {
    let DataType::Struct(arrow_fields) = out else { return Err(Fault::internal("a row of another type")) };
    let mut columns = vec![];
    for (at, field) in fields.iter().enumerate() {
        let found = values.iter().map(|value| match value {
            None => Ok(None),
            Some(Value::Object(entries)) => {
                let name = field.name.as_deref().unwrap_or_default();
                Ok(entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, node)| &node.value))
            }
            Some(Value::Array(items)) if items.len() == fields.len() => Ok(items.get(at).map(|item| &item.value)),
            Some(other) => Err(expected("array or object", other, ty)),
        });
        columns.push(column(&found.collect::<Result<Vec<_>>>()?, &field.ty)?);
    }
    let present = NullBuffer::from_iter(values.iter().map(Option::is_some));
    Ok(Arc::new(StructArray::try_new(arrow_fields.clone(), columns, Some(present))?))
}
