//! The function catalogue as data, a file a family, and overload resolution over it.

pub use crate::types::signature::{Arg, BindLambda};
use crate::types::{Type, TypeRules};

/// What a function is called as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// One value from one row.
    Scalar,
    /// One value from many rows; also allowed over a window.
    Aggregate,
    /// Only over a window.
    Window,
}

/// When a function returns null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// If and only if an argument is null (scalar functions), or never over rows (see `EmptyGroup`).
    Propagate,
    /// Possibly also without a null argument: `element_at`, `nullif`, `json_extract`.
    Possible,
    /// Never, whatever the arguments: `count`, `concat_ws`'s kin.
    Never,
    /// Aggregates: null over no rows or only nulls; not null over a non-empty group of non-null arguments.
    EmptyGroup,
}

/// One function with all its overloads.
#[derive(Debug)]
pub struct Function {
    /// Canonical name in lower case.
    pub name: &'static str,
    /// Kind.
    pub kind: FunctionKind,
    /// Signatures as Trino writes them, such as `(array(T), function(T, boolean)) -> array(T)`.
    pub signatures: &'static [&'static str],
    /// Null behaviour.
    pub nulls: Nulls,
    /// Whether it may raise an error on values of the right types (overflow, bad format, out of bounds).
    pub can_fail: bool,
    /// Whether equal arguments give equal results. For aggregates: whatever the order of the rows.
    pub deterministic: bool,
}

/// A chosen overload.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The function.
    pub function: &'static Function,
    /// The type that each argument must be cast to. For lambdas a [`Type::Function`], the types of its parameters known.
    pub args: Vec<Type>,
    /// Type of the result.
    pub result: Type,
}

/// Why no overload was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMatch {
    /// No function of that name.
    UnknownName,
    /// None accepts these arguments; the signatures that exist.
    NoOverload(Vec<String>),
    /// Several accept them equally well.
    Ambiguous(Vec<String>),
    /// The body of a lambda was refused (and reported by who asked).
    Lambda,
}

/// Looks a function up by its name in any case; aliases (`pow`, `chr`…) are functions of their own.
pub fn lookup(_name: &str) -> Option<&'static Function> {
    None
}

/// Chooses an overload as Trino does.
pub fn resolve(
    _name: &str,
    _args: &[Arg],
    _rules: TypeRules,
    _lambda: &mut BindLambda<'_>,
) -> Result<Resolved, NoMatch> {
    Err(NoMatch::UnknownName)
}
