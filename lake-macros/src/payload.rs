//! What an item tells others at compile time: its schema as one string literal, handed on by a macro of the item's name.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lake_sql::types::Type;
use proc_macro2::Literal;
use syn::LitStr;

use crate::literal::text;

/// First line of a payload; another version of these macros would not read it.
const VERSION: &str = "lake 1";

/// The literals that were written or read, as they stand in the source, because most of them are asked for many times.
static KNOWN: Mutex<BTreeMap<String, Payload>> = Mutex::new(BTreeMap::new());

/// What a macro of an item hands on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Payload {
    /// Of `#[derive(SqlType)]`.
    Newtype(Newtype),
    /// Of `#[derive(Row)]`, `#[source]` and `#[model]`.
    Relation(Schema),
    /// Of `#[derive(HistoryColumns)]`.
    History(Vec<OwnColumn>),
    /// Of `#[sql_fn]`.
    Helper(HelperShape),
}

/// A newtype over an SQL type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Newtype {
    pub(crate) name: String,
    pub(crate) ty: Type,
}

/// A relation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schema {
    /// How messages call it: `raw.orders`, or a row's name.
    pub(crate) name: String,
    /// Unique in one compilation, for the search of circles; empty for rows.
    pub(crate) node: String,
    /// False if an error elsewhere hides columns.
    pub(crate) complete: bool,
    pub(crate) columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) nullable: bool,
    pub(crate) brand: Option<String>,
}

/// A column that a history adds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnColumn {
    pub(crate) name: String,
    /// None: the type of the history's sequence.
    pub(crate) ty: Option<Type>,
    pub(crate) nullable: bool,
}

/// A `#[sql_fn]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HelperShape {
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, Type, bool)>,
    pub(crate) result: (Type, bool),
    pub(crate) template: String,
}

impl Payload {
    /// The payload as a literal, without escapes if it can be: whoever asks has less to read.
    pub(crate) fn literal(&self) -> Literal {
        let text = self.encode();
        let plain = !text.contains("\"##") && !text.contains('\r');
        let raw = plain.then(|| format!("r##\"{text}\"##").parse().ok()).flatten();
        let literal: Literal = raw.unwrap_or_else(|| Literal::string(&text));
        known().insert(literal.to_string(), self.clone());
        literal
    }

    /// The literal's text.
    fn encode(&self) -> String {
        let mut lines = vec![vec![VERSION.to_owned()]];
        match self {
            Payload::Newtype(newtype) => lines.push(words(["newtype", &newtype.name, &newtype.ty.to_string()])),
            Payload::Relation(schema) => {
                lines.push(words(["relation", &schema.name, &schema.node, flag(schema.complete)]));
                lines.extend(schema.columns.iter().map(|column| {
                    let brand = column.brand.as_deref().unwrap_or("");
                    words([&column.name, &column.ty.to_string(), flag(column.nullable), brand])
                }));
            }
            Payload::History(columns) => {
                lines.push(words(["history"]));
                lines.extend(columns.iter().map(|column| {
                    let ty = column.ty.as_ref().map(Type::to_string).unwrap_or_default();
                    words([&column.name, &ty, flag(column.nullable)])
                }));
            }
            Payload::Helper(helper) => {
                let (ty, nullable) = &helper.result;
                lines.push(words(["helper", &helper.name, &ty.to_string(), flag(*nullable), &helper.template]));
                lines.extend(
                    helper.parameters.iter().map(|(name, ty, null)| words([name, &ty.to_string(), flag(*null)])),
                );
            }
        }
        let lines: Vec<String> = lines.iter().map(|words| words.join("\t")).collect();
        lines.join("\n")
    }

    /// Reads a literal; None if other macros wrote it.
    pub(crate) fn of(literal: &LitStr) -> Option<Self> {
        let source = literal.token().to_string();
        if let Some(payload) = known().get(&source) {
            return Some(payload.clone());
        }
        let payload = Self::decode(&text(literal))?;
        known().insert(source, payload.clone());
        Some(payload)
    }

    /// Reads a literal's text; None if other macros wrote it.
    fn decode(text: &str) -> Option<Self> {
        let mut lines = text.split('\n').map(|line| line.split('\t').map(unescape).collect::<Vec<_>>());
        if lines.next()? != [VERSION] {
            return None;
        }
        let head = lines.next()?;
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        match head.as_slice() {
            ["newtype", name, ty] => Some(Payload::Newtype(Newtype { name: (*name).to_owned(), ty: type_of(ty)? })),
            ["relation", name, node, complete] => Some(Payload::Relation(Schema {
                name: (*name).to_owned(),
                node: (*node).to_owned(),
                complete: *complete == "1",
                columns: lines.map(|line| column(&line)).collect::<Option<_>>()?,
            })),
            ["history"] => Some(Payload::History(lines.map(|line| own_column(&line)).collect::<Option<_>>()?)),
            ["helper", name, ty, nullable, template] => Some(Payload::Helper(HelperShape {
                name: (*name).to_owned(),
                result: (type_of(ty)?, *nullable == "1"),
                template: (*template).to_owned(),
                parameters: lines.map(|line| parameter(&line)).collect::<Option<_>>()?,
            })),
            _ => None,
        }
    }
}

fn known() -> MutexGuard<'static, BTreeMap<String, Payload>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn column(line: &[String]) -> Option<Column> {
    let [name, ty, nullable, brand] = line else { return None };
    let brand = (!brand.is_empty()).then(|| brand.clone());
    Some(Column { name: name.clone(), ty: type_of(ty)?, nullable: nullable == "1", brand })
}

fn own_column(line: &[String]) -> Option<OwnColumn> {
    let [name, ty, nullable] = line else { return None };
    let ty = if ty.is_empty() { None } else { Some(type_of(ty)?) };
    Some(OwnColumn { name: name.clone(), ty, nullable: nullable == "1" })
}

fn parameter(line: &[String]) -> Option<(String, Type, bool)> {
    let [name, ty, nullable] = line else { return None };
    Some((name.clone(), type_of(ty)?, nullable == "1"))
}

/// A type in Trino's spelling, or the `?` of an unknown one.
fn type_of(text: &str) -> Option<Type> {
    if text == Type::Error.to_string() {
        return Some(Type::Error);
    }
    text.parse().ok()
}

fn flag(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.into_iter().map(escape).collect()
}

/// A word without tabs and line breaks.
pub(crate) fn escape(word: &str) -> String {
    if !word.bytes().any(|byte| matches!(byte, b'\\' | b'\t' | b'\n')) {
        return word.to_owned();
    }
    word.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
}

fn unescape(word: &str) -> String {
    let mut text = String::new();
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        text.push(match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some(other) => other,
                None => '\\',
            },
            (letter, false) => letter,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_payload_survives_the_way() {
        let payloads = [
            Payload::Newtype(Newtype { name: "CustomerId".into(), ty: Type::BigInt }),
            Payload::Relation(Schema {
                name: "raw.orders".into(),
                node: "shop:raw.orders".into(),
                complete: false,
                columns: vec![
                    Column {
                        name: "a".into(),
                        ty: Type::Array(Box::new(Type::Varchar(None))),
                        nullable: true,
                        brand: None,
                    },
                    Column { name: "b".into(), ty: Type::Error, nullable: false, brand: Some("Id".into()) },
                ],
            }),
            Payload::Relation(Schema { name: "r".into(), node: String::new(), complete: true, columns: vec![] }),
            Payload::History(vec![OwnColumn { name: "valid_to".into(), ty: None, nullable: true }]),
            Payload::Helper(HelperShape {
                name: "with_tax".into(),
                parameters: vec![("net".into(), Type::Decimal { precision: 12, scale: 2 }, true)],
                result: (Type::Double, false),
                template: "a\\b\n\tc".into(),
            }),
        ];
        for payload in payloads {
            assert_eq!(Payload::decode(&payload.encode()).unwrap(), payload);
        }
        assert_eq!(Payload::decode("lake 0\nrelation"), None);
    }
}
