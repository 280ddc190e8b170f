//! GROUP BY and aggregate functions. An aggregate sees all rows of its group at once.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lake_sql::bound::{AggregateCall, ColumnId, Expr, ExprKind, SortKey};
use lake_sql::types::Type;

use crate::error::{Result, data, unsupported};
use crate::eval::{Query, Scope};
use crate::relation::{Relation, Row, compare_keys, key_values};
use crate::value::Value;
use crate::{decimal, functions};

/// An aggregation to compute.
pub struct Grouping<'a> {
    /// Grouping expressions.
    pub groups: &'a [(ColumnId, Expr)],
    /// Sets of positions in `groups`.
    pub sets: &'a [Vec<usize>],
    /// The aggregates.
    pub aggregates: &'a [(ColumnId, AggregateCall)],
    /// `grouping(…)` calls.
    pub groupings: &'a [(ColumnId, Vec<usize>)],
}

/// Group columns, aggregates and groupings, one row for each group of each set.
pub fn grouped(
    query: &Query<'_>,
    input: &Relation,
    what: &Grouping<'_>,
    scope: Option<&Scope<'_>>,
) -> Result<Relation> {
    let mut keyed = Vec::with_capacity(input.rows.len());
    for row in &input.rows {
        let here = Scope::new(&input.columns, row, scope);
        let key = what.groups.iter().map(|(_, expr)| query.eval(expr, &here)).collect::<Result<Vec<_>>>()?;
        keyed.push((key, row));
    }
    let mut rows = vec![];
    for set in what.sets {
        let mut groups: BTreeMap<Vec<Value>, Vec<&Row>> = BTreeMap::new();
        if set.is_empty() {
            groups.insert(vec![], vec![]);
        }
        for (key, row) in &keyed {
            groups.entry(set.iter().map(|at| key[*at].clone()).collect()).or_default().push(row);
        }
        for (key, members) in groups {
            rows.push(group_row(query, what, (set, &key), (&input.columns, &members), scope)?);
        }
    }
    let groups = what.groups.iter().map(|(id, _)| *id);
    let aggregates = what.aggregates.iter().map(|(id, _)| *id);
    let groupings = what.groupings.iter().map(|(id, _)| *id);
    Ok(Relation { columns: groups.chain(aggregates).chain(groupings).collect(), rows })
}

fn group_row(
    query: &Query<'_>,
    what: &Grouping<'_>,
    (set, key): (&[usize], &[Value]),
    (columns, members): (&[ColumnId], &[&Row]),
    scope: Option<&Scope<'_>>,
) -> Result<Row> {
    let mut row = vec![Value::Null; what.groups.len()];
    for (at, value) in set.iter().zip(key) {
        row[*at] = value.clone();
    }
    for (_, call) in what.aggregates {
        let call = Call {
            function: call.function,
            args: &call.args,
            distinct: call.distinct,
            filter: call.filter.as_ref(),
            order_by: &call.order_by,
            ty: &call.ty,
        };
        row.push(call.over(query, columns, members.iter().copied(), scope)?);
    }
    for (_, arguments) in what.groupings {
        let bits = arguments.iter().fold(0, |bits, at| bits << 1 | i64::from(!set.contains(at)));
        row.push(Value::Integer(bits));
    }
    Ok(row.into())
}

/// An aggregate function with its clauses, in a group or over a window.
pub struct Call<'a> {
    /// Function.
    pub function: &'static str,
    /// Arguments.
    pub args: &'a [Expr],
    /// DISTINCT.
    pub distinct: bool,
    /// FILTER.
    pub filter: Option<&'a Expr>,
    /// ORDER BY inside the call.
    pub order_by: &'a [SortKey],
    /// Result type.
    pub ty: &'a Type,
}

impl Call<'_> {
    /// Its value over some rows.
    pub fn over<'r>(
        &self,
        query: &Query<'_>,
        columns: &[ColumnId],
        rows: impl Iterator<Item = &'r Row>,
        scope: Option<&Scope<'_>>,
    ) -> Result<Value> {
        let mut inputs = vec![];
        for row in rows {
            let here = Scope::new(columns, row, scope);
            if let Some(filter) = self.filter
                && !query.eval(filter, &here)?.is_true()
            {
                continue;
            }
            let values = self.values();
            let args = values.map(|arg| query.eval(arg, &here)).collect::<Result<Vec<_>>>()?;
            inputs.push((key_values(query, self.order_by, &here)?, args));
        }
        if self.distinct {
            let mut seen = BTreeSet::new();
            inputs.retain(|(_, args)| seen.insert(args.clone()));
        }
        inputs.sort_by(|(a, _), (b, _)| compare_keys(self.order_by, a, b));
        let inputs: Vec<Vec<Value>> = inputs.into_iter().map(|(_, args)| args).collect();
        if self.function == "reduce_agg" {
            return self.reduce(query, &inputs, scope);
        }
        let types: Vec<&Type> = self.values().map(|arg| &arg.ty).collect();
        aggregate(self.function, &inputs, &types, self.ty)
    }

    fn values(&self) -> impl Iterator<Item = &Expr> {
        self.args.iter().filter(|arg| !matches!(arg.kind, ExprKind::Lambda { .. }))
    }

    /// `reduce_agg(value, start, (state, value) -> state, (state, state) -> state)`
    fn reduce(&self, query: &Query<'_>, inputs: &[Vec<Value>], scope: Option<&Scope<'_>>) -> Result<Value> {
        let outer = Scope::new(&[], &[], scope);
        let step = &self.args[2];
        let mut state = Value::Null;
        for args in inputs.iter().filter(|args| !args[0].is_null()) {
            let before = if state.is_null() { args[1].clone() } else { state };
            state = functions::apply(query, step, &[before, args[0].clone()], &outer)?;
        }
        Ok(state)
    }
}

/// An aggregate of the catalogue over the arguments of each row, in order.
fn aggregate(function: &str, rows: &[Vec<Value>], types: &[&Type], ty: &Type) -> Result<Value> {
    let firsts = || rows.iter().filter_map(|args| args.first()).filter(|value| !value.is_null());
    let values: Vec<&Value> = firsts().collect();
    let present = |value: Value| if values.is_empty() { Value::Null } else { value };
    Ok(match function {
        "count" if types.is_empty() => Value::Integer(rows.len() as i64),
        "count" => Value::Integer(values.len() as i64),
        "count_if" => Value::Integer(values.iter().filter(|value| value.is_true()).count() as i64),
        "approx_distinct" => Value::Integer(values.iter().collect::<BTreeSet<_>>().len() as i64),
        "sum" => sum(&values, ty)?,
        "avg" => average(&values, ty)?,
        "min" | "max" if types.len() == 2 => several(function == "max", &values, rows)?,
        "min" => values.iter().min().map_or(Value::Null, |value| (*value).clone()),
        "max" => values.iter().max_by(|a, b| numbers_above_nan(a, b)).map_or(Value::Null, |value| (*value).clone()),
        "min_by" | "max_by" => extreme_by(function == "max_by", rows, types.len() == 3)?,
        "bool_and" | "every" => present(Value::Boolean(values.iter().all(|value| value.is_true()))),
        "bool_or" => present(Value::Boolean(values.iter().any(|value| value.is_true()))),
        "arbitrary" | "any_value" => values.first().map_or(Value::Null, |value| (*value).clone()),
        "array_agg" if rows.is_empty() => Value::Null,
        "array_agg" => Value::Array(rows.iter().map(|args| args[0].clone()).collect()),
        "set_agg" => {
            let mut seen = BTreeSet::new();
            let once = rows.iter().map(|args| &args[0]).filter(|value| seen.insert(*value)).cloned();
            if rows.is_empty() { Value::Null } else { Value::Array(once.collect()) }
        }
        "map_agg" => map_of(rows, |found, value| {
            found.get_or_insert(value.clone());
        }),
        "histogram" => histogram(&values),
        "multimap_agg" => multimap(rows),
        "listagg" if rows.iter().any(|args| args.len() > 2) => {
            return Err(unsupported("LISTAGG … ON OVERFLOW TRUNCATE"));
        }
        "listagg" => listagg(rows)?,
        "approx_percentile" => percentile(rows, &values)?,
        "bitwise_and_agg" => present(Value::Integer(values.iter().fold(-1, |all, value| all & integer(value)))),
        "bitwise_or_agg" => present(Value::Integer(values.iter().fold(0, |all, value| all | integer(value)))),
        _ => statistics(function, rows, &values)?,
    })
}

fn integer(value: &Value) -> i64 {
    if let Value::Integer(number) = value { *number } else { 0 }
}

fn double(value: &Value) -> f64 {
    match value {
        Value::Double(number) => *number,
        Value::Integer(number) => *number as f64,
        Value::Decimal(digits, scale) => *digits as f64 / 10f64.powi(i32::from(*scale)),
        _ => f64::NAN,
    }
}

fn sum(values: &[&Value], ty: &Type) -> Result<Value> {
    let mut values = values.iter();
    let Some(first) = values.next() else { return Ok(Value::Null) };
    values.try_fold((*first).clone(), |sum, value| functions::arithmetic("add", &sum, value, ty))
}

fn average(values: &[&Value], ty: &Type) -> Result<Value> {
    if values.is_empty() {
        return Ok(Value::Null);
    }
    let count = values.len() as u64;
    Ok(match (values[0], ty) {
        (Value::Decimal(_, scale), Type::Decimal { .. }) => {
            let wide = Type::Decimal { precision: 38, scale: *scale };
            match sum(values, &wide)? {
                Value::Decimal(total, scale) => Value::Decimal(decimal::mean(total, count), scale),
                other => other,
            }
        }
        (Value::Millis(_), _) => {
            let total: i64 = values.iter().map(|value| if let Value::Millis(ms) = value { *ms } else { 0 }).sum();
            Value::Millis(total / count as i64)
        }
        (Value::Months(_), _) => {
            let total: i32 =
                values.iter().map(|value| if let Value::Months(months) = value { *months } else { 0 }).sum();
            Value::Months(total / count as i32)
        }
        _ => functions::real(values.iter().map(|value| double(value)).sum::<f64>() / count as f64, ty),
    })
}

/// The order that a maximum is of: NaN is the answer only where there is no number.
fn numbers_above_nan(a: &Value, b: &Value) -> Ordering {
    let is_number = |value: &Value| !matches!(value, Value::Double(number) if number.is_nan());
    is_number(a).cmp(&is_number(b)).then_with(|| a.cmp(b))
}

/// `min(x, n)` and `max(x, n)`.
fn several(largest: bool, values: &[&Value], rows: &[Vec<Value>]) -> Result<Value> {
    let Some(count) = rows.first().map(|args| integer(&args[1])) else { return Ok(Value::Null) };
    let mut values: Vec<Value> = values.iter().map(|value| (*value).clone()).collect();
    if largest {
        values.sort_by(|a, b| numbers_above_nan(b, a));
    } else {
        values.sort();
    }
    values.truncate(usize::try_from(count).map_err(|_| data("INVALID_FUNCTION_ARGUMENT: negative count"))?);
    Ok(Value::Array(values.into()))
}

fn extreme_by(largest: bool, rows: &[Vec<Value>], several: bool) -> Result<Value> {
    let mut ranked: Vec<&Vec<Value>> = rows.iter().filter(|args| !args[1].is_null()).collect();
    ranked.sort_by(|a, b| if largest { numbers_above_nan(&b[1], &a[1]) } else { a[1].cmp(&b[1]) });
    let Some(first) = ranked.first() else { return Ok(Value::Null) };
    if !several {
        return Ok(first[0].clone());
    }
    let count = usize::try_from(integer(&first[2])).map_err(|_| data("INVALID_FUNCTION_ARGUMENT: negative count"))?;
    Ok(Value::Array(ranked.iter().take(count).map(|args| args[0].clone()).collect()))
}

fn map_of(rows: &[Vec<Value>], mut add: impl FnMut(&mut Option<Value>, &Value)) -> Value {
    let mut entries: BTreeMap<Value, Option<Value>> = BTreeMap::new();
    for args in rows.iter().filter(|args| !args[0].is_null()) {
        add(entries.entry(args[0].clone()).or_default(), &args[1]);
    }
    if entries.is_empty() {
        return Value::Null;
    }
    Value::Map(entries.into_iter().map(|(key, value)| (key, value.unwrap_or(Value::Null))).collect())
}

fn multimap(rows: &[Vec<Value>]) -> Value {
    map_of(rows, |found, value| {
        let mut all = match found.take() {
            Some(Value::Array(values)) => values.to_vec(),
            _ => vec![],
        };
        all.push(value.clone());
        *found = Some(Value::Array(all.into()));
    })
}

fn histogram(values: &[&Value]) -> Value {
    let mut counts: BTreeMap<&Value, i64> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    if counts.is_empty() {
        return Value::Null;
    }
    Value::Map(counts.into_iter().map(|(value, count)| (value.clone(), Value::Integer(count))).collect())
}

fn listagg(rows: &[Vec<Value>]) -> Result<Value> {
    let mut parts: Vec<Arc<str>> = vec![];
    let mut separator: Arc<str> = "".into();
    for args in rows {
        if let Some(Value::Text(text)) = args.get(1) {
            separator = text.clone();
        }
        match &args[0] {
            Value::Text(text) => parts.push(text.clone()),
            Value::Null => {}
            other => return Err(data(format!("listagg of {other:?}"))),
        }
    }
    Ok(if parts.is_empty() { Value::Null } else { Value::text(parts.join(&separator)) })
}

/// The exact percentile; Trino's is an approximation of it.
fn percentile(rows: &[Vec<Value>], values: &[&Value]) -> Result<Value> {
    let mut sorted: Vec<&Value> = values.to_vec();
    sorted.sort();
    let Some(share) = rows.first().and_then(|args| args.get(1)) else { return Ok(Value::Null) };
    let pick = |share: &Value| {
        let at = (double(share) * sorted.len() as f64).floor() as usize;
        sorted.get(at.min(sorted.len().saturating_sub(1))).map_or(Value::Null, |value| (*value).clone())
    };
    Ok(match share {
        Value::Array(shares) => Value::Array(shares.iter().map(pick).collect()),
        share => pick(share),
    })
}

/// Aggregates of doubles, over the pairs or values that hold no null.
fn statistics(function: &str, rows: &[Vec<Value>], values: &[&Value]) -> Result<Value> {
    let known = |args: &&Vec<Value>| args.iter().all(|value| !value.is_null());
    let pair = |args: &Vec<Value>| Some((double(args.first()?), double(args.get(1)?)));
    let pairs: Vec<(f64, f64)> = rows.iter().filter(known).filter_map(pair).collect();
    let xs: Vec<f64> = values.iter().map(|value| double(value)).collect();
    let count = xs.len() as f64;
    let squares = || deviations(&xs, &xs);
    let (ys, zs): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let size = ys.len() as f64;
    let result = match function {
        "stddev" | "stddev_samp" => (count > 1.0).then(|| (squares() / (count - 1.0)).sqrt()),
        "stddev_pop" => (count > 0.0).then(|| (squares() / count).sqrt()),
        "variance" | "var_samp" => (count > 1.0).then(|| squares() / (count - 1.0)),
        "var_pop" => (count > 0.0).then(|| squares() / count),
        "geometric_mean" => (count > 0.0).then(|| (xs.iter().map(|x| x.ln()).sum::<f64>() / count).exp()),
        "covar_pop" => (size > 0.0).then(|| deviations(&ys, &zs) / size),
        "covar_samp" => (size > 1.0).then(|| deviations(&ys, &zs) / (size - 1.0)),
        "corr" => {
            let scale = (deviations(&ys, &ys) * deviations(&zs, &zs)).sqrt();
            Some(deviations(&ys, &zs) / scale).filter(|corr| size > 1.0 && !corr.is_nan())
        }
        "regr_slope" => (size > 1.0).then(|| deviations(&ys, &zs) / deviations(&zs, &zs)),
        _ => return Err(unsupported(format!("aggregate {function}"))),
    };
    Ok(result.map_or(Value::Null, Value::Double))
}

fn deviations(xs: &[f64], ys: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (x_mean, y_mean) = (mean(xs), mean(ys));
    xs.iter().zip(ys).map(|(x, y)| (x - x_mean) * (y - y_mean)).sum()
}
