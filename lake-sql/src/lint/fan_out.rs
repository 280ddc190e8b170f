//! Joins by which rows multiply.

use std::collections::BTreeMap;

use crate::analysis::keys::{DeclaredKeys, Key, KeyFinder, equal_columns};
use crate::bound::{BoundQuery, Cte, Expr, Rel, RelKind};
use crate::finding::{Finding, join_fan_out};

/// The joins of a query in which neither side is unique, though both are known to have keys.
pub fn lint(query: &BoundQuery, declared: &DeclaredKeys<'_>) -> Vec<Finding> {
    let keys = KeyFinder::new(query, declared);
    let mut names = BTreeMap::new();
    let mut found = vec![];
    let mut look = |rel: &Rel| {
        match &rel.kind {
            RelKind::Scan(scan) => {
                names.extend(scan.columns.iter().map(|column| (column.id, column.name.clone().unwrap_or_default())));
            }
            RelKind::Join { left, right, on: Some(on), lateral: false, .. } => {
                found.extend(multiplying(&keys, left, right, on).map(|sides| (sides, rel.span)));
            }
            _ => {}
        };
    };
    for rel in query.ctes.iter().flat_map(Cte::rels).chain([&query.root]) {
        rel.visit(&mut look);
    }
    let spelt = |key: &Key| -> Option<String> {
        let names: Vec<&str> = key.iter().map(|id| names.get(id).map(String::as_str)).collect::<Option<_>>()?;
        Some(names.join(", "))
    };
    let finding = |((left, right), span): &((Key, Key), _)| {
        let (left, right) = (spelt(left)?, spelt(right)?);
        Some(join_fan_out::new((&left, &right), *span))
    };
    found.iter().filter_map(finding).collect()
}

/// A key of each side, if equalities compare whole keys of neither.
fn multiplying(keys: &KeyFinder<'_>, left: &Rel, right: &Rel, on: &Expr) -> Option<(Key, Key)> {
    let (left_output, right_output) = (left.output(), right.output());
    let (mut of_left, mut of_right) = (Key::new(), Key::new());
    for id in equal_columns(on).into_iter().flat_map(|(a, b)| [a, b]) {
        if left_output.contains(&id) {
            of_left.insert(id);
        } else if right_output.contains(&id) {
            of_right.insert(id);
        }
    }
    if of_left.is_empty() || of_right.is_empty() {
        return None;
    }
    if keys.identified_by(left, &of_left) || keys.identified_by(right, &of_right) {
        return None;
    }
    Some((keys.keys(left).into_iter().next()?, keys.keys(right).into_iter().next()?))
}
