//! Where source files arrive.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::engine::SourceFile;
use crate::plan::FileMark;
use crate::select::glob;

/// Lists files that have arrived.
pub trait Landing: Send + Sync {
    /// Files that match a pattern such as `fx/*.json`, in order of their paths. `**` stands for any folders.
    fn list(&self, pattern: &str) -> Result<Vec<FileMark>, LandingError>;

    /// What is opened for a path below the landing folder.
    fn open_path(&self, path: &str) -> String;
}

/// Files of a plan as an engine opens them.
pub(super) fn source_files(landing: &dyn Landing, files: &[FileMark]) -> Vec<SourceFile> {
    let file = |file: &FileMark| SourceFile { path: file.path.clone(), location: landing.open_path(&file.path) };
    files.iter().map(file).collect()
}

/// A folder of the machine.
#[derive(Clone, Debug)]
pub struct LandingFolder(pub PathBuf);

impl Landing for LandingFolder {
    fn list(&self, pattern: &str) -> Result<Vec<FileMark>, LandingError> {
        let parts: Vec<&str> = pattern.split('/').collect();
        let mut found = vec![];
        // A folder that the pattern spells out must be there; without it "nothing new" would hide a wrong setting.
        let spelt = parts[..parts.len() - 1].iter().take_while(|part| !part.contains(['*', '?', '[']));
        let folder = spelt.fold(self.0.clone(), |folder, part| folder.join(part));
        std::fs::read_dir(&folder).map_err(|error| LandingError::new(&folder, &error))?;
        self.walk(&self.0, "", &parts, &mut found)?;
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn open_path(&self, path: &str) -> String {
        self.0.join(path).display().to_string()
    }
}

impl LandingFolder {
    fn walk(&self, folder: &Path, below: &str, parts: &[&str], found: &mut Vec<FileMark>) -> Result<(), LandingError> {
        let Some((part, rest)) = parts.split_first() else { return Ok(()) };
        if *part == "**" {
            self.walk(folder, below, rest, found)?;
        }
        let error = |e: std::io::Error| LandingError::new(folder, &e);
        for entry in std::fs::read_dir(folder).map_err(error)? {
            let entry = entry.map_err(error)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Names that begin so are files being written.
            if name.starts_with(['.', '_']) || !(*part == "**" || glob(part, &name)) {
                continue;
            }
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            let metadata = std::fs::metadata(entry.path()).map_err(error)?;
            if metadata.is_dir() {
                let next = if *part == "**" { parts } else { rest };
                if !next.is_empty() {
                    self.walk(&entry.path(), &path, next, found)?;
                }
            } else if rest.is_empty() && *part != "**" {
                found.push(FileMark { path, size: metadata.len() });
            }
        }
        Ok(())
    }
}

/// The landing folder cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandingError {
    /// The folder.
    pub folder: String,
    /// Why.
    pub reason: String,
    /// The source whose files were wanted.
    pub source: Option<String>,
}

impl LandingError {
    fn new(folder: &Path, error: &std::io::Error) -> Self {
        Self { folder: folder.display().to_string(), reason: error.to_string(), source: None }
    }

    /// Names the source whose files were wanted.
    pub fn of(self, source: impl fmt::Display) -> Self {
        Self { source: Some(source.to_string()), ..self }
    }
}

impl fmt::Display for LandingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read the landing folder `{}`", self.folder)?;
        if let Some(source) = &self.source {
            write!(f, " of `{source}`")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for LandingError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn patterns_find_files_below_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["fx/2.json", "fx/1.json", "fx/.3.json", "fx/x.csv", "fx/old/0.json"] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
        }
        let landing = LandingFolder(folder.path().to_owned());
        let list =
            |pattern: &str| landing.list(pattern).map(|found| found.into_iter().map(|f| f.path).collect::<Vec<_>>());
        assert_eq!(list("fx/*.json").unwrap(), ["fx/1.json", "fx/2.json"]);
        assert_eq!(list("fx/**/*.json").unwrap(), ["fx/1.json", "fx/2.json", "fx/old/0.json"]);
        assert_eq!(list("*/*.csv").unwrap(), ["fx/x.csv"]);

        let missing = LandingFolder(folder.path().join("nowhere")).list("*.json").unwrap_err().to_string();
        assert!(missing.ends_with("nowhere`: No such file or directory (os error 2)"), "{missing}");
        let spelt = landing.list("fxx/*.json").unwrap_err().of("raw.documents").to_string();
        assert!(spelt.contains("fxx` of `raw.documents`: No such file"), "{spelt}");
    }
}
