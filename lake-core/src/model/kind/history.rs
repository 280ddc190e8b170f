//! Histories: every version of every key (SCD2).

use std::marker::PhantomData;

use super::{Finished, Parts, Publication};
use crate::model::column::{Col, Columns, Key};
use crate::model::history_columns::{HistoryColumns, Versions};
use crate::model::query::{Query, Sql};
use crate::model::spec::{self, HistoryInput, HistorySpec, Kind, Publish};
use crate::model::sql_type::Sequence;

/// A model that keeps every version of every key. `N` names its own columns.
#[must_use = "this model is not returned"]
pub struct History<R, N = Versions> {
    query: Query,
    spec: HistorySpec,
    publish: Publish,
    of: PhantomData<fn() -> (R, N)>,
}

/// A history whose key is missing.
#[must_use = "this history has no key"]
pub struct NeedsKey<R, N> {
    draft: Draft<R, N>,
}

/// A history that does not say yet what orders the versions of a key.
#[must_use = "this history has no sequence"]
pub struct NeedsSequence<R, N> {
    draft: Draft<R, N>,
}

/// A history that does not say yet what its query returns.
#[must_use = "this history does not say what its query returns"]
pub struct NeedsInput<R, N> {
    draft: Draft<R, N>,
}

/// A history from full extracts.
#[must_use = "this model is not returned"]
pub struct HistoryDraft<R, N> {
    draft: Draft<R, N>,
}

/// A history from changes.
#[must_use = "this model is not returned"]
pub struct EventsDraft<R, N> {
    draft: Draft<R, N>,
}

struct Draft<R, N> {
    query: Query,
    spec: HistorySpec,
    publish: Publish,
    of: PhantomData<fn() -> (R, N)>,
}

/// Starts a history; `.key(Row::column)` comes next.
pub fn history<R, N>(sql: Sql<R>) -> NeedsKey<R, N>
where
    N: HistoryColumns,
{
    let spec = HistorySpec {
        key: vec![],
        sequence: String::new(),
        input: HistoryInput::Events { delete_when: None },
        tracked: None,
        ties: spec::Ties::Error,
        names: N::names(),
    };
    NeedsKey { draft: Draft { query: sql.query, spec, publish: Publish::Audited, of: PhantomData } }
}

impl<R, N> NeedsKey<R, N> {
    /// What tells one thing from another; never null.
    pub fn key<K>(mut self, key: K) -> NeedsSequence<R, N>
    where
        K: Key<R>,
    {
        self.draft.spec.key = key.names();
        NeedsSequence { draft: self.draft }
    }
}

impl<R, N> NeedsSequence<R, N> {
    /// The column that orders the versions of a key, such as the moment of the extract.
    pub fn sequence_by<T>(mut self, column: Col<R, T>) -> NeedsInput<R, N>
    where
        T: Sequence,
    {
        self.draft.spec.sequence = column.name().to_owned();
        NeedsInput { draft: self.draft }
    }
}

impl<R, N> NeedsInput<R, N> {
    /// The query returns all rows, every time: a key that is missing was deleted, see [`deletes`].
    pub fn full_extract(mut self, deletes: Deletes) -> HistoryDraft<R, N> {
        self.draft.spec.input = HistoryInput::FullExtract(deletes.0);
        HistoryDraft { draft: self.draft }
    }

    /// The query returns changes only: a key that is missing did not change.
    pub fn events(mut self) -> EventsDraft<R, N> {
        self.draft.spec.input = HistoryInput::Events { delete_when: None };
        EventsDraft { draft: self.draft }
    }
}

impl<R, N> EventsDraft<R, N> {
    /// An SQL condition over the query's columns that marks a row as the end of its key, such as `operation = 'D'`.
    pub fn delete_when(mut self, condition: &str) -> Self {
        self.draft.spec.input = HistoryInput::Events { delete_when: Some(condition.to_owned()) };
        self
    }
}

macro_rules! options {
    ($($state:ident)*) => {
        $(impl<R, N> $state<R, N> {
            /// The columns whose change makes a new version. The default is all but key and sequence.
            pub fn tracked<C>(mut self, columns: C) -> Self
            where
                C: Columns<R>,
            {
                self.draft.spec.tracked = Some(columns.names());
                self
            }

            /// What to do with two different rows of one key and sequence, see [`ties`]. The default refuses the load.
            pub fn ties(mut self, ties: Ties<R>) -> Self {
                self.draft.spec.ties = ties.policy;
                self
            }

            /// When readers see the rows: [`audited()`](super::audited) or [`direct()`](super::direct).
            pub fn publish(mut self, how: Publication) -> Self {
                self.draft.publish = how.0;
                self
            }

            #[doc(hidden)]
            pub fn __finish(self) -> History<R, N> {
                let Draft { query, spec, publish, of } = self.draft;
                History { query, spec, publish, of }
            }
        })*
    };
}

options! { HistoryDraft EventsDraft }

impl<R, N> Finished for History<R, N> {
    fn parts(self) -> Parts {
        Parts { query: self.query, kind: Kind::History(self.spec), publish: self.publish }
    }
}

/// What a key's absence from a full extract means; made by [`deletes`].
#[derive(Clone, Debug)]
pub struct Deletes(spec::Deletes);

/// Deletes found in full extracts.
pub mod deletes {
    use super::{Deletes, spec};

    /// The share of open keys that one extract may close unless [`Deletes::max_percent`] says otherwise.
    const MAX_PERCENT: u8 = 50;

    /// A missing key is closed at the first extract without it. An empty extract is refused, and so is one that closes
    /// more than half of the open keys.
    pub const fn close() -> Deletes {
        Deletes(spec::Deletes::Close { max_percent: MAX_PERCENT, allow_empty: false })
    }

    /// A missing key stays open.
    pub const fn ignore() -> Deletes {
        Deletes(spec::Deletes::Ignore)
    }

    impl Deletes {
        /// Refuses a load in which one extract closes more than this share of the open keys.
        pub const fn max_percent(self, percent: u8) -> Self {
            match self.0 {
                spec::Deletes::Close { allow_empty, .. } => {
                    Self(spec::Deletes::Close { max_percent: percent, allow_empty })
                }
                spec::Deletes::Ignore => self,
            }
        }

        /// Accepts an extract without any row.
        pub const fn allow_empty(self) -> Self {
            match self.0 {
                spec::Deletes::Close { max_percent, .. } => {
                    Self(spec::Deletes::Close { max_percent, allow_empty: true })
                }
                spec::Deletes::Ignore => self,
            }
        }
    }
}

/// A tie policy; made by [`ties`].
pub struct Ties<R> {
    policy: spec::Ties,
    of: PhantomData<fn() -> R>,
}

/// What to do with two different rows of one key and sequence.
pub mod ties {
    use std::marker::PhantomData;

    use super::{Col, Ties, spec};

    /// The load is refused.
    pub fn error<R>() -> Ties<R> {
        Ties { policy: spec::Ties::Error, of: PhantomData }
    }

    /// The row with the largest value of another column wins.
    pub fn last_by<R, T>(column: Col<R, T>) -> Ties<R> {
        Ties { policy: spec::Ties::LastBy(column.name().to_owned()), of: PhantomData }
    }
}

/// Never holds.
#[diagnostic::on_unimplemented(message = "this history has no key", label = "write `.key(Row::column)` first")]
#[doc(hidden)]
pub trait HasKey {}

/// Never holds.
#[diagnostic::on_unimplemented(
    message = "this history has no sequence",
    label = "write `.sequence_by(Row::column)` first: the column that orders the versions of a key"
)]
#[doc(hidden)]
pub trait HasSequence {}

/// Never holds.
#[diagnostic::on_unimplemented(
    message = "this history does not say what its query returns",
    label = "end with `.full_extract(..)` (all rows, every time) or `.events()` (changes only)"
)]
#[doc(hidden)]
pub trait HasInput {}

/// Never holds.
#[diagnostic::on_unimplemented(
    message = "a full extract has no rows that mark deletes: a key that is missing was deleted",
    label = "only for `.events()`"
)]
#[doc(hidden)]
pub trait HasEvents {}

/// Methods of later states, whose bound says what is missing.
macro_rules! too_early {
    ($state:ident lacks $bound:ident: $($method:ident($($argument:ident),*))*) => {
        impl<R, N> $state<R, N> {
            $(
                #[doc(hidden)]
                #[allow(non_camel_case_types)]
                pub fn $method<$($argument),*>(self, $(_: $argument),*) -> HistoryDraft<R, N>
                where
                    Self: $bound,
                {
                    HistoryDraft { draft: self.draft }
                }
            )*

            #[doc(hidden)]
            pub fn __finish<K>(self) -> K
            where
                Self: $bound,
            {
                unreachable!("no state meets the bound")
            }
        }
    };
}

too_early! {
    NeedsKey lacks HasKey: full_extract(A) events() tracked(A) ties(A) delete_when(A) publish(A)
}

too_early! {
    NeedsSequence lacks HasSequence: full_extract(A) events() tracked(A) ties(A) delete_when(A) publish(A)
}

too_early! {
    NeedsInput lacks HasInput: tracked(A) ties(A) delete_when(A) publish(A)
}

impl<R, N> NeedsKey<R, N> {
    #[doc(hidden)]
    pub fn sequence_by<T>(self, _: Col<R, T>) -> NeedsInput<R, N>
    where
        Self: HasKey,
    {
        NeedsInput { draft: self.draft }
    }
}

impl<R, N> HistoryDraft<R, N> {
    #[doc(hidden)]
    pub fn delete_when<A>(self, _: A) -> Self
    where
        A: HasEvents,
    {
        self
    }
}
