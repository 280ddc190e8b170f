//! Binding one signature to arguments: finding values of its variables so that each argument fits.

use super::{Arg, BindLambda, Number, Pattern, Signature};
use crate::types::coercion::widen;
use crate::types::{Field, Type, TypeRules, can_coerce, common_super_type};

/// Trino's length of an unbounded varchar.
const UNBOUNDED: i64 = 2_147_483_647;

/// A signature with all its variables known.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub args: Vec<Type>,
    pub result: Type,
}

/// Why a signature does not fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unfit {
    /// An argument has another type.
    Types,
    /// The body of a lambda was refused.
    Lambda,
}

/// Binds a signature; with `coerce` arguments may be cast implicitly, without they must have exactly its types.
pub(super) fn bind(
    signature: &Signature,
    args: &[Arg],
    coerce: bool,
    rules: TypeRules,
    lambda: &mut BindLambda<'_>,
) -> Result<Bound, Unfit> {
    if !signature.accepts_count(args.len()) {
        return Err(Unfit::Types);
    }
    let mut binding = Binding {
        signature,
        types: vec![None; signature.variables.len()],
        numbers: vec![None; signature.lengths],
        coerce,
        rules,
    };
    let lambdas = binding.solve(args, lambda)?;
    let mut bound = vec![];
    for (index, arg) in args.iter().enumerate() {
        let expected = binding.substitute(signature.argument(index)).ok_or(Unfit::Types)?;
        let actual = match arg {
            Arg::Typed(ty) => ty,
            Arg::Lambda(_) => lambdas[index].as_ref().ok_or(Unfit::Types)?,
        };
        if !fits(actual, &expected, coerce, rules) {
            return Err(Unfit::Types);
        }
        bound.push(expected);
    }
    let result = binding.substitute(&signature.result).ok_or(Unfit::Types)?;
    Ok(Bound { args: bound, result })
}

fn fits(actual: &Type, expected: &Type, coerce: bool, rules: TypeRules) -> bool {
    match (actual, expected) {
        _ if actual.has_error() => true,
        (Type::Function(from, result), Type::Function(to, expected)) => {
            from == to && fits(result, expected, coerce, rules)
        }
        _ if coerce => can_coerce(actual, expected, rules),
        _ => actual == expected,
    }
}

struct Binding<'a> {
    signature: &'a Signature,
    types: Vec<Option<Type>>,
    numbers: Vec<Option<i64>>,
    coerce: bool,
    rules: TypeRules,
}

impl Binding<'_> {
    /// Lets every argument bind variables until nothing changes. Returns the types of the lambdas, by position.
    fn solve(&mut self, args: &[Arg], lambda: &mut BindLambda<'_>) -> Result<Vec<Option<Type>>, Unfit> {
        let mut lambdas: Vec<Option<Type>> = vec![None; args.len()];
        // Types only grow towards common super types, so this ends; the bound is for a lambda that answers at random.
        for _ in 0..16 {
            let before = (self.types.clone(), self.numbers.clone());
            for (index, arg) in args.iter().enumerate() {
                let pattern = self.signature.argument(index);
                match arg {
                    Arg::Typed(ty) => self.unify(pattern, ty).ok_or(Unfit::Types)?,
                    Arg::Lambda(count) => self.lambda(index, pattern, *count, &mut lambdas[index], lambda)?,
                }
            }
            if before == (self.types.clone(), self.numbers.clone()) {
                break;
            }
        }
        Ok(lambdas)
    }

    /// Asks for a lambda's result once the types of its parameters are known.
    fn lambda(
        &mut self,
        index: usize,
        pattern: &Pattern,
        count: usize,
        known: &mut Option<Type>,
        ask: &mut BindLambda<'_>,
    ) -> Result<(), Unfit> {
        let Pattern::Function(parameters, result) = pattern else { return Err(Unfit::Types) };
        if parameters.len() != count {
            return Err(Unfit::Types);
        }
        let Some(parameters) =
            parameters.iter().map(|parameter| self.substitute(parameter)).collect::<Option<Vec<_>>>()
        else {
            return Ok(());
        };
        let answer = match known {
            Some(Type::Function(before, answer)) if *before == parameters => (**answer).clone(),
            _ => ask(index, &parameters).ok_or(Unfit::Lambda)?,
        };
        *known = Some(Type::Function(parameters, Box::new(answer.clone())));
        self.unify(result, &answer).ok_or(Unfit::Types)
    }

    /// Binds the variables of a pattern so that it holds the type; None if it cannot. What is fixed is checked later.
    fn unify(&mut self, pattern: &Pattern, actual: &Type) -> Option<()> {
        match (pattern, actual) {
            (Pattern::Fixed(_), _) => Some(()),
            (Pattern::Variable(index), _) => self.unify_variable(*index, actual),
            (Pattern::Array(element), Type::Array(actual)) => self.unify(element, actual),
            (Pattern::Map(key, value), Type::Map(actual_key, actual_value)) => {
                self.unify(key, actual_key)?;
                self.unify(value, actual_value)
            }
            (Pattern::Row(fields), Type::Row(actual)) if fields.len() == actual.len() => {
                fields.iter().zip(actual).try_for_each(|(field, actual)| self.unify(field, &actual.ty))
            }
            (Pattern::Function(parameters, result), Type::Function(from, to)) if parameters.len() == from.len() => {
                parameters.iter().zip(from).try_for_each(|(parameter, from)| self.unify(parameter, from))?;
                self.unify(result, to)
            }
            (Pattern::Array(inner), Type::Unknown | Type::Error) => self.unify(inner, actual),
            (Pattern::Map(key, value), Type::Unknown | Type::Error) => {
                self.unify(key, actual)?;
                self.unify(value, actual)
            }
            (Pattern::Row(fields), Type::Unknown | Type::Error) => {
                fields.iter().try_for_each(|field| self.unify(field, actual))
            }
            (Pattern::Array(_) | Pattern::Map(..) | Pattern::Row(_) | Pattern::Function(..), _) => None,
            _ => self.unify_sized(pattern, actual),
        }
    }

    fn unify_variable(&mut self, index: usize, actual: &Type) -> Option<()> {
        let variable = &self.signature.variables[index];
        let joined = match &self.types[index] {
            None => actual.clone(),
            Some(known) => common_super_type(known, actual, self.rules)?,
        };
        let satisfied = joined.has_error()
            || (!variable.comparable || joined.is_comparable()) && (!variable.orderable || joined.is_orderable());
        if !satisfied {
            return None;
        }
        self.types[index] = Some(joined);
        Some(())
    }

    /// Binds the lengths of `decimal(p, s)`, `varchar(x)`, `timestamp(p)` and their like.
    fn unify_sized(&mut self, pattern: &Pattern, actual: &Type) -> Option<()> {
        let shortest = shortest(pattern)?;
        let same_kind = std::mem::discriminant(&shortest) == std::mem::discriminant(actual);
        let widened = match actual {
            _ if same_kind => actual.clone(),
            // A null is a moment of the usual precision.
            Type::Unknown if matches!(shortest, Type::Timestamp(_)) => Type::Timestamp(3),
            Type::Unknown if matches!(shortest, Type::TimestampTz(_)) => Type::TimestampTz(3),
            Type::Unknown | Type::Error => shortest,
            _ if self.coerce => widen(actual, &shortest, self.rules)?,
            _ => return None,
        };
        let joined = match self.substitute(pattern) {
            Some(known) => common_super_type(&known, &widened, self.rules)?,
            None => widened,
        };
        match (pattern, joined) {
            (Pattern::Decimal(p, s), Type::Decimal { precision, scale }) => {
                self.set(p, i64::from(precision));
                self.set(s, i64::from(scale));
            }
            (Pattern::Varchar(x), Type::Varchar(length)) => self.set(x, length.map_or(UNBOUNDED, i64::from)),
            (Pattern::Char(x), Type::Char(length)) => self.set(x, i64::from(length)),
            (Pattern::Time(p), Type::Time(digits))
            | (Pattern::TimeTz(p), Type::TimeTz(digits))
            | (Pattern::Timestamp(p), Type::Timestamp(digits))
            | (Pattern::TimestampTz(p), Type::TimestampTz(digits)) => self.set(p, i64::from(digits)),
            _ => return None,
        }
        Some(())
    }

    fn set(&mut self, number: &Number, value: i64) {
        if let Number::Variable(index) = number {
            self.numbers[*index] = Some(value);
        }
    }

    /// The type that a pattern stands for; None while a variable is not known.
    fn substitute(&self, pattern: &Pattern) -> Option<Type> {
        let boxed = |pattern: &Pattern| self.substitute(pattern).map(Box::new);
        Some(match pattern {
            Pattern::Variable(index) => self.types[*index].clone()?,
            Pattern::Fixed(ty) => ty.clone(),
            Pattern::Decimal(p, s) => {
                let precision = self.digits(p)?.min(38);
                Type::Decimal { precision, scale: self.digits(s)?.min(precision) }
            }
            Pattern::Varchar(x) => {
                Type::Varchar(u32::try_from(self.number(x)?).ok().filter(|length| i64::from(*length) < UNBOUNDED))
            }
            Pattern::Char(x) => Type::Char(u32::try_from(self.number(x)?.clamp(0, 65_536)).expect("clamped")),
            Pattern::Time(p) => Type::Time(self.digits(p)?),
            Pattern::TimeTz(p) => Type::TimeTz(self.digits(p)?),
            Pattern::Timestamp(p) => Type::Timestamp(self.digits(p)?),
            Pattern::TimestampTz(p) => Type::TimestampTz(self.digits(p)?),
            Pattern::Array(element) => Type::Array(boxed(element)?),
            Pattern::Map(key, value) => Type::Map(boxed(key)?, boxed(value)?),
            Pattern::Row(fields) => Type::Row(
                fields
                    .iter()
                    .map(|field| Some(Field { name: None, ty: self.substitute(field)? }))
                    .collect::<Option<_>>()?,
            ),
            Pattern::Function(parameters, result) => Type::Function(
                parameters.iter().map(|parameter| self.substitute(parameter)).collect::<Option<_>>()?,
                boxed(result)?,
            ),
        })
    }

    fn digits(&self, number: &Number) -> Option<u8> {
        self.number(number).map(|value| u8::try_from(value.clamp(0, 255)).expect("clamped"))
    }

    fn number(&self, number: &Number) -> Option<i64> {
        Some(match number {
            Number::Constant(value) => *value,
            Number::Variable(index) => self.numbers[*index]?,
            Number::Add(a, b) => self.number(a)?.saturating_add(self.number(b)?),
            Number::Subtract(a, b) => self.number(a)?.saturating_sub(self.number(b)?),
            Number::Multiply(a, b) => self.number(a)?.saturating_mul(self.number(b)?),
            Number::Divide(a, b) => self.number(a)?.checked_div(self.number(b)?)?,
            Number::Min(a, b) => self.number(a)?.min(self.number(b)?),
            Number::Max(a, b) => self.number(a)?.max(self.number(b)?),
        })
    }
}

/// What a null literal becomes for a pattern with lengths.
fn shortest(pattern: &Pattern) -> Option<Type> {
    match pattern {
        Pattern::Decimal(..) => Some(Type::Decimal { precision: 1, scale: 0 }),
        Pattern::Varchar(_) => Some(Type::Varchar(Some(0))),
        Pattern::Char(_) => Some(Type::Char(0)),
        Pattern::Time(_) => Some(Type::Time(0)),
        Pattern::TimeTz(_) => Some(Type::TimeTz(0)),
        Pattern::Timestamp(_) => Some(Type::Timestamp(0)),
        Pattern::TimestampTz(_) => Some(Type::TimestampTz(0)),
        _ => None,
    }
}
