//! Unique keys: sets of columns whose values occur in one row at most.
//!
//! A key without columns says that there is one row at most. Nulls count as equal to each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::bound::{BoundQuery, ColumnId, CompareOp, CteId, Expr, ExprKind, JoinKind, Rel, RelKind, SetOp, TableName};

/// A set of columns that identifies a row.
pub type Key = BTreeSet<ColumnId>;

/// What is known about tables: the keys of each, by names of columns.
pub type DeclaredKeys<'a> = dyn Fn(&TableName) -> Vec<Vec<String>> + 'a;

/// The unique keys of the result, as positions of its columns; each minimal as far as was found, in order.
pub fn unique_keys(query: &BoundQuery, declared: &DeclaredKeys<'_>) -> Vec<Vec<usize>> {
    let finder = KeyFinder::new(query, declared);
    let position = |id: &ColumnId| query.columns.iter().position(|column| column.id == *id);
    let positions = |key: &Key| {
        let mut positions = key.iter().map(position).collect::<Option<Vec<_>>>()?;
        positions.sort_unstable();
        Some(positions)
    };
    let keys: BTreeSet<_> = finder.keys(&query.root).iter().filter_map(positions).collect();
    keys.into_iter().collect()
}

/// Finds keys of the relations of one query.
pub struct KeyFinder<'a> {
    declared: &'a DeclaredKeys<'a>,
    ctes: BTreeMap<CteId, Vec<Key>>,
}

impl<'a> KeyFinder<'a> {
    /// Prepares for a query: its common table expressions are looked at first.
    pub fn new(query: &BoundQuery, declared: &'a DeclaredKeys<'a>) -> Self {
        let mut finder = Self { declared, ctes: BTreeMap::new() };
        for cte in query.ctes.iter().filter(|cte| cte.recursive.is_none()) {
            let keys = finder.keys(&cte.rel);
            finder.ctes.insert(cte.id, keys);
        }
        finder
    }

    /// The keys of a relation, without those that contain another.
    pub fn keys(&self, rel: &Rel) -> Vec<Key> {
        minimal(self.found(rel))
    }

    /// Whether these columns identify a row.
    pub fn identified_by(&self, rel: &Rel, columns: &Key) -> bool {
        self.found(rel).iter().any(|key| key.is_subset(columns))
    }

    fn found(&self, rel: &Rel) -> Vec<Key> {
        match &rel.kind {
            RelKind::Scan(scan) => {
                let id = |name: &String| {
                    let same =
                        |known: &Option<String>| known.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name));
                    scan.columns.iter().find(|column| same(&column.name)).map(|column| column.id)
                };
                (self.declared)(&scan.table).iter().filter_map(|key| key.iter().map(id).collect()).collect()
            }
            RelKind::Values { rows, .. } if rows.len() <= 1 => vec![Key::new()],
            RelKind::Values { .. } | RelKind::Opaque(_) => vec![],
            RelKind::Project { input, columns } => self.projected(input, columns),
            RelKind::Filter { input, predicate } => {
                let constant = constants(predicate);
                self.found(input).into_iter().map(|key| key.difference(&constant).copied().collect()).collect()
            }
            RelKind::Limit { limit: Some(0 | 1), with_ties: false, .. } => vec![Key::new()],
            RelKind::Sort { input, .. } | RelKind::Limit { input, .. } | RelKind::Sample { input, .. } => {
                self.found(input)
            }
            RelKind::Join { kind, left, right, on, .. } => self.joined(*kind, left, right, on.as_ref()),
            RelKind::Aggregate { groups, sets, .. } => match sets.as_slice() {
                [set] => vec![set.iter().map(|position| groups[*position].0).collect()],
                _ => vec![],
            },
            RelKind::Window { input, .. } => self.numbered(rel, input),
            RelKind::Distinct { input } => {
                let mut keys = self.found(input);
                keys.push(input.output().into_iter().collect());
                keys
            }
            RelKind::SetOp { op, all, left, left_columns, columns, .. } => {
                let renamed: BTreeMap<_, _> =
                    left_columns.iter().copied().zip(columns.iter().map(|column| column.id)).collect();
                let mut keys = match op {
                    SetOp::Union => vec![],
                    SetOp::Intersect | SetOp::Except => rename(self.found(left), &renamed),
                };
                keys.extend((!all).then(|| columns.iter().map(|column| column.id).collect()));
                keys
            }
            RelKind::Unnest { input, ordinality, .. } => {
                let with_position = |mut key: Key| {
                    key.insert((*ordinality)?);
                    Some(key)
                };
                self.found(input).into_iter().filter_map(with_position).collect()
            }
            RelKind::CteRef { cte, columns } => {
                let renamed: BTreeMap<_, _> = columns.iter().map(|(id, own)| (*own, *id)).collect();
                rename(self.ctes.get(cte).cloned().unwrap_or_default(), &renamed)
            }
        }
    }

    fn projected(&self, input: &Rel, columns: &[(ColumnId, Expr)]) -> Vec<Key> {
        let renamed: BTreeMap<_, _> = columns.iter().filter_map(|(id, expr)| Some((expr.as_column()?, *id))).collect();
        rename(self.found(input), &renamed)
    }

    /// `row_number()` is unique within its partition.
    fn numbered(&self, rel: &Rel, input: &Rel) -> Vec<Key> {
        let mut keys = self.found(input);
        let RelKind::Window { calls, .. } = &rel.kind else { return keys };
        for (id, call) in calls.iter().filter(|(_, call)| call.function == "row_number") {
            let partition = call.partition_by.iter().map(Expr::as_column).collect::<Option<Key>>();
            keys.extend(partition.map(|mut key| {
                key.insert(*id);
                key
            }));
        }
        keys
    }

    fn joined(&self, kind: JoinKind, left: &Rel, right: &Rel, on: Option<&Expr>) -> Vec<Key> {
        if kind == JoinKind::Full {
            return vec![];
        }
        let (left_keys, right_keys) = (self.found(left), self.found(right));
        let mut keys: Vec<Key> =
            left_keys.iter().flat_map(|l| right_keys.iter().map(move |r| l.union(r).copied().collect())).collect();
        let equal = on.map(equal_columns).unwrap_or_default();
        // A side that matches one row at most multiplies nothing.
        let matched_once = |keys: &[Key], columns: &Key| keys.iter().any(|key| key.is_subset(columns));
        let columns: Key = left.output().into_iter().collect();
        let pairs = equal
            .iter()
            .flat_map(|(a, b)| [(*a, *b), (*b, *a)])
            .filter(|(a, b)| columns.contains(a) && !columns.contains(b));
        let (left_equal, right_equal): (Key, Key) = pairs.unzip();
        if kind != JoinKind::Right && matched_once(&right_keys, &right_equal) {
            keys.extend(left_keys.clone());
        }
        if kind != JoinKind::Left && matched_once(&left_keys, &left_equal) {
            keys.extend(right_keys);
        }
        keys
    }
}

fn rename(keys: Vec<Key>, names: &BTreeMap<ColumnId, ColumnId>) -> Vec<Key> {
    keys.into_iter().filter_map(|key| key.iter().map(|id| names.get(id).copied()).collect()).collect()
}

fn minimal(keys: Vec<Key>) -> Vec<Key> {
    let unique: BTreeSet<_> = keys.into_iter().collect();
    let contains_other = |key: &Key| unique.iter().any(|other| other != key && other.is_subset(key));
    unique.iter().filter(|key| !contains_other(key)).cloned().collect()
}

/// Columns that a predicate fixes to one value.
fn constants(predicate: &Expr) -> Key {
    let fixed = |part: &&Expr| match &part.kind {
        ExprKind::Compare { op: CompareOp::Equal | CompareOp::NotDistinct, left, right } => {
            match (left.as_column(), right.as_column()) {
                (Some(id), None) if right.is_constant() => Some(id),
                (None, Some(id)) if left.is_constant() => Some(id),
                _ => None,
            }
        }
        ExprKind::IsNull(value) => value.as_column(),
        _ => None,
    };
    predicate.conjuncts().iter().filter_map(fixed).collect()
}

/// Pairs of columns that a join's condition makes equal.
pub(crate) fn equal_columns(on: &Expr) -> Vec<(ColumnId, ColumnId)> {
    let pair = |part: &&Expr| match &part.kind {
        ExprKind::Compare { op: CompareOp::Equal | CompareOp::NotDistinct, left, right } => {
            Some((left.as_column()?, right.as_column()?))
        }
        _ => None,
    };
    on.conjuncts().iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bound, no_keys, shop_keys};
    use super::*;

    #[track_caller]
    fn check(sql: &str, keys: &[&[usize]]) {
        assert_eq!(unique_keys(&bound(sql), &shop_keys), keys, "{sql}");
    }

    #[test]
    fn groups_and_distinct_rows_are_unique() {
        let by_country = bound("select count(*), country from {customers} group by country");
        assert_eq!(unique_keys(&by_country, &no_keys), [[1]]);
        assert_eq!(unique_keys(&bound("select distinct country, parent_id from {customers}"), &no_keys), [[0, 1]]);
        assert_eq!(unique_keys(&bound("select country from {customers}"), &no_keys), Vec::<Vec<usize>>::new());
        check("select count(*) from {orders}", &[&[]]);
        check("select country from {customers} group by rollup (country)", &[]);
    }

    #[test]
    fn a_declared_key_survives_filters_renames_and_lookups() {
        check("select amount, order_id as id from {orders} where amount > 1", &[&[1]]);
        check("select order_id + 1 from {orders}", &[]);
        check("select o.order_id from {orders} o left join {customers} c on c.customer_id = o.customer_id", &[&[0]]);
        check("select o.order_id, c.customer_id from {orders} o cross join {customers} c", &[&[0, 1]]);
        check("select order_id from {orders} where customer_id in (select customer_id from {customers})", &[&[0]]);
        check("with o as (select order_id from {orders}) select * from o", &[&[0]]);
    }

    #[test]
    fn the_first_of_each_partition_is_unique() {
        check(
            "select customer_id, amount from (
               select *, row_number() over (partition by customer_id order by placed desc) as n from {orders})
             where n = 1",
            &[&[0]],
        );
    }

    #[test]
    fn what_joins_multiply_is_not_unique() {
        check("select c.customer_id from {customers} c join {orders} o on o.customer_id = c.customer_id", &[]);
        check("select order_id from {orders} union all select order_id from {orders}", &[]);
        check("select order_id from {orders} cross join unnest(tags) t(tag)", &[]);
    }
}
