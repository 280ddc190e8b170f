//! Signatures of functions and operators as text, what they bind to, and the choice among overloads.
//!
//! ```text
//! (array(T), function(T, boolean)) -> array(T)
//! (K, V) -> map(K, V) where K comparable
//! (varchar(x), varchar(y)) -> varchar(x + y)
//! (varchar...) -> varchar
//! (array(E)) -> E only new
//! ```
//!
//! Type variables begin with a capital; variables for lengths and precisions are small letters.
//! `only new` and `only old` name the rules under which the signature exists.

mod bind;
mod choose;
mod parse;

pub use choose::{Chosen, Refusal, choose};

use super::{Type, TypeRules};

/// What a resolver asks for the result type of a lambda: position of the argument, types of its parameters.
pub type BindLambda<'a> = dyn FnMut(usize, &[Type]) -> Option<Type> + 'a;

/// An argument as overload resolution sees it.
#[derive(Clone, Debug)]
pub enum Arg {
    /// A typed expression.
    Typed(Type),
    /// A lambda with that many parameters, whose type depends on the other arguments.
    Lambda(usize),
}

/// One signature, read.
#[derive(Debug)]
pub struct Signature {
    text: &'static str,
    variables: Vec<Variable>,
    lengths: usize,
    arguments: Vec<Pattern>,
    variadic: bool,
    result: Pattern,
    only: Option<TypeRules>,
}

/// A type variable.
#[derive(Debug)]
struct Variable {
    name: String,
    comparable: bool,
    orderable: bool,
}

/// A type with variables in it.
#[derive(Clone, Debug, PartialEq)]
enum Pattern {
    Variable(usize),
    Fixed(Type),
    Decimal(Number, Number),
    Varchar(Number),
    Char(Number),
    Time(Number),
    TimeTz(Number),
    Timestamp(Number),
    TimestampTz(Number),
    Array(Box<Pattern>),
    Map(Box<Pattern>, Box<Pattern>),
    Row(Vec<Pattern>),
    Function(Vec<Pattern>, Box<Pattern>),
}

/// A length, precision or scale.
#[derive(Clone, Debug, PartialEq)]
enum Number {
    Constant(i64),
    Variable(usize),
    Add(Box<Number>, Box<Number>),
    Subtract(Box<Number>, Box<Number>),
    Multiply(Box<Number>, Box<Number>),
    Divide(Box<Number>, Box<Number>),
    Min(Box<Number>, Box<Number>),
    Max(Box<Number>, Box<Number>),
}

impl Signature {
    /// The signature as written.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Whether it exists under these rules.
    pub fn exists(&self, rules: TypeRules) -> bool {
        self.only.is_none_or(|only| only == rules)
    }

    /// Whether that many arguments fit.
    fn accepts_count(&self, count: usize) -> bool {
        if self.variadic { count + 1 >= self.arguments.len() } else { count == self.arguments.len() }
    }

    /// The pattern of the argument at a position; the last one repeats if the signature is variadic.
    fn argument(&self, index: usize) -> &Pattern {
        &self.arguments[index.min(self.arguments.len() - 1)]
    }
}
