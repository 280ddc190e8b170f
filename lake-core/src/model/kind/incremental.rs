//! Tables to which runs add.

use std::marker::PhantomData;

use super::{Finished, Parts, Publication};
use crate::model::column::Key;
use crate::model::query::{Query, Sql};
use crate::model::spec::{Kind, Publish, Write};

/// A model to whose table every run adds.
#[must_use = "this model is not returned"]
pub struct Incremental<R> {
    query: Query,
    write: Write,
    publish: Publish,
    of: PhantomData<fn() -> R>,
}

/// An incremental model that does not say yet how it is written.
#[must_use = "this incremental model does not say how it is written"]
pub struct NeedsWrite<R> {
    query: Query,
    of: PhantomData<fn() -> R>,
}

/// Starts an incremental model; `.append()` or `.merge_on(key)` comes next.
pub fn incremental<R>(sql: Sql<R>) -> NeedsWrite<R> {
    NeedsWrite { query: sql.query, of: PhantomData }
}

impl<R> NeedsWrite<R> {
    /// Adds the query's rows.
    pub fn append(self) -> Incremental<R> {
        self.written(Write::Append)
    }

    /// Puts the query's rows in the place of those with the same key: `.merge_on(Order::order_id)`, or a tuple.
    pub fn merge_on<K>(self, key: K) -> Incremental<R>
    where
        K: Key<R>,
    {
        self.written(Write::Merge { key: key.names() })
    }

    fn written(self, write: Write) -> Incremental<R> {
        Incremental { query: self.query, write, publish: Publish::Audited, of: PhantomData }
    }
}

/// Never holds.
#[diagnostic::on_unimplemented(
    message = "this incremental model does not say how it is written",
    label = "end with `.append()` or `.merge_on(key)`"
)]
#[doc(hidden)]
pub trait SaysHowItIsWritten {}

impl<R> NeedsWrite<R> {
    #[doc(hidden)]
    pub fn publish<P>(self, _: P) -> Incremental<R>
    where
        Self: SaysHowItIsWritten,
    {
        self.append()
    }

    #[doc(hidden)]
    pub fn __finish<K>(self) -> K
    where
        Self: SaysHowItIsWritten,
    {
        unreachable!("no state says how it is written before it is one")
    }
}

impl<R> Incremental<R> {
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

impl<R> Finished for Incremental<R> {
    fn parts(self) -> Parts {
        Parts { query: self.query, kind: Kind::Incremental(self.write), publish: self.publish }
    }
}
