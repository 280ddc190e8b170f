//! The bound query: the one tree that analyses, edits, the embedded engine and the model engine read.
//!
//! A relational tree in which every column has an id that is unique in the query, every name is resolved, every
//! implicit coercion is an explicit [`ExprKind::Cast`], and every expression has its Trino type. What is absent on
//! purpose: names to resolve, `*`, ordinals, aliases, USING, BETWEEN, simple CASE and IN over a list: they are written
//! out with what is here.

use std::sync::Arc;

#[cfg(feature = "query")]
pub mod statement;
pub mod walk;

use crate::span::Span;
use crate::types::Type;

/// A column, unique in one bound query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u32);

/// A common table expression, unique in one bound query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CteId(pub u32);

/// A query with its result columns in the order of the select list.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundQuery {
    /// Common table expressions in the order in which they may refer to each other, nested ones included.
    pub ctes: Vec<Cte>,
    /// The relation to compute. It may carry more columns than are put out.
    pub root: Rel,
    /// The result, in order.
    pub columns: Vec<OutputColumn>,
}

/// One column of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// Which column of the root it is. The same id may be put out twice.
    pub id: ColumnId,
    /// Its name; None for an expression without alias (Trino calls it `_col0`, …).
    pub name: Option<String>,
    /// Its type.
    pub ty: Type,
    /// Whether it may hold null. `false` is a proof.
    pub nullable: bool,
    /// The newtype of the declaration it comes from unchanged, such as `CustomerId`.
    pub brand: Option<Arc<str>>,
    /// Where the select item is written (for `*`: the star).
    pub span: Span,
}

/// A named subquery of WITH.
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    /// Its id.
    pub id: CteId,
    /// Its name as written.
    pub name: String,
    /// Where its name is written.
    pub span: Span,
    /// What it computes: exactly the columns that references map from.
    pub rel: Rel,
    /// Its columns in order.
    pub columns: Vec<ColumnId>,
    /// For WITH RECURSIVE: the recursive arm, whose columns match `columns` by position. It refers to the CTE itself
    /// by [`RelKind::CteRef`].
    pub recursive: Option<Box<RecursiveArm>>,
}

/// The second arm of a recursive CTE.
#[derive(Clone, Debug, PartialEq)]
pub struct RecursiveArm {
    /// What is computed from the rows of the step before.
    pub rel: Rel,
    /// Its columns, by position like those of the CTE.
    pub columns: Vec<ColumnId>,
    /// UNION without ALL: rows that are there already are left out.
    pub distinct: bool,
}

/// A relation with the place it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Rel {
    /// What it is.
    pub kind: RelKind,
    /// Where it is written.
    pub span: Span,
}

/// The relational operators.
#[derive(Clone, Debug, PartialEq)]
pub enum RelKind {
    /// Rows of a table or of a referenced model; all columns of its schema, in order.
    Scan(Scan),
    /// Literal rows. One row without columns stands for a query without FROM.
    Values {
        /// The columns.
        columns: Vec<Column>,
        /// Expressions of exactly the columns' types.
        rows: Vec<Vec<Expr>>,
    },
    /// Exactly these columns and no others.
    Project {
        /// Input.
        input: Box<Rel>,
        /// New columns; a pass-through is an [`ExprKind::Column`] under the same id.
        columns: Vec<(ColumnId, Expr)>,
    },
    /// Rows for which the predicate is true.
    Filter {
        /// Input.
        input: Box<Rel>,
        /// Boolean.
        predicate: Expr,
    },
    /// All columns of both sides.
    Join {
        /// Which rows are kept.
        kind: JoinKind,
        /// Left side.
        left: Box<Rel>,
        /// Right side; it refers to columns of the left one if `lateral`.
        right: Box<Rel>,
        /// Boolean; None for a cross join.
        on: Option<Expr>,
        /// Whether the right side is evaluated for each row of the left one.
        lateral: bool,
    },
    /// Groups. Output: the group columns and the aggregates.
    Aggregate {
        /// Input.
        input: Box<Rel>,
        /// Grouping expressions with their ids: a plain column keeps its own id, anything else has a new one. Under an
        /// outer grouping set they are null.
        groups: Vec<(ColumnId, Expr)>,
        /// Sets of positions in `groups`; a plain GROUP BY has one set with all, a global aggregate one empty set.
        sets: Vec<Vec<usize>>,
        /// The aggregates.
        aggregates: Vec<(ColumnId, AggregateCall)>,
        /// `grouping(…)` calls: the id, and positions in `groups`, first argument in the highest bit (bigint).
        groupings: Vec<(ColumnId, Vec<usize>)>,
    },
    /// Adds window functions to the input's columns.
    Window {
        /// Input.
        input: Box<Rel>,
        /// The calls.
        calls: Vec<(ColumnId, WindowCall)>,
    },
    /// Distinct rows over all columns of the input.
    Distinct {
        /// Input.
        input: Box<Rel>,
    },
    /// Ordered rows. The order holds for a limit directly above it and for the result.
    Sort {
        /// Input.
        input: Box<Rel>,
        /// Keys, most important first.
        keys: Vec<SortKey>,
    },
    /// Some of the rows.
    Limit {
        /// Input.
        input: Box<Rel>,
        /// Rows to leave out first.
        offset: u64,
        /// Rows to keep; None keeps all.
        limit: Option<u64>,
        /// FETCH FIRST … WITH TIES; the input is a [`RelKind::Sort`].
        with_ties: bool,
    },
    /// UNION, INTERSECT, EXCEPT by position; both sides have been cast to the same types.
    SetOp {
        /// Which.
        op: SetOp,
        /// ALL (true) or DISTINCT.
        all: bool,
        /// Left side and its columns in order.
        left: Box<Rel>,
        /// Columns of the left side.
        left_columns: Vec<ColumnId>,
        /// Right side and its columns in order.
        right: Box<Rel>,
        /// Columns of the right side.
        right_columns: Vec<ColumnId>,
        /// The new columns.
        columns: Vec<Column>,
    },
    /// Input's columns, and one row for each element (arrays and maps in parallel, padded with nulls).
    Unnest {
        /// Input, whose columns the collections may use.
        input: Box<Rel>,
        /// Arrays (one column each, one a field for arrays of rows) and maps (two columns).
        collections: Vec<Expr>,
        /// New columns of each collection.
        columns: Vec<Vec<Column>>,
        /// WITH ORDINALITY: a bigint from 1.
        ordinality: Option<ColumnId>,
        /// LEFT JOIN UNNEST … ON true: keep input rows without elements.
        outer: bool,
    },
    /// The rows of a CTE under new ids.
    CteRef {
        /// Which.
        cte: CteId,
        /// New id and the CTE's own id, for each column.
        columns: Vec<(ColumnId, ColumnId)>,
    },
    /// TABLESAMPLE.
    Sample {
        /// Input.
        input: Box<Rel>,
        /// Per cent.
        percentage: Box<Expr>,
        /// SYSTEM (true) or BERNOULLI.
        system: bool,
    },
    /// MATCH_RECOGNIZE, JSON_TABLE or a table function.
    Opaque(Box<Opaque>),
}

/// A relation of which all is known but how its rows come about: for that there is only the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Opaque {
    /// How messages call it.
    pub what: String,
    /// The relations that it reads. Their columns are not put out.
    pub inputs: Vec<Rel>,
    /// What it computes from their columns, or from those around it if it is lateral.
    pub args: Vec<Expr>,
    /// The new columns.
    pub columns: Vec<Column>,
}

/// A column with its properties.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its id.
    pub id: ColumnId,
    /// Name in its scope, if any.
    pub name: Option<String>,
    /// Type.
    pub ty: Type,
    /// Whether it may hold null.
    pub nullable: bool,
    /// Newtype of its declaration.
    pub brand: Option<Arc<str>>,
}

/// Which table a scan reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The table.
    pub table: TableName,
    /// All columns of the schema it was bound against, in order. Names are always present.
    pub columns: Vec<Column>,
    /// Time travel.
    pub version: Option<Box<Version>>,
}

/// How a table was named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TableName {
    /// By a placeholder of a template: `{orders}` or `{raw.orders}`. What stands between the braces.
    Reference(String),
    /// By a plain name, parts as written, without quotes; the last part may be `t$snapshots`.
    Named(Vec<String>),
}

/// FOR VERSION AS OF / FOR TIMESTAMP AS OF.
#[derive(Clone, Debug, PartialEq)]
pub enum Version {
    /// A snapshot id (bigint) or the name of a branch or tag (varchar).
    Version(Expr),
    /// A moment.
    Timestamp(Expr),
}

/// Which rows a join keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// Matching pairs.
    Inner,
    /// And left rows without a match.
    Left,
    /// And right rows without a match.
    Right,
    /// Both.
    Full,
}

/// Set operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetOp {
    /// UNION
    Union,
    /// INTERSECT
    Intersect,
    /// EXCEPT
    Except,
}

/// One key of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// What to order by.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
    /// Trino's default is nulls last in both directions.
    pub nulls_first: bool,
}

/// An aggregate function over the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// Function of the catalogue, canonical lower-case name. `count` without arguments is `count(*)`.
    pub function: &'static str,
    /// Arguments, already cast to the signature's types; lambdas last.
    pub args: Vec<Expr>,
    /// DISTINCT.
    pub distinct: bool,
    /// FILTER (WHERE …).
    pub filter: Option<Expr>,
    /// ORDER BY inside the call, or WITHIN GROUP.
    pub order_by: Vec<SortKey>,
    /// Result type.
    pub ty: Type,
    /// Whether the result may be null.
    pub nullable: bool,
    /// Where.
    pub span: Span,
}

/// A function over a window.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowCall {
    /// Aggregate or window function of the catalogue; `measure` for a measure of the frame's row pattern, its argument.
    pub function: &'static str,
    /// Arguments.
    pub args: Vec<Expr>,
    /// DISTINCT.
    pub distinct: bool,
    /// IGNORE NULLS.
    pub ignore_nulls: bool,
    /// FILTER (WHERE …).
    pub filter: Option<Expr>,
    /// ORDER BY inside the call, or WITHIN GROUP.
    pub argument_order: Vec<SortKey>,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<SortKey>,
    /// The frame; None is Trino's default (RANGE UNBOUNDED PRECEDING to CURRENT ROW; all rows without ORDER BY).
    pub frame: Option<Frame>,
    /// Result type.
    pub ty: Type,
    /// Whether the result may be null.
    pub nullable: bool,
    /// Where.
    pub span: Span,
}

/// Frame of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// What the bounds count.
    pub unit: FrameUnit,
    /// First row.
    pub start: FrameBound,
    /// Last row.
    pub end: FrameBound,
    /// Conditions and measures of a row pattern that cuts the frame; empty without one.
    pub pattern: Vec<Expr>,
}

/// What the bounds of a frame count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameUnit {
    /// ROWS
    Rows,
    /// RANGE
    Range,
    /// GROUPS
    Groups,
}

/// Bound of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING
    UnboundedPreceding,
    /// n PRECEDING
    Preceding(Box<Expr>),
    /// CURRENT ROW
    CurrentRow,
    /// n FOLLOWING
    Following(Box<Expr>),
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing,
}

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Whether it may be null. `false` is a proof.
    pub nullable: bool,
    /// Where it is written. An inserted cast has the span of what it converts.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A column of the input; or of an outer query if the input does not have it (correlation).
    Column(ColumnId),
    /// A constant.
    Literal(Literal),
    /// A scalar function of the catalogue, arguments cast to its signature; operators of arithmetic and `||` are
    /// functions too: `add`, `subtract`, `multiply`, `divide`, `modulus`, `negate`, `concat`.
    Call {
        /// Canonical lower-case name.
        function: &'static str,
        /// Arguments.
        args: Vec<Expr>,
    },
    /// `(x, y) -> body` as an argument of a function.
    Lambda {
        /// Parameters as columns that only the body sees.
        parameters: Vec<Column>,
        /// Body.
        body: Box<Expr>,
    },
    /// CAST or TRY_CAST to the expression's type.
    Cast {
        /// What.
        expr: Box<Expr>,
        /// TRY_CAST: null instead of an error.
        safe: bool,
        /// Inserted by the binder.
        implicit: bool,
    },
    /// TRY(e): null instead of an error.
    Try(Box<Expr>),
    /// A comparison of two expressions of one type.
    Compare {
        /// Which.
        op: CompareOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// Conjunction in SQL's three-valued logic, two or more parts.
    And(Vec<Expr>),
    /// Disjunction.
    Or(Vec<Expr>),
    /// Negation.
    Not(Box<Expr>),
    /// IS NULL.
    IsNull(Box<Expr>),
    /// LIKE; the escape is a varchar of one character.
    Like {
        /// Value.
        value: Box<Expr>,
        /// Pattern.
        pattern: Box<Expr>,
        /// ESCAPE.
        escape: Option<Box<Expr>>,
    },
    /// Searched CASE; also IF, COALESCE and NULLIF are written out with it where that evaluates nothing twice.
    Case {
        /// Conditions and results, all results of the expression's type.
        branches: Vec<(Expr, Expr)>,
        /// ELSE; null if absent.
        otherwise: Option<Box<Expr>>,
    },
    /// COALESCE, two or more.
    Coalesce(Vec<Expr>),
    /// NULLIF: the first operand, or null if both, cast to a common type, are equal.
    NullIf {
        /// First operand, uncast.
        value: Box<Expr>,
        /// The first operand cast to the common type; compared.
        left: Box<Expr>,
        /// The second operand cast to the common type.
        right: Box<Expr>,
    },
    /// `value in (a, b)`, all of one type.
    InList {
        /// Value.
        value: Box<Expr>,
        /// Members.
        list: Vec<Expr>,
    },
    /// ARRAY[…]
    Array(Vec<Expr>),
    /// ROW(…)
    Row(Vec<Expr>),
    /// Field of a row by position from 0.
    Field {
        /// The row.
        row: Box<Expr>,
        /// Position.
        index: usize,
    },
    /// `a[i]` on arrays (fails out of bounds) and maps (fails on a missing key).
    Subscript {
        /// Array or map.
        base: Box<Expr>,
        /// Index from 1, or key.
        index: Box<Expr>,
    },
    /// AT TIME ZONE.
    AtTimeZone {
        /// Value.
        value: Box<Expr>,
        /// Zone: varchar or interval.
        zone: Box<Expr>,
    },
    /// A scalar subquery of one column: null without rows, an error with several.
    Scalar(Box<Subquery>),
    /// EXISTS.
    Exists(Box<Subquery>),
    /// `value in (query)`; both sides of one type.
    InQuery {
        /// Value; a row for several columns.
        value: Box<Expr>,
        /// Query.
        query: Box<Subquery>,
    },
    /// `value op ALL|ANY (query)`.
    Quantified {
        /// Comparison.
        op: CompareOp,
        /// ALL (true) or ANY.
        all: bool,
        /// Value.
        value: Box<Expr>,
        /// Query.
        query: Box<Subquery>,
    },
    /// A run parameter of a template: `{now}` (timestamp(6) with time zone) or `{first_run}` (boolean), if it has no
    /// value yet.
    Parameter(Parameter),
}

/// Parameters of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// The moment of the run.
    Now,
    /// Whether the model's table does not exist yet.
    FirstRun,
}

/// A query inside an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// What it computes.
    pub rel: Rel,
    /// Its result columns.
    pub columns: Vec<ColumnId>,
    /// Whether one of them may be null. `false` is a proof.
    pub nullable: bool,
    /// Columns of outer queries that it uses.
    pub outer: Vec<ColumnId>,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// IS DISTINCT FROM; never null
    Distinct,
    /// IS NOT DISTINCT FROM; never null
    NotDistinct,
}

/// A constant; its type is that of the expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// null
    Null,
    /// boolean
    Boolean(bool),
    /// tinyint, smallint, integer, bigint
    Integer(i64),
    /// decimal: the digits without the point; the scale is the type's
    Decimal(i128),
    /// real and double
    Double(f64),
    /// varchar, char, json, uuid, ipaddress
    Text(Arc<str>),
    /// varbinary
    Bytes(Arc<[u8]>),
    /// date: days since 1970-01-01
    Date(i32),
    /// time(p): picoseconds since midnight
    Time(i64),
    /// timestamp(p): microseconds since 1970-01-01T00:00:00, and picoseconds within it (p > 6)
    Timestamp(i64, u32),
    /// timestamp(p) with time zone: microseconds since the epoch in UTC, picoseconds within, and the zone as written
    TimestampTz(i64, u32, Arc<str>),
    /// time(p) with time zone: picoseconds since midnight, offset in minutes
    TimeTz(i64, i32),
    /// interval year to month, in months
    Months(i32),
    /// interval day to second, in milliseconds
    Millis(i64),
}
