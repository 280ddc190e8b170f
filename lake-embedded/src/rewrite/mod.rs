//! Bound tree → bound tree: what DataFusion would do wrongly or not at all is taken out before lowering.
//!
//! After it there are no references to common table expressions (but those of recursive ones to themselves), no lateral
//! joins, and no subqueries in expressions but EXISTS as a condition of a filter (`subqueries::semi`).

pub(crate) mod constants;
pub(crate) mod ctes;
pub(crate) mod subqueries;
pub(crate) mod walk;

use std::collections::BTreeMap;

use lake_sql::bound::{BoundQuery, ColumnId, Expr, ExprKind, Rel, RelKind};
use lake_sql::span::Span;
use lake_sql::types::Type;

use crate::error::Result;

/// Makes fresh columns, and knows the types of all.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    next: u32,
    types: BTreeMap<ColumnId, Type>,
}

impl Columns {
    /// The columns of a query.
    pub fn of(query: &BoundQuery) -> Self {
        let mut columns = Self::default();
        for cte in &query.ctes {
            columns.learn(&cte.rel);
            if let Some(arm) = &cte.recursive {
                columns.learn(&arm.rel);
            }
        }
        columns.learn(&query.root);
        columns
    }

    /// Adds the columns that are made in a relation.
    pub fn learn(&mut self, rel: &Rel) {
        self.learn_in(&mut rel.clone());
    }

    fn learn_in(&mut self, rel: &mut Rel) {
        walk::inputs_mut(rel).into_iter().for_each(|input| self.learn_in(input));
        match &rel.kind {
            RelKind::Scan(scan) => scan.columns.iter().for_each(|c| self.add(c.id, &c.ty)),
            RelKind::Values { columns, .. } | RelKind::SetOp { columns, .. } => {
                columns.iter().for_each(|c| self.add(c.id, &c.ty));
            }
            RelKind::Project { columns, .. } => columns.iter().for_each(|(id, expr)| self.add(*id, &expr.ty)),
            RelKind::Aggregate { groups, aggregates, groupings, .. } => {
                groups.iter().for_each(|(id, expr)| self.add(*id, &expr.ty));
                aggregates.iter().for_each(|(id, call)| self.add(*id, &call.ty));
                groupings.iter().for_each(|(id, _)| self.add(*id, &Type::BigInt));
            }
            RelKind::Window { calls, .. } => calls.iter().for_each(|(id, call)| self.add(*id, &call.ty)),
            RelKind::Unnest { columns, ordinality, .. } => {
                columns.iter().flatten().for_each(|c| self.add(c.id, &c.ty));
                ordinality.iter().for_each(|id| self.add(*id, &Type::BigInt));
            }
            RelKind::CteRef { columns, .. } => {
                for (id, of) in columns {
                    if let Some(ty) = self.types.get(of).cloned() {
                        self.add(*id, &ty);
                    }
                }
            }
            _ => {}
        }
        for expr in walk::exprs_mut(rel) {
            self.learn_expr(expr);
        }
    }

    fn learn_expr(&mut self, expr: &mut Expr) {
        if let ExprKind::Lambda { parameters, .. } = &expr.kind {
            parameters.iter().for_each(|p| self.add(p.id, &p.ty));
        }
        if let Some(query) = walk::subquery_mut(expr) {
            self.learn_in(&mut query.rel);
        }
        expr.children_mut().into_iter().for_each(|child| self.learn_expr(child));
    }

    fn add(&mut self, id: ColumnId, ty: &Type) {
        self.next = self.next.max(id.0 + 1);
        self.types.insert(id, ty.clone());
    }

    /// A new column.
    pub fn fresh(&mut self, ty: &Type) -> ColumnId {
        let id = ColumnId(self.next);
        self.add(id, ty);
        id
    }

    /// Type of a column.
    pub fn ty(&self, id: ColumnId) -> &Type {
        self.types.get(&id).expect("every column of the tree was learnt")
    }

    /// A column as an expression.
    pub fn column(&self, id: ColumnId) -> Expr {
        Expr { kind: ExprKind::Column(id), ty: self.ty(id).clone(), nullable: true, span: Span::default() }
    }

    /// Another query under ids that are free here.
    pub fn import(&mut self, mut query: BoundQuery, cte_shift: u32) -> BoundQuery {
        let shift = self.next;
        let each = |rel: &mut Rel| {
            walk::each_id(rel, &mut |id| id.0 += shift);
            walk::each_cte(rel, &mut |id| id.0 += cte_shift);
        };
        for cte in &mut query.ctes {
            cte.id.0 += cte_shift;
            each(&mut cte.rel);
            cte.columns.iter_mut().for_each(|id| id.0 += shift);
            if let Some(arm) = &mut cte.recursive {
                each(&mut arm.rel);
                arm.columns.iter_mut().for_each(|id| id.0 += shift);
            }
        }
        each(&mut query.root);
        query.columns.iter_mut().for_each(|column| column.id.0 += shift);
        for cte in &query.ctes {
            self.learn(&cte.rel);
            if let Some(arm) = &cte.recursive {
                self.learn(&arm.rel);
            }
        }
        self.learn(&query.root);
        query
    }

    /// A copy of a relation in which everything that it makes has new ids; and new id by old.
    pub fn copy(&mut self, rel: &Rel) -> (Rel, BTreeMap<ColumnId, ColumnId>) {
        let mut copy = rel.clone();
        let mut made = vec![];
        walk::definitions(&mut copy, &mut made);
        let mut renamed = BTreeMap::new();
        for id in made {
            let ty = self.ty(id).clone();
            renamed.entry(id).or_insert_with(|| self.fresh(&ty));
        }
        rename(&mut copy, &renamed);
        (copy, renamed)
    }
}

/// Replaces ids everywhere in a relation.
pub(crate) fn rename(rel: &mut Rel, renamed: &BTreeMap<ColumnId, ColumnId>) {
    walk::each_id(rel, &mut |id| *id = renamed.get(id).copied().unwrap_or(*id));
}

/// Takes out of a query what lowering does not know.
pub(crate) fn rewrite(query: &mut BoundQuery) -> Result<Columns> {
    constants::fold(query);
    let mut columns = Columns::of(query);
    ctes::inline(query, &mut columns);
    subqueries::remove(query, &mut columns)?;
    Ok(columns)
}
