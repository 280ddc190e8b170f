//! UPDATE, DELETE and MERGE as queries over numbered rows: what to change is what the query returns.

use lake_sql::span::Span;
use lake_sql::syntax::tree::{
    BinaryOp, Expr, ExprKind, Ident, JoinCondition, JoinKind, Literal, MergeAction, MergeClause, Name, Query,
    QueryBody, Relation, RelationKind, Select, SelectItem,
};

use crate::session::{ROW_NUMBER, ROW_NUMBERS};

fn ident(value: &str, span: Span) -> Ident {
    Ident { value: value.into(), quoted: true, span }
}

fn column(table: &Ident, name: &str) -> Expr {
    let span = table.span;
    let base = Expr { kind: ExprKind::Column(table.clone()), span };
    Expr { kind: ExprKind::Field(Box::new(base), ident(name, span)), span }
}

/// The name that a statement's target has in its expressions.
fn target_alias(name: &Name, alias: Option<&Ident>) -> Ident {
    alias.or(name.parts.last()).expect("a name has a part").clone()
}

/// The target with its row numbers.
fn numbered(name: &Name, alias: Option<&Ident>) -> Relation {
    let mut numbered = name.clone();
    let last = numbered.parts.last_mut().expect("a name has a part");
    last.value.push_str(ROW_NUMBERS);
    last.quoted = true;
    let table = Relation { kind: RelationKind::Table { name: numbered, version: None }, span: name.span };
    let alias = target_alias(name, alias);
    Relation { kind: RelationKind::Aliased { relation: Box::new(table), alias, columns: vec![] }, span: name.span }
}

fn select(items: Vec<Expr>, from: Relation, filter: Option<Expr>, span: Span) -> Query {
    let items = items.into_iter().map(|expr| SelectItem::Expr { expr, alias: None }).collect();
    let select = Select {
        distinct: false,
        items,
        from: vec![from],
        filter,
        group_by: None,
        having: None,
        windows: vec![],
        span,
    };
    Query { with: None, body: QueryBody::Select(Box::new(select)), order_by: vec![], offset: None, limit: None, span }
}

/// Row number, then the new values, of the rows that match.
pub fn changed_rows(name: &Name, values: &[Expr], filter: Option<&Expr>, span: Span) -> Query {
    let number = column(&target_alias(name, None), ROW_NUMBER);
    let items = [number].into_iter().chain(values.iter().cloned()).collect();
    select(items, numbered(name, None), filter.cloned(), span)
}

/// One value without a relation.
pub fn constant(expr: &Expr) -> Query {
    let items = vec![SelectItem::Expr { expr: expr.clone(), alias: None }];
    let span = expr.span;
    let select = Select {
        distinct: false,
        items,
        from: vec![],
        filter: None,
        group_by: None,
        having: None,
        windows: vec![],
        span,
    };
    Query { with: None, body: QueryBody::Select(Box::new(select)), order_by: vec![], offset: None, limit: None, span }
}

/// A MERGE to be written as a query.
pub struct Merge<'a> {
    /// Target.
    pub name: &'a Name,
    /// Its alias.
    pub alias: Option<&'a Ident>,
    /// USING.
    pub source: &'a Relation,
    /// ON.
    pub on: &'a Expr,
    /// WHEN.
    pub clauses: &'a [MergeClause],
    /// The statement.
    pub span: Span,
}

impl Merge<'_> {
    /// For each source row, with each target row that it matches: number of the target row (null without one), which
    /// clause holds (null if none), then the values of all clauses one after the other, null but for that clause.
    pub fn query(&self) -> Query {
        let number = column(&target_alias(self.name, self.alias), ROW_NUMBER);
        let clause = self.clause_index(&number);
        let mut items = vec![number.clone(), clause.clone()];
        for (index, when) in self.clauses.iter().enumerate() {
            items.extend(values(&when.action).map(|value| only_for(&clause, index, value)));
        }
        let join = RelationKind::Join {
            kind: JoinKind::Right,
            left: Box::new(numbered(self.name, self.alias)),
            right: Box::new(self.source.clone()),
            condition: JoinCondition::On(self.on.clone()),
        };
        select(items, Relation { kind: join, span: self.span }, None, self.span)
    }

    fn clause_index(&self, number: &Expr) -> Expr {
        let branch = |(index, when): (usize, &MergeClause)| {
            let matched = Expr { kind: ExprKind::IsNull(Box::new(number.clone()), when.matched), span: when.span };
            let condition = when.condition.iter().fold(matched, |all, condition| {
                let condition =
                    Expr { kind: ExprKind::Parenthesized(Box::new(condition.clone())), span: condition.span };
                Expr {
                    kind: ExprKind::Binary(Box::new(all), BinaryOp::And, when.span, Box::new(condition)),
                    span: when.span,
                }
            });
            (condition, integer(index, when.span))
        };
        let branches = self.clauses.iter().enumerate().map(branch).collect();
        Expr { kind: ExprKind::Case { operand: None, branches, otherwise: None }, span: self.span }
    }
}

/// The expressions of an action.
pub fn values(action: &MergeAction) -> Box<dyn Iterator<Item = &Expr> + '_> {
    match action {
        MergeAction::Update(assignments) => Box::new(assignments.iter().map(|(_, value)| value)),
        MergeAction::Insert(_, values) => Box::new(values.iter()),
        MergeAction::Delete => Box::new(std::iter::empty()),
    }
}

fn integer(number: usize, span: Span) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Integer(number.to_string())), span }
}

fn only_for(clause: &Expr, index: usize, value: &Expr) -> Expr {
    let span = value.span;
    let this = Expr {
        kind: ExprKind::Binary(Box::new(clause.clone()), BinaryOp::Equal, span, Box::new(integer(index, span))),
        span,
    };
    Expr { kind: ExprKind::Case { operand: None, branches: vec![(this, value.clone())], otherwise: None }, span }
}
