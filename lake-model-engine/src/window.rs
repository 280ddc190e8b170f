//! Window functions: each partition sorted, each row's frame found by looking at all rows.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use lake_sql::bound::{ColumnId, Expr, Frame, FrameBound, FrameUnit, WindowCall};

use crate::error::{Result, data};
use crate::eval::{Query, Scope};
use crate::relation::{Relation, Row, compare_keys, key_values};
use crate::value::Value;
use crate::{aggregate, functions};

/// Adds the columns of window functions.
pub fn windows(
    query: &Query<'_>,
    input: Relation,
    calls: &[(ColumnId, WindowCall)],
    scope: Option<&Scope<'_>>,
) -> Result<Relation> {
    let mut added = vec![];
    for (_, call) in calls {
        added.push(column(query, &input, call, scope)?);
    }
    let rows = input
        .rows
        .iter()
        .enumerate()
        .map(|(at, row)| row.iter().cloned().chain(added.iter().map(|column| column[at].clone())).collect());
    let rows = rows.collect();
    Ok(Relation { columns: input.columns.into_iter().chain(calls.iter().map(|(id, _)| *id)).collect(), rows })
}

/// The values of one call, in the order of the input.
fn column(query: &Query<'_>, input: &Relation, call: &WindowCall, scope: Option<&Scope<'_>>) -> Result<Vec<Value>> {
    let mut partitions: BTreeMap<Vec<Value>, Vec<(Vec<Value>, usize)>> = BTreeMap::new();
    for (at, row) in input.rows.iter().enumerate() {
        let here = Scope::new(&input.columns, row, scope);
        let partition = query.eval_all(&call.partition_by, &here)?;
        partitions.entry(partition).or_default().push((key_values(query, &call.order_by, &here)?, at));
    }
    let mut values = vec![Value::Null; input.rows.len()];
    for mut members in partitions.into_values() {
        members.sort_by(|(a, _), (b, _)| compare_keys(&call.order_by, a, b));
        let (keys, positions): (Vec<Vec<Value>>, Vec<usize>) = members.into_iter().unzip();
        let rows = positions.iter().map(|at| &input.rows[*at]).collect();
        let partition = Partition { query, call, columns: &input.columns, keys, rows, scope };
        for (at, position) in positions.iter().enumerate() {
            values[*position] = partition.value(at)?;
        }
    }
    Ok(values)
}

struct Partition<'a> {
    query: &'a Query<'a>,
    call: &'a WindowCall,
    columns: &'a [ColumnId],
    keys: Vec<Vec<Value>>,
    rows: Vec<&'a Row>,
    scope: Option<&'a Scope<'a>>,
}

impl Partition<'_> {
    fn value(&self, at: usize) -> Result<Value> {
        let before = || (0..at).filter(|other| !self.peers(*other, at)).count();
        Ok(match self.call.function {
            "row_number" => Value::Integer(at as i64 + 1),
            "rank" => Value::Integer(before() as i64 + 1),
            "dense_rank" => Value::Integer(self.group(at) + 1),
            "percent_rank" if self.rows.len() == 1 => Value::Double(0.0),
            "percent_rank" => Value::Double(before() as f64 / (self.rows.len() - 1) as f64),
            "cume_dist" => {
                let through = (0..self.rows.len()).filter(|other| *other <= at || self.peers(*other, at)).count();
                Value::Double(through as f64 / self.rows.len() as f64)
            }
            "ntile" => self.ntile(at)?,
            "lag" => self.neighbour(at, -1)?,
            "lead" => self.neighbour(at, 1)?,
            "first_value" => self.nth(self.frame(at)?, Some(1), false)?,
            "last_value" => self.nth(self.frame(at)?, Some(1), true)?,
            "nth_value" => {
                let count = self.integer(&self.call.args[1], at)?;
                self.nth(self.frame(at)?, count, false)?
            }
            _ => self.aggregate(self.frame(at)?)?,
        })
    }

    fn peers(&self, a: usize, b: usize) -> bool {
        compare_keys(&self.call.order_by, &self.keys[a], &self.keys[b]).is_eq()
    }

    /// How many groups of peers are before a row's own.
    fn group(&self, at: usize) -> i64 {
        (1..=at).filter(|at| !self.peers(at - 1, *at)).count() as i64
    }

    fn eval(&self, expr: &Expr, at: usize) -> Result<Value> {
        self.query.eval(expr, &Scope::new(self.columns, self.rows[at], self.scope))
    }

    fn integer(&self, expr: &Expr, at: usize) -> Result<Option<i64>> {
        Ok(match self.eval(expr, at)? {
            Value::Integer(number) => Some(number),
            Value::Decimal(digits, 0) => i64::try_from(digits).ok(),
            _ => None,
        })
    }

    fn ntile(&self, at: usize) -> Result<Value> {
        let Some(buckets) = self.integer(&self.call.args[0], at)? else { return Ok(Value::Null) };
        let buckets = usize::try_from(buckets).ok().filter(|buckets| *buckets > 0);
        let buckets = buckets.ok_or_else(|| data("INVALID_FUNCTION_ARGUMENT: Buckets must be greater than 0"))?;
        let (size, larger) = (self.rows.len() / buckets, self.rows.len() % buckets);
        let first_small = larger * (size + 1);
        let bucket = if at < first_small { at / (size + 1) } else { larger + (at - first_small) / size };
        Ok(Value::Integer(bucket as i64 + 1))
    }

    /// LAG and LEAD: value, offset, default.
    fn neighbour(&self, at: usize, direction: i64) -> Result<Value> {
        let args = &self.call.args;
        let offset = match args.get(1) {
            Some(offset) => match self.integer(offset, at)? {
                Some(offset) if offset < 0 => return Err(data("INVALID_FUNCTION_ARGUMENT: Offset must be at least 0")),
                Some(offset) => offset,
                None => return Ok(Value::Null),
            },
            None => 1,
        };
        let mut left = offset;
        let mut here = at as i64;
        while left > 0 {
            here += direction;
            let Some(there) = usize::try_from(here).ok().filter(|there| *there < self.rows.len()) else {
                return args.get(2).map_or(Ok(Value::Null), |default| self.eval(default, at));
            };
            if !self.call.ignore_nulls || !self.eval(&args[0], there)?.is_null() {
                left -= 1;
            }
        }
        self.eval(&args[0], here as usize)
    }

    fn nth(&self, frame: Range<usize>, count: Option<i64>, from_end: bool) -> Result<Value> {
        let Some(count) = count else { return Ok(Value::Null) };
        let skip = usize::try_from(count - 1);
        let skip = skip.map_err(|_| data("INVALID_FUNCTION_ARGUMENT: Offset must be at least 1"))?;
        let mut values = vec![];
        for at in frame {
            let value = self.eval(&self.call.args[0], at)?;
            if !self.call.ignore_nulls || !value.is_null() {
                values.push(value);
            }
        }
        if from_end {
            values.reverse();
        }
        Ok(values.into_iter().nth(skip).unwrap_or(Value::Null))
    }

    fn aggregate(&self, frame: Range<usize>) -> Result<Value> {
        let call = aggregate::Call {
            function: self.call.function,
            args: &self.call.args,
            distinct: self.call.distinct,
            filter: self.call.filter.as_ref(),
            order_by: &self.call.argument_order,
            ty: &self.call.ty,
        };
        call.over(self.query, self.columns, self.rows[frame].iter().copied(), self.scope)
    }

    /// The rows that a function sees from a row.
    fn frame(&self, at: usize) -> Result<Range<usize>> {
        let default = Frame {
            unit: FrameUnit::Range,
            start: FrameBound::UnboundedPreceding,
            end: if self.call.order_by.is_empty() { FrameBound::UnboundedFollowing } else { FrameBound::CurrentRow },
            pattern: vec![],
        };
        let frame = self.call.frame.as_ref().unwrap_or(&default);
        if !frame.pattern.is_empty() {
            return Err(crate::error::unsupported("a row pattern in a window"));
        }
        let mut inside = vec![];
        for other in 0..self.rows.len() {
            let after_start = self.position(frame, &frame.start, at, other)?.is_none_or(Ordering::is_ge);
            let before_end = self.position(frame, &frame.end, at, other)?.is_none_or(Ordering::is_le);
            if after_start && before_end {
                inside.push(other);
            }
        }
        Ok(match (inside.first(), inside.last()) {
            (Some(first), Some(last)) => *first..last + 1,
            _ => 0..0,
        })
    }

    /// Where a row lies from a bound of another row's frame; None if the bound is open.
    fn position(&self, frame: &Frame, bound: &FrameBound, at: usize, other: usize) -> Result<Option<Ordering>> {
        let (distance, sign) = match bound {
            FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing => return Ok(None),
            FrameBound::CurrentRow => (None, 1),
            FrameBound::Preceding(distance) => (Some(distance), -1),
            FrameBound::Following(distance) => (Some(distance), 1),
        };
        let offset = || distance.map_or(Ok(0), |distance| self.distance(distance, at));
        Ok(Some(match frame.unit {
            FrameUnit::Rows => (other as i64).cmp(&(at as i64).saturating_add(sign * offset()?)),
            FrameUnit::Groups => self.group(other).cmp(&self.group(at).saturating_add(sign * offset()?)),
            FrameUnit::Range => match distance {
                None => compare_keys(&self.call.order_by, &self.keys[other], &self.keys[at]),
                Some(distance) => self.range_position(distance, sign, at, other)?,
            },
        }))
    }

    fn distance(&self, distance: &Expr, at: usize) -> Result<i64> {
        let distance = self.integer(distance, at)?.filter(|distance| *distance >= 0);
        distance.ok_or_else(|| data("INVALID_WINDOW_FRAME: Window frame offset must not be negative or null"))
    }

    fn range_position(&self, distance: &Expr, sign: i64, at: usize, other: usize) -> Result<Ordering> {
        let (key, here) = (&self.call.order_by[0], &self.keys[at][0]);
        if here.is_null() {
            return Ok(compare_keys(&self.call.order_by, &self.keys[other], &self.keys[at]));
        }
        let distance = self.eval(distance, at)?;
        let forward = (sign > 0) != key.descending;
        let operation = if forward { "add" } else { "subtract" };
        let edge = functions::arithmetic(operation, here, &distance, &key.expr.ty)?;
        Ok(compare_keys(&self.call.order_by, &self.keys[other], &[edge]))
    }
}
