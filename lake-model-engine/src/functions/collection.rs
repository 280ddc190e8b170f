//! Arrays, maps and rows.

use std::collections::BTreeSet;

use super::{Answer, Call, invalid};
use crate::error::Result;
use crate::value::{Value, equal};

pub(super) fn call(call: &Call<'_>) -> Answer {
    let args = call.args;
    Ok(Some(match (call.function, args.len()) {
        ("cardinality", 1) => match &args[0] {
            Value::Map(entries) => Value::Integer(entries.len() as i64),
            _ => Value::Integer(call.array(0)?.len() as i64),
        },
        ("element_at", 2) => element_at(&args[0], &args[1])?,
        ("contains", 2) => contains(call.array(0)?, &args[1]),
        ("concat", _) => Value::Array(arrays(call)?.into_iter().flatten().cloned().collect()),
        ("array_distinct", 1) => Value::Array(unique(call.array(0)?.iter())),
        ("array_union", 2) => Value::Array(unique(arrays(call)?.into_iter().flatten())),
        ("array_intersect", 2) => Value::Array(unique(call.array(0)?.iter().filter(|v| args_has(call, v)))),
        ("array_except", 2) => Value::Array(unique(call.array(0)?.iter().filter(|v| !args_has(call, v)))),
        ("arrays_overlap", 2) => overlap(call)?,
        ("array_sort", 1) => Value::Array(sorted(call.array(0)?).into()),
        ("array_min", 1) => extreme(call.array(0)?, false),
        ("array_max", 1) => extreme(call.array(0)?, true),
        ("array_position", 2) => {
            let found = call.array(0)?.iter().position(|value| equal(value, &args[1]) == Some(true));
            Value::Integer(found.map_or(0, |at| at as i64 + 1))
        }
        ("array_remove", 2) => {
            Value::Array(call.array(0)?.iter().filter(|value| equal(value, &args[1]) != Some(true)).cloned().collect())
        }
        ("array_join", 2 | 3) => array_join(call)?,
        ("array_append", 2) => appended(call, 0, 1)?,
        ("array_prepend", 2) => prepended(call)?,
        ("reverse", 1) => Value::Array(call.array(0)?.iter().rev().cloned().collect()),
        ("repeat", 2) => {
            let count = usize::try_from(call.integer(1)?).unwrap_or(0);
            if count > SEQUENCE {
                return Err(invalid(format!(
                    "count argument of repeat function must be less than or equal to {SEQUENCE}"
                )));
            }
            Value::Array(vec![args[0].clone(); count].into())
        }
        ("slice", 3) => slice(call)?,
        ("flatten", 1) => {
            let inner = call.array(0)?.iter().filter_map(|value| match value {
                Value::Array(elements) => Some(elements.iter().cloned()),
                _ => None,
            });
            Value::Array(inner.flatten().collect())
        }
        ("sequence", 2 | 3) => sequence(call)?,
        _ => return maps(call),
    }))
}

fn maps(call: &Call<'_>) -> Answer {
    let args = call.args;
    Ok(Some(match (call.function, args.len()) {
        ("map", 0) => Value::Map([].into()),
        ("map", 2) => match (&args[0], &args[1]) {
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            _ if call.array(0)?.len() != call.array(1)?.len() => {
                return Err(invalid("Key and value arrays must be the same length"));
            }
            _ => map_from(call.array(0)?.iter().cloned().zip(call.array(1)?.iter().cloned()))?,
        },
        ("map_from_entries", 1) => map_from(call.array(0)?.iter().filter_map(|entry| match entry {
            Value::Row(fields) => Some((fields[0].clone(), fields[1].clone())),
            _ => None,
        }))?,
        ("map_keys", 1) => Value::Array(call.map(0)?.iter().map(|(key, _)| key.clone()).collect()),
        ("map_values", 1) => Value::Array(call.map(0)?.iter().map(|(_, value)| value.clone()).collect()),
        ("map_entries", 1) => {
            let entry = |(key, value): &(Value, Value)| Value::Row([key.clone(), value.clone()].into());
            Value::Array(call.map(0)?.iter().map(entry).collect())
        }
        ("map_concat", _) => {
            if args.iter().any(Value::is_null) {
                return Ok(Some(Value::Null));
            }
            let mut all: Vec<(Value, Value)> = vec![];
            for at in 0..args.len() {
                for (key, value) in call.map(at)? {
                    all.retain(|(other, _)| other != key);
                    all.push((key.clone(), value.clone()));
                }
            }
            Value::Map(all.into())
        }
        _ => return Ok(None),
    }))
}

fn map_from(entries: impl Iterator<Item = (Value, Value)>) -> Result<Value> {
    let entries: Vec<_> = entries.collect();
    let keys: BTreeSet<&Value> = entries.iter().map(|(key, _)| key).collect();
    if keys.len() != entries.len() {
        return Err(invalid("Duplicate map keys are not allowed"));
    }
    if keys.contains(&Value::Null) {
        return Err(invalid("map key cannot be null"));
    }
    Ok(Value::Map(entries.into()))
}

fn unique<'a>(values: impl Iterator<Item = &'a Value>) -> std::sync::Arc<[Value]> {
    let mut seen = BTreeSet::new();
    values.filter(|value| seen.insert(*value)).cloned().collect()
}

fn arrays<'a>(call: &'a Call<'_>) -> Result<Vec<&'a [Value]>> {
    let as_array = |value: &'a Value| match value {
        Value::Array(elements) => &elements[..],
        other => std::slice::from_ref(other),
    };
    Ok(call.args.iter().map(as_array).collect())
}

fn args_has(call: &Call<'_>, value: &Value) -> bool {
    call.array(1).is_ok_and(|others| others.contains(value))
}

fn contains(elements: &[Value], value: &Value) -> Value {
    let tests: Vec<Option<bool>> = elements.iter().map(|element| equal(element, value)).collect();
    match (tests.contains(&Some(true)), tests.contains(&None)) {
        (true, _) => Value::Boolean(true),
        (false, true) => Value::Null,
        (false, false) => Value::Boolean(false),
    }
}

fn overlap(call: &Call<'_>) -> Result<Value> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let shared = left.iter().any(|value| !value.is_null() && right.contains(value));
    let unknown = left.iter().chain(right).any(Value::is_null);
    Ok(if !shared && unknown { Value::Null } else { Value::Boolean(shared) })
}

/// Nulls last.
fn sorted(elements: &[Value]) -> Vec<Value> {
    let mut elements = elements.to_vec();
    elements.sort_by(|a, b| a.is_null().cmp(&b.is_null()).then_with(|| a.cmp(b)));
    elements
}

fn extreme(elements: &[Value], largest: bool) -> Value {
    if elements.iter().any(Value::is_null) {
        return Value::Null;
    }
    let found = if largest { elements.iter().max() } else { elements.iter().min() };
    found.cloned().unwrap_or(Value::Null)
}

fn array_join(call: &Call<'_>) -> Result<Value> {
    let lake_sql::types::Type::Array(element) = call.types[0] else { return Err(call.bad(&call.args[0])) };
    let filler = if call.args.len() > 2 { Some(call.text(2)?) } else { None };
    let mut parts = vec![];
    for value in call.array(0)? {
        match (value, filler) {
            (Value::Null, None) => {}
            (Value::Null, Some(filler)) => parts.push(filler.to_owned()),
            _ => parts.push(crate::cast::display(value, element)?),
        }
    }
    Ok(Value::text(parts.join(call.text(1)?)))
}

fn appended(call: &Call<'_>, array: usize, element: usize) -> Result<Value> {
    if call.args[array].is_null() {
        return Ok(Value::Null);
    }
    Ok(Value::Array(call.array(array)?.iter().chain([&call.args[element]]).cloned().collect()))
}

fn prepended(call: &Call<'_>) -> Result<Value> {
    if call.args[0].is_null() {
        return Ok(Value::Null);
    }
    Ok(Value::Array([&call.args[1]].into_iter().chain(call.array(0)?).cloned().collect()))
}

fn slice(call: &Call<'_>) -> Result<Value> {
    let elements = call.array(0)?;
    let length = usize::try_from(call.integer(2)?).map_err(|_| invalid("length must be greater than or equal to 0"))?;
    let start = match call.integer(1)? {
        0 => return Err(invalid("SQL array indices start at 1")),
        start if start > 0 => start - 1,
        start => elements.len() as i64 + start,
    };
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    Ok(Value::Array(elements.iter().skip(start).take(length).cloned().collect()))
}

/// Trino's limit.
const SEQUENCE: usize = 10_000;

fn sequence(call: &Call<'_>) -> Result<Value> {
    let (start, stop) = (&call.args[0], &call.args[1]);
    let step = match (call.args.get(2), start) {
        (Some(step), _) => step.clone(),
        (None, Value::Integer(_)) => Value::Integer(if stop < start { -1 } else { 1 }),
        (None, _) => Value::Millis(if stop < start { -86_400_000 } else { 86_400_000 }),
    };
    let forward = match step {
        Value::Integer(step) => step > 0,
        Value::Months(step) => step > 0,
        Value::Millis(step) => step > 0,
        ref other => return Err(call.bad(other)),
    };
    if matches!(step, Value::Integer(0) | Value::Months(0) | Value::Millis(0)) {
        return Err(invalid("step must not be zero"));
    }
    if if forward { stop < start } else { start < stop } {
        return Err(invalid("sequence stop value should be behind the start value in the direction of the step"));
    }
    let mut values = vec![];
    for count in 0.. {
        let next = stepped(start, &step, count, call.types[0])?;
        if if forward { next > *stop } else { next < *stop } {
            break;
        }
        if count == SEQUENCE as i64 {
            return Err(invalid(format!("result of sequence function must not have more than {SEQUENCE} entries")));
        }
        values.push(next);
    }
    Ok(Value::Array(values.into()))
}

/// So many steps from the start: months count from there, not from a shorter month on the way.
fn stepped(start: &Value, step: &Value, count: i64, ty: &lake_sql::types::Type) -> Result<Value> {
    let far = || invalid("sequence goes out of range");
    let distance = match step {
        Value::Integer(step) => Value::Integer(step.checked_mul(count).ok_or_else(far)?),
        Value::Months(step) => {
            Value::Months(i32::try_from(i64::from(*step).checked_mul(count).ok_or_else(far)?).map_err(|_| far())?)
        }
        Value::Millis(step) => Value::Millis(step.checked_mul(count).ok_or_else(far)?),
        other => return Err(invalid(format!("steps of {other:?}"))),
    };
    super::arithmetic("add", start, &distance, ty)
}

/// `element_at`: null instead of an error; negative positions count from the end.
fn element_at(base: &Value, index: &Value) -> Result<Value> {
    match (base, index) {
        (Value::Map(entries), key) => {
            Ok(entries.iter().find(|(other, _)| other == key).map_or(Value::Null, |(_, value)| value.clone()))
        }
        (Value::Array(_), Value::Integer(0)) => Err(invalid("SQL array indices start at 1")),
        (Value::Array(elements), Value::Integer(at)) => {
            let at = if *at > 0 { at - 1 } else { elements.len() as i64 + at };
            Ok(usize::try_from(at).ok().and_then(|at| elements.get(at)).cloned().unwrap_or(Value::Null))
        }
        (other, _) => Err(invalid(format!("no elements in {other:?}"))),
    }
}

/// `base[index]`: fails where there is nothing.
pub fn subscript(base: &Value, index: &Value) -> Result<Value> {
    match (base, index) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Map(entries), key) => match entries.iter().find(|(other, _)| other == key) {
            Some((_, value)) => Ok(value.clone()),
            None => Err(invalid(format!("Key not present in map: {key:?}"))),
        },
        (Value::Array(elements), Value::Integer(at)) => {
            let found = usize::try_from(at - 1).ok().and_then(|at| elements.get(at));
            found.cloned().ok_or_else(|| invalid(format!("Array subscript {at} is out of bounds")))
        }
        (Value::Row(fields), Value::Integer(at)) => {
            let found = usize::try_from(at - 1).ok().and_then(|at| fields.get(at));
            found.cloned().ok_or_else(|| invalid(format!("Row index {at} is out of bounds")))
        }
        (other, _) => Err(invalid(format!("no elements in {other:?}"))),
    }
}
