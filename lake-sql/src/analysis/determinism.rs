//! Determinism: whether a query over the same tables always gives the same rows, and if not, why.
//!
//! The order of the rows does not count, their values do, to the last bit. `{now}` is recorded with a run and so is no
//! reason.

use super::keys::{DeclaredKeys, Key, KeyFinder};
use super::walk;
use crate::bound::{AggregateCall, BoundQuery, ColumnId, Expr, ExprKind, FrameUnit, Rel, RelKind, SortKey, WindowCall};
use crate::functions::{self, FunctionKind};
use crate::span::Span;
use crate::types::Type;

/// A place that makes a query give different rows at different times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// Where.
    pub span: Span,
    /// Why.
    pub kind: ReasonKind,
}

/// The ways in which a query is not deterministic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonKind {
    /// A function that draws a value: `random()`, `uuid()`, `shuffle(…)`.
    Random(&'static str),
    /// A function that asks for the time or the session: `now()`, `current_date`.
    Clock(&'static str),
    /// LIMIT or OFFSET over rows whose order is open, or leaves ties.
    Limit,
    /// A window function over rows whose order is open, or leaves ties.
    WindowOrder(&'static str),
    /// An aggregate that picks one of several rows: `any_value`, `max_by` with ties.
    Pick(&'static str),
    /// An aggregate whose result shows the order of the rows: `array_agg` without ORDER BY.
    RowOrder(&'static str),
    /// An approximation that depends on how the rows are split.
    Approximation(&'static str),
    /// A sum of floating-point numbers: the order of the rows shows in its last digits.
    FloatingSum(&'static str),
    /// TABLESAMPLE.
    Sample,
}

impl std::fmt::Display for ReasonKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Random(name) => write!(f, "{name} gives another value each time"),
            Self::Clock(name) => write!(f, "{name} depends on when and where the query runs"),
            Self::Limit => f.write_str("which rows are kept is open: the order is missing or leaves ties"),
            Self::WindowOrder(name) => write!(f, "{name} over rows whose order is missing or leaves ties"),
            Self::Pick(name) => write!(f, "{name} picks any of several rows"),
            Self::RowOrder(name) => write!(f, "{name} shows the order of the rows, which is open"),
            Self::Approximation(name) => write!(f, "{name} is an approximation that may differ between runs"),
            Self::FloatingSum(name) => {
                write!(f, "{name} adds up floating-point numbers: the order of the rows shows in the last digits")
            }
            Self::Sample => f.write_str("tablesample draws other rows each time"),
        }
    }
}

/// The reasons why a query is not deterministic, in order of their place; none if it is.
///
/// `declared` gives the known unique keys of tables: an order that contains one leaves no ties.
pub fn reasons(query: &BoundQuery, declared: &DeclaredKeys<'_>) -> Vec<Reason> {
    let mut search = Search { keys: KeyFinder::new(query, declared), found: vec![] };
    for cte in &query.ctes {
        search.rel(&cte.rel, None);
        if let Some(arm) = &cte.recursive {
            search.rel(&arm.rel, None);
        }
    }
    let result = query.columns.iter().map(|column| column.id).collect();
    search.rel(&query.root, Some(&result));
    search.found.sort();
    search.found.dedup();
    search.found
}

struct Search<'a> {
    keys: KeyFinder<'a>,
    found: Vec<Reason>,
}

impl Search<'_> {
    fn report(&mut self, span: Span, kind: ReasonKind) {
        self.found.push(Reason { span, kind });
    }

    /// Looks through a relation of which only the columns `used` matter (all, if not given).
    fn rel(&mut self, rel: &Rel, used: Option<&Key>) {
        for expr in walk::expressions(rel) {
            self.expr(expr);
        }
        match &rel.kind {
            RelKind::Limit { input, limit, with_ties, .. }
                if *limit != Some(0) && !with_ties && !self.is_limit_fixed(input, used) =>
            {
                self.report(rel.span, ReasonKind::Limit);
            }
            RelKind::Aggregate { input, groups, sets, aggregates, .. } => {
                let plain = sets.len() == 1 && sets[0].len() == groups.len();
                let by: Key = groups.iter().filter_map(|(_, expr)| walk::as_column(expr)).collect();
                let one_row = plain && self.keys.identified_by(input, &by);
                for (_, call) in aggregates.iter().filter(|_| !one_row) {
                    self.aggregate(call, input);
                }
            }
            RelKind::Window { input, calls } => {
                for (_, call) in calls {
                    self.window(call, input);
                }
            }
            RelKind::Sample { .. } => self.report(rel.span, ReasonKind::Sample),
            _ => {}
        }
        let below = below(rel, used);
        for input in walk::inputs(rel) {
            self.rel(input, below.as_ref());
        }
    }

    /// Whether it is clear which rows a limit keeps: few enough, all told apart by the order, or ties that are equal in
    /// all that is used.
    fn is_limit_fixed(&self, input: &Rel, used: Option<&Key>) -> bool {
        if self.keys.identified_by(input, &Key::new()) {
            return true;
        }
        let RelKind::Sort { input: sorted, keys } = &input.kind else { return false };
        let ordered: Key = keys.iter().filter_map(|key| walk::as_column(&key.expr)).collect();
        let all = || walk::columns(sorted).into_iter().collect();
        self.keys.identified_by(sorted, &ordered) || used.cloned().unwrap_or_else(all).is_subset(&ordered)
    }

    fn aggregate(&mut self, call: &AggregateCall, input: &Rel) {
        if self.is_floating_sum(call.function, &call.args, &call.ty) {
            self.report(call.span, ReasonKind::FloatingSum(call.function));
        } else if let Some(kind) = open_result(call.function)
            && !self.is_ordered(&call.order_by, &call.args, input)
        {
            self.report(call.span, kind);
        }
    }

    fn window(&mut self, call: &WindowCall, input: &Rel) {
        let is_aggregate = functions::lookup(call.function).is_some_and(|f| f.kind == FunctionKind::Aggregate);
        let ordered: Key = call.order_by.iter().filter_map(|key| walk::as_column(&key.expr)).collect();
        let partition = call.partition_by.iter().filter_map(walk::as_column);
        let fixed: Key = ordered.iter().copied().chain(partition).collect();
        if self.keys.identified_by(input, &fixed) {
            return;
        }
        let counts_rows = call.frame.as_ref().is_some_and(|frame| frame.unit == FrameUnit::Rows && !spans_all(frame));
        match (call.function, is_aggregate) {
            ("rank" | "dense_rank" | "percent_rank" | "cume_dist", _) => {}
            // Rows that tie have equal values then, so it does not matter which comes first.
            (_, false) if !call.args.is_empty() && self.are_fixed(&call.args, &fixed) && call.function != "ntile" => {}
            (function, false) => self.report(call.span, ReasonKind::WindowOrder(function)),
            (function, true) if counts_rows => self.report(call.span, ReasonKind::WindowOrder(function)),
            (function, true) if self.is_floating_sum(function, &call.args, &call.ty) => {
                self.report(call.span, ReasonKind::FloatingSum(function));
            }
            (function, true) => {
                if let Some(kind) = open_result(function).filter(|_| !self.are_fixed(&call.args, &fixed)) {
                    self.report(call.span, kind);
                }
            }
        }
    }

    /// Whether an ORDER BY inside an aggregate leaves no ties, or only ties of equal arguments.
    fn is_ordered(&self, order: &[SortKey], args: &[Expr], input: &Rel) -> bool {
        let ordered: Key = order.iter().filter_map(|key| walk::as_column(&key.expr)).collect();
        let same = |arg: &Expr| order.iter().any(|key| key.expr.kind == arg.kind);
        !order.is_empty()
            && (self.keys.identified_by(input, &ordered) || args.iter().all(|arg| is_constant(arg) || same(arg)))
    }

    fn are_fixed(&self, args: &[Expr], fixed: &Key) -> bool {
        args.iter().all(|arg| is_constant(arg) || walk::as_column(arg).is_some_and(|id| fixed.contains(&id)))
    }

    fn is_floating_sum(&self, function: &str, args: &[Expr], result: &Type) -> bool {
        let floating = |ty: &Type| matches!(ty, Type::Real | Type::Double);
        match function {
            "sum" => floating(result),
            "avg" => args.iter().any(|arg| floating(&arg.ty)),
            _ => functions::is_statistic(function),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { function, .. } = &expr.kind
            && let Some(kind) = open_value(function)
        {
            self.report(expr.span, kind);
        }
        for operand in walk::operands(expr) {
            self.expr(operand);
        }
        if let Some(query) = walk::subquery(expr) {
            // EXISTS asks only whether there is a row.
            let exists = matches!(expr.kind, ExprKind::Exists(_));
            let used: Key = if exists { Key::new() } else { query.columns.iter().copied().collect() };
            self.rel(&query.rel, Some(&used));
        }
    }
}

/// The columns of the inputs that matter, if not all do.
fn below(rel: &Rel, used: Option<&Key>) -> Option<Key> {
    match &rel.kind {
        RelKind::Project { columns, .. } => {
            let mut needed = Key::new();
            let is_used = |id: &ColumnId| used.is_none_or(|used| used.contains(id));
            columns.iter().filter(|(id, _)| is_used(id)).for_each(|(_, expr)| collect_columns(expr, &mut needed));
            Some(needed)
        }
        RelKind::Sort { .. } | RelKind::Limit { .. } => used.cloned(),
        _ => None,
    }
}

fn collect_columns(expr: &Expr, columns: &mut Key) {
    columns.extend(walk::as_column(expr));
    columns.extend(walk::subquery(expr).into_iter().flat_map(|query| query.outer.iter().copied()));
    walk::operands(expr).into_iter().for_each(|operand| collect_columns(operand, columns));
}

fn spans_all(frame: &crate::bound::Frame) -> bool {
    use crate::bound::FrameBound::{UnboundedFollowing, UnboundedPreceding};
    matches!((&frame.start, &frame.end), (UnboundedPreceding, UnboundedFollowing))
}

fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Parameter(_) => true,
        ExprKind::Cast { expr, .. } => is_constant(expr),
        _ => false,
    }
}

/// Why an aggregate's result is open, if it is, whatever its types.
fn open_result(function: &'static str) -> Option<ReasonKind> {
    Some(match function {
        "any_value" | "arbitrary" | "max_by" | "min_by" | "map_agg" | "map_union" => ReasonKind::Pick(function),
        "array_agg" | "listagg" | "multimap_agg" | "reduce_agg" => ReasonKind::RowOrder(function),
        _ if function.starts_with("approx_") || !functions::lookup(function)?.deterministic => {
            ReasonKind::Approximation(function)
        }
        _ => return None,
    })
}

/// Why a scalar function's value is open, if it is.
fn open_value(function: &'static str) -> Option<ReasonKind> {
    const CLOCK: [&str; 10] = [
        "now",
        "current_date",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "current_timezone",
        "current_user",
        "current_groups",
        "current_path",
    ];
    if CLOCK.contains(&function) {
        return Some(ReasonKind::Clock(function));
    }
    let known = functions::lookup(function)?;
    (!known.deterministic && known.kind == FunctionKind::Scalar).then_some(ReasonKind::Random(function))
}
