//! Kinds of models and the builders that end in them.
//!
//! Each builder is a state. What may come next is a method of the state; what may not come next is a hidden method
//! whose bound never holds, so that the compiler answers in our words.

mod history;
mod incremental;
mod whole;

use super::query::Query;
use super::spec::{Kind, Publish};

pub use history::{
    Deletes, EventsDraft, History, HistoryDraft, NeedsInput, NeedsKey, NeedsSequence, Ties, deletes, history, ties,
};
pub use incremental::{Incremental, NeedsWrite, incremental};
pub use whole::{Table, View, table, view};

/// A finished kind: what a model's function computes.
#[doc(hidden)]
pub trait Finished {
    /// Takes it apart.
    fn parts(self) -> Parts;
}

/// What a finished kind holds.
#[doc(hidden)]
pub struct Parts {
    pub(super) query: Query,
    pub(super) kind: Kind,
    pub(super) publish: Publish,
}

/// A way of publication: [`audited()`] or [`direct()`].
#[derive(Clone, Copy, Debug)]
pub struct Publication(Publish);

/// Readers see the rows after the audits have passed. The default.
pub const fn audited() -> Publication {
    Publication(Publish::Audited)
}

/// Readers see the rows at once; the audits run afterwards.
pub const fn direct() -> Publication {
    Publication(Publish::Direct)
}
