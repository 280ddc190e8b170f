//! Runs the example as its user would, in a folder of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A place where the example's landing folder, tables and journal are.
pub struct Lake {
    folder: TempDir,
}

impl Lake {
    /// An empty one.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// Path of something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The landing folder of the documents.
    pub fn documents(&self) -> PathBuf {
        self.path("landing/fx")
    }

    /// The example with these arguments, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(example());
        command.args(arguments);
        for place in ["landing", "warehouse", "state"] {
            command.env(format!("LAKE_{}", place.to_uppercase()), self.path(place));
        }
        command
    }

    /// Runs the example to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Runs it and expects it to end well.
    pub fn succeed(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code(), 0, "{}", ran.all());
        ran
    }

    /// Rows of a query as lines of CSV, without the header.
    pub fn query(&self, sql: &str) -> Vec<String> {
        let ran = self.succeed(&["query", "--format", "csv", sql]);
        ran.out().lines().skip(1).map(ToOwned::to_owned).collect()
    }

    /// Adds a document to the landing folder.
    pub fn deliver(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.documents()).expect("the landing folder can be made");
        std::fs::write(self.documents().join(name), text).expect("a document can be written");
    }

    /// All files below a folder with their sizes.
    pub fn files(&self, name: &str) -> Vec<(PathBuf, u64)> {
        let mut files = vec![];
        collect(&self.path(name), &mut files);
        files.sort();
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, u64)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.expect("a folder can be listed");
        let metadata = entry.metadata().expect("a file has metadata");
        if metadata.is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push((entry.path(), metadata.len()));
        }
    }
}

/// The example's executable, which `cargo test` builds beside the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let path = profile.join("examples").join(format!("daily_refresh{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "build the example first: cargo build --example daily_refresh");
    path
}

/// How the example ended.
pub struct Ran(Output);

impl Ran {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        Self(command.output().expect("the example starts"))
    }

    /// Exit code.
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    /// Standard output.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// Standard error.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Both, for messages.
    pub fn all(&self) -> String {
        format!("-- stdout\n{}\n-- stderr\n{}", self.out(), self.err())
    }
}
