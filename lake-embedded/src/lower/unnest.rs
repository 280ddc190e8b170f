//! UNNEST: the collections become one array of rows, which DataFusion unnests.

use datafusion::common::{Column, UnnestOptions};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use lake_sql::bound::{self, ExprKind, Rel, RelKind};
use lake_sql::span::Span;
use lake_sql::types::{Field, Type};

use super::Lowering;
use super::expr::{column, column_name};
use crate::error::{Fault, Result};
use crate::functions::nested::UNNEST;

impl Lowering<'_> {
    pub(super) fn unnest(&mut self, rel: &Rel) -> Result<LogicalPlan> {
        let RelKind::Unnest { input, collections, columns, ordinality, outer } = &rel.kind else {
            return Err(Fault::internal("an unnest was expected"));
        };
        let kept = input.output();
        let plan = self.rel(input)?;
        let mut made: Vec<(bound::ColumnId, Type)> =
            columns.iter().flatten().map(|column| (column.id, column.ty.clone())).collect();
        made.extend(ordinality.map(|id| (id, Type::BigInt)));
        let fields = made.iter().map(|(_, ty)| Field { name: None, ty: ty.clone() }).collect();
        let row = Type::Row(fields);
        let list = Type::Array(Box::new(row.clone()));
        let rows = self.columns.fresh(&list);
        let call = ExprKind::Call { function: UNNEST, args: collections.clone() };
        let call = bound::Expr { kind: call, ty: list, nullable: true, span: Span::default() };
        let plan = self.with(plan, &kept, &[(rows, call)])?;
        let options = UnnestOptions { preserve_nulls: *outer, ..UnnestOptions::default() };
        let plan = LogicalPlanBuilder::from(plan)
            .unnest_columns_with_options(vec![Column::new_unqualified(column_name(rows))], options)?
            .build()?;
        let mut exprs: Vec<Expr> = kept.iter().map(|id| column(*id)).collect();
        for (index, (id, ty)) in made.into_iter().enumerate() {
            let base = bound::Expr { kind: ExprKind::Column(rows), ty: row.clone(), nullable: true, span: rel.span };
            let kind = ExprKind::Field { row: Box::new(base), index };
            let field = bound::Expr { kind, ty, nullable: true, span: rel.span };
            exprs.push(self.lower(&field)?.alias(column_name(id)));
        }
        Ok(LogicalPlanBuilder::from(plan).project(exprs)?.build()?)
    }
}
