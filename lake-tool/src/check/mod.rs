//! `lake check`: plain SQL files against a schema, for people without a project and for editors.

mod catalog;
mod file;
mod lines;
mod report;
mod sarif;
mod schema;
mod told;

use std::io::{IsTerminal as _, Read as _, Write as _, stdin, stdout};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use lake_sql::finding::report::Colour;
use lake_sql::finding::{Finding, Severity};
use lake_sql::types::TypeRules;

use catalog::Catalog;
use file::Lints;
use lake_cli::{Error, Exit};

/// `check`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// SQL files, folders (all their `.sql` files), or `-` for standard input.
    #[arg(value_name = "FILE|DIR|-", required_unless_present = "types")]
    inputs: Vec<PathBuf>,
    /// SQL file with the tables that exist: `create table shop.orders (order_id bigint not null, …, primary key (order_id));`
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,
    /// Schema in which names without one are looked up, such as `shop`.
    #[arg(long, value_name = "NAME")]
    default_schema: Option<String>,
    /// Whose rules hold for decimals and char.
    #[arg(long, value_enum, default_value_t)]
    engine: Engine,
    /// Also report what means something else on another engine.
    #[arg(long, conflicts_with = "types")]
    portable: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Read JSON lines {"id","sql","schema"} on standard input and print {"id","columns","findings"} for each, errors alone.
    #[arg(long, conflicts_with_all = ["inputs", "schema", "format"])]
    types: bool,
}

/// Engines whose rules differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// The newest Trino, and the embedded engine.
    #[default]
    Trino,
    /// Amazon Athena, engine version 3.
    Athena,
}

impl Engine {
    fn rules(self) -> TypeRules {
        match self {
            Engine::Trino => TypeRules::New,
            Engine::Athena => TypeRules::Old,
        }
    }
}

/// Forms of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a finding.
    Json,
    /// One SARIF 2.1.0 document, as code hosts and editors read it.
    Sarif,
}

/// A file and what is wrong in it.
struct Checked {
    /// As it was named.
    name: String,
    text: String,
    findings: Vec<Finding>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, Error> {
    let catalog = Catalog::new(args.default_schema.as_deref());
    if args.types {
        lines::run(stdin().lock(), &mut stdout().lock(), &catalog, args.engine.rules())?;
        return Ok(Exit::Success);
    }
    let (catalog, mut checked) = with_schema(catalog, args)?;
    let is_schema = |path: &PathBuf| args.schema.iter().any(|schema| is_same_file(schema, path));
    for input in files(&args.inputs)?.into_iter().filter(|path| !is_schema(path)) {
        checked.push(check(&input, &mut catalog.clone(), args)?);
    }
    let mut out = stdout().lock();
    match args.format {
        Format::Text => {
            let colour = if std::io::stdout().is_terminal() { Colour::Yes } else { Colour::No };
            report::text(&checked, colour, &mut out)?;
        }
        Format::Json => report::json(&checked, &mut out)?,
        Format::Sarif => sarif::write(&checked, &mut out)?,
    }
    out.flush()?;
    let is_error = |finding: &Finding| finding.severity == Severity::Error;
    let failed = checked.iter().any(|checked| checked.findings.iter().any(is_error));
    Ok(if failed { Exit::Failure } else { Exit::Success })
}

/// The catalog after the schema files, and those of them in which something is wrong.
fn with_schema(mut catalog: Catalog, args: &Args) -> Result<(Catalog, Vec<Checked>), Error> {
    let mut wrong = vec![];
    for path in &args.schema {
        let text = read(path)?;
        let findings = file::declare(&text, &mut catalog, args.engine.rules());
        let checked = Checked { name: called(path), text, findings };
        if !checked.findings.is_empty() {
            wrong.push(checked);
        }
    }
    Ok((catalog, wrong))
}

fn check(path: &Path, catalog: &mut Catalog, args: &Args) -> Result<Checked, Error> {
    let text = read(path)?;
    let lints = if args.portable { Lints::Portable } else { Lints::Usual };
    let findings = file::check(&text, catalog, args.engine.rules(), lints);
    Ok(Checked { name: called(path), text, findings })
}

fn called(path: &Path) -> String {
    if is_standard_input(path) { "<stdin>".to_owned() } else { path.display().to_string() }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn read(path: &Path) -> Result<String, Error> {
    let bytes = if is_standard_input(path) {
        let mut bytes = vec![];
        stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Error::usage(format!("{} is not UTF-8: byte {offset} is no character", path.display()))
            .help("save the file as UTF-8")
    })
}

/// The files that the arguments mean, those of folders in order of their names.
fn files(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = vec![];
    for input in inputs {
        if !is_standard_input(input) && input.is_dir() {
            let before = files.len();
            sql_files(input, &mut files)?;
            if files.len() == before {
                return Err(Error::usage(format!("there is no .sql file in {}", input.display())));
            }
        } else {
            files.push(input.clone());
        }
    }
    Ok(files)
}

fn sql_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut paths: Vec<PathBuf> =
        entries.map_err(|error| unreadable(folder, &error))?.iter().map(std::fs::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            sql_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql")) {
            files.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::usage(format!("cannot read {}: {error}", path.display()))
}
