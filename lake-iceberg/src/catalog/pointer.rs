//! Names → current metadata, with compare-and-swap: in a folder, or in an object store.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::folder::FolderPointers;
use super::objects::ObjectPointers;
use crate::error::{Entry, Result};

/// A reader that loses races against others looks again, at most so often.
pub(super) const LOOKS: usize = 16;

/// What a name points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pointer {
    /// Table or view.
    pub kind: Entry,
    /// The metadata file: below the warehouse's location, or a location of its own.
    pub metadata: String,
}

/// A pointer as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub incarnation: String,
    pub version: u64,
    /// What tells the object that was read from later ones, in an object store.
    pub tag: Option<String>,
    pub pointer: Pointer,
}

/// Outcome of an attempt to make the next version.
#[derive(Debug)]
pub(crate) enum Advance {
    Done(Head),
    /// Somebody else has committed.
    Lost,
    /// The name was dropped or given to something else.
    Gone,
}

/// The pointers of a warehouse.
#[derive(Clone, Debug)]
pub(crate) enum Pointers {
    /// In a folder.
    Folder(FolderPointers),
    /// In an object store.
    Objects(ObjectPointers),
}

impl Pointers {
    /// The names of all namespaces, in order.
    pub fn namespaces(&self) -> Result<Vec<String>> {
        match self {
            Pointers::Folder(folder) => folder.namespaces(),
            Pointers::Objects(objects) => objects.namespaces(),
        }
    }

    /// Whether there is such a namespace.
    pub fn has_namespace(&self, namespace: &str) -> Result<bool> {
        match self {
            Pointers::Folder(folder) => Ok(folder.namespace_path(namespace).is_dir()),
            Pointers::Objects(objects) => objects.has_namespace(namespace),
        }
    }

    /// Makes a namespace; false if it is there already.
    pub fn make_namespace(&self, namespace: &str) -> Result<bool> {
        match self {
            Pointers::Folder(folder) => folder.make_namespace(namespace),
            Pointers::Objects(objects) => objects.make_namespace(namespace),
        }
    }

    /// Removes a namespace in which nothing is.
    pub fn remove_namespace(&self, namespace: &str) -> Result<()> {
        match self {
            Pointers::Folder(folder) => folder.remove_namespace(namespace),
            Pointers::Objects(objects) => {
                objects.remove_namespace(namespace);
                Ok(())
            }
        }
    }

    /// Properties of a namespace, as they are kept; None if there are none.
    pub fn properties(&self, namespace: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Pointers::Folder(folder) => folder.properties(namespace),
            Pointers::Objects(objects) => objects.properties(namespace),
        }
    }

    /// Keeps the properties of a namespace.
    pub fn set_properties(&self, namespace: &str, properties: Vec<u8>) -> Result<()> {
        match self {
            Pointers::Folder(folder) => folder.set_properties(namespace, &properties),
            Pointers::Objects(objects) => objects.set_properties(namespace, properties),
        }
    }

    /// The names in a namespace, in order; empty if there is no such namespace.
    pub fn names(&self, namespace: &str) -> Result<Vec<String>> {
        match self {
            Pointers::Folder(folder) => folder.names(namespace),
            Pointers::Objects(objects) => objects.names(namespace),
        }
    }

    /// What a name points to now.
    pub fn head(&self, namespace: &str, name: &str) -> Result<Option<Head>> {
        match self {
            Pointers::Folder(folder) => folder.head(namespace, name),
            Pointers::Objects(objects) => objects.head(namespace, name),
        }
    }

    /// Gives a new name to `pointer`. The namespace must exist.
    pub fn create(&self, namespace: &str, name: &str, pointer: Pointer) -> Result<Head> {
        match self {
            Pointers::Folder(folder) => folder.create(namespace, name, pointer),
            Pointers::Objects(objects) => objects.create(namespace, name, pointer),
        }
    }

    /// Points a name elsewhere, if it is still where `head` was read.
    pub fn advance(&self, namespace: &str, name: &str, head: &Head, pointer: Pointer) -> Result<Advance> {
        match self {
            Pointers::Folder(folder) => folder.advance(namespace, name, head, pointer),
            Pointers::Objects(objects) => objects.advance(namespace, name, head, pointer),
        }
    }

    /// Gives the entry of a name to another name, which must be free.
    pub fn rename(&self, from: (&str, &str), to: (&str, &str), kind: Entry) -> Result<()> {
        match self {
            Pointers::Folder(folder) => folder.rename(from, to, kind),
            Pointers::Objects(objects) => objects.rename(from, to, kind),
        }
    }

    /// Removes a name.
    pub fn remove(&self, namespace: &str, name: &str, kind: Entry) -> Result<()> {
        match self {
            Pointers::Folder(folder) => folder.remove(namespace, name, kind),
            Pointers::Objects(objects) => objects.remove(namespace, name, kind),
        }
    }

    /// Removes what is older than `before` and no longer needed: earlier versions, and what crashes have left.
    pub fn prune(&self, before: SystemTime) -> Result<()> {
        match self {
            Pointers::Folder(folder) => folder.prune(before),
            Pointers::Objects(objects) => objects.prune(before),
        }
    }
}

/// A name as one component of a path, on any file system: all but `a-z 0-9 _ -` is written `%41`.
pub(super) fn encode(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len()), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// The name behind [`encode`]; None for what it does not make.
pub(super) fn decode(component: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(component.len());
    let mut rest = component.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match first {
            b'%' => {
                let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(hex, 16).ok()?);
                &tail[2..]
            }
            b'.' => return None,
            byte => {
                bytes.push(*byte);
                tail
            }
        };
    }
    String::from_utf8(bytes).ok()
}
