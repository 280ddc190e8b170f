//! Scalar functions, a file a family. One that is not here is an error that names it.

mod collection;
mod datetime;
mod higher_order;
mod math;
mod string;

use lake_sql::bound::{Expr, ExprKind};
use lake_sql::types::Type;

use crate::error::{Result, data, unsupported};
use crate::eval::{Query, Scope};
use crate::json;
use crate::value::Value;

pub use collection::subscript;
pub use datetime::at_timezone;
pub use higher_order::apply;
pub use math::{arithmetic, real};
pub use string::like;

/// Functions that are also called with null arguments; all others return null then.
const SEES_NULLS: &[&str] = &["concat_ws", "typeof", "array_append", "array_prepend", "format", "map", "map_concat"];

/// Calls a function of the catalogue.
pub fn call(query: &Query<'_>, function: &str, args: &[Expr], ty: &Type, scope: &Scope<'_>) -> Result<Value> {
    if args.iter().any(|arg| matches!(arg.kind, ExprKind::Lambda { .. })) {
        return higher_order::call(query, function, args, scope);
    }
    let values = query.eval_all(args, scope)?;
    if values.iter().any(Value::is_null) && !SEES_NULLS.contains(&function) {
        return Ok(Value::Null);
    }
    let types: Vec<&Type> = args.iter().map(|arg| &arg.ty).collect();
    let call = Call { function, args: &values, types: &types, ty, now: query.session.now };
    for family in [math::call, string::call, datetime::call, collection::call, json_call] {
        if let Some(value) = family(&call)? {
            return Ok(value);
        }
    }
    Err(unsupported(format!("function {function} with {} arguments", values.len())))
}

/// A call whose arguments are known.
pub struct Call<'a> {
    function: &'a str,
    args: &'a [Value],
    types: &'a [&'a Type],
    ty: &'a Type,
    now: i64,
}

/// What a family answers: None if it has no such function.
type Answer = Result<Option<Value>>;

impl Call<'_> {
    fn text(&self, at: usize) -> Result<&str> {
        match &self.args[at] {
            Value::Text(text) => Ok(text),
            other => Err(self.bad(other)),
        }
    }

    fn integer(&self, at: usize) -> Result<i64> {
        match &self.args[at] {
            Value::Integer(number) => Ok(*number),
            other => Err(self.bad(other)),
        }
    }

    fn double(&self, at: usize) -> Result<f64> {
        match &self.args[at] {
            Value::Double(number) => Ok(*number),
            other => Err(self.bad(other)),
        }
    }

    fn array(&self, at: usize) -> Result<&[Value]> {
        match &self.args[at] {
            Value::Array(elements) => Ok(elements),
            other => Err(self.bad(other)),
        }
    }

    fn map(&self, at: usize) -> Result<&[(Value, Value)]> {
        match &self.args[at] {
            Value::Map(entries) => Ok(entries),
            other => Err(self.bad(other)),
        }
    }

    fn bad(&self, value: &Value) -> lake_core::engine::EngineError {
        unsupported(format!("function {} of {value:?}", self.function))
    }
}

/// An argument that the function refuses.
fn invalid(message: impl std::fmt::Display) -> lake_core::engine::EngineError {
    data(format!("INVALID_FUNCTION_ARGUMENT: {message}"))
}

fn json_call(call: &Call<'_>) -> Answer {
    Ok(Some(match call.function {
        "json_parse" => json::value(&json::parse(call.text(0)?)?),
        "json_format" => Value::text(call.text(0)?),
        "json_extract" => json::extract(call.text(0)?, call.text(1)?)?.map_or(Value::Null, |found| json::value(&found)),
        "json_extract_scalar" => match json::extract(call.text(0)?, call.text(1)?)? {
            Some(serde_json::Value::String(text)) => Value::text(text),
            Some(found @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_))) => Value::text(found.to_string()),
            _ => Value::Null,
        },
        "json_array_length" => match serde_json::from_str(call.text(0)?) {
            Ok(serde_json::Value::Array(elements)) => Value::Integer(elements.len() as i64),
            _ => Value::Null,
        },
        "is_json_scalar" => match json::parse(call.text(0)?)? {
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => Value::Boolean(false),
            _ => Value::Boolean(true),
        },
        _ => return Ok(None),
    }))
}
