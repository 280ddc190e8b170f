//! Trino's functions, a file a family. What the catalogue knows and is not here is refused by name.

pub(crate) mod arithmetic;
pub(crate) mod array;
mod binary;
mod bits;
pub(crate) mod calendar;
pub(crate) mod cast;
mod color;
pub(crate) mod columns;
pub(crate) mod compare;
pub(crate) mod datetime;
pub(crate) mod format;
pub(crate) mod grouping;
pub(crate) mod hash;
mod human;
mod json;
pub(crate) mod like;
pub(crate) mod literal;
mod map;
mod math;
pub(crate) mod nested;
mod printf;
mod probability;
mod regexp;
pub(crate) mod sketch;
mod stem;
mod string;
mod url;
mod vector;

use lake_sql::types::Type;

use crate::eval::{HigherKernel, Kernel};

/// An implementation.
pub(crate) enum Found {
    /// Of plain values.
    Plain(Kernel),
    /// Of plain values, with another result each time.
    Volatile(Kernel),
    /// With lambdas.
    Higher(HigherKernel),
}

/// The implementation of a function of the catalogue for its argument types.
pub(crate) fn find(name: &str, types: &[Type], ty: &Type) -> Option<Found> {
    if let Some(kernel) =
        array::higher(name, types).or_else(|| map::higher(name, types)).or_else(|| regexp::higher(name, types))
    {
        return Some(Found::Higher(kernel));
    }
    if let Some(kernel) = math::volatile(name, types).or_else(|| array::volatile(name)) {
        return Some(Found::Volatile(kernel));
    }
    let families = [
        arithmetic::find,
        string::find,
        math::find,
        datetime::find,
        array::find,
        map::find,
        regexp::find,
        sketch::find,
        stem::find,
        json::find,
        binary::find,
        nested::find,
        bits::find,
        color::find,
        human::find,
        printf::find,
        probability::find,
        url::find,
        vector::find,
    ];
    families.into_iter().find_map(|family| family(name, types, ty)).map(Found::Plain)
}

/// Whether a function may fail on values of the right types.
pub(crate) fn can_fail(name: &str) -> bool {
    !name.starts_with('$') && lake_sql::functions::lookup(name).is_none_or(|function| function.can_fail)
}
