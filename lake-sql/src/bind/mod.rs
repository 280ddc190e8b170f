//! Binding: syntax tree + what names mean → bound query, findings, and what else the binder learnt.
//!
//! What must not be here: anything about engines, and any rule of a type or a function (they are in `types` and
//! `functions`). The way of a query: `query` → `select` → `relation` (FROM) → `expr` with `call`, `literal`, `subquery`
//! → `aggregate` and `window` → `order`.

use std::sync::Arc;

mod aggregate;
mod binder;
mod build;
mod call;
mod case;
mod compare;
mod contract;
mod correlation;
mod cte;
mod expr;
mod grouping;
mod helper;
mod join;
mod json;
mod json_path;
mod json_table;
mod json_text;
mod literal;
mod nullability;
mod order;
mod query;
mod relation;
mod row_pattern;
mod same;
mod scope;
mod select;
mod set_operation;
mod sites;
#[cfg(feature = "query")]
mod statement;
mod subquery;
mod table_function;
mod temporal;
mod unnest;
mod window;
mod zone;

pub use contract::{check_contract, check_names, contract_casts};

#[cfg(feature = "query")]
use crate::bound::statement::BoundStatement;
use crate::bound::{BoundQuery, Version};
use crate::finding::{Finding, Severity};
use crate::span::Span;
use crate::syntax::tree;
use crate::types::{Type, TypeRules};
use binder::Binder;

/// A relation that a query may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// How messages call it, such as `raw.orders`.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<RelationColumn>,
    /// False if some columns are unknown because of an error elsewhere: then a missing column is no finding.
    pub complete: bool,
}

/// A column of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationColumn {
    /// Name.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Whether it may hold null.
    pub nullable: bool,
    /// Newtype of the declaration, such as `CustomerId`.
    pub brand: Option<Arc<str>>,
}

/// What a placeholder stands for.
#[derive(Clone, Debug)]
pub enum Reference {
    /// A source, a model, or `{this}`.
    Relation(Arc<Relation>),
    /// `{first_run}`; the value once it is known. With a value it folds: `true or x` → `true`, `false and x` → `false`,
    /// before names in `x` must exist.
    FirstRun(Option<bool>),
    /// `{now}`: timestamp(6) with time zone.
    Now,
    /// A helper with parameters, bound once for itself.
    Helper(Arc<Helper>),
}

/// A `#[sql_fn]`.
#[derive(Clone, Debug)]
pub struct Helper {
    /// Name.
    pub name: String,
    /// Parameters: name, type, nullable.
    pub parameters: Vec<(String, Type, bool)>,
    /// Declared result: type, nullable.
    pub result: (Type, bool),
    /// Its SQL, a template in which `{parameter}` stands for a parameter.
    pub template: Arc<str>,
}

/// What names mean to a query.
pub trait Names {
    /// What `{name}` stands for.
    fn reference(&self, name: &str) -> Option<Reference>;
    /// All references, or all tables where plain names mean tables; for did-you-mean.
    fn reference_names(&self) -> Vec<String>;
    /// A table by its plain name; None if there is none. Templates of models have none at all.
    fn table(&self, parts: &[String]) -> Option<Arc<Relation>>;
    /// The same table as of a version of it; None where that has the columns of now.
    fn table_at(&self, _parts: &[String], _version: &Version) -> Option<Arc<Relation>> {
        None
    }
    /// Whether plain table names may be used at all. If not, the finding says to write `{orders}`.
    fn has_tables(&self) -> bool;
}

/// What binding gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The tree; present also with findings as far as it could be built, its broken parts of type [`Type::Error`].
    pub query: Option<BoundQuery>,
    /// False if columns are missing at the end because of an error elsewhere: a star over an incomplete relation.
    pub complete: bool,
    /// All findings, in order of their place.
    pub findings: Vec<Finding>,
    /// What a renderer must replace so that the text means the same on an engine.
    pub sites: Vec<Site>,
}

/// A place in the text that a renderer edits.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Where.
    pub span: Span,
    /// What stands there.
    pub kind: SiteKind,
}

/// What stands at a place to edit.
#[derive(Clone, Debug, PartialEq)]
pub enum SiteKind {
    /// A placeholder relation; `alias` is the name to add because the text gives none.
    Relation {
        /// The placeholder's name.
        reference: String,
        /// Name that the rest of the text uses for it.
        alias: Option<String>,
    },
    /// A star: the columns that were checked, qualified where that is needed.
    Star(Vec<String>),
    /// `{now}`
    Now,
    /// `{first_run}` and whatever folded with it.
    Boolean(bool),
    /// `{helper(a, b)}`: SQL with its arguments put in, as bound: one operand, a template without placeholders but
    /// `{now}`.
    Helper(String),
    /// An expression that needs a cast to keep its type under the other rules or on an engine.
    Cast(Type),
    /// A decimal literal such as `1.5`, which is a double on Athena.
    DecimalLiteral,
}

/// Binds a query.
pub fn bind(query: &tree::Query, text: &str, names: &dyn Names, rules: TypeRules) -> Outcome {
    let mut binder = Binder::new(text, names, rules);
    let bound = binder.top_query(query);
    binder.finish(bound)
}

/// Binds a query whose text is sent to an engine with other rules than those it was checked with.
///
/// Types are those of `checked`; the sites hold the casts that give every expression that type, and its value, on an
/// engine with the rules `sent`. What no cast can keep is a finding.
pub fn bind_for(query: &tree::Query, text: &str, names: &dyn Names, checked: TypeRules, sent: TypeRules) -> Outcome {
    let mut binder = Binder::new(text, names, checked);
    binder.target = sent;
    let bound = binder.top_query(query);
    binder.check_target(&bound);
    binder.finish(bound)
}

#[cfg(feature = "query")]
/// What binding a statement gave.
#[derive(Clone, Debug)]
pub struct StatementOutcome {
    /// The statement; None where it is of a kind without a bound form, or an error left nothing to run.
    pub statement: Option<BoundStatement>,
    /// All findings, in order of their place.
    pub findings: Vec<Finding>,
}

#[cfg(feature = "query")]
/// Binds a query, CREATE TABLE AS, CREATE VIEW, INSERT, UPDATE, DELETE or MERGE over plain table names.
///
/// Other statements name no columns; they have neither a bound form nor findings.
pub fn bind_statement(
    statement: &tree::Statement,
    text: &str,
    names: &dyn Names,
    rules: TypeRules,
) -> StatementOutcome {
    let mut binder = Binder::new(text, names, rules);
    let bound = binder.statement(statement);
    let findings = binder.sorted_findings();
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    StatementOutcome { statement: bound.filter(|_| !failed), findings }
}

/// Binds a helper for itself: its template against its parameters and its declared result.
pub fn bind_helper(helper: &Helper, template: &tree::Expr, names: &dyn Names, rules: TypeRules) -> Vec<Finding> {
    helper::bind_helper(Binder::new(&helper.template, names, rules), helper, template)
}
