//! A query that may give other rows on the same tables.

use super::Finding;
use super::doc::{Example, FindingDoc};
use crate::analysis::determinism::{Reason, ReasonKind};

/// What `explain` prints, and the examples that are tests.
pub const DOC: FindingDoc = FindingDoc {
    id: "not-deterministic",
    text: "Run twice over the same tables, the query may give other rows: a retry or a chunk would not fit the rest.",
    wrong: Example::Query("select order_id, current_date as loaded_on from {orders}"),
    right: Example::Query("select order_id, cast({now} as date) as loaded_on from {orders}"),
};

/// A reason that the analysis found, if it is one by which any two runs differ. The others depend on ties in the data
/// or on the last digits of sums; they matter where a load is split, and are looked at there.
pub fn new(reason: &Reason) -> Option<Finding> {
    let help = match reason.kind {
        ReasonKind::Clock(_) => "in a model use {now}, the recorded moment of the run: add the parameter `now: Now`",
        ReasonKind::Random(_) => "derive the value from a key, such as a hash of it",
        ReasonKind::Sample => "choose rows by a hash of their key",
        _ => return None,
    };
    Some(Finding::lint(DOC.id, reason.span, reason.kind.to_string()).label("not the same every time").help(help))
}
