//! A folder of the local file system.
//!
//! Iceberg records absolute locations. When a warehouse was moved or copied, those of the old place are read from the
//! new one: what follows `tables/<folder>/` is the same in both, and folder names are unique.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Listed, TABLES, below};
use crate::error::{Error, Result};

/// How locations of local files begin. Plain paths are understood, but other readers of Iceberg want this.
const SCHEME: &str = "file://";

/// A folder that holds a warehouse.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Folder {
    path: PathBuf,
    location: String,
}

impl Folder {
    pub fn open(path: &Path) -> Result<Self> {
        let tables = path.join(TABLES);
        fs::create_dir_all(&tables).map_err(Error::io("create", &tables))?;
        // Recorded locations are compared with this one.
        let path = path.canonicalize().map_err(Error::io("open", path))?;
        let Some(text) = path.to_str() else {
            return Err(Error::Invalid(format!("{} is no Unicode text, which Iceberg needs", path.display())));
        };
        Ok(Self { location: format!("{SCHEME}{}", text.trim_end_matches('/')), path })
    }

    pub fn location(&self) -> &str {
        &self.location
    }

    /// Path of the file at a location.
    pub fn path_of(&self, recorded: &str) -> PathBuf {
        PathBuf::from(plain(&self.rebase(recorded)))
    }

    pub fn rebase(&self, recorded: &str) -> String {
        let recorded = normalized(recorded);
        if below(&self.location, &recorded).is_some() {
            return recorded;
        }
        let names: Vec<&str> = plain(&recorded).split('/').collect();
        for at in (0..names.len().saturating_sub(1)).rev() {
            if names[at] == TABLES && self.path.join(TABLES).join(names[at + 1]).is_dir() {
                return names[at..].iter().fold(self.location.clone(), |joined, name| super::join(&joined, name));
            }
        }
        recorded
    }

    pub fn read(&self, location: &str) -> Result<Vec<u8>> {
        let path = self.path_of(location);
        fs::read(&path).map_err(Error::io("read", &path))
    }

    pub fn write_new(&self, location: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path_of(location);
        let folder = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        write_synced(&path, bytes)?;
        sync_dir(folder);
        Ok(())
    }

    pub fn remove(&self, location: &str) -> bool {
        fs::remove_file(self.path_of(location)).is_ok()
    }

    pub fn remove_all(&self, location: &str) -> Result<()> {
        let path = self.path_of(location);
        fs::remove_dir_all(&path).map_err(Error::io("remove", &path))
    }

    pub fn list(&self, location: &str) -> Result<Vec<Listed>> {
        let mut found = Vec::new();
        files_below(&self.path_of(location), location, &mut found)?;
        Ok(found)
    }

    pub fn remove_empty_folders(&self, location: &str, before: SystemTime) {
        remove_empty_folders(&self.path_of(location), before);
    }
}

/// A local file's location as it is written now, of whatever spelling.
fn normalized(recorded: &str) -> String {
    match recorded.strip_prefix("file:") {
        // `file:/lake`, as some writers have it.
        Some(path) if !path.starts_with("//") => format!("{SCHEME}{path}"),
        Some(_) => recorded.to_owned(),
        None if recorded.starts_with('/') => format!("{SCHEME}{recorded}"),
        None => recorded.to_owned(),
    }
}

/// The path in a location.
fn plain(location: &str) -> &str {
    location.strip_prefix(SCHEME).unwrap_or(location)
}

fn files_below(folder: &Path, location: &str, found: &mut Vec<Listed>) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("list", folder)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(Error::io("list", folder))?;
        // What goes while it is looked at, and names that are no text, are not ours.
        let (Ok(data), Ok(name)) = (entry.metadata(), entry.file_name().into_string()) else { continue };
        let location = super::join(location, &name);
        if data.is_dir() {
            files_below(&entry.path(), &location, found)?;
        } else if let Ok(modified) = data.modified() {
            found.push(Listed { location, bytes: data.len(), modified });
        }
    }
    Ok(())
}

fn remove_empty_folders(folder: &Path, before: SystemTime) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let old = fs::metadata(&path).and_then(|data| data.modified()).is_ok_and(|modified| modified < before);
        remove_empty_folders(&path, before);
        if old {
            // Fails if it is not empty, as it should.
            let _ = fs::remove_dir(&path);
        }
    }
}

/// Writes a file that must not exist yet, down to the disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = fs::File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(Error::io("write", path))
}

/// Makes names in a folder durable, where the system can.
pub(crate) fn sync_dir(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn recorded_locations_are_found_at_the_new_place() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        fs::create_dir_all(folder.path.join("tables/orders-1")).unwrap();
        let new = format!("{}/tables/orders-1/data/a.parquet", folder.location());
        for old in ["/old", "file:///old", "file:/old", "/old/tables"] {
            assert_eq!(folder.rebase(&format!("{old}/tables/orders-1/data/a.parquet")), new);
        }
        assert_eq!(folder.rebase(&new), new);
        assert_eq!(folder.rebase(plain(&new)), new);
        assert_eq!(folder.path_of(&new), folder.path.join("tables/orders-1/data/a.parquet"));
        assert_eq!(folder.rebase("/old/tables/other-2/a.parquet"), "file:///old/tables/other-2/a.parquet");
        assert_eq!(folder.rebase("s3://bucket/a.parquet"), "s3://bucket/a.parquet");
    }
}
