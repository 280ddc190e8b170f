//! JSON: one document a file, or one object a line.

use std::borrow::Cow;
use std::io::BufRead;

use lake_sql::types::{Field, Type};

use super::bad::{BadRow, Batch, Fault, Row, sift};
use super::{BATCH_ROWS, Result, open_text, read_all, unreadable};
use crate::model::spec::ColumnSpec;
use crate::values::column::Builder;
use crate::values::json::{self, Damage, Node, Value};

/// The row of a file that is one JSON object.
pub(super) fn document(path: &str, columns: Vec<ColumnSpec>, keep: bool) -> Result<Batch> {
    sift(path, &columns, &[Text { first_line: 1, bytes: read_all(path)? }], keep)
}

/// The rows of a file that has a JSON object on each line. Empty lines are no rows.
pub(super) fn lines(
    path: &str,
    columns: Vec<ColumnSpec>,
    keep: bool,
) -> Result<impl Iterator<Item = Result<Batch>> + Send + use<>> {
    let mut lines = Lines { path: path.to_owned(), input: open_text(path)?, line: 0, done: false };
    Ok(std::iter::from_fn(move || {
        let rows = match lines.next() {
            Ok(rows) if rows.is_empty() => return None,
            Ok(rows) => rows,
            Err(error) => return Some(Err(error)),
        };
        Some(sift(&lines.path, &columns, &rows, keep))
    }))
}

struct Lines {
    path: String,
    input: Box<dyn BufRead + Send>,
    line: usize,
    done: bool,
}

impl Lines {
    /// As many rows as a batch has.
    fn next(&mut self) -> Result<Vec<Text>> {
        let mut rows = vec![];
        while rows.len() < BATCH_ROWS && !self.done {
            let mut bytes = Vec::new();
            self.line += 1;
            let read = self.input.read_until(b'\n', &mut bytes).map_err(|error| unreadable(&self.path, error))?;
            self.done = read == 0;
            // What ends too early ends in its own line.
            bytes.truncate(bytes.trim_ascii_end().len());
            if !bytes.trim_ascii().is_empty() {
                rows.push(Text { first_line: self.line, bytes });
            }
        }
        Ok(rows)
    }
}

/// A text within a file that is one object.
struct Text {
    first_line: usize,
    bytes: Vec<u8>,
}

/// What is wrong with a value: where, on which way from the root, and how.
struct Wrong {
    at: usize,
    path: Vec<String>,
    message: String,
}

impl Wrong {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, path: Vec::new(), message: message.into() }
    }

    fn expected(ty: &Type, node: &Node<'_>) -> Self {
        Self::new(node.at, format!("expected {ty}, found {}", node.value.describe()))
    }

    fn inside(mut self, name: impl Into<String>) -> Self {
        self.path.push(name.into());
        self
    }
}

impl Row for Text {
    fn read(&self, columns: &[ColumnSpec], builders: &mut [Builder]) -> Result<(), Fault> {
        let text = self.text()?;
        let root = json::parse(text).map_err(|Damage { at, message }| self.fault(Wrong::new(at, message)))?;
        let Value::Object(entries) = &root.value else {
            let message = format!("expected an object, found {}", root.value.describe());
            return Err(self.fault(Wrong::new(root.at, message)));
        };
        for (column, builder) in columns.iter().zip(builders) {
            let node = find(entries, &column.name);
            if !column.nullable && node.is_none_or(|node| node.value == Value::Null) {
                let at = node.map_or(root.at, |node| node.at);
                let found = if node.is_some() { "null" } else { "nothing" };
                let message = format!("expected {}, found {found}: the column cannot be null", column.ty);
                return Err(self.fault(Wrong::new(at, message).inside(&column.name)));
            }
            match node {
                None => builder.append_null(),
                Some(node) => append(builder, node).map_err(|wrong| self.fault(wrong.inside(&column.name)))?,
            }
        }
        Ok(())
    }

    fn kept(&self, fault: Fault) -> BadRow {
        fault.kept(self.first_line, &String::from_utf8_lossy(&self.bytes))
    }
}

impl Text {
    fn text(&self) -> Result<&str, Fault> {
        // Windows' editors begin files with a mark of their byte order.
        let bytes = self.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.bytes);
        std::str::from_utf8(bytes).map_err(|error| {
            self.fault(Wrong::new(error.valid_up_to(), format!("byte {} is not UTF-8", error.valid_up_to())))
        })
    }

    fn fault(&self, mut fault: Wrong) -> Fault {
        let before = &self.bytes[..fault.at.min(self.bytes.len())];
        let line = self.first_line + before.iter().filter(|byte| **byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        fault.path.reverse();
        let message = match fault.path.is_empty() {
            true => fault.message,
            false => format!("{}: {}", fault.path.join(".").replace(".[", "["), fault.message),
        };
        Fault::at(line, column, message)
    }
}

/// The entry of a name; where none is spelt like it, the one that differs in case only.
fn find<'n, 'a>(entries: &'n [(Cow<'a, str>, Node<'a>)], name: &str) -> Option<&'n Node<'a>> {
    let exact = entries.iter().find(|(key, _)| key == name);
    let found = exact.or_else(|| {
        let mut similar = entries.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        similar.next().filter(|_| similar.next().is_none())
    });
    found.map(|(_, node)| node)
}

fn append(builder: &mut Builder, node: &Node<'_>) -> Result<(), Wrong> {
    let ty = builder.ty().clone();
    let fits = match (&ty, &node.value) {
        (Type::Json, value) => {
            let mut text = String::new();
            value.write(&mut text);
            builder.append_text(&text)
        }
        (_, Value::Null) => {
            builder.append_null();
            true
        }
        (Type::Array(_), Value::Array(items)) => return append_array(builder, items),
        (Type::Map(key, _), Value::Object(entries)) => return append_map(builder, key, entries, node.at),
        (Type::Row(fields), Value::Object(entries)) => return append_row(builder, fields, entries),
        (_, Value::Bool(value)) => builder.append_bool(*value),
        (_, Value::Number(digits)) => builder.append_number(digits),
        // Decimals are often written as strings, so that nobody takes them for doubles; doubles that are no numbers
        // can be written in no other way.
        (Type::Decimal { .. }, Value::Text(text)) => builder.append_number(text),
        (Type::Real | Type::Double, Value::Text(text)) => {
            matches!(&**text, "NaN" | "Infinity" | "-Infinity") && builder.append_number(text)
        }
        (_, Value::Text(text)) => builder.append_text(text),
        _ => false,
    };
    if fits { Ok(()) } else { Err(Wrong::expected(&ty, node)) }
}

fn append_array(builder: &mut Builder, items: &[Node<'_>]) -> Result<(), Wrong> {
    let nested = builder.nested().expect("arrays are nested");
    for (at, item) in items.iter().enumerate() {
        append(&mut nested.parts[0], item).map_err(|wrong| wrong.inside(format!("[{at}]")))?;
    }
    nested.end_list(items.len()).map_err(|fault| Wrong::new(0, fault.message))
}

fn append_map(
    builder: &mut Builder,
    key_type: &Type,
    entries: &[(Cow<'_, str>, Node<'_>)],
    at: usize,
) -> Result<(), Wrong> {
    let nested = builder.nested().expect("maps are nested");
    let [keys, values] = &mut nested.parts[..] else { return Err(Wrong::new(at, "a map has keys and values")) };
    for (key, value) in entries {
        let fits = match key_type.is_numeric() {
            true => keys.append_number(key),
            false => keys.append_text(key) || (matches!(&**key, "true" | "false") && keys.append_bool(key == "true")),
        };
        if !fits {
            return Err(Wrong::new(value.at, format!("expected a key of type {key_type}, found {key:?}")));
        }
        append(values, value).map_err(|wrong| wrong.inside(&**key))?;
    }
    nested.end_list(entries.len()).map_err(|fault| Wrong::new(at, fault.message))
}

fn append_row(builder: &mut Builder, fields: &[Field], entries: &[(Cow<'_, str>, Node<'_>)]) -> Result<(), Wrong> {
    let nested = builder.nested().expect("rows are nested");
    for (field, part) in fields.iter().zip(&mut nested.parts) {
        let name = field.name.as_deref().unwrap_or_default();
        match find(entries, name) {
            Some(node) => append(part, node).map_err(|wrong| wrong.inside(name))?,
            None => part.append_null(),
        }
    }
    nested.end(true);
    Ok(())
}
