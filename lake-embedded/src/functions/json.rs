//! JSON. A value of type json is its text, without white space and with sorted names.

mod from;
mod path;
mod scan;
mod to;
mod write;

use std::cell::RefCell;

use arrow::array::ArrayRef;
use lake_sql::types::Type;

pub(super) use from::from_json;
pub(super) use to::to_json;

use self::path::Path;
use self::scan::{Scanner, Value};
use self::write::{Entries, is_whole, written};
use super::columns::{Bool, Cell, Double, Int, Reader, Text, Write, map1, map2};
use crate::error::{Fault, Result};
use crate::eval::{Args, Kernel};

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    let text = match types.first()? {
        Type::Varchar(_) => true,
        Type::Json => false,
        _ => return None,
    };
    Some(match (name, types) {
        ("json_parse", [_]) if text => |args| map1::<Text, _>(args, canonical),
        ("json_format", [_]) if !text => |args| Ok(args.values[0].clone()),
        ("json_extract", [_, _]) => |args| extract(args, |found| Some(written(&found, Entries::AsTheyStand))),
        ("json_extract_scalar", [_, _]) => |args| extract(args, scalar),
        ("json_size", [_, _]) => |args| extract(args, |found| Some(size(&found))),
        ("json_array_length", [_]) => |args| map1::<Text, _>(args, array_length),
        ("json_array_get", [_, _]) => |args| map2::<Text, Int, _>(args, array_get),
        ("json_array_contains", [_, wanted]) => return array_contains(wanted),
        ("is_json_scalar", [_]) => |args| map1::<Text, _>(args, is_json_scalar),
        _ => return None,
    })
}

/// JSON in the form in which equal values have equal texts.
pub(super) fn canonical(text: &str) -> Result<String> {
    let value = scan::parse(text).map_err(|_| Fault::data(format!("Cannot convert value to JSON: '{text}'")))?;
    Ok(written(&value, Entries::Sorted))
}

fn is_json_scalar(text: &str) -> Result<bool> {
    let value = scan::parse(text).map_err(|_| Fault::data(format!("Invalid JSON value: {text}")))?;
    Ok(!matches!(value, Value::Array(_) | Value::Object(_)))
}

/// What stands at a path, null where nothing does.
fn extract<C: Cell>(args: &Args<'_>, f: fn(Value<'_>) -> C) -> Result<ArrayRef> {
    let (json, path) = (Reader::<Text>::new(&args.values[0])?, Reader::<Text>::new(&args.values[1])?);
    // The path is mostly a constant.
    let known: RefCell<Option<(String, Path)>> = RefCell::default();
    let value = |row| {
        let (Some(json), Some(text)) = (json.get(row), path.get(row)) else { return Ok(None) };
        let mut known = known.borrow_mut();
        if known.as_ref().is_none_or(|(last, _)| last != text) {
            *known = Some((text.to_owned(), Path::parse(text)?));
        }
        let found = known.as_ref().and_then(|(_, path)| path.find(json));
        found.map_or(Ok(None), |found| f(found).cell())
    };
    C::Value::collect((0..args.rows).map(value).collect::<Result<_>>()?, args.out)
}

fn scalar(found: Value<'_>) -> Option<String> {
    match found {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(digits) => Some(digits.to_owned()),
        Value::Text(text) => Some(text.into_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn size(found: &Value<'_>) -> i64 {
    match found {
        Value::Array(items) => items.len() as i64,
        Value::Object(entries) => entries.len() as i64,
        _ => 0,
    }
}

fn array_length(text: &str) -> Option<i64> {
    match Scanner::new(text).value() {
        Ok(Value::Array(items)) => Some(items.len() as i64),
        _ => None,
    }
}

/// A member by its position from 0, or from the end if negative.
fn array_get(text: &str, position: i64) -> Result<Option<String>> {
    let Ok(Value::Array(items)) = Scanner::new(text).value() else { return Ok(None) };
    let position = if position < 0 { items.len() as i64 + position } else { position };
    match usize::try_from(position).ok().and_then(|position| items.get(position)) {
        None | Some(Value::Null) => Ok(None),
        // Trino makes a json of it that is no JSON: the text without quotes.
        Some(Value::Text(_)) => {
            Err(Fault::data("json_array_get met a string, which it cannot return as JSON").help("use json_extract"))
        }
        Some(item) => Ok(Some(written(item, Entries::AsTheyStand))),
    }
}

/// `json_array_contains`: whole numbers are found as bigint, others as double.
fn array_contains(wanted: &Type) -> Option<Kernel> {
    Some(match wanted {
        Type::Boolean => {
            |args| map2::<Text, Bool, _>(args, |text, wanted| holds(text, |it| *it == Value::Bool(wanted)))
        }
        Type::BigInt => |args| {
            map2::<Text, Int, _>(args, |text, wanted| {
                holds(text, |it| matches!(it, Value::Number(digits) if digits.parse() == Ok(wanted)))
            })
        },
        Type::Double => |args| {
            map2::<Text, Double, _>(args, |text, wanted| {
                let is_it = |it: &Value<'_>| match it {
                    Value::Number(digits) => !is_whole(digits) && digits.parse() == Ok(wanted),
                    _ => false,
                };
                if wanted.is_finite() { holds(text, is_it) } else { Some(false) }
            })
        },
        Type::Varchar(_) => |args| {
            map2::<Text, Text, _>(args, |text, wanted| {
                holds(text, |it| matches!(it, Value::Text(text) if text == wanted))
            })
        },
        _ => return None,
    })
}

/// Null where the text is no array, or is broken before a member was found.
fn holds(text: &str, is_it: impl Fn(&Value<'_>) -> bool) -> Option<bool> {
    let mut scanner = Scanner::new(text);
    if !scanner.take(b'[') {
        return None;
    }
    let mut first = true;
    while scanner.next(first, b']').ok()? {
        first = false;
        if is_it(&scanner.value().ok()?) {
            return Some(true);
        }
    }
    Some(false)
}
