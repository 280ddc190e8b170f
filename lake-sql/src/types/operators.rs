//! Operators: which operands they take, what those are cast to, and what comes out.

use std::sync::OnceLock;

use super::signature::{Arg, Refusal, Signature, choose};
use super::{Type, TypeRules, common_super_type, decimal};
use crate::syntax::tree::{BinaryOp, UnaryOp};

/// An operator applied to operands.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorType {
    /// Type that the left operand must be cast to.
    pub left: Type,
    /// Type that the right operand must be cast to.
    pub right: Type,
    /// Type of the result.
    pub result: Type,
}

/// Why an operator cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorError {
    /// There is no such operator for these types.
    Mismatch,
    /// The types go together, but have no equality.
    NotComparable(Type),
    /// The types go together, but have no order.
    NotOrderable(Type),
    /// A null literal leaves several operators possible.
    Ambiguous,
    /// The product of two decimals would need more than 38 digits behind the point (old rules).
    ScaleTooLarge(u8),
}

/// The name that a bound call of an operator has: `add`, `concat`…; None for comparisons and logic.
pub fn function_name(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Add => "add",
        BinaryOp::Subtract => "subtract",
        BinaryOp::Multiply => "multiply",
        BinaryOp::Divide => "divide",
        BinaryOp::Modulus => "modulus",
        BinaryOp::Concat => "concat",
        _ => return None,
    })
}

/// Types an operator with two operands.
pub fn binary(op: BinaryOp, left: &Type, right: &Type, rules: TypeRules) -> Result<OperatorType, OperatorError> {
    if left.has_error() || right.has_error() {
        let result = if is_logical(op) { Type::Boolean } else { Type::Error };
        return Ok(OperatorType { left: left.clone(), right: right.clone(), result });
    }
    match op {
        BinaryOp::And | BinaryOp::Or => logical(left, right),
        BinaryOp::Equal | BinaryOp::NotEqual => compared(left, right, rules, false),
        BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => {
            compared(left, right, rules, true)
        }
        _ => computed(op, left, right, rules),
    }
}

/// Types a sign.
pub fn unary(_op: UnaryOp, operand: &Type) -> Result<Type, OperatorError> {
    match operand {
        Type::IntervalDayToSecond | Type::IntervalYearToMonth | Type::Error => Ok(operand.clone()),
        _ if operand.is_numeric() => Ok(operand.clone()),
        Type::Unknown => Err(OperatorError::Ambiguous),
        _ => Err(OperatorError::Mismatch),
    }
}

fn is_logical(op: BinaryOp) -> bool {
    !matches!(
        op,
        BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulus
            | BinaryOp::Concat
    )
}

fn logical(left: &Type, right: &Type) -> Result<OperatorType, OperatorError> {
    let boolean = |ty: &Type| matches!(ty, Type::Boolean | Type::Unknown);
    if !boolean(left) || !boolean(right) {
        return Err(OperatorError::Mismatch);
    }
    Ok(OperatorType { left: Type::Boolean, right: Type::Boolean, result: Type::Boolean })
}

fn compared(left: &Type, right: &Type, rules: TypeRules, ordered: bool) -> Result<OperatorType, OperatorError> {
    let common = common_super_type(left, right, rules).ok_or(OperatorError::Mismatch)?;
    if ordered && !common.is_orderable() {
        return Err(OperatorError::NotOrderable(common));
    }
    if !common.is_comparable() {
        return Err(OperatorError::NotComparable(common));
    }
    Ok(OperatorType { left: common.clone(), right: common, result: Type::Boolean })
}

fn computed(op: BinaryOp, left: &Type, right: &Type, rules: TypeRules) -> Result<OperatorType, OperatorError> {
    let args = [Arg::Typed(left.clone()), Arg::Typed(right.clone())];
    let chosen = choose(signatures(op), &args, op != BinaryOp::Concat, rules, &mut |_, _| None);
    let chosen = chosen.map_err(|refusal| match refusal {
        Refusal::Ambiguous => OperatorError::Ambiguous,
        Refusal::None | Refusal::Lambda => OperatorError::Mismatch,
    })?;
    let [left, right] = <[Type; 2]>::try_from(chosen.args).expect("operators have two operands");
    let result = match (&left, &right) {
        (Type::Decimal { precision: p1, scale: s1 }, Type::Decimal { precision: p2, scale: s2 }) => {
            decimals(op, (*p1, *s1), (*p2, *s2), rules)?.unwrap_or(chosen.result)
        }
        _ => chosen.result,
    };
    Ok(OperatorType { left, right, result })
}

fn decimals(op: BinaryOp, left: (u8, u8), right: (u8, u8), rules: TypeRules) -> Result<Option<Type>, OperatorError> {
    Ok(Some(match op {
        BinaryOp::Add | BinaryOp::Subtract => decimal::add(left, right, rules),
        BinaryOp::Multiply => {
            let too_large = OperatorError::ScaleTooLarge(left.1 + right.1);
            decimal::multiply(left, right, rules).ok_or(too_large)?
        }
        BinaryOp::Divide => decimal::divide(left, right, rules),
        BinaryOp::Modulus => decimal::modulus(left, right),
        _ => return Ok(None),
    }))
}

const NUMBERS: [&str; 7] = [
    "(tinyint, tinyint) -> tinyint",
    "(smallint, smallint) -> smallint",
    "(integer, integer) -> integer",
    "(bigint, bigint) -> bigint",
    "(real, real) -> real",
    "(double, double) -> double",
    // The result's digits depend on the rules: `decimals`.
    "(decimal(p, s), decimal(q, t)) -> decimal(p, s)",
];

/// An interval has milliseconds, so what it is added to has at least three digits behind the second.
const ADD: [&str; 16] = [
    "(date, interval day to second) -> date",
    "(interval day to second, date) -> date",
    "(date, interval year to month) -> date",
    "(interval year to month, date) -> date",
    "(time(p), interval day to second) -> time(max(p, 3))",
    "(interval day to second, time(p)) -> time(max(p, 3))",
    "(time(p) with time zone, interval day to second) -> time(max(p, 3)) with time zone",
    "(interval day to second, time(p) with time zone) -> time(max(p, 3)) with time zone",
    "(timestamp(p), interval day to second) -> timestamp(max(p, 3))",
    "(interval day to second, timestamp(p)) -> timestamp(max(p, 3))",
    "(timestamp(p), interval year to month) -> timestamp(p)",
    "(interval year to month, timestamp(p)) -> timestamp(p)",
    "(timestamp(p) with time zone, interval day to second) -> timestamp(max(p, 3)) with time zone",
    "(interval day to second, timestamp(p) with time zone) -> timestamp(max(p, 3)) with time zone",
    "(timestamp(p) with time zone, interval year to month) -> timestamp(p) with time zone",
    "(interval year to month, timestamp(p) with time zone) -> timestamp(p) with time zone",
];

const SUBTRACT: [&str; 12] = [
    "(date, interval day to second) -> date",
    "(date, interval year to month) -> date",
    "(time(p), interval day to second) -> time(max(p, 3))",
    "(time(p) with time zone, interval day to second) -> time(max(p, 3)) with time zone",
    "(timestamp(p), interval day to second) -> timestamp(max(p, 3))",
    "(timestamp(p), interval year to month) -> timestamp(p)",
    "(timestamp(p) with time zone, interval day to second) -> timestamp(max(p, 3)) with time zone",
    "(timestamp(p) with time zone, interval year to month) -> timestamp(p) with time zone",
    "(time(p), time(p)) -> interval day to second",
    "(time(p) with time zone, time(p) with time zone) -> interval day to second",
    "(timestamp(p), timestamp(p)) -> interval day to second",
    "(timestamp(p) with time zone, timestamp(p) with time zone) -> interval day to second",
];

const INTERVALS: [&str; 2] = [
    "(interval day to second, interval day to second) -> interval day to second",
    "(interval year to month, interval year to month) -> interval year to month",
];

const SCALE: [&str; 8] = [
    "(interval day to second, bigint) -> interval day to second",
    "(interval day to second, double) -> interval day to second",
    "(bigint, interval day to second) -> interval day to second",
    "(double, interval day to second) -> interval day to second",
    "(interval year to month, bigint) -> interval year to month",
    "(interval year to month, double) -> interval year to month",
    "(bigint, interval year to month) -> interval year to month",
    "(double, interval year to month) -> interval year to month",
];

const PARTS: [&str; 2] = [
    "(interval day to second, double) -> interval day to second",
    "(interval year to month, double) -> interval year to month",
];

/// Signatures of `||` and of the function `concat`.
pub const CONCAT: [&str; 6] = [
    "(E, array(E)) -> array(E)",
    "(array(E), E) -> array(E)",
    "(array(E)...) -> array(E)",
    "(char(x), char(y)) -> char(x + y)",
    "(varbinary...) -> varbinary",
    "(varchar...) -> varchar",
];

fn signatures(op: BinaryOp) -> &'static [Signature] {
    static TABLE: OnceLock<[Vec<Signature>; 6]> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        [
            read(&[&NUMBERS, &ADD, &INTERVALS]),
            read(&[&NUMBERS, &SUBTRACT, &INTERVALS]),
            read(&[&NUMBERS, &SCALE]),
            read(&[&NUMBERS, &PARTS]),
            read(&[&NUMBERS]),
            read(&[&CONCAT]),
        ]
    });
    match op {
        BinaryOp::Add => &table[0],
        BinaryOp::Subtract => &table[1],
        BinaryOp::Multiply => &table[2],
        BinaryOp::Divide => &table[3],
        BinaryOp::Modulus => &table[4],
        BinaryOp::Concat => &table[5],
        _ => &[],
    }
}

fn read(groups: &[&[&'static str]]) -> Vec<Signature> {
    let parse = |text: &'static str| Signature::parse(text).expect("the signatures above are well formed");
    groups.iter().flat_map(|group| group.iter().copied()).map(parse).collect()
}
