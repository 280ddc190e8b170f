//! The commands, a file each, and what they share: the project, its target, its engine.

mod build;
mod check;
mod gc;
mod ls;
mod plan;
mod query;
mod retry;
mod sql;

use std::collections::BTreeMap;
use std::io::stdout;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use lake_core::engine::Engine;
use lake_core::journal::JournalError;
use lake_core::model::registry;
use lake_core::model::spec::Id;
use lake_core::project::Project;
use lake_core::project::settings::{Settings, Target};
use lake_core::run::cancel::CancelToken;
use lake_core::run::event::Event;
use lake_core::run::session::Session;
use lake_core::run::summary::RunSummary;
use lake_core::select::select;

use crate::args::{Cli, Command, Common, ReportFormat, Selection};
use crate::error::Error;
use crate::report::progress::Progress;
use crate::{EngineKind, Exit, Program, report};

/// Runs a command and prints what it fails with.
pub fn run(program: &Program<'_>, cli: Cli) -> Exit {
    let context = Context { program, common: cli.common };
    let ended = match cli.command {
        Command::Build(args) => build::run(&context, &args),
        Command::Plan(args) => plan::run(&context, &args),
        Command::Check(args) => check::run(&context, &args),
        Command::Ls(args) => ls::run(&context, &args),
        Command::Sql(args) => sql::run(&context, &args),
        Command::Query(args) => query::run(&context, &args),
        Command::Retry(args) => retry::run(&context, &args),
        Command::Gc(args) => gc::run(&context, &args),
    };
    ended.unwrap_or_else(|error| {
        error.print();
        error.exit
    })
}

/// What every command starts from.
struct Context<'a> {
    program: &'a Program<'a>,
    common: Common,
}

impl Context<'_> {
    /// The target that is meant, its folders absolute.
    fn target(&self) -> Result<Target, Error> {
        let folder = self.common.project.clone().unwrap_or_else(|| PathBuf::from("."));
        let folder = folder
            .canonicalize()
            .map_err(|error| Error::usage(format!("the project folder {}: {error}", folder.display())))?;
        let environment: BTreeMap<String, String> = std::env::vars().collect();
        let settings = settings(&folder.join("lake.toml"))?;
        let mut target = settings.target(self.common.target.as_deref(), &environment).map_err(Error::usages)?;
        for place in [&mut target.warehouse, &mut target.landing, &mut target.state] {
            if !place.contains("://") {
                *place = folder.join(&*place).to_string_lossy().into_owned();
            }
        }
        Ok(target)
    }

    /// The declarations on that target.
    fn project(&self) -> Result<Project, Error> {
        let target = self.target()?;
        let models = registry::models().map_err(|error| Error::usage(error.to_string()))?;
        let sources = registry::sources().map_err(|error| Error::usage(error.to_string()))?;
        if models.is_empty() {
            let crates = self.program.crates.join(", ");
            return Err(Error::usage(format!("no model is declared in these crates: {crates}"))
                .help("name every crate that holds models: `lakehouse::main!(models)`"));
        }
        Project::load(models, sources, target).map_err(Error::usages)
    }

    /// The target's engine.
    fn engine(&self, target: &Target) -> Result<Box<dyn Engine>, Error> {
        Ok((self.kind(target)?.open)(target)?)
    }

    /// What the program knows of it.
    fn kind(&self, target: &Target) -> Result<&EngineKind, Error> {
        let kinds = self.program.engines;
        let Some(kind) = kinds.iter().find(|kind| kind.name == target.engine) else {
            let known: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
            let message = format!("target `{}` asks for the engine `{}`", target.name, target.engine);
            return Err(Error::usage(format!("{message}, but this program has only: {}", known.join(", ")))
                .help("switch on the feature of that name in the dependency on `lakehouse`"));
        };
        Ok(kind)
    }

    /// Project, engine and journal, ready to plan and run.
    fn session(&self) -> Result<Session, Error> {
        let project = self.project()?;
        let engine = self.engine(&project.target)?;
        Session::open(project, engine.into()).map_err(|error| Error::failure(error.to_string()))
    }
}

fn settings(path: &Path) -> Result<Settings, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Settings::parse(&text, &path.to_string_lossy()).map_err(Error::usages),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(Error::usage(format!("cannot read {}: {error}", path.display()))),
    }
}

/// The models that a command means, each after what it reads.
fn chosen(project: &Project, selection: &Selection) -> Result<Vec<Id>, Error> {
    let chosen = select(&project.graph, &selection.models, &selection.exclude);
    let chosen = chosen.map_err(|error| Error::usage(error.to_string()))?;
    Ok(project.graph.order().iter().filter(|id| chosen.contains(id)).cloned().collect())
}

/// Runs what is given with progress on standard error and Ctrl-C listened to, then prints the summary.
fn supervise<F>(format: ReportFormat, run: F) -> Result<Exit, Error>
where
    F: FnOnce(&CancelToken, &(dyn Fn(Event) + Sync)) -> Result<Option<RunSummary>, JournalError>,
{
    let cancel = CancelToken::default();
    let on_signal = cancel.clone();
    // A program that listens to signals itself goes on doing so.
    let _ = ctrlc::set_handler(move || on_signal.cancel());
    let progress = Mutex::new(Progress::new());
    let show = |event: Event| progress.lock().expect("no reporter panics").show(&event);
    let Some(summary) = run(&cancel, &show).map_err(|error| Error::failure(error.to_string()))? else {
        eprintln!("nothing to retry: the last run ended well, or there was none");
        return Ok(Exit::Success);
    };
    report::summary::write(&summary, format, &mut stdout().lock())?;
    Ok(match &summary {
        summary if summary.is_cancelled() => Exit::Interrupted,
        summary if summary.is_good() => Exit::Success,
        _ => Exit::Failure,
    })
}
