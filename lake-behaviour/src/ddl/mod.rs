//! Statements that define tables, as Trino has them on Iceberg tables.

pub mod about;
pub mod columns;
pub mod maintenance;
pub mod names;
pub mod partitions;
