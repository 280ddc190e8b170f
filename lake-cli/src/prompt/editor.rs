//! The line editor on the terminal, with its history.

use std::path::PathBuf;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Helper};

use super::catalog::Catalog;
use super::complete::complete;
use super::{history, input};
use crate::error::Error;

const PROMPT: &str = "lake> ";

/// Lines that are kept.
const KEPT: usize = 1_000;

/// What came from the terminal.
pub enum Line {
    /// A command, or statements to their last semicolon.
    Typed(String),
    /// Ctrl-C.
    Cleared,
    /// Ctrl-D, or the terminal is gone.
    Ended,
}

/// The line editor.
pub struct Editor<'a> {
    editor: rustyline::Editor<Assistant<'a>, FileHistory>,
    /// None if nothing is kept.
    kept: Option<PathBuf>,
}

impl<'a> Editor<'a> {
    /// Opens the terminal and what was typed before.
    pub fn open(catalog: &'a dyn Catalog) -> Result<Self, Error> {
        let config = Config::builder().max_history_size(KEPT).and_then(|config| config.history_ignore_dups(true));
        let config = config.map_err(terminal)?.history_ignore_space(true).completion_type(CompletionType::List).build();
        let past = FileHistory::with_config(&config);
        let mut editor = rustyline::Editor::with_history(config, past).map_err(terminal)?;
        editor.set_helper(Some(Assistant { catalog }));
        let kept = history::file(|name| std::env::var(name).ok());
        if let Some(file) = &kept {
            // The first time there is none.
            let _ = editor.load_history(file);
        }
        Ok(Self { editor, kept })
    }

    /// Reads a line, which may be several on the screen.
    pub fn read(&mut self) -> Result<Line, Error> {
        match self.editor.readline(PROMPT) {
            Ok(line) => {
                self.keep(&line)?;
                Ok(Line::Typed(line))
            }
            Err(ReadlineError::Interrupted) => Ok(Line::Cleared),
            Err(ReadlineError::Eof) => Ok(Line::Ended),
            Err(error) => Err(terminal(error)),
        }
    }

    fn keep(&mut self, line: &str) -> Result<(), Error> {
        if !self.editor.add_history_entry(line).map_err(terminal)? {
            return Ok(());
        }
        let Some(file) = &self.kept else { return Ok(()) };
        let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(ReadlineError::from);
        if let Err(error) = folder.and_then(|()| self.editor.append_history(file)) {
            eprintln!("warning: what is typed is not kept in {}: {error}", file.display());
            self.kept = None;
        }
        Ok(())
    }
}

fn terminal(error: ReadlineError) -> Error {
    Error::failure(format!("the terminal: {error}"))
}

/// What the editor asks while somebody types.
struct Assistant<'a> {
    catalog: &'a dyn Catalog,
}

impl Completer for Assistant<'_> {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(line, at, self.catalog))
    }
}

impl Validator for Assistant<'_> {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match input::is_complete(context.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

impl Hinter for Assistant<'_> {
    type Hint = String;
}

impl Highlighter for Assistant<'_> {}

impl Helper for Assistant<'_> {}
