//! Where a warehouse keeps its files.
//!
//! A file is named by its location: a URI below the warehouse's own, as Iceberg records it (`file:///lake/tables/…`).

pub(crate) mod folder;
mod io;
pub(crate) mod objects;

use std::path::Path;
use std::time::SystemTime;

use iceberg::io::FileIO;

use self::folder::Folder;
use self::objects::Objects;
use crate::error::Result;

/// Folder below a warehouse that holds the tables' own folders.
pub(crate) const TABLES: &str = "tables";

/// A file that was found.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub location: String,
    pub bytes: u64,
    pub modified: SystemTime,
}

/// The files of a warehouse.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// In a folder.
    Folder(Folder),
    /// In an object store.
    Objects(Objects),
}

impl Store {
    /// Opens a folder; makes it if it is not there.
    pub fn folder(root: &Path) -> Result<Self> {
        Ok(Self::Folder(Folder::open(root)?))
    }

    /// Location of the warehouse, without a slash at its end.
    pub fn root(&self) -> &str {
        match self {
            Store::Folder(folder) => folder.location(),
            Store::Objects(objects) => objects.location(),
        }
    }

    /// Location of the tables' folders.
    pub fn tables(&self) -> String {
        join(self.root(), TABLES)
    }

    /// What the `iceberg` crate reads and writes through.
    pub fn file_io(&self) -> FileIO {
        match self {
            Store::Folder(folder) => io::of_folder(folder.clone()),
            Store::Objects(objects) => io::of_objects(objects.clone()),
        }
    }

    /// Where the file that is recorded as `recorded` is now. Nothing in an object store moves.
    pub fn rebase(&self, recorded: &str) -> String {
        match self {
            Store::Folder(folder) => folder.rebase(recorded),
            Store::Objects(_) => recorded.to_owned(),
        }
    }

    /// Whether a location is in the warehouse.
    pub fn holds(&self, location: &str) -> bool {
        below(self.root(), location).is_some()
    }

    /// Reads a whole file.
    pub fn read(&self, location: &str) -> Result<Vec<u8>> {
        match self {
            Store::Folder(folder) => folder.read(location),
            Store::Objects(objects) => objects.read(location),
        }
    }

    /// Writes a file that must not exist yet, so that it survives a crash of the machine.
    pub fn write_new(&self, location: &str, bytes: &[u8]) -> Result<()> {
        match self {
            Store::Folder(folder) => folder.write_new(location, bytes),
            Store::Objects(objects) => objects.write_new(location, bytes),
        }
    }

    /// Removes a file; false if it could not be.
    pub fn remove(&self, location: &str) -> bool {
        match self {
            Store::Folder(folder) => folder.remove(location),
            Store::Objects(objects) => objects.remove(location),
        }
    }

    /// Removes a folder with all that is in it.
    pub fn remove_all(&self, location: &str) -> Result<()> {
        match self {
            Store::Folder(folder) => folder.remove_all(location),
            Store::Objects(objects) => objects.remove_all(location),
        }
    }

    /// All files below a folder; none if there is no such folder.
    pub fn list(&self, location: &str) -> Result<Vec<Listed>> {
        match self {
            Store::Folder(folder) => folder.list(location),
            Store::Objects(objects) => objects.list(location),
        }
    }

    /// Removes folders below `location` that are empty and have not changed since `before`, where folders exist at all.
    pub fn remove_empty_folders(&self, location: &str, before: SystemTime) {
        if let Store::Folder(folder) = self {
            folder.remove_empty_folders(location, before);
        }
    }
}

/// A location in a folder.
pub(crate) fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// The folder that a location is in.
pub(crate) fn parent(location: &str) -> Option<&str> {
    location.rsplit_once('/').map(|(folder, _)| folder)
}

/// Last part of a location.
pub(crate) fn file_name(location: &str) -> &str {
    location.rsplit('/').next().unwrap_or(location)
}

/// What follows a folder in a location that is in it.
pub(crate) fn below<'a>(folder: &str, location: &'a str) -> Option<&'a str> {
    location.strip_prefix(folder)?.strip_prefix('/')
}
