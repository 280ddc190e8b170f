//! What can go wrong outside a commit.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::commit::CommitError;

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a warehouse.
#[derive(Debug)]
pub enum Error {
    /// There is nothing of that name.
    NotFound {
        /// What was looked for.
        entry: Entry,
        /// Its name.
        name: String,
    },
    /// The table was dropped, and its name given to another one.
    Replaced {
        /// The name.
        name: String,
    },
    /// The name is taken.
    Exists {
        /// What has it.
        entry: Entry,
        /// The name.
        name: String,
    },
    /// The name belongs to something else, such as a view where a table is needed.
    WrongEntry {
        /// The name.
        name: String,
        /// What it is.
        found: Entry,
        /// What was needed.
        expected: Entry,
    },
    /// What was asked for cannot be done, in words.
    Invalid(String),
    /// A commit was refused.
    Commit(CommitError),
    /// The file system refused.
    Io {
        /// What was tried: `write`, `link` …
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The object store refused.
    Store {
        /// What was tried: `read`, `write` …
        action: &'static str,
        /// On which location.
        location: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Metadata or a file that cannot be read or written as Iceberg.
    Format(iceberg::Error),
}

/// What a catalog holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// A namespace, called schema in SQL.
    Namespace,
    /// A table.
    Table,
    /// A view.
    View,
}

impl Error {
    /// Wraps an error of the file system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { action, path, source }
    }

    /// Whether another writer was first, so that the statement may be run again.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Commit(CommitError::Conflict { .. }))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Entry::Namespace => "schema",
            Entry::Table => "table",
            Entry::View => "view",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound { entry, name } => write!(f, "there is no {entry} {name}"),
            Error::Replaced { name } => {
                write!(f, "there is no table {name} any more: the name was given to another table")
            }
            Error::Exists { entry, name } => write!(f, "{entry} {name} exists already"),
            Error::WrongEntry { name, found, expected } => write!(f, "{name} is a {found}, expected a {expected}"),
            Error::Invalid(message) => f.write_str(message),
            Error::Commit(error) => error.fmt(f),
            Error::Io { action, path, source } => write!(f, "cannot {action} {}: {source}", path.display()),
            Error::Store { action, location, source } => write!(f, "cannot {action} {location}: {source}"),
            Error::Format(error) => f.write_str(error.message()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Commit(error) => Some(error),
            Error::Io { source, .. } => Some(source),
            Error::Store { source, .. } => Some(&**source),
            Error::Format(error) => Some(error),
            _ => None,
        }
    }
}

impl From<iceberg::Error> for Error {
    fn from(error: iceberg::Error) -> Self {
        Error::Format(error)
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        Error::Commit(error)
    }
}
