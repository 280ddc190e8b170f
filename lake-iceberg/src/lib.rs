//! Apache Iceberg tables in a folder: catalog and commits with conflict validation.
//!
//! ```text
//! Warehouse ── catalog/   names → current metadata, moved by one atomic link each
//!           └─ tables/    one folder a table: data/ and metadata/
//! ```
//!
//! The format (metadata, manifests, Parquet, transforms, statistics) is Apache's `iceberg` crate. This crate adds what
//! it lacks: a catalog in a folder, commits that remove files or rows, their validation against commits made meanwhile,
//! reading by row position, and cleaning up. It knows nothing of SQL or of any query engine.
//!
//! Two processes may write to one warehouse at once. A commit is visible in full or not at all; one that was computed
//! on rows that have changed since is refused with [`CommitError::Conflict`].

mod bucket;
mod catalog;
mod commit;
mod error;
mod evolve;
mod maintain;
mod order;
mod partition;
mod read;
mod store;
mod table;
mod warehouse;
mod write;

pub use catalog::{FileCatalog, TableName};
pub use commit::{Change, CommitError, CommitOptions, Committed, ConflictReason, Guard, Isolation};
pub use error::{Entry, Error, Result};
pub use evolve::{ColumnPlace, SchemaChange, TableChange};
pub use maintain::{Expiry, Orphans, Removed};
pub use order::SortBy;
pub use partition::PartitionBy;
pub use read::bounds::Bounds;
pub use read::numbered::{KeyColumn, RowFilterByKeys};
pub use read::positions::PositionedBatch;
pub use read::{
    BatchStream, Scan,
    metadata_tables::{JSON_COLUMN, MetadataTable},
};
pub use table::Table;
pub use warehouse::{NewTable, NewView, View, Warehouse};
pub use write::{DataWriter, NewFiles, WriteOptions};
