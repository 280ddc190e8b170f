//! Text.

use lake_sql::types::Type;

use super::{Answer, Call, invalid};
use crate::cast;
use crate::error::{Result, data};
use crate::value::Value;

pub(super) fn call(call: &Call<'_>) -> Answer {
    let text = || call.text(0);
    Ok(Some(match (call.function, call.args.len()) {
        ("concat", _) if !matches!(call.ty, Type::Array(_)) => concat(call)?,
        ("concat_ws", _) => concat_ws(call)?,
        ("length" | "char_length" | "character_length", 1) => match &call.args[0] {
            Value::Bytes(bytes) => Value::Integer(bytes.len() as i64),
            _ => Value::Integer(shown(call, 0)?.chars().count() as i64),
        },
        ("lower", 1) => Value::text(text()?.to_lowercase()),
        ("upper", 1) => Value::text(text()?.to_uppercase()),
        ("trim", 1) => Value::text(text()?.trim()),
        ("ltrim", 1) => Value::text(text()?.trim_start()),
        ("rtrim", 1) => Value::text(text()?.trim_end()),
        ("trim", 2) => Value::text(text()?.trim_matches(|c| call.text(1).is_ok_and(|set| set.contains(c)))),
        ("ltrim", 2) => Value::text(text()?.trim_start_matches(|c| call.text(1).is_ok_and(|set| set.contains(c)))),
        ("rtrim", 2) => Value::text(text()?.trim_end_matches(|c| call.text(1).is_ok_and(|set| set.contains(c)))),
        ("replace", 2) => Value::text(text()?.replace(call.text(1)?, "")),
        ("replace", 3) => Value::text(text()?.replace(call.text(1)?, call.text(2)?)),
        ("reverse", 1) if matches!(call.args[0], Value::Text(_)) => {
            Value::text(shown(call, 0)?.chars().rev().collect::<String>())
        }
        ("substr" | "substring", 2 | 3) => substr(call)?,
        ("strpos" | "position", 2) => strpos(text()?, call.text(1)?),
        ("starts_with", 2) => Value::Boolean(text()?.starts_with(call.text(1)?)),
        ("split", 2) => Value::Array(text()?.split(call.text(1)?).map(Value::text).collect()),
        ("split", 3) => split_limited(call)?,
        ("split_part", 3) => split_part(call)?,
        ("lpad" | "rpad", 3) => pad(call)?,
        ("chr", 1) => {
            let code = u32::try_from(call.integer(0)?).ok().and_then(char::from_u32);
            Value::text(code.ok_or_else(|| invalid("Not a valid Unicode code point"))?.to_string())
        }
        ("codepoint", 1) => text()?.chars().next().map_or(Value::Null, |c| Value::Integer(i64::from(u32::from(c)))),
        ("translate", 3) => Value::text(translate(text()?, call.text(1)?, call.text(2)?)),
        ("to_utf8", 1) => Value::Bytes(text()?.as_bytes().into()),
        ("from_utf8", 1) => match &call.args[0] {
            Value::Bytes(bytes) => Value::text(String::from_utf8_lossy(bytes)),
            other => return Err(call.bad(other)),
        },
        ("to_hex", 1) => match &call.args[0] {
            Value::Bytes(bytes) => Value::text(bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>()),
            other => return Err(call.bad(other)),
        },
        ("typeof", 1) => Value::text(call.types[0].to_string()),
        _ => return Ok(None),
    }))
}

/// An argument as text; a char has its blanks.
fn shown(call: &Call<'_>, at: usize) -> Result<String> {
    cast::display(&call.args[at], call.types[at])
}

fn concat(call: &Call<'_>) -> Result<Value> {
    if let [Value::Bytes(a), Value::Bytes(b)] = call.args {
        return Ok(Value::Bytes(a.iter().chain(b.iter()).copied().collect()));
    }
    let parts = (0..call.args.len()).map(|at| shown(call, at)).collect::<Result<Vec<_>>>()?.concat();
    Ok(Value::text(if matches!(call.ty, Type::Char(_)) { parts.trim_end_matches(' ') } else { &parts }))
}

/// Skips nulls; a null separator gives null.
fn concat_ws(call: &Call<'_>) -> Result<Value> {
    let Value::Text(separator) = &call.args[0] else { return Ok(Value::Null) };
    let mut parts: Vec<&str> = vec![];
    for value in &call.args[1..] {
        match value {
            Value::Text(text) => parts.push(text),
            Value::Array(elements) => {
                parts.extend(elements.iter().filter_map(|value| match value {
                    Value::Text(text) => Some(text.as_ref()),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    Ok(Value::text(parts.join(separator)))
}

/// Positions count from 1, negative ones from the end.
fn substr(call: &Call<'_>) -> Result<Value> {
    let text = shown(call, 0)?;
    let count = text.chars().count() as i64;
    let start = match call.integer(1)? {
        0 => return Ok(Value::text("")),
        start if start > 0 => start - 1,
        start => count + start,
    };
    if start < 0 || start >= count {
        return Ok(Value::text(""));
    }
    let length = if call.args.len() > 2 { call.integer(2)?.max(0) } else { count };
    Ok(Value::text(text.chars().skip(start as usize).take(length as usize).collect::<String>()))
}

fn strpos(text: &str, part: &str) -> Value {
    Value::Integer(text.find(part).map_or(0, |at| text[..at].chars().count() as i64 + 1))
}

fn split_limited(call: &Call<'_>) -> Result<Value> {
    let limit = usize::try_from(call.integer(2)?).ok().filter(|limit| *limit > 0);
    let limit = limit.ok_or_else(|| invalid("Limit must be positive"))?;
    Ok(Value::Array(call.text(0)?.splitn(limit, call.text(1)?).map(Value::text).collect()))
}

fn split_part(call: &Call<'_>) -> Result<Value> {
    let index = usize::try_from(call.integer(2)?).ok().filter(|index| *index > 0);
    let index = index.ok_or_else(|| invalid("Index must be greater than zero"))?;
    Ok(call.text(0)?.split(call.text(1)?).nth(index - 1).map_or(Value::Null, Value::text))
}

/// More characters than a test has use for.
const LONGEST: usize = 1 << 20;

fn pad(call: &Call<'_>) -> Result<Value> {
    let (text, fill) = (call.text(0)?, call.text(2)?);
    let size = usize::try_from(call.integer(1)?).map_err(|_| invalid("Target length must not be negative"))?;
    if size > LONGEST {
        return Err(crate::error::unsupported(format!("texts of {size} characters")));
    }
    if fill.is_empty() {
        return Err(invalid("Padding string must not be empty"));
    }
    let count = text.chars().count();
    if count >= size {
        return Ok(Value::text(text.chars().take(size).collect::<String>()));
    }
    let padding: String = fill.chars().cycle().take(size - count).collect();
    Ok(Value::text(if call.function == "lpad" { padding + text } else { text.to_owned() + &padding }))
}

fn translate(text: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    let change = |c: char| match from.chars().position(|other| other == c) {
        Some(at) => to.get(at).copied(),
        None => Some(c),
    };
    text.chars().filter_map(change).collect()
}

/// LIKE; null if an operand is.
pub fn like(value: &Value, pattern: &Value, escape: Option<&Value>) -> Result<Value> {
    let escape = match escape {
        None => None,
        Some(Value::Text(text)) if text.chars().count() == 1 => text.chars().next(),
        Some(Value::Null) => return Ok(Value::Null),
        Some(_) => return Err(invalid("Escape string must be a single character")),
    };
    let (Value::Text(text), Value::Text(pattern)) = (value, pattern) else { return Ok(Value::Null) };
    let text: Vec<char> = text.chars().collect();
    Ok(Value::Boolean(matches(&text, &tokens(pattern, escape)?)))
}

enum Token {
    Any,
    One,
    Exactly(char),
}

fn tokens(pattern: &str, escape: Option<char>) -> Result<Vec<Token>> {
    let mut tokens = vec![];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            _ if Some(c) == escape => match chars.next() {
                Some(next) if next == '%' || next == '_' || Some(next) == escape => Token::Exactly(next),
                _ => return Err(data("INVALID_FUNCTION_ARGUMENT: Escape character must be followed by '%', '_' or the escape character itself")),
            },
            '%' => Token::Any,
            '_' => Token::One,
            _ => Token::Exactly(c),
        });
    }
    Ok(tokens)
}

fn matches(text: &[char], tokens: &[Token]) -> bool {
    match (tokens.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some((Token::Any, rest)), _) => (0..=text.len()).any(|skip| matches(&text[skip..], rest)),
        (Some((Token::One, rest)), Some((_, behind))) => matches(behind, rest),
        (Some((Token::Exactly(c), rest)), Some((first, behind))) => c == first && matches(behind, rest),
        (Some(_), None) => false,
    }
}
