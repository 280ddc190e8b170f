//! Expressions: one value from one row.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use lake_core::engine::ErrorKind;
use lake_sql::bound::{ColumnId, CompareOp, Cte, CteId, Expr, ExprKind, Literal, Parameter, Subquery};
use lake_sql::types::Type;

use crate::error::{Result, data, statement};
use crate::functions;
use crate::relation::Relation;
use crate::session::Session;
use crate::value::{self, Value};
use crate::{cast, datetime, relation};

/// The columns that an expression sees, and those of the queries around it.
pub struct Scope<'a> {
    columns: &'a [ColumnId],
    values: &'a [Value],
    outer: Option<&'a Scope<'a>>,
    /// Set as soon as a look-up goes further out.
    crossed: Option<&'a Cell<bool>>,
}

impl<'a> Scope<'a> {
    /// A row, inside another scope.
    pub fn new(columns: &'a [ColumnId], values: &'a [Value], outer: Option<&'a Scope<'a>>) -> Self {
        Self { columns, values, outer, crossed: None }
    }

    fn border(outer: Option<&'a Scope<'a>>, crossed: &'a Cell<bool>) -> Self {
        Self { columns: &[], values: &[], outer, crossed: Some(crossed) }
    }

    fn get(&self, id: ColumnId) -> Result<&Value> {
        if let Some(at) = self.columns.iter().position(|column| *column == id) {
            return Ok(&self.values[at]);
        }
        if let Some(crossed) = self.crossed {
            crossed.set(true);
        }
        match self.outer {
            Some(outer) => outer.get(id),
            None => Err(lake_core::engine::EngineError {
                kind: ErrorKind::Internal,
                ..statement(format!("the bound query uses {id:?}, which nothing around it has"))
            }),
        }
    }
}

/// One bound query while it runs: its common table expressions, and what need not be computed twice.
pub struct Query<'a> {
    /// Tables, files and the time.
    pub session: &'a Session<'a>,
    ctes: &'a [Cte],
    /// For the recursive arm of a CTE: the rows of the step before.
    working: BTreeMap<CteId, Arc<Relation>>,
    known_ctes: RefCell<BTreeMap<CteId, Arc<Relation>>>,
    /// Results of subqueries that looked at no outer column, by address in the tree.
    known_subqueries: RefCell<BTreeMap<usize, Arc<Relation>>>,
}

impl<'a> Query<'a> {
    /// A query with its CTEs.
    pub fn new(session: &'a Session<'a>, ctes: &'a [Cte]) -> Self {
        Self::with_working(session, ctes, BTreeMap::new())
    }

    /// The same query while a recursive CTE has these rows.
    pub fn recursing(&self, cte: CteId, rows: Arc<Relation>) -> Query<'a> {
        let mut working = self.working.clone();
        working.insert(cte, rows);
        Self::with_working(self.session, self.ctes, working)
    }

    fn with_working(session: &'a Session<'a>, ctes: &'a [Cte], working: BTreeMap<CteId, Arc<Relation>>) -> Self {
        Self { session, ctes, working, known_ctes: RefCell::default(), known_subqueries: RefCell::default() }
    }

    /// The rows of a CTE, computed at its first use.
    pub fn cte(&self, id: CteId, scope: Option<&Scope<'_>>) -> Result<Arc<Relation>> {
        if let Some(rows) = self.working.get(&id) {
            return Ok(rows.clone());
        }
        if let Some(rows) = self.known_ctes.borrow().get(&id) {
            return Ok(rows.clone());
        }
        let cte = self.ctes.iter().find(|cte| cte.id == id).expect("the binder refers to CTEs of the same query");
        let crossed = Cell::new(false);
        let rows = Arc::new(relation::cte(self, cte, Some(&Scope::border(scope, &crossed)))?);
        if !crossed.get() {
            self.known_ctes.borrow_mut().insert(id, rows.clone());
        }
        Ok(rows)
    }

    fn subquery(&self, subquery: &Subquery, scope: &Scope<'_>) -> Result<Arc<Relation>> {
        let key = std::ptr::from_ref(subquery).addr();
        if let Some(rows) = self.known_subqueries.borrow().get(&key) {
            return Ok(rows.clone());
        }
        let crossed = Cell::new(false);
        let all = relation::relation(self, &subquery.rel, Some(&Scope::border(Some(scope), &crossed)))?;
        let rows = Arc::new(all.select(&subquery.columns, &subquery.columns));
        if !crossed.get() {
            self.known_subqueries.borrow_mut().insert(key, rows.clone());
        }
        Ok(rows)
    }

    /// The value of an expression.
    pub fn eval(&self, expr: &Expr, scope: &Scope<'_>) -> Result<Value> {
        match &expr.kind {
            ExprKind::Column(id) => scope.get(*id).cloned(),
            ExprKind::Literal(constant) => literal(constant, &expr.ty),
            ExprKind::Call { function, args } => functions::call(self, function, args, &expr.ty, scope),
            ExprKind::Lambda { .. } => Err(statement("a lambda stands where a value is needed")),
            ExprKind::Cast { expr: inner, safe, .. } => {
                let value = self.eval(inner, scope);
                let cast = value.and_then(|value| cast::cast(&value, &inner.ty, &expr.ty));
                if *safe { null_on_bad_data(cast) } else { cast }
            }
            ExprKind::Try(inner) => null_on_bad_data(self.eval(inner, scope)),
            ExprKind::Compare { op, left, right } => {
                Ok(truth(compare(*op, &self.eval(left, scope)?, &self.eval(right, scope)?)))
            }
            ExprKind::And(parts) => self.connective(parts, false, scope),
            ExprKind::Or(parts) => self.connective(parts, true, scope),
            ExprKind::Not(inner) => Ok(match self.eval(inner, scope)? {
                Value::Boolean(truth) => Value::Boolean(!truth),
                other => other,
            }),
            ExprKind::IsNull(inner) => Ok(Value::Boolean(self.eval(inner, scope)?.is_null())),
            ExprKind::Like { value, pattern, escape } => {
                let escape = escape.as_ref().map(|escape| self.eval(escape, scope)).transpose()?;
                functions::like(&self.eval(value, scope)?, &self.eval(pattern, scope)?, escape.as_ref())
            }
            ExprKind::Parameter(parameter) => self.parameter(*parameter),
            _ => self.eval_more(expr, scope),
        }
    }

    fn eval_more(&self, expr: &Expr, scope: &Scope<'_>) -> Result<Value> {
        match &expr.kind {
            ExprKind::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    if self.eval(condition, scope)?.is_true() {
                        return self.eval(result, scope);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Null), |otherwise| self.eval(otherwise, scope))
            }
            ExprKind::Coalesce(parts) => {
                for part in parts {
                    let value = self.eval(part, scope)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Ok(Value::Null)
            }
            ExprKind::NullIf { value, left, right } => {
                let same = value::equal(&self.eval(left, scope)?, &self.eval(right, scope)?);
                if same == Some(true) { Ok(Value::Null) } else { self.eval(value, scope) }
            }
            ExprKind::InList { value, list } => {
                let value = self.eval(value, scope)?;
                let tests = list.iter().map(|member| Ok(value::equal(&value, &self.eval(member, scope)?)));
                any(tests).map(truth)
            }
            ExprKind::Array(elements) => self.eval_all(elements, scope).map(|values| Value::Array(values.into())),
            ExprKind::Row(fields) => self.eval_all(fields, scope).map(|values| Value::Row(values.into())),
            ExprKind::Field { row, index } => Ok(match self.eval(row, scope)? {
                Value::Row(fields) => fields[*index].clone(),
                other => other,
            }),
            ExprKind::Subscript { base, index } => {
                functions::subscript(&self.eval(base, scope)?, &self.eval(index, scope)?)
            }
            ExprKind::AtTimeZone { value, zone } => {
                functions::at_timezone(&self.eval(value, scope)?, &self.eval(zone, scope)?)
            }
            _ => self.eval_subquery(expr, scope),
        }
    }

    fn eval_subquery(&self, expr: &Expr, scope: &Scope<'_>) -> Result<Value> {
        match &expr.kind {
            ExprKind::Scalar(subquery) => {
                let rows = self.subquery(subquery, scope)?;
                match rows.rows.as_slice() {
                    [] => Ok(Value::Null),
                    [row] => Ok(row[0].clone()),
                    _ => Err(data("SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows")),
                }
            }
            ExprKind::Exists(subquery) => Ok(Value::Boolean(!self.subquery(subquery, scope)?.rows.is_empty())),
            ExprKind::InQuery { value, query } => {
                let value = self.eval(value, scope)?;
                let rows = self.subquery(query, scope)?;
                any(rows.rows.iter().map(|row| Ok(value::equal(&value, &one_value(row))))).map(truth)
            }
            ExprKind::Quantified { op, all, value, query } => {
                let value = self.eval(value, scope)?;
                let rows = self.subquery(query, scope)?;
                let tests = rows.rows.iter().map(|row| Ok(compare(*op, &value, &one_value(row))));
                if *all { every(tests).map(truth) } else { any(tests).map(truth) }
            }
            other => unreachable!("{other:?} is evaluated elsewhere"),
        }
    }

    /// The values of several expressions.
    pub fn eval_all(&self, exprs: &[Expr], scope: &Scope<'_>) -> Result<Vec<Value>> {
        exprs.iter().map(|expr| self.eval(expr, scope)).collect()
    }

    fn connective(&self, parts: &[Expr], decisive: bool, scope: &Scope<'_>) -> Result<Value> {
        let mut result = Value::Boolean(!decisive);
        for part in parts {
            match self.eval(part, scope)? {
                Value::Boolean(truth) if truth == decisive => return Ok(Value::Boolean(decisive)),
                Value::Boolean(_) => {}
                _ => result = Value::Null,
            }
        }
        Ok(result)
    }

    fn parameter(&self, parameter: Parameter) -> Result<Value> {
        Err(statement(format!("{parameter:?} has no value: a statement is sent with its run parameters filled in")))
    }
}

/// A row of a subquery as one value: the column, or a row of several.
fn one_value(row: &[Value]) -> Value {
    match row {
        [value] => value.clone(),
        several => Value::Row(several.into()),
    }
}

/// A truth value, null if unknown.
pub fn truth(truth: Option<bool>) -> Value {
    truth.map_or(Value::Null, Value::Boolean)
}

fn any(tests: impl Iterator<Item = Result<Option<bool>>>) -> Result<Option<bool>> {
    let mut result = Some(false);
    for test in tests {
        match test? {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => result = None,
        }
    }
    Ok(result)
}

fn every(tests: impl Iterator<Item = Result<Option<bool>>>) -> Result<Option<bool>> {
    any(tests.map(|test| test.map(|truth| truth.map(|truth| !truth)))).map(|truth| truth.map(|truth| !truth))
}

/// A comparison; None is null.
pub fn compare(op: CompareOp, left: &Value, right: &Value) -> Option<bool> {
    let known = !left.is_null() && !right.is_null();
    let ordered = |test: fn(std::cmp::Ordering) -> bool| known.then(|| value::order(left, right).is_some_and(test));
    match op {
        CompareOp::Equal => value::equal(left, right),
        CompareOp::NotEqual => value::equal(left, right).map(|same| !same),
        CompareOp::Less => ordered(std::cmp::Ordering::is_lt),
        CompareOp::LessOrEqual => ordered(std::cmp::Ordering::is_le),
        CompareOp::Greater => ordered(std::cmp::Ordering::is_gt),
        CompareOp::GreaterOrEqual => ordered(std::cmp::Ordering::is_ge),
        CompareOp::Distinct => Some(left != right),
        CompareOp::NotDistinct => Some(left == right),
    }
}

fn null_on_bad_data(result: Result<Value>) -> Result<Value> {
    match result {
        Err(error) if error.kind == ErrorKind::Data => Ok(Value::Null),
        other => other,
    }
}

fn literal(constant: &Literal, ty: &Type) -> Result<Value> {
    Ok(match constant {
        Literal::Null => Value::Null,
        Literal::Boolean(truth) => Value::Boolean(*truth),
        Literal::Integer(number) => Value::Integer(*number),
        Literal::Decimal(digits) => match ty {
            Type::Decimal { scale, .. } => Value::Decimal(*digits, *scale),
            _ => return Err(statement(format!("a decimal constant of type {ty:?}"))),
        },
        Literal::Double(number) => Value::Double(*number),
        Literal::Text(text) => Value::Text(text.clone()),
        Literal::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Literal::Date(days) => Value::Date(*days),
        Literal::Time(picos) => Value::Time(*picos),
        Literal::Timestamp(micros, picos) => Value::Timestamp(whole_micros(*micros, *picos)?),
        Literal::TimestampTz(micros, picos, zone) => Value::TimestampTz(whole_micros(*micros, *picos)?, zone.clone()),
        Literal::TimeTz(..) => return Err(crate::error::unsupported("time with time zone")),
        Literal::Months(months) => Value::Months(*months),
        Literal::Millis(millis) => Value::Millis(*millis),
    })
}

fn whole_micros(micros: i64, picos: u32) -> Result<i64> {
    if i64::from(picos) % datetime::PICOS != 0 {
        return Err(crate::error::unsupported("timestamps finer than a microsecond"));
    }
    Ok(micros)
}
