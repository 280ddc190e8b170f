//! Where rows go: standard output, or a file that is whole or not there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::format::table::Layout;
use super::{Answer, Query, RowFormat, write};
use crate::error::Error;
use crate::interrupt::Running;

/// Where rows go, and how.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub format: RowFormat,
    /// None for standard output.
    pub file: Option<PathBuf>,
    /// Whether standard output is a terminal.
    pub terminal: bool,
    /// Whether rows of a table are written as lists.
    pub lists: bool,
}

impl Destination {
    /// What the command line asks for.
    pub fn of(query: &Query, terminal: bool) -> Result<Self, Error> {
        let asked = if query.json { Some(RowFormat::Jsonl) } else { query.format };
        let format = match (asked, &query.output) {
            (Some(format), _) => format,
            (None, Some(file)) => by_name(file)?,
            (None, None) if terminal => RowFormat::Table,
            (None, None) => RowFormat::Csv,
        };
        if format.is_binary() && terminal && query.output.is_none() {
            let name = format.name();
            return Err(Error::usage(format!("`--format {name}` is for programs, and this is a terminal"))
                .help(format!("write a file: `--output rows.{name}`")));
        }
        if let Some(file) = &query.output {
            check_place(file)?;
        }
        Ok(Self { format, file: query.output.clone(), terminal, lists: false })
    }

    /// Writes what a statement came to; how much that was goes to standard error where people look on.
    pub fn write(&self, answer: &Answer, running: &Running<'_>) -> Result<(), Error> {
        let rows = !answer.rows.columns.is_empty();
        match &self.file {
            Some(file) if rows => {
                whole(file, |out| write(&answer.rows, self.format, Layout::default(), out))?;
                eprintln!("{}: {}", file.display(), answer.talk());
            }
            None if rows => {
                let mut out = BufWriter::new(Stoppable { out: io::stdout().lock(), running });
                write(&answer.rows, self.format, Layout { width: self.width(), lists: self.lists }, &mut out)?;
                out.flush()?;
                if self.format == RowFormat::Table {
                    eprintln!("{}", answer.talk());
                }
            }
            _ => eprintln!("{}", answer.talk()),
        }
        Ok(())
    }

    /// Columns of the terminal; nothing is cut elsewhere.
    fn width(&self) -> Option<usize> {
        self.terminal.then(|| usize::from(console::Term::stdout().size().1)).filter(|columns| *columns > 0)
    }
}

/// Output that ends when somebody wants no more of it.
struct Stoppable<'a, W> {
    out: W,
    running: &'a Running<'a>,
}

impl<W: io::Write> io::Write for Stoppable<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.running.is_asked() {
            true => Err(io::ErrorKind::BrokenPipe.into()),
            false => self.out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The format that a file's name says.
fn by_name(file: &Path) -> Result<RowFormat, Error> {
    match file.extension().map(|extension| extension.to_string_lossy().to_lowercase()).as_deref() {
        Some("csv") => Ok(RowFormat::Csv),
        Some("json") => Ok(RowFormat::Json),
        Some("jsonl" | "ndjson") => Ok(RowFormat::Jsonl),
        Some("parquet") => Ok(RowFormat::Parquet),
        Some("arrow") => Ok(RowFormat::Arrow),
        Some("txt") => Ok(RowFormat::Table),
        _ => Err(Error::usage(format!("the name of `{}` does not say how to write it", file.display()))
            .help("name it .csv, .json, .jsonl, .parquet or .arrow, or say `--format`")),
    }
}

/// Refuses a place where no file can be, before anything runs.
fn check_place(file: &Path) -> Result<(), Error> {
    if file.file_name().is_none() || file.is_dir() {
        return Err(Error::usage(format!("`--output {}` is a folder", file.display())).help("name a file in it"));
    }
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => {
            Err(Error::usage(format!("`--output {}`: there is no folder {}", file.display(), folder.display())))
        }
        _ => Ok(()),
    }
}

/// Writes a file beside its place and moves it there once it is complete.
fn whole(file: &Path, write: impl FnOnce(&mut dyn io::Write) -> Result<(), Error>) -> Result<(), Error> {
    let failed = |error: io::Error| Error::failure(format!("cannot write {}: {error}", file.display()));
    let name = file.file_name().unwrap_or_default();
    let draft = file.with_file_name(format!(".{}.{}", name.to_string_lossy(), uuid::Uuid::new_v4().simple()));
    let written = || {
        let mut out = BufWriter::new(File::create(&draft).map_err(failed)?);
        write(&mut out)?;
        let out = out.into_inner().map_err(|error| failed(error.into_error()))?;
        out.sync_all().map_err(failed)?;
        fs::rename(&draft, file).map_err(failed)
    };
    written().inspect_err(|_| drop(fs::remove_file(&draft)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn format(query: &Query, terminal: bool) -> RowFormat {
        Destination::of(query, terminal).unwrap().format
    }

    #[test]
    fn the_format_follows_where_rows_go() {
        let query = Query::default();
        assert_eq!((format(&query, true), format(&query, false)), (RowFormat::Table, RowFormat::Csv));
        let to = |file: &str| Query { output: Some(file.into()), ..Query::default() };
        assert_eq!(format(&to("a.PARQUET"), true), RowFormat::Parquet);
        assert_eq!(format(&to("./a.ndjson"), true), RowFormat::Jsonl);
        assert_eq!(format(&Query { json: true, ..to("a.csv") }, true), RowFormat::Jsonl);
        let error = Destination::of(&to("rows"), false).unwrap_err();
        assert_eq!(error.messages, ["the name of `rows` does not say how to write it"]);
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rows.csv");
        fs::write(&file, "before").unwrap();
        let error = whole(&file, |out| {
            out.write_all(b"half")?;
            Err(Error::failure("no more"))
        });
        assert_eq!(error.unwrap_err().messages, ["no more"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), "before");
        whole(&file, |out| Ok(out.write_all(b"all of it")?)).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "all of it");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
