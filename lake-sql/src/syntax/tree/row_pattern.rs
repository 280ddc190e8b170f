//! MATCH_RECOGNIZE, and row patterns in windows.

use super::{Expr, Ident, Relation, SortItem};
use crate::span::Span;

/// `relation MATCH_RECOGNIZE (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct MatchRecognize {
    /// Whose rows are matched.
    pub input: Relation,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY.
    pub order_by: Vec<SortItem>,
    /// ONE ROW PER MATCH, or ALL ROWS PER MATCH.
    pub rows: RowsPerMatch,
    /// The clauses from MEASURES on.
    pub pattern: RowPattern,
}

/// Rows that a match gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsPerMatch {
    /// ONE ROW PER MATCH
    One,
    /// ALL ROWS PER MATCH, with or without empty matches
    All,
    /// ALL ROWS PER MATCH WITH UNMATCHED ROWS
    Unmatched,
}

/// The clauses that MATCH_RECOGNIZE and the frame of a window share.
#[derive(Clone, Debug, PartialEq)]
pub struct RowPattern {
    /// MEASURES expression AS name.
    pub measures: Vec<(Expr, Ident)>,
    /// The variable of AFTER MATCH SKIP TO.
    pub skip_to: Option<Ident>,
    /// INITIAL or SEEK.
    pub search: Option<Span>,
    /// PATTERN; a frame may have measures without one.
    pub pattern: Option<Pattern>,
    /// SUBSET name = (variables).
    pub subsets: Vec<(Ident, Vec<Ident>)>,
    /// DEFINE variable AS condition.
    pub definitions: Vec<(Ident, Expr)>,
}

/// What PATTERN says. Its structure matters to the engine alone, so that its parts are enough.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// Variables in order, also repeated ones.
    pub variables: Vec<Ident>,
    /// `{n, m}` behind parts of it.
    pub quantifiers: Vec<Quantifier>,
    /// The first `{- … -}`.
    pub exclusion: Option<Span>,
    /// The first `^` or `$`.
    pub anchor: Option<Span>,
}

/// `{n}`, `{n, m}`, `{n,}`, `{, m}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantifier {
    /// Digits of the lower bound.
    pub at_least: Option<String>,
    /// Digits of the upper bound.
    pub at_most: Option<String>,
    /// With the braces.
    pub span: Span,
}
