//! The function catalogue as data, a file a family, and overload resolution over it.
//!
//! A family's file lists functions with their signatures in Trino's spelling. A pattern of a regular expression and a
//! path of JSON are plain `varchar` here. Forms with a syntax of their own (`cast`, `coalesce`, `try`) are no
//! functions: the binder knows them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

pub use crate::types::signature::{Arg, BindLambda};
use crate::types::signature::{Refusal, Signature, choose};
use crate::types::{Type, TypeRules};

mod aggregate;
mod array;
mod binary;
mod conversion;
mod datetime;
mod higher_order;
mod json;
mod map;
mod math;
mod regexp;
mod sketch;
mod statistics;
mod string;
mod url;
mod window;

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
    /// If and only if an argument is null (scalar functions).
    Propagate,
    /// Possibly also without a null argument: `element_at`, `nullif`, `json_extract`.
    Possible,
    /// Never, whatever the arguments: `count`, `typeof`, `row_number`.
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

impl Function {
    const fn new(name: &'static str, kind: FunctionKind, nulls: Nulls, signatures: &'static [&'static str]) -> Self {
        Self { name, kind, signatures, nulls, can_fail: true, deterministic: true }
    }

    /// Never raises an error.
    const fn total(self) -> Self {
        Self { can_fail: false, ..self }
    }

    const fn may_be_null(self) -> Self {
        Self { nulls: Nulls::Possible, ..self }
    }

    const fn never_null(self) -> Self {
        Self { nulls: Nulls::Never, ..self }
    }

    const fn nondeterministic(self) -> Self {
        Self { deterministic: false, ..self }
    }
}

const fn scalar(name: &'static str, signatures: &'static [&'static str]) -> Function {
    Function::new(name, FunctionKind::Scalar, Nulls::Propagate, signatures)
}

const fn aggregate(name: &'static str, signatures: &'static [&'static str]) -> Function {
    Function::new(name, FunctionKind::Aggregate, Nulls::EmptyGroup, signatures)
}

const fn window(name: &'static str, signatures: &'static [&'static str]) -> Function {
    Function::new(name, FunctionKind::Window, Nulls::Propagate, signatures)
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

/// Forms that look like functions and have a grammar of their own.
const FORMS: [&str; 26] = [
    "cast",
    "coalesce",
    "current_catalog",
    "current_date",
    "current_path",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "exists",
    "extract",
    "grouping",
    "if",
    "json_table",
    "listagg",
    "localtime",
    "localtimestamp",
    "normalize",
    "nullif",
    "position",
    "row",
    "substring",
    "trim",
    "try",
    "try_cast",
    "unnest",
];

/// All functions of the catalogue, by name.
pub fn all() -> impl Iterator<Item = &'static Function> {
    catalogue().values().map(|entry| entry.function)
}

/// All names that may stand before a parenthesis, special forms included, sorted; for did-you-mean.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = catalogue().keys().copied().chain(FORMS).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Looks a function up by its name in any case; aliases (`pow`, `ceiling`…) are functions of their own.
pub fn lookup(name: &str) -> Option<&'static Function> {
    find(name).map(|entry| entry.function)
}

/// Chooses an overload as Trino does.
///
/// A lambda may be asked for several times while its parameters' types are found; the last answer counts, and its
/// parameters are those of the returned [`Type::Function`].
pub fn resolve(name: &str, args: &[Arg], rules: TypeRules, lambda: &mut BindLambda<'_>) -> Result<Resolved, NoMatch> {
    let entry = find(name).filter(|entry| entry.signatures().iter().any(|signature| signature.exists(rules)));
    let entry = entry.ok_or(NoMatch::UnknownName)?;
    let function = entry.function;
    match choose(entry.signatures(), args, gives_null_for_null(function), rules, lambda) {
        Ok(chosen) => Ok(Resolved { function, args: chosen.args, result: chosen.result }),
        Err(Refusal::None) => Err(NoMatch::NoOverload(written(entry, rules))),
        Err(Refusal::Ambiguous) => Err(NoMatch::Ambiguous(written(entry, rules))),
        Err(Refusal::Lambda) => Err(NoMatch::Lambda),
    }
}

/// Whether an aggregate adds up floating point whatever its arguments: `stddev`, `corr`, …
pub fn is_statistic(name: &str) -> bool {
    statistics::FUNCTIONS.iter().any(|function| function.name == name)
}

struct Entry {
    function: &'static Function,
    /// Read at the first call: a build uses few of the functions.
    signatures: OnceLock<Vec<Signature>>,
}

impl Entry {
    fn signatures(&self) -> &[Signature] {
        let read = |text: &&'static str| Signature::parse(text).expect("the catalogue's tests read every signature");
        self.signatures.get_or_init(|| self.function.signatures.iter().map(read).collect())
    }
}

fn find(name: &str) -> Option<&'static Entry> {
    match catalogue().get(name) {
        None if name.chars().any(|c| c.is_ascii_uppercase()) => catalogue().get(name.to_ascii_lowercase().as_str()),
        found => found,
    }
}

/// The signatures as messages show them: `abs(bigint) -> bigint`.
fn written(entry: &Entry, rules: TypeRules) -> Vec<String> {
    let plain = |signature: &Signature| {
        let text = signature.text();
        let end = [" where ", " only "].iter().filter_map(|word| text.find(word)).min().unwrap_or(text.len());
        format!("{}{}", entry.function.name, &text[..end])
    };
    entry.signatures().iter().filter(|signature| signature.exists(rules)).map(plain).collect()
}

fn catalogue() -> &'static BTreeMap<&'static str, Entry> {
    static CATALOGUE: OnceLock<BTreeMap<&'static str, Entry>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let families: [&'static [Function]; 15] = [
            math::FUNCTIONS,
            string::FUNCTIONS,
            regexp::FUNCTIONS,
            datetime::FUNCTIONS,
            json::FUNCTIONS,
            array::FUNCTIONS,
            map::FUNCTIONS,
            higher_order::FUNCTIONS,
            aggregate::FUNCTIONS,
            statistics::FUNCTIONS,
            sketch::FUNCTIONS,
            window::FUNCTIONS,
            binary::FUNCTIONS,
            url::FUNCTIONS,
            conversion::FUNCTIONS,
        ];
        let entry = |function: &'static Function| (function.name, Entry { function, signatures: OnceLock::new() });
        families.into_iter().flatten().map(entry).collect()
    })
}

/// Whether a null argument is an answer already: then it does not matter which of several overloads is meant.
fn gives_null_for_null(function: &Function) -> bool {
    match function.nulls {
        Nulls::Propagate => true,
        // `concat_ws` leaves nulls out.
        Nulls::Possible => function.kind == FunctionKind::Scalar && function.name != "concat_ws",
        Nulls::Never | Nulls::EmptyGroup => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_signature_is_well_formed() {
        assert!(catalogue().len() > 300, "{}", catalogue().len());
        for (name, entry) in catalogue() {
            assert_eq!(*name, name.to_lowercase());
            assert!(!entry.signatures().is_empty(), "{name} has no signature");
        }
        assert!(names().contains(&"coalesce"));
    }
}
