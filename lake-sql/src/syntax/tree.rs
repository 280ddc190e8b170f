//! The syntax tree. Names and literals are as written; nothing is resolved.

use crate::span::Span;

mod json_table;
mod row_pattern;
#[cfg(feature = "query")]
mod statement;

pub use json_table::{JsonColumn, JsonColumnKind, JsonPlan, JsonPlanNode, JsonTable};
pub use row_pattern::{MatchRecognize, Pattern, Quantifier, RowPattern, RowsPerMatch};
#[cfg(feature = "query")]
pub use statement::{
    AlterAction, ColumnDefinition, ColumnPlace, Commented, Explanation, Key, MergeAction, MergeClause, ObjectKind,
    Statement, StatementKind,
};

/// A name as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// Without quotes; case kept.
    pub value: String,
    /// Whether it stood in double quotes.
    pub quoted: bool,
    /// With the quotes.
    pub span: Span,
}

impl Ident {
    /// How SQL compares it where case matters: upper case, unless it is quoted.
    pub fn canonical(&self) -> String {
        if self.quoted { self.value.clone() } else { self.value.to_uppercase() }
    }
}

/// A dotted name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// At least one part.
    pub parts: Vec<Ident>,
    /// From the first part to the last.
    pub span: Span,
}

/// `{orders}`, `{raw.orders}` or `{with_tax(o.net)}` in a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Placeholder {
    /// What stands between the braces, before any parenthesis.
    pub name: String,
    /// Arguments of a helper; None without parentheses.
    pub args: Option<Vec<Expr>>,
    /// With the braces.
    pub span: Span,
    /// The name alone.
    pub name_span: Span,
}

/// `[WITH …] body [ORDER BY …] [OFFSET …] [LIMIT | FETCH …]`
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// WITH.
    pub with: Option<With>,
    /// What is computed.
    pub body: QueryBody,
    /// ORDER BY.
    pub order_by: Vec<SortItem>,
    /// OFFSET n ROWS.
    pub offset: Option<Expr>,
    /// LIMIT or FETCH FIRST.
    pub limit: Option<Limit>,
    /// All of it.
    pub span: Span,
}

/// WITH.
#[derive(Clone, Debug, PartialEq)]
pub struct With {
    /// RECURSIVE.
    pub recursive: bool,
    /// The named queries.
    pub queries: Vec<NamedQuery>,
    /// From WITH to the last closing parenthesis.
    pub span: Span,
}

/// `name [(columns)] AS (query)`
#[derive(Clone, Debug, PartialEq)]
pub struct NamedQuery {
    /// Name.
    pub name: Ident,
    /// Column names; empty if not given.
    pub columns: Vec<Ident>,
    /// Query.
    pub query: Query,
    /// All of it.
    pub span: Span,
}

/// Limit of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// LIMIT n
    Limit(Expr),
    /// LIMIT ALL
    All(Span),
    /// FETCH FIRST n ROWS ONLY | WITH TIES; None means one row.
    Fetch {
        /// How many.
        count: Option<Expr>,
        /// WITH TIES.
        with_ties: bool,
        /// All of it.
        span: Span,
    },
}

/// What a query computes.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryBody {
    /// SELECT …
    Select(Box<Select>),
    /// UNION, INTERSECT, EXCEPT
    SetOp {
        /// Which.
        op: SetOp,
        /// ALL.
        all: bool,
        /// Left.
        left: Box<QueryBody>,
        /// Right.
        right: Box<QueryBody>,
        /// All of it.
        span: Span,
    },
    /// VALUES row, row. Each row is an expression: `1`, `(1, 2)`, `row(1, 2)`.
    Values {
        /// Rows.
        rows: Vec<Expr>,
        /// All of it.
        span: Span,
    },
    /// TABLE name
    Table {
        /// Which.
        name: Name,
        /// All of it.
        span: Span,
    },
    /// ( query ); the span has the parentheses.
    Parenthesized(Box<Query>, Span),
    /// What stands where a syntax error was; it was reported.
    Error(Span),
}

impl QueryBody {
    /// All of it.
    pub fn span(&self) -> Span {
        match self {
            QueryBody::Select(select) => select.span,
            QueryBody::SetOp { span, .. }
            | QueryBody::Values { span, .. }
            | QueryBody::Table { span, .. }
            | QueryBody::Parenthesized(_, span)
            | QueryBody::Error(span) => *span,
        }
    }
}

/// Set operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOp {
    /// UNION
    Union,
    /// INTERSECT
    Intersect,
    /// EXCEPT
    Except,
}

/// SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW …
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// DISTINCT.
    pub distinct: bool,
    /// The select list.
    pub items: Vec<SelectItem>,
    /// FROM: comma-separated relations.
    pub from: Vec<Relation>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// GROUP BY.
    pub group_by: Option<GroupBy>,
    /// HAVING.
    pub having: Option<Expr>,
    /// WINDOW name AS (…)
    pub windows: Vec<(Ident, WindowSpec)>,
    /// All of it.
    pub span: Span,
}

/// One item of a select list.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// An expression.
    Expr {
        /// What.
        expr: Expr,
        /// Its name.
        alias: Option<Ident>,
    },
    /// `*`
    Star(Span),
    /// `t.*` or `expr.* [AS (a, b)]`
    QualifiedStar {
        /// Name or row expression before the star.
        base: Expr,
        /// New names.
        aliases: Vec<Ident>,
        /// All of it.
        span: Span,
    },
}

/// GROUP BY.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupBy {
    /// GROUP BY DISTINCT.
    pub distinct: bool,
    /// GROUP BY AUTO (newer Trino).
    pub auto: bool,
    /// Elements.
    pub elements: Vec<GroupingElement>,
    /// All of it.
    pub span: Span,
}

/// Element of GROUP BY.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupingElement {
    /// `a` or `(a, b)`: one set.
    Simple(Vec<Expr>, Span),
    /// ROLLUP
    Rollup(Vec<Vec<Expr>>, Span),
    /// CUBE
    Cube(Vec<Vec<Expr>>, Span),
    /// GROUPING SETS
    Sets(Vec<Vec<Expr>>, Span),
}

/// A relation of FROM.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// What.
    pub kind: RelationKind,
    /// All of it.
    pub span: Span,
}

/// Kinds of relations.
#[derive(Clone, Debug, PartialEq)]
pub enum RelationKind {
    /// A table by name, with time travel.
    Table {
        /// Which.
        name: Name,
        /// FOR VERSION | TIMESTAMP AS OF.
        version: Option<Box<TableVersion>>,
    },
    /// `{orders}`
    Placeholder {
        /// Which.
        placeholder: Placeholder,
        /// FOR VERSION | TIMESTAMP AS OF.
        version: Option<Box<TableVersion>>,
    },
    /// `( query )`
    Subquery(Box<Query>),
    /// `LATERAL ( query )`
    Lateral(Box<Query>),
    /// `UNNEST(…) [WITH ORDINALITY]`
    Unnest {
        /// Collections.
        args: Vec<Expr>,
        /// WITH ORDINALITY.
        ordinality: bool,
    },
    /// `TABLE(f(…))`
    TableFunction {
        /// Which.
        name: Name,
        /// Arguments: name, value.
        args: Vec<(Option<Ident>, TableArgument)>,
    },
    /// `relation [AS] alias [(columns)]`
    Aliased {
        /// What.
        relation: Box<Relation>,
        /// Name.
        alias: Ident,
        /// Column names.
        columns: Vec<Ident>,
    },
    /// `relation TABLESAMPLE method (percentage)`
    Sample {
        /// What.
        relation: Box<Relation>,
        /// SYSTEM (true) or BERNOULLI.
        system: bool,
        /// Per cent.
        percentage: Box<Expr>,
    },
    /// A join.
    Join {
        /// Which.
        kind: JoinKind,
        /// Left.
        left: Box<Relation>,
        /// Right.
        right: Box<Relation>,
        /// Condition.
        condition: JoinCondition,
    },
    /// `( relation )`
    Parenthesized(Box<Relation>),
    /// JSON_TABLE(…)
    JsonTable(Box<JsonTable>),
    /// relation MATCH_RECOGNIZE (…)
    MatchRecognize(Box<MatchRecognize>),
    /// What stands where a syntax error was; it was reported.
    Error,
}

/// Argument of a table function.
#[derive(Clone, Debug, PartialEq)]
pub enum TableArgument {
    /// A value.
    Expr(Expr),
    /// TABLE(t) or TABLE(query).
    Table(Box<InputTable>),
    /// DESCRIPTOR(a, b type)
    Descriptor(Vec<(Ident, Option<TypeName>)>, Span),
}

impl TableArgument {
    /// All of it.
    pub fn span(&self) -> Span {
        match self {
            TableArgument::Expr(expr) => expr.span,
            TableArgument::Table(table) => table.span,
            TableArgument::Descriptor(_, span) => *span,
        }
    }
}

/// `TABLE(t) [alias] [PARTITION BY …] [PRUNE | KEEP WHEN EMPTY] [ORDER BY …]`
#[derive(Clone, Debug, PartialEq)]
pub struct InputTable {
    /// The rows.
    pub relation: Relation,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<SortItem>,
    /// All of it.
    pub span: Span,
}

/// FOR VERSION | TIMESTAMP AS OF.
#[derive(Clone, Debug, PartialEq)]
pub struct TableVersion {
    /// TIMESTAMP (true) or VERSION.
    pub timestamp: bool,
    /// As of what.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

/// Kinds of joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// CROSS JOIN
    Cross,
    /// INNER JOIN
    Inner,
    /// LEFT JOIN
    Left,
    /// RIGHT JOIN
    Right,
    /// FULL JOIN
    Full,
}

/// Condition of a join.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    /// None: CROSS JOIN.
    None,
    /// ON
    On(Expr),
    /// USING (a, b)
    Using(Vec<Ident>),
    /// NATURAL
    Natural,
}

/// Key of ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub struct SortItem {
    /// By what.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST (true) or LAST.
    pub nulls_first: Option<bool>,
    /// All of it.
    pub span: Span,
}

/// `( [name] PARTITION BY … ORDER BY … frame )`
#[derive(Clone, Debug, PartialEq)]
pub struct WindowSpec {
    /// A named window that it extends.
    pub base: Option<Ident>,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<SortItem>,
    /// Frame.
    pub frame: Option<Frame>,
    /// All of it.
    pub span: Span,
}

/// OVER name or OVER (…)
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// By name.
    Named(Ident),
    /// In place.
    Spec(WindowSpec),
}

/// Frame of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// ROWS, RANGE, GROUPS.
    pub unit: FrameUnit,
    /// Start.
    pub start: FrameBound,
    /// End; None: CURRENT ROW.
    pub end: Option<FrameBound>,
    /// MEASURES, PATTERN and what belongs to them.
    pub pattern: Option<Box<RowPattern>>,
    /// All of it.
    pub span: Span,
}

/// What a frame counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    UnboundedPreceding(Span),
    /// n PRECEDING
    Preceding(Box<Expr>),
    /// CURRENT ROW
    CurrentRow(Span),
    /// n FOLLOWING
    Following(Box<Expr>),
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing(Span),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What.
    pub kind: ExprKind,
    /// All of it, parentheses around it not included.
    pub span: Span,
}

/// Kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// null, true, 1, 1.5, 1e0, 'a', U&'…', X'…', date '…', interval '…' day
    Literal(Literal),
    /// `a`
    Column(Ident),
    /// `base.field`; the base may turn out to be a relation.
    Field(Box<Expr>, Ident),
    /// `{now}`, `{first_run}`, `{helper(a)}`
    Placeholder(Placeholder),
    /// `?`
    Parameter,
    /// `-a`, `+a`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`, `a || b`, `a = b`, `a and b`; the third part is the span of the operator.
    Binary(Box<Expr>, BinaryOp, Span, Box<Expr>),
    /// NOT a
    Not(Box<Expr>),
    /// a IS [NOT] NULL
    IsNull(Box<Expr>, bool),
    /// a IS [NOT] TRUE | FALSE | UNKNOWN; None is UNKNOWN. The last part: NOT.
    IsTruth(Box<Expr>, Option<bool>, bool),
    /// a IS [NOT] DISTINCT FROM b
    IsDistinct(Box<Expr>, Box<Expr>, bool),
    /// a [NOT] BETWEEN [SYMMETRIC | ASYMMETRIC] b AND c
    Between {
        /// a
        value: Box<Expr>,
        /// b
        low: Box<Expr>,
        /// c
        high: Box<Expr>,
        /// NOT
        negated: bool,
        /// SYMMETRIC
        symmetric: bool,
    },
    /// a [NOT] IN (b, c)
    InList {
        /// a
        value: Box<Expr>,
        /// b, c
        list: Vec<Expr>,
        /// NOT
        negated: bool,
    },
    /// a [NOT] IN (query)
    InQuery {
        /// a
        value: Box<Expr>,
        /// query
        query: Box<Query>,
        /// NOT
        negated: bool,
    },
    /// a [NOT] LIKE b [ESCAPE c]
    Like {
        /// a
        value: Box<Expr>,
        /// b
        pattern: Box<Expr>,
        /// c
        escape: Option<Box<Expr>>,
        /// NOT
        negated: bool,
    },
    /// a op ALL | ANY | SOME (query)
    Quantified {
        /// a
        value: Box<Expr>,
        /// =, <>, <, <=, >, >=
        op: BinaryOp,
        /// ALL (true), ANY or SOME
        all: bool,
        /// query
        query: Box<Query>,
    },
    /// EXISTS (query)
    Exists(Box<Query>),
    /// (query)
    Subquery(Box<Query>),
    /// (a)
    Parenthesized(Box<Expr>),
    /// (a, b) without ROW
    Tuple(Vec<Expr>),
    /// ROW(a, b AS name)
    Row(Vec<(Expr, Option<Ident>)>),
    /// ARRAY[a, b]
    Array(Vec<Expr>),
    /// a[i]
    Subscript(Box<Expr>, Box<Expr>),
    /// CASE operand WHEN … or CASE WHEN …
    Case {
        /// Operand.
        operand: Option<Box<Expr>>,
        /// WHEN, THEN.
        branches: Vec<(Expr, Expr)>,
        /// ELSE.
        otherwise: Option<Box<Expr>>,
    },
    /// CAST(a AS type), TRY_CAST
    Cast {
        /// a
        expr: Box<Expr>,
        /// type
        ty: TypeName,
        /// TRY_CAST
        safe: bool,
    },
    /// f(a, b) with everything that may follow
    Call(Box<Call>),
    /// x -> body, (x, y) -> body
    Lambda(Vec<Ident>, Box<Expr>),
    /// EXTRACT(field FROM a)
    Extract(Ident, Box<Expr>),
    /// POSITION(a IN b)
    Position(Box<Expr>, Box<Expr>),
    /// SUBSTRING(a FROM b [FOR c])
    Substring(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// TRIM([LEADING | TRAILING | BOTH] [characters FROM] value)
    Trim {
        /// Which end; None is both.
        side: Option<TrimSide>,
        /// Characters.
        characters: Option<Box<Expr>>,
        /// Value.
        value: Box<Expr>,
    },
    /// NORMALIZE(a [, form])
    Normalize(Box<Expr>, Option<Ident>),
    /// a AT TIME ZONE b
    AtTimeZone(Box<Expr>, Box<Expr>),
    /// a AT LOCAL (newer Trino)
    AtLocal(Box<Expr>),
    /// current_date, current_timestamp(p), localtime, current_user, current_catalog, …; name in lower case, precision
    Current(&'static str, Option<u32>),
    /// GROUPING(a, b)
    Grouping(Vec<Expr>),
    /// LISTAGG(a, ',' ON OVERFLOW …) WITHIN GROUP (ORDER BY …), with filter and over
    Listagg(Box<Listagg>),
    /// JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT, JSON_ARRAY with their own clauses.
    Json(Box<JsonCall>),
    /// `RUNNING f(a)`, `FINAL f(a)` (true) in a row pattern; the span of the word.
    Semantics(bool, Span, Box<Expr>),
    /// `measure OVER window`
    Measure(Box<(Ident, Window)>),
    /// What stands where a syntax error was; it was reported.
    Error,
}

/// Ends of TRIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrimSide {
    /// LEADING
    Leading,
    /// TRAILING
    Trailing,
    /// BOTH
    Both,
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Name.
    pub name: Name,
    /// DISTINCT.
    pub distinct: bool,
    /// `f(*)`
    pub star: bool,
    /// Arguments.
    pub args: Vec<Expr>,
    /// ORDER BY inside the parentheses.
    pub order_by: Vec<SortItem>,
    /// WITHIN GROUP (ORDER BY …)
    pub within_group: Vec<SortItem>,
    /// FILTER (WHERE …)
    pub filter: Option<Box<Expr>>,
    /// IGNORE NULLS (Some(true)), RESPECT NULLS (Some(false)).
    pub ignore_nulls: Option<bool>,
    /// OVER
    pub over: Option<Window>,
}

/// LISTAGG.
#[derive(Clone, Debug, PartialEq)]
pub struct Listagg {
    /// DISTINCT.
    pub distinct: bool,
    /// Value.
    pub value: Expr,
    /// Separator.
    pub separator: Option<Expr>,
    /// ON OVERFLOW TRUNCATE: filler, WITH COUNT; None is ERROR.
    pub truncate: Option<(Option<Expr>, bool)>,
    /// ORDER BY.
    pub order_by: Vec<SortItem>,
    /// FILTER.
    pub filter: Option<Expr>,
    /// OVER (newer Trino).
    pub over: Option<Window>,
}

/// A JSON function with clauses of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonCall {
    /// json_exists, json_value, json_query, json_object, json_array
    pub name: &'static str,
    /// Value, path, and what is passed; members of an object as key, value, key, value.
    pub args: Vec<Expr>,
    /// The names of what is passed.
    pub passed: Vec<Ident>,
    /// FORMAT JSON behind each of the values.
    pub formats: Vec<JsonFormat>,
    /// RETURNING type.
    pub returning: Option<TypeName>,
    /// ON EMPTY and ON ERROR that raise an error or give a default are not null by that; others are.
    pub defaults: Vec<Expr>,
}

/// FORMAT behind a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonFormat {
    /// None: the value itself.
    Value,
    /// FORMAT JSON
    Json,
    /// FORMAT JSON ENCODING …
    Encoded,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// -
    Minus,
    /// +
    Plus,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// +
    Add,
    /// -
    Subtract,
    /// *
    Multiply,
    /// /
    Divide,
    /// %
    Modulus,
    /// ||
    Concat,
    /// =
    Equal,
    /// <> or !=
    NotEqual,
    /// <
    Less,
    /// <=
    LessOrEqual,
    /// >
    Greater,
    /// >=
    GreaterOrEqual,
    /// AND
    And,
    /// OR
    Or,
}

/// A constant as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// NULL
    Null,
    /// TRUE, FALSE
    Boolean(bool),
    /// 42, 0x2A, 1_000: digits as written; `-42` too, whose minus is part of the number in Trino's grammar
    Integer(String),
    /// 1.5
    Decimal(String),
    /// 1.5e0
    Double(String),
    /// 'text', with doubled quotes resolved
    Text(String),
    /// U&'…', resolved
    Unicode(String),
    /// X'…'
    Binary(Vec<u8>),
    /// type 'text': date '…', decimal '…', json '…', double precision '…'
    Typed(TypeName, String),
    /// INTERVAL [+|-] 'text' field [TO field]
    Interval {
        /// Minus.
        negative: bool,
        /// Between the quotes.
        value: String,
        /// year, month, day, hour, minute, second
        from: IntervalField,
        /// TO field
        to: Option<IntervalField>,
    },
}

/// Fields of intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntervalField {
    /// YEAR
    Year,
    /// MONTH
    Month,
    /// DAY
    Day,
    /// HOUR
    Hour,
    /// MINUTE
    Minute,
    /// SECOND
    Second,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// What.
    pub kind: TypeNameKind,
    /// All of it.
    pub span: Span,
}

/// Kinds of written types.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeNameKind {
    /// `bigint`, `decimal(10, 2)`, `varchar(3)`, `double precision`: name in lower case with one blank between words
    Simple(String, Vec<u64>),
    /// `timestamp(3) with time zone`, `time`: name, precision, with zone
    DateTime(&'static str, Option<u64>, bool),
    /// `interval year to month` (true), `interval day to second`
    Interval(bool),
    /// `array(t)`, `t array`, `array<t>`
    Array(Box<TypeName>),
    /// `map(k, v)`
    Map(Box<TypeName>, Box<TypeName>),
    /// `row(a t, t)`
    Row(Vec<(Option<Ident>, TypeName)>),
    /// Any other type with types as arguments: `qdigest(double)`
    Generic(String, Vec<TypeName>),
}
