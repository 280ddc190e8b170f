//! Column lineage: which columns of which tables flow into each result column, and which only influence it.

use std::collections::{BTreeMap, BTreeSet};

use crate::bound::{
    AggregateCall, BoundQuery, ColumnId, CteId, Expr, ExprKind, Rel, RelKind, SetOp, SortKey, Subquery, TableName,
    WindowCall,
};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The table, as the query names it.
    pub table: TableName,
    /// The column.
    pub column: String,
}

/// What a value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Columns whose values flow into it.
    pub values: BTreeSet<Origin>,
    /// Columns that decide which value it is: conditions of CASE, filters of aggregates, order and partition of windows.
    pub conditions: BTreeSet<Origin>,
}

/// The lineage of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// For each result column, in order.
    pub columns: Vec<Flow>,
    /// Columns that decide which rows there are, and so influence all columns: filters, joins, groups.
    pub rows: BTreeSet<Origin>,
}

/// Traces a query's columns to the tables that it reads.
pub fn lineage(query: &BoundQuery) -> Lineage {
    let mut tracer = Tracer::default();
    for cte in &query.ctes {
        let rows = tracer.rel(&cte.rel);
        tracer.ctes.insert(cte.id, rows);
        if let Some(arm) = &cte.recursive {
            let own = cte.rel.output();
            tracer.recursive(cte.id, &own, &arm.rel, &arm.columns);
        }
    }
    let rows = tracer.rel(&query.root);
    let columns = query.columns.iter().map(|column| tracer.column(column.id)).collect();
    Lineage { columns, rows }
}

type Origins = BTreeSet<Origin>;

impl Flow {
    fn merge(&mut self, other: Flow) {
        self.values.extend(other.values);
        self.conditions.extend(other.conditions);
    }

    fn all(self) -> Origins {
        self.values.into_iter().chain(self.conditions).collect()
    }
}

#[derive(Default)]
struct Tracer {
    flows: BTreeMap<ColumnId, Flow>,
    ctes: BTreeMap<CteId, Origins>,
}

impl Tracer {
    fn column(&self, id: ColumnId) -> Flow {
        self.flows.get(&id).cloned().unwrap_or_default()
    }

    /// Runs the recursive arm until it adds nothing: sets only grow, towards all columns of all tables.
    fn recursive(&mut self, cte: CteId, own: &[ColumnId], arm: &Rel, columns: &[ColumnId]) {
        loop {
            let before = (self.ctes.get(&cte).cloned(), own.iter().map(|id| self.column(*id)).collect::<Vec<_>>());
            let rows = self.rel(arm);
            self.ctes.entry(cte).or_default().extend(rows);
            for (own, column) in own.iter().zip(columns) {
                let flow = self.column(*column);
                self.flows.entry(*own).or_default().merge(flow);
            }
            if before == (self.ctes.get(&cte).cloned(), own.iter().map(|id| self.column(*id)).collect()) {
                return;
            }
        }
    }

    /// Records the flows of a relation's columns and returns what decides on its rows.
    fn rel(&mut self, rel: &Rel) -> Origins {
        let mut rows = Origins::new();
        for input in rel.inputs() {
            rows.extend(self.rel(input));
        }
        match &rel.kind {
            RelKind::Scan(scan) => {
                for column in &scan.columns {
                    let name = column.name.clone().unwrap_or_default();
                    let origin = Origin { table: scan.table.clone(), column: name };
                    self.flows.insert(column.id, Flow { values: [origin].into(), ..Flow::default() });
                }
            }
            RelKind::Values { columns, rows } => {
                for (index, column) in columns.iter().enumerate() {
                    let flow = self.all(rows.iter().filter_map(|row| row.get(index)));
                    self.flows.insert(column.id, flow);
                }
            }
            RelKind::Project { columns, .. } => {
                let flows: Vec<_> = columns.iter().map(|(id, expr)| (*id, self.expr(expr))).collect();
                self.flows.extend(flows);
            }
            RelKind::Filter { predicate, .. } => rows.extend(self.expr(predicate).all()),
            RelKind::Join { on, .. } => rows.extend(self.all(on).all()),
            RelKind::Aggregate { groups, aggregates, groupings, .. } => {
                for (id, expr) in groups {
                    let flow = self.expr(expr);
                    rows.extend(flow.clone().all());
                    self.flows.insert(*id, flow);
                }
                for (id, call) in aggregates {
                    let flow = self.aggregate(call);
                    self.flows.insert(*id, flow);
                }
                for (id, _) in groupings {
                    self.flows.insert(*id, Flow::default());
                }
            }
            RelKind::Window { calls, .. } => {
                for (id, call) in calls {
                    let flow = self.window(call);
                    self.flows.insert(*id, flow);
                }
            }
            RelKind::Distinct { input } => {
                rows.extend(input.output().into_iter().flat_map(|id| self.column(id).all()));
            }
            RelKind::Limit { input, .. } => {
                if let RelKind::Sort { keys, .. } = &input.kind {
                    rows.extend(self.keys(keys));
                }
            }
            RelKind::SetOp { op, all, left_columns, right_columns, columns, .. } => {
                self.set_operation(*op, columns.iter().map(|column| column.id), left_columns, right_columns);
                if *op != SetOp::Union || !*all {
                    rows.extend(left_columns.iter().chain(right_columns).flat_map(|id| self.column(*id).all()));
                }
            }
            RelKind::Unnest { collections, columns, ordinality, .. } => {
                for (collection, columns) in collections.iter().zip(columns) {
                    let flow = self.expr(collection);
                    rows.extend(flow.clone().all());
                    self.flows.extend(columns.iter().map(|column| (column.id, flow.clone())));
                }
                self.flows.extend(ordinality.map(|id| (id, Flow::default())));
            }
            RelKind::CteRef { cte, columns } => {
                rows.extend(self.ctes.get(cte).into_iter().flatten().cloned());
                for (id, own) in columns {
                    let flow = self.column(*own);
                    self.flows.insert(*id, flow);
                }
            }
            RelKind::Opaque(opaque) => {
                let flow = self.all(&opaque.args);
                rows.extend(flow.clone().all());
                self.flows.extend(opaque.columns.iter().map(|column| (column.id, flow.clone())));
            }
            RelKind::Sort { .. } | RelKind::Sample { .. } => {}
        }
        rows
    }

    fn set_operation(
        &mut self,
        op: SetOp,
        columns: impl Iterator<Item = ColumnId>,
        left: &[ColumnId],
        right: &[ColumnId],
    ) {
        for ((id, left), right) in columns.zip(left).zip(right) {
            let mut flow = self.column(*left);
            // The right side of INTERSECT and EXCEPT only decides which rows stay.
            if op == SetOp::Union {
                flow.merge(self.column(*right));
            }
            self.flows.insert(id, flow);
        }
    }

    fn aggregate(&mut self, call: &AggregateCall) -> Flow {
        let mut flow = self.call(&call.args);
        flow.conditions.extend(self.all(&call.filter).all());
        flow.conditions.extend(self.keys(&call.order_by));
        flow
    }

    fn window(&mut self, call: &WindowCall) -> Flow {
        let mut flow = self.call(&call.args);
        flow.conditions.extend(self.all(call.filter.iter().chain(&call.partition_by)).all());
        flow.conditions.extend(self.keys(&call.order_by));
        flow
    }

    fn keys(&mut self, keys: &[SortKey]) -> Origins {
        self.all(keys.iter().map(|key| &key.expr)).all()
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Flow {
        let mut flow = Flow::default();
        for expr in exprs {
            flow.merge(self.expr(expr));
        }
        flow
    }

    /// Arguments of a call: the parameters of its lambdas stand for what the other arguments hold.
    fn call(&mut self, args: &[Expr]) -> Flow {
        let is_lambda = |arg: &&Expr| matches!(arg.kind, ExprKind::Lambda { .. });
        let mut flow = self.all(args.iter().filter(|arg| !is_lambda(arg)));
        for arg in args {
            if let ExprKind::Lambda { parameters, body } = &arg.kind {
                self.flows.extend(parameters.iter().map(|parameter| (parameter.id, flow.clone())));
                let body = self.expr(body);
                flow.merge(body);
            }
        }
        flow
    }

    fn expr(&mut self, expr: &Expr) -> Flow {
        match &expr.kind {
            ExprKind::Column(id) => self.column(*id),
            ExprKind::Call { args, .. } => self.call(args),
            ExprKind::Case { branches, otherwise } => {
                let results = branches.iter().map(|(_, result)| result).chain(otherwise.as_deref());
                let mut flow = self.all(results);
                flow.conditions.extend(self.all(branches.iter().map(|(condition, _)| condition)).all());
                flow
            }
            ExprKind::NullIf { value, left, right } => {
                let mut flow = self.expr(value);
                flow.conditions.extend(self.all([left.as_ref(), right.as_ref()]).all());
                flow
            }
            _ => {
                let mut flow = self.all(expr.children());
                if let Some(query) = expr.subquery() {
                    flow.merge(self.subquery(query));
                }
                flow
            }
        }
    }

    fn subquery(&mut self, query: &Subquery) -> Flow {
        let conditions = self.rel(&query.rel);
        let mut flow = Flow { values: Origins::new(), conditions };
        for id in &query.columns {
            flow.merge(self.column(*id));
        }
        flow
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::bound;
    use super::*;

    fn list(origins: &Origins) -> String {
        let name = |origin: &Origin| match &origin.table {
            TableName::Reference(name) => format!("{name}.{}", origin.column),
            TableName::Named(parts) => format!("{}.{}", parts.join("."), origin.column),
        };
        origins.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    /// Each column as `values` or `values | conditions`, and what decides on the rows.
    #[track_caller]
    fn check(sql: &str, columns: &[&str], rows: &str) {
        let found = lineage(&bound(sql));
        let told: Vec<_> = found
            .columns
            .iter()
            .map(|flow| match flow.conditions.is_empty() {
                true => list(&flow.values),
                false => format!("{} | {}", list(&flow.values), list(&flow.conditions)),
            })
            .collect();
        assert_eq!(
            (told.iter().map(String::as_str).collect::<Vec<_>>(), list(&found.rows).as_str()),
            (columns.to_vec(), rows)
        );
    }

    #[test]
    fn values_flow_and_conditions_only_influence() {
        check(
            "select amount * 2, case when weight > 1e0 then customer_id end, 1 from {orders} where placed > date '2024-01-01'",
            &["orders.amount", "orders.customer_id | orders.weight", ""],
            "orders.placed",
        );
    }

    #[test]
    fn joins_and_groups_decide_on_the_rows() {
        check(
            "select c.country, sum(o.amount) filter (where o.weight > 0e0) from {orders} o
             join {customers} c on c.customer_id = o.customer_id group by c.country",
            &["customers.country", "orders.amount | orders.weight"],
            "customers.country customers.customer_id orders.customer_id",
        );
    }

    #[test]
    fn subqueries_and_with_are_followed() {
        check(
            "with big as (select customer_id as id, max(amount) as top from {orders} group by customer_id)
             select id, top, (select count(*) from {customers} c where c.customer_id = big.id) from big",
            &["orders.customer_id", "orders.amount", " | customers.customer_id orders.customer_id"],
            "orders.customer_id",
        );
    }

    #[test]
    fn windows_unnest_and_lambdas() {
        check(
            "select lag(amount) over (partition by customer_id order by placed), t.tag, transform(tags, x -> x || 'y')
             from {orders} cross join unnest(tags) t(tag)",
            &["orders.amount | orders.customer_id orders.placed", "orders.tags", "orders.tags"],
            "orders.tags",
        );
    }

    #[test]
    fn set_operations_and_recursion() {
        check(
            "select customer_id from {customers} union all select order_id from {orders}",
            &["customers.customer_id orders.order_id"],
            "",
        );
        check(
            "select customer_id from {customers} except select customer_id from {orders}",
            &["customers.customer_id"],
            "customers.customer_id orders.customer_id",
        );
        check(
            "with recursive r(n, at) as (
               select customer_id, country from {customers}
               union all select r.n + c.parent_id, r.at from r join {customers} c on c.customer_id = r.n)
             select n, at from r",
            &["customers.customer_id customers.parent_id", "customers.country"],
            "customers.customer_id customers.parent_id",
        );
    }
}
