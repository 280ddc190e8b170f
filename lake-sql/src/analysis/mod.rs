//! Analyses of a bound query: what its columns come from, whether it always gives the same rows, what is unique in it.
//!
//! Each is a pure function of the bound tree. What an analysis cannot prove, it does not claim.

pub mod determinism;
pub mod keys;
pub mod lineage;
pub mod pushdown;

#[cfg(test)]
mod testing;
