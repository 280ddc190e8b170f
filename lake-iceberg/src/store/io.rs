//! What the `iceberg` crate reads and writes a warehouse's files through.

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

use super::folder::Folder;

/// Access to the files of the warehouse in a folder.
pub(super) fn file_io(folder: Folder) -> FileIO {
    FileIOBuilder::new(Arc::new(WarehouseStorageFactory { folder })).build()
}

/// The local file system seen from a warehouse.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WarehouseStorage {
    folder: Folder,
    #[serde(default)]
    inner: LocalFsStorage,
}

impl WarehouseStorage {
    fn path(&self, recorded: &str) -> String {
        self.folder.path_of(recorded).to_string_lossy().into_owned()
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
    folder: Folder,
}

#[typetag::serde(name = "lake-warehouse")]
impl StorageFactory for WarehouseStorageFactory {
    fn build(&self, _: &StorageConfig) -> iceberg::Result<Arc<dyn Storage>> {
        Ok(Arc::new(WarehouseStorage { folder: self.folder.clone(), inner: LocalFsStorage::new() }))
    }
}
