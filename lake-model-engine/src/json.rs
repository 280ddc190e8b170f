//! JSON text to values of a type, and back.

use lake_sql::types::{Field, Type};
use serde_json::Value as Json;

use crate::cast;
use crate::error::{Result, data, unsupported};
use crate::value::Value;

/// Reads JSON text.
pub fn parse(text: &str) -> Result<Json> {
    serde_json::from_str(text)
        .map_err(|error| data(format!("INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: {error}")))
}

/// A json value from a document.
pub fn value(document: &Json) -> Value {
    Value::text(document.to_string())
}

/// CAST(json AS type).
pub fn decode(value: &Value, to: &Type) -> Result<Value> {
    let Value::Text(text) = value else { return Err(data("INVALID_CAST_ARGUMENT: not a JSON value")) };
    from_json(&parse(text)?, to)
}

/// A value of a type from a document. Fields are found by name; those that are missing are null.
pub fn from_json(document: &Json, to: &Type) -> Result<Value> {
    match (document, to) {
        (_, Type::Json) => Ok(value(document)),
        (Json::Null, _) => Ok(Value::Null),
        (Json::Array(elements), Type::Array(element)) => {
            elements.iter().map(|value| from_json(value, element)).collect::<Result<_>>().map(Value::Array)
        }
        (Json::Object(entries), Type::Map(key, element)) => {
            let entry = |(name, value): (&String, &Json)| {
                Ok((cast::cast(&Value::text(name), &Type::Varchar(None), key)?, from_json(value, element)?))
            };
            entries.iter().map(entry).collect::<Result<_>>().map(Value::Map)
        }
        (Json::Object(entries), Type::Row(fields)) => {
            let field = |field: &Field| {
                let name = field.name.as_deref().unwrap_or_default();
                let found = entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map_or(Ok(Value::Null), |(_, value)| from_json(value, &field.ty))
            };
            fields.iter().map(field).collect::<Result<_>>().map(Value::Row)
        }
        (Json::Array(elements), Type::Row(fields)) if elements.len() == fields.len() => {
            let pairs = elements.iter().zip(fields);
            pairs.map(|(value, field)| from_json(value, &field.ty)).collect::<Result<_>>().map(Value::Row)
        }
        (Json::Bool(truth), _) => cast::cast(&Value::Boolean(*truth), &Type::Boolean, to),
        (Json::String(text), _) if !nested(to) => cast::cast(&Value::text(text), &Type::Varchar(None), to),
        (Json::Number(number), _) if !nested(to) => number_to(number, to),
        _ => Err(data(format!("INVALID_CAST_ARGUMENT: Cannot cast {document} to {to:?}"))),
    }
}

fn nested(ty: &Type) -> bool {
    matches!(ty, Type::Array(_) | Type::Map(..) | Type::Row(_))
}

/// The text of the number is what decimals and varchars see, so that `1.10` keeps its value exactly.
fn number_to(number: &serde_json::Number, to: &Type) -> Result<Value> {
    match (number.as_i64(), to) {
        (Some(whole), _) => cast::cast(&Value::Integer(whole), &Type::BigInt, to),
        (None, Type::Decimal { .. } | Type::Varchar(_)) => {
            cast::cast(&Value::text(number.to_string()), &Type::Varchar(None), to)
        }
        (None, _) => cast::cast(&Value::Double(number.as_f64().unwrap_or(f64::NAN)), &Type::Double, to),
    }
}

/// CAST(value AS json).
pub fn encode(value: &Value, from: &Type) -> Result<Value> {
    to_json(value, from).map(|document| self::value(&document))
}

/// A document from a value; rows become objects.
pub fn to_json(value: &Value, from: &Type) -> Result<Json> {
    Ok(match (value, from) {
        (Value::Null, _) => Json::Null,
        (Value::Text(text), Type::Json) => parse(text)?,
        (Value::Boolean(truth), _) => Json::Bool(*truth),
        (Value::Integer(number), _) => Json::from(*number),
        (Value::Double(number), _) => Json::from(*number),
        (Value::Decimal(..), _) => parse(&cast::display(value, from)?)?,
        (Value::Array(elements), Type::Array(element)) => {
            Json::Array(elements.iter().map(|value| to_json(value, element)).collect::<Result<_>>()?)
        }
        (Value::Map(entries), Type::Map(key, element)) => {
            let entry = |(k, v): &(Value, Value)| Ok((cast::display(k, key)?, to_json(v, element)?));
            Json::Object(entries.iter().map(entry).collect::<Result<_>>()?)
        }
        (Value::Row(values), Type::Row(fields)) => {
            let entry = |(value, field): (&Value, &Field)| {
                Ok((field.name.clone().unwrap_or_default(), to_json(value, &field.ty)?))
            };
            Json::Object(values.iter().zip(fields).map(entry).collect::<Result<_>>()?)
        }
        (Value::Text(_) | Value::Date(_) | Value::Timestamp(_) | Value::TimestampTz(..), _) => {
            Json::String(cast::display(value, from)?)
        }
        _ => return Err(unsupported(format!("a cast from {from:?} to json"))),
    })
}

/// What a path such as `$.rates["USD"][0]` finds in JSON text. Text that is no JSON has nothing.
pub fn extract(text: &str, path: &str) -> Result<Option<Json>> {
    let Ok(document) = serde_json::from_str::<Json>(text) else { return Ok(None) };
    let Some(mut rest) = path.strip_prefix('$') else {
        return Err(data(format!("INVALID_FUNCTION_ARGUMENT: Invalid JSON path: '{path}'")));
    };
    let mut found = &document;
    while !rest.is_empty() {
        let (step, behind) =
            path_step(rest).ok_or_else(|| data(format!("INVALID_FUNCTION_ARGUMENT: Invalid JSON path: '{path}'")))?;
        let next = match step.parse::<usize>() {
            Ok(at) if found.is_array() => found.get(at),
            _ => found.get(step),
        };
        match next {
            Some(next) => found = next,
            None => return Ok(None),
        }
        rest = behind;
    }
    Ok(Some(found.clone()))
}

/// The first step of a path and what is behind it.
fn path_step(rest: &str) -> Option<(&str, &str)> {
    if let Some(rest) = rest.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        return (end > 0).then(|| rest.split_at(end));
    }
    let (inside, behind) = rest.strip_prefix('[')?.split_once(']')?;
    Some((inside.trim_matches('"'), behind))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, Type)]) -> Type {
        Type::Row(fields.iter().map(|(name, ty)| Field { name: Some((*name).into()), ty: ty.clone() }).collect())
    }

    #[test]
    fn documents_become_rows_by_name() {
        let ty =
            row(&[("date", Type::Date), ("rate", Type::Decimal { precision: 18, scale: 6 }), ("none", Type::Double)]);
        let value = decode(&Value::text(r#"{"rate": 1.1162, "DATE": "1970-01-02"}"#), &ty).unwrap();
        assert_eq!(value, Value::Row([Value::Date(1), Value::Decimal(1_116_200, 6), Value::Null].into()));
    }

    #[test]
    fn objects_become_maps() {
        let ty = Type::Map(Box::new(Type::Varchar(None)), Box::new(Type::Double));
        let value = decode(&Value::text(r#"{"USD": 1.5, "JPY": null}"#), &ty).unwrap();
        assert_eq!(
            value,
            Value::Map([(Value::text("JPY"), Value::Null), (Value::text("USD"), Value::Double(1.5))].into())
        );
    }

    #[test]
    fn paths() {
        let find = |path| extract(r#"{"a": {"b c": [1, {"d": 2}]}}"#, path).unwrap().map(|found| found.to_string());
        assert_eq!(find(r#"$.a["b c"][1].d"#).as_deref(), Some("2"));
        assert_eq!(find("$.x"), None);
        assert!(extract("{}", "a").is_err());
    }

    #[test]
    fn a_wrong_shape_is_an_error_in_the_data() {
        let error = decode(&Value::text("[1, 2]"), &Type::BigInt).unwrap_err();
        assert_eq!(error.kind, lake_core::engine::ErrorKind::Data);
    }
}
