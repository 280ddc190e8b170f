//! Entry checks: what sources promise is found out where the data comes in.

use std::fmt;

use lake_sql::render::dialect::Dialect;
use lake_sql::types::Type;

use super::{Audits, blocking};
use crate::model::spec::{Content, SourceSpec};
use crate::plan::facts::TableFact;
use crate::strategy::sql::{ident, stored};

/// Counts nulls in the source's columns that are declared without `Option`. None if it has no such column.
pub(crate) fn nulls(source: &SourceSpec, relation: &str) -> Option<Audits> {
    let mut audits = Audits::default();
    for column in source.columns.iter().filter(|c| !c.nullable && c.content == Content::Value) {
        let failing = format!("{} is null", ident(&column.name));
        let check = blocking(
            format!("entry({}.{})", source.id, column.name),
            format!("{{row|rows}} of `{}` without `{}`, which is declared as never null", source.id, column.name),
            Some(format!("select *\nfrom {relation}\nwhere {failing}\nlimit 5")),
        );
        audits.rows(check, failing);
    }
    (!audits.is_empty()).then_some(audits)
}

/// Where a table differs from its declaration. Columns that are there and not declared are no fault.
pub(crate) fn drift(dialect: &Dialect, source: &SourceSpec, found: &TableFact) -> Vec<Drift> {
    source
        .columns
        .iter()
        .filter_map(|column| {
            let there = found.columns.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(&column.name));
            match there {
                None => Some(Drift { column: column.name.clone(), declared: column.ty.clone(), found: None }),
                Some((_, ty, _)) if *ty != column.ty && *ty != stored(dialect, &column.ty) => {
                    Some(Drift { column: column.name.clone(), declared: column.ty.clone(), found: Some(ty.clone()) })
                }
                Some(_) => None,
            }
        })
        .collect()
}

/// A column that is not as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The column.
    pub column: String,
    /// Its declared type.
    pub declared: Type,
    /// Its actual type; None if it is not there.
    pub found: Option<Type>,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Some(found) => write!(f, "`{}` is {found}, declared as {}", self.column, self.declared),
            None => write!(f, "`{}` is missing, declared as {}", self.column, self.declared),
        }
    }
}
