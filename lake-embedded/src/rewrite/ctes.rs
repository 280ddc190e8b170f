//! Common table expressions are copied to where they are read, under the ids of the reader.

use std::collections::BTreeMap;

use lake_sql::bound::{BoundQuery, ColumnId, Cte, CteId, Expr, Rel, RelKind};

use super::{Columns, walk};

/// Replaces every reference to a CTE that is not recursive by a copy of it. A recursive one stays; what it reads is
/// copied into it.
pub(crate) fn inline(query: &mut BoundQuery, columns: &mut Columns) {
    let mut known: BTreeMap<CteId, (Rel, Vec<ColumnId>)> = BTreeMap::new();
    let mut recursive: Vec<Cte> = vec![];
    for mut cte in std::mem::take(&mut query.ctes) {
        replace(&mut cte.rel, &known, columns);
        match &mut cte.recursive {
            Some(arm) => {
                replace(&mut arm.rel, &known, columns);
                recursive.push(cte);
            }
            None => {
                known.insert(cte.id, (cte.rel, cte.columns));
            }
        }
    }
    replace(&mut query.root, &known, columns);
    query.ctes = recursive;
}

fn replace(rel: &mut Rel, known: &BTreeMap<CteId, (Rel, Vec<ColumnId>)>, columns: &mut Columns) {
    if let RelKind::CteRef { cte, columns: wanted } = &rel.kind
        && let Some((definition, _)) = known.get(cte)
    {
        let (copy, renamed) = columns.copy(definition);
        let projected = wanted.iter().map(|(id, of)| (*id, columns.column(*renamed.get(of).unwrap_or(of)))).collect();
        rel.kind = RelKind::Project { input: Box::new(copy), columns: projected };
        return;
    }
    for input in walk::inputs_mut(rel) {
        replace(input, known, columns);
    }
    for expr in walk::exprs_mut(rel) {
        replace_in_expr(expr, known, columns);
    }
}

fn replace_in_expr(expr: &mut Expr, known: &BTreeMap<CteId, (Rel, Vec<ColumnId>)>, columns: &mut Columns) {
    if let Some(query) = walk::subquery_mut(expr) {
        replace(&mut query.rel, known, columns);
    }
    for child in expr.children_mut() {
        replace_in_expr(child, known, columns);
    }
}
