//! The interactive prompt of `query`: a line editor around statements, commands and completion.
//!
//! What is typed is read in [`input`], completed in [`complete`] from a [`catalog`]; [`editor`] alone knows the terminal.

mod catalog;
mod complete;
mod editor;
mod history;
mod input;

use std::io::{self, IsTerminal as _, Write as _};

use lake_core::engine::{Engine, PhysicalName};
use lake_sql::syntax::pieces;

use crate::Exit;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::query::destination::Destination;
use crate::query::{Access, answer, place};
use catalog::{Catalog as _, EngineCatalog};
use editor::{Editor, Line};
use input::Input;

/// What `\?` says.
const HELP: &str = "\
select …;         run a statement, which may go over several lines and ends in a semicolon
\\d                list the tables
\\d SCHEMA         list the tables of a schema
\\d SCHEMA.TABLE   list the columns of a table or view
\\x                write rows as lists of names and values, or as a table again
\\?, help          this
\\q, exit, Ctrl-D  leave

Tab completes, the arrows and Ctrl-R go through what was typed before, Ctrl-C clears the line or stops the statement.";

/// Reads and answers until whoever types leaves.
pub(crate) fn run(engine: &dyn Engine, destination: Destination, access: Access) -> Result<Exit, Error> {
    if !io::stdout().is_terminal() || destination.file.is_some() {
        return Err(Error::usage("there is no statement, and the prompt is for terminals alone")
            .help("write one: `query \"select 1\"`, or hand over a script on standard input"));
    }
    let catalog = EngineCatalog::new(engine);
    let mut editor = Editor::open(&catalog)?;
    let mut session = Session { engine, access, destination, catalog: &catalog, interrupt: Interrupt::listen() };
    eprintln!("End statements with a semicolon; \\? for help, Ctrl-D to leave.");
    loop {
        let line = match editor.read()? {
            Line::Typed(line) => line,
            Line::Cleared => continue,
            Line::Ended => return Ok(Exit::Success),
        };
        if Input::of(&line) == Input::Quit {
            return Ok(Exit::Success);
        }
        // What went wrong is told, and the prompt comes back.
        session.enter(&line).unwrap_or_else(|error| error.print());
    }
}

/// What is kept between lines.
struct Session<'a> {
    engine: &'a dyn Engine,
    access: Access,
    destination: Destination,
    catalog: &'a EngineCatalog<'a>,
    interrupt: Interrupt,
}

impl Session<'_> {
    fn enter(&mut self, line: &str) -> Result<(), Error> {
        match Input::of(line) {
            Input::Nothing | Input::Quit => Ok(()),
            Input::Help => Ok(writeln!(io::stdout(), "{HELP}")?),
            Input::Expand => {
                let lists = &mut self.destination.lists;
                *lists = !*lists;
                eprintln!("rows are written as {}", if *lists { "lists" } else { "tables" });
                Ok(())
            }
            Input::Describe(name) => self.describe(&name),
            Input::Unknown(command) => {
                Err(Error::usage(format!("there is no command `{command}`")).help("`\\?` lists the commands"))
            }
            Input::Sql => pieces(line).statements.iter().try_for_each(|span| self.statement(span.text(line))),
        }
    }

    fn statement(&self, sql: &str) -> Result<(), Error> {
        self.access.check(sql)?;
        let running = self.interrupt.running();
        let ended = answer(self.engine, sql, &running).map_err(|error| place::failure(error, sql));
        self.catalog.forget();
        match ended? {
            Some(answer) => self.destination.write(&answer, &running),
            None => {
                eprintln!("stopped");
                Ok(())
            }
        }
    }

    /// Lists tables or columns.
    fn describe(&self, name: &[String]) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        match name {
            [] => {
                for schema in self.catalog.schemas() {
                    for table in self.catalog.tables(&schema) {
                        writeln!(out, "{schema}.{table}")?;
                    }
                }
            }
            [schema] => {
                let tables = self.catalog.tables(schema);
                if tables.is_empty() && !self.catalog.schemas().contains(schema) {
                    return Err(unknown("schema", schema, &self.catalog.schemas()));
                }
                for table in tables {
                    writeln!(out, "{schema}.{table}")?;
                }
            }
            [schema, table] => {
                let name = PhysicalName { schema: schema.clone(), table: table.clone() };
                let Some(found) = self.engine.describe(std::slice::from_ref(&name))?.pop().flatten() else {
                    return Err(unknown("table", table, &self.catalog.tables(schema)));
                };
                for (name, ty, nullable) in &found.columns {
                    writeln!(out, "{name}  {ty}{}", if *nullable { "" } else { " not null" })?;
                }
            }
            _ => return Err(Error::usage("expected a schema, or a table as SCHEMA.TABLE")),
        }
        Ok(())
    }
}

fn unknown(what: &str, name: &str, known: &[String]) -> Error {
    let error = Error::failure(format!("there is no {what} `{name}`"));
    match lake_core::nearest::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.help(format!("one with a similar name exists: `{near}`")),
        None => error,
    }
}
