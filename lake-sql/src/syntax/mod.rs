//! Text to tree: lexer, tree and a recursive-descent parser for Trino's grammar.
//!
//! Every node has its exact span. The tree keeps what the user wrote; nothing downstream prints SQL that it can quote.
//! A mistake becomes a finding and the parser goes on behind it, so one run reports them all.

mod lexer;
mod parser;
mod token;
pub mod tree;

use crate::finding::Finding;
use parser::Parser;

/// Whether a text is a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Templates {
    /// `{orders}`, `{now}`, `{helper(a, b)}` are placeholders and `{{` is a brace, as in Rust's format strings.
    Yes,
    /// Plain SQL.
    No,
}

/// What parsing gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<T> {
    /// The tree; with findings it may be missing, or hold nodes of kind `Error`.
    pub tree: Option<T>,
    /// All mistakes, in order of their place.
    pub findings: Vec<Finding>,
}

/// Parses a query.
pub fn parse_query(text: &str, templates: Templates) -> Parsed<tree::Query> {
    Parser::new(text, templates).run(Parser::query)
}

/// Parses a statement, which may end in a semicolon.
pub fn parse_statement(text: &str) -> Parsed<tree::Statement> {
    Parser::new(text, Templates::No).run(Parser::statement)
}

/// Parses a type, such as `array(decimal(10, 2))`.
pub fn parse_type(text: &str) -> Parsed<tree::TypeName> {
    Parser::new(text, Templates::No).run(Parser::type_name)
}

/// Parses an expression, such as the body of a helper.
pub fn parse_expression(text: &str, templates: Templates) -> Parsed<tree::Expr> {
    Parser::new(text, templates).run(Parser::try_expr)
}
