//! The parts of bound expressions and relations, for whoever walks the tree.

use super::{AggregateCall, ColumnId, Cte, Expr, ExprKind, FrameBound, Rel, RelKind, Subquery, Version, WindowCall};

impl Expr {
    /// Its direct operands; those inside of subqueries are not among them.
    pub fn children(&self) -> Vec<&Expr> {
        use ExprKind as K;
        match &self.kind {
            K::Column(_) | K::Literal(_) | K::Parameter(_) | K::Scalar(_) | K::Exists(_) => vec![],
            K::Call { args, .. } | K::And(args) | K::Or(args) | K::Coalesce(args) | K::Array(args) | K::Row(args) => {
                args.iter().collect()
            }
            K::Lambda { body, .. } => vec![body],
            K::Cast { expr, .. } | K::Try(expr) | K::Not(expr) | K::IsNull(expr) | K::Field { row: expr, .. } => {
                vec![expr]
            }
            K::Compare { left, right, .. } => vec![left, right],
            K::Like { value, pattern, escape } => {
                [Some(value), Some(pattern), escape.as_ref()].into_iter().flatten().map(AsRef::as_ref).collect()
            }
            K::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
            }
            K::NullIf { value, left, right } => vec![value, left, right],
            K::InList { value, list } => std::iter::once(value.as_ref()).chain(list).collect(),
            K::Subscript { base, index } => vec![base, index],
            K::AtTimeZone { value, zone } => vec![value, zone],
            K::InQuery { value, .. } | K::Quantified { value, .. } => vec![value],
        }
    }

    /// Its direct operands, to change them.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        use ExprKind as K;
        match &mut self.kind {
            K::Column(_) | K::Literal(_) | K::Parameter(_) | K::Scalar(_) | K::Exists(_) => vec![],
            K::Call { args, .. } | K::And(args) | K::Or(args) | K::Coalesce(args) | K::Array(args) | K::Row(args) => {
                args.iter_mut().collect()
            }
            K::Lambda { body, .. } => vec![body],
            K::Cast { expr, .. } | K::Try(expr) | K::Not(expr) | K::IsNull(expr) | K::Field { row: expr, .. } => {
                vec![expr]
            }
            K::Compare { left, right, .. } => vec![left, right],
            K::Like { value, pattern, escape } => {
                [Some(value), Some(pattern), escape.as_mut()].into_iter().flatten().map(AsMut::as_mut).collect()
            }
            K::Case { branches, otherwise } => {
                branches.iter_mut().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref_mut()).collect()
            }
            K::NullIf { value, left, right } => vec![value, left, right],
            K::InList { value, list } => std::iter::once(value.as_mut()).chain(list).collect(),
            K::Subscript { base, index } => vec![base, index],
            K::AtTimeZone { value, zone } => vec![value, zone],
            K::InQuery { value, .. } | K::Quantified { value, .. } => vec![value],
        }
    }

    /// The column that it is, if it is nothing but one.
    pub fn as_column(&self) -> Option<ColumnId> {
        match self.kind {
            ExprKind::Column(id) => Some(id),
            _ => None,
        }
    }

    /// Whether it is a constant: a literal or a run parameter, perhaps cast.
    pub fn is_constant(&self) -> bool {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Parameter(_) => true,
            ExprKind::Cast { expr, .. } => expr.is_constant(),
            _ => false,
        }
    }

    /// The parts of a conjunction; of anything else the expression itself.
    pub fn conjuncts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::And(parts) => parts.iter().flat_map(Expr::conjuncts).collect(),
            _ => vec![self],
        }
    }

    /// The subquery that this expression itself holds.
    pub fn subquery(&self) -> Option<&Subquery> {
        match &self.kind {
            ExprKind::Scalar(query)
            | ExprKind::Exists(query)
            | ExprKind::InQuery { query, .. }
            | ExprKind::Quantified { query, .. } => Some(query),
            _ => None,
        }
    }

    /// Calls `visit` for the expression and everything below it in the same query.
    pub fn visit<'e>(&'e self, visit: &mut impl FnMut(&'e Expr)) {
        visit(self);
        for child in self.children() {
            child.visit(visit);
        }
    }

    /// The columns it reads, those that its subqueries read from outside included.
    pub fn columns(&self) -> Vec<ColumnId> {
        let mut columns = vec![];
        self.visit(&mut |expr| {
            if let ExprKind::Column(id) = expr.kind {
                columns.push(id);
            }
            columns.extend(expr.subquery().into_iter().flat_map(|query| query.outer.iter().copied()));
        });
        columns
    }
}

impl AggregateCall {
    /// Its expressions.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.args.iter().chain(&self.filter).chain(self.order_by.iter().map(|key| &key.expr))
    }

    /// Its expressions, to change them.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        self.args.iter_mut().chain(&mut self.filter).chain(self.order_by.iter_mut().map(|key| &mut key.expr))
    }
}

impl WindowCall {
    /// Its expressions, those of the frame's bounds included.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let bounds = self.frame.iter().flat_map(|frame| [&frame.start, &frame.end]).filter_map(|bound| match bound {
            FrameBound::Preceding(expr) | FrameBound::Following(expr) => Some(expr.as_ref()),
            FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
        });
        self.args
            .iter()
            .chain(&self.filter)
            .chain(self.argument_order.iter().map(|key| &key.expr))
            .chain(&self.partition_by)
            .chain(self.order_by.iter().map(|key| &key.expr))
            .chain(bounds)
            .chain(self.frame.iter().flat_map(|frame| &frame.pattern))
    }

    /// Its expressions, to change them.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let framed = self.frame.iter_mut().flat_map(|frame| {
            let bounds = [&mut frame.start, &mut frame.end].into_iter().filter_map(|bound| match bound {
                FrameBound::Preceding(expr) | FrameBound::Following(expr) => Some(expr.as_mut()),
                FrameBound::UnboundedPreceding | FrameBound::CurrentRow | FrameBound::UnboundedFollowing => None,
            });
            bounds.chain(&mut frame.pattern)
        });
        self.args
            .iter_mut()
            .chain(&mut self.filter)
            .chain(self.argument_order.iter_mut().map(|key| &mut key.expr))
            .chain(&mut self.partition_by)
            .chain(self.order_by.iter_mut().map(|key| &mut key.expr))
            .chain(framed)
    }
}

impl Cte {
    /// What it computes: one relation, or the two arms of a recursion.
    pub fn rels(&self) -> impl Iterator<Item = &Rel> {
        std::iter::once(&self.rel).chain(self.recursive.iter().map(|arm| &arm.rel))
    }
}

impl Rel {
    /// The relations directly below; those of subqueries in expressions are not among them.
    pub fn inputs(&self) -> Vec<&Rel> {
        use RelKind as K;
        match &self.kind {
            K::Scan(_) | K::Values { .. } | K::CteRef { .. } => vec![],
            K::Project { input, .. }
            | K::Filter { input, .. }
            | K::Aggregate { input, .. }
            | K::Window { input, .. }
            | K::Distinct { input }
            | K::Sort { input, .. }
            | K::Limit { input, .. }
            | K::Unnest { input, .. }
            | K::Sample { input, .. } => vec![input],
            K::Join { left, right, .. } | K::SetOp { left, right, .. } => vec![left, right],
            K::Opaque(opaque) => opaque.inputs.iter().collect(),
        }
    }

    /// The expressions of this operator alone.
    pub fn expressions(&self) -> Vec<&Expr> {
        use RelKind as K;
        match &self.kind {
            K::Scan(scan) => match scan.version.as_deref() {
                Some(Version::Version(expr) | Version::Timestamp(expr)) => vec![expr],
                None => vec![],
            },
            K::Values { rows, .. } => rows.iter().flatten().collect(),
            K::Project { columns, .. } => columns.iter().map(|(_, expr)| expr).collect(),
            K::Filter { predicate, .. } => vec![predicate],
            K::Join { on, .. } => on.iter().collect(),
            K::Aggregate { groups, aggregates, .. } => groups
                .iter()
                .map(|(_, expr)| expr)
                .chain(aggregates.iter().flat_map(|(_, call)| call.expressions()))
                .collect(),
            K::Window { calls, .. } => calls.iter().flat_map(|(_, call)| call.expressions()).collect(),
            K::Sort { keys, .. } => keys.iter().map(|key| &key.expr).collect(),
            K::Unnest { collections, .. } => collections.iter().collect(),
            K::Sample { percentage, .. } => vec![percentage],
            K::Opaque(opaque) => opaque.args.iter().collect(),
            K::Distinct { .. } | K::Limit { .. } | K::SetOp { .. } | K::CteRef { .. } => vec![],
        }
    }

    /// Calls `visit` for the relation and everything below it, subqueries of expressions included.
    pub fn visit<'r>(&'r self, visit: &mut impl FnMut(&'r Rel)) {
        visit(self);
        let mut subqueries = vec![];
        for expr in self.expressions() {
            expr.visit(&mut |expr| subqueries.extend(expr.subquery()));
        }
        for below in self.inputs().into_iter().chain(subqueries.into_iter().map(|query| &query.rel)) {
            below.visit(visit);
        }
    }

    /// The columns that it puts out, in order.
    pub fn output(&self) -> Vec<ColumnId> {
        use RelKind as K;
        match &self.kind {
            K::Scan(scan) => scan.columns.iter().map(|column| column.id).collect(),
            K::Values { columns, .. } | K::SetOp { columns, .. } => columns.iter().map(|column| column.id).collect(),
            K::Opaque(opaque) => opaque.columns.iter().map(|column| column.id).collect(),
            K::Project { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
            K::CteRef { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
            K::Filter { input, .. }
            | K::Distinct { input }
            | K::Sort { input, .. }
            | K::Limit { input, .. }
            | K::Sample { input, .. } => input.output(),
            K::Join { left, right, .. } => left.output().into_iter().chain(right.output()).collect(),
            K::Aggregate { groups, aggregates, groupings, .. } => groups
                .iter()
                .map(|(id, _)| *id)
                .chain(aggregates.iter().map(|(id, _)| *id))
                .chain(groupings.iter().map(|(id, _)| *id))
                .collect(),
            K::Window { input, calls } => input.output().into_iter().chain(calls.iter().map(|(id, _)| *id)).collect(),
            K::Unnest { input, columns, ordinality, .. } => input
                .output()
                .into_iter()
                .chain(columns.iter().flatten().map(|column| column.id))
                .chain(*ordinality)
                .collect(),
        }
    }
}
