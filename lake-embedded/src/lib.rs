//! The embedded engine: Trino SQL on DataFusion over Iceberg tables.
