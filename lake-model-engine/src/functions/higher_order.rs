//! Functions with a lambda.

use std::cmp::Ordering;

use lake_sql::bound::{ColumnId, Expr, ExprKind};

use super::invalid;
use crate::error::{Result, statement, unsupported};
use crate::eval::{Query, Scope};
use crate::value::Value;

/// Applies a lambda to values.
pub fn apply(query: &Query<'_>, lambda: &Expr, values: &[Value], scope: &Scope<'_>) -> Result<Value> {
    let ExprKind::Lambda { parameters, body } = &lambda.kind else {
        return Err(statement("a value stands where a lambda is needed"));
    };
    let ids: Vec<ColumnId> = parameters.iter().map(|parameter| parameter.id).collect();
    query.eval(body, &Scope::new(&ids, values, Some(scope)))
}

pub(super) fn call(query: &Query<'_>, function: &str, args: &[Expr], scope: &Scope<'_>) -> Result<Value> {
    let base = query.eval(&args[0], scope)?;
    let lambda = |at: usize, values: &[Value]| apply(query, &args[at], values, scope);
    match (&base, function) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Array(elements), "transform") => {
            elements.iter().map(|value| lambda(1, std::slice::from_ref(value))).collect::<Result<_>>().map(Value::Array)
        }
        (Value::Array(elements), "filter") => {
            let keep = |value: &&Value| lambda(1, std::slice::from_ref(*value)).map(|truth| truth.is_true());
            kept(elements.iter(), keep).map(|values| Value::Array(values.into_iter().cloned().collect()))
        }
        (Value::Array(elements), "any_match" | "all_match" | "none_match") => {
            let tests = elements.iter().map(|value| lambda(1, std::slice::from_ref(value)));
            matched(function, tests.collect::<Result<_>>()?)
        }
        (Value::Array(elements), "reduce") => {
            let mut state = query.eval(&args[1], scope)?;
            for value in elements.iter() {
                state = lambda(2, &[state, value.clone()])?;
            }
            lambda(3, &[state])
        }
        (Value::Array(elements), "array_sort") => sorted(elements, |a, b| lambda(1, &[a.clone(), b.clone()])),
        (Value::Array(left), "zip_with") => {
            let Value::Array(right) = query.eval(&args[1], scope)? else { return Ok(Value::Null) };
            let at = |values: &[Value], at: usize| values.get(at).cloned().unwrap_or(Value::Null);
            let pairs = (0..left.len().max(right.len())).map(|i| lambda(2, &[at(left, i), at(&right, i)]));
            pairs.collect::<Result<_>>().map(Value::Array)
        }
        (Value::Map(entries), _) => maps(function, entries, |key, value| lambda(1, &[key.clone(), value.clone()])),
        _ => Err(unsupported(format!("function {function} with a lambda"))),
    }
}

fn maps(function: &str, entries: &[(Value, Value)], apply: impl Fn(&Value, &Value) -> Result<Value>) -> Result<Value> {
    let new = match function {
        "map_filter" => {
            let keep = |(key, value): &&(Value, Value)| apply(key, value).map(|truth| truth.is_true());
            kept(entries.iter(), keep)?.into_iter().cloned().collect()
        }
        "transform_values" => {
            entries.iter().map(|(key, value)| Ok((key.clone(), apply(key, value)?))).collect::<Result<Vec<_>>>()?
        }
        "transform_keys" => {
            let new = entries.iter().map(|(key, value)| Ok((apply(key, value)?, value.clone())));
            let new = new.collect::<Result<Vec<_>>>()?;
            if new.iter().any(|(key, _)| key.is_null()) {
                return Err(invalid("map key cannot be null"));
            }
            new
        }
        _ => return Err(unsupported(format!("function {function} of a map"))),
    };
    Ok(Value::Map(new.into()))
}

fn kept<T>(values: impl Iterator<Item = T>, keep: impl Fn(&T) -> Result<bool>) -> Result<Vec<T>> {
    let mut all = vec![];
    for value in values {
        if keep(&value)? {
            all.push(value);
        }
    }
    Ok(all)
}

fn matched(function: &str, tests: Vec<Value>) -> Result<Value> {
    let decisive = Value::Boolean(function != "all_match");
    let found = tests.contains(&decisive);
    Ok(match (found, tests.iter().any(Value::is_null)) {
        (true, _) => Value::Boolean(function == "any_match"),
        (false, true) => Value::Null,
        (false, false) => Value::Boolean(function != "any_match"),
    })
}

fn sorted(elements: &[Value], compare: impl Fn(&Value, &Value) -> Result<Value>) -> Result<Value> {
    let mut failure = None;
    let mut elements = elements.to_vec();
    elements.sort_by(|a, b| match compare(a, b) {
        Ok(Value::Integer(order)) => order.cmp(&0),
        Ok(_) => Ordering::Equal,
        Err(error) => {
            failure.get_or_insert(error);
            Ordering::Equal
        }
    });
    failure.map_or(Ok(Value::Array(elements.into())), Err)
}
