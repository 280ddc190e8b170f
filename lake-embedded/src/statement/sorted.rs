//! Rows are written in the order that their table says.

use lake_iceberg::SortBy;
use lake_sql::bound::{BoundQuery, Expr, ExprKind, Rel, RelKind, SortKey};
use lake_sql::span::Span;

/// The query with its rows ordered for a table; `position` is where a column of the table is in the query, if it is.
pub(super) fn sorted(query: &BoundQuery, order: &[SortBy], position: impl Fn(&str) -> Option<usize>) -> BoundQuery {
    let key = |by: &SortBy| {
        let column = query.columns.get(position(&by.column)?)?;
        let kind = ExprKind::Column(column.id);
        let expr = Expr { kind, ty: column.ty.clone(), nullable: column.nullable, span: Span::default() };
        Some(SortKey { expr, descending: by.descending, nulls_first: by.nulls_first })
    };
    let keys: Vec<SortKey> = order.iter().filter_map(key).collect();
    let mut query = query.clone();
    if !keys.is_empty() {
        let input = Box::new(query.root);
        query.root = Rel { kind: RelKind::Sort { input, keys }, span: Span::default() };
    }
    query
}
