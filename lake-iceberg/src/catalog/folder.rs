//! Names → current metadata, on nothing but atomic file operations.
//!
//! ```text
//! catalog/<namespace>/<name>/<incarnation>/<version>    {"kind": "table", "metadata": "tables/…/metadata/….json"}
//! ```
//!
//! - Commit: the next version is linked into place; link(2) fails if somebody else has made it.
//! - Create and rename: a folder is renamed into place; rename(2) fails if the name has a folder with something in it.
//! - The incarnation is new for each create. Without it, a writer that has slept could commit to another table that
//!   has taken the name of its own in the meantime.
//! - Readers take the largest version.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use uuid::Uuid;

use super::PROPERTIES;
use super::pointer::{Advance, Head, LOOKS, Pointer, decode, encode};
use crate::error::{Entry, Error, Result};
use crate::store::folder::{sync_dir, write_synced};

/// Versions of a pointer that are always kept, so that listing a folder stays cheap and nothing in use is lost.
const KEPT_VERSIONS: usize = 64;

/// The pointers of a warehouse in a folder.
#[derive(Clone, Debug)]
pub(crate) struct FolderPointers {
    root: PathBuf,
}

impl FolderPointers {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn namespace_path(&self, namespace: &str) -> PathBuf {
        self.root.join(encode(namespace))
    }

    fn path(&self, namespace: &str, name: &str) -> PathBuf {
        self.namespace_path(namespace).join(encode(name))
    }

    /// False if it is there already.
    pub fn make_namespace(&self, namespace: &str) -> Result<bool> {
        let path = self.namespace_path(namespace);
        match fs::create_dir(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(Error::io("create", &path)(error)),
        }
    }

    /// Removes a namespace in which nothing is.
    pub fn remove_namespace(&self, namespace: &str) -> Result<()> {
        let path = self.namespace_path(namespace);
        let _ = fs::remove_file(path.join(PROPERTIES));
        fs::remove_dir(&path).map_err(Error::io("remove", &path))
    }

    /// Properties of a namespace, as they are kept; None if there are none.
    pub fn properties(&self, namespace: &str) -> Result<Option<Vec<u8>>> {
        let path = self.namespace_path(namespace).join(PROPERTIES);
        match fs::read(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    /// Keeps the properties of a namespace.
    pub fn set_properties(&self, namespace: &str, properties: &[u8]) -> Result<()> {
        let folder = self.namespace_path(namespace);
        let scratch = folder.join(format!(".new-{}", Uuid::new_v4().simple()));
        write_synced(&scratch, properties)?;
        let path = folder.join(PROPERTIES);
        fs::rename(&scratch, &path).map_err(Error::io("write", &path))
    }

    /// The names of all namespaces, in order.
    pub fn namespaces(&self) -> Result<Vec<String>> {
        names(&self.root)
    }

    /// The names in a namespace, in order; empty if there is no such namespace.
    pub fn names(&self, namespace: &str) -> Result<Vec<String>> {
        names(&self.namespace_path(namespace))
    }

    /// What a name points to now.
    pub fn head(&self, namespace: &str, name: &str) -> Result<Option<Head>> {
        let path = self.path(namespace, name);
        for _ in 0..LOOKS {
            if !path.is_dir() {
                return Ok(None);
            }
            if let Some(head) = look(&path)? {
                return Ok(Some(head));
            }
        }
        if only_empty(&path) {
            return Ok(None);
        }
        Err(Error::Invalid(format!("the catalog's entry of {namespace}.{name} has no readable version")))
    }

    /// Gives a new name to `pointer`. The namespace must exist.
    pub fn create(&self, namespace: &str, name: &str, pointer: Pointer) -> Result<Head> {
        let scratch = self.scratch();
        let incarnation = Uuid::new_v4().simple().to_string();
        let folder = scratch.join(&incarnation);
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        write_synced(&folder.join("1"), &to_json(&pointer))?;
        sync_dir(&folder);
        let moved = self.move_into_place(&scratch, namespace, name, pointer.kind);
        if moved.is_err() {
            let _ = fs::remove_dir_all(&scratch);
        }
        moved.map(|()| Head { incarnation, version: 1, tag: None, pointer })
    }

    /// Points a name elsewhere, if it is still where `head` was read.
    pub fn advance(&self, namespace: &str, name: &str, head: &Head, pointer: Pointer) -> Result<Advance> {
        let folder = self.path(namespace, name).join(&head.incarnation);
        let version = head.version + 1;
        let target = folder.join(version.to_string());
        let scratch = self.scratch();
        write_synced(&scratch, &to_json(&pointer))?;
        let linked = fs::hard_link(&scratch, &target);
        let _ = fs::remove_file(&scratch);
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(Advance::Lost),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Advance::Gone),
            Err(error) => return Err(Error::io("link", &target)(error)),
        }
        // Versions are pruned in ascending order: while the one before is there, this one was never pruned, so the
        // link was not made in the place of a commit long forgotten.
        if !folder.join(head.version.to_string()).exists() {
            let _ = fs::remove_file(&target);
            return Ok(if folder.exists() { Advance::Lost } else { Advance::Gone });
        }
        sync_dir(&folder);
        Ok(Advance::Done(Head { incarnation: head.incarnation.clone(), version, tag: None, pointer }))
    }

    /// Gives the entry of a name to another name, which must be free.
    pub fn rename(&self, from: (&str, &str), to: (&str, &str), kind: Entry) -> Result<()> {
        let source = self.path(from.0, from.1);
        if !source.is_dir() {
            return Err(Error::NotFound { entry: kind, name: format!("{}.{}", from.0, from.1) });
        }
        if from == to {
            return Err(Error::Exists { entry: kind, name: format!("{}.{}", to.0, to.1) });
        }
        self.move_into_place(&source, to.0, to.1, kind)
    }

    /// Removes a name.
    pub fn remove(&self, namespace: &str, name: &str, kind: Entry) -> Result<()> {
        let scratch = self.scratch();
        let path = self.path(namespace, name);
        match fs::rename(&path, &scratch) {
            Ok(()) => {
                let _ = fs::remove_dir_all(&scratch);
                sync_dir(&self.namespace_path(namespace));
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(Error::NotFound { entry: kind, name: format!("{namespace}.{name}") })
            }
            Err(error) => Err(Error::io("remove", &path)(error)),
        }
    }

    /// Removes versions that are older than `before` and not among the newest, and what crashes have left.
    pub fn prune(&self, before: SystemTime) -> Result<()> {
        for namespace in self.namespaces()? {
            for name in self.names(&namespace)? {
                let path = self.path(&namespace, &name);
                for folder in sub_folders(&path) {
                    let mut versions = versions(&folder);
                    versions.sort_unstable();
                    let keep = versions.len().saturating_sub(KEPT_VERSIONS);
                    for version in &versions[..keep] {
                        if !remove_if_older(&folder.join(version.to_string()), before) {
                            break;
                        }
                    }
                }
            }
        }
        for entry in fs::read_dir(&self.root).map_err(Error::io("list", &self.root))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
                remove_if_older(&entry.path(), before);
            }
        }
        Ok(())
    }

    fn move_into_place(&self, source: &Path, namespace: &str, name: &str, kind: Entry) -> Result<()> {
        let target = self.path(namespace, name);
        match fs::rename(source, &target) {
            Ok(()) => {
                sync_dir(&self.namespace_path(namespace));
                Ok(())
            }
            // rename(2) reports the parent that is missing and the source that is missing alike.
            Err(error) if error.kind() == ErrorKind::NotFound && !self.namespace_path(namespace).is_dir() => {
                Err(Error::NotFound { entry: Entry::Namespace, name: namespace.to_owned() })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(Error::NotFound { entry: kind, name: source.to_string_lossy().into_owned() })
            }
            Err(_) if target.exists() => {
                let found = self.head(namespace, name)?.map_or(kind, |head| head.pointer.kind);
                Err(Error::Exists { entry: found, name: format!("{namespace}.{name}") })
            }
            Err(error) => Err(Error::io("create", &target)(error)),
        }
    }

    fn scratch(&self) -> PathBuf {
        self.root.join(format!("{SCRATCH}{}", Uuid::new_v4().simple()))
    }
}

/// Start of the names of files and folders in the making.
const SCRATCH: &str = ".new-";

/// One attempt to read the entry in `path`; None if it changed underfoot.
fn look(path: &Path) -> Result<Option<Head>> {
    let Some((folder, version)) =
        sub_folders(path).into_iter().find_map(|folder| versions(&folder).into_iter().max().map(|v| (folder, v)))
    else {
        return Ok(None);
    };
    let file = folder.join(version.to_string());
    let text = match fs::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", &file)(error)),
    };
    let pointer = serde_json::from_slice(&text)
        .map_err(|error| Error::Invalid(format!("{} is damaged: {error}", file.display())))?;
    let incarnation = folder.file_name().unwrap_or(OsStr::new("")).to_string_lossy().into_owned();
    Ok(Some(Head { incarnation, version, tag: None, pointer }))
}

fn only_empty(path: &Path) -> bool {
    sub_folders(path).iter().all(|folder| versions(folder).is_empty())
}

fn sub_folders(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn versions(folder: &Path) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", folder)(error)),
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| decode(entry.file_name().to_str()?))
        .collect();
    names.sort();
    Ok(names)
}

fn remove_if_older(path: &Path, before: SystemTime) -> bool {
    let old = fs::metadata(path).and_then(|data| data.modified()).is_ok_and(|modified| modified < before);
    old && if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.is_ok()
}

fn to_json(pointer: &Pointer) -> Vec<u8> {
    serde_json::to_vec(pointer).expect("two strings are JSON")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pointers() -> (tempfile::TempDir, FolderPointers) {
        let dir = tempfile::tempdir().unwrap();
        let pointers = FolderPointers::new(dir.path().to_path_buf());
        fs::create_dir(pointers.namespace_path("s")).unwrap();
        (dir, pointers)
    }

    fn to(metadata: &str) -> Pointer {
        Pointer { kind: Entry::Table, metadata: metadata.to_owned() }
    }

    #[test]
    fn names_survive_as_path_components() {
        for name in ["orders", "a b", "../x", ".", "Ä", "a/b", "A", "50%", ""] {
            let encoded = encode(name);
            assert!(!encoded.contains(['/', '.']), "{encoded}");
            assert_eq!(decode(&encoded).as_deref(), Some(name));
        }
        assert_eq!(decode(".new-1"), None);
    }

    #[test]
    fn the_second_of_two_writers_loses() {
        let (_dir, pointers) = pointers();
        let first = pointers.create("s", "t", to("1")).unwrap();
        assert!(matches!(pointers.advance("s", "t", &first, to("2")).unwrap(), Advance::Done(_)));
        assert!(matches!(pointers.advance("s", "t", &first, to("other")).unwrap(), Advance::Lost));
        assert_eq!(pointers.head("s", "t").unwrap().unwrap().pointer, to("2"));
    }

    #[test]
    fn a_name_is_taken_once() {
        let (_dir, pointers) = pointers();
        pointers.create("s", "t", to("1")).unwrap();
        assert_eq!(pointers.create("s", "t", to("2")).unwrap_err().to_string(), "table s.t exists already");
        assert_eq!(pointers.create("x", "t", to("2")).unwrap_err().to_string(), "there is no schema x");
        pointers.create("s", "u", to("3")).unwrap();
        let taken = pointers.rename(("s", "u"), ("s", "t"), Entry::Table).unwrap_err();
        assert_eq!(taken.to_string(), "table s.t exists already");
        assert_eq!(pointers.names("s").unwrap(), ["t", "u"]);
    }

    #[test]
    fn a_commit_finds_its_table_or_nothing() {
        let (_dir, pointers) = pointers();
        let old = pointers.create("s", "t", to("old")).unwrap();
        pointers.rename(("s", "t"), ("s", "u"), Entry::Table).unwrap();
        assert!(matches!(pointers.advance("s", "t", &old, to("late")).unwrap(), Advance::Gone));
        pointers.create("s", "t", to("new")).unwrap();
        assert!(matches!(pointers.advance("s", "t", &old, to("late")).unwrap(), Advance::Gone));
        assert_eq!(pointers.head("s", "t").unwrap().unwrap().pointer, to("new"));
        assert_eq!(pointers.head("s", "u").unwrap().unwrap().pointer, to("old"));
    }

    #[test]
    fn a_writer_that_slept_through_pruning_loses() {
        let (_dir, pointers) = pointers();
        let first = pointers.create("s", "t", to("1")).unwrap();
        let mut head = first.clone();
        for version in 2..100 {
            let Advance::Done(next) = pointers.advance("s", "t", &head, to(&version.to_string())).unwrap() else {
                panic!("nobody else writes")
            };
            head = next;
        }
        pointers.prune(SystemTime::now() + std::time::Duration::from_secs(1)).unwrap();
        assert!(matches!(pointers.advance("s", "t", &first, to("late")).unwrap(), Advance::Lost));
        assert_eq!(pointers.head("s", "t").unwrap().unwrap(), head);
    }

    #[test]
    fn a_dropped_name_is_free() {
        let (_dir, pointers) = pointers();
        let head = pointers.create("s", "t", to("1")).unwrap();
        pointers.remove("s", "t", Entry::Table).unwrap();
        assert!(pointers.head("s", "t").unwrap().is_none());
        assert!(matches!(pointers.advance("s", "t", &head, to("2")).unwrap(), Advance::Gone));
        assert_eq!(pointers.remove("s", "t", Entry::Table).unwrap_err().to_string(), "there is no table s.t");
        pointers.create("s", "t", to("3")).unwrap();
    }
}
