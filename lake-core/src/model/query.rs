//! What stands in a model's function: its parameters and its SQL.

use std::fmt::{Display, Formatter, Result};
use std::marker::PhantomData;

use super::declare::Relation;
use super::spec::Binding;

/// SQL whose rows are `R`; made by `sql!`.
#[must_use = "this query is not returned"]
pub struct Sql<R> {
    pub(super) query: Query,
    of: PhantomData<fn() -> R>,
}

/// A template and the place of its literal: file, line, column.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    pub(super) template: &'static str,
    pub(super) place: (&'static str, u32, u32),
}

impl<R> Sql<R> {
    #[doc(hidden)]
    pub const fn __new(template: &'static str, place: (&'static str, u32, u32)) -> Self {
        Self { query: Query { template, place }, of: PhantomData }
    }
}

/// A source or model that the function's SQL reads as `{parameter}`.
pub struct Ref<M>(PhantomData<fn() -> M>);

/// The model's own table, `{this}` in its SQL: what earlier runs have written.
pub struct This(());

/// The moment of the run, `{now}` in SQL: a `timestamp(6) with time zone` that is the same in the whole run.
pub struct Now(());

/// Whether the model's table does not exist yet, `{first_run}` in SQL: a boolean.
pub struct FirstRun(());

/// An SQL expression of type `T`: parameter and result of a `#[sql_fn]`.
pub struct Expr<T> {
    pub(super) template: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> Expr<T> {
    #[doc(hidden)]
    pub const fn __new(template: &'static str, _place: (&'static str, u32, u32)) -> Self {
        Self { template, of: PhantomData }
    }

    #[doc(hidden)]
    pub const fn __parameter() -> Self {
        Self { template: "", of: PhantomData }
    }
}

/// What a model's function may take: it is made when the model is declared, and says what its name stands for in SQL.
#[doc(hidden)]
pub trait Parameter {
    /// One of it.
    fn made() -> (Self, Binding)
    where
        Self: Sized;
}

impl<M: Relation> Parameter for Ref<M> {
    fn made() -> (Self, Binding) {
        (Self(PhantomData), Binding::Ref(M::id()))
    }
}

impl Parameter for This {
    fn made() -> (Self, Binding) {
        (Self(()), Binding::This)
    }
}

impl Parameter for Now {
    fn made() -> (Self, Binding) {
        (Self(()), Binding::Now)
    }
}

impl Parameter for FirstRun {
    fn made() -> (Self, Binding) {
        (Self(()), Binding::FirstRun)
    }
}

/// What `sql!` hands to `format_args!`, so that the compiler resolves the names in the braces.
macro_rules! placeholder {
    ($([$($generics:tt)*] $ty:ty,)*) => {
        $(impl<$($generics)*> Display for $ty {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                f.write_str("{}")
            }
        })*
    };
}

placeholder! {
    [M] Ref<M>,
    [T] Expr<T>,
    [] This,
    [] Now,
    [] FirstRun,
}
