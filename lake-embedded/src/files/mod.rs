//! Source files → Arrow batches of the declared columns: JSON documents and lines, CSV, Parquet, each also as `.gz`.
