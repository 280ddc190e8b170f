//! JSON_TABLE.

use super::{Expr, Ident, JsonFormat, TypeName};
use crate::span::Span;

/// `JSON_TABLE(input, path COLUMNS (…) …)`
#[derive(Clone, Debug, PartialEq)]
pub struct JsonTable {
    /// The document, the path, and what is passed.
    pub args: Vec<Expr>,
    /// FORMAT JSON behind each of them.
    pub formats: Vec<JsonFormat>,
    /// The names of what is passed.
    pub passed: Vec<Ident>,
    /// AS name behind the path.
    pub path_name: Option<Ident>,
    /// COLUMNS.
    pub columns: Vec<JsonColumn>,
    /// PLAN.
    pub plan: Option<JsonPlan>,
}

/// One column of COLUMNS.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonColumn {
    /// Its name; None for NESTED, which may have a name of its path.
    pub name: Option<Ident>,
    /// What.
    pub kind: JsonColumnKind,
    /// All of it.
    pub span: Span,
}

/// Kinds of columns.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonColumnKind {
    /// FOR ORDINALITY
    Ordinality,
    /// `type [PATH …] …`: a scalar.
    Value {
        /// Type.
        ty: TypeName,
        /// PATH.
        path: Option<Expr>,
        /// DEFAULT of ON EMPTY and ON ERROR.
        defaults: Vec<Expr>,
    },
    /// `type FORMAT JSON [PATH …] …`: any part of the document.
    Query {
        /// Type.
        ty: TypeName,
        /// PATH.
        path: Option<Expr>,
    },
    /// NESTED PATH path [AS name] COLUMNS (…)
    Nested {
        /// PATH.
        path: Expr,
        /// Columns.
        columns: Vec<JsonColumn>,
    },
}

/// PLAN.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonPlan {
    /// DEFAULT (…)
    Default,
    /// Names of paths with what stands between them.
    Specific(JsonPlanNode),
}

/// A part of a specific plan.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonPlanNode {
    /// The name of a path.
    Path(Ident),
    /// `parent OUTER | INNER children`
    Nested(Ident, Box<JsonPlanNode>),
    /// `a UNION b`, `a CROSS b`
    Siblings(Vec<JsonPlanNode>, Span),
}

impl JsonPlanNode {
    /// All of it, or its first name.
    pub fn span(&self) -> Span {
        match self {
            JsonPlanNode::Path(name) | JsonPlanNode::Nested(name, _) => name.span,
            JsonPlanNode::Siblings(_, span) => *span,
        }
    }
}
