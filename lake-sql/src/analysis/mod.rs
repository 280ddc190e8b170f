//! Analyses of a bound query: what its columns come from, whether it always gives the same rows, what is unique in it.
//!
//! Each is a pure function of the bound tree. What an analysis cannot prove, it does not claim.

pub mod determinism;
pub mod keys;
pub mod lineage;
pub mod pushdown;

use crate::bound::BoundQuery;

impl BoundQuery {
    /// What each result column comes from, and what decides on the rows.
    pub fn lineage(&self) -> lineage::Lineage {
        lineage::lineage(self)
    }

    /// Why the same tables may give other rows the next time; empty if they cannot.
    pub fn nondeterminism(&self, declared: &keys::DeclaredKeys<'_>) -> Vec<determinism::Reason> {
        determinism::reasons(self, declared)
    }

    /// Sets of result columns, by position, that identify a row.
    pub fn unique_keys(&self, declared: &keys::DeclaredKeys<'_>) -> Vec<Vec<usize>> {
        keys::unique_keys(self, declared)
    }
}

#[cfg(test)]
mod testing;
