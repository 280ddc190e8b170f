//! Bound query → DataFusion's logical plan, without names, coercion or SQL.
//!
//! Every column of every node is named by its id (`#17`). A relation's plan has exactly the columns of
//! `Rel::output`. Functions, comparisons and casts that do not mean in DataFusion what they mean in Trino
//! never reach it (`expr`).

mod aggregate;
pub(crate) mod expr;
mod join;
mod sets;
mod unnest;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::{Column, DFSchema, ScalarValue, TableReference};
use datafusion::datasource::{TableProvider, provider_as_source};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, LogicalPlanBuilder, SortExpr};
use lake_sql::bound::{self, BoundQuery, ColumnId, Cte, CteId, ExprKind, Literal, Rel, RelKind, Scan, SortKey};
use lake_sql::span::Span;
use lake_sql::types::Type;

use crate::error::{Fault, Result};
use crate::eval::zone::{self, Zone, Zones};
use crate::eval::{Program, can_fail};
use crate::functions::nested::CANONICAL;
use crate::rewrite::{self, Columns};
use crate::types::{self, has_zone, natively_comparable};
use expr::{column, column_name};

/// What the scans of a query read.
pub(crate) trait Tables {
    /// The rows of a scan; its columns have the names and order of the scan's.
    fn provider(&self, scan: &Scan) -> Result<Arc<dyn TableProvider>>;
}

/// A plan and what its result columns are.
pub(crate) struct Lowered {
    pub plan: LogicalPlan,
    /// Name, type and zone of each result column, in order.
    pub columns: Vec<(String, Type, Zone)>,
}

/// Lowers a query. The plan's columns are named `c0`, `c1`, …
pub(crate) fn lower(query: &BoundQuery, tables: &dyn Tables) -> Result<Lowered> {
    let mut query = query.clone();
    let columns = rewrite::rewrite(&mut query)?;
    let ctes = query.ctes.iter().map(|cte| (cte.id, cte.clone())).collect();
    let mut lowering = Lowering { columns, zones: Zones::new(), tables, ctes, names: 0 };
    let plan = lowering.rel(&query.root)?;
    let mut outputs = vec![];
    let mut exprs = vec![];
    for (position, output) in query.columns.iter().enumerate() {
        let name = output.name.clone().unwrap_or_else(|| format!("_col{position}"));
        let zone = lowering.zones.get(&output.id).cloned().unwrap_or_else(Zone::utc);
        outputs.push((name, output.ty.clone(), zone));
        exprs.push(column(output.id).alias(format!("c{position}")));
    }
    let plan = LogicalPlanBuilder::from(plan).project(exprs)?.build()?;
    check(&plan, &outputs)?;
    Ok(Lowered { plan, columns: outputs })
}

/// The plan's types must be the binder's.
fn check(plan: &LogicalPlan, outputs: &[(String, Type, Zone)]) -> Result<()> {
    for (field, (name, ty, _)) in plan.schema().fields().iter().zip(outputs) {
        let expected = types::arrow(ty)?;
        if *field.data_type() != expected {
            let found = field.data_type();
            return Err(Fault::internal(format!(
                "column {name} is {found} in the plan, but {ty} ({expected}) in the query"
            )));
        }
    }
    Ok(())
}

struct Lowering<'a> {
    columns: Columns,
    zones: Zones,
    tables: &'a dyn Tables,
    /// The recursive ones.
    ctes: BTreeMap<CteId, Cte>,
    names: usize,
}

impl Lowering<'_> {
    fn rel(&mut self, rel: &Rel) -> Result<LogicalPlan> {
        match &rel.kind {
            RelKind::Scan(scan) => self.scan(scan),
            RelKind::Values { columns, rows } => self.values(columns, rows),
            RelKind::Project { input, columns } => self.project(input, columns),
            RelKind::Filter { input, predicate } => {
                let plan = self.rel(input)?;
                self.filter(plan, predicate, &input.output())
            }
            RelKind::Join { kind, left, right, on, lateral } => {
                if *lateral {
                    return Err(Fault::internal("a lateral join was not removed"));
                }
                self.join(*kind, left, right, on.as_ref())
            }
            RelKind::Aggregate { .. } => self.aggregate(rel),
            RelKind::Window { input, calls } => self.window(input, calls),
            RelKind::Distinct { input } => {
                let plan = self.rel(input)?;
                let plan = self.canonical(plan, &input.output())?;
                Ok(LogicalPlanBuilder::from(plan).distinct()?.build()?)
            }
            RelKind::Sort { input, keys } => self.sort(input, keys),
            RelKind::Limit { input, offset, limit, with_ties } => {
                if *with_ties {
                    return self.limit_with_ties(input, *offset, *limit);
                }
                let plan = self.rel(input)?;
                let limit = limit.map(|limit| limit as usize);
                Ok(LogicalPlanBuilder::from(plan).limit(*offset as usize, limit)?.build()?)
            }
            RelKind::SetOp { .. } => self.set_op(rel),
            RelKind::Unnest { .. } => self.unnest(rel),
            RelKind::CteRef { cte, columns } => self.cte_ref(*cte, columns),
            RelKind::Sample { input, percentage, .. } => self.sample(input, percentage),
            RelKind::Opaque(opaque) => Err(Fault::unsupported(&opaque.what)),
        }
    }

    /// A name that no other node has.
    fn name(&mut self) -> String {
        self.names += 1;
        format!("r{}", self.names)
    }

    fn lower(&self, expr: &bound::Expr) -> Result<Expr> {
        expr::lower(expr, &self.zones)
    }

    fn scan(&mut self, scan: &Scan) -> Result<LogicalPlan> {
        let provider = self.tables.provider(scan)?;
        let schema = provider.schema();
        let name = self.name();
        let mut exprs = vec![];
        let mut wanted = vec![];
        for (position, column) in scan.columns.iter().enumerate() {
            let found = schema.field(position);
            let expected = types::arrow(&column.ty)?;
            if *found.data_type() != expected {
                let name = column.name.as_deref().unwrap_or_default();
                return Err(Fault::internal(format!(
                    "column {name} is {} in the table, not {expected}",
                    found.data_type()
                )));
            }
            exprs.push(
                Expr::Column(Column::new(Some(TableReference::bare(name.clone())), found.name()))
                    .alias(column_name(column.id)),
            );
            wanted.push(position);
        }
        let builder = LogicalPlanBuilder::scan(TableReference::bare(name), provider_as_source(provider), Some(wanted))?;
        if exprs.is_empty() {
            return Ok(builder.build()?);
        }
        Ok(builder.project(exprs)?.build()?)
    }

    fn values(&mut self, columns: &[bound::Column], rows: &[Vec<bound::Expr>]) -> Result<LogicalPlan> {
        if columns.is_empty() {
            let one = LogicalPlanBuilder::empty(true).build()?;
            let mut plan = one.clone();
            for _ in 1..rows.len() {
                plan = LogicalPlanBuilder::from(plan).union(one.clone())?.build()?;
            }
            return Ok(plan);
        }
        for (position, column) in columns.iter().enumerate() {
            let cells = rows.iter().map(|row| &row[position]);
            self.learn_zone(column.id, &column.ty, &cells.collect::<Vec<_>>());
        }
        let constant = rows.iter().flatten().all(|cell| !can_fail(cell) && is_constant(cell));
        if constant && !rows.is_empty() {
            return self.constant_values(columns, rows);
        }
        if rows.iter().flatten().all(is_columnless) && !rows.is_empty() {
            // Computed when the plan is made, so that the rows keep their order.
            let lowered = |row: &Vec<bound::Expr>| row.iter().map(|cell| self.lower(cell)).collect::<Result<Vec<_>>>();
            let rows = rows.iter().map(lowered).collect::<Result<Vec<_>>>()?;
            return self.given(columns, rows);
        }
        let mut plans = vec![];
        for row in rows {
            let one = LogicalPlanBuilder::empty(true);
            let cells = row.iter().zip(columns);
            let exprs =
                cells.map(|(cell, c)| Ok(self.lower(cell)?.alias(column_name(c.id)))).collect::<Result<Vec<_>>>()?;
            plans.push(one.project(exprs)?.build()?);
        }
        let all = plans.into_iter().map(Ok).reduce(|a, b| Ok(LogicalPlanBuilder::from(a?).union(b?)?.build()?));
        all.unwrap_or_else(|| self.no_rows(columns))
    }

    fn no_rows(&self, columns: &[bound::Column]) -> Result<LogicalPlan> {
        let schema = DFSchema::try_from(self.schema(columns)?.as_ref().clone())?;
        Ok(LogicalPlan::EmptyRelation(datafusion::logical_expr::EmptyRelation {
            produce_one_row: false,
            schema: Arc::new(schema),
        }))
    }

    fn schema(&self, columns: &[bound::Column]) -> Result<SchemaRef> {
        let field = |c: &bound::Column| Ok(Field::new(column_name(c.id), types::arrow(&c.ty)?, true));
        Ok(Arc::new(Schema::new(columns.iter().map(field).collect::<Result<Vec<_>>>()?)))
    }

    fn constant_values(&self, columns: &[bound::Column], rows: &[Vec<bound::Expr>]) -> Result<LogicalPlan> {
        let cell = |cell: &bound::Expr| {
            let value = Program::constant(cell)?;
            Ok(Expr::Literal(ScalarValue::try_from_array(&value, 0)?, None))
        };
        let rows =
            rows.iter().map(|row| row.iter().map(cell).collect::<Result<Vec<_>>>()).collect::<Result<Vec<_>>>()?;
        self.given(columns, rows)
    }

    /// Rows that are there.
    fn given(&self, columns: &[bound::Column], rows: Vec<Vec<Expr>>) -> Result<LogicalPlan> {
        let schema = DFSchema::try_from(self.schema(columns)?.as_ref().clone())?;
        let plan = LogicalPlanBuilder::values_with_schema(rows, &Arc::new(schema))?.build()?;
        let names = plan.schema().columns();
        let exprs = names.into_iter().zip(columns).map(|(from, to)| Expr::Column(from).alias(column_name(to.id)));
        Ok(LogicalPlanBuilder::from(plan).project(exprs.collect::<Vec<_>>())?.build()?)
    }

    fn project(&mut self, input: &Rel, columns: &[(ColumnId, bound::Expr)]) -> Result<LogicalPlan> {
        let plan = self.rel(input)?;
        let mut exprs = vec![];
        for (id, expr) in columns {
            self.learn_zone(*id, &expr.ty, &[expr]);
            exprs.push(self.lower(expr)?.alias(column_name(*id)));
        }
        if exprs.is_empty() {
            return Ok(plan);
        }
        Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
    }

    /// Remembers the zone of a column that takes its values from these expressions.
    fn learn_zone(&mut self, id: ColumnId, ty: &Type, from: &[&bound::Expr]) {
        if !has_zone(ty) {
            return;
        }
        let zones: Vec<Zone> = from.iter().map(|expr| zone::of(expr, &self.zones)).collect();
        let zone = match zones.split_first() {
            Some((first, rest)) if rest.iter().all(|zone| zone == first) => first.clone(),
            Some(_) => Zone::Mixed,
            None => Zone::utc(),
        };
        self.zones.insert(id, zone);
    }

    /// Keeps the rows for which a predicate is true. What can fail sees only the rows that the rest leaves.
    fn filter(&mut self, plan: LogicalPlan, predicate: &bound::Expr, kept: &[ColumnId]) -> Result<LogicalPlan> {
        let (semi, plain): (Vec<_>, Vec<_>) =
            conjuncts(predicate).into_iter().partition(|part| semi_join(part).is_some());
        let (failing, safe): (Vec<_>, Vec<_>) = plain.into_iter().partition(|part| can_fail(part));
        let mut plan = plan;
        for part in safe {
            plan = LogicalPlanBuilder::from(plan).filter(self.lower(part)?)?.build()?;
        }
        for (rows, on, kind) in semi.into_iter().filter_map(semi_join) {
            plan = self.semi(plan, rows, on, kind)?;
        }
        if failing.is_empty() {
            return Ok(plan);
        }
        let failing = conjunction(failing.into_iter().cloned().collect());
        let condition = self.columns.fresh(&Type::Boolean);
        // As a column of a projection a volatile expression stays where it is; as a predicate it would be moved.
        let mut exprs: Vec<Expr> = kept.iter().map(|id| column(*id)).collect();
        exprs.push(self.lower(&failing)?.alias(column_name(condition)));
        let plan = LogicalPlanBuilder::from(plan).project(exprs)?.filter(column(condition))?;
        self.only(plan.build()?, kept)
    }

    /// These columns and no others.
    fn only(&self, plan: LogicalPlan, kept: &[ColumnId]) -> Result<LogicalPlan> {
        if kept.is_empty() {
            return Ok(plan);
        }
        let exprs: Vec<Expr> = kept.iter().map(|id| column(*id)).collect();
        Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
    }

    /// The input with further columns, computed from it.
    fn with(&mut self, plan: LogicalPlan, kept: &[ColumnId], more: &[(ColumnId, bound::Expr)]) -> Result<LogicalPlan> {
        if more.is_empty() {
            return Ok(plan);
        }
        let mut exprs: Vec<Expr> = kept.iter().map(|id| column(*id)).collect();
        for (id, expr) in more {
            self.learn_zone(*id, &expr.ty, &[expr]);
            exprs.push(self.lower(expr)?.alias(column_name(*id)));
        }
        Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
    }

    /// Columns in a form in which equal values are equal to DataFusion too.
    fn canonical(&mut self, plan: LogicalPlan, columns: &[ColumnId]) -> Result<LogicalPlan> {
        if columns.iter().all(|id| natively_comparable(self.columns.ty(*id))) {
            return Ok(plan);
        }
        let exprs = columns
            .iter()
            .map(|id| Ok(self.lower(&self.key(self.columns.column(*id))?)?.alias(column_name(*id))))
            .collect::<Result<Vec<_>>>()?;
        Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
    }

    /// An expression as a key for grouping, sorting and joining.
    fn key(&self, expr: bound::Expr) -> Result<bound::Expr> {
        if natively_comparable(&expr.ty) || expr.ty == Type::Unknown {
            return Ok(expr);
        }
        if has_map(&expr.ty) {
            return Err(Fault::unsupported(format!("grouping, sorting or joining by type {}", expr.ty)));
        }
        let (ty, nullable, span) = (expr.ty.clone(), expr.nullable, expr.span);
        Ok(bound::Expr { kind: ExprKind::Call { function: CANONICAL, args: vec![expr] }, ty, nullable, span })
    }

    /// Sort keys as columns: those that are none yet are added to the plan.
    fn sort_columns(
        &mut self,
        plan: LogicalPlan,
        kept: &[ColumnId],
        keys: &[SortKey],
    ) -> Result<(LogicalPlan, Vec<SortExpr>)> {
        let mut more = vec![];
        let mut order = vec![];
        for key in keys {
            let expr = self.key(key.expr.clone())?;
            let id = match &expr.kind {
                ExprKind::Column(id) => *id,
                _ => {
                    let id = self.columns.fresh(&expr.ty);
                    more.push((id, expr));
                    id
                }
            };
            order.push(column(id).sort(!key.descending, key.nulls_first));
        }
        Ok((self.with(plan, kept, &more)?, order))
    }

    fn sort(&mut self, input: &Rel, keys: &[SortKey]) -> Result<LogicalPlan> {
        let kept = input.output();
        let plan = self.rel(input)?;
        let (plan, order) = self.sort_columns(plan, &kept, keys)?;
        let plan = LogicalPlanBuilder::from(plan).sort(order)?.build()?;
        self.only(plan, &kept)
    }

    fn cte_ref(&mut self, id: CteId, columns: &[(ColumnId, ColumnId)]) -> Result<LogicalPlan> {
        let Some(cte) = self.ctes.get(&id).cloned() else {
            return Err(Fault::internal("a common table expression that is not known"));
        };
        let plan = match &cte.recursive {
            // Inside the arm the definition is taken away, and what is left is the rows of the step before.
            None => self.work_table(&cte)?,
            Some(arm) if arm.distinct => {
                return Err(Fault::unsupported("WITH RECURSIVE with UNION instead of UNION ALL"));
            }
            Some(arm) => {
                let start = self.rel(&cte.rel)?;
                let start = self.renamed(start, &cte.columns, &cte.columns)?;
                self.ctes.insert(id, Cte { recursive: None, ..cte.clone() });
                let step = self.rel(&arm.rel)?;
                let step = self.renamed(step, &arm.columns, &cte.columns)?;
                self.ctes.insert(id, cte.clone());
                LogicalPlanBuilder::from(start).to_recursive_query(cte_name(id), step, false)?.build()?
            }
        };
        let (to, from): (Vec<_>, Vec<_>) = columns.iter().copied().unzip();
        self.renamed(plan, &from, &to)
    }

    fn work_table(&mut self, cte: &Cte) -> Result<LogicalPlan> {
        let field = |id: &ColumnId| Ok(Field::new(column_name(*id), types::arrow(self.columns.ty(*id))?, true));
        let schema = Schema::new(cte.columns.iter().map(field).collect::<Result<Vec<_>>>()?);
        let table = CteWorkTable::new(&cte_name(cte.id), Arc::new(schema));
        let name = TableReference::bare(cte_name(cte.id));
        let scan = LogicalPlanBuilder::scan(name.clone(), provider_as_source(Arc::new(table)), None)?;
        let exprs: Vec<Expr> = cte
            .columns
            .iter()
            .map(|id| Expr::Column(Column::new(Some(name.clone()), column_name(*id))).alias(column_name(*id)))
            .collect();
        Ok(scan.project(exprs)?.build()?)
    }

    /// Columns under other names.
    fn renamed(&self, plan: LogicalPlan, from: &[ColumnId], to: &[ColumnId]) -> Result<LogicalPlan> {
        let exprs: Vec<Expr> = from.iter().zip(to).map(|(from, to)| column(*from).alias(column_name(*to))).collect();
        Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
    }

    fn sample(&mut self, input: &Rel, percentage: &bound::Expr) -> Result<LogicalPlan> {
        let make = |kind, ty| bound::Expr { kind, ty, nullable: false, span: Span::default() };
        let random = make(ExprKind::Call { function: "random", args: vec![] }, Type::Double);
        let hundred = make(ExprKind::Literal(Literal::Double(100.0)), Type::Double);
        let percent =
            make(ExprKind::Cast { expr: Box::new(percentage.clone()), safe: false, implicit: true }, Type::Double);
        let scaled = make(ExprKind::Call { function: "multiply", args: vec![random, hundred] }, Type::Double);
        let predicate = make(
            ExprKind::Compare { op: bound::CompareOp::Less, left: Box::new(scaled), right: Box::new(percent) },
            Type::Boolean,
        );
        let kept = input.output();
        let plan = self.rel(input)?;
        let chosen = self.columns.fresh(&Type::Boolean);
        let plan = self.with(plan, &kept, &[(chosen, predicate)])?;
        let plan = LogicalPlanBuilder::from(plan).filter(column(chosen))?.build()?;
        self.only(plan, &kept)
    }
}

fn cte_name(id: CteId) -> String {
    format!("cte{}", id.0)
}

fn has_map(ty: &Type) -> bool {
    match ty {
        Type::Map(..) => true,
        Type::Array(element) => has_map(element),
        Type::Row(fields) => fields.iter().any(|field| has_map(&field.ty)),
        _ => false,
    }
}

/// Whether an expression reads no row.
fn is_columnless(expr: &bound::Expr) -> bool {
    !matches!(expr.kind, ExprKind::Column(_) | ExprKind::Parameter(_))
        && expr.subquery().is_none()
        && expr.children().into_iter().all(is_columnless)
}

/// Whether an expression reads no column and gives the same value each time.
pub(crate) fn is_constant(expr: &bound::Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) | ExprKind::Parameter(_) => false,
        ExprKind::Call { function, .. } if lake_sql::functions::lookup(function).is_some_and(|f| !f.deterministic) => {
            false
        }
        _ => expr.subquery().is_none() && expr.children().into_iter().all(is_constant),
    }
}

/// The parts of a conjunction.
pub(crate) fn conjuncts(expr: &bound::Expr) -> Vec<&bound::Expr> {
    match &expr.kind {
        ExprKind::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        _ => vec![expr],
    }
}

/// EXISTS in the form that the rewrite leaves: the rows to look for, when they are partners, and which rows stay.
pub(crate) fn semi_join(expr: &bound::Expr) -> Option<(&Rel, &bound::Expr, JoinType)> {
    let (query, kind) = match &expr.kind {
        ExprKind::Exists(query) => (query, JoinType::LeftSemi),
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::Exists(query) => (query, JoinType::LeftAnti),
            _ => return None,
        },
        _ => return None,
    };
    match &query.rel.kind {
        RelKind::Filter { input, predicate } => Some((input, predicate, kind)),
        _ => None,
    }
}

/// One expression of several conditions.
pub(crate) fn conjunction(mut parts: Vec<bound::Expr>) -> bound::Expr {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => bound::Expr { kind: ExprKind::And(parts), ty: Type::Boolean, nullable: true, span: Span::default() },
    }
}

/// The columns of a plan by name, for nodes that name theirs themselves.
pub(crate) fn tail(plan: &LogicalPlan, count: usize) -> Vec<Expr> {
    let columns = plan.schema().columns();
    columns[columns.len() - count..].iter().cloned().map(Expr::Column).collect()
}
