//! Determinism: whether a query over the same tables always gives the same rows, and if not, why.
//!
//! The order of the rows does not count, their values do, to the last bit. `{now}` is recorded with a run and so is no
//! reason.

use super::keys::{DeclaredKeys, Key, KeyFinder};
use crate::bound::{AggregateCall, BoundQuery, ColumnId, Cte, Expr, ExprKind, FrameUnit, Rel, RelKind, WindowCall};
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
    for rel in query.ctes.iter().flat_map(Cte::rels) {
        search.rel(rel, None);
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
        for expr in rel.expressions() {
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
                let by: Key = groups.iter().filter_map(|(_, expr)| expr.as_column()).collect();
                let one_row = plain && self.keys.identified_by(input, &by);
                for (_, call) in aggregates.iter().filter(|_| !one_row) {
                    self.aggregate(call, input, &by);
                }
            }
            RelKind::Window { input, calls } => {
                for (_, call) in calls {
                    self.window(call, input, calls.len() == 1);
                }
            }
            RelKind::Sample { .. } => self.report(rel.span, ReasonKind::Sample),
            _ => {}
        }
        let below = below(rel, used);
        for input in rel.inputs() {
            self.rel(input, below.as_ref());
        }
    }

    /// Whether it is clear which rows a limit keeps: few enough, all told apart by the order, or ties that are equal in
    /// all that is used.
    fn is_limit_fixed(&self, input: &Rel, used: Option<&Key>) -> bool {
        if self.keys.identified_by(input, &Key::new()) {
            return true;
        }
        let (sorted, keys) = match &input.kind {
            RelKind::Sort { input, keys } => (input.as_ref(), keys.as_slice()),
            _ => (input, [].as_slice()),
        };
        let ordered: Key = keys.iter().filter_map(|key| key.expr.as_column()).collect();
        let all = || sorted.output().into_iter().collect();
        self.keys.identified_by(sorted, &ordered) || used.cloned().unwrap_or_else(all).is_subset(&ordered)
    }

    fn aggregate(&mut self, call: &AggregateCall, input: &Rel, by: &Key) {
        if is_floating_sum(call.function, &call.args, &call.ty) {
            self.report(call.span, ReasonKind::FloatingSum(call.function));
        } else if let Some(kind) = open_result(call.function)
            && !self.is_ordered(call, input, by)
        {
            self.report(call.span, kind);
        }
    }

    fn window(&mut self, call: &WindowCall, input: &Rel, alone: bool) {
        let function = call.function;
        let is_aggregate = functions::lookup(function).is_some_and(|f| f.kind == FunctionKind::Aggregate);
        let order = call.order_by.iter().map(|key| &key.expr);
        let fixed: Key = order.chain(&call.partition_by).filter_map(Expr::as_column).collect();
        // Rows that tie in all they hold can change places, unless a second window tells them apart by then.
        let same_rows = || alone && input.output().iter().all(|id| fixed.contains(id));
        if self.keys.identified_by(input, &fixed) || same_rows() {
            return;
        }
        let by_position = call.frame.as_ref().is_some_and(|frame| frame.unit == FrameUnit::Rows && !spans_all(frame));
        let kind = match function {
            "rank" | "dense_rank" | "percent_rank" | "cume_dist" => None,
            "first_value" | "last_value" | "nth_value" if !by_position && are_fixed(&call.args, &fixed) => None,
            _ if !is_aggregate || by_position => Some(ReasonKind::WindowOrder(function)),
            _ if is_floating_sum(function, &call.args, &call.ty) => Some(ReasonKind::FloatingSum(function)),
            _ => open_result(function).filter(|_| !are_fixed(&call.args, &fixed)),
        };
        if let Some(kind) = kind {
            self.report(call.span, kind);
        }
    }

    /// Whether the rows of a group come in an order without ties, or hold the same arguments where they tie.
    fn is_ordered(&self, call: &AggregateCall, input: &Rel, by: &Key) -> bool {
        let order: Vec<_> = match (call.function, call.args.as_slice()) {
            ("max_by" | "min_by", [_, order, ..]) | ("map_agg", [order, _]) => vec![order],
            _ => call.order_by.iter().map(|key| &key.expr).collect(),
        };
        let known: Key = order.iter().filter_map(|expr| expr.as_column()).chain(by.iter().copied()).collect();
        let totally = !order.is_empty() && self.keys.identified_by(input, &known);
        // Which of several values a key of a map gets is as open as before if only the keys are known.
        let known = if call.function == "map_agg" { by } else { &known };
        totally || are_fixed(&call.args, known)
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { function, .. } = &expr.kind
            && let Some(kind) = open_value(function)
        {
            self.report(expr.span, kind);
        }
        for operand in expr.children() {
            self.expr(operand);
        }
        if let Some(query) = expr.subquery() {
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
            columns.iter().filter(|(id, _)| is_used(id)).for_each(|(_, expr)| needed.extend(expr.columns()));
            Some(needed)
        }
        RelKind::Sort { .. } | RelKind::Limit { .. } => used.cloned(),
        _ => None,
    }
}

/// Whether the arguments are the same in all rows in which these columns are.
fn are_fixed(args: &[Expr], fixed: &Key) -> bool {
    args.iter().all(|arg| arg.columns().iter().all(|id| fixed.contains(id)))
}

fn is_floating_sum(function: &str, args: &[Expr], result: &Type) -> bool {
    let floating = |ty: &Type| matches!(ty, Type::Real | Type::Double);
    match function {
        "sum" => floating(result),
        "avg" => args.iter().any(|arg| floating(&arg.ty)),
        _ => functions::is_statistic(function),
    }
}

fn spans_all(frame: &crate::bound::Frame) -> bool {
    use crate::bound::FrameBound::{UnboundedFollowing, UnboundedPreceding};
    matches!((&frame.start, &frame.end), (UnboundedPreceding, UnboundedFollowing))
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

#[cfg(test)]
mod tests {
    use super::super::testing::{bound, no_keys, shop_keys};
    use super::*;

    /// The places that are named as reasons.
    #[track_caller]
    fn check_with(declared: &DeclaredKeys<'_>, sql: &str, expected: &[(&str, ReasonKind)]) {
        let found = reasons(&bound(sql), declared);
        let told: Vec<_> = found.into_iter().map(|reason| (reason.span.text(sql), reason.kind)).collect();
        assert_eq!(told, expected, "{sql}");
    }

    #[track_caller]
    fn check(sql: &str, expected: &[(&str, ReasonKind)]) {
        check_with(&shop_keys, sql, expected);
    }

    #[test]
    fn plain_queries_are_deterministic() {
        for sql in [
            "select * from {orders} where placed < date '2024-01-01' order by amount",
            "select country, count(*), sum(amount) from {orders} join {customers} using (customer_id) group by country",
            "select max(weight), avg(amount), bool_or(amount > 1), approx_distinct(1) = 1 from {orders} where false",
            "select rank() over (order by amount), sum(amount) over (partition by customer_id) from {orders}",
            "select order_id, {now} as loaded_at from {orders}",
        ] {
            let found = reasons(&bound(sql), &no_keys);
            let found: Vec<_> =
                found.iter().filter(|reason| !matches!(reason.kind, ReasonKind::Approximation(_))).collect();
            assert!(found.is_empty(), "{sql}: {found:?}");
        }
    }

    #[test]
    fn drawn_values_and_clocks() {
        check("select random() as r, order_id from {orders}", &[("random()", ReasonKind::Random("random"))]);
        check("select uuid() from {orders}", &[("uuid()", ReasonKind::Random("uuid"))]);
        check("select now() from {orders}", &[("now()", ReasonKind::Clock("now"))]);
        check(
            "select 1 from {orders} where placed < current_date",
            &[("current_date", ReasonKind::Clock("current_date"))],
        );
    }

    #[test]
    fn a_limit_needs_an_order_without_ties() {
        let limited = |sql: &str, declared: &DeclaredKeys<'_>| {
            reasons(&bound(sql), declared).iter().any(|reason| reason.kind == ReasonKind::Limit)
        };
        assert!(limited("select order_id, amount from {orders} limit 3", &shop_keys));
        assert!(limited("select order_id, amount from {orders} order by amount limit 3", &shop_keys));
        assert!(!limited("select order_id, amount from {orders} order by amount, order_id limit 3", &shop_keys));
        assert!(limited("select order_id, weight from {orders} order by amount, order_id limit 3", &no_keys));
        // Rows that tie are equal, so any of them will do.
        assert!(!limited("select amount from {orders} order by amount limit 3", &no_keys));
        assert!(!limited("select count(*) from {orders} limit 3", &no_keys));
        assert!(!limited(
            "select amount, order_id from {orders} order by amount fetch first 3 rows with ties",
            &no_keys
        ));
        assert!(limited("select order_id from {orders} order by amount limit 3", &no_keys));
    }

    #[test]
    fn row_numbers_need_an_order_without_ties() {
        let sql = "select row_number() over (partition by customer_id order by placed) from {orders}";
        check(sql, &[(&sql[7..67], ReasonKind::WindowOrder("row_number"))]);
        check("select row_number() over (partition by customer_id order by placed, order_id) from {orders}", &[]);
        let previous = "select lag(placed) over (order by placed), amount from {orders}";
        check(previous, &[(&previous[7..41], ReasonKind::WindowOrder("lag"))]);
        check_with(&no_keys, "select x, row_number() over (order by x desc) from (values 1, 1, 2) t(x)", &[]);
        let first = "select first_value(placed) over (partition by customer_id order by placed) from {orders}";
        check_with(&no_keys, first, &[]);
    }

    #[test]
    fn aggregates_that_show_the_order_of_rows() {
        check("select any_value(country) from {customers}", &[("any_value(country)", ReasonKind::Pick("any_value"))]);
        check(
            "select array_agg(country) from {customers}",
            &[("array_agg(country)", ReasonKind::RowOrder("array_agg"))],
        );
        check("select array_agg(country order by country) from {customers}", &[]);
        check("select array_agg(country order by customer_id) from {customers}", &[]);
        check("select sum(weight) from {orders}", &[("sum(weight)", ReasonKind::FloatingSum("sum"))]);
        check("select stddev(amount) from {orders}", &[("stddev(amount)", ReasonKind::FloatingSum("stddev"))]);
        check("select order_id, sum(weight), any_value(amount) from {orders} group by order_id", &[]);
        check("select max_by(country, customer_id), map_agg(customer_id, country) from {customers}", &[]);
        check("select listagg(country, ',') within group (order by country) from {customers}", &[]);
        check("select country, any_value(upper(country)) from {customers} group by country", &[]);
        check(
            "select map_agg(country, parent_id) from {customers}",
            &[("map_agg(country, parent_id)", ReasonKind::Pick("map_agg"))],
        );
    }

    #[test]
    fn samples_and_nested_queries() {
        let sql = "select order_id from {orders} tablesample bernoulli (10)";
        assert_eq!(reasons(&bound(sql), &shop_keys)[0].kind, ReasonKind::Sample);
        check(
            "with r as (select random() as x) select order_id from {orders} where weight < (select x from r)",
            &[("random()", ReasonKind::Random("random"))],
        );
        check("select order_id from {orders} o where exists (select 1 from {customers} limit 1)", &[]);
    }
}
