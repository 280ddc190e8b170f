//! Statements that define tables, as Trino has them on Iceberg tables.

pub mod columns;
pub mod names;
