//! Whether a predicate on a result column can be evaluated where the tables are read.
//!
//! A load that is cut into chunks by a result column is cheap, and equal to the whole, only if the cut reaches every
//! scan: otherwise each chunk reads everything.

use std::collections::BTreeMap;

use crate::bound::{BoundQuery, ColumnId, CteId, Expr, JoinKind, Rel, RelKind, TableName};
use crate::span::Span;

/// What becomes of the predicate at one scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The table that is read.
    pub table: TableName,
    /// Where it is named.
    pub span: Span,
    /// The table's column that the predicate comes down to, or what stops it.
    pub column: Result<String, Stop>,
}

/// What keeps a predicate from a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Where.
    pub span: Span,
    /// Why.
    pub reason: &'static str,
}

/// Follows a predicate on the result column at a position down to every scan, in the order of the text.
pub fn reach(query: &BoundQuery, position: usize) -> Vec<Reach> {
    let mut follower = Follower { ctes: query.ctes.iter().map(|cte| (cte.id, cte)).collect(), depth: 0, found: vec![] };
    let target = match query.columns.get(position) {
        Some(column) => Ok(column.id),
        None => Err(Stop { span: query.root.span, reason: "there is no such column" }),
    };
    follower.rel(&query.root, &target);
    follower.found.sort_by_key(|reach| reach.span);
    follower.found
}

type Target = Result<ColumnId, Stop>;

struct Follower<'a> {
    ctes: BTreeMap<CteId, &'a crate::bound::Cte>,
    depth: usize,
    found: Vec<Reach>,
}

impl Follower<'_> {
    fn rel(&mut self, rel: &Rel, target: &Target) {
        for expr in rel.expressions() {
            self.subqueries(expr);
        }
        let stopped = |reason| Err(Stop { span: rel.span, reason });
        match &rel.kind {
            RelKind::Scan(scan) => {
                let column = target.clone().and_then(|id| {
                    let found = scan.columns.iter().find(|column| column.id == id);
                    let name = found.and_then(|column| column.name.clone());
                    name.ok_or(Stop { span: rel.span, reason: "the column does not come from this table" })
                });
                self.found.push(Reach { table: scan.table.clone(), span: rel.span, column });
            }
            RelKind::Project { input, columns } => {
                let through = target.clone().and_then(|id| match columns.iter().find(|(column, _)| *column == id) {
                    Some((_, expr)) => {
                        expr.as_column().ok_or(Stop { span: expr.span, reason: "the column is computed here" })
                    }
                    None => stopped("the column ends here"),
                });
                self.rel(input, &through);
            }
            RelKind::Join { kind, left, right, on, .. } => self.join(rel, *kind, (left, right), on.as_ref(), target),
            RelKind::Aggregate { input, groups, sets, .. } => {
                let group = |id: ColumnId| {
                    let position = groups.iter().position(|(group, _)| *group == id)?;
                    sets.iter().all(|set| set.contains(&position)).then(|| groups[position].1.as_column())?
                };
                let through = target.clone().and_then(|id| match group(id) {
                    Some(column) => Ok(column),
                    None => stopped("the rows are not grouped by this column alone"),
                });
                self.rel(input, &through);
            }
            RelKind::Window { input, calls } => {
                let in_all = |id: ColumnId| {
                    calls.iter().all(|(_, call)| call.partition_by.iter().any(|p| p.as_column() == Some(id)))
                };
                let through = target.clone().and_then(|id| match in_all(id) {
                    true => Ok(id),
                    false => stopped("a window is not partitioned by this column"),
                });
                self.rel(input, &through);
            }
            RelKind::SetOp { left, right, left_columns, right_columns, columns, .. } => {
                let side = |side: &[ColumnId]| {
                    target.clone().and_then(|id| {
                        let position = columns.iter().position(|column| column.id == id);
                        position
                            .and_then(|position| side.get(position).copied())
                            .ok_or(Stop { span: rel.span, reason: "the column ends here" })
                    })
                };
                self.rel(left, &side(left_columns));
                self.rel(right, &side(right_columns));
            }
            RelKind::CteRef { cte, columns } => self.cte(rel, *cte, columns, target),
            RelKind::Limit { input, .. } => {
                self.rel(input, &target.clone().and_then(|_| stopped("which rows are kept depends on all of them")));
            }
            RelKind::Sample { input, .. } => {
                self.rel(input, &target.clone().and_then(|_| stopped("a sample is drawn before")));
            }
            RelKind::Filter { input, .. }
            | RelKind::Distinct { input }
            | RelKind::Sort { input, .. }
            | RelKind::Unnest { input, .. } => self.rel(input, target),
            RelKind::Opaque(opaque) => {
                let through = target.clone().and_then(|_| stopped("the engine makes these rows from others"));
                opaque.inputs.iter().for_each(|input| self.rel(input, &through));
            }
            RelKind::Values { .. } => {}
        }
    }

    /// Each side gets the predicate on its own column, or on the one that the condition makes equal to it.
    fn join(&mut self, rel: &Rel, kind: JoinKind, sides: (&Rel, &Rel), on: Option<&Expr>, target: &Target) {
        let equal = on.map(super::keys::equal_columns).unwrap_or_default();
        let columns = [sides.0.output(), sides.1.output()];
        for (index, side) in [sides.0, sides.1].into_iter().enumerate() {
            let here = target.clone().and_then(|id| {
                let other = equal.iter().find_map(|(a, b)| match (*a == id, *b == id) {
                    (true, _) => Some(*b),
                    (_, true) => Some(*a),
                    _ => None,
                });
                let own = columns[index].contains(&id);
                // Rows that an outer join adds have null here, and would be added for other rows without the predicate.
                let padded = matches!((kind, index), (JoinKind::Left, 1) | (JoinKind::Right, 0) | (JoinKind::Full, _));
                match other.filter(|other| columns[index].contains(other)) {
                    _ if own && !padded => Ok(id),
                    Some(other) if !own && kind != JoinKind::Full => Ok(other),
                    _ if own => Err(Stop { span: rel.span, reason: "an outer join may put null into this column" }),
                    _ => Err(Stop { span: rel.span, reason: "the join's condition does not compare this column" }),
                }
            });
            self.rel(side, &here);
        }
    }

    fn cte(&mut self, rel: &Rel, cte: CteId, columns: &[(ColumnId, ColumnId)], target: &Target) {
        const DEEPEST: usize = 64;
        let Some(definition) = self.ctes.get(&cte).copied().filter(|_| self.depth < DEEPEST) else { return };
        let inside = target.clone().and_then(|id| match columns.iter().find(|(new, _)| *new == id) {
            Some((_, own)) if definition.recursive.is_none() => Ok(*own),
            _ => Err(Stop { span: rel.span, reason: "a recursive query needs all its rows" }),
        });
        self.depth += 1;
        self.rel(&definition.rel, &inside);
        self.depth -= 1;
    }

    /// Tables inside expressions are never reached: a subquery is its own question.
    fn subqueries(&mut self, expr: &Expr) {
        if let Some(query) = expr.subquery() {
            self.rel(&query.rel, &Err(Stop { span: expr.span, reason: "it is read in a subquery" }));
        }
        for operand in expr.children() {
            self.subqueries(operand);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::bound;
    use super::*;

    /// For each scan the column that is reached, or the reason why none is.
    #[track_caller]
    fn check(sql: &str, expected: &[&str]) {
        let told = |reach: Reach| match reach.column {
            Ok(column) => column,
            Err(stop) => format!("{}: {}", stop.span.text(sql), stop.reason),
        };
        let found: Vec<_> = reach(&bound(sql), 0).into_iter().map(told).collect();
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn through_names_filters_groups_and_unions() {
        check("select placed as day, sum(amount) from {orders} where amount > 1 group by placed", &["placed"]);
        check("with o as (select placed from {orders}) select * from o", &["placed"]);
        check(
            "select customer_id from {customers} union all select order_id from {orders}",
            &["customer_id", "order_id"],
        );
        check(
            "select customer_id, sum(amount) over (partition by customer_id order by placed) from {orders}",
            &["customer_id"],
        );
    }

    #[test]
    fn to_both_sides_of_a_join_on_the_column() {
        check(
            "select o.customer_id from {orders} o left join {customers} c on c.customer_id = o.customer_id",
            &["customer_id", "customer_id"],
        );
    }

    #[test]
    fn says_what_stops_it() {
        check("select amount * 2 from {orders}", &["amount * 2: the column is computed here"]);
        check(
            "select o.placed from {orders} o join {customers} c on c.customer_id = o.customer_id",
            &[
                "placed",
                "{orders} o join {customers} c on c.customer_id = o.customer_id: the join's condition does not compare this column",
            ],
        );
    }
}
