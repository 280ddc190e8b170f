//! Bound statements: what engines that run the bound tree themselves execute.

use super::{BoundQuery, Column, Cte, Expr, Rel};
use crate::types::Type;

/// A statement in which every name is resolved and every conversion on assignment is an explicit cast.
#[derive(Clone, Debug, PartialEq)]
pub enum BoundStatement {
    /// A query.
    Query(BoundQuery),
    /// CREATE TABLE … AS
    CreateTableAs(CreateTableAs),
    /// CREATE VIEW
    CreateView(CreateView),
    /// INSERT
    Insert(Insert),
    /// UPDATE
    Update(Update),
    /// DELETE
    Delete(Delete),
    /// MERGE
    Merge(Merge),
}

/// `CREATE [OR REPLACE] TABLE [IF NOT EXISTS] … AS query`. Properties are read from the syntax tree.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTableAs {
    /// Parts of the table's name as written.
    pub table: Vec<String>,
    /// OR REPLACE.
    pub replace: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// The new table's columns, one for each column of the query: name, type, nullable.
    pub columns: Vec<(String, Type, bool)>,
    /// The rows.
    pub query: BoundQuery,
    /// WITH DATA.
    pub with_data: bool,
}

/// `CREATE [OR REPLACE] VIEW … AS query`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    /// Parts of the view's name as written.
    pub view: Vec<String>,
    /// OR REPLACE.
    pub replace: bool,
    /// Its columns: name, type, nullable.
    pub columns: Vec<(String, Type, bool)>,
    /// What it computes.
    pub query: BoundQuery,
    /// Where the query is written in the statement's text.
    pub text: crate::span::Span,
}

/// The table that a statement changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Parts of its name as written.
    pub table: Vec<String>,
    /// All of its columns, with the ids under which expressions read the row that is changed.
    pub columns: Vec<Column>,
}

/// `INSERT INTO table (columns) query`.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The table.
    pub target: Target,
    /// For each column of the query, its position in the table. Columns that are not named become null.
    pub positions: Vec<usize>,
    /// The rows, cast to the types of the table's columns.
    pub query: BoundQuery,
}

/// `UPDATE table SET … WHERE …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The table.
    pub target: Target,
    /// CTEs of subqueries.
    pub ctes: Vec<Cte>,
    /// Position in the table, and the new value over the old row.
    pub assignments: Vec<(usize, Expr)>,
    /// Which rows; None is all.
    pub filter: Option<Expr>,
}

/// `DELETE FROM table WHERE …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// The table.
    pub target: Target,
    /// CTEs of subqueries.
    pub ctes: Vec<Cte>,
    /// Which rows; None is all.
    pub filter: Option<Expr>,
}

/// `MERGE INTO table USING source ON … WHEN …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Merge {
    /// The table.
    pub target: Target,
    /// CTEs of the source and of subqueries.
    pub ctes: Vec<Cte>,
    /// The source.
    pub source: Rel,
    /// Columns of the source that expressions may read.
    pub source_columns: Vec<Column>,
    /// Boolean, over columns of the target and of the source.
    pub on: Expr,
    /// In the order in which they are tried; the first one that applies to a row is taken.
    pub clauses: Vec<MergeClause>,
}

/// WHEN … THEN … of a MERGE.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeClause {
    /// MATCHED (true), or NOT MATCHED.
    pub matched: bool,
    /// AND …; over both sides if matched, over the source if not.
    pub condition: Option<Expr>,
    /// What to do with the row.
    pub action: MergeAction,
}

/// THEN of a MERGE.
#[derive(Clone, Debug, PartialEq)]
pub enum MergeAction {
    /// UPDATE SET: position in the table, value over both sides.
    Update(Vec<(usize, Expr)>),
    /// DELETE
    Delete,
    /// INSERT: position in the table, value over the source. Columns that are not named become null.
    Insert(Vec<(usize, Expr)>),
}
