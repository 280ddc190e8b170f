//! What the `iceberg` crate reads and writes a warehouse's files through.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use iceberg::io::{
    FileIO, FileIOBuilder, FileMetadata, FileRead, FileWrite, InputFile, LocalFsStorage, OutputFile, Storage,
    StorageConfig, StorageFactory,
};
use iceberg::{Error, ErrorKind};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use super::folder::Folder;
use super::objects::Objects;

/// Access to the files of the warehouse in a folder.
pub(super) fn of_folder(folder: Folder) -> FileIO {
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

/// Access to the files of the warehouse in an object store.
pub(super) fn of_objects(objects: Objects) -> FileIO {
    FileIOBuilder::new(Arc::new(ObjectStorageFactory { objects: Some(objects) })).build()
}

/// An object store seen from a warehouse. It does not survive being written as text: only the process that has opened
/// the store can use it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ObjectStorage {
    #[serde(skip)]
    objects: Option<Objects>,
}

impl ObjectStorage {
    /// Runs a request on an object.
    async fn request<T, F>(
        &self,
        location: &str,
        request: impl FnOnce(Arc<dyn ObjectStore>, Path) -> F,
    ) -> iceberg::Result<T>
    where
        F: Future<Output = object_store::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let objects = self.objects.as_ref().ok_or_else(|| unopened(location))?;
        let path = objects.path_of(location).map_err(|error| failed(location, error))?;
        objects.run(|store| request(store, path)).await.map_err(|error| failed(location, error))
    }
}

fn unopened(location: &str) -> Error {
    Error::new(ErrorKind::Unexpected, format!("the object store of {location} is not open in this process"))
}

fn failed(location: &str, error: object_store::Error) -> Error {
    Error::new(ErrorKind::Unexpected, format!("{location}: {error}")).with_source(error)
}

#[async_trait]
#[typetag::serde(name = "lake-objects")]
impl Storage for ObjectStorage {
    async fn exists(&self, path: &str) -> iceberg::Result<bool> {
        let exists = |store: Arc<dyn ObjectStore>, path: Path| async move {
            match store.head(&path).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        };
        self.request(path, exists).await
    }

    async fn metadata(&self, path: &str) -> iceberg::Result<FileMetadata> {
        let size = self.request(path, |store, path| async move { Ok(store.head(&path).await?.size) }).await?;
        Ok(FileMetadata { size })
    }

    async fn read(&self, path: &str) -> iceberg::Result<Bytes> {
        self.request(path, |store, path| async move { store.get(&path).await?.bytes().await }).await
    }

    async fn reader(&self, path: &str) -> iceberg::Result<Box<dyn FileRead>> {
        Ok(Box::new(ObjectRead { storage: self.clone(), location: path.to_owned() }))
    }

    async fn write(&self, path: &str, bytes: Bytes) -> iceberg::Result<()> {
        self.request(path, |store, path| async move { store.put(&path, bytes.into()).await.map(drop) }).await
    }

    async fn writer(&self, path: &str) -> iceberg::Result<Box<dyn FileWrite>> {
        let objects = self.objects.as_ref().ok_or_else(|| unopened(path))?;
        let target = objects.path_of(path).map_err(|error| failed(path, error))?;
        let writer = objects.run(|store| async move { Ok(BufWriter::new(store, target)) }).await;
        let writer = writer.map_err(|error| failed(path, error))?;
        Ok(Box::new(ObjectWrite { objects: objects.clone(), location: path.to_owned(), writer: Some(writer) }))
    }

    async fn delete(&self, path: &str) -> iceberg::Result<()> {
        self.request(path, |store, path| async move { store.delete(&path).await }).await
    }

    async fn delete_prefix(&self, path: &str) -> iceberg::Result<()> {
        let delete = |store: Arc<dyn ObjectStore>, path: Path| async move {
            let found = store.list(Some(&path)).map_ok(|object| object.location).boxed();
            store.delete_stream(found).try_for_each(|_| std::future::ready(Ok(()))).await
        };
        self.request(path, delete).await
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

/// An object that is read in parts.
struct ObjectRead {
    storage: ObjectStorage,
    location: String,
}

#[async_trait]
impl FileRead for ObjectRead {
    async fn read(&self, range: Range<u64>) -> iceberg::Result<Bytes> {
        self.storage.request(&self.location, |store, path| async move { store.get_range(&path, range).await }).await
    }
}

/// An object that is written in parts, and is there once it is closed.
struct ObjectWrite {
    objects: Objects,
    location: String,
    /// None once it is closed or has failed.
    writer: Option<BufWriter>,
}

#[async_trait]
impl FileWrite for ObjectWrite {
    async fn write(&mut self, bytes: Bytes) -> iceberg::Result<()> {
        let mut writer = self.writer.take().ok_or_else(|| closed(&self.location))?;
        let written = self.objects.run(|_| async move { writer.put(bytes).await.map(|()| writer) }).await;
        self.writer = Some(written.map_err(|error| failed(&self.location, error))?);
        Ok(())
    }

    async fn close(&mut self) -> iceberg::Result<()> {
        let mut writer = self.writer.take().ok_or_else(|| closed(&self.location))?;
        let shutdown = async move {
            let generic =
                |source: std::io::Error| object_store::Error::Generic { store: "lake", source: source.into() };
            writer.shutdown().await.map_err(generic)
        };
        self.objects.run(|_| shutdown).await.map_err(|error| failed(&self.location, error))
    }
}

fn closed(location: &str) -> Error {
    Error::new(ErrorKind::DataInvalid, format!("{location} is closed"))
}

/// Makes [`ObjectStorage`]s.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ObjectStorageFactory {
    #[serde(skip)]
    objects: Option<Objects>,
}

#[typetag::serde(name = "lake-objects")]
impl StorageFactory for ObjectStorageFactory {
    fn build(&self, _: &StorageConfig) -> iceberg::Result<Arc<dyn Storage>> {
        Ok(Arc::new(ObjectStorage { objects: self.objects.clone() }))
    }
}
