//! Iceberg tables as DataFusion reads them, and the schemas and arrays on both sides.

pub(crate) mod convert;
mod filter;
pub(crate) mod provider;
mod scan;
pub(crate) mod schema;
