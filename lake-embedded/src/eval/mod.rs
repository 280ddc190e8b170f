//! Evaluates bound expressions on Arrow columns, with Trino's meaning.
//!
//! DataFusion's own expressions coerce, wrap, evaluate both sides of AND, and compare NaN and nested nulls otherwise
//! than Trino. So whatever is not a plain comparison is evaluated here; to DataFusion it is one opaque function
//! (`lower::expr`). Lazy parts (CASE, AND, OR, COALESCE, TRY, lambdas) see only the rows that reach them.

mod compile;
mod frame;
mod lambda;
mod lazy;
pub(crate) mod zone;

use arrow::array::{Array, ArrayRef, BooleanArray, new_null_array};
use arrow::compute;
use arrow::datatypes::DataType;
use lake_sql::bound::CompareOp;
use lake_sql::types::Type;

pub(crate) use compile::{Closed, Program, can_fail};
pub(crate) use frame::{Frame, Val};
pub(crate) use lambda::{BoundLambda, Lambda};

use crate::error::{Fault, Result};
use crate::functions::compare;

/// What a function sees of its call.
pub(crate) struct Args<'a> {
    /// The arguments, each of `rows` rows.
    pub values: &'a [ArrayRef],
    pub rows: usize,
    /// Trino types of the arguments.
    pub types: &'a [Type],
    /// Type of the result.
    pub ty: &'a Type,
    /// Arrow type of the result.
    pub out: &'a DataType,
    /// Zone of the first argument that is a timestamp with time zone, or of the result.
    pub zone: &'a zone::Zone,
}

/// A function of plain values.
pub(crate) type Kernel = fn(&Args<'_>) -> Result<ArrayRef>;

/// A function that takes lambdas.
pub(crate) type HigherKernel = fn(&Args<'_>, &[BoundLambda<'_>]) -> Result<ArrayRef>;

/// Types and zone of a call, owned by its node.
#[derive(Debug)]
pub(crate) struct Shape {
    pub types: Vec<Type>,
    pub ty: Type,
    pub out: DataType,
    pub zone: zone::Zone,
}

impl Shape {
    fn args<'a>(&'a self, values: &'a [ArrayRef], rows: usize) -> Args<'a> {
        Args { values, rows, types: &self.types, ty: &self.ty, out: &self.out, zone: &self.zone }
    }
}

/// A compiled expression.
pub(crate) enum Node {
    Input(usize, DataType),
    Constant(ArrayRef),
    Call {
        kernel: Kernel,
        args: Vec<Node>,
        shape: Shape,
        volatile: bool,
    },
    Higher {
        kernel: HigherKernel,
        args: Vec<Node>,
        lambdas: Vec<Lambda>,
        shape: Shape,
    },
    Compare {
        op: CompareOp,
        left: Box<Node>,
        right: Box<Node>,
        ty: Type,
    },
    /// AND (true) or OR.
    Junction {
        and: bool,
        parts: Vec<Part>,
    },
    Not(Box<Node>),
    IsNull(Box<Node>),
    Case {
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
        out: DataType,
    },
    Coalesce {
        parts: Vec<Node>,
        out: DataType,
    },
    NullIf {
        value: Box<Node>,
        left: Box<Node>,
        right: Box<Node>,
        ty: Type,
    },
    InList {
        value: Box<Node>,
        list: Vec<Node>,
        ty: Type,
    },
    Try {
        body: Box<Node>,
        out: DataType,
    },
}

/// A part of AND or OR, and whether it may only see rows that the parts before it left open.
pub(crate) struct Part {
    pub node: Node,
    pub guarded: bool,
}

impl Node {
    /// The value of each row of the frame.
    pub fn eval(&self, frame: &Frame) -> Result<Val> {
        match self {
            Node::Input(position, ty) => Ok(Val::Array(typed(&frame.columns[*position], ty))),
            Node::Constant(value) => Ok(Val::Const(value.clone())),
            Node::Call { kernel, args, shape, volatile } => call(*kernel, args, shape, *volatile, frame),
            Node::Higher { kernel, args, lambdas, shape } => {
                let values = arrays(args, frame)?;
                let bound: Vec<BoundLambda<'_>> = lambdas.iter().map(|lambda| lambda.bind(frame)).collect();
                kernel(&shape.args(&values, frame.rows), &bound).map(Val::Array)
            }
            Node::Compare { op, left, right, ty } => {
                compare::compare(*op, &left.eval(frame)?, &right.eval(frame)?, ty, frame.rows)
            }
            Node::Junction { and, parts } => lazy::junction(*and, parts, frame),
            Node::Not(inner) => {
                let value = inner.eval(frame)?;
                value.map(|array| Ok(std::sync::Arc::new(compute::not(bools(array)?)?) as ArrayRef))
            }
            Node::IsNull(inner) => {
                let value = inner.eval(frame)?;
                value.map(|array| Ok(std::sync::Arc::new(compute::is_null(array)?) as ArrayRef))
            }
            Node::Case { branches, otherwise, out } => lazy::case(branches, otherwise.as_deref(), out, frame),
            Node::Coalesce { parts, out } => lazy::coalesce(parts, out, frame),
            Node::NullIf { value, left, right, ty } => null_if(value, [left, right], ty, frame),
            Node::InList { value, list, ty } => in_list(value, list, ty, frame),
            Node::Try { body, out } => lazy::attempt(body, out, frame),
        }
    }
}

/// The values of several expressions as full columns.
fn arrays(nodes: &[Node], frame: &Frame) -> Result<Vec<ArrayRef>> {
    nodes.iter().map(|node| node.eval(frame)?.into_array(frame.rows)).collect()
}

fn call(kernel: Kernel, args: &[Node], shape: &Shape, volatile: bool, frame: &Frame) -> Result<Val> {
    let values = args.iter().map(|node| node.eval(frame)).collect::<Result<Vec<_>>>()?;
    let constant = !volatile && values.iter().all(|value| matches!(value, Val::Const(_)));
    let rows = if constant { 1 } else { frame.rows };
    if rows == 0 {
        return Ok(Val::Array(arrow::array::new_empty_array(&shape.out)));
    }
    let values = values.into_iter().map(|value| value.into_array(rows)).collect::<Result<Vec<_>>>()?;
    let result = kernel(&shape.args(&values, rows))?;
    debug_assert_eq!(result.len(), rows, "a function returns one value a row");
    Ok(if constant { Val::Const(result) } else { Val::Array(result) })
}

fn null_if(value: &Node, sides: [&Node; 2], ty: &Type, frame: &Frame) -> Result<Val> {
    let value = value.eval(frame)?.into_array(frame.rows)?;
    let equal = compare::compare(CompareOp::Equal, &sides[0].eval(frame)?, &sides[1].eval(frame)?, ty, frame.rows)?;
    let equal = equal.into_array(frame.rows)?;
    Ok(Val::Array(compute::nullif(&value, bools(&equal)?)?))
}

fn in_list(value: &Node, list: &[Node], ty: &Type, frame: &Frame) -> Result<Val> {
    let value = value.eval(frame)?;
    let mut result: Option<BooleanArray> = None;
    for member in list {
        let equal = compare::compare(CompareOp::Equal, &value, &member.eval(frame)?, ty, frame.rows)?;
        let equal = equal.into_array(frame.rows)?;
        result = Some(match result {
            None => bools(&equal)?.clone(),
            Some(before) => compute::or_kleene(&before, bools(&equal)?)?,
        });
    }
    let result = result.unwrap_or_else(|| BooleanArray::from(vec![false; frame.rows]));
    Ok(Val::Array(std::sync::Arc::new(result)))
}

/// An array that must be boolean. A bare null has been cast by the binder.
pub(crate) fn bools(array: &ArrayRef) -> Result<&BooleanArray> {
    array
        .as_any()
        .downcast_ref::<BooleanArray>()
        .ok_or_else(|| Fault::internal(format!("expected boolean, found {}", array.data_type())))
}

/// A mask in which null counts as false.
pub(crate) fn truths(array: &BooleanArray) -> BooleanArray {
    match array.nulls() {
        None => array.clone(),
        Some(nulls) => BooleanArray::new(array.values() & nulls.inner(), None),
    }
}

/// A column of the frame. To find out what an expression makes of nulls, the optimiser asks with nulls of no type.
fn typed(column: &ArrayRef, ty: &DataType) -> ArrayRef {
    match column.data_type() {
        DataType::Null => new_null_array(ty, column.len()),
        _ => column.clone(),
    }
}
