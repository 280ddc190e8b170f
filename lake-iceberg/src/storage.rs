//! Files of a warehouse, wherever its folder is now.
//!
//! Iceberg records absolute paths. When a warehouse was moved or copied, those of the old place are read from the new
//! one: what follows `tables/<folder>/` is the same in both, and folder names are unique.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use iceberg::io::{
    FileIO, FileIOBuilder, FileMetadata, FileRead, FileWrite, InputFile, LocalFsStorage, OutputFile, Storage,
    StorageConfig, StorageFactory,
};
use serde::{Deserialize, Serialize};

/// Folder below a warehouse that holds the tables' own folders.
pub(crate) const TABLES: &str = "tables";

/// Access to files for the warehouse in `root`.
pub(crate) fn file_io(root: &Path) -> FileIO {
    FileIOBuilder::new(Arc::new(WarehouseStorageFactory { root: root.to_path_buf() })).build()
}

/// Where the file that is recorded as `recorded` is now.
pub(crate) fn rebase(root: &Path, recorded: &str) -> PathBuf {
    let path = Path::new(recorded.strip_prefix("file://").unwrap_or(recorded));
    if path.starts_with(root) {
        return path.to_path_buf();
    }
    let names: Vec<_> = path.components().collect();
    for at in (0..names.len().saturating_sub(1)).rev() {
        if names[at].as_os_str() == TABLES && root.join(TABLES).join(names[at + 1]).is_dir() {
            return names[at..].iter().fold(root.to_path_buf(), |joined, name| joined.join(name));
        }
    }
    path.to_path_buf()
}

/// The local file system seen from a warehouse.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WarehouseStorage {
    root: PathBuf,
    #[serde(default)]
    inner: LocalFsStorage,
}

impl WarehouseStorage {
    fn path(&self, recorded: &str) -> String {
        rebase(&self.root, recorded).to_string_lossy().into_owned()
    }
}

#[async_trait]
#[typetag::serde(name = "lake-warehouse")]
impl Storage for WarehouseStorage {
    async fn exists(&self, path: &str) -> iceberg::Result<bool> {
        self.inner.exists(&self.path(path)).await
    }

    async fn metadata(&self, path: &str) -> iceberg::Result<FileMetadata> {
        self.inner.metadata(&self.path(path)).await
    }

    async fn read(&self, path: &str) -> iceberg::Result<Bytes> {
        self.inner.read(&self.path(path)).await
    }

    async fn reader(&self, path: &str) -> iceberg::Result<Box<dyn FileRead>> {
        self.inner.reader(&self.path(path)).await
    }

    async fn write(&self, path: &str, bytes: Bytes) -> iceberg::Result<()> {
        self.inner.write(&self.path(path), bytes).await
    }

    async fn writer(&self, path: &str) -> iceberg::Result<Box<dyn FileWrite>> {
        self.inner.writer(&self.path(path)).await
    }

    async fn delete(&self, path: &str) -> iceberg::Result<()> {
        self.inner.delete(&self.path(path)).await
    }

    async fn delete_prefix(&self, path: &str) -> iceberg::Result<()> {
        self.inner.delete_prefix(&self.path(path)).await
    }

    async fn delete_stream(&self, mut paths: BoxStream<'static, String>) -> iceberg::Result<()> {
        while let Some(path) = paths.next().await {
            self.delete(&path).await?;
        }
        Ok(())
    }

    fn new_input(&self, path: &str) -> iceberg::Result<InputFile> {
        Ok(InputFile::new(Arc::new(self.clone()), path.to_owned()))
    }

    fn new_output(&self, path: &str) -> iceberg::Result<OutputFile> {
        Ok(OutputFile::new(Arc::new(self.clone()), path.to_owned()))
    }
}

/// Makes [`WarehouseStorage`]s.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WarehouseStorageFactory {
    root: PathBuf,
}

#[typetag::serde(name = "lake-warehouse")]
impl StorageFactory for WarehouseStorageFactory {
    fn build(&self, _: &StorageConfig) -> iceberg::Result<Arc<dyn Storage>> {
        Ok(Arc::new(WarehouseStorage { root: self.root.clone(), inner: LocalFsStorage::new() }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn recorded_paths_are_found_at_the_new_place() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("tables/orders-1")).unwrap();
        let new = root.join("tables/orders-1/data/a.parquet");
        assert_eq!(rebase(root, "/old/tables/orders-1/data/a.parquet"), new);
        assert_eq!(rebase(root, "file:///old/tables/orders-1/data/a.parquet"), new);
        assert_eq!(rebase(root, "/old/tables/tables/orders-1/data/a.parquet"), new);
        assert_eq!(rebase(root, &new.to_string_lossy()), new);
        assert_eq!(rebase(root, "/old/tables/other-2/a.parquet"), Path::new("/old/tables/other-2/a.parquet"));
    }
}
