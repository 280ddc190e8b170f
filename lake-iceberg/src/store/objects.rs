//! A prefix of a bucket, or of any other object store that can write conditionally.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::SystemTime;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion};
use tokio::runtime::{Handle, Runtime, RuntimeFlavor};

use super::{Listed, below};
use crate::error::{Error, Result};

/// A prefix of an object store that holds a warehouse.
#[derive(Clone)]
pub(crate) struct Objects {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn ObjectStore>,
    /// Location of the whole store, such as `s3://bucket`.
    base: String,
    /// Location of the warehouse.
    location: String,
    /// Requests have threads of their own: whoever waits for one may be on a runtime without network, or on none.
    threads: Option<Runtime>,
}

/// An object and what tells it from earlier and later ones of its name.
pub(crate) struct Found {
    pub bytes: Bytes,
    pub tag: String,
}

/// What an object must be like for a write to take place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// There is none.
    Absent,
    /// It is the one with this tag.
    Tagged(String),
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Objects").field(&self.inner.location).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // May be on a thread of another runtime, where waiting for this one is not allowed.
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

impl Objects {
    /// A warehouse at `location`, which begins with the location `base` of the whole store.
    pub fn new(store: Arc<dyn ObjectStore>, base: &str, location: &str) -> Result<Self> {
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("lake-objects")
            .enable_all()
            .build()
            .map_err(|error| Error::Store {
                action: "start threads for",
                location: location.to_owned(),
                source: error.into(),
            })?;
        let (base, location) = (base.to_owned(), location.trim_end_matches('/').to_owned());
        Ok(Self { inner: Arc::new(Inner { store, base, location, threads: Some(threads) }) })
    }

    pub fn location(&self) -> &str {
        &self.inner.location
    }

    fn threads(&self) -> &Runtime {
        self.inner.threads.as_ref().expect("the threads live as long as the store")
    }

    /// Runs a request on the threads of the store.
    pub async fn run<T, F>(&self, request: impl FnOnce(Arc<dyn ObjectStore>) -> F) -> object_store::Result<T>
    where
        F: Future<Output = object_store::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.threads().spawn(request(self.inner.store.clone())).await?
    }

    /// Waits for a request, in code that is not asynchronous.
    fn wait<T, F>(&self, request: impl FnOnce(Arc<dyn ObjectStore>) -> F) -> object_store::Result<T>
    where
        F: Future<Output = object_store::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        let request = request(self.inner.store.clone());
        let task = self.threads().spawn(async move {
            let _ = answer.send(request.await);
        });
        let receive = || answered.recv();
        let received = match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(receive),
            _ => receive(),
        };
        drop(task);
        received
            .map_err(|_| object_store::Error::Generic { store: "lake", source: "the request was given up".into() })?
    }

    /// The object at a location.
    pub fn path_of(&self, location: &str) -> object_store::Result<Path> {
        let Some(path) = below(&self.inner.base, location) else {
            let source = format!("it is not in {}", self.inner.base).into();
            return Err(object_store::Error::NotFound { path: location.to_owned(), source });
        };
        Ok(Path::parse(path)?)
    }

    fn failed(&self, action: &'static str, location: &str) -> impl FnOnce(object_store::Error) -> Error {
        let location = location.to_owned();
        move |error| Error::Store { action, location, source: error.into() }
    }

    /// Reads an object; None if there is none.
    pub fn get(&self, location: &str) -> Result<Option<Found>> {
        let path = self.path_of(location).map_err(self.failed("read", location))?;
        let found = self.wait(|store| async move {
            let found = store.get(&path).await?;
            let tag = found.meta.e_tag.clone().unwrap_or_default();
            Ok(Found { bytes: found.bytes().await?, tag })
        });
        match found {
            Ok(found) => Ok(Some(found)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("read", location)(error)),
        }
    }

    pub fn read(&self, location: &str) -> Result<Vec<u8>> {
        match self.get(location)? {
            Some(found) => Ok(found.bytes.into()),
            None => Err(Error::Store { action: "read", location: location.to_owned(), source: "there is none".into() }),
        }
    }

    /// Writes an object if the condition holds, and gives its tag; None if it does not hold.
    pub fn put(&self, location: &str, bytes: Vec<u8>, condition: &Condition) -> Result<Option<String>> {
        let path = self.path_of(location).map_err(self.failed("write", location))?;
        let mode = match condition {
            Condition::Absent => PutMode::Create,
            Condition::Tagged(tag) => PutMode::Update(UpdateVersion { e_tag: Some(tag.clone()), version: None }),
        };
        let payload = Bytes::from(bytes);
        let written = payload.clone();
        let put = self.wait(|store| async move {
            let options = PutOptions { mode, ..PutOptions::default() };
            store.put_opts(&path, payload.into(), options).await
        });
        match put {
            Ok(put) => Ok(Some(put.e_tag.unwrap_or_default())),
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. }
                | object_store::Error::NotFound { .. },
            ) => {
                // A request whose answer was lost is repeated by the client, and then meets its own object. What is
                // written conditionally is unique.
                let found = self.get(location)?;
                Ok(found.filter(|found| found.bytes == written).map(|found| found.tag))
            }
            Err(error) => Err(self.failed("write", location)(error)),
        }
    }

    pub fn write_new(&self, location: &str, bytes: &[u8]) -> Result<()> {
        match self.put(location, bytes.to_vec(), &Condition::Absent)? {
            Some(_) => Ok(()),
            None => Err(Error::Store { action: "write", location: location.to_owned(), source: "it is there".into() }),
        }
    }

    /// Writes an object, whatever is there.
    pub fn overwrite(&self, location: &str, bytes: Vec<u8>) -> Result<()> {
        let path = self.path_of(location).map_err(self.failed("write", location))?;
        let put = self.wait(|store| async move { store.put(&path, bytes.into()).await });
        put.map(drop).map_err(self.failed("write", location))
    }

    pub fn remove(&self, location: &str) -> bool {
        let Ok(path) = self.path_of(location) else { return false };
        self.wait(|store| async move { store.delete(&path).await }).is_ok()
    }

    pub fn remove_all(&self, location: &str) -> Result<()> {
        for file in self.list(location)? {
            self.remove(&file.location);
        }
        Ok(())
    }

    pub fn list(&self, location: &str) -> Result<Vec<Listed>> {
        let path = self.path_of(location).map_err(self.failed("list", location))?;
        let listed = self.wait(|store| async move { store.list(Some(&path)).try_collect::<Vec<_>>().await });
        let listed = listed.map_err(self.failed("list", location))?;
        let found = listed.into_iter().map(|object| Listed {
            location: super::join(&self.inner.base, object.location.as_ref()),
            bytes: object.size,
            modified: SystemTime::from(object.last_modified),
        });
        Ok(found.collect())
    }

    /// Names of the folders directly in a folder.
    pub fn folders(&self, location: &str) -> Result<Vec<String>> {
        let path = self.path_of(location).map_err(self.failed("list", location))?;
        let listed = self.wait(|store| async move { store.list_with_delimiter(Some(&path)).await });
        let listed = listed.map_err(self.failed("list", location))?;
        Ok(listed.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned)).collect())
    }
}
