//! Bound expression → nodes. Every function, type and zone is looked up here, so that what is missing is refused
//! before anything runs.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use lake_sql::bound::{ColumnId, Expr, ExprKind, Literal};
use lake_sql::types::Type;

use super::zone::{self, Zone, Zones};
use super::{Frame, Kernel, Lambda, Node, Part, Shape, Val};
use crate::error::{Fault, Result};
use crate::functions::{self, Found};
use crate::types;

/// Whether an expression may give another value each time.
pub(crate) type Volatile = bool;

/// A compiled expression and the columns that it reads.
pub(crate) struct Program {
    /// Its columns, in the order of the frame.
    pub inputs: Vec<ColumnId>,
    /// Whether it must be evaluated once for each row and no more.
    pub volatile: Volatile,
    node: Node,
    /// What it computes, as text: two programs of one text are one.
    text: String,
}

impl Program {
    /// Compiles an expression over columns whose zones are given.
    pub fn new(expr: &Expr, zones: &Zones) -> Result<Self> {
        let mut compiler = Compiler { inputs: vec![], zones, volatile: false };
        let node = compiler.node(expr)?;
        let mut text = String::new();
        describe(expr, &mut text);
        Ok(Self { inputs: compiler.inputs, volatile: compiler.volatile, node, text })
    }

    /// Evaluates for each row of the frame, whose columns are the inputs.
    pub fn eval(&self, frame: &Frame) -> Result<Val> {
        self.node.eval(frame)
    }

    /// Evaluates an expression without columns.
    pub fn constant(expr: &Expr) -> Result<ArrayRef> {
        let program = Self::new(expr, &Zones::new())?;
        if !program.inputs.is_empty() {
            return Err(Fault::statement("expected a constant, found an expression over columns"));
        }
        program.eval(&Frame { columns: vec![], rows: 1 })?.into_array(1)
    }
}

/// A lambda that reads nothing but its parameters: what aggregates take.
#[derive(Debug)]
pub(crate) struct Closed {
    program: Program,
    /// Which parameter each input of the program is.
    places: Vec<usize>,
}

impl Closed {
    /// Compiles a lambda; one that reads a column is refused.
    pub fn new(lambda: &Expr) -> Result<Self> {
        let ExprKind::Lambda { parameters, body } = &lambda.kind else {
            return Err(Fault::internal("a lambda was expected"));
        };
        let program = Program::new(body, &Zones::new())?;
        let place = |id: &ColumnId| parameters.iter().position(|parameter| parameter.id == *id);
        let places = program.inputs.iter().map(place).collect::<Option<_>>();
        let places = places.ok_or_else(|| Fault::unsupported("a column in a lambda of an aggregate"))?;
        Ok(Self { program, places })
    }

    /// Evaluates it for columns of parameters.
    pub fn call(&self, parameters: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let columns = self.places.iter().map(|place| parameters[*place].clone()).collect();
        self.program.eval(&Frame { columns, rows })?.into_array(rows)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.inputs == other.inputs
    }
}

impl Eq for Program {}

impl Hash for Program {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// A text that is equal for equal expressions, wherever they are written.
fn describe(expr: &Expr, text: &mut String) {
    use fmt::Write as _;
    let mut plain = expr.clone();
    crate::rewrite::walk::each_expr(&mut plain, &mut |part| part.span = lake_sql::span::Span::default());
    write!(text, "{plain:?}").expect("writing to a string cannot fail");
}

struct Compiler<'a> {
    inputs: Vec<ColumnId>,
    zones: &'a Zones,
    volatile: Volatile,
}

impl Compiler<'_> {
    fn input(&mut self, id: ColumnId) -> usize {
        self.inputs.iter().position(|known| *known == id).unwrap_or_else(|| {
            self.inputs.push(id);
            self.inputs.len() - 1
        })
    }

    fn node(&mut self, expr: &Expr) -> Result<Node> {
        Ok(match &expr.kind {
            ExprKind::Column(id) => Node::Input(self.input(*id), types::arrow(&expr.ty)?),
            ExprKind::Literal(literal) => Node::Constant(functions::literal::array(literal, &expr.ty)?),
            ExprKind::Call { function, args } => self.call(function, args, expr)?,
            ExprKind::Cast { expr: inner, safe, .. } => self.cast(inner, *safe, expr)?,
            ExprKind::Try(inner) => Node::Try { body: Box::new(self.node(inner)?), out: types::arrow(&expr.ty)? },
            ExprKind::Compare { op, left, right } => Node::Compare {
                op: *op,
                ty: left.ty.clone(),
                left: Box::new(self.node(left)?),
                right: Box::new(self.node(right)?),
            },
            ExprKind::And(parts) => self.junction(true, parts)?,
            ExprKind::Or(parts) => self.junction(false, parts)?,
            ExprKind::Not(inner) => Node::Not(Box::new(self.node(inner)?)),
            ExprKind::IsNull(inner) => Node::IsNull(Box::new(self.node(inner)?)),
            ExprKind::Like { value, pattern, escape } => {
                let args: Vec<&Expr> = [value, pattern].into_iter().chain(escape.as_ref()).map(|e| &**e).collect();
                self.fixed(functions::like::like, &args, expr, vec![])?
            }
            ExprKind::Case { branches, otherwise } => Node::Case {
                branches: branches
                    .iter()
                    .map(|(condition, result)| Ok((self.node(condition)?, self.node(result)?)))
                    .collect::<Result<_>>()?,
                otherwise: otherwise.as_ref().map(|e| self.node(e).map(Box::new)).transpose()?,
                out: types::arrow(&expr.ty)?,
            },
            ExprKind::Coalesce(parts) => Node::Coalesce { parts: self.nodes(parts)?, out: types::arrow(&expr.ty)? },
            ExprKind::NullIf { value, left, right } => Node::NullIf {
                value: Box::new(self.node(value)?),
                ty: left.ty.clone(),
                left: Box::new(self.node(left)?),
                right: Box::new(self.node(right)?),
            },
            ExprKind::InList { value, list } => {
                Node::InList { value: Box::new(self.node(value)?), list: self.nodes(list)?, ty: value.ty.clone() }
            }
            ExprKind::Array(items) => self.nested(functions::nested::array_of, items, expr)?,
            ExprKind::Row(items) => self.nested(functions::nested::row_of, items, expr)?,
            ExprKind::Field { row, index } => {
                let index: ArrayRef = Arc::new(Int64Array::from(vec![*index as i64]));
                self.fixed(functions::nested::field, &[row], expr, vec![(index, Type::BigInt)])?
            }
            ExprKind::Subscript { base, index } => {
                self.fixed(functions::nested::subscript, &[base, index], expr, vec![])?
            }
            ExprKind::AtTimeZone { value, zone } => self.at_time_zone(value, zone)?,
            ExprKind::Parameter(parameter) => {
                return Err(Fault::internal(format!("run parameter {parameter:?} has no value")));
            }
            ExprKind::Lambda { .. } => return Err(Fault::internal("a lambda stands outside a function call")),
            ExprKind::Scalar(_) | ExprKind::Exists(_) | ExprKind::InQuery { .. } | ExprKind::Quantified { .. } => {
                return Err(Fault::internal("a subquery was not removed from an expression"));
            }
        })
    }

    fn nodes(&mut self, exprs: &[Expr]) -> Result<Vec<Node>> {
        exprs.iter().map(|expr| self.node(expr)).collect()
    }

    fn junction(&mut self, and: bool, parts: &[Expr]) -> Result<Node> {
        let part = |(position, expr): (usize, &Expr)| {
            Ok(Part { node: self.node(expr)?, guarded: position > 0 && can_fail(expr) })
        };
        Ok(Node::Junction { and, parts: parts.iter().enumerate().map(part).collect::<Result<_>>()? })
    }

    fn cast(&mut self, inner: &Expr, safe: bool, expr: &Expr) -> Result<Node> {
        if inner.ty == expr.ty {
            return self.node(inner);
        }
        functions::cast::check(&inner.ty, &expr.ty)?;
        let node = self.fixed(functions::cast::cast, &[inner], expr, vec![])?;
        Ok(if safe { Node::Try { body: Box::new(node), out: types::arrow(&expr.ty)? } } else { node })
    }

    fn at_time_zone(&mut self, value: &Expr, zone: &Expr) -> Result<Node> {
        match &zone.kind {
            ExprKind::Literal(Literal::Text(name)) => functions::datetime::zone(name).map(drop)?,
            _ => return Err(Fault::unsupported("AT TIME ZONE with a zone that is not a literal")),
        }
        self.node(value)
    }

    /// A constructor of nested values: inside them every instant is in UTC.
    fn nested(&mut self, kernel: Kernel, items: &[Expr], expr: &Expr) -> Result<Node> {
        if items.iter().any(|item| zone::of(item, self.zones) != Zone::utc()) {
            return Err(Fault::unsupported("a timestamp in another zone than UTC inside an array or a row"));
        }
        let items: Vec<&Expr> = items.iter().collect();
        self.fixed(kernel, &items, expr, vec![])
    }

    /// A call of a kernel that is known, with further constant arguments.
    fn fixed(&mut self, kernel: Kernel, args: &[&Expr], expr: &Expr, more: Vec<(ArrayRef, Type)>) -> Result<Node> {
        let mut shape = self.shape(args, expr)?;
        let mut nodes = args.iter().map(|arg| self.node(arg)).collect::<Result<Vec<_>>>()?;
        for (value, ty) in more {
            nodes.push(Node::Constant(value));
            shape.types.push(ty);
        }
        Ok(Node::Call { kernel, args: nodes, shape, volatile: false })
    }

    fn shape(&self, args: &[&Expr], expr: &Expr) -> Result<Shape> {
        let with_zone = args.iter().find(|arg| matches!(arg.ty, Type::TimestampTz(_)));
        let zone = zone::of(with_zone.unwrap_or(&expr), self.zones);
        if zone == Zone::Mixed && with_zone.is_some() && !ignores_zone(expr) {
            zone.name()?;
        }
        let types = args.iter().map(|arg| arg.ty.clone()).collect();
        Ok(Shape { types, ty: expr.ty.clone(), out: types::arrow(&expr.ty)?, zone })
    }

    fn call(&mut self, function: &str, args: &[Expr], expr: &Expr) -> Result<Node> {
        let types: Vec<Type> = args.iter().map(|arg| arg.ty.clone()).collect();
        let found = functions::find(function, &types, &expr.ty)
            .ok_or_else(|| Fault::unsupported(format!("function {function}")))?;
        if matches!(function, "at_timezone" | "with_timezone" | "from_unixtime" | "parse_datetime") {
            functions::datetime::zone(zone::of(expr, self.zones).name()?)?;
        }
        let borrowed: Vec<&Expr> = args.iter().collect();
        match found {
            Found::Plain(kernel) => self.fixed(kernel, &borrowed, expr, vec![]),
            Found::Volatile(kernel) => {
                self.volatile = true;
                let shape = self.shape(&borrowed, expr)?;
                Ok(Node::Call { kernel, args: self.nodes(args)?, shape, volatile: true })
            }
            Found::Higher(kernel) => {
                let shape = self.shape(&borrowed, expr)?;
                let (mut nodes, mut lambdas) = (vec![], vec![]);
                for arg in args {
                    match &arg.kind {
                        ExprKind::Lambda { parameters, body } => {
                            let ids = parameters.iter().map(|parameter| parameter.id).collect();
                            lambdas.push(self.lambda(ids, body)?);
                        }
                        _ => nodes.push(self.node(arg)?),
                    }
                }
                Ok(Node::Higher { kernel, args: nodes, lambdas, shape: plain_args(shape) })
            }
        }
    }

    fn lambda(&mut self, parameters: Vec<ColumnId>, body: &Expr) -> Result<Lambda> {
        let count = parameters.len();
        let mut inner = Compiler { inputs: parameters, zones: self.zones, volatile: false };
        let node = inner.node(body)?;
        self.volatile |= inner.volatile;
        let captures = inner.inputs[count..].iter().map(|id| self.input(*id)).collect();
        Ok(Lambda { parameters: count, captures, body: node })
    }
}

/// Drops the types of lambdas: kernels get them apart from the values.
fn plain_args(mut shape: Shape) -> Shape {
    shape.types.retain(|ty| !matches!(ty, Type::Function(..)));
    shape
}

/// Whether an expression over timestamps with time zone depends on the instant alone.
fn ignores_zone(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Cast { .. } => matches!(expr.ty, Type::TimestampTz(_)),
        ExprKind::Call { function, args } => {
            matches!(*function, "at_timezone" | "to_unixtime" | "greatest" | "least")
                || matches!(*function, "add" | "subtract") && args.iter().all(|a| a.ty != Type::IntervalYearToMonth)
        }
        _ => false,
    }
}

/// Whether evaluating the expression may raise an error on values of the right types.
pub(crate) fn can_fail(expr: &Expr) -> bool {
    let own = match &expr.kind {
        ExprKind::Call { function, .. } => functions::can_fail(function),
        ExprKind::Cast { expr: inner, safe, .. } => !safe && functions::cast::can_fail(&inner.ty, &expr.ty),
        ExprKind::Try(_) => return false,
        ExprKind::Subscript { .. } | ExprKind::Scalar(_) => true,
        ExprKind::Like { pattern, escape, .. } => {
            escape.is_some() || !matches!(pattern.kind, ExprKind::Literal(_) | ExprKind::Cast { .. })
        }
        _ => false,
    };
    own || expr.children().into_iter().any(can_fail)
}
