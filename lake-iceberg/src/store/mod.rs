//! Where a warehouse keeps its files.
//!
//! A file is named by its location: a URI below the warehouse's own, as Iceberg records it (`file:///lake/tables/…`).

pub(crate) mod folder;
mod io;

use std::path::Path;
use std::time::SystemTime;

use iceberg::io::FileIO;

use self::folder::Folder;
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
pub(crate) struct Store {
    folder: Folder,
}

impl Store {
    /// Opens a folder; makes it if it is not there.
    pub fn folder(root: &Path) -> Result<Self> {
        Ok(Self { folder: Folder::open(root)? })
    }

    /// Location of the warehouse, without a slash at its end.
    pub fn root(&self) -> &str {
        self.folder.location()
    }

    /// The folder of a warehouse that is one.
    pub fn as_folder(&self) -> &Path {
        self.folder.path()
    }

    /// Location of the tables' folders.
    pub fn tables(&self) -> String {
        join(self.root(), TABLES)
    }

    /// What the `iceberg` crate reads and writes through.
    pub fn file_io(&self) -> FileIO {
        io::file_io(self.folder.clone())
    }

    /// Where the file that is recorded as `recorded` is now.
    pub fn rebase(&self, recorded: &str) -> String {
        self.folder.rebase(recorded)
    }

    /// Whether a location is in the warehouse.
    pub fn holds(&self, location: &str) -> bool {
        below(self.root(), location).is_some()
    }

    /// Reads a whole file.
    pub fn read(&self, location: &str) -> Result<Vec<u8>> {
        self.folder.read(location)
    }

    /// Writes a file that must not exist yet, so that it survives a crash of the machine.
    pub fn write_new(&self, location: &str, bytes: &[u8]) -> Result<()> {
        self.folder.write_new(location, bytes)
    }

    /// Removes a file; false if it could not be.
    pub fn remove(&self, location: &str) -> bool {
        self.folder.remove(location)
    }

    /// Removes a folder with all that is in it.
    pub fn remove_all(&self, location: &str) -> Result<()> {
        self.folder.remove_all(location)
    }

    /// All files below a folder; none if there is no such folder.
    pub fn list(&self, location: &str) -> Result<Vec<Listed>> {
        self.folder.list(location)
    }

    /// Removes folders below `location` that are empty and have not changed since `before`, where folders exist at all.
    pub fn remove_empty_folders(&self, location: &str, before: SystemTime) {
        self.folder.remove_empty_folders(location, before);
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
