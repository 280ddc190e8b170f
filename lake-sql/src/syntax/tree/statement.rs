//! Statements.

use super::{Expr, Ident, Name, Query, Relation, TypeName};
use crate::span::Span;

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What.
    pub kind: StatementKind,
    /// All of it.
    pub span: Span,
}

/// Kinds of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// A query.
    Query(Query),
    /// CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name [(columns)] WITH (…) AS query [WITH [NO] DATA]
    CreateTableAs {
        /// Name.
        name: Name,
        /// OR REPLACE.
        replace: bool,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// Column names.
        columns: Vec<Ident>,
        /// COMMENT.
        comment: Option<String>,
        /// WITH.
        properties: Vec<(Ident, Expr)>,
        /// AS.
        query: Query,
        /// WITH DATA (true).
        with_data: bool,
    },
    /// CREATE TABLE name (column type [NOT NULL], …) WITH (…)
    CreateTable {
        /// Name.
        name: Name,
        /// OR REPLACE.
        replace: bool,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// Columns.
        columns: Vec<ColumnDefinition>,
        /// Keys, which only declarations have.
        keys: Vec<Key>,
        /// COMMENT.
        comment: Option<String>,
        /// WITH.
        properties: Vec<(Ident, Expr)>,
    },
    /// CREATE EXTERNAL TABLE, and CREATE TABLE in Hive's grammar
    CreateHiveTable {
        /// Name.
        name: Name,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// Columns, those of its partitions last.
        columns: Vec<ColumnDefinition>,
    },
    /// CREATE [OR REPLACE] VIEW name [COMMENT text] AS query
    CreateView {
        /// Name.
        name: Name,
        /// OR REPLACE.
        replace: bool,
        /// COMMENT.
        comment: Option<String>,
        /// AS.
        query: Query,
    },
    /// CREATE SCHEMA [IF NOT EXISTS] name
    CreateSchema {
        /// Name.
        name: Name,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// DROP TABLE | VIEW | SCHEMA [IF EXISTS] name [CASCADE]
    Drop {
        /// What.
        object: ObjectKind,
        /// IF EXISTS.
        if_exists: bool,
        /// Name.
        name: Name,
        /// CASCADE, of a schema.
        cascade: bool,
    },
    /// ALTER VIEW name RENAME TO name
    RenameView {
        /// The view.
        from: Name,
        /// Its new name.
        to: Name,
    },
    /// COMMENT ON TABLE | VIEW | COLUMN name IS text
    Comment {
        /// What the comment is on.
        on: Commented,
        /// Its name; of a column, the table's and the column's.
        name: Name,
        /// The comment; NULL removes it.
        text: Option<String>,
    },
    /// ALTER TABLE name …
    AlterTable {
        /// IF EXISTS.
        if_exists: bool,
        /// Name.
        name: Name,
        /// What to change.
        action: AlterAction,
    },
    /// INSERT INTO name [(columns)] query
    Insert {
        /// Name.
        name: Name,
        /// Columns.
        columns: Vec<Ident>,
        /// What.
        query: Query,
    },
    /// UPDATE name SET a = b WHERE …
    Update {
        /// Name.
        name: Name,
        /// SET.
        assignments: Vec<(Ident, Expr)>,
        /// WHERE.
        filter: Option<Expr>,
    },
    /// DELETE FROM name WHERE …
    Delete {
        /// Name.
        name: Name,
        /// WHERE.
        filter: Option<Expr>,
    },
    /// TRUNCATE TABLE name
    Truncate {
        /// Name.
        name: Name,
    },
    /// MERGE INTO name [alias] USING relation ON condition WHEN …
    Merge {
        /// Target.
        name: Name,
        /// Its alias.
        alias: Option<Ident>,
        /// Source.
        source: Relation,
        /// ON.
        on: Expr,
        /// WHEN.
        clauses: Vec<MergeClause>,
    },
    /// EXPLAIN statement
    Explain {
        /// What is explained.
        statement: Box<Statement>,
        /// What comes out.
        result: Explanation,
    },
    /// PREPARE name FROM statement
    Prepare {
        /// Name.
        name: Ident,
        /// What is prepared.
        statement: Box<Statement>,
    },
    /// EXECUTE name, or EXECUTE IMMEDIATE text
    Execute {
        /// The statement of IMMEDIATE.
        text: Option<String>,
        /// USING.
        args: Vec<Expr>,
    },
    /// MSCK REPAIR TABLE, OPTIMIZE, VACUUM
    Maintain {
        /// Which.
        what: &'static str,
        /// Table.
        name: Name,
        /// WHERE.
        filter: Option<Expr>,
    },
    /// UNLOAD (query) TO location WITH (…)
    Unload {
        /// The rows.
        query: Query,
        /// TO.
        location: String,
        /// WITH.
        properties: Vec<(Ident, Expr)>,
    },
    /// SHOW STATS FOR (query)
    ShowStats(Query),
    /// DESCRIBE INPUT (true) or OUTPUT of a prepared statement
    DescribePrepared {
        /// INPUT.
        input: bool,
    },
    /// CALL catalog.schema.procedure(a => b, c)
    Call {
        /// The procedure.
        procedure: Name,
        /// Its arguments, with or without name.
        arguments: Vec<(Option<Ident>, Expr)>,
    },
    /// Any other statement, kept as text: its first word in lower case.
    Other(&'static str),
    /// SHOW TABLES | SCHEMAS | COLUMNS | CREATE … [FROM name] [LIKE pattern]
    Show {
        /// What, in lower case.
        words: Vec<String>,
        /// Of what.
        name: Option<Name>,
        /// LIKE, with the character of ESCAPE.
        like: Option<(String, Option<String>)>,
    },
    /// DESCRIBE name
    Describe(Name),
}

/// What EXPLAIN gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// A plan.
    Plan,
    /// A plan with what happened: EXPLAIN ANALYZE.
    Analyze,
    /// Whether the statement is right: TYPE VALIDATE.
    Validate,
}

/// What DROP and RENAME are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// TABLE
    Table,
    /// VIEW
    View,
    /// SCHEMA
    Schema,
}

/// What COMMENT is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commented {
    /// TABLE
    Table,
    /// VIEW
    View,
    /// COLUMN
    Column,
}

/// One column of CREATE TABLE.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDefinition {
    /// Name.
    pub name: Ident,
    /// Type.
    pub ty: TypeName,
    /// DEFAULT.
    pub default: Option<Expr>,
    /// NOT NULL.
    pub not_null: bool,
    /// COMMENT.
    pub comment: Option<String>,
    /// All of it.
    pub span: Span,
}

/// `PRIMARY KEY (a, b)` or `UNIQUE (a)` of a table that is only declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Columns.
    pub columns: Vec<Ident>,
    /// Where it is written.
    pub span: Span,
}

/// Changes of ALTER TABLE.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterAction {
    /// RENAME TO
    RenameTo(Name),
    /// ADD COLUMN [IF NOT EXISTS]
    AddColumn {
        /// The column or field that it becomes a field of, from the outside in; empty for a column.
        within: Vec<Ident>,
        /// The column.
        column: ColumnDefinition,
        /// IF NOT EXISTS.
        if_not_exists: bool,
        /// Where it goes.
        place: ColumnPlace,
    },
    /// DROP COLUMN [IF EXISTS]
    DropColumn {
        /// The column, or a field in one.
        column: Name,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// RENAME COLUMN [IF EXISTS] a TO b
    RenameColumn {
        /// The column, or a field in one.
        from: Name,
        /// Its new name.
        to: Ident,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// ALTER COLUMN a SET DATA TYPE t
    SetColumnType(Name, TypeName),
    /// ALTER COLUMN a DROP NOT NULL
    DropNotNull(Ident),
    /// SET PROPERTIES a = b
    SetProperties(Vec<(Ident, Expr)>),
    /// EXECUTE procedure(a => b, c)
    Execute(Ident, Vec<(Option<Ident>, Expr)>),
    /// ADD COLUMNS (…)
    AddColumns(Vec<ColumnDefinition>),
    /// REPLACE COLUMNS (…)
    ReplaceColumns(Vec<ColumnDefinition>),
    /// CHANGE [COLUMN] a b type
    ChangeColumn(Ident, ColumnDefinition),
    /// Partitions, location or properties in Hive's grammar, kept as text.
    Storage,
}

/// Where an added column goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnPlace {
    /// FIRST
    First,
    /// LAST, or nothing said.
    Last,
    /// AFTER a
    After(Ident),
}

/// WHEN [NOT] MATCHED [AND condition] THEN …
#[derive(Clone, Debug, PartialEq)]
pub struct MergeClause {
    /// MATCHED (true) or NOT MATCHED.
    pub matched: bool,
    /// AND.
    pub condition: Option<Expr>,
    /// THEN.
    pub action: MergeAction,
    /// All of it.
    pub span: Span,
}

/// THEN of a merge clause.
#[derive(Clone, Debug, PartialEq)]
pub enum MergeAction {
    /// UPDATE SET a = b
    Update(Vec<(Ident, Expr)>),
    /// DELETE
    Delete,
    /// INSERT [(columns)] VALUES (values)
    Insert(Vec<Ident>, Vec<Expr>),
}
