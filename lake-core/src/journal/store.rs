//! Objects with conditional creation, for callers that block.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

/// An object store that holds JSON documents.
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    runtime: Runtime,
    writes: AtomicU64,
}

/// Whether a conditional creation took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Created {
    Yes,
    Exists,
}

impl Objects {
    pub(super) fn new(store: Arc<dyn ObjectStore>) -> Result<Self, JournalError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("lake-journal")
            .enable_time()
            .build()
            .map_err(|e| JournalError::new("start", "", e))?;
        Ok(Self { store, runtime, writes: AtomicU64::new(0) })
    }

    /// Number of objects written so far.
    pub(super) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    pub(super) fn read<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, JournalError> {
        let location = Path::from(path);
        let bytes = self.runtime.block_on(async {
            match self.store.get(&location).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        });
        match bytes.map_err(|e| JournalError::new("read", path, e))? {
            Some(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| JournalError::new("read", path, e)),
            None => Ok(None),
        }
    }

    /// Writes an object that must not exist yet.
    pub(super) fn create<T: Serialize>(&self, path: &str, value: &T) -> Result<Created, JournalError> {
        match self.put(path, value, PutMode::Create) {
            Ok(()) => Ok(Created::Yes),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Created::Exists),
            Err(error) => Err(JournalError::new("write", path, error)),
        }
    }

    pub(super) fn write<T: Serialize>(&self, path: &str, value: &T) -> Result<(), JournalError> {
        self.put(path, value, PutMode::Overwrite).map_err(|e| JournalError::new("write", path, e))
    }

    fn put<T: Serialize>(&self, path: &str, value: &T, mode: PutMode) -> Result<(), object_store::Error> {
        let text = serde_json::to_vec_pretty(value).expect("documents of the journal are plain data");
        let options = PutOptions { mode, ..PutOptions::default() };
        let location = Path::from(path);
        self.runtime.block_on(self.store.put_opts(&location, text.into(), options))?;
        self.writes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Removes an object; it is no error if there is none.
    pub(super) fn delete(&self, path: &str) -> Result<(), JournalError> {
        match self.runtime.block_on(self.store.delete(&Path::from(path))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(JournalError::new("delete", path, error)),
        }
    }

    /// Names of the folders directly below a folder, in order.
    pub(super) fn folders(&self, folder: &str) -> Result<Vec<String>, JournalError> {
        let prefix = Path::from(folder);
        let found = self.runtime.block_on(self.store.list_with_delimiter(Some(&prefix)));
        let found = found.map_err(|e| JournalError::new("list", folder, e))?.common_prefixes;
        let mut names: Vec<String> = found.iter().filter_map(|path| path.filename().map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }

    /// File names directly below a folder, in order.
    pub(super) fn list(&self, folder: &str) -> Result<Vec<String>, JournalError> {
        let prefix = Path::from(folder);
        let found = self.runtime.block_on(self.store.list(Some(&prefix)).try_collect::<Vec<_>>());
        let mut names: Vec<String> = found
            .map_err(|e| JournalError::new("list", folder, e))?
            .into_iter()
            .filter_map(|meta| {
                let mut parts = meta.location.prefix_match(&prefix)?;
                let name = parts.next()?.as_ref().to_owned();
                parts.next().is_none().then_some(name)
            })
            .collect();
        names.sort();
        Ok(names)
    }
}

/// The journal cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalError {
    /// What was tried.
    pub operation: &'static str,
    /// On which object.
    pub object: String,
    /// Why it failed.
    pub reason: String,
}

impl JournalError {
    pub(super) fn new(operation: &'static str, object: &str, reason: impl fmt::Display) -> Self {
        Self { operation, object: object.into(), reason: reason.to_string() }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} the journal", self.operation)?;
        if !self.object.is_empty() {
            write!(f, "'s `{}`", self.object)?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for JournalError {}
