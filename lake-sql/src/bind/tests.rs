//! Queries in, columns and findings out.

#![allow(clippy::unwrap_used)]

mod corpus;
mod findings;
mod shop;
