//! Views and tables: a query alone.

use std::marker::PhantomData;

use super::{Finished, Parts, Publication};
use crate::model::query::{Query, Sql};
use crate::model::spec::{Kind, Publish};

/// A model of which nothing is stored.
#[must_use = "this model is not returned"]
pub struct View<R> {
    query: Query,
    of: PhantomData<fn() -> R>,
}

/// A model whose table is computed anew by every run.
#[must_use = "this model is not returned"]
pub struct Table<R> {
    query: Query,
    publish: Publish,
    of: PhantomData<fn() -> R>,
}

/// A view. The bare query means the same.
pub fn view<R>(sql: Sql<R>) -> View<R> {
    View { query: sql.query, of: PhantomData }
}

/// A table that every run computes anew. The bare query means the same; this one takes options.
pub fn table<R>(sql: Sql<R>) -> Table<R> {
    Table { query: sql.query, publish: Publish::Audited, of: PhantomData }
}

impl<R> Table<R> {
    /// When readers see the rows: [`audited()`](super::audited) or [`direct()`](super::direct).
    pub fn publish(mut self, how: Publication) -> Self {
        self.publish = how.0;
        self
    }

    #[doc(hidden)]
    pub fn __finish(self) -> Self {
        self
    }
}

/// Never holds.
#[diagnostic::on_unimplemented(
    message = "a view holds no data, so there is nothing to audit before publication",
    label = "audit the tables it reads, or return a `Table`"
)]
#[doc(hidden)]
pub trait HoldsData {}

/// Never holds.
#[diagnostic::on_unimplemented(message = "a query alone has no options", label = "only after `table(sql!(..))`")]
#[doc(hidden)]
pub trait HasOptions {}

impl<R> View<R> {
    #[doc(hidden)]
    pub fn publish<P>(self, _: P) -> Self
    where
        P: HoldsData,
    {
        self
    }

    #[doc(hidden)]
    pub fn __finish(self) -> Self {
        self
    }
}

/// A kind that a query alone says enough for.
#[diagnostic::on_unimplemented(
    message = "a query alone is a `View` or a `Table`, not `{Self}`",
    label = "say how it is kept",
    note = "`Incremental`: `incremental(sql!(..)).append()` or `.merge_on(key)`",
    note = "`History`: `history(sql!(..)).key(..).sequence_by(..)`, then `.full_extract(..)` or `.events()`"
)]
#[doc(hidden)]
pub trait FromQuery<R> {
    /// The kind with its defaults.
    fn from_query(sql: Sql<R>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<R> FromQuery<R> for View<R> {
    fn from_query(sql: Sql<R>) -> Self {
        view(sql)
    }
}

#[diagnostic::do_not_recommend]
impl<R> FromQuery<R> for Table<R> {
    fn from_query(sql: Sql<R>) -> Self {
        table(sql)
    }
}

impl<R> Sql<R> {
    #[doc(hidden)]
    pub fn publish<P>(self, _: P) -> Table<R>
    where
        P: HasOptions,
    {
        table(self)
    }

    #[doc(hidden)]
    pub fn __finish<K: FromQuery<R>>(self) -> K {
        K::from_query(self)
    }
}

impl<R> Finished for View<R> {
    fn parts(self) -> Parts {
        Parts { query: self.query, kind: Kind::View, publish: Publish::default() }
    }
}

impl<R> Finished for Table<R> {
    fn parts(self) -> Parts {
        Parts { query: self.query, kind: Kind::Table, publish: self.publish }
    }
}
