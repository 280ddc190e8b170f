//! Apache Iceberg tables in a folder: catalog and commits with conflict validation.
