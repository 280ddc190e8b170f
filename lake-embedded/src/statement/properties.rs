//! Properties of tables, as WITH and SET PROPERTIES have them.

use std::collections::BTreeMap;

use lake_iceberg::{PartitionBy, SortBy, Table, TableChange};
use lake_sql::syntax::tree;

use super::{Answer, Run};
use crate::error::{Fault, Result};

/// What properties say of a table.
#[derive(Default)]
pub(super) struct Properties {
    pub partitioning: Option<Vec<PartitionBy>>,
    pub order: Option<Vec<SortBy>>,
    pub extra: BTreeMap<String, String>,
}

const KNOWN: [&str; 5] = ["extra_properties", "format", "format_version", "partitioning", "sorted_by"];

impl Properties {
    pub fn read(written: &[(tree::Ident, tree::Expr)]) -> Result<Self> {
        let mut read = Self::default();
        let mut seen = std::collections::BTreeSet::new();
        for (key, value) in written {
            let name = key.value.to_lowercase();
            if !seen.insert(name.clone()) {
                return Err(Fault::statement(format!("Duplicate property: {name}")));
            }
            match name.as_str() {
                "partitioning" => read.partitioning = Some(fields(value, "partitioning", PartitionBy::parse)?),
                "sorted_by" => read.order = Some(fields(value, "sorted_by", SortBy::parse)?),
                "format" => {
                    let format = text(value)?;
                    if !format.eq_ignore_ascii_case("parquet") {
                        return Err(Fault::unsupported(format!("table format {format}")));
                    }
                }
                "format_version" => {
                    let version = integer(value)?;
                    if version != "2" {
                        return Err(Fault::unsupported(format!("format version {version} of Iceberg")));
                    }
                }
                "extra_properties" => read.extra = extra(value)?,
                _ => return Err(unknown_property(&name)),
            }
        }
        Ok(read)
    }
}

impl Run<'_> {
    pub(super) async fn set_properties(&self, table: &Table, written: &[(tree::Ident, tree::Expr)]) -> Result<Answer> {
        let Properties { partitioning, order, extra } = Properties::read(written)?;
        let change = TableChange { set: extra, remove: vec![], partitioning, order };
        table.alter(&change).await.map_err(refused)?;
        Ok(Answer::default())
    }
}

/// A refusal of the catalog is about the statement.
pub(super) fn refused(error: lake_iceberg::Error) -> Fault {
    match error {
        lake_iceberg::Error::Invalid(message) => Fault::statement(message),
        other => other.into(),
    }
}

/// `array['a', …]`, each in a notation of its own.
fn fields<T>(value: &tree::Expr, property: &str, parse: impl Fn(&str) -> lake_iceberg::Result<T>) -> Result<Vec<T>> {
    let one = |text: &String| parse(text).map_err(|error| wrong(property, &error.to_string()));
    texts(value)?.iter().map(one).collect()
}

fn wrong(property: &str, message: &str) -> Fault {
    Fault::statement(format!("Unable to parse {property} value: {message}"))
}

fn unknown_property(name: &str) -> Fault {
    Fault::statement(format!("table property '{name}' does not exist")).help(format!("known are {}", KNOWN.join(", ")))
}

/// `extra_properties = map(array['a'], array['b'])`
fn extra(value: &tree::Expr) -> Result<BTreeMap<String, String>> {
    let wrong = || Fault::statement("expected `extra_properties = map(array['key'], array['value'])`");
    let tree::ExprKind::Call(call) = &value.kind else { return Err(wrong()) };
    match (call.name.parts.as_slice(), call.args.as_slice()) {
        ([name], [keys, values]) if name.value.eq_ignore_ascii_case("map") => {
            Ok(texts(keys)?.into_iter().zip(texts(values)?).collect())
        }
        _ => Err(wrong()),
    }
}

/// A text in a property.
pub(super) fn text(value: &tree::Expr) -> Result<String> {
    match &value.kind {
        tree::ExprKind::Literal(tree::Literal::Text(text) | tree::Literal::Unicode(text)) => Ok(text.clone()),
        tree::ExprKind::Parenthesized(inner) => text(inner),
        _ => Err(Fault::statement("expected a text as value of a property")),
    }
}

fn integer(value: &tree::Expr) -> Result<String> {
    match &value.kind {
        tree::ExprKind::Literal(tree::Literal::Integer(digits)) => Ok(digits.clone()),
        tree::ExprKind::Parenthesized(inner) => integer(inner),
        _ => Err(Fault::statement("expected an integer as value of a property")),
    }
}

fn texts(value: &tree::Expr) -> Result<Vec<String>> {
    match &value.kind {
        tree::ExprKind::Array(items) => items.iter().map(text).collect(),
        tree::ExprKind::Parenthesized(inner) => texts(inner),
        _ => Err(Fault::statement("expected an array of texts as value of a property")),
    }
}
